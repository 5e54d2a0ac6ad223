/** What is less than this far from what is seen is near: more than a fast turn of a wheel. */
const AROUND = "1200px 0px";

const watched = new Map<Element, (near: boolean) => void>();
let observer: IntersectionObserver | undefined;

/** Of the box that scrolls: seen from the window, what that box hides is not near, however little it hides. */
function observing(root: Element | null): IntersectionObserver {
  if (observer?.root === root) return observer;
  observer?.disconnect();
  observer = new IntersectionObserver(
    (seen) => seen.forEach((entry) => watched.get(entry.target)?.(entry.isIntersecting)),
    { root, rootMargin: AROUND },
  );
  for (const element of watched.keys()) observer.observe(element);
  return observer;
}

/** Says when an element comes near what is seen, and when it is far again; gives back how to stop. Where nothing can tell, all is near. */
export function nears(element: Element, tell: (near: boolean) => void): () => void {
  if (typeof IntersectionObserver === "undefined") {
    tell(true);
    return () => undefined;
  }
  watched.set(element, tell);
  observing(element.closest("#content")).observe(element);
  return () => {
    watched.delete(element);
    observer?.unobserve(element);
  };
}
