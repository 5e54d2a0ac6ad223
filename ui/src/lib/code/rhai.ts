// The rules' language as far as colours need it: comments, texts, numbers, words. What is wrong in a text, Rust says.
import { StreamLanguage, type StringStream } from "@codemirror/language";
import { ATOMS, FUNCTIONS, KEYWORDS, NAMES } from "./names";

interface State {
  /** Block comments nest. */
  depth: number;
  /** Inside of a text that goes over several lines. */
  text: boolean;
}

const keywords = new Set(KEYWORDS);
const atoms = new Set(ATOMS);
const names = new Set(NAMES);
const functions = new Set([...FUNCTIONS.outgoing, ...FUNCTIONS.incoming]);

function comment(stream: StringStream, state: State) {
  while (!stream.eol()) {
    if (stream.match("/*")) state.depth++;
    else if (stream.match("*/")) {
      if (--state.depth === 0) break;
    } else stream.next();
  }
  return "comment";
}

/** Up to the end of a text, or of the line. */
function text(stream: StringStream, end: string): boolean {
  for (let c = stream.next(); c !== undefined; c = stream.next()) {
    if (c === "\\" && end !== "`") stream.next();
    else if (c === end) return true;
  }
  return false;
}

export function token(stream: StringStream, state: State): string | null {
  if (state.depth > 0) return comment(stream, state);
  if (state.text) {
    state.text = !text(stream, "`");
    return "string";
  }
  if (stream.eatSpace()) return null;
  if (stream.match("//")) {
    stream.skipToEnd();
    return "comment";
  }
  if (stream.match("/*")) {
    state.depth = 1;
    return comment(stream, state);
  }
  const quote = stream.peek();
  if (quote === '"' || quote === "'" || quote === "`") {
    stream.next();
    const ended = text(stream, quote);
    state.text = !ended && quote === "`";
    return "string";
  }
  if (stream.match(/^0[xob][\da-fA-F_]+|^\d[\d_]*(\.\d[\d_]*)?([eE][+-]?\d+)?/)) return "number";
  if (stream.match(/^[A-Za-z_]\w*/)) {
    const word = stream.current();
    // What stands behind a point is a field or a function of something, whatever it is called.
    if (stream.string[stream.start - 1] === ".") return "propertyName";
    if (keywords.has(word)) return "keyword";
    if (atoms.has(word)) return "bool";
    if (names.has(word)) return "variableName.special";
    return functions.has(word) ? "variableName.function" : "variableName";
  }
  stream.next();
  return "punctuation";
}

export const start = (): State => ({ depth: 0, text: false });

export const rhai = StreamLanguage.define<State>({
  name: "rhai",
  startState: start,
  copyState: (state) => ({ ...state }),
  token,
  languageData: { commentTokens: { line: "//", block: { open: "/*", close: "*/" } } },
});
