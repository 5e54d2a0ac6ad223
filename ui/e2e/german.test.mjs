// Every scene in German: no word of English is left, nothing is cut, nothing is wider than the window. Of the main ones a
// picture in each shape, and axe. Pictures: test-output/ui/, with `-de` in their names.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { FluentBundle, FluentResource } from "@fluent/bundle";
import { AXE, open } from "./browser.mjs";
import { look } from "./look.mjs";
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

const SHAPES = {
  "de-light": { width: 1080, height: 720 },
  "de-narrow": { width: 720, height: 520 },
  "de-zoom": { width: 1280, height: 800, zoom: 2 },
};

async function see(scene, shape, name) {
  const { page, errors, close } = await app.window({ ...scene, ...shape, lang: "de" });
  try {
    await scene.act?.(page);
    await page.getByTestId(scene.see).first().waitFor({ timeout: 15_000 });
    await page.evaluate(() => document.fonts.ready);
    await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
    if (scene.more) await page.screenshot({ path: `${OUT}${scene.name}-${name}.png` });
    const { cut, said } = await page.evaluate(look, { names: [], accents: false });
    const left = said.filter((text) => english.has(text) && !DATA.includes(text));
    const page_is = await page.evaluate(() => ({
      lang: document.documentElement.lang,
      invented: [...window.invented],
      wide: Math.max(
        document.body.scrollWidth - innerWidth,
        ...[...document.querySelectorAll("main")].map((main) => main.scrollWidth - main.clientWidth),
      ),
    }));
    assert.deepEqual(
      { ...page_is, cut, left, errors },
      { lang: "de", invented: [], wide: 0, cut: [], left: [], errors: [] },
    );
    if (!scene.more) return;
    await page.evaluate(AXE_CODE);
    const found = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    assert.deepEqual(
      found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" | ")}`),
      [],
    );
  } finally {
    await close();
  }
}

describe("de", { concurrency: 2 }, () => {
  for (const scene of scenes.filter((s) => !s.english && (!only || s.name.startsWith(only)))) {
    test(scene.name, async (t) => {
      const shapes = Object.entries(SHAPES).filter(([name]) => scene.more || name !== "de-zoom");
      for (const [name, shape] of shapes) await t.test(name, () => see(scene, shape, name));
    });
  }
});
