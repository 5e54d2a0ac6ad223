// Every scene in the pseudo-locale, which is longer and has accents: nothing is cut, nothing is wider than the window, and
// every word without an accent is data. So no sentence stands outside the catalogue, and other languages will fit.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NOW, open } from "./browser.mjs";
import { look } from "./look.mjs";
import { scenes } from "./scenes.mjs";

const only = process.env.SCENE;
/** Names that no language changes. */
const NAMES = ["Twinline", "Jira", "API"];
let app;
before(async () => {
  app = await open({ pseudo: true });
});
after(() => app?.close());

/** Days and months come from the browser, in its own language. */
const dates = () => {
  const words = [];
  for (let day = 0; day < 400; day += 1) {
    const at = new Date(NOW + (day - 200) * 86_400_000);
    words.push(at.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" }));
  }
  return words;
};

describe("en-XA", { concurrency: 2 }, () => {
  for (const scene of scenes.filter((s) => !s.english && (!only || s.name.startsWith(only)))) {
    test(scene.name, async () => {
      const { page, close } = await app.window(scene);
      try {
        await scene.act?.(page);
        await page.getByTestId(scene.see).first().waitFor({ timeout: 15_000 });
        for (const size of [
          { width: 1080, height: 720 },
          { width: 720, height: 520 },
        ]) {
          await page.setViewportSize(size);
          await page.evaluate(
            () => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))),
          );
          const { cut, plain } = await page.evaluate(look, { names: [...NAMES, ...dates()], accents: true });
          const wide = await page.evaluate(() => {
            const main = document.querySelector("main");
            return Math.max(
              document.body.scrollWidth - innerWidth,
              main ? main.scrollWidth - main.clientWidth : 0,
            );
          });
          assert.deepEqual({ cut, plain, wide }, { cut: [], plain: [], wide: 0 }, `${size.width} px`);
        }
      } finally {
        await close();
      }
    });
  }
});
