// The built window with Rust's part played, under the real window's content policy, in the machine's Chromium.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { build, preview } from "vite";

export const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
export const NOW = Date.UTC(2026, 10, 24, 9, 42, 8);
const at = (path) => new URL(path, import.meta.url).pathname;

/** What each window of the tests has in common, and how it is to look; sizes in px before zooming. */
export const looks = ({ theme, width, height, zoom, forced, lang = "en" }) => ({
  viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
  deviceScaleFactor: zoom,
  colorScheme: theme,
  forcedColors: forced ? "active" : "none",
  reducedMotion: "reduce",
  locale: lang === "de" ? "de-DE" : "en-GB",
  timezoneId: "Europe/Madrid",
});

/** The machine's Chromium. */
export const launch = () =>
  chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** `frames`: the page may show the window in a frame, which the window itself never does. */
export async function open({ frames = false } = {}) {
  const outDir = mkdtempSync(join(tmpdir(), "twinline-ui-"));
  const config = { root: at(".."), configFile: at("../gallery.config.ts"), logLevel: "error" };
  await build({ ...config, build: { outDir } });
  const strict = JSON.parse(readFileSync(at("../../tauri.conf.json"), "utf8")).app.security.csp;
  const policy = frames ? strict.replace("frame-src 'none'", "frame-src 'self'") : strict;
  const server = await preview({
    ...config,
    build: { outDir },
    preview: {
      port: 0,
      strictPort: false,
      host: "127.0.0.1",
      headers: { "Content-Security-Policy": policy },
    },
  });
  const browser = await launch();
  const base = `http://127.0.0.1:${server.httpServer.address().port}`;
  return {
    browser,
    base,
    /** A fresh window in a scene. */
    async window({
      scene = "usual",
      at: route = "/",
      theme = "light",
      width = 1080,
      height = 720,
      zoom = 1,
      forced,
      lang = "en",
    }) {
      const context = await browser.newContext(looks({ theme, width, height, zoom, forced, lang }));
      const page = await context.newPage();
      const errors = [];
      page.on("pageerror", (e) => errors.push(e.message));
      page.on("console", (m) => {
        if (m.type() === "error") errors.push(m.text());
      });
      page.on("request", (r) => {
        if (!r.url().startsWith(base) && !r.url().startsWith("data:"))
          errors.push(`asked the network for ${r.url()}`);
      });
      await page.goto(`${base}/mock.html?scene=${encodeURIComponent(scene)}&lang=${lang}#${route}`);
      return { page, errors, close: () => context.close() };
    },
    async close() {
      await browser.close();
      await new Promise((done) => server.httpServer.close(done));
      rmSync(outDir, { recursive: true });
    },
  };
}
