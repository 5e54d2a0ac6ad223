// The window's keys (Ctrl, or Cmd on macOS).
import { pop, push, router } from "svelte-spa-router";
import { syncNow } from "./deeds";
import { overlay } from "./overlay.svelte";
import { practising } from "./practice.svelte";

const REGIONS = "[data-region]";

/** F6: from one part of the window to the next. */
function nextRegion(back: boolean) {
  const regions = [...document.querySelectorAll<HTMLElement>(REGIONS)];
  const here = regions.findIndex((r) => r.contains(document.activeElement));
  const next = regions.at((here + (back ? -1 : 1) + regions.length) % regions.length);
  const target = next?.querySelector<HTMLElement>("h1, a[href], button, input") ?? next;
  target?.focus();
}

/** Esc: out of a place that was entered from a list. */
function leave() {
  const place = router.location;
  if (/^\/(initiate|accept)\/./.test(place)) void pop();
  else if (/^\/(initiate|accept|connections\/.)/.test(place)) void push("/connections");
}

/** Acts on a key; to be hung on the window. */
export function onKey(event: KeyboardEvent) {
  if (event.defaultPrevented || document.querySelector("[role=alertdialog], [role=dialog], [role=menu]"))
    return;
  const ctrl = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  const typing =
    event.target instanceof HTMLElement &&
    event.target.closest("input, textarea, select, [contenteditable=true]") !== null;
  if (event.altKey) {
    // In a text the arrow goes to the next word.
    if (key !== "arrowleft" || ctrl || typing) return;
    event.preventDefault();
    void pop();
    return;
  }
  const act = ctrl
    ? {
        k: () => (overlay.shown = "palette"),
        // Nobody real is connected while practising.
        n: () => !practising.on && push(event.shiftKey ? "/accept" : "/initiate"),
        r: () => syncNow().catch(() => undefined),
        f: () => document.querySelector<HTMLElement>("[data-filter]")?.focus(),
        ",": () => push("/settings"),
      }[key]
    : {
        f6: () => nextRegion(event.shiftKey),
        escape: leave,
        "?": typing ? undefined : () => (overlay.shown = "keys"),
        "/": typing ? undefined : () => document.querySelector<HTMLElement>("[data-filter]")?.focus(),
      }[key];
  if (!act) return;
  event.preventDefault();
  void act();
}
