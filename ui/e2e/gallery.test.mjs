// Every screen and main state, light and dark: a picture, axe without a violation, no error in the console,
// nothing wider than the window. Pictures: test-output/ui/ at the root of the project.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sections } from "./states.mjs";
import { still } from "./still.mjs";
import { COLOURS, chosen, picture, violations, walk, wider } from "./walk.mjs";

/** What is smaller than a finger or a tired hand can hit. */
const small = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("button, a, select, input")]
      .filter((e) => e.checkVisibility() && !e.closest(".sr-only") && !e.closest("label"))
      .map((e) => [e.getBoundingClientRect(), e])
      .filter(([r]) => r.width > 1 && (r.height < 24 || r.width < 24))
      .filter(([, e]) => e.dataset.testid !== "connection-link")
      .map(([r, e]) => `${e.outerHTML.slice(0, 90)} ${r.width}x${r.height}`),
  );

/** The states that a scene is said to show, with what must be in sight. */
const claims = (scene) =>
  sections.flatMap(({ states }) => states.filter((s) => s.shows && s.scenes.includes(scene.name)));

/** What of it is not there, or lies outside of the picture. */
const unseen = (page, claimed) =>
  page.evaluate((claimed) => {
    const inSight = (e) => {
      const box = e.getBoundingClientRect();
      return e.checkVisibility() && box.height > 0 && box.top < innerHeight && box.bottom > 0;
    };
    return claimed
      .filter(({ shows }) => ![...document.querySelectorAll(shows)].some(inSight))
      .map((s) => s.state);
  }, claimed);

/** One after another in the same window: what is asked of the window then, and which of axe's rules can answer otherwise than before. */
const LOOKS = { light: {}, dark: { media: { colorScheme: "dark" }, rules: COLOURS } };
/** Of the main scenes also these. At 200 % a window of 1280 x 800 has half of that. */
const MORE = {
  narrow: { media: { colorScheme: "light" }, size: { width: 720, height: 520 } },
  zoom: { size: { width: 640, height: 400 } },
  forced: { media: { forcedColors: "active" }, size: { width: 1080, height: 720 }, rules: COLOURS },
};

// Three at a time: most of a scene is waiting.
walk("gallery", 3, (see) => {
  for (const scene of chosen)
    test(scene.name, () =>
      see(scene, { theme: "light" }, async (page, errors) => {
        const looks = scene.more ? { ...LOOKS, ...MORE } : LOOKS;
        // What comes with another answer than the one that was waited for.
        for (const { shows } of claims(scene))
          await page.locator(shows).first().waitFor({ state: "attached", timeout: 15_000 });
        for (const [name, { media, size, rules }] of Object.entries(looks)) {
          if (media) await page.emulateMedia(media);
          if (size) await page.setViewportSize(size);
          await still(page);
          if (name in LOOKS) assert.deepEqual(await unseen(page, claims(scene)), [], `${name}: in sight`);
          await picture(page, `${scene.name}-${name}`);
          assert.deepEqual(
            {
              violations: await violations(page, rules),
              small: await small(page),
              errors,
              wide: await wider(page),
            },
            { violations: [], small: [], errors: [], wide: 0 },
            name,
          );
        }
        assert.equal(await page.locator("h1").count(), 1, "one heading");
      }),
    );
});
