// What is shipped has no trace of the pages for developers: neither the page, nor the made-up world, nor the pseudo-locale.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "vite";

const ROOT = new URL("..", import.meta.url).pathname;
/** Each stands in one of the parts that must stay away; in ASCII, as minifying leaves it. */
const TRACES = [
  "mockIPC",
  "c-globex",
  "Soylent",
  "connections-every-state",
  "speaksPseudo",
  "(max-width: 0px)",
];

/** What a build leaves behind: the files' names, and all of their text. */
async function built(config) {
  const outDir = mkdtempSync(join(tmpdir(), "twinline-dist-"));
  try {
    await build({
      root: ROOT,
      configFile: join(ROOT, config),
      logLevel: "error",
      build: { outDir, minify: false },
    });
    const files = readdirSync(outDir, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
    const text = files
      .filter((f) => /\.(html|js|css)$/.test(f.name))
      .map((f) => readFileSync(join(f.parentPath, f.name), "utf8"))
      .join("\n");
    return { pages: files.map((f) => f.name).filter((name) => name.endsWith(".html")), text };
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

test("the gallery stays out of what is shipped", async () => {
  const shipped = await built("vite.config.ts");
  assert.deepEqual(shipped.pages, ["index.html"]);
  assert.deepEqual(
    TRACES.filter((trace) => shipped.text.includes(trace)),
    [],
  );
  assert.ok(shipped.text.includes("overall-status"), "it is the window");
});

test("and would be found in it", async () => {
  const gallery = await built("gallery.config.ts");
  assert.deepEqual(gallery.pages.sort(), ["gallery.html", "mock.html"]);
  assert.deepEqual(
    TRACES.filter((trace) => !gallery.text.includes(trace)),
    [],
  );
});
