// The list of states against the scenes: no state without a scene, no scene without a state. That each state is in sight on
// its picture is looked at in `gallery.test.mjs`.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { scenes } from "./all-scenes.mjs";
import { PICTURES } from "./docs.mjs";
import { ISSUES, sections } from "./states.mjs";

const states = sections.flatMap(({ letter, states }) => states.map((state) => ({ letter, ...state })));
const names = scenes.map(({ name }) => name);

test("every section of the design is there", () => {
  assert.equal(sections.map(({ letter }) => letter).join(""), "ABCDEFGHIJK");
});

test("no two scenes and no two states have one name", () => {
  const twice = (list) => list.filter((one, i) => list.indexOf(one) !== i);
  assert.deepEqual(twice(names), []);
  assert.deepEqual(twice(states.map(({ letter, state }) => `${letter}: ${state}`)), []);
});

test("every state has a scene, a test elsewhere, or an issue that will build it", () => {
  const wrong = states.filter(({ scenes: shown, file, test: name, notBuilt }) => {
    if (shown) return shown.length === 0 || shown.some((scene) => !names.includes(scene));
    if (file)
      return !readFileSync(new URL(`../../${file}`, import.meta.url), "utf8").includes(`fn ${name}()`);
    return !(notBuilt in ISSUES);
  });
  assert.deepEqual(
    wrong.map(({ letter, state }) => `${letter}: ${state}`),
    [],
  );
});

test("every scene shows a state of the design", () => {
  const named = new Set(states.flatMap((state) => state.scenes ?? []));
  assert.deepEqual(
    names.filter((name) => !named.has(name)),
    [],
    "name them in states.mjs",
  );
});

test("every picture in the docs is one of a scene", () => {
  const docs = new URL("../../docs/pictures/", import.meta.url);
  const files = readdirSync(docs).filter((file) => file.endsWith(".png"));
  assert.deepEqual(files.sort(), PICTURES.map(({ file }) => file).sort());
  for (const { file, name, view } of PICTURES) {
    assert.ok(names.includes(name), `${file}: ${name}`);
    // The head of a PNG says how large it is.
    const png = readFileSync(new URL(file, docs));
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [view.width, view.height], file);
  }
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const shown = [...readme.matchAll(/docs\/pictures\/([\w-]+\.png)/g)].map(([, file]) => file);
  assert.deepEqual([...new Set(shown)].sort(), files);
});

test("what is not built", (t) => {
  const open = states.filter(({ notBuilt }) => notBuilt);
  t.diagnostic(
    `${states.length - open.length} of ${states.length} states are built, ${open.length} are not:`,
  );
  for (const { letter, state, notBuilt } of open) t.diagnostic(`#${notBuilt} ${letter}: ${state}`);
});
