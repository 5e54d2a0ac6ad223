// Nobody's focus falls off the page: where what has it goes (an answered question, a button that becomes another one, a
// removed row), what then stands in its place gets it. A screen that says better where to go on does so before.

const OVER = "[role=dialog], [role=alertdialog], [role=menu]";
const FOCUSABLE =
  "h1, h2[tabindex], h3[tabindex], a[href], button:not([disabled]), input:not([disabled]), select, textarea, summary";

/** What can have the focus, in a part of the page, itself included. */
const firstIn = (part: Element | null | undefined) =>
  part?.matches(FOCUSABLE)
    ? (part as HTMLElement)
    : (part?.querySelector<HTMLElement>(FOCUSABLE) ?? undefined);

/** From which place something went. */
interface Gap {
  parent: Node;
  before: Node | null;
  after: Node | null;
}

/** What stands there now, else what is around it, as far as its region. */
function inPlaceOf({ parent, before, after }: Gap): HTMLElement | undefined {
  if (!(parent instanceof Element) || !parent.isConnected) return undefined;
  let next = before === null ? parent.firstChild : before.isConnected ? before.nextSibling : after;
  while (next && !(next instanceof Element)) next = next.nextSibling;
  const there = firstIn(next);
  if (there) return there;
  for (let around: Element | null = parent; around; around = around.parentElement) {
    const found = firstIn(around);
    if (found) return found;
    if (around.matches("main, [data-region]")) return undefined;
  }
  return undefined;
}

/** What has the focus, or had it before something lay over it. */
let held: HTMLElement | undefined;
let gaps: Gap[] = [];

/** Where to go on when what lies over the page is gone. */
export function goOnAt(part: HTMLElement | null | undefined) {
  held = part ?? undefined;
  gaps = [];
}

/** Watches over the focus from now on; answers how to end that. */
export function guardFocus(): () => void {
  let over: HTMLElement | undefined;
  const take = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement)) return;
    over = target.closest(OVER) ? target : undefined;
    if (!over) goOnAt(target);
  };
  // Whoever points beside everything wants the focus nowhere.
  const drop = () => goOnAt(undefined);
  const look = () => {
    if (!held || over?.isConnected || document.activeElement !== document.body) return;
    over = undefined;
    const place = held.isConnected ? held : gaps.map(inPlaceOf).find(Boolean);
    if (place?.tagName === "H1") place.tabIndex = -1;
    place?.focus();
  };
  const observer = new MutationObserver((records) => {
    for (const { removedNodes, target, previousSibling, nextSibling } of records)
      if (held && [...removedNodes].some((node) => node.contains(held!)))
        gaps.push({ parent: target, before: previousSibling, after: nextSibling });
    // After a screen's own answer, which comes with the change or in the next frame.
    if ([over, held].some((part) => part && !part.isConnected))
      requestAnimationFrame(() => requestAnimationFrame(look));
  });
  observer.observe(document.body, { childList: true, subtree: true });
  addEventListener("focusin", take);
  addEventListener("pointerdown", drop, true);
  return () => {
    drop();
    observer.disconnect();
    removeEventListener("focusin", take);
    removeEventListener("pointerdown", drop, true);
  };
}
