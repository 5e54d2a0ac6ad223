// The gallery page: every scene can be looked at there, in the theme, width, text size and language that were chosen.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { open } from "./browser.mjs";
import { pseudo } from "./pseudo.mjs";
import { chosen, violations } from "./walk.mjs";

const USUAL = { scene: "connections", theme: "light", width: "1080", text: "100", lang: "en" };

describe("gallery page", () => {
  let app, page, errors;
  before(async () => {
    app = await open({ frames: true });
    const context = await app.browser.newContext({ viewport: { width: 1600, height: 900 } });
    page = await context.newPage();
    errors = [];
    page.on("pageerror", (e) => errors.push(e.message));
  });
  after(() => app?.close());

  /** Waits until the scene of an address stands, or could not be brought there. */
  async function shown(wish) {
    const of = `#${new URLSearchParams({ ...USUAL, ...wish })}`;
    const walk = page.locator(`[data-testid=walk][data-of="${of}"]:not([data-stage=opening])`);
    await walk.waitFor({ timeout: 20_000 });
    assert.equal(await walk.getAttribute("data-stage"), "shown", await walk.textContent());
    return page.frameLocator("iframe");
  }
  async function show(wish) {
    await page.goto(`${app.base}/gallery.html#${new URLSearchParams(wish)}`);
    return shown(wish);
  }
  const ground = (frame) => frame.locator("body").evaluate((e) => getComputedStyle(e).backgroundColor);

  test("what is chosen is shown", async () => {
    const light = await ground(await show({ scene: "connections", theme: "light" }));
    const dark = await ground(await show({ scene: "connections", theme: "dark" }));
    assert.deepEqual([light, dark], ["rgb(247, 246, 242)", "rgb(19, 22, 25)"]);
    // What is loaded when it is wanted is dark, too.
    await show({ scene: "conflicts", theme: "dark" });
    const wide = (frame) => frame.locator("body").evaluate(() => innerWidth);
    assert.equal(await wide(await show({ scene: "settings", width: "640" })), 640);
    assert.equal(await wide(await show({ scene: "settings", width: "1280", text: "200" })), 640);
    const heading = async (lang) => (await show({ scene: "settings", lang })).locator("h1").textContent();
    assert.deepEqual(
      [await heading("en"), await heading("de"), await heading("en-XA")],
      ["Settings", "Einstellungen", pseudo("Settings")],
    );
    assert.deepEqual(await violations(page), []);
  });

  test("by keyboard: the filter, a scene, a theme; the address says it", async () => {
    await show({ scene: "settings" });
    await page.locator("#filter").focus();
    const all = await page.locator("nav a").count();
    await page.keyboard.type("offline");
    const count = await page.locator("nav a").count();
    assert.ok(count > 0 && count < all / 5, `${count} of ${all} scenes`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await shown({ scene: "first-run-site-unreachable" });
    // The window in the frame took the focus and gave it back.
    await page.locator("nav a:focus").waitFor();
    for (let i = 0; i < count; i++) await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await shown({ scene: "first-run-site-unreachable", theme: "dark" });
  });

  // The other tests walk through all scenes; that the page shows them too is asked of each tenth, or of those in `SCENE`.
  const some = chosen.filter((s) => !s.english).filter((_, at) => process.env.SCENE || at % 10 === 0);
  for (const scene of some) test(scene.name, () => show({ scene: scene.name }));

  test("no error in any", () => assert.deepEqual(errors, []));
});
