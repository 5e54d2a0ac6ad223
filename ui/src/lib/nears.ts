// Which parts of a long list are near to what is seen, so that the others need not be in the page. What comes near is made a
// little at a time: however much comes at once, the window draws in between.
import { flushSync } from "svelte";

/** What is less than this far from what is seen is near: more than a fast turn of a wheel. */
const AROUND = "1200px 0px";
/** For how long parts are made before the window draws, ms. What is made has to be laid out and drawn after that. */
const AT_ONCE_MS = 8;

/** Whether it is near, and how high it was when that was seen, in px. */
type Tell = (near: boolean, height: number) => void;

const watched = new Map<Element, Tell>();
/** What was seen and has not been told yet. */
const seen = new Map<Element, IntersectionObserverEntry>();
let observer: IntersectionObserver | undefined;
let frame: number | undefined;

/** How far it is from the middle of what is seen, in px. */
function distance({ boundingClientRect: part, rootBounds: box }: IntersectionObserverEntry) {
  return box ? Math.abs(part.top + part.bottom - box.top - box.bottom) / 2 : 0;
}

/** Tells what was seen, the nearest first, for a moment; the rest in the next frames. */
function tellSome() {
  frame = undefined;
  const begun = performance.now();
  const inOrder = [...seen.values()].sort((a, b) => distance(a) - distance(b));
  for (const entry of inOrder) {
    if (performance.now() - begun > AT_ONCE_MS) {
      frame = requestAnimationFrame(tellSome);
      return;
    }
    seen.delete(entry.target);
    // At once, so that it shows how long it took.
    flushSync(() => watched.get(entry.target)?.(entry.isIntersecting, entry.boundingClientRect.height));
  }
}

/** Of the box that scrolls: seen from the window, what that box hides is not near, however little it hides. */
function observing(root: Element | null): IntersectionObserver {
  if (observer?.root === root) return observer;
  observer?.disconnect();
  observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (watched.has(entry.target)) seen.set(entry.target, entry);
      frame ??= requestAnimationFrame(tellSome);
    },
    { root, rootMargin: AROUND },
  );
  for (const element of watched.keys()) observer.observe(element);
  return observer;
}

/** Says when an element comes near what is seen, and when it is far again; gives back how to stop. Where nothing can tell, all is near. */
export function nears(element: Element, tell: Tell): () => void {
  if (typeof IntersectionObserver === "undefined") {
    tell(true, 0);
    return () => undefined;
  }
  watched.set(element, tell);
  observing(element.closest("#content")).observe(element);
  return () => {
    watched.delete(element);
    seen.delete(element);
    observer?.unobserve(element);
  };
}
