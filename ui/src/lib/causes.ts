// Problems grouped by cause: Rust says which belong together, here they become what a card shows.
import type { ProblemView } from "../bindings";
import { t } from "./i18n";
import { named } from "./partner";
import { rulesAt } from "./places";

/** Problems with one cause: at least one, in the order in which Rust lists them. */
export interface Cause {
  key: string;
  problems: ProblemView[];
  /** Stands for all: what it says beside the issue is the same for each. */
  first: ProblemView;
  sentence: string;
  next_step: string;
  /** Since when the oldest of them waits. */
  since: string;
  /** Keys of the issues that it stops, each once. */
  issues: string[];
}

/** In the order of the first of each. */
export function causes(problems: ProblemView[]): Cause[] {
  const groups = new Map<string, ProblemView[]>();
  for (const problem of problems) {
    const group = groups.get(problem.cause);
    if (group) group.push(problem);
    else groups.set(problem.cause, [problem]);
  }
  return [...groups].map(([key, group]) => {
    const first = group[0]!;
    const several = group.length > 1;
    return {
      key,
      problems: group,
      first,
      sentence: several ? first.together : first.sentence,
      next_step: several ? first.together_next : first.next_step,
      since: group.reduce((oldest, p) => (p.since < oldest ? p.since : oldest), first.since),
      issues: [...new Set(group.flatMap((p) => p.issue ?? []))],
    };
  });
}

export const ids = (cause: Cause) => cause.problems.map((p) => p.id);

/** Issues that are given up are not waited for any more: that cannot be taken back. */
export const isFinal = (cause: Cause) => cause.first.code === "mass-loss";

/** Where *Try again* makes a deleted twin anew, and leaving it out means that it is synced no longer. */
export const isDeleted = (p: ProblemView) => p.code === "twin-deleted";

/** Whose turn it is, in words. */
export function turn(p: ProblemView): string {
  if (p.owner !== "partner") return t(`owner-${p.owner}`);
  const partner = named(p.partner_name ?? "");
  return partner ? t("owner-partner", { partner }) : t("owner-partner-unnamed");
}

/** Where in the window a cause is mended, for those that are mended in another place than their card. */
export function place(p: ProblemView): { to: string; label: string; id: string } | null {
  switch (p.code) {
    case "sign-in-expired":
    case "site-moved":
    case "token-rejected":
    case "secret-missing":
      return { to: "/accounts", label: t("attention-sign-in"), id: "sign-in-again" };
    case "address-needed":
    case "address-invalid":
    case "port-in-use":
      return { to: "/settings", label: t("attention-settings"), id: "open-settings" };
    case "script-failed":
      return p.connection === null
        ? null
        : { to: rulesAt(p.connection, p.rule), label: t("attention-edit-rules"), id: "edit-rules" };
    case "partner-left":
    case "partner-rejected":
    case "invitation-expired":
    case "invitation-unknown":
    case "connection-doubled":
      return p.connection === null
        ? null
        : { to: `/connections/${p.connection}`, label: t("attention-connection"), id: "open-connection" };
    default:
      return null;
  }
}
