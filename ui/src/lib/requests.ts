// Ready texts for whoever can mend a problem: Rust writes them, a person sends them.
import type { ProblemView } from "../bindings";
import { copy, copyKeys } from "./copy";
import { t } from "./i18n";
import { say } from "./live.svelte";
import { named } from "./partner";

const isReminder = (p: ProblemView) => p.code === "partner-away";

export const requestLabel = (p: ProblemView) => t(isReminder(p) ? "attention-reminder" : "attention-request");

/** Puts it on the clipboard, and says where it belongs. */
export async function copyRequest(p: ProblemView) {
  const done = await copy(p.request ?? "");
  if (!done) return say(t("copy-failed", { keys: copyKeys() }));
  const partner = named(p.partner_name ?? "") ?? t("partner-unknown");
  say(t(isReminder(p) ? "attention-reminder-copied" : "attention-request-copied", { partner }));
}
