import { defineConfig } from "vitest/config";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import tailwindcss from "@tailwindcss/vite";
import { windowWords } from "./window-words.ts";

export default defineConfig({
  plugins: [windowWords(), tailwindcss(), svelte(), svelteTesting()],
  clearScreen: false,
  server: { port: 5173, strictPort: true, host: "127.0.0.1" },
  // Fonts stay files: the window's policy allows no fonts from data: addresses.
  build: {
    target: "safari16",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // The page names all that the window begins with: none of it is first found in another. What comes later lies beside the
    // page: there is nothing to fetch ahead.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_, deps, { hostType }) => (hostType === "html" ? deps : []),
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    setupFiles: ["src/test-setup.ts"],
    // No answer depends on how busy the machine is; what never comes is still told.
    testTimeout: 120_000,
  },
});
