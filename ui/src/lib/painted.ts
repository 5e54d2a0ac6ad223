// Rust writes into its log how long the start took; `cargo xtask bench window` measures it there.
import type { Painted } from "../bindings";
import { commands } from "./ipc";

const told = new Set<Painted>();

/** What was drawn just now is on the screen two frames later. Told once for each page. */
export function painted(what: Painted) {
  if (told.has(what)) return;
  told.add(what);
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      commands.uiReady(what, performance.now()).catch(() => undefined);
    }),
  );
}
