import type { ConnectionView } from "../bindings";
import { has, t, word } from "./i18n";

/** The partner's name; `null` as long as nobody gave one. Rust says "unknown" then, as the catalogue does. */
export const named = (name: string): string | null =>
  name.trim() === "" || name === t("partner-unknown") ? null : name.trim();

/** A sentence about the partner; one with other words (`…-unnamed`) while the name is not known. */
export function about(id: string, name: string): string {
  const known = named(name);
  if (known === null && has(`${id}-unnamed`)) return t(`${id}-unnamed`);
  return t(id, { partner: known ?? t("partner-unknown") });
}

/** Rust's sentence about the state, where it says more than the state's word; else `null`. */
export function telling(c: ConnectionView): string | null {
  const bare = (text: string) => text.replace(/[….\s]+$/, "").toLowerCase();
  if (["up_to_date", "checking", "syncing", "needs_attention"].includes(c.state)) return null;
  return bare(c.sentence) === bare(word("state-word", c.state)) ? null : c.sentence;
}

/** Nothing is synced on it, and never will be again. */
export const isOver = (state: ConnectionView["state"]) => state === "declined" || state === "disconnected";

/** `123456` -> `123 456`, to be read out by phone. */
export const digits = (number: string) => number.replace(/\s/g, "").replace(/^(\d{3})(\d{3})$/, "$1 $2");
