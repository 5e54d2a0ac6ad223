// How the page looks, where somebody chose. At the start Rust says it, before anything is painted.
import type { ThemeChoice } from "../bindings";

export function wear(theme: ThemeChoice) {
  const page = document.documentElement;
  if (theme === "system") delete page.dataset["theme"];
  else page.dataset["theme"] = theme;
}
