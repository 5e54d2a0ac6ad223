import { tick } from "svelte";

/** Puts the focus on a heading when it appears, so that keyboards and screen readers start at the new page. */
export function focusHere(node: HTMLElement) {
  node.tabIndex = -1;
  // After the router has scrolled, and never out of a dialog; one that is about to go has nothing to keep.
  requestAnimationFrame(() => {
    const open = ["alertdialog", "dialog"].map((role) => `[role=${role}]:not([data-state=closed])`);
    if (!document.querySelector(open.join())) node.focus({ preventScroll: false });
  });
}

/** What stands, when it is asked, in the place where `part` stands in its list now. */
function placeOf(part: Element): () => Element | null | undefined {
  const list = part.parentElement!;
  const all = [...list.children];
  const before = all.slice(0, all.indexOf(part));
  return () => (list.isConnected ? list.children[before.filter((e) => e.isConnected).length] : null);
}

/**
 * Before a change to causes and ways back: if what has the focus goes, the focus goes to what then stands in its place
 * (the next issue, the next card), else to the screen's heading, not to the page's beginning.
 */
export function keepFocus() {
  const held = document.activeElement;
  // What a card asks lies over the window, not in the card.
  const card = held?.closest("[data-testid=problem]") ?? document.querySelector("[data-asking]");
  const issue = held?.closest("[data-testid=cause-issue]");
  if (!held || !(card || held.closest("[data-testid=undo-bar]"))) return;
  const places = [issue, card].flatMap((part) => (part ? placeOf(part) : []));
  void tick().then(() => {
    if (held.isConnected || document.activeElement !== document.body) return;
    const next = places.map((place) => place()).find(Boolean);
    (next ?? document).querySelector<HTMLElement>(next ? "h3, button" : "#content h1")?.focus();
  });
}
