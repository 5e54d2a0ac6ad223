// Rust's sentences, said from the catalogue: what the made-up world is told is what the product says.
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import english from "../locales/en.ftl?whole";
import type { TroubleView } from "../bindings";

const bundle = new FluentBundle("en", { useIsolating: false });
bundle.addResource(new FluentResource(english));

/** Facts of the made-up world that sentences ask for. */
const FACTS: Record<string, FluentVariable> = {
  partner: "Globex",
  site: "acme.atlassian.net",
  to: "acme-group.atlassian.net",
  email: "ana@acme.example",
  address: "http://192.168.1.20:7700",
  project: "SUP",
  issue: "SUP-17",
  other: "SUP-205",
  file: "plan.zip",
  size: "120 MB",
  field: "summary",
  winner: "ACME",
  permission: "Create issues",
  permissions: "Create issues, Add comments",
  detail: "The summary must not be empty.",
  folder: "/home/ana/.local/share/app.twinline.desktop",
  what: "the API token for acme.atlassian.net",
  time: "09:10",
  since: "09:10",
  until: "10:44",
  number: "5,000",
  kept: "twinline.db.damaged",
  company: "ACME",
  fillable: "no",
  person: "Pat Green",
  theirs: "GX",
  stopped: "no",
  why: "used",
  missing: 31,
  count: 3,
  limit: 20,
  by: "Ben Kim",
  version: 4,
  direction: "outgoing",
  place: "line",
  line: 9,
};

/** A sentence of the catalogue; a fact that it asks for and nobody knows is an error. */
export function say(id: string, facts: Record<string, FluentVariable> = {}): string {
  const message = bundle.getMessage(id);
  if (!message?.value) throw new Error(`no sentence ${id}`);
  const errors: Error[] = [];
  const said = bundle.formatPattern(message.value, { ...FACTS, ...facts }, errors);
  if (errors[0]) throw new Error(`${id}: ${errors[0].message}`);
  return said;
}

/** The same; where the catalogue has no such sentence yet, another text. */
export const sayOr = (id: string, facts: Record<string, FluentVariable>, other: string) =>
  bundle.hasMessage(id) ? say(id, facts) : other;

/** What Jira, the disk or the system says, by the code of the trouble. */
const DETAILS: Record<string, string> = {
  database: "disk I/O error.",
  internal: "the clock went backwards by 3 days.",
  "script-failed": "no value 0 among 0",
  "rules-invalid": sayOr(
    "script-fault-unknown",
    { line: 7, column: 23, detail: "Undefined variable: isue" },
    "Undefined variable: isue.",
  ),
  "tracker-odd": "HTTP 200 with a page in place of data.",
  "text-refused": "The text is too long.",
  "attachment-refused": "Files of this type are not allowed.",
};

/** How Rust tells that something went wrong. */
export const refusal = (code: string, facts: Record<string, FluentVariable> = {}): TroubleView => ({
  code,
  owner: "you",
  sentence: say(`problem-${code}`, { ...(code in DETAILS ? { detail: DETAILS[code]! } : {}), ...facts }),
  next_step: say(`problem-${code}-next`, facts),
});
