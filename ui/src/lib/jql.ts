// Filters in Jira's query language (JQL): a sentence of a few conditions becomes one, one that says no more than such a sentence
// is read back, and for every other one it is found out what may stand at the caret. Jira alone judges whether it is right.

/** What a condition of the sentence asks for. */
export type Asked = "type" | "status" | "label" | "component" | "assignee" | "created";
export type Is = "is" | "not" | "after" | "before";
export interface Row {
  asked: Asked;
  is: Is;
  value: string;
}

/** Each with its field. `empty`: an issue may have none, and Jira's `!=` leaves those out. */
const FIELDS: Record<Asked, { name: string; also?: string; empty?: boolean }> = {
  type: { name: "issuetype", also: "type" },
  status: { name: "status" },
  label: { name: "labels", empty: true },
  component: { name: "component", empty: true },
  assignee: { name: "assignee", empty: true },
  created: { name: "created" },
};
export const ASKED = Object.keys(FIELDS) as Asked[];
export const fieldOf = (asked: Asked) => FIELDS[asked].name;
export const waysOf = (asked: Asked): Is[] => (asked === "created" ? ["after", "before"] : ["is", "not"]);

/** Text that stands for itself. */
export const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

function clause({ asked, is, value }: Row): string {
  const { name, empty } = FIELDS[asked];
  if (asked === "created") return `${name} ${is === "before" ? "<" : ">="} ${quoted(value)}`;
  if (is !== "not") return `${name} = ${quoted(value)}`;
  return empty ? `(${name} != ${quoted(value)} OR ${name} is EMPTY)` : `${name} != ${quoted(value)}`;
}

/** The filter of a sentence; a condition without a value says nothing yet. */
export const toJql = (rows: Row[]) =>
  rows
    .filter((row) => row.value !== "")
    .map(clause)
    .join(" AND ");

interface Token {
  kind: "word" | "text" | "sign";
  /** Without quotes. */
  value: string;
  from: number;
  to: number;
  /** Its quote is not closed. */
  open?: boolean;
}

const SIGNS = /^(?:!=|!~|>=|<=|&&|\|\||[=~<>!(),])/;

function tokens(jql: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < jql.length) {
    const rest = jql.slice(at);
    const blank = /^\s+/.exec(rest);
    const text = /^"(?:[^"\\]|\\[^])*("?)|^'(?:[^'\\]|\\[^])*('?)/.exec(rest);
    const sign = SIGNS.exec(rest);
    const [raw] = blank ?? text ?? sign ?? /^[^\s=!<>~(),"'&|]+|^[^]/.exec(rest)!;
    const to = at + raw.length;
    if (text && !blank) {
      const open = raw.length < 2 || !(text[1] ?? text[2]);
      const value = raw.slice(1, open ? undefined : -1).replace(/\\([^])/g, "$1");
      found.push({ kind: "text", value, from: at, to, open });
    } else if (!blank) found.push({ kind: sign ? "sign" : "word", value: raw, from: at, to });
    at = to;
  }
  return found;
}

/** The sentence that says what a filter says; `null`: no sentence does. */
export function toRows(jql: string): Row[] | null {
  const all = tokens(jql);
  const rows: Row[] = [];
  let at = 0;
  const is = (kind: Token["kind"], value: string) => {
    const token = all[at];
    if (token?.kind !== kind || token.value.toLowerCase() !== value) return false;
    at += 1;
    return true;
  };
  const asked = () => {
    const name = all[at]?.kind === "word" ? all[at]!.value.toLowerCase() : "";
    const found = ASKED.find((one) => name === FIELDS[one].name || name === FIELDS[one].also);
    if (found) at += 1;
    return found;
  };
  const value = () => {
    const token = all[at];
    at += 1;
    if (!token || token.kind === "sign" || token.open || token.value === "") return undefined;
    const special = token.kind === "word" && /^(empty|null)$/i.test(token.value);
    return special || (all[at]?.kind === "sign" && all[at]!.value === "(") ? undefined : token.value;
  };
  while (at < all.length) {
    if (rows.length > 0 && !is("word", "and")) return null;
    const grouped = is("sign", "(");
    const one = asked();
    if (!one) return null;
    const sign = all[at]?.kind === "sign" ? all[at++]!.value : "";
    const wanted = value();
    if (wanted === undefined) return null;
    const ways: Partial<Record<string, Is>> =
      one === "created" ? { ">=": "after", "<": "before" } : { "=": "is", "!=": "not" };
    const way = ways[sign];
    // Where an issue may have none, "not" is two clauses; one alone says less.
    const both = way === "not" && FIELDS[one].empty === true;
    if (!way || grouped !== both) return null;
    if (
      both &&
      !(is("word", "or") && asked() === one && is("word", "is") && is("word", "empty") && is("sign", ")"))
    )
      return null;
    if (one === "created" && !/^\d{4}-\d\d-\d\d$/.test(wanted)) return null;
    rows.push({ asked: one, is: way, value: wanted });
  }
  return rows;
}

/** What may stand at the caret. */
export interface Place {
  kind: "field" | "operator" | "value" | "join";
  /** The field whose operator or value it is. */
  field: string;
  /** The operator before a value. */
  operator: string;
  /** What stands there so far, from its first to its last character. */
  typed: string;
  from: number;
  to: number;
}

/** Where the caret is. Nothing is asked of what stands behind it. */
export function placeAt(jql: string, caret: number): Place {
  const before = tokens(jql.slice(0, caret));
  const last = before.at(-1);
  const typing = last && last.kind !== "sign" && last.to === caret && (last.kind === "word" || last.open);
  const done = typing ? before.slice(0, -1) : before;
  let kind: Place["kind"] = "field";
  let [field, operator, listed] = ["", "", 0];
  for (const { kind: what, value } of done) {
    const word = what === "word" ? value.toLowerCase() : "";
    if (kind === "field") {
      if (what === "sign" || word === "not") continue;
      [field, operator, kind] = [value, "", "operator"];
    } else if (kind === "operator") {
      operator = `${operator} ${value}`.trim().toLowerCase();
      if (word !== "not" && word !== "was") kind = "value";
    } else if (kind === "value") {
      if (word === "not" && operator === "is") operator = "is not";
      else if (word === "in" && operator === "was") operator = "was in";
      else if (what === "sign" && value === "(") listed += 1;
      else if (what === "sign" && value === ")") [listed, kind] = [0, "join"];
      else if (!(what === "sign" && value === ",") && listed === 0) kind = "join";
    } else if (word === "and" || word === "or" || value === "&&" || value === "||") kind = "field";
    // A function's parentheses.
    else if (value === "(") listed += 1;
  }
  // Between two values of a list a comma comes first.
  if (kind === "value" && listed > 0 && !typing && last && last.kind !== "sign") kind = "join";
  const start = typing ? last.from : caret;
  // What is being typed may go on behind the caret.
  const end = typing && !last.open ? caret + /^[^\s=!<>~(),"'&|]*/.exec(jql.slice(caret))![0].length : caret;
  return { kind, field, operator, typed: typing ? last.value : "", from: start, to: end };
}

/** The filter with a word put in its place, and where the caret stands then. */
export function put(jql: string, place: Place, word: string): { text: string; caret: number } {
  const behind = jql.slice(place.to).replace(/^\s+/, "");
  const before = `${jql.slice(0, place.from)}${word} `;
  return { text: before + behind, caret: before.length };
}

/** A word as it has to stand in a filter. */
export const asWord = (word: string) =>
  /^[\w.[\]-]+(?:\(\))?$/.test(word) && !RESERVED.test(word) ? word : quoted(word);
const RESERVED =
  /^(?:and|or|not|in|is|was|empty|null|order|by|asc|desc|on|before|after|from|to|during|changed)$/i;
