// Every scene in the pseudo-locale, which is longer and has accents: nothing is cut, nothing is wider than the window, and
// every word without an accent is data. So no sentence stands outside the catalogue, and other languages will fit.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NOW, open } from "./browser.mjs";
import { scenes } from "./scenes.mjs";

const only = process.env.SCENE;
/** Names that no language changes. */
const NAMES = ["Twinline", "Jira", "API"];
let app;
before(async () => {
  app = await open({ pseudo: true });
});
after(() => app?.close());

/** In the page: what is cut off, and what is said without an accent, with whatever data the window was given. */
function look(names) {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true });
  /** For screen readers alone: a box of one pixel, as `sr-only` makes it and bits-ui's own. */
  const unseen = (e) => {
    for (; e; e = e.parentElement)
      if (getComputedStyle(e).position === "absolute" && e.clientWidth <= 1) return true;
    return false;
  };
  const accented = (text) => /[^\s -~’“”…·→←⌘⇧⌥]/.test(text);
  const cut = [];
  const said = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const text = node.data.trim();
    const parent = node.parentElement;
    if (text === "" || !parent || !shown(parent)) continue;
    said.push(text);
    if (!accented(text) || parent.closest("select") || unseen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    if (box.right > innerWidth + 1 || box.left < -1) cut.push(`beside the window: ${text}`);
    for (let e = parent; e && e !== document.body; e = e.parentElement) {
      const style = getComputedStyle(e);
      const inner = e.getBoundingClientRect();
      if (style.overflowX !== "visible" && style.overflowX !== "auto" && box.right > inner.right + 1)
        cut.push(`at its side: ${text}`);
      if (style.overflowY === "hidden" && e.tagName !== "BODY" && box.bottom > inner.bottom + 1)
        cut.push(`below: ${text}`);
      if (style.overflowY === "auto" || style.overflowY === "scroll") break;
    }
  }
  for (const e of document.querySelectorAll("[aria-label], [placeholder], [title], [alt]"))
    for (const name of ["aria-label", "placeholder", "title", "alt"])
      if (e.hasAttribute(name) && shown(e)) said.push(e.getAttribute(name));
  const data = [];
  const gather = (value) => {
    if (typeof value === "string") data.push(value);
    else if (value instanceof Map || value instanceof Set) [...value.values()].forEach(gather);
    else if (value && typeof value === "object") Object.values(value).forEach(gather);
  };
  gather(window.world);
  // And what was typed.
  for (const input of document.querySelectorAll("input, textarea")) data.push(input.value);
  const isKnown = (run) => [...data, ...names].some((value) => value.includes(run));
  const plain = said
    .flatMap((text) => text.match(/[A-Za-z][A-Za-z0-9 ,.:;'’/@_-]*[A-Za-z]/g) ?? [])
    .map((run) => run.trim())
    // The live region says what happened and what to do in one go.
    .flatMap((run) => (isKnown(run) ? [] : run.split(/(?<=\.) /).filter((sentence) => !isKnown(sentence))));
  return { cut, plain: [...new Set(plain)] };
}

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
          const found = await page.evaluate(look, [...NAMES, ...dates()]);
          const wide = await page.evaluate(() => {
            const main = document.querySelector("main");
            return Math.max(
              document.body.scrollWidth - innerWidth,
              main ? main.scrollWidth - main.clientWidth : 0,
            );
          });
          assert.deepEqual({ ...found, wide }, { cut: [], plain: [], wide: 0 }, `${size.width} px`);
        }
      } finally {
        await close();
      }
    });
  }
});
