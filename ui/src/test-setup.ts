import { configure } from "@testing-library/dom";

// As long as a busy machine may need; a test that waits in vain says so after it.
configure({ asyncUtilTimeout: 20_000 });

// jsdom has no layout: what components ask of it is answered here.
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Element.prototype.scrollIntoView ??= () => undefined;
