// What sync rules may name, for colours and completion. The crate `script` says what there is; nothing here decides anything.
import type { RuleDirection } from "../../bindings";

/** Words of the language itself. */
export const KEYWORDS = [
  "let",
  "const",
  "if",
  "else",
  "switch",
  "for",
  "in",
  "while",
  "until",
  "loop",
  "do",
  "break",
  "continue",
  "return",
  "throw",
  "try",
  "catch",
  "fn",
];

/** Fixed values. */
export const ATOMS = ["true", "false"];

/** What every rule finds, whichever way it looks. */
export const NAMES = ["issue", "replica", "company", "partner", "project"];

const SHARED = [
  "key",
  "summary",
  "description",
  "type",
  "labels",
  "priority",
  "status",
  "comments",
  "attachments",
];

/** What stands behind `issue.` and `replica.`, by direction. */
export const MEMBERS: Record<RuleDirection, Record<string, string[]>> = {
  outgoing: {
    issue: [...SHARED, "project", "created", "updated"],
    replica: SHARED.filter((name) => name !== "key"),
  },
  incoming: {
    issue: [...SHARED, "project", "created", "updated", "is_new"],
    replica: SHARED,
  },
};

/** Functions that stand alone. */
export const FUNCTIONS: Record<RuleDirection, string[]> = {
  outgoing: ["rich", "mirror", "keep_home", "list", "min", "max", "kb", "mb"],
  incoming: ["rich", "mirror", "list", "min", "max", "kb", "mb"],
};

/** Fields of comments, files and times. */
export const FIELDS = [
  "author",
  "created",
  "internal",
  "ours",
  "body",
  "text",
  "name",
  "mime",
  "size",
  "day",
  "clock",
  "iso",
  "ms",
];

/** Functions of texts, rich texts and lists. */
export const METHODS = [
  "contains",
  "starts_with",
  "ends_with",
  "index_of",
  "split",
  "lines",
  "to_lower",
  "to_upper",
  "trim",
  "replace",
  "sub_string",
  "to_string",
  "to_int",
  "len",
  "is_empty",
  "prepend",
  "append",
  "first_blocks",
  "section",
  "without_section",
  "without_media",
  "files",
  "with",
  "first",
  "last",
  "take",
  "skip",
  "reversed",
  "filter",
  "map",
  "find",
  "any",
  "all",
  "push",
  "join",
  "to_list",
];
