// What may stand where the cursor is, from the one list in `names.ts`.
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { RuleDirection } from "../../bindings";
import { ATOMS, FIELDS, FUNCTIONS, KEYWORDS, MEMBERS, METHODS, NAMES } from "./names";
import { rhai } from "./rhai";

const options = (type: Completion["type"], labels: string[]): Completion[] =>
  labels.map((label) => ({ label, type }));
const called = (labels: string[]): Completion[] =>
  labels.map((label) => ({ label, type: "function", apply: `${label}(` }));

/** Whether a comment or a text stands there: nothing is offered in it. */
function inWords(context: CompletionContext): boolean {
  const node = rhai.parser.parse(context.state.sliceDoc(0, context.pos)).resolveInner(context.pos, -1);
  return node.name === "comment" || node.name === "string";
}

export const complete =
  (direction: RuleDirection) =>
  (context: CompletionContext): CompletionResult | null => {
    const member = context.matchBefore(/\w+\.\w*/);
    const word = context.matchBefore(/\w+/);
    if ((!member && !word && !context.explicit) || inWords(context)) return null;
    if (member || context.matchBefore(/\.\w*/)) {
      const [of, begun] = (member?.text ?? ".").split(".") as [string, string];
      const known = MEMBERS[direction][of];
      const from = context.pos - (member ? begun.length : (word?.text.length ?? 0));
      return {
        from,
        options: known ? options("property", known) : [...options("property", FIELDS), ...called(METHODS)],
        validFor: /^\w*$/,
      };
    }
    return {
      from: word?.from ?? context.pos,
      options: [
        ...options("variable", NAMES),
        ...called(FUNCTIONS[direction]),
        ...options("keyword", [...KEYWORDS, ...ATOMS]),
      ],
      validFor: /^\w*$/,
    };
  };
