// The window's code stays small: it is parsed at each opening. What is loaded later, when it is wanted, is not counted.
import { gzipSync } from "node:zlib";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type Manifest } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";

const LIMIT_KB = 150;
const outDir = mkdtempSync(join(tmpdir(), "twinline-size-"));
let manifest: Manifest;

beforeAll(async () => {
  await build({
    root: join(import.meta.dirname, ".."),
    mode: "production",
    logLevel: "error",
    build: { outDir, manifest: true },
  });
  manifest = JSON.parse(readFileSync(join(outDir, ".vite/manifest.json"), "utf8")) as Manifest;
}, 120_000);
afterAll(() => rmSync(outDir, { recursive: true }));

/** A chunk with all that it cannot begin without. */
const needed = (key: string, found = new Set<string>()): Set<string> => {
  if (!found.has(key)) {
    found.add(key);
    for (const other of manifest[key]!.imports ?? []) needed(other, found);
  }
  return found;
};
const code = (keys: Iterable<string>) =>
  [...keys].map((key) => readFileSync(join(outDir, manifest[key]!.file)));

test(`at most ${LIMIT_KB} kB of JavaScript, compressed, before the window shows itself`, () => {
  const kb = code(needed("index.html")).reduce((sum, js) => sum + gzipSync(js).length, 0) / 1024;
  console.log(`JavaScript: ${kb.toFixed(1)} kB compressed`);
  expect(kb).toBeLessThanOrEqual(LIMIT_KB);
});

test("German is loaded apart", () => {
  const later = Object.keys(manifest).filter((key) => manifest[key]!.isDynamicEntry);
  const says = (keys: Iterable<string>) => code(keys).some((js) => js.includes("Verbindung initiieren"));
  expect(says(later)).toBe(true);
  expect(says(needed("index.html"))).toBe(false);
});

test("the words of rules come with their page", () => {
  const says = (keys: Iterable<string>) =>
    code(keys).some((js) => js.includes("rules-trial-no-issues-line ="));
  expect(says(needed("src/screens/rules/Rules.svelte"))).toBe(true);
  expect(says(needed("index.html"))).toBe(false);
});

test("the editor of rules is loaded apart, and after the page that it stands on", () => {
  const later = Object.keys(manifest).filter((key) => manifest[key]!.isDynamicEntry);
  const holds = (keys: Iterable<string>) => code(keys).some((js) => js.includes("cm-content"));
  expect(holds(later)).toBe(true);
  expect(holds(needed("index.html"))).toBe(false);
  expect(holds(needed("src/screens/rules/Rules.svelte"))).toBe(false);
});
