// Every scene in the pseudo-locale, which is longer and has accents: nothing is cut, nothing is wider than the window, and
// every word without an accent is data. So no sentence stands outside the catalogue, and other languages will fit.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NOW } from "./browser.mjs";
import { look } from "./look.mjs";
import { still } from "./still.mjs";
import { chosen, walk, wider } from "./walk.mjs";

/** Names that no language changes. */
const NAMES = ["Twinline", "Jira", "API"];

/** Days and months come from the browser, in its own language. */
const dates = () => {
  const words = [];
  for (let day = 0; day < 400; day += 1) {
    const at = new Date(NOW + (day - 200) * 86_400_000);
    words.push(at.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" }));
    // The whole of a time, for whoever points at it.
    const whole = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
    words.push(`${at.toLocaleDateString("en-GB", whole)} at`);
  }
  return words;
};

const SIZES = [
  { width: 1080, height: 720 },
  { width: 720, height: 520 },
];

walk("en-XA", 2, (see) => {
  for (const scene of chosen.filter((s) => !s.english))
    test(scene.name, () =>
      see(scene, { lang: "en-XA" }, async (page) => {
        for (const size of SIZES) {
          await page.setViewportSize(size);
          await still(page);
          const { cut, plain } = await page.evaluate(look, { names: [...NAMES, ...dates()], accents: true });
          assert.deepEqual(
            { cut, plain, wide: await wider(page) },
            { cut: [], plain: [], wide: 0 },
            `${size.width} px`,
          );
        }
      }),
    );
});
