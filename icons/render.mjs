// Draws the PNG, ICO and ICNS files of this folder from its SVG files, with Debian's Chromium:
//   node icons/render.mjs        (after `npm --prefix ui ci`)
// The results are committed, so that building needs no browser; run it after changing an SVG.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(join(here, "../ui/package.json"))("playwright-core");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--force-color-profile=srgb"] });
const page = await browser.newPage();

async function png(svg, size) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>html,body{margin:0;background:transparent}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
  );
  return page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: size, height: size } });
}

// Tray glyphs: 44 px is twice the 22-unit grid. "-dark" is dark ink for a light panel, "-light" light ink for a dark one.
for (const file of readdirSync(join(here, "glyphs")).filter((name) => name.endsWith(".svg"))) {
  const svg = readFileSync(join(here, "glyphs", file), "utf8");
  const name = file.replace(/\.svg$/, "");
  for (const [ink, colour] of [["dark", "#1B1E22"], ["light", "#ECEEF0"]]) {
    writeFileSync(join(here, "glyphs", `${name}-${ink}.png`), await png(svg.replaceAll("currentColor", colour), 44));
  }
}

const app = readFileSync(join(here, "icon.svg"), "utf8");
const small = readFileSync(join(here, "icon-small.svg"), "utf8"); // fewer details, for 48 px and below
const at = {};
for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) at[size] = await png(size <= 48 ? small : app, size);
await browser.close();

writeFileSync(join(here, "32x32.png"), at[32]);
writeFileSync(join(here, "128x128.png"), at[128]);
writeFileSync(join(here, "128x128@2x.png"), at[256]);
writeFileSync(join(here, "icon.png"), at[512]);

// ICO: a directory of PNG images (Windows Vista and later).
const sizes = [16, 24, 32, 48, 64, 256];
const head = Buffer.alloc(6 + 16 * sizes.length);
head.writeUInt16LE(1, 2);
head.writeUInt16LE(sizes.length, 4);
let offset = head.length;
sizes.forEach((size, i) => {
  const entry = 6 + 16 * i;
  head.writeUInt8(size % 256, entry);
  head.writeUInt8(size % 256, entry + 1);
  head.writeUInt16LE(1, entry + 4);
  head.writeUInt16LE(32, entry + 6);
  head.writeUInt32LE(at[size].length, entry + 8);
  head.writeUInt32LE(offset, entry + 12);
  offset += at[size].length;
});
writeFileSync(join(here, "icon.ico"), Buffer.concat([head, ...sizes.map((size) => at[size])]));

// ICNS: tagged PNG images; the tags stand for 16@2x, 32@2x, 128, 256 and 512 px.
const chunks = [["ic11", 32], ["ic12", 64], ["ic07", 128], ["ic08", 256], ["ic09", 512]].map(([tag, size]) => {
  const chunk = Buffer.alloc(8);
  chunk.write(tag, 0, "latin1");
  chunk.writeUInt32BE(8 + at[size].length, 4);
  return Buffer.concat([chunk, at[size]]);
});
const icns = Buffer.alloc(8);
icns.write("icns", 0, "latin1");
icns.writeUInt32BE(8 + chunks.reduce((sum, chunk) => sum + chunk.length, 0), 4);
writeFileSync(join(here, "icon.icns"), Buffer.concat([icns, ...chunks]));
