// Words: every sentence comes from the catalogues that the tray and the command line use as well.
import type { FluentVariable } from "@fluent/bundle";
import { catalogues } from "./language.svelte";

/** The sentence for an id, with its facts filled in. A missing id is shown as itself, so that it is noticed. */
export function t(id: string, args?: Record<string, FluentVariable>): string {
  for (const catalogue of catalogues()) {
    const pattern = catalogue.getMessage(id)?.value;
    if (pattern) return catalogue.formatPattern(pattern, args);
  }
  console.error(`no sentence "${id}"`);
  return id;
}

/** Whether there is such a sentence. */
export const has = (id: string) => catalogues().some((catalogue) => catalogue.hasMessage(id));

/** `needs_attention` -> the word `state-word-needs-attention`: Rust's words as the catalogue names them. */
export const word = (prefix: "state-word" | "pair" | "mode" | "settings-secrets", value: string) =>
  t(`${prefix}-${value.replaceAll("_", "-")}`);
