// What all walks through the scenes have in common: how one is opened and brought to its state, and what is looked at there.
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, describe } from "node:test";
import { AXE, open } from "./browser.mjs";
import { scenes } from "./all-scenes.mjs";
import { still } from "./still.mjs";

/** Pictures, at the root of the project. */
export const OUT = new URL("../../test-output/ui/", import.meta.url).pathname;
const AXE_CODE = readFileSync(AXE, "utf8");

/** The scenes to walk through; with `SCENE=one,other` those that begin so. */
const wanted = process.env.SCENE?.split(",");
export const chosen = scenes.filter(({ name }) => !wanted || wanted.some((one) => name.startsWith(one)));

/** A suite of scenes with one browser; `body` gets how one of them is looked at: a scene, a view, and a look at its page. */
export function walk(name, concurrency, body) {
  describe(name, { concurrency }, () => {
    let app;
    before(async () => {
      mkdirSync(OUT, { recursive: true });
      app = await open();
    });
    after(() => app?.close());
    body(async (scene, view, look) => {
      const { page, errors, close } = await app.window({ ...scene, ...view });
      try {
        await scene.act?.(page);
        await page.getByTestId(scene.see).first().waitFor({ timeout: 15_000 });
        await still(page);
        await look(page, errors);
      } finally {
        await close();
      }
    });
  });
}

export const picture = (page, name) => page.screenshot({ path: `${OUT}${name}.png` });

/** The rules of axe that other colours on the same page can break. */
export const COLOURS = ["color-contrast", "link-in-text-block"];

/** What axe finds wrong; with `rules`, by those alone. */
export async function violations(page, rules) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE_CODE);
  const found = await page.evaluate(
    (runOnly) => window.axe.run({ resultTypes: ["violations"], ...(runOnly && { runOnly }) }),
    rules,
  );
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(" | ")}`);
}

/** By how many pixels something is wider than the window or its place. */
export const wider = (page) =>
  page.evaluate(() =>
    Math.max(
      document.body.scrollWidth - innerWidth,
      ...[...document.querySelectorAll("main")].map((main) => main.scrollWidth - main.clientWidth),
    ),
  );
