// docs/design.md against the tokens: its tables are made from `tokens.css` (UPDATE_DESIGN=1 writes them), and each contrast is
// computed. No colour stands anywhere else.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const HERE = import.meta.dirname;
const DESIGN = join(HERE, "../../docs/design.md");
const css = readFileSync(join(HERE, "tokens.css"), "utf8");

interface Token {
  value: string;
  words: string;
}
/** The tokens of a block for the whole page. */
function block(selector: string): Map<string, Token> {
  const from = css.indexOf(`${selector} {`);
  const text = css.slice(from, css.indexOf("}", from));
  const lines = text.matchAll(/--([\w-]+): ([^;]+);(?: \/\* (.*) \*\/)?/g);
  return new Map([...lines].map(([, name, value, words]) => [name!, { value: value!, words: words ?? "" }]));
}
const light = block(":root");
const dark = block(":root:not([data-theme])");
const chosen = block(':root[data-theme="dark"]');
const values = (theme: Map<string, Token>) => [...theme].map(([name, { value }]) => [name, value]);
const colours = [...light].filter(([, { value }]) => value.startsWith("#"));

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
function contrast(a: string, b: string): number {
  const [dim, bright] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright! + 0.05) / (dim! + 0.05);
}

const GROUNDS = ["bg", "surface", "sunken"];
/** What is drawn on what, and how clearly it has to be seen: 4.5 for text (1.4.3), 3 for shapes and borders (1.4.11). */
const USES: Record<string, { on: string[]; least: 4.5 | 3 }> = {
  text: { on: [...GROUNDS, "accent-soft", "attention-soft"], least: 4.5 },
  muted: { on: [...GROUNDS, "accent-soft"], least: 4.5 },
  accent: { on: [...GROUNDS, "accent-soft", "attention-soft"], least: 4.5 },
  "on-accent": { on: ["accent"], least: 4.5 },
  ok: { on: [...GROUNDS, "accent-soft"], least: 4.5 },
  info: { on: GROUNDS, least: 4.5 },
  attention: { on: [...GROUNDS, "accent-soft", "attention-soft"], least: 4.5 },
  danger: { on: GROUNDS, least: 4.5 },
  control: { on: GROUNDS, least: 3 },
};

/** The lowest contrast of a colour on all that it is drawn on. */
const lowest = (theme: Map<string, Token>, name: string) =>
  Math.min(...USES[name]!.on.map((on) => contrast(theme.get(name)!.value, theme.get(on)!.value)));
/** Never rounded up: what is written is reached. */
const ratio = (n: number) => (Math.floor(n * 10) / 10).toFixed(1);

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
const px = (rem: string) => `${parseFloat(rem) * 16} px`;
const theme = (pattern: RegExp) =>
  [...css.matchAll(pattern)].map(([, name, value]) => [name!, value!] as const);

const PARTS: Record<string, string> = {
  colours: table(
    ["colour", "light", "dark", "for", "lowest contrast, light / dark", "on", "at least"],
    colours.map(([name, { value, words }]) => {
      const use = USES[name];
      return [
        `\`${name}\``,
        `\`${value}\``,
        `\`${dark.get(name)?.value}\``,
        words,
        ...(use
          ? [
              `${ratio(lowest(light, name))} / ${ratio(lowest(dark, name))}`,
              use.on.join(", "),
              String(use.least),
            ]
          : ["", "", ""]),
      ];
    }),
  ),
  measures: table(
    ["measure", "value", "for"],
    [...light]
      .filter(([, { value }]) => !value.startsWith("#"))
      .map(([name, { value, words }]) => [`\`${name}\``, value, words])
      .concat([
        ["`spacing`", px(theme(/--(spacing): ([\d.]+rem)/g)[0]![1]), "all distances are multiples of it"],
      ]),
  ),
  type: [
    `Sizes (with the height of a line): ${theme(/--text-(\d+): ([\d.]+rem);/g)
      .map(
        ([name, value]) =>
          `${px(value)} (${px(new RegExp(`--text-${name}--line-height: (.*);`).exec(css)![1]!)})`,
      )
      .join(", ")}.`,
    `Weights: ${theme(/--font-weight-(\w+): (\d+)/g)
      .map(([name, value]) => `${value} ${name}`)
      .join(", ")}.`,
  ].join("\n"),
};
const mark = (name: string) => `<!-- made from ui/src/tokens.css: ${name} -->`;
const END = "<!-- end -->";

test("the page says what the tokens say", () => {
  let page = readFileSync(DESIGN, "utf8");
  for (const [name, part] of Object.entries(PARTS)) {
    const from = page.indexOf(mark(name));
    expect(from, `${mark(name)} stands in docs/design.md`).toBeGreaterThan(-1);
    const to = page.indexOf(END, from);
    const fresh = `${page.slice(0, from)}${mark(name)}\n${part}\n${page.slice(to)}`;
    if (process.env["UPDATE_DESIGN"]) page = fresh;
    else expect(page, "UPDATE_DESIGN=1 npm --prefix ui run test -- tokens").toBe(fresh);
  }
  if (process.env["UPDATE_DESIGN"]) writeFileSync(DESIGN, page);
});

test("both themes have every colour", () => {
  expect([...dark.keys()]).toEqual(colours.map(([name]) => name));
  // Chosen, or as the system: the same dark.
  expect(values(chosen)).toEqual(values(dark));
  // What has no use here only lies behind others, or decorates.
  const behind = [...GROUNDS, "border", "accent-soft", "attention-soft", "veil"];
  expect(colours.map(([name]) => name).filter((name) => !USES[name] && !behind.includes(name))).toEqual([]);
  for (const [name, { words }] of light) expect(words, name).not.toBe("");
});

test.each([
  ["light", light],
  ["dark", dark],
])("everything can be told from what it stands on: %s", (_, theme) => {
  for (const [name, { on, least }] of Object.entries(USES))
    for (const ground of on)
      expect(
        contrast(theme.get(name)!.value, theme.get(ground)!.value),
        `${name} on ${ground}`,
      ).toBeGreaterThanOrEqual(least);
});

test("the formula is WCAG's", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  // The well-known grey that just passes, and the next that does not.
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
  expect(contrast("#777777", "#ffffff")).toBeLessThan(4.5);
});

test("no colour stands outside of the tokens", () => {
  const files = readdirSync(HERE, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.(svelte|css)$/.test(file) && file !== "tokens.css",
  );
  const found = files.flatMap((file) =>
    (readFileSync(join(HERE, file), "utf8").match(/#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(/gi) ?? []).map(
      (colour) => `${file}: ${colour}`,
    ),
  );
  expect(found).toEqual([]);
});

test("icons and glyphs are drawn in the tokens' colours", () => {
  const icons = join(HERE, "../../icons");
  const known = new Set([...light.values(), ...dark.values()].map(({ value }) => value.toLowerCase()));
  const drawn = ["icon.svg", "icon-small.svg", "render.mjs"].flatMap(
    (file) => readFileSync(join(icons, file), "utf8").match(/#[0-9a-f]{6}\b/gi) ?? [],
  );
  expect(drawn.filter((colour) => !known.has(colour.toLowerCase()))).toEqual([]);
  // Tray glyphs have no colour of their own, and the page shows each.
  const page = readFileSync(DESIGN, "utf8");
  for (const file of readdirSync(join(icons, "glyphs")).filter((name) => name.endsWith(".svg"))) {
    expect(readFileSync(join(icons, "glyphs", file), "utf8")).not.toMatch(/#[0-9a-f]{3}/i);
    expect(page).toContain(`(../icons/glyphs/${file})`);
  }
});

test("nothing moves longer than the page says", () => {
  expect(parseFloat(light.get("motion")!.value)).toBeLessThanOrEqual(150);
  const text = readFileSync(join(HERE, "app.css"), "utf8");
  expect(text.match(/transition: (?!none)[^;]*/g)).toEqual(["transition: translate var(--motion)"]);
  expect(text).not.toMatch(/@keyframes/);
});

test("the page names every state of the line", () => {
  const line = readFileSync(join(HERE, "components/Line.svelte"), "utf8");
  const states = [...line.matchAll(/^ {4}(\w+): \["/gm)].map(([, state]) => state!);
  expect(states.length).toBeGreaterThan(10);
  const page = readFileSync(DESIGN, "utf8");
  expect(states.filter((state) => !page.includes(`\`${state}\``))).toEqual([]);
});
