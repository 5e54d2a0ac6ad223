// An issue and its twin side by side, as Rust would answer.
import type {
  CompareView,
  ComparedComment,
  ComparedField,
  ComparedFile,
  Excerpt,
  Likeness,
  PairView,
  Way,
} from "../bindings";
import { NOW, pairs } from "./fixtures";
import { refusal, say } from "./words";

const at = (secondsAgo: number) => new Date(NOW - secondsAgo * 1000).toISOString();
const excerpt = (text: string, left_out = 0): Excerpt => ({ text, left_out });

const LABELS: Record<Likeness, string> = {
  same: "compare-same",
  form: "compare-same-form",
  changed: "compare-differs",
  only_ours: "compare-only-ours",
  only_theirs: "compare-only-theirs",
};
const WAYS: Partial<Record<Way, string>> = {
  unnoticed: "compare-unnoticed",
  to_partner: "compare-to-partner",
  sent: "compare-sent",
  to_us: "compare-to-us",
};

/** How it stands with one thing; `why`: the end of its sentence's name. */
function finding(likeness: Likeness, way: Way = "settled", why?: string) {
  const said = why ? `compare-${why}` : WAYS[way];
  return {
    likeness,
    way,
    why: "plain" as const,
    label: say(LABELS[likeness]),
    sentence: said ? say(said) : "",
  };
}

type Found = ReturnType<typeof finding>;
const text = (found: Found, ours: string | null, theirs: string | null) => ({
  ours: ours === null ? null : excerpt(ours),
  theirs: theirs === null ? null : excerpt(theirs),
  ...found,
});
const field = (part: ComparedField["part"], found: Found, ours: string | null, theirs: string | null) => ({
  part,
  field: say("compare-part", { part: part === "type" ? "issuetype" : part }),
  ...text(found, ours, theirs),
});

const comment = (
  by: "ours" | "theirs",
  author: string | null,
  seconds: number,
  found: Found,
  ours: string | null,
  theirs: string | null = null,
): ComparedComment => ({ by, author, at: at(seconds), ...text(found, ours, theirs) });

const file = (by: "ours" | "theirs", file_name: string, kilobytes: number, found: Found): ComparedFile => ({
  by,
  file_name,
  kilobytes,
  ...found,
});

const steps = Array.from({ length: 9 }, (_, i) => `${i + 1}. Export ${(i + 1) * 2000} rows.`).join("\n");

/** What a pair of which everything is equal answers. */
export function equal(pair: PairView): CompareView {
  const title = pair.title;
  return {
    pair: pair.id,
    connection: "c-globex",
    company: "ACME",
    partner_name: "Globex",
    ours: pair.ours,
    ours_url: pair.ours_url,
    theirs: pair.theirs,
    theirs_url: pair.theirs_url,
    state: pair.state,
    connection_sentence: say("state-up-to-date"),
    ours_at: at(0),
    read_now: true,
    trouble: null,
    theirs_at: at(12),
    differences: 0,
    staying: 0,
    sentence: say("compare-none"),
    notes: [],
    fields: [
      field("summary", finding("same"), title, title),
      field(
        "description",
        finding("same"),
        `${steps}\n\nThe file ends there.`,
        `${steps}\n\nThe file ends there.`,
      ),
      field("type", finding("same"), "Bug", "Bug"),
    ],
    comments: [],
    comments_total: 0,
    comments_alike: 0,
    files: [],
    files_total: 0,
    files_alike: 0,
    records: pair.records,
  };
}

/** Counts, and says how many differ. */
function counted(view: CompareView): CompareView {
  const all = [...view.fields, ...view.comments, ...view.files];
  const differing = all.filter((one) => one.likeness !== "same" && one.likeness !== "form");
  const staying = differing.filter((one) => one.way === "stays").length;
  const n = differing.length;
  const id =
    n === 0
      ? "compare-none"
      : n === staying
        ? "compare-staying"
        : staying > 0
          ? "compare-some-staying"
          : "compare-some";
  const tells = (one: { likeness: string; sentence: string }) =>
    one.likeness !== "same" || one.sentence !== "";
  const comments_alike = view.comments_total - view.comments.filter(tells).length;
  const files_alike = view.files_total - view.files.filter(tells).length;
  return { ...view, comments_alike, files_alike, differences: n, staying, sentence: say(id, { n, staying }) };
}

const comments: ComparedComment[] = [
  comment("ours", "Ana Ruiz", 90_000, finding("same"), "We can repeat this with any large project."),
  comment(
    "theirs",
    null,
    80_000,
    finding("same"),
    "Pat Doe\n\nThe limit is in our export. We raise it this week.",
  ),
  comment(
    "ours",
    "Ben Okoro",
    4_000,
    finding("changed", "to_partner"),
    "It is 12,000 rows for the French customers, and 9,000 for all others.",
  ),
  comment(
    "theirs",
    "Pat Doe",
    500,
    finding("only_theirs", "to_us"),
    null,
    "Raised to 100,000. Please try again.",
  ),
  comment("ours", "Ana Ruiz", 300, finding("only_ours", "unnoticed"), "I try it now."),
  comment("ours", "Ana Ruiz", 200, finding("only_ours", "stays", "restricted"), null),
];
const files: ComparedFile[] = [
  file("ours", "export.csv", 812, finding("same")),
  file("theirs", "limits.png", 96, finding("only_theirs", "to_us", "bytes-in")),
  file("theirs", "dump-of-everything.zip", 120_400, finding("only_theirs", "stays", "refused")),
  file("ours", "second-export.csv", 14_200, finding("only_ours", "sent", "bytes-out")),
];

/** Much of it is on its way. */
export function differing(pair: PairView): CompareView {
  return counted({
    ...equal(pair),
    state: "syncing",
    connection_sentence: say("state-paused-by-you"),
    fields: [
      field(
        "summary",
        finding("changed", "to_partner"),
        "Export stops at 12,000 rows for customers in France",
        "Export stops at 10,000 rows",
      ),
      field(
        "description",
        finding("changed", "to_us"),
        `${steps}\n\nThe file ends there.`,
        `${steps.replace("8000", "8500")}\n\nThe file ends there, without a message.`,
      ),
      {
        ...field("type", finding("form"), "Task", "Improvement"),
        sentence: say("compare-form-type", { ours: "Task", theirs: "Improvement" }),
      },
    ],
    comments,
    comments_total: comments.length,
    files,
    files_total: files.length,
  });
}

/** A thousand comments, of which one differs. */
function thousand(pair: PairView): CompareView {
  const many = Array.from({ length: 199 }, (_, i) =>
    comment(
      i % 2 ? "theirs" : "ours",
      i % 2 ? null : "Ana Ruiz",
      40_000 - i * 100,
      finding("same"),
      `Comment ${801 + i}.`,
    ),
  );
  return counted({ ...equal(pair), comments: [comments[2]!, ...many], comments_total: 1000 });
}

/** By name: what a scene can ask for. */
export const comparisons: Record<string, (pair: PairView) => CompareView> = {
  equal,
  differing,
  thousand,
  one: (pair) => counted({ ...equal(pair), comments: comments.slice(0, 1), comments_total: 1 }),
  long: (pair) => {
    const long = steps.repeat(40);
    const view = equal(pair);
    view.fields[1] = {
      ...field("description", finding("changed", "sent"), "", ""),
      ours: excerpt(`Since Monday.\n${long}`, 4210),
      theirs: excerpt(`Since Tuesday.\n${long}`, 4208),
    };
    return counted(view);
  },
  staying: (pair) => counted({ ...equal(pair), comments: comments.slice(-1), comments_total: 1 }),
  unknown: (pair) => {
    const view = equal(pair);
    view.fields[0] = {
      ...field("summary", finding("changed", "to_partner"), "Export stops at 12,000 rows", null),
      sentence: say("compare-unknown"),
    };
    return counted(view);
  },
  gone: (pair) => ({
    ...differing(pair),
    ours_at: at(900),
    read_now: false,
    sentence: say("compare-gone", { issue: pair.ours ?? "", company: "ACME" }),
    trouble: refusal("issue-gone", { issue: pair.ours ?? "" }),
  }),
  silent: (pair) => ({
    ...equal(pair),
    ours_at: at(900),
    read_now: false,
    theirs_at: at(1200),
    trouble: refusal("site-unreachable"),
    connection_sentence: say("state-offline-never"),
  }),
  "signed-out": (pair) => ({
    ...equal(pair),
    ours_at: at(90_000),
    read_now: false,
    trouble: refusal("sign-in-expired"),
  }),
  parked: (pair) => ({
    ...equal(pair),
    state: "waiting_for_partner",
    notes: [say("compare-note-parked"), say("compare-note-paused")],
  }),
  unlinked: (pair) => ({
    ...counted({ ...equal(pair), fields: [field("summary", finding("changed"), "Ours", "Theirs")] }),
    state: "unlinked",
    notes: [say("compare-note-unlinked")],
  }),
  alone: (pair) =>
    counted({
      ...equal(pair),
      theirs: null,
      theirs_url: null,
      theirs_at: null,
      state: "syncing",
      fields: [
        field("summary", finding("only_ours", "to_partner"), pair.title, null),
        field("type", finding("only_ours", "to_partner"), "Bug", null),
      ],
    }),
};

/** The pair that a number or a key names. */
export const named = (issue: unknown) =>
  pairs.find((pair) => [pair.id, pair.ours, pair.theirs].includes(String(issue)));
