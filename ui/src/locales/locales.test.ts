// Every language says what English says: the same messages in the same sections, with the same facts, and no others.
// A failure names the file and the message.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FluentBundle, FluentResource } from "@fluent/bundle";
import { expect, test } from "vitest";
import { ofWindow } from "../../window-words";

const read = (code: string) => readFileSync(join(import.meta.dirname, `${code}.ftl`), "utf8");
const LANGUAGES = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ftl") && file !== "en.ftl")
  .map((file) => file.replace(".ftl", ""));

/** What a language says exactly as English does: names, and words that both have. */
const SAME: Record<string, string[]> = {
  de: [
    "app-name cli-col-field cli-col-filter cli-col-id cli-col-name cli-col-partner cli-col-site cli-mode",
    "details-code details-head facts-partner",
    "details-partner header-label initiate-partner-optional key-alt key-esc mode-basic mode-script rules-version settings-language-de",
    "settings-language-en settings-version sign-in-expires-optional size-gb size-kb size-mb state-word-offline status-offline step-partner tray-title",
  ].flatMap((line) => line.split(" ")),
};

/** An expression of the parsed catalogue, as far as it matters here. */
type Node = { type?: string; name?: string; selector?: Node; variants?: Variant[]; [key: string]: unknown };
type Variant = { key: { type: string; value: string | number }; value: unknown };

const walk = (part: unknown, visit: (node: Node) => void): void => {
  if (part === null || typeof part !== "object") return;
  if (!Array.isArray(part)) visit(part as Node);
  for (const inner of Object.values(part)) walk(inner, visit);
};

const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];

/** What of a message must be equal: the facts that it fills in, and the words and numbers among which it chooses. */
function facts(part: unknown) {
  const names = new Set<string>();
  const literal = new Set<string>();
  const plural: string[][] = [];
  walk(part, (node) => {
    if (node.type === "var") names.add(node.name!);
    if (node.type !== "select") return;
    const keys = node.variants!.map((variant) => `${variant.key.value}`);
    for (const key of keys.filter((key) => !CATEGORIES.includes(key)))
      literal.add(`${node.selector!.name} ${key}`);
    if (keys.some((key) => CATEGORIES.includes(key) && key !== "other")) plural.push(keys);
  });
  return { names: [...names].sort(), literal, plural };
}

/** Each message with the section in which it stands; one with attributes counts each of them. */
function messages(code: string) {
  const found = new Map<string, { section: string; part: unknown }>();
  for (const section of read(code).split(/^(?=## )/m)) {
    const title = /^## (.*)/.exec(section)?.[1] ?? "(before the first section)";
    for (const { id, value, attributes } of new FluentResource(section).body) {
      if (value !== null) found.set(id, { section: title, part: value });
      for (const [name, part] of Object.entries(attributes))
        found.set(`${id}.${name}`, { section: title, part });
    }
  }
  return found;
}

const english = messages("en");
const sections = (code: string) => [...read(code).matchAll(/^## (.*)/gm)].map((m) => m[1]);
/** What is said, without the facts. */
const texts = (part: unknown): string[] => {
  if (typeof part === "string") return [part];
  if (Array.isArray(part)) return part.flatMap(texts);
  return ((part as Node).variants ?? []).flatMap((variant) => texts(variant.value));
};

test("there is another language, and English can be read", () => {
  expect(LANGUAGES).toContain("de");
  expect(english.size).toBeGreaterThan(500);
  expect(facts(english.get("problem-issue-full")!.part).names).toEqual([
    "issue",
    "number",
    "partner",
    "what",
  ]);
});

for (const code of LANGUAGES) {
  const translated = messages(code);
  const file = `${code}.ftl`;

  test(`${file} has every message of en.ftl, and no other`, () => {
    const wrong = [...english.keys()]
      .filter((id) => !translated.has(id))
      .map((id) => `${file}: ${id} is missing`);
    wrong.push(
      ...[...translated.keys()]
        .filter((id) => !english.has(id))
        .map((id) => `${file}: ${id} is not in en.ftl`),
    );
    expect(wrong).toEqual([]);
  });

  test(`${file} has the sections of en.ftl, with the same messages in each`, () => {
    expect(sections(code)).toEqual(sections("en"));
    const wrong = [...translated].flatMap(([id, { section }]) => {
      const place = english.get(id)?.section ?? section;
      return place === section ? [] : [`${file}: ${id} belongs into “${place}”`];
    });
    expect(wrong).toEqual([]);
  });

  test(`${file} fills in the same facts, and knows the same cases`, () => {
    const wrong = [...translated].flatMap(([id, { part }]) => {
      const original = english.get(id);
      if (!original) return [];
      const [theirs, ours] = [facts(original.part), facts(part)];
      const told: string[] = [];
      if (ours.names.join() !== theirs.names.join())
        told.push(
          `${file}: ${id} has the variables ${ours.names.join(", ")}; en.ftl has ${theirs.names.join(", ")}`,
        );
      for (const key of theirs.literal)
        if (!ours.literal.has(key)) told.push(`${file}: ${id} lacks the case [${key}]`);
      if (ours.plural.length < theirs.plural.length) told.push(`${file}: ${id} lacks a plural`);
      return told;
    });
    expect(wrong).toEqual([]);
  });

  test(`${file} has the plural forms of its language`, () => {
    const forms = new Intl.PluralRules(code).resolvedOptions().pluralCategories;
    const wrong = [...translated].flatMap(([id, { part }]) =>
      facts(part).plural.flatMap((keys) => [
        ...forms.filter((form) => !keys.includes(form)).map((form) => `${file}: ${id} lacks [${form}]`),
        ...keys
          .filter((key) => CATEGORIES.includes(key) && !(forms as string[]).includes(key))
          .map((key) => `${file}: ${id} has [${key}], which is no form of ${code}`),
      ]),
    );
    expect(wrong).toEqual([]);
  });

  test(`${file} is not English where that was not meant`, () => {
    const same = [...translated]
      .filter(([id, { part }]) => JSON.stringify(english.get(id)?.part) === JSON.stringify(part))
      .filter(([, { part }]) => texts(part).some((said) => /\p{L}{2}/u.test(said)))
      .map(([id]) => id);
    // If one that is meant is missing in the list above, it is added there.
    expect(same.sort()).toEqual([...(SAME[code] ?? [])].sort());
  });

  test(`${file} reads without an error and names no id twice`, () => {
    const ids = [...read(code).matchAll(/^([a-z][a-z0-9-]*) =/gm)].map((m) => m[1]!);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    expect(new FluentResource(read(code)).body.map((m) => m.id).sort()).toEqual(ids.sort());
    const bundle = new FluentBundle(code);
    expect(bundle.addResource(new FluentResource(ofWindow(read(code))))).toEqual([]);
  });
}
