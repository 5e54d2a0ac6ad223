// The pages for developers, `mock.html` and `gallery.html`: as the window is built, and it can speak the pseudo-locale.
// `npm run gallery` serves them and the tests build them; `vite build` knows nothing of them.
import { fileURLToPath } from "node:url";
import { mergeConfig } from "vite";
import base from "./vite.config.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default mergeConfig(base, {
  resolve: { alias: [{ find: /^@fluent\/bundle$/, replacement: at("e2e/pseudo.mjs") }] },
  // Loaded when it is wanted, and found too late: the page would load anew.
  optimizeDeps: { entries: ["gallery.html", "mock.html"], include: ["diff"] },
  build: { rolldownOptions: { input: [at("mock.html"), at("gallery.html")] }, target: "es2022" },
});
