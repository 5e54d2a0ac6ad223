// What Jira says of a filter, and of what it lets in.
import type {
  FilterField,
  FilterValue,
  FilterWords,
  MatchStanding,
  MatchView,
  MatchesView,
} from "../bindings";

const match = (key: number, summary: string, standing: MatchStanding): MatchView => ({
  key: `SUP-${key}`,
  url: `https://acme.atlassian.net/browse/SUP-${key}`,
  summary,
  standing,
});
/** What all issues of the project are. */
export const matches: MatchesView = {
  total: 481,
  synced: 128,
  left: 1,
  coming: 12,
  older: 340,
  first: [
    match(142, "Label printer prints blank labels", "coming"),
    match(141, "Scanner in hall 3 loses its pairing", "synced"),
    match(140, "Translate the return form into Dutch", "left"),
    match(139, "Login page shows yesterday’s date after the summer-time change", "synced"),
    ...Array.from({ length: 16 }, (_, i) =>
      match(138 - i, `Goods receipt ${20 - i} is booked twice`, i < 9 ? "synced" : "older"),
    ),
  ],
};
/** What a filter lets in. */
export const fewMatches: MatchesView = {
  total: 12,
  synced: 9,
  left: 0,
  coming: 2,
  older: 1,
  first: matches.first.filter((one) => one.standing !== "left").slice(0, 12),
};
const field = (name: string, operators: string[], values = true, label = name): FilterField => ({
  name,
  label,
  operators,
  values,
});
const SAME = ["=", "!=", "in", "not in"];
const MAYBE = [...SAME, "is", "is not"];
const ORDER = ["=", "!=", "<", "<=", ">", ">="];
export const filterWords: FilterWords = {
  fields: [
    field("assignee", MAYBE),
    field("component", MAYBE),
    field("created", ORDER, false),
    field("issuetype", SAME, true, "Issue Type"),
    field("labels", MAYBE),
    field("priority", SAME),
    field("reporter", MAYBE),
    field("status", SAME),
    field("summary", ["~", "!~"], false),
    field("updated", ORDER, false),
    field("cf[10050]", MAYBE, true, "Team"),
  ],
  functions: ["currentUser()", "now()", "startOfDay()"],
};
const values = (...all: string[]): FilterValue[] => all.map((one) => ({ value: one, label: one }));
export const filterValues: Record<string, FilterValue[]> = {
  issuetype: values("Bug", "Epic", "Improvement", "Story", "Task"),
  status: values("To Do", "In Progress", "Waiting for customer", "Done"),
  labels: values("partner", "partner-internal", "printer"),
  component: values("Hall 3", "Labels", "Returns"),
  assignee: [
    { value: "5b10ac8d82e05b22cc7d4ef5", label: "Ana Ruiz" },
    { value: "5b10ac8d82e05b22cc7d4ef6", label: "Ben Okoro" },
  ],
};
