// The editor of sync rules, loaded apart: it is large, and few people open it.
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, bracketMatching, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Text } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { RuleDirection, RuleFault } from "../../bindings";
import { complete } from "./complete";
import { rhai } from "./rhai";

export interface Options {
  text: string;
  direction: RuleDirection;
  /** What the editor is called, and the id of what explains its keys. */
  label: string;
  help: string;
  onChange: (text: string) => void;
  onSave: () => void;
  /** The editor's own words, by their English. */
  phrases: Record<string, string>;
}

export interface Editor {
  /** Shows another text, if it is another. */
  set: (text: string) => void;
  mark: (faults: RuleFault[]) => void;
  /** Puts the cursor there; lines count from 1, and the end of the text is as far as it goes. */
  go: (line: number, column?: number) => void;
  focus: () => void;
  destroy: () => void;
  view: EditorView;
}

/** Colours are those of the tokens, so that each theme has its own. */
const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: tags.string, color: "var(--ok)" },
  { tag: tags.number, color: "var(--info)" },
  { tag: tags.bool, color: "var(--info)" },
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: tags.special(tags.variableName), color: "var(--attention)", fontWeight: "600" },
  { tag: tags.function(tags.variableName), color: "var(--accent)" },
]);

const look = EditorView.theme({
  "&": {
    color: "var(--text)",
    backgroundColor: "var(--surface)",
    fontSize: "0.8125rem",
    borderRadius: "inherit",
  },
  // The ring is around the whole field, whatever stands in it.
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    fontFamily: "var(--font-mono)",
    lineHeight: "1.35rem",
    borderRadius: "inherit",
    // It grows with its text: the page scrolls, and nothing scrolls within it.
    minHeight: "11rem",
  },
  ".cm-content": { caretColor: "var(--text)", padding: "0.5rem 0" },
  ".cm-gutters": {
    backgroundColor: "var(--sunken)",
    color: "var(--muted)",
    borderRight: "1px solid var(--border)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--sunken) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--accent-soft)",
    outline: "1px solid var(--accent)",
  },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--danger)",
    textUnderlineOffset: "3px",
  },
  ".cm-gutter-lint": { width: "1.1em" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0 0.2em" },
  ".cm-lint-marker": { width: "auto", height: "auto" },
  ".cm-lint-marker-error": {
    content: "normal",
    color: "var(--danger)",
    fontWeight: "700",
    textAlign: "center",
  },
  ".cm-lint-marker-error::before": { content: '"!"' },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    border: "1px solid var(--control)",
    borderRadius: "var(--round-hint)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--font-mono)",
    maxHeight: "min(26rem, 70vh)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.2rem 0.6rem", minHeight: "1.5rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent)",
    color: "var(--on-accent)",
  },
  ".cm-diagnostic": { padding: "0.3rem 0.6rem", fontFamily: "var(--font-sans)", maxWidth: "30rem" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--danger)" },
});

/** Where a line and a column lie in a text; a place that is not there is the nearest one. */
export function place(doc: Text, line: number, column: number) {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return { from: Math.min(found.from + Math.max(column, 1) - 1, found.to), line: found };
}

export function mount(parent: HTMLElement, options: Options): Editor {
  let setting = false;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        EditorState.phrases.of(options.phrases),
        lineNumbers(),
        lintGutter(),
        history(),
        indentUnit.of("    "),
        EditorView.lineWrapping,
        highlightActiveLine(),
        bracketMatching(),
        rhai,
        syntaxHighlighting(colours),
        look,
        autocompletion({ override: [complete(options.direction)], icons: false }),
        keymap.of([
          { key: "Mod-s", preventDefault: true, run: () => (options.onSave(), true) },
          ...completionKeymap,
          // From then on Tab leaves, until something is typed: nobody is caught in here, and nobody has to be quick.
          { key: "Escape", preventDefault: true, run: (v) => (v.setTabFocusMode(true), true) },
          indentWithTab,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        EditorView.contentAttributes.of({
          "aria-label": options.label,
          "aria-describedby": options.help,
          "data-testid": `code-${options.direction}`,
          spellcheck: "false",
          autocapitalize: "off",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) {
            update.view.setTabFocusMode(false);
            if (!setting) options.onChange(update.state.doc.toString());
          }
        }),
        EditorView.domEventHandlers({ blur: (_, v) => v.setTabFocusMode(false) }),
      ],
    }),
  });
  return {
    view,
    set(text) {
      if (text === view.state.doc.toString()) return;
      setting = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      setting = false;
    },
    mark(faults) {
      const { doc } = view.state;
      const marks = faults
        .filter((fault) => fault.line > 0)
        .map((fault) => {
          const { from, line } = place(doc, fault.line, fault.column);
          // Up to the end of the word, and something that can be seen at the end of a line.
          const word = /^\w+|^[^\w\s]+/.exec(doc.sliceString(from, line.to))?.[0].length ?? 0;
          const to = Math.min(from + Math.max(word, 1), line.to);
          return {
            from: from < to ? from : Math.max(line.from, to - 1),
            to,
            severity: "error" as const,
            message: fault.sentence,
          };
        });
      view.dispatch(setDiagnostics(view.state, marks));
    },
    go(line, column = 1) {
      const { from } = place(view.state.doc, line, column);
      view.dispatch({
        selection: { anchor: from },
        effects: EditorView.scrollIntoView(from, { y: "center" }),
      });
      view.focus();
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
