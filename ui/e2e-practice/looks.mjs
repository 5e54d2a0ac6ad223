// What every picture of the practice page is held to.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { AXE } from "../e2e/browser.mjs";

const OUT = new URL("../../test-output/practice/", import.meta.url).pathname;
const AXE_CODE = readFileSync(AXE, "utf8");

/** A picture; no axe violation, nothing wider than the window, one heading, nothing too small to hit. */
export async function look(page, name) {
  mkdirSync(OUT, { recursive: true });
  await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
  await page.screenshot({ path: `${OUT}${name}.png` });
  await page.evaluate(AXE_CODE);
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  const wrong = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" | ")}`);
  const wide = await page.evaluate(() => {
    const areas = [
      document.documentElement,
      document.querySelector("main"),
      document.querySelector("#issues"),
    ];
    // One that only screen readers hear is a pixel wide.
    return areas.map((area) => (area.clientWidth > 1 ? Math.max(0, area.scrollWidth - area.clientWidth) : 0));
  });
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, select, input, textarea")]
      .filter((e) => e.checkVisibility() && e.type !== "checkbox" && !e.closest(".sr-only"))
      .map((e) => [e.getBoundingClientRect(), e])
      .filter(([r]) => r.height < 24 || r.width < 24)
      .map(([r, e]) => `${e.outerHTML.slice(0, 90)} ${r.width}x${r.height}`),
  );
  assert.deepEqual({ wrong, wide, small }, { wrong: [], wide: [0, 0, 0], small: [] }, name);
  assert.equal(await page.locator("h1").count(), 1, `${name}: one heading`);
}
