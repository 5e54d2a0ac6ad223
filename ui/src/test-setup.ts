import { configure } from "@testing-library/dom";
import { cleanup } from "@testing-library/svelte";
import { clearMocks } from "@tauri-apps/api/mocks";
import { afterEach } from "vitest";

// As long as a busy machine may need; a test that waits in vain says so after it.
configure({ asyncUtilTimeout: 20_000 });

// jsdom has no layout: what components ask of it is answered here.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Element.prototype.scrollIntoView ??= () => undefined;

afterEach(async () => {
  cleanup();
  await new Promise((r) => setTimeout(r)); // unlisten() runs in a promise; clearing the mocks first makes it throw
  clearMocks();
});
