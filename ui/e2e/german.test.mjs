// Every scene in German: no word of English is left, nothing is cut, nothing is wider than the window. Of the main ones a
// picture in each shape, and axe. Pictures: test-output/ui/, with `-de` in their names.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FluentBundle, FluentResource } from "@fluent/bundle";
import { look } from "./look.mjs";
import { still } from "./still.mjs";
import { chosen, picture, violations, walk, wider } from "./walk.mjs";

/** Each sentence of a catalogue that is said without any fact. */
const sentences = (code) => {
  const text = readFileSync(new URL(`../src/locales/${code}.ftl`, import.meta.url), "utf8");
  const bundle = new FluentBundle(code);
  bundle.addResource(new FluentResource(text));
  return new FluentResource(text).body
    .filter(({ value }) => typeof value === "string")
    .map(({ value }) => bundle.formatPattern(value));
};
const german = new Set(sentences("de"));
const english = new Set(sentences("en").filter((sentence) => !german.has(sentence)));
/** What of the made-up world is called as a sentence of the catalogue is. */
const DATA = ["English", "Task", "Support"];

/** At 200 % a window of 1280 x 800 has half of that; pictures are made of the main scenes. */
const SIZES = {
  "de-light": { width: 1080, height: 720 },
  "de-narrow": { width: 720, height: 520 },
  "de-zoom": { width: 640, height: 400 },
};

walk("de", 2, (see) => {
  for (const scene of chosen.filter((s) => !s.english))
    test(scene.name, () =>
      see(scene, { lang: "de" }, async (page, errors) => {
        for (const [name, size] of Object.entries(SIZES)) {
          await page.setViewportSize(size);
          await still(page);
          if (scene.more) await picture(page, `${scene.name}-${name}`);
          const { cut, said } = await page.evaluate(look, { names: [], accents: false });
          const left = said.filter((text) => english.has(text) && !DATA.includes(text));
          const { lang, invented } = await page.evaluate(() => ({
            lang: document.documentElement.lang,
            invented: [...window.invented],
          }));
          assert.deepEqual(
            { lang, invented, wide: await wider(page), cut, left, errors },
            { lang: "de", invented: [], wide: 0, cut: [], left: [], errors: [] },
            name,
          );
          // At its widest and at its narrowest.
          if (scene.more && name !== "de-narrow") assert.deepEqual(await violations(page), [], name);
        }
      }),
    );
});
