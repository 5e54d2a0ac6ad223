// Scenes that come in families, each name with its particulars: `refused/accept/invitation-used`. Several with commas between
// hold at once.
import type { ConnectionView, Owner, OverallStatus, ProblemView } from "../bindings";
import * as f from "./fixtures";
import * as q from "./questions";
import * as r from "./rules";
import { world } from "./rust";
import { refusal, say } from "./words";

/** Everything that can wait in the list of what needs attention, and whose turn it is. */
const CAUSES: Record<Owner, string[]> = {
  you: [
    "sign-in-expired",
    "site-moved",
    "secret-missing",
    "permission-lost",
    "project-forbidden",
    "project-without-types",
    "required-field",
    "issue-refused",
    "text-refused",
    "issue-full",
    "attachment-too-large",
    "attachment-refused",
    "attachment-unreadable",
    "issue-gone",
    "twin-deleted",
    "twin-twice",
    "mass-loss",
    "script-failed",
    "conflict",
    "drift",
    "another-copy",
    "invitation-tried",
    "connection-doubled",
    "port-in-use",
    "keychain-missing",
    "keychain-locked",
    "clock-wrong",
    "disk-full",
    "proxy-sign-in",
    "database",
    "database-restored",
    "database-new",
    "internal",
  ],
  partner: [
    "partner-away",
    "partner-older",
    "partner-invalid",
    "partner-left",
    "partner-rejected",
    "proxy-limit",
    "certificate-time",
  ],
  network: [
    "partner-unreachable",
    "partner-name-unknown",
    "partner-not-twinline",
    "site-unreachable",
    "certificate-untrusted",
  ],
  tracker: ["project-archived", "project-deleted", "tracker-odd"],
};

/** What stops one thing only and may be left out. */
const SKIPPABLE =
  /^(required|issue|text|attachment|twin|mass|script|conflict|partner-away|invitation-tried|connection-doubled)/;

/** What somebody can be written to about, and how. */
const REQUESTS: Record<string, () => string> = {
  "permission-lost": () =>
    say("request-permission-answer", {
      name: "Ana Ruiz",
      answer: "You do not have permission to create issues in this project.",
      permissions: "Browse projects, Create issues, Edit issues, Add comments, Create attachments",
    }),
  "project-forbidden": () => say("request-permission", { name: "Ana Ruiz" }),
  "partner-away": () => say("request-reminder", { person: "Pat Green", time: "Mon 23 Nov 2026, 09:10" }),
};

/** What concerns this computer or a sign-in, and no connection. */
const HERE = /^(sign|site|secret|port|keychain|clock|disk|database|internal)/;

const cause = (code: string, owner: Owner): ProblemView => {
  const { sentence, next_step } = refusal(code);
  return {
    ...f.problems[1]!,
    id: code,
    code,
    owner,
    ...(HERE.test(code) ? { connection: null, partner_name: null } : {}),
    issue: /^(issue|text|attachment|twin|script|conflict)/.test(code) ? "SUP-17" : null,
    sentence,
    next_step,
    skippable: SKIPPABLE.test(code),
    cause: code,
    together: sentence,
    together_next: next_step,
    rule: code === "script-failed" ? { direction: "outgoing", line: 9 } : null,
    request: REQUESTS[code]?.() ?? null,
  };
};
export const everyCause: ProblemView[] = Object.entries(CAUSES).flatMap(([owner, codes]) =>
  codes.map((code) => cause(code, owner as Owner)),
);

/** Reasons to stand in a state that are not among `everyState`. */
const moreStates: ConnectionView[] = [
  ["paused", say("state-paused-by-partner", { partner: "Initech" })],
  ["paused", say("state-paused-until-and-by-partner", { partner: "Initech", until: "tomorrow, 08:00" })],
  ["delayed", say("state-delayed-tracker")],
  ["delayed", say("state-delayed-partner-sign-in", { partner: "Initech" })],
  ["offline", say("state-offline-never", { partner: "Initech" })],
].map(([state, sentence], i) => ({
  ...f.initech,
  id: `c-more-${i}`,
  state: state as ConnectionView["state"],
  paused_by: state !== "paused" ? null : i === 0 ? "partner" : "both",
  sentence: sentence!,
}));
const ours: ConnectionView[] = [
  say("state-waiting-for-answer", { partner: "ACME Ltd" }),
  say("state-waiting-for-approval", { partner: "ACME Ltd" }),
].map((sentence, i) => ({
  ...f.umbrella,
  id: `c-private-${i}`,
  partner_name: "ACME Ltd",
  role: "private",
  sentence,
  invitation_expires_at: null,
  comparison_number: i === 1 ? "123456" : null,
}));

/** As many of everything as wanted, each different from the other. */
function rows(n: number) {
  const times = <T>(make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i));
  const names = f.everyState.map((c) => c.partner_name).filter((name) => name.length < 20);
  world.connections = times((i) => ({
    ...f.initech,
    id: `c-${i}`,
    partner_name:
      i < names.length ? names[i]! : `${names[i % names.length]} ${Math.floor(i / names.length) + 1}`,
    partner_site: `${names[i % names.length]!.toLowerCase().split(" ")[0]}.atlassian.net`,
    last_activity: null,
    pairs: n,
  }));
  if (n === 0) world.connections = [{ ...f.initech, id: "c-0", pairs: 0, last_activity: null }];
  world.pairs = times((i) => ({
    ...f.pairs[0]!,
    id: `p${i}`,
    ours: `OPS-${n - i}`,
    theirs: `INI-${2 * n - i}`,
    title: f.pairs[i % 7]!.title,
  }));
  world.activity = times((i) => ({ ...f.activity[i % f.activity.length]!, id: `l${i}`, connection: "c-0" }));
  world.problems = f.thousandCauses.slice(0, n);
  world.accounts = times((i) => ({ ...f.ana, id: `a${i}`, site: `acme-${i + 1}.atlassian.net` }));
  if (n === 0) world.accounts = [f.ana];
  world.projects = times((i) => ({ key: `P${i + 1}`, name: `Project ${i + 1}`, reason: null }));
}

/** Who is talked about where somebody was invited: whose invitation it is (`read_invitation` in `rust.ts`). */
const partnerOf = (command?: string): Record<string, string> =>
  ["read_invitation", "accept", "decline"].includes(command ?? "") ? { partner: "ACME Ltd" } : {};

const families: Record<string, (...particulars: string[]) => void> = {
  /** A command is answered with a trouble. */
  refused: (command, code) => void world.fail.set(command!, refusal(code!, partnerOf(command))),
  /** A command is never answered. */
  waits: (command) => void world.hang.add(command!),
  /** A command is answered once and then refused, or never answered again. */
  later: (command, code) =>
    void world.afterwards.set(command!, () =>
      code ? world.fail.set(command!, refusal(code)) : world.hang.add(command!),
    ),
  /** Signing in is the last that happens. */
  stays: (command) =>
    void world.afterwards.set(command!, () => (world.hang = new Set(["accounts", "connections"]))),
  overall: (overall) => void (world.overall = overall as OverallStatus),
  rows: (n) => rows(Number(n)),
  causes: () => void (world.problems = everyCause),
  /** One cause alone; `n`: of so many issues. */
  cause: (code, n) => {
    const one = everyCause.find((p) => p.code === code)!;
    const { sentence, next_step } = n ? refusal(`${code}-many`) : one;
    world.problems = Array.from({ length: Number(n ?? 1) }, (_, i) => ({
      ...one,
      id: `${code}-${i}`,
      issue: one.issue && `SUP-${17 + i}`,
      together: sentence,
      together_next: next_step,
    }));
  },
  states: () => void (world.connections = [...moreStates, ...ours]),
  secrets: (secrets) =>
    void (world.settings = { ...world.settings, secrets: secrets as "file", practice: secrets === "memory" }),
  answers: (what) => void (world.address = what as "other"),
  "type-missing": () => {
    const sentence = say("activity-in-created-as", {
      theirs: "GX-90",
      ours: "SUP-21",
      theirs_type: "Improvement",
      type: "Task",
    });
    world.activity = f.activity.map((line, i) => (i === 2 ? { ...line, sentence } : line));
  },
  /** How an issue and its twin stand to each other. */
  beside: (how) => void (world.comparison = how!),
  /** Script mode, with what a trial finds. */
  script: (trial = "changes") =>
    Object.assign(world, { rules: r.script, versions: r.versions, trial: trial }),
  /** What somebody has written of Globex's rules and not saved; `version`: what they began with. */
  draft: (which, version = "3") => {
    const began = r.versions.find((v) => v.version === Number(version))!;
    const from = { version: began.version, outgoing: began.outgoing, incoming: began.incoming };
    const now = { ...from, ...r.drafts[which!] };
    localStorage.setItem("twinline-rules/c-globex", JSON.stringify({ from, now }));
  },
  /** What was asked of Globex: a name in `questions.ts`, or so many. */
  asked: (what) => void (world.questions = q.lists[what!] ?? q.many(Number(what))),
  /** Globex's version cannot answer, or our rules keep the summary. */
  asking: (how) => void (how === "older" ? (world.older = true) : (world.kept = true)),
  connected: () => void (world.approved = true),
};

/** Sets such a scene; false: there is no family of that name. */
export function family(name: string): boolean {
  const [kind, ...particulars] = name.split("/");
  const set = families[kind!];
  set?.(...particulars);
  return set !== undefined;
}
