// Every sentence is in the catalogue, and every id that is asked for exists.
import rulesWords from "../locales/en.ftl?rules";
import "./connect-words";
import localWords from "../locales/en.ftl?local";
import { learn } from "./language.svelte";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse, type AST } from "svelte/compiler";
import { expect, test } from "vitest";
import { FluentResource } from "@fluent/bundle";
import { has, t, word } from "./i18n";
import { shortcuts } from "./shortcuts";

// With the window, or with the page that says them.
learn(rulesWords);
learn(localWords);

const SRC = join(import.meta.dirname, "..");
/** Whole; the window carries its own sections only, so that `has` asks those. */
const catalogue = readFileSync(join(SRC, "locales/en.ftl"), "utf8");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
  (f) => /\.(svelte|ts)$/.test(f) && !/\.test\.ts$|bindings\.ts$|^mock\//.test(f),
);
const read = (f: string) => readFileSync(join(SRC, f), "utf8");

test("each id in the code has a sentence", () => {
  const asked = files.flatMap((f) => {
    const code = read(f);
    const direct = [...code.matchAll(/\b(?:t|about|has)\(\s*"([a-z][a-z0-9-]*)"/g)];
    // Ids that are handed on: those in a list or a property.
    const handed = [...code.matchAll(/(?<!test)(?:id|label): "((?:nav|first)-[a-z-]+)"|"(field-[a-z]+)"/g)];
    const chosen = [...code.matchAll(/\?\s*"([a-z]+(?:-[a-z]+)+)"\s*:\s*"([a-z]+(?:-[a-z]+)+)"/g)].flatMap(
      (m) =>
        /\bt\($/.test(
          code
            .slice(0, m.index)
            .split("\n")
            .at(-1)
            ?.replace(/line\..*$/, "") ?? "",
        )
          ? [m[1], m[2]]
          : [],
    );
    return [...direct.map((m) => m[1]), ...handed.map((m) => m[1] ?? m[2]), ...chosen].map((id) => `${id}`);
  });
  expect(asked.length).toBeGreaterThan(200);
  expect([...new Set(asked)].filter((id) => !has(id))).toEqual([]);
});

test("ids made from Rust's words have a sentence each", () => {
  const bindings = read("bindings.ts");
  const values = (type: string) =>
    [...(new RegExp(`export type ${type} =([^;]*);`).exec(bindings)?.[1] ?? "").matchAll(/"(\w+)"/g)].map(
      (m) => m[1]!,
    );
  const words: [Parameters<typeof word>[0], string][] = [
    ["state-word", "ConnectionState"],
    ["state-word", "OverallStatus"],
    ["pair", "PairStanding"],
    ["mode", "Mode"],
    ["settings-secrets", "SecretsKind"],
  ];
  for (const [prefix, type] of words) {
    expect(values(type).length, type).toBeGreaterThan(1);
    for (const value of values(type))
      expect(has(`${prefix}-${value.replaceAll("_", "-")}`), value).toBe(true);
  }
  for (const kind of values("AskedKind").filter((k) => !k.startsWith("option")))
    expect(has(`fill-allowed-${kind}`), kind).toBe(true);
  for (const { id } of shortcuts) expect(has(`shortcut-${id}`), id).toBe(true);
  for (const owner of values("Owner")) expect(has(`owner-${owner}`)).toBe(true);
  for (const step of ["partner", "mode", "project", "review"]) expect(has(`step-${step}`)).toBe(true);
});

test("the catalogue reads without an error and names no id twice", () => {
  const ids = [...catalogue.matchAll(/^([a-z][a-z0-9-]*) =/gm)].map((m) => m[1]!);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  expect(new FluentResource(catalogue).body.map((m) => m.id).sort()).toEqual([...ids].sort());
});

test("what only Rust says is not carried along", () => {
  const ids = [...catalogue.matchAll(/^([a-z][a-z0-9-]*) =/gm)].map((m) => m[1]!);
  const carried = ids.filter(has);
  expect(carried.length).toBeGreaterThan(300);
  expect(carried.filter((id) => /^(cli|problem|tray)-/.test(id))).toEqual([]);
});

test("plurals and names are filled in", () => {
  expect(t("sign-in-done", { name: "Ana Ruiz", projects: 14 })).toBe("Signed in as Ana Ruiz · 14 projects");
  expect(t("sign-in-done", { name: "Ana Ruiz", projects: 1 })).toBe("Signed in as Ana Ruiz · 1 project");
  expect(t("initiate-no-url")).toBe("I don't have a URL");
  expect(t("invitation-copy")).toBe("Copy invitation code");
});

const SPOKEN = new Set(["aria-label", "title", "placeholder", "alt", "label", "line", "hint", "yes", "no"]);

test("no sentence stands in a template", () => {
  const found: string[] = [];
  for (const file of files.filter((f) => f.endsWith(".svelte"))) {
    const visit = (node: unknown): void => {
      if (Array.isArray(node)) return node.forEach(visit);
      if (!node || typeof node !== "object") return;
      const n = node as AST.BaseNode & { name?: string; value?: unknown; data?: string };
      if (n.type === "Text" && /\p{L}{2}/u.test((n.data ?? "").replace("https://", "")))
        found.push(`${file}: ${n.data?.trim()}`);
      if (n.type === "Attribute") {
        if (SPOKEN.has(n.name ?? "")) visit(n.value);
        return;
      }
      Object.entries(n).forEach(([key, value]) => key !== "metadata" && visit(value));
    };
    visit(parse(read(file), { modern: true }).fragment);
  }
  expect(found).toEqual([]);
});
