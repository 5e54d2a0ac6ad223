// Made-up answers for pictures and tests. One clock, so that pictures are the same every day.
import type {
  AccountView,
  ActivityView,
  ConflictView,
  ConnectionView,
  DayView,
  DiagnosticsView,
  FieldView,
  GeneralView,
  InvitationView,
  NoteView,
  PaceView,
  PairView,
  PrivacyView,
  ProblemView,
  ProjectView,
  Settings,
  TroubleView,
} from "../bindings";

export const NOW = Date.UTC(2026, 10, 24, 9, 42, 8);
const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1000).toISOString();
const DAY = 86_400;

export const ana: AccountView = {
  id: "a1",
  site: "acme.atlassian.net",
  email: "ana@acme.example",
  display_name: "Ana Ruiz",
  projects: 14,
  connections: 5,
  until_quit: false,
  signed_in: true,
  token: null,
  calls: {
    count: 412,
    since: at(3600),
    fullest: 6,
    slowed: 0,
    sentence: "412 calls to Jira in the last hour. Closest to its limits: 6 %.",
  },
};
/** As `ana`, with a token that ends soon, and what Rust says of it. */
export const ending: AccountView = {
  ...ana,
  token: { ends: "2026-11-29", stage: "week", sentence: "The token ends on 29 November 2026, in 5 days" },
};
export const tokenNote: NoteView = {
  code: "token-ends",
  account: "a1",
  stage: "week",
  sentence: "The API token for acme.atlassian.net ends on 29 November 2026, in 5 days.",
  next_step: "Create a new one in Jira and sign in again before that, so that syncing does not stop.",
};
export const second: AccountView = {
  ...ana,
  id: "a2",
  site: "acme-labs.atlassian.net",
  projects: 2,
  connections: 0,
  signed_in: false,
};

export const general: GeneralView = {
  start_at_login: false,
  close_to_tray: true,
  tray: true,
  theme: "system",
};

/** What Rust would say of a choice. */
export const paced = (now: PaceView): PaceView => {
  const every_s = { "10s": 10, "15s": 15, "30s": 30, "1m": 60, "5m": 300 }[now.chosen.check_every ?? "10s"];
  const slow = now.chosen.slower_on_battery && now.power === "battery" && every_s <= 60;
  const checked =
    every_s < 60
      ? `every ${every_s} seconds`
      : every_s === 60
        ? "once a minute"
        : `every ${every_s / 60} minutes`;
  return {
    ...now,
    every_s: slow ? 60 : every_s,
    sentence: now.rests_until
      ? "Outside working hours until tomorrow, 08:00."
      : slow
        ? "On battery: Jira is checked once a minute."
        : `Jira is checked ${checked}.`,
  };
};

export const pace: PaceView = {
  chosen: {
    check_every: "10s",
    hours: { on: false, days: ["mon", "tue", "wed", "thu", "fri"], from: 480, to: 1080 },
    slower_on_battery: false,
  },
  every_s: 10,
  power: "mains",
  rests_until: null,
  sentence: "Jira is checked every 10 seconds.",
};

export const privacy: PrivacyView = {
  folder: "/home/ana/.local/share/twinline",
  kilobytes: 18_432,
  retention: "month",
};

export const settings: Settings = {
  company: "ACME",
  suggested_company: "acme",
  address: "",
  suggested_address: "http://192.168.1.20:7700",
  relay: "",
  version: "0.1.0",
  folder: "/home/ana/.local/share/app.twinline.desktop",
  secrets: "keychain",
  practice: false,
};

const base: ConnectionView = {
  id: "",
  partner_name: "",
  partner_site: null,
  partner_project: null,
  partner_person: null,
  role: "public",
  other_side: null,
  second_side: false,
  mode: "basic",
  project: "SUP",
  account: "a1",
  site: "acme.atlassian.net",
  state: "up_to_date",
  sentence: "",
  pairs: 0,
  waiting: { out: 0, in: 0 },
  problems: 0,
  partner_problems: 0,
  last_checked_at: at(8),
  next_check_at: at(-2),
  last_partner_contact_at: at(12),
  invitation_expires_at: null,
  paused_by: null,
  resumes_at: null,
  internal_comments: false,
  address: "http://192.168.1.20:7700",
  relay: false,
  comparison_number: null,
  last_activity: null,
  compared_at: at(130),
  healed: 0,
  first_sync: null,
};
const make = (part: Partial<ConnectionView>): ConnectionView => ({ ...base, ...part });

export const globex = make({
  id: "c-globex",
  partner_name: "Globex",
  partner_site: "globex.atlassian.net",
  partner_project: "GX",
  partner_person: "Peter Smith",
  state: "needs_attention",
  sentence: "2 things need attention",
  pairs: 128,
  problems: 2,
  last_activity: "Pat Green (Globex) commented on GX-88 → copied to SUP-17",
});
export const initech = make({
  id: "c-initech",
  partner_name: "Initech",
  partner_site: "initech.atlassian.net",
  partner_project: "INI",
  partner_person: "Milton W.",
  project: "OPS",
  pairs: 54,
  comparison_number: "415926",
  healed: 2,
  last_activity: "You changed the summary of OPS-31 → sent to Initech for INI-12",
});
/** ACME in the practice, and its connection with Globex. */
export const practised = {
  account: { ...ana, id: "a-practice", site: "127.0.0.1:27041", projects: 2, connections: 1 },
  connection: make({
    id: "c-practice",
    partner_name: "Globex",
    site: "127.0.0.1:27041",
    partner_site: "127.0.0.1:21177",
    partner_project: "GX",
    project: "SUP",
    pairs: 5,
    last_activity: "Globex created GX-1 → new SUP-4 (type Task)",
  }),
  sites: [
    { company: "ACME", url: "http://127.0.0.1:27041" },
    { company: "Globex", url: "http://127.0.0.1:21177" },
  ],
};
export const stark = make({
  id: "c-stark",
  partner_name: "Stark Industries",
  partner_site: "stark.atlassian.net",
  partner_project: "STK",
  state: "syncing",
  sentence: "Syncing 191 changes",
  pairs: 312,
  waiting: { out: 180, in: 11 },
  last_activity: "Stark Industries created STK-90 → new SUP-21 (type Bug)",
});
export const umbrella = make({
  id: "c-umbrella",
  partner_name: "Umbrella",
  project: "DEV",
  state: "waiting_for_partner",
  sentence: "Waiting for Umbrella to accept the invitation",
  last_partner_contact_at: null,
  invitation_expires_at: at(-5 * DAY - 7000),
});
export const wayne = make({
  id: "c-wayne",
  partner_name: "Wayne",
  partner_site: "wayne.atlassian.net",
  partner_project: "WAY",
  project: "QA",
  state: "paused",
  sentence: "Paused by you",
  paused_by: "you",
  pairs: 9,
});
export const hooli = make({
  id: "c-hooli",
  partner_name: "Hooli",
  partner_site: "hooli.atlassian.net",
  partner_person: "Gavin Belson",
  state: "waiting_for_you",
  sentence: "Hooli wants to connect. Approve or reject",
  comparison_number: "123456",
});
export const everyState: ConnectionView[] = [
  globex,
  hooli,
  make({
    id: "c-off",
    partner_name: "Soylent",
    partner_site: "soylent.atlassian.net",
    partner_project: "SOY",
    state: "offline",
    sentence: "Offline. Soylent was last heard at 08:10",
    pairs: 20,
  }),
  make({
    id: "c-delayed",
    partner_name: "Cyberdyne",
    partner_site: "cyberdyne.atlassian.net",
    partner_project: "T",
    state: "delayed",
    sentence: "Waiting for Cyberdyne to look at one thing",
    pairs: 77,
    partner_problems: 1,
  }),
  stark,
  make({
    id: "c-first",
    partner_name: "Tyrell Corporation and its very long official company name, Limited",
    partner_site: "tyrell.atlassian.net",
    partner_project: "NEXUS",
    state: "first_sync",
    sentence: "First sync: 62 %, about 4 min left",
    pairs: 312,
    first_sync: { done: 312, total: 503, percent: 62, minutes_left: 4 },
  }),
  make({
    id: "c-checking",
    partner_name: "Aperture",
    partner_site: "aperture.atlassian.net",
    partner_project: "GLA",
    state: "checking",
    sentence: "Checking…",
    pairs: 3,
    last_activity: "Aperture attached plan.png to GLA-4 → copied to SUP-8",
  }),
  umbrella,
  make({
    id: "c-unknown",
    partner_name: "unknown",
    state: "waiting_for_partner",
    sentence: "Waiting for unknown to accept the invitation",
    last_partner_contact_at: null,
    invitation_expires_at: at(-7 * DAY),
  }),
  wayne,
  initech,
  make({
    id: "c-declined",
    partner_name: "Soylent",
    partner_site: null,
    partner_project: null,
    state: "declined",
    sentence: "Soylent declined. Nothing was synced",
    pairs: 0,
    last_partner_contact_at: null,
    last_checked_at: null,
    last_activity: null,
  }),
  make({
    id: "c-gone",
    partner_name: "Enron",
    partner_site: "enron.atlassian.net",
    partner_project: "EN",
    state: "disconnected",
    sentence: "Disconnected. The issues of both sides stay",
    pairs: 41,
  }),
];

export const projects: ProjectView[] = [
  { key: "SUP", name: "Support", reason: null },
  { key: "OPS", name: "Operations", reason: null },
  { key: "DEV", name: "Development", reason: null },
  { key: "QA", name: "Quality", reason: null },
  { key: "HR", name: "People", reason: "Your account lacks: Create issues" },
  { key: "MKT", name: "Marketing", reason: null },
  { key: "LEGAL", name: "Contracts", reason: "Your account lacks: Add comments" },
  { key: "FIN", name: "Finance", reason: null },
];

export const invitation: InvitationView = {
  connection: "c-umbrella",
  code:
    "twl1 qqrsz x9g7k p0dlu 4w2ne 8tfz3 m6yva 0h5jc qslkr n7ex2 d9u4g w3pmf 6ztya 2kv8l h0c5r jnq7s e4xdg u9w3p " +
    "m2fz6 t0yka v8lh5 c4rjn q7se2 xd9gu 3wpm6 fz0ty ka2vl 8h5c4 rjnq7 se9xd gu2w3 pm6fz 0tyka v5lh8 c4rjn q7se2 " +
    "xd9gu 3wpm6 fz0ty ka2vl 8h5c4 rjnq7 se9xd gu2",
  message: "ACME invites you to connect Jira issues.",
  expires_at: at(-6 * DAY - 22_600),
  address: "http://192.168.1.20:7700",
  relay: false,
  listening: true,
};

/** One of many issues that wait for the same values. */
const asking = (i: number): ProblemView => ({
  id: `p${i + 1}`,
  code: "required-field",
  connection: "c-globex",
  partner_name: "Globex",
  issue: `GX-${91 + i}`,
  owner: "you",
  sentence: `SUP needs a value for Customer, Order number in new issues, so Globex’s GX-${91 + i} waits.`,
  next_step:
    "Choose a value, for all synced issues of this type or for this one alone; the issues that wait go on at once. Your partner does not see it.",
  since: at(2200 - Math.min(i, 2000)),
  count: 1,
  fillable: true,
  skipped: false,
  skippable: true,
  cause: "required",
  together: "SUP needs a value for Customer, Order number in new issues, so Globex’s new issues wait.",
  together_next:
    "Choose a value for all synced issues of this type; the issues that wait go on at once. Your partner does not see it.",
  rule: null,
  request: null,
  question: null,
});
/** `n` issues that wait for the same values. */
export const many = (n: number): ProblemView[] => Array.from({ length: n }, (_, i) => asking(i));

const tooLarge = {
  sentence: "plan.zip (120 MB) is larger than Jira allows. Everything else of SUP-17 is synced.",
  next_step: "Skip the file, or ask your Jira administrator for a higher limit and try again.",
};
export const problems: ProblemView[] = [
  { ...asking(0), count: 14 },
  {
    id: "p2",
    code: "attachment-too-large",
    connection: "c-globex",
    partner_name: "Globex",
    issue: "SUP-17",
    owner: "partner",
    ...tooLarge,
    since: at(90_000),
    count: 1,
    fillable: false,
    skipped: false,
    skippable: true,
    cause: "plan.zip",
    together: tooLarge.sentence,
    together_next: tooLarge.next_step,
    rule: null,
    request: null,
    question: null,
  },
];

/** As in the design: 14 issues and one file. */
export const grouped: ProblemView[] = [...many(14), { ...problems[1]!, id: "file" }];

/** A thousand causes, of one issue each. */
export const thousandCauses: ProblemView[] = Array.from({ length: 1000 }, (_, i) => ({
  ...problems[1]!,
  id: `c${i}`,
  cause: `c${i}`,
  issue: `SUP-${i + 1}`,
}));

/** One problem for each place where something is mended, and one that can be given up for good. */
const stopped = (code: string, sentence: string, next_step: string): ProblemView => ({
  ...problems[1]!,
  id: code,
  code,
  owner: "you",
  issue: null,
  sentence,
  next_step,
  since: at(700),
  skippable: false,
  cause: code,
  together: sentence,
  together_next: next_step,
});
export const causesOfAllKinds: ProblemView[] = [
  stopped(
    "sign-in-expired",
    "Jira no longer accepts the sign-in for acme.atlassian.net.",
    "Sign in again with a new API token. Nothing is lost meanwhile.",
  ),
  {
    ...stopped(
      "mass-loss",
      "40 issues of SUP vanished at once. Syncing has stopped to be safe; nothing was deleted.",
      "Check that the account still sees the project, then try again. If the issues are gone for good, skip this: they are no longer synced then, and their twins stay.",
    ),
    skippable: true,
  },
  {
    ...stopped(
      "port-in-use",
      "Twinline cannot listen at 0.0.0.0:7700: another program uses it.",
      "Close the other program, or start Twinline with another --listen address. Twinline tries again by itself.",
    ),
    connection: null,
    partner_name: null,
  },
  {
    ...stopped(
      "partner-left",
      "Globex has ended the connection. The issues of both sides stay.",
      "Remove the connection, or ask Globex for a new invitation.",
    ),
    owner: "partner",
  },
];

/** What the problem with required fields asks for. */
export const fields: FieldView[] = [
  {
    id: "customfield_10050",
    name: "Customer",
    kind: "option",
    options: Array.from({ length: 300 }, (_, i) => ({ id: String(10_100 + i), name: `Customer ${i + 1}` })),
    chosen: "",
  },
  { id: "customfield_10051", name: "Order number", kind: "number", options: [], chosen: "" },
];

/** What crossed in the last 24 hours, by the hour: from the partner, and to them. */
const DAY_IN = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 5, 3, 1, 2];
const DAY_OUT = [4, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 6, 4, 2, 4, 3];
export const day = (busy: boolean): DayView => ({
  hours: DAY_IN.map((n, i) => ({
    from: new Date(Date.UTC(2026, 10, 23, 10 + i)).toISOString(),
    in: busy ? n : 0,
    out: busy ? DAY_OUT[i]! : 0,
  })),
  changes: busy ? 41 : 0,
});

const lines: [number, ActivityView["direction"], ActivityView["kind"], string][] = [
  [8, "in", "comment", "Pat Green (Globex) commented on GX-88 → copied to SUP-17"],
  [668, "out", "change", "You changed the summary of SUP-16 → sent to Globex for GX-87"],
  [5400, "in", "issue", "Globex created GX-90 → new SUP-21 (type Task)"],
  [5460, "in", "attachment", "Globex attached login-error.png to GX-90 → copied to SUP-21"],
  [80_000, "out", "comment", "Ana Ruiz commented on SUP-9 → sent to Globex"],
  [300_000, "out", "issue", "You created SUP-9 → new GX-61 at Globex"],
];
export const activity: ActivityView[] = lines.map(([ago, direction, kind, sentence], i) => ({
  id: String(900 - i),
  at: at(ago),
  connection: "c-globex",
  direction,
  kind,
  ours: "SUP-17",
  theirs: "GX-88",
  sentence,
}));

/** How the newest pairs stand; all others are in step. */
const STANDINGS: Record<number, PairView["state"]> = {
  2: "syncing",
  3: "waiting_for_partner",
  4: "stopped",
  5: "skipped",
  6: "unlinked",
};
const titles = [
  "Cannot sign in after the update",
  "Invoice shows the wrong currency in the PDF that is sent to customers outside of Europe",
  "Export stops at 10,000 rows",
  "Dark theme: unreadable links",
  "Add a filter for archived projects",
  "Search forgets what was typed",
  "Slow start on Monday mornings",
];
export const pairs: PairView[] = Array.from({ length: 120 }, (_, i) => ({
  id: String(500 - i),
  ours: `SUP-${140 - i}`,
  ours_url: `https://acme.atlassian.net/browse/SUP-${140 - i}`,
  theirs: i === 2 ? null : `GX-${210 - i}`,
  theirs_url: i === 2 ? null : `https://globex.atlassian.net/browse/GX-${210 - i}`,
  title: titles[i % titles.length] ?? "",
  state: STANDINGS[i] ?? "in_step",
  last_change_at: at(i * 4000 + 20),
  direction: i % 3 === 0 ? "in" : "out",
  conflicts: i === 1 ? 2 : i === 6 ? 1 : 0,
  records: i === 1 ? 2 : i === 3 || i === 6 ? 1 : 0,
  restricted_comments: i === 5 ? 2 : 0,
}));

const record: ConflictView = {
  id: "31",
  connection: "c-globex",
  partner_name: "Globex",
  issue: "SUP-139",
  twin: "GX-209",
  at: at(4200),
  field: "Summary",
  ours: "Invoice shows the wrong currency in the PDF that is sent to customers outside of Europe",
  theirs: "Invoice shows no currency in the PDF that is sent to customers in Switzerland",
  current: "ours",
  settled: false,
  usable: true,
};
const steps = Array.from(
  { length: 24 },
  (_, i) => `${i + 1}. Open invoice ${1000 + i * 7} and compare the currency with the one of the order.`,
).join("\n");
/** By pair: one with two open records, one that was looked at, one that is no longer synced. */
export const conflicts: Record<string, ConflictView[]> = {
  "499": [
    record,
    {
      ...record,
      id: "30",
      field: "Description",
      at: at(95_000),
      ours: `Since Monday all invoices say EUR.\n\n${steps}\n\nWe need this before the end of the month.`,
      theirs: `Since Tuesday all invoices say USD.\n\n${steps}\n\nPlease look at it this week.`,
      current: "theirs",
    },
  ],
  "497": [
    {
      ...record,
      id: "12",
      issue: "SUP-137",
      twin: "GX-207",
      at: at(300_000),
      ours: "Dark theme: unreadable links",
      theirs: "Dark theme: links cannot be read on the start page",
      current: null,
      settled: true,
    },
  ],
  "494": [
    {
      ...record,
      id: "9",
      issue: "SUP-134",
      twin: "GX-204",
      ours: "Slow start on Monday mornings",
      theirs: "",
      current: "theirs",
      usable: false,
    },
  ],
};

export const anotherCopy: ProblemView = {
  ...problems[1]!,
  id: "p3",
  code: "another-copy",
  connection: "c-initech",
  partner_name: "Initech",
  issue: null,
  owner: "you",
  sentence: "Twinline runs with the same data in another place. This one changes nothing meanwhile.",
  next_step: "If the other one is no longer used, let this one take over.",
  since: at(700),
  skippable: false,
  cause: "another-copy",
};

export const trouble = (code: string, sentence: string, next_step: string): TroubleView => ({
  code,
  owner: "you",
  sentence,
  next_step,
});

/** Every kind of field, one of them answered before. */
export const everyField: FieldView[] = [
  { ...fields[0]!, chosen: "Customer 7" },
  {
    id: "customfield_10052",
    name: "Regions",
    kind: "options",
    options: ["North", "South", "West"].map((name, i) => ({ id: String(10_500 + i), name })),
    chosen: "",
  },
  { id: "customfield_10053", name: "Contract", kind: "line", options: [], chosen: "" },
  { id: "environment", name: "Environment", kind: "text", options: [], chosen: "" },
  { id: "customfield_10051", name: "Order number", kind: "number", options: [], chosen: "" },
  { id: "duedate", name: "Due date", kind: "date", options: [], chosen: "" },
  { id: "customfield_10054", name: "Sponsor", kind: "other", options: [], chosen: "" },
];

export const refusedChoice: ProblemView = {
  ...problems[0]!,
  id: "p3",
  code: "choice-refused",
  sentence: "SUP does not take “Customer 7” for Customer in new issues, so Globex’s GX-91 waits.",
  next_step:
    "Choose another value; the issues that wait go on at once. What Jira said: Option id '10106' is not valid",
  count: 1,
};

const files = {
  "about.json": {
    program: "Twinline",
    version: "0.1.0",
    system: "linux",
    processor: "x86_64",
    language: "en",
  },
  "settings.json": {
    language: "system",
    company: true,
    address: null,
    check_every_ms: 10000,
    secrets: "keychain",
  },
  "status.json": {
    overall: "needs_attention",
    connections: [{ state: "needs_attention", pairs: 128, problems: 2 }],
  },
  "connections.json": {
    accounts: [{ number: 1, signed_in: true }],
    connections: [{ stage: "connected", outbox: 0 }],
  },
  "problems.json": [{ id: 7, code: "required-field", owner: "you", of_an_issue: true, count: 14 }],
  "database.json": { schema: 12, sqlite: "3.54.1", rows: { pair: 182, activity: 4031 } },
};
const logged = [
  '2026-11-24T09:40:12.118Z INFO twinline_node::node: node started unknown=0 version="0.1.0"',
  "2026-11-24T09:41:30.402Z WARN twinline_sync::poll: poll site=… error=no answer from the tracker: …",
  "… 3",
  "2026-11-24T09:41:58.771Z INFO twinline_sync::perform: not applied why=required fields are missing: … intent=5",
].join("\n");

/** A bundle as Rust gathers it; its texts are shown as they are saved. */
export const diagnostics: DiagnosticsView = {
  file_name: "twinline-diagnostics-2026-11-24-1042.zip",
  files: [
    ...Object.entries(files).map(([name, told]) => ({ name, text: JSON.stringify(told, null, 2), size: 0 })),
    { name: "log-2026-11-24.txt", text: logged, size: 0 },
  ].map((file) => ({ ...file, size: new TextEncoder().encode(file.text).length })),
};
