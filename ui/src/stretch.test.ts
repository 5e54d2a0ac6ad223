// A stretch of a long list on a page that is hidden for a while.
import { render, screen } from "@testing-library/svelte";
import { createRawSnippet, tick } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import Stretch from "./components/Stretch.svelte";

afterEach(() => void vi.unstubAllGlobals());

test("what is hidden with its page is there when that comes back; what is far is as high as it was", async () => {
  let see: (entries: unknown[]) => void;
  class Observer {
    constructor(told: typeof see) {
      see = told;
    }
    observe() {}
    unobserve() {}
    disconnect() {}
  }
  vi.stubGlobal("IntersectionObserver", Observer);
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => void setTimeout(frame));
  const children = createRawSnippet(() => ({ render: () => "<p data-testid='row'></p>" }));
  render(Stretch, { rows: 10, role: "list", first: true, children });
  const box = screen.getByTestId("stretch");
  const sees = async (isIntersecting: boolean, height: number) => {
    see([
      {
        target: box,
        isIntersecting,
        boundingClientRect: { top: 0, bottom: height, height },
        rootBounds: null,
      },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await tick();
  };
  await sees(false, 0);
  expect(screen.queryByTestId("row")).not.toBeNull();
  await sees(false, 480);
  expect(screen.queryByTestId("row")).toBeNull();
  expect(box.style.height).toBe("480px");
  await sees(false, 0);
  expect(box.style.height).toBe("480px");
});
