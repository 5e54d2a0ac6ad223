// Words: every sentence comes from the catalogue that the tray and the command line use as well.
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import catalogue from "../locales/en.ftl?raw";

// Isolating marks would turn up in copied text; no language with mixed directions is shipped yet.
const bundle = new FluentBundle("en", { useIsolating: false });
for (const error of bundle.addResource(new FluentResource(catalogue))) console.error(error);

/** The sentence for an id, with its facts filled in. A missing id is shown as itself, so that it is noticed. */
export function t(id: string, args?: Record<string, FluentVariable>): string {
  const pattern = bundle.getMessage(id)?.value;
  if (!pattern) {
    console.error(`no sentence "${id}"`);
    return id;
  }
  return bundle.formatPattern(pattern, args);
}

/** Whether the catalogue has the id. */
export const has = (id: string) => bundle.hasMessage(id);

/** `needs_attention` -> the word `state-word-needs-attention`: Rust's words as the catalogue names them. */
export const word = (prefix: "state-word" | "pair" | "mode" | "settings-secrets", value: string) =>
  t(`${prefix}-${value.replaceAll("_", "-")}`);
