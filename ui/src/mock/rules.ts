// Sync rules, played: what Basic mode says, some versions of Script mode, and what a trial finds.
import type { RuleDirection, RuleFault, RulesVersion, RulesView, TrialIssue } from "../bindings";
import { NOW } from "./fixtures";
import { sayOr } from "./words";

const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1000).toISOString();

export const BASIC = {
  outgoing: [
    "// Outgoing: what leaves. Each line names one thing; delete a line and it stays at home.",
    "replica.summary     = issue.summary;",
    "replica.description = issue.description;",
    "replica.type        = issue.type;",
    "replica.comments    = issue.comments.filter(|c| !c.internal);",
    "replica.attachments = issue.attachments;",
    "",
  ].join("\n"),
  incoming: [
    "// Incoming: what is written here. Each line names one thing; delete a line and it stays as it is.",
    "issue.summary     = replica.summary;",
    "issue.description = replica.description;",
    "issue.type        = mirror(replica.type);   // the same name, else the default type, else Task",
    "issue.comments    = replica.comments;",
    "issue.attachments = replica.attachments;",
    "",
  ].join("\n"),
};
const own = {
  outgoing: [
    "// What leaves. Issues that are still being sorted stay here.",
    'if issue.summary.starts_with("[draft]") {',
    "    keep_home();",
    "}",
    "replica.summary     = issue.summary;",
    'replica.description = issue.description.without_section("Internal notes");',
    "replica.type        = issue.type;",
    "// Only what was meant for them.",
    'replica.comments    = issue.comments.filter(|c| c.contains("#globex"));',
    "replica.attachments = issue.attachments.filter(|file| file.size <= mb(20));",
    "",
  ].join("\n"),
  incoming: BASIC.incoming.replace("= replica.summary;", '= "[" + partner + "] " + replica.summary;'),
};
const earlier = { outgoing: own.outgoing.replace("mb(20)", "mb(5)"), incoming: BASIC.incoming };

export const basic: RulesView = { mode: "basic", version: 0, ...BASIC };
export const script: RulesView = { mode: "script", version: 3, ...own };

const version = (n: number, ago: number, texts: typeof BASIC, more = {}): RulesVersion => ({
  version: n,
  in_force: n === 3,
  saved_at: at(ago),
  saved_by: "Ana Ruiz",
  brings_back: null,
  ...texts,
  ...more,
});
export const versions: RulesVersion[] = [
  version(3, 3900, own, { saved_by: "Ben Kim" }),
  version(2, 90_000, earlier),
  version(1, 400_000, BASIC),
];

/** What is being written: something that is new, and something with a misspelt name. */
export const drafts: Record<string, typeof BASIC> = {
  new: { ...own, outgoing: own.outgoing.replace("#globex", "#partner") },
  wrong: {
    outgoing: own.outgoing.replace("= issue.type", "= isue.type"),
    incoming: own.incoming.replace("mirror(replica.type);", "mirror(replica.type;"),
  },
};

const fault = (
  direction: RuleDirection,
  line: number,
  column: number,
  kind: string,
  detail: string,
): RuleFault => ({
  direction,
  line,
  column,
  sentence: sayOr(`script-fault-${kind}`, { line, column, detail }, `${detail}.`),
});

/** What Rust would find wrong with it, as far as anybody here writes it. */
export function faultsOf(texts: { outgoing: string; incoming: string }): RuleFault[] {
  const found = (direction: RuleDirection, wrong: RegExp, kind: string, detail: string) =>
    texts[direction].split("\n").flatMap((line, i) => {
      const column = line.search(wrong) + 1;
      return column > 0 ? [fault(direction, i + 1, column, kind, detail)] : [];
    });
  return [
    ...found("outgoing", /isue/, "unknown", "Undefined variable: isue"),
    ...found(
      "incoming",
      /(?<=type);(?= )/,
      "syntax",
      "Expecting ')' to close the arguments of the function call 'mirror'",
    ),
  ].slice(0, 2);
}

const issue = (n: number, more: Partial<TrialIssue> = {}): TrialIssue => ({
  ours: `SUP-${n}`,
  theirs: `GX-${n + 70}`,
  fault: null,
  changes: [],
  ...more,
});
const untouched = Array.from({ length: 17 }, (_, i) => issue(136 - i));
/** What a trial finds, by what is to be seen of it. */
export const trials: Record<string, TrialIssue[]> = {
  nothing: [issue(140), issue(139), issue(138), ...untouched],
  none: [],
  changes: [
    issue(140, {
      changes: [
        {
          direction: "outgoing",
          part: "comment",
          name: "Ana Ruiz",
          now: null,
          then: "#partner The new build is on the test server since this morning.",
          at_once: false,
        },
        {
          direction: "outgoing",
          part: "description",
          name: null,
          now: "Since Monday nobody can sign in.\n\nInternal notes\nThe contract ends in May.",
          then: "Since Monday nobody can sign in.",
          at_once: true,
        },
        {
          direction: "incoming",
          part: "summary",
          name: null,
          now: "Cannot sign in after the update",
          then: "[Globex] Cannot sign in after the update",
          at_once: false,
        },
      ],
    }),
    issue(139, {
      changes: [
        { direction: "outgoing", part: "issue", name: null, now: "", then: null, at_once: false },
        {
          direction: "outgoing",
          part: "attachment",
          name: "plan.zip",
          now: "plan.zip",
          then: null,
          at_once: false,
        },
      ],
    }),
    ...untouched,
    issue(119),
  ],
  fault: [
    issue(140, {
      fault: fault("outgoing", 6, 23, "failed", "no value 0 among 0"),
    }),
    issue(139, {
      changes: [
        { direction: "outgoing", part: "type", name: null, now: "Improvement", then: "Task", at_once: true },
      ],
    }),
    ...untouched,
  ],
};
