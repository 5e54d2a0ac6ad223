// Every screen and main state, light and dark: a picture, axe without a violation, no error in the console,
// nothing wider than the window. Pictures: test-output/ui/ at the root of the project.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { AXE, open } from "./browser.mjs";
import { scenes } from "./scenes.mjs";

const OUT = new URL("../../test-output/ui/", import.meta.url).pathname;
const AXE_CODE = readFileSync(AXE, "utf8");
const only = process.env.SCENE;
let app;
before(async () => {
  mkdirSync(OUT, { recursive: true });
  app = await open();
});
after(() => app?.close());

async function look(scene, view, suffix) {
  const { page, errors, close } = await app.window({ ...scene, ...view });
  try {
    await scene.act?.(page);
    await page.getByTestId(scene.see).first().waitFor({ timeout: 8000 });
    await page.evaluate(() => document.fonts.ready);
    // Two frames: the heading has the focus, nothing moves any more.
    await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
    await page.screenshot({ path: `${OUT}${scene.name}-${suffix}.png` });
    await page.evaluate(AXE_CODE);
    const found = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    const violations = found.violations.map(
      (v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" | ")}`,
    );
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("button, a, select, input")]
        .filter((e) => e.checkVisibility() && !e.closest(".sr-only") && !e.closest("label"))
        .map((e) => [e.getBoundingClientRect(), e])
        .filter(([r]) => r.width > 1 && (r.height < 24 || r.width < 24))
        .filter(([, e]) => e.dataset.testid !== "connection-link")
        .map(([r, e]) => `${e.outerHTML.slice(0, 90)} ${r.width}x${r.height}`),
    );
    const wide = await page.evaluate(() => {
      const main = document.querySelector("main");
      return Math.max(document.body.scrollWidth - innerWidth, main ? main.scrollWidth - main.clientWidth : 0);
    });
    assert.deepEqual({ violations, small, errors, wide }, { violations: [], small: [], errors: [], wide: 0 });
    assert.equal(await page.locator("h1").count(), 1, "one heading");
  } finally {
    await close();
  }
}

// Three at a time: most of a scene is waiting.
describe("gallery", { concurrency: 3 }, () => {
  for (const scene of scenes.filter((s) => !only || s.name.startsWith(only))) {
    test(scene.name, async (t) => {
      for (const theme of scene.once ? ["light"] : ["light", "dark"])
        await t.test(theme, () => look(scene, { theme }, theme));
      if (!scene.more) return;
      await t.test("720 px wide", () => look(scene, { width: 720, height: 520 }, "narrow"));
      await t.test("200 % text", () => look(scene, { width: 1280, height: 800, zoom: 2 }, "zoom"));
      await t.test("forced colours", () => look(scene, { forced: true }, "forced"));
    });
  }
});
