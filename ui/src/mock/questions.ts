// Two issues that exist already: what was asked about them, made up.
import type { QuestionPreview, QuestionStanding, QuestionView } from "../bindings";
import { NOW, pairs } from "./fixtures";
import { refusal, say } from "./words";

const SENTENCES: Record<QuestionStanding, string> = {
  waiting_for_partner: "question-waiting-for-partner",
  needs_update: "question-needs-update",
  declined: "question-declined",
  unavailable: "question-unavailable",
  waiting_for_you: "question-waiting-for-you",
  agreed: "question-agreed",
};

let made = 0;
/** A question of ours, as Rust tells of it. */
export function question(
  ours: string,
  theirs: string,
  {
    state = "waiting_for_partner",
    partner = "Globex",
    connection = "c-globex",
    title = "Printer on the second floor is on fire",
    ago = 0,
  }: {
    state?: QuestionStanding;
    partner?: string;
    connection?: string;
    title?: string;
    /** Seconds. */
    ago?: number;
  } = {},
): QuestionView {
  return {
    id: `q${made++}`,
    connection,
    partner_name: partner,
    by: "ours",
    state,
    ours,
    ours_url: `https://acme.atlassian.net/browse/${ours}`,
    ours_title: title,
    theirs,
    theirs_url: null,
    theirs_title: null,
    sentence: say(SENTENCES[state], { ours, theirs, partner }),
    since: new Date(NOW - ago * 1000).toISOString(),
  };
}

export const many = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    question(`SUP-${17 + i}`, `GX-${42 + i}`, { title: pairs[i % 7]!.title, ago: 90 + i * 4000 }),
  );

/** By name. */
export const lists: Record<string, QuestionView[]> = {
  mixed: [
    question("SUP-17", "GX-42", { ago: 720 }),
    question("SUP-31", "GX-58", { ago: 93_000, title: pairs[1]!.title, state: "declined" }),
    question("SUP-44", "GX-999", { ago: 190_000, title: pairs[2]!.title, state: "unavailable" }),
  ],
  older: [question("SUP-17", "GX-42", { ago: 86_400, state: "needs_update" })],
};

const key = (typed: string) => typed.trim().split("/browse/").at(-1)!.toUpperCase();
const isKey = (typed: string) => /^[A-Z][A-Z0-9_]*-\d+$/.test(key(typed));

/** What Rust answers before anybody is asked. */
export function preview(ours: string, theirs: string, kept: boolean): QuestionPreview {
  if (!isKey(theirs)) throw refusal("connect-key", { key: theirs });
  if (!isKey(ours)) throw refusal("add-unknown", { issue: ours });
  const title = "Printer on the second floor is on fire";
  const issue = key(ours);
  return {
    issue,
    url: `https://acme.atlassian.net/browse/${issue}`,
    title,
    told: kept ? null : title,
    theirs: key(theirs),
  };
}
