// Every screen and main state, light and dark: a picture, axe without a violation, no error in the console,
// nothing wider than the window. Pictures: test-output/ui/ at the root of the project.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sections } from "./states.mjs";
import { chosen, picture, violations, walk, wider } from "./walk.mjs";

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

const VIEWS = { light: { theme: "light" }, dark: { theme: "dark" } };
const MORE = {
  narrow: { width: 720, height: 520 },
  zoom: { width: 1280, height: 800, zoom: 2 },
  forced: { forced: true },
};

// Three at a time: most of a scene is waiting.
walk("gallery", 3, (see) => {
  for (const scene of chosen)
    test(scene.name, async (t) => {
      for (const [name, view] of Object.entries({ ...VIEWS, ...(scene.more ? MORE : {}) }))
        await t.test(name, () =>
          see(scene, view, async (page, errors) => {
            if (name in VIEWS) assert.deepEqual(await unseen(page, claims(scene)), [], "in sight");
            await picture(page, `${scene.name}-${name}`);
            assert.deepEqual(
              {
                violations: await violations(page),
                small: await small(page),
                errors,
                wide: await wider(page),
              },
              { violations: [], small: [], errors: [], wide: 0 },
            );
            assert.equal(await page.locator("h1").count(), 1, "one heading");
          }),
        );
    });
});
