// The window's code stays small: it is parsed at each opening.
import { gzipSync } from "node:zlib";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { expect, test } from "vitest";

const LIMIT_KB = 150;

test(`at most ${LIMIT_KB} kB of JavaScript, compressed`, { timeout: 120_000 }, async () => {
  const outDir = mkdtempSync(join(tmpdir(), "twinline-size-"));
  await build({
    root: join(import.meta.dirname, ".."),
    mode: "production",
    logLevel: "error",
    build: { outDir },
  });
  const js = readdirSync(join(outDir, "assets")).filter((f) => f.endsWith(".js"));
  const kb = js.reduce((sum, f) => sum + gzipSync(readFileSync(join(outDir, "assets", f))).length, 0) / 1024;
  rmSync(outDir, { recursive: true });
  console.log(`JavaScript: ${kb.toFixed(1)} kB compressed`);
  expect(kb).toBeLessThanOrEqual(LIMIT_KB);
});
