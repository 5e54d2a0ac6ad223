// Rust's part, played: a small world that answers the window's commands. For pictures and tests only.
import { mockIPC } from "@tauri-apps/api/mocks";
import { emit } from "@tauri-apps/api/event";
import type {
  AcceptRequest,
  ConflictView,
  ConnectionView,
  InitiateRequest,
  Language,
  LanguageChoice,
  LocalRequest,
  MatchesView,
  NoteView,
  OverallStatus,
  PracticeView,
  QuestionView,
  RulesVersion,
} from "../bindings";
import * as f from "./fixtures";
import { local } from "./local";
import * as m from "./matches";
import { comparisons, named } from "./comparison";
import * as q from "./questions";
import { said } from "./german";
import * as r from "./rules";
import { refusal } from "./words";

/** What the world holds; a scene changes it before the window opens. */
export const world = {
  accounts: [f.ana],
  connections: [f.globex, f.initech, f.stark, f.umbrella, f.wayne] as ConnectionView[],
  problems: f.problems,
  fields: f.fields,
  projects: f.projects,
  settings: f.settings,
  activity: f.activity,
  day: f.day(true),
  pairs: f.pairs,
  conflicts: f.conflicts,
  /** How an issue and its twin stand to each other: a name in `comparison.ts`. */
  comparison: "differing",
  invitation: f.invitation,
  /** Which issues a connection syncs, and what any filter lets in. */
  what: { filter: null as string | null, older: false },
  matches: undefined as MatchesView | undefined,
  /** What was asked about two issues that exist already, and whether the partner can answer. */
  questions: [] as QuestionView[],
  older: false,
  /** Our rules keep the summary of what is asked about. */
  kept: false,
  paused: "Paused",
  overall: undefined as OverallStatus | undefined,
  /** What Rust says of the whole; else what it would say of the world as it is. */
  sentence: undefined as string | undefined,
  existing: 340,
  service: false,
  untilQuit: false,
  /** The language of the system, and what was chosen. */
  system: "en" as Language,
  language: "system" as LanguageChoice,
  switches: { connected: true, attention: true, partner: true },
  pace: f.pace,
  general: f.general,
  privacy: f.privacy,
  /** Partners who cannot be reached when everything is deleted. */
  untold: [] as string[],
  /** The sync rules of every connection, what was saved, and what a trial finds: a name in `rules.ts`. */
  rules: r.basic,
  versions: [] as RulesVersion[],
  trial: "changes",
  diagnostics: f.diagnostics,
  downloads: "/home/ana/Downloads",
  notes: [] as NoteView[],
  practice: { open: false, kept: false, sites: [], connection: null, invited: false } as PracticeView,
  /** The code that a link brought, until it is fetched. */
  link: null as string | null,
  /** Commands that never answer. */
  hang: new Set<string>(),
  /** Commands that fail, and how. */
  fail: new Map<string, ReturnType<typeof f.trouble>>(),
  /** What changes when a command was answered. */
  afterwards: new Map<string, () => unknown>(),
  /** What answers at the partner's address. */
  address: "twinline" as "twinline" | "other" | "silent",
  /** The partner connects whoever has the code. */
  approved: false,
  /** Every command with its arguments. */
  calls: [] as { cmd: string; args: Record<string, unknown> }[],
  clipboard: "",
  /** Everything that was answered, failures included. */
  heard: [] as unknown[],
};

const SENTENCES: Record<OverallStatus, string> = {
  up_to_date: "Up to date",
  checking: "Checking…",
  syncing: "Syncing 191 changes",
  delayed: "Delayed",
  needs_attention: "One thing needs attention",
  paused: "Paused",
  offline: "Offline",
  not_set_up: "Not set up",
};

const spoken = (): Language => (world.language === "system" ? world.system : world.language);

function overall(): OverallStatus {
  if (world.overall) return world.overall;
  if (world.connections.length === 0) return "not_set_up";
  return world.problems.some((p) => !p.skipped) ? "needs_attention" : "up_to_date";
}

function sentence() {
  const open = world.problems.filter((p) => !p.skipped).length;
  if (world.sentence !== undefined) return world.sentence;
  if (overall() === "paused") return world.paused;
  return overall() === "needs_attention" && open > 1 ? `${open} things need attention` : SENTENCES[overall()];
}

const page = <T extends { id: string }>(rows: T[], after: unknown, limit: unknown) => {
  const from = after ? rows.findIndex((r) => r.id === after) + 1 : 0;
  return rows.slice(from, from + Number(limit));
};

function change(id: unknown, part: Partial<ConnectionView>) {
  world.connections = world.connections.map((c) => (c.id === id ? { ...c, ...part } : c));
  void emit("changed", {});
  return null;
}

/** The window shows the practice, or whoever was shown before. */
let others: Partial<typeof world> = {};
export function practise(open: boolean) {
  if (open && !world.practice.open) {
    others = { accounts: world.accounts, connections: world.connections, problems: world.problems };
    Object.assign(world, {
      accounts: [f.practised.account],
      connections: [f.practised.connection],
      problems: [],
    });
    const { sites, connection } = f.practised;
    world.practice = { open, kept: true, sites, connection: connection.id, invited: world.link !== null };
  } else if (!open && world.practice.open) {
    Object.assign(world, others);
    world.practice = { open, kept: true, sites: [], connection: null, invited: false };
  }
  return world.practice;
}

/** As Rust says it on 24 November at 10:42. */
const paused = (until: unknown, open: string) =>
  until === "resumed" ? open : `Paused until ${until === "tomorrow" ? "tomorrow, 08:00" : "11:42"}`;
const ends = (until: unknown) =>
  until === "resumed"
    ? null
    : new Date(until === "tomorrow" ? Date.UTC(2026, 10, 25, 7) : f.NOW + 3_600_000).toISOString();

function settle(id: unknown, part: Partial<ConflictView>) {
  const entries = Object.entries(world.conflicts).map(([pair, records]) => [
    pair,
    records.map((c) => (c.id === id ? { ...c, ...part, settled: true } : c)),
  ]);
  world.conflicts = Object.fromEntries(entries) as typeof world.conflicts;
  world.pairs = world.pairs.map((p) => ({
    ...p,
    conflicts: world.conflicts[p.id]?.filter((c) => !c.settled).length ?? 0,
  }));
  void emit("changed", {});
  return null;
}

/** As the next version, in force from now on. */
function keepRules(texts: { outgoing: string; incoming: string }, brings_back: number | null) {
  const version = (world.versions[0]?.version ?? 0) + 1;
  const { outgoing, incoming } = texts;
  world.rules = { mode: "script", version, outgoing, incoming };
  const saved = { version, in_force: true, saved_at: new Date(f.NOW).toISOString(), saved_by: "Ana Ruiz" };
  world.versions = [
    { ...saved, brings_back, outgoing, incoming },
    ...world.versions.map((v) => ({ ...v, in_force: false })),
  ];
  void emit("changed", {});
  return world.rules;
}

function leave(ids: unknown, skipped: boolean) {
  world.problems = world.problems.map((p) => ((ids as string[]).includes(p.id) ? { ...p, skipped } : p));
  void emit("changed", {});
  return null;
}

function readInvitation(text: string) {
  const t = text.trim();
  if (t.startsWith("ATATT"))
    throw f.trouble(
      "invitation-is-token",
      "This is an API token, not an invitation code.",
      "Paste the message that your partner sent you. Keep the token to yourself.",
    );
  if (!t.includes("twl1"))
    throw f.trouble(
      "invitation-absent",
      "There is no invitation code in this text.",
      "Copy the whole message from your partner and paste it again. The code begins with twl1.",
    );
  if (t.length < 200)
    throw f.trouble(
      "invitation-incomplete",
      "The invitation code is incomplete: 31 characters are missing.",
      "Copy the whole code up to its end and paste it again.",
    );
  return {
    partner_name: "ACME Ltd",
    person: "Ana Ruiz",
    project: "SUP",
    mode: "basic",
    expires_at: f.invitation.expires_at,
    address: world.invitation.address,
    relay: world.invitation.relay,
  };
}

const rust: Record<string, (a: Record<string, unknown>) => unknown> = {
  status: () => ({
    overall: overall(),
    sentence: sentence(),
    checked_at: world.connections.length > 0 ? new Date(f.NOW - 8000).toISOString() : null,
    attention: world.problems.filter((p) => !p.skipped).length,
    connections: world.connections,
    notes: world.notes,
  }),
  settings: () => world.settings,
  set_settings: ({ company, address }) =>
    (world.settings = { ...world.settings, company: String(company), address: String(address) }),
  language: () => ({ choice: world.language, spoken: spoken() }),
  set_language: ({ choice }) => {
    world.language = choice as LanguageChoice;
    void emit("changed", {});
    return { choice, spoken: spoken() };
  },
  pace: () => world.pace,
  set_pace: ({ chosen }) =>
    (world.pace = f.paced({ ...world.pace, chosen: chosen as typeof world.pace.chosen })),
  notification_switches: () => world.switches,
  set_notification_switches: ({ switches }) => {
    world.switches = switches as typeof world.switches;
    return null;
  },
  accounts: () => world.accounts,
  add_account: ({ site, email, token, expires }) => {
    if (token === "wrong")
      throw f.trouble(
        "token-rejected",
        `Jira did not accept the e-mail address ${email} with this API token at ${site}.`,
        "Check the e-mail address, create a new API token in Jira, and paste it again.",
      );
    const added = {
      ...f.ana,
      site: String(site),
      email: String(email),
      connections: 0,
      until_quit: world.untilQuit,
      token: expires
        ? { ends: String(expires), stage: "later" as const, sentence: `The token ends on ${String(expires)}` }
        : null,
    };
    world.accounts = [...world.accounts.filter((a) => a.site !== site), added];
    void emit("changed", {});
    return added;
  },
  remove_account: ({ account }) => {
    world.accounts = world.accounts.filter((a) => a.id !== account);
    return null;
  },
  suggest_site: ({ text }) => /([a-z0-9-]+\.atlassian\.net)/.exec(String(text))?.[1] ?? null,
  projects: () => world.projects,
  project_types: () => ({
    types: ["Task", "Bug", "Story", "Improvement"],
    fallback: "Task",
    existing: world.existing,
    service: world.service,
  }),
  check_address: ({ address }) => ({
    address,
    twinline: world.address === "twinline",
    sentence: {
      twinline: `Twinline answers at ${address}.`,
      other: `Something else than Twinline answers at ${address}.`,
      silent: `Nothing answers at ${address}.`,
    }[world.address],
    modes: world.address === "twinline" ? ["basic"] : [],
  }),
  check_relay: ({ address }) => {
    const relay = String(address).includes("://") ? String(address) : `https://${address}`;
    const reached = world.address !== "silent";
    const sentence = reached
      ? `The relay ${relay} can be reached from here.`
      : `No relay can be reached at ${relay}.`;
    return { address: relay, twinline: false, sentence, modes: reached ? ["basic"] : [] };
  },
  initiate: ({ request }) => {
    const r = request as InitiateRequest;
    world.connections = [
      ...world.connections,
      { ...f.umbrella, id: "c-new", partner_name: r.partner_name || "unknown", project: r.project },
    ];
    return {
      ...world.invitation,
      connection: "c-new",
      address: r.relay ?? r.address,
      relay: r.relay !== null,
    };
  },
  invitation: ({ connection }) => ({ ...world.invitation, connection }),
  take_link: () => {
    if (world.practice.open)
      throw f.trouble("practice-only", "Practice knows no real company.", "Leave practice first.");
    const code = world.link;
    world.link = null;
    return code;
  },
  read_invitation: ({ text }) => readInvitation(String(text)),
  decline: () => "ACME Ltd",
  accept: ({ request }) => {
    const r = request as AcceptRequest;
    const made: ConnectionView = {
      ...f.hooli,
      id: "c-accepted",
      partner_name: "ACME Ltd",
      role: "private",
      project: r.project,
      state: world.approved ? "first_sync" : "waiting_for_partner",
      sentence: world.approved
        ? "First sync: the issues that exist are being read"
        : "Waiting for ACME Ltd to approve",
      comparison_number: "123456",
      invitation_expires_at: null,
    };
    world.connections = [...world.connections, made];
    return made;
  },
  connect_local: ({ request }) => {
    const { from, to } = request as LocalRequest;
    const [first, second] = local.map((c) => ({ ...c, pairs: 0, last_activity: null }));
    const made = [
      { ...first!, project: from.project, partner_project: to.project },
      { ...second!, project: to.project, partner_project: from.project },
    ].map((c) => ({ ...c, state: "checking" as const, sentence: "Checking…" }));
    world.connections = [...world.connections, ...made];
    return made[0];
  },
  connections: () => world.connections,
  connection: ({ id }) => {
    const found = world.connections.find((c) => c.id === id);
    if (!found)
      throw f.trouble(
        "connection-unknown",
        `There is no connection ${id} here.`,
        "Choose one from the list of connections.",
      );
    return found;
  },
  approve: ({ id }) =>
    change(id, { state: "first_sync", sentence: "First sync: the issues that exist are being read" }),
  pause: ({ id, until }) =>
    change(id, {
      state: "paused",
      sentence: paused(until, "Paused by you"),
      paused_by: "you",
      resumes_at: ends(until),
    }),
  resume: ({ id }) => change(id, { state: "checking", paused_by: null, resumes_at: null }),
  set_internal_comments: ({ id, leave }) => change(id, { internal_comments: Boolean(leave) }),
  what: ({ id }) => ({ connection: id, project: "SUP", ...world.what }),
  matches: ({ filter }) => {
    const wrong = /\bstatu\b|=\s*$|= *AND/i.exec(String(filter));
    if (wrong)
      throw f.trouble(
        "filter-refused",
        `Jira does not understand the filter “${String(filter)}”: Error in the JQL Query: Expecting a value, list or function before the end of the query.`,
        "Correct the filter, or leave it out.",
      );
    return filter === "" ? m.matches : (world.matches ?? m.fewMatches);
  },
  set_what: ({ id, filter, older }) => {
    world.what = { filter: filter === "" ? null : String(filter), older: Boolean(older) };
    void emit("changed", {});
    return { connection: id, project: "SUP", ...world.what };
  },
  filter_words: () => m.filterWords,
  filter_values: ({ field, typed }) =>
    (m.filterValues[String(field).toLowerCase()] ?? []).filter((one) =>
      one.label.toLowerCase().includes(String(typed).toLowerCase()),
    ),
  preview_question: ({ ours, theirs }) => q.preview(String(ours), String(theirs), world.kept),
  ask_to_connect: ({ connection, ours, theirs }) => {
    const partner = world.connections.find((c) => c.id === connection)!.partner_name;
    const asked = q.question(String(ours), String(theirs), { connection: String(connection), partner });
    world.questions = [...world.questions, asked];
    void emit("changed", {});
    return asked;
  },
  questions: () => ({ needs_update: world.older, questions: world.questions }),
  withdraw_question: ({ question }) => {
    world.questions = world.questions.filter((one) => one.id !== question);
    void emit("changed", {});
    return null;
  },
  answer_question: ({ question }) => {
    world.problems = world.problems.filter((p) => p.question !== question);
    emit("changed", {});
  },
  add_issue: ({ issue }) => (void emit("changed", {}), String(issue).trim().toUpperCase()),
  reject: ({ id }) => ((world.connections = world.connections.filter((c) => c.id !== id)), null),
  remove: ({ id }) => ((world.connections = world.connections.filter((c) => c.id !== id)), null),
  pairs: ({ search, after, limit }) =>
    page(
      world.pairs.filter((p) =>
        `${p.ours} ${p.theirs} ${p.title}`.toLowerCase().includes(String(search).toLowerCase()),
      ),
      after,
      limit,
    ),
  last_day: () => (world.activity.length > 0 ? world.day : f.day(false)),
  activity: ({ connection, before, limit }) =>
    page(
      world.activity.filter((a) => connection === null || a.connection === connection),
      before,
      limit,
    ),
  problems: () => world.problems,
  retry_problems: ({ ids }) => {
    world.problems = world.problems.filter((p) => !(ids as string[]).includes(p.id));
    void emit("changed", {});
    return null;
  },
  problem_fields: () => world.fields,
  fill_problem: ({ id }) => {
    world.problems = world.problems.filter((p) => p.id !== id);
    void emit("changed", {});
    return null;
  },
  skip_problems: ({ ids }) => leave(ids, true),
  unskip_problems: ({ ids }) => leave(ids, false),
  take_over: () => null,
  compare: ({ issue }) => comparisons[world.comparison]!(named(issue) ?? world.pairs[0]!),
  conflicts: ({ pair }) => world.conflicts[String(pair)] ?? [],
  use_conflict: ({ id, text }) => settle(id, { current: text as "ours" | "theirs" }),
  dismiss_conflict: ({ id }) => settle(id, {}),
  rules: () => world.rules,
  rule_versions: () => world.versions,
  check_rules: (texts) => r.faultsOf(texts as typeof r.BASIC),
  try_rules: (texts) => {
    const faults = r.faultsOf(texts as typeof r.BASIC);
    return { faults, issues: faults.length > 0 ? [] : r.trials[world.trial] };
  },
  upgrade_to_script: () => keepRules(world.rules, null),
  save_rules: ({ basedOn, ...texts }) => {
    const [newest] = world.versions;
    if (newest && newest.version !== basedOn)
      throw refusal("rules-changed", { by: newest.saved_by, version: newest.version });
    return keepRules(texts as typeof r.BASIC, null);
  },
  bring_back_rules: ({ version }) => {
    const old = world.versions.find((v) => v.version === version);
    if (!old) throw refusal("rules-version-unknown");
    return keepRules(old, old.version);
  },
  sync_now: () => null,
  compare_sides: ({ connection }) => change(connection, { compared_at: new Date(f.NOW).toISOString() }),
  sync_pair: () => true,
  stop_pair: ({ issue }) => {
    world.pairs = world.pairs.map((p) => (p.id === issue ? { ...p, state: "unlinked" as const } : p));
    void emit("changed", {});
    return world.pairs.find((p) => p.id === issue);
  },
  pause_all: ({ until }) => {
    world.overall = "paused";
    world.paused = paused(until, "Paused");
    world.connections = world.connections.map((c) =>
      c.state.startsWith("waiting")
        ? c
        : {
            ...c,
            state: "paused",
            sentence: paused(until, "Paused by you"),
            paused_by: "you",
            resumes_at: ends(until),
          },
    );
    void emit("changed", {});
    return null;
  },
  resume_all: () => ((world.overall = undefined), null),
  open_link: () => null,
  practice: () => world.practice,
  start_practice: () => (void emit("changed", {}), practise(true)),
  leave_practice: () => (void emit("changed", {}), practise(false)),
  remove_practice: () => {
    practise(false);
    void emit("changed", {});
    return (world.practice = { ...world.practice, kept: false });
  },
  general: () => world.general,
  set_start_at_login: ({ on }) => (world.general = { ...world.general, start_at_login: Boolean(on) }),
  set_close_to_tray: ({ on }) => (world.general = { ...world.general, close_to_tray: Boolean(on) }),
  set_theme: ({ theme }) =>
    (world.general = { ...world.general, theme: theme as typeof world.general.theme }),
  privacy: () => world.privacy,
  set_retention: ({ retention }) =>
    (world.privacy = { ...world.privacy, retention: retention as typeof world.privacy.retention }),
  export_data: () => ({ path: `${world.downloads}/twinline-export-2026-11-24-1042.json` }),
  delete_everything: () => {
    Object.assign(world, { accounts: [], connections: [], problems: [], activity: [], pairs: [] });
    void emit("changed", {});
    return { untold: world.untold };
  },
  diagnostics: () => world.diagnostics,
  save_diagnostics: () => ({ path: `${world.downloads}/${world.diagnostics.file_name}` }),
  open_folder: () => null,
  ui_ready: () => null,
  "plugin:clipboard-manager|write_text": ({ text }) => ((world.clipboard = String(text)), null),
};

/** In the language that is spoken, as Rust does. */
function hear<T>(answer: T): T {
  const heard = spoken() === "de" ? said(answer) : answer;
  world.heard.push(heard);
  return heard;
}

/** Takes Rust's place. */
export function play() {
  mockIPC(
    async (cmd, args) => {
      const a = (args ?? {}) as Record<string, unknown>;
      world.calls.push({ cmd, args: a });
      if (world.hang.has(cmd)) return new Promise(() => undefined);
      const failure = world.fail.get(cmd);
      if (failure) throw hear(failure);
      const answer = rust[cmd];
      if (!answer) throw new Error(`no mock for ${cmd}`);
      try {
        const heard = hear(answer(a));
        world.afterwards.get(cmd)?.();
        return heard;
      } catch (refusal) {
        throw hear(refusal);
      }
    },
    { shouldMockEvents: true },
  );
}
