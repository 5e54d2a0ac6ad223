// Colours and completion of the rules' language, and where a fault stands.
import { CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { forEachDiagnostic } from "@codemirror/lint";
import { EditorState, Text } from "@codemirror/state";
import { StringStream } from "@codemirror/language";
import { afterEach, expect, test } from "vitest";
import { complete } from "./complete";
import { mount, place, type Editor } from "./editor";
import { start, token } from "./rhai";

/** The words of a text with their colours; what has none is left out. */
function colours(text: string) {
  const state = start();
  return text.split("\n").map((line) => {
    const stream = new StringStream(line, 4, 2);
    const found: string[] = [];
    while (!stream.eol()) {
      stream.start = stream.pos;
      const kind = token(stream, state);
      if (kind && kind !== "punctuation") found.push(`${stream.current()}:${kind}`);
    }
    return found;
  });
}

test("comments, texts, numbers, words of the language, and the names that rules find", () => {
  expect(colours('if issue.summary != "a // b" { let n = 20; keep_home(); } // if')[0]).toEqual([
    "if:keyword",
    "issue:variableName.special",
    "summary:propertyName",
    '"a // b":string',
    "let:keyword",
    "n:variableName",
    "20:number",
    "keep_home:variableName.function",
    "// if:comment",
  ]);
});

test("a comment within a comment, and a text over several lines", () => {
  expect(colours("/* a /* b */\nstill */ true")).toEqual([
    ["/* a /* b */:comment"],
    ["still */:comment", "true:bool"],
  ]);
  expect(colours("`one\ntwo` x")).toEqual([["`one:string"], ["two`:string", "x:variableName"]]);
  expect(colours('"a\\" b" x')[0]).toEqual(['"a\\" b":string', "x:variableName"]);
});

test("what belongs to something is no word of the language, whatever it is called", () => {
  expect(colours("replica.type.loop")[0]).toEqual([
    "replica:variableName.special",
    "type:propertyName",
    "loop:propertyName",
  ]);
});

const offered = (text: string, direction: "outgoing" | "incoming" = "outgoing") => {
  const state = EditorState.create({ doc: text });
  const found: CompletionResult | null = complete(direction)(
    new CompletionContext(state, text.length, false),
  );
  return found && { from: found.from, labels: found.options.map((option) => option.label) };
};

test("behind a point stands what belongs to it, in each direction", () => {
  expect(offered("issue.")?.labels).toContain("updated");
  expect(offered("issue.")?.labels).not.toContain("is_new");
  expect(offered("issue.", "incoming")?.labels).toContain("is_new");
  expect(offered("replica.su")).toMatchObject({ from: 8 });
  expect(offered("replica.")?.labels).toEqual([
    "summary",
    "description",
    "type",
    "labels",
    "priority",
    "status",
    "comments",
    "attachments",
  ]);
  expect(offered("issue.summary.st")?.labels).toContain("starts_with");
  expect(offered("issue.summary.st")?.from).toBe(14);
});

test("elsewhere stand names, helpers and words; in comments and texts nothing", () => {
  expect(offered("ke")?.labels).toContain("keep_home");
  expect(offered("ke", "incoming")?.labels).not.toContain("keep_home");
  expect(offered("is")?.labels).toContain("issue");
  expect(offered("// issue.")).toBeNull();
  expect(offered('let a = "issue.')).toBeNull();
  expect(offered("let a = 1; ")).toBeNull();
});

test("a place that is not there is the nearest one", () => {
  const doc = Text.of(["one", "", "three"]);
  expect(place(doc, 1, 2).from).toBe(1);
  expect(place(doc, 2, 9).from).toBe(4);
  expect(place(doc, 99, 99).from).toBe(doc.length);
  expect(place(doc, 0, 0).from).toBe(0);
});

let editor: Editor | undefined;
afterEach(() => editor?.destroy());

/** An editor in a page without layout. */
function opened(text: string) {
  const heard: string[] = [];
  let saved = 0;
  const made = mount(document.body, {
    text,
    direction: "outgoing",
    label: "Rules",
    help: "help",
    phrases: {},
    onChange: (now) => heard.push(now),
    onSave: () => saved++,
  });
  editor = made;
  const key = (key: string, more: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    made.view.contentDOM.dispatchEvent(event);
    return event.defaultPrevented;
  };
  return { made, heard, key, saved: () => saved };
}

test("each fault is marked at its word, also at the end of a line and in an empty text", () => {
  const { made } = opened("let a = isue.type;\nlet b =");
  const fault = (line: number, column: number) => ({
    direction: "outgoing" as const,
    line,
    column,
    sentence: `${line}/${column}`,
  });
  made.mark([fault(1, 9), fault(2, 99), fault(0, 0)]);
  const marks: [string, string][] = [];
  const doc = () => made.view.state.doc;
  forEachDiagnostic(made.view.state, (d, from, to) => marks.push([d.message, doc().sliceString(from, to)]));
  expect(marks).toEqual([
    ["1/9", "isue"],
    ["2/99", "="],
  ]);
  made.set("");
  made.mark([fault(1, 1)]);
  expect(doc().length).toBe(0);
});

test("what is typed is heard, and what is set from outside is not", () => {
  const { made, heard } = opened("a");
  made.set("b");
  expect(heard).toEqual([]);
  made.view.dispatch({ changes: { from: 1, insert: "c" } });
  expect(heard).toEqual(["bc"]);
});

test("Tab indents; after Esc it leaves until something is typed; Ctrl+S saves; Esc stays in the place", () => {
  const { made, heard, key, saved } = opened("a");
  expect(key("Tab", { keyCode: 9 })).toBe(true);
  expect(heard.at(-1)).toBe("    a");
  expect(key("Escape", { keyCode: 27 })).toBe(true);
  expect(key("Tab", { keyCode: 9 })).toBe(false);
  expect(key("Tab", { keyCode: 9 })).toBe(false);
  made.view.dispatch({ changes: { from: 0, insert: "x" } });
  expect(key("Tab", { keyCode: 9 })).toBe(true);
  expect(key("s", { ctrlKey: true, keyCode: 83 })).toBe(true);
  expect(saved()).toBe(1);
});
