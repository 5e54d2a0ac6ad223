import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nears } from "./nears";

/** What the browser would see, told by the test. */
let see: (entries: Partial<IntersectionObserverEntry>[]) => void;
let frames: (() => void)[];
let now: number;

beforeEach(() => {
  frames = [];
  now = 0;
  class Observer {
    root: Element | null;
    constructor(
      told: (entries: Partial<IntersectionObserverEntry>[]) => void,
      { root }: { root: Element | null },
    ) {
      this.root = root;
      see = told;
    }
    observe() {}
    unobserve() {}
    disconnect() {}
  }
  vi.stubGlobal("IntersectionObserver", Observer);
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const draw = () => frames.splice(0).forEach((frame) => frame());

test("however much comes near at once, the window draws in between; the nearest comes first", () => {
  const told: string[] = [];
  const content = document.createElement("div");
  content.id = "content";
  const parts = [0, 900, 300, 600].map((top) => {
    const part = document.createElement("div");
    content.append(part);
    nears(part, (near, high) => {
      told.push(`${top} ${near} ${high}`);
      // As long as it takes to make ten rows on a slow computer.
      now += 20;
    });
    return { part, top };
  });
  const rootBounds = new DOMRect(0, 0, 1000, 700);
  see(
    parts.map(({ part, top }) => ({
      target: part,
      isIntersecting: true,
      boundingClientRect: new DOMRect(0, top, 1000, 100),
      rootBounds,
    })),
  );
  expect(told).toEqual([]);
  draw();
  expect(told).toEqual(["300 true 100"]);
  draw();
  draw();
  expect(told).toEqual(["300 true 100", "0 true 100", "600 true 100"]);
  draw();
  draw();
  expect(told).toHaveLength(4);
  expect(frames).toEqual([]);
});
