// Sentences and filters: there and back, and what may stand at the caret.
import { expect, test } from "vitest";
import { ASKED, asWord, placeAt, put, type Row, toJql, toRows, waysOf } from "./lib/jql";

const VALUES = [
  "Bug",
  "In Progress",
  'say "hi"',
  "back\\slash",
  "it's",
  "a) OR (b",
  "EMPTY",
  "5b10ac8d82e05b22cc7d4ef5",
];

test("every sentence is read back from the filter that was made of it", () => {
  const each: Row[] = ASKED.flatMap((asked) =>
    waysOf(asked).flatMap((is) =>
      (asked === "created" ? ["2026-11-26"] : VALUES).map((value) => ({ asked, is, value })),
    ),
  );
  for (const row of each) expect(toRows(toJql([row])), toJql([row])).toEqual([row]);
  expect(toRows(toJql(each))).toEqual(each);
  expect(toRows(toJql([]))).toEqual([]);
});

test("a sentence becomes a filter", () => {
  const rows: Row[] = [
    { asked: "type", is: "is", value: "Bug" },
    { asked: "label", is: "not", value: "internal" },
    { asked: "status", is: "not", value: "Done" },
    { asked: "component", is: "is", value: "" },
    { asked: "created", is: "after", value: "2026-11-01" },
  ];
  expect(toJql(rows)).toBe(
    'issuetype = "Bug" AND (labels != "internal" OR labels is EMPTY) AND status != "Done" AND created >= "2026-11-01"',
  );
});

test("what people write as a sentence would is one", () => {
  expect(toRows("type = Bug and labels = partner")).toEqual([
    { asked: "type", is: "is", value: "Bug" },
    { asked: "label", is: "is", value: "partner" },
  ]);
});

test("what says more than a sentence can stays as it is", () => {
  for (const jql of [
    "issuetype = Bug OR issuetype = Task",
    "issuetype in (Bug, Task)",
    "NOT issuetype = Bug",
    "(issuetype = Bug)",
    "labels != partner",
    "labels is EMPTY",
    "labels = EMPTY",
    'labels = ""',
    "assignee = currentUser()",
    "created >= -5d",
    "created = 2026-11-01",
    "priority = High",
    "issuetype = Bug ORDER BY key",
    "issuetype = Bug AND",
    "issuetype =",
    "issuetype",
    'issuetype = "Bug',
    'issuetype = "Bug" "Task"',
    "(labels != a OR labels is EMPTY",
    "(labels != a OR component is EMPTY)",
    "(status != a OR status is EMPTY)",
  ])
    expect(toRows(jql), jql).toBeNull();
});

/** `|` is the caret. */
const at = (text: string) => {
  const caret = text.indexOf("|");
  return placeAt(text.replace("|", ""), caret);
};

test("what may stand at the caret", () => {
  for (const [text, kind, typed, field, operator] of [
    ["|", "field", "", "", ""],
    ["sta|", "field", "sta", "", ""],
    ["(sta|", "field", "sta", "", ""],
    ["NOT sta|", "field", "sta", "", ""],
    ["status |", "operator", "", "status", ""],
    ["status i|", "operator", "i", "status", ""],
    ["status not i|", "operator", "i", "status", "not"],
    ["status =|", "value", "", "status", "="],
    ["status = Do|", "value", "Do", "status", "="],
    ['status = "In Pr|', "value", "In Pr", "status", "="],
    ["status in (Done, |", "value", "", "status", "in"],
    ["status not in (Do|", "value", "Do", "status", "not in"],
    ["status in (Done |", "join", "", "status", "in"],
    ["status in (Done) |", "join", "", "status", "in"],
    ["assignee is |", "value", "", "assignee", "is"],
    ["assignee is not |", "value", "", "assignee", "is not"],
    ['status = "Done" |', "join", "", "status", "="],
    ['status = "Done" a|', "join", "a", "status", "="],
    ['status = "Done" AND |', "field", "", "status", "="],
    ['"Story Points" |', "operator", "", "Story Points", ""],
  ] as const)
    expect(at(text), text).toMatchObject({ kind, typed, field, operator });
});

test("a word takes the place of what was typed, and nothing else changes", () => {
  const text = "sta = Done AND x = y";
  expect(put(text, placeAt(text, 2), "status")).toEqual({ text: "status = Done AND x = y", caret: 7 });
  const open = 'status = "In Pr';
  const done = put(open, placeAt(open, open.length), asWord("In Progress"));
  expect(done).toEqual({ text: 'status = "In Progress" ', caret: 23 });
  expect(
    ["Done", "cf[10010]", "currentUser()", "In Progress", 'a"b', "a,b", "", "Order"].map(asWord),
  ).toEqual(["Done", "cf[10010]", "currentUser()", '"In Progress"', '"a\\"b"', '"a,b"', '""', '"Order"']);
});
