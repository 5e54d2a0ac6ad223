// What a person can hand on about problems: the sentences, and the facts that support asks for.
import { type Cause, turn } from "./causes";
import { copy, copyKeys } from "./copy";
import { t } from "./i18n";
import { ask, commands } from "./ipc";
import { say } from "./live.svelte";

const lines = (cause: Cause) => [
  cause.sentence,
  cause.next_step,
  ...(cause.first.partner_name ? [t("details-partner", { partner: cause.first.partner_name })] : []),
  ...(cause.issues.length > 0 ? [t("details-issues", { issues: cause.issues.join(", ") })] : []),
  t("details-since", { since: cause.since }),
  t("details-code", { code: cause.first.code, turn: turn(cause.first) }),
  ...(cause.first.connection ? [t("details-connection", { connection: cause.first.connection })] : []),
];

/** Plain text, one block for each cause. Times as in the log, in UTC. */
export const details = (causes: Cause[], version: string, now: Date) =>
  [[t("details-head", { version, time: now.toISOString() })], ...causes.map(lines)]
    .map((block) => block.join("\n"))
    .join("\n\n");

/** Puts them on the clipboard, and says so. */
export async function copyDetails(causes: Cause[]) {
  const { version } = await ask(commands.settings());
  const done = await copy(details(causes, version, new Date()));
  say(done ? t("details-copied") : t("copy-failed", { keys: copyKeys() }));
}
