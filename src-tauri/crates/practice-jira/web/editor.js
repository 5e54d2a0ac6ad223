// Writing: a box for formatted text, and a part of an issue that is read until somebody edits it.
import { el } from "./dom.js";
import { showNode } from "./adf.js";
import { fromMarkdown, toMarkdown } from "./markdown.js";
import { memory } from "./server.js";
import { toast } from "./dialogs.js";

/** What is being written under this name; it outlives a reload of the window. */
export const drafts = {
  get: (id) => memory.get(`draft ${id}`),
  set: (id, draft) => memory.set(`draft ${id}`, draft),
};

const TOOLS = [
  ["Bold", "B", "**", "**", "b"],
  ["Italic", "I", "_", "_", "i"],
  ["Code", "<>", "`", "`", null],
  ["Link", "Link", "[", "](https://)", null],
  ["List", "List", "\n- ", "", null],
];

/** Puts two signs around what is selected; Ctrl Z takes them away again. */
function around(box, before, after) {
  const { selectionStart: from, selectionEnd: to, value } = box;
  const text = before + value.slice(from, to) + after;
  box.focus();
  // setRangeText would be forgotten by the browser's own undo.
  if (!document.execCommand?.("insertText", false, text)) box.setRangeText(text, from, to, "end");
  box.setSelectionRange(from + before.length, from + before.length + (to - from));
  box.dispatchEvent(new Event("input"));
}

let boxes = 0;

/**
 * A box for formatted text. `save` gets the document (null for none) and may throw; `extra` stands beside the buttons;
 * `keyboard` says whether Esc leaves a box in which nothing was changed.
 * Answers the node, what is in it as a draft, and how to fill and focus it.
 */
export function textEditor({
  label,
  doc = null,
  draft = null,
  files = () => [],
  rows = 6,
  placeholder,
  saveLabel = "Save",
  save,
  cancel,
  input = () => {},
  extra = null,
  keyboard = true,
}) {
  const kept = draft?.kept ?? [];
  const id = `editor-${++boxes}`;
  const box = el("textarea", {
    id,
    rows,
    "aria-label": label,
    placeholder,
    value: draft?.text ?? (doc ? toMarkdown(doc, kept) : ""),
  });
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const preview = el("div", {
    class: "preview",
    hidden: true,
    tabindex: 0,
    role: "region",
    "aria-label": `${label}, preview`,
  });
  const start = box.value;
  // Words that somebody has written are not dropped by a key that is easily hit.
  const leave =
    keyboard &&
    cancel &&
    (() => (box.value === start ? cancel() : toast("Press Cancel to drop what you wrote.")));
  const current = () => fromMarkdown(box.value, kept, files());
  const button = el("button", { type: "button", class: "primary" }, saveLabel);
  const submit = async () => {
    error.hidden = true;
    button.disabled = true;
    try {
      await save(current());
    } catch (e) {
      error.textContent = e.message;
      error.hidden = false;
    }
    button.disabled = false;
  };
  button.addEventListener("click", submit);
  box.addEventListener("input", () => input());
  box.addEventListener("keydown", (e) => {
    const held = e.ctrlKey || e.metaKey;
    const tool =
      held && !e.shiftKey && !e.altKey && TOOLS.find(([, , , , key]) => key === e.key.toLowerCase());
    if (tool) around(box, tool[2], tool[3]);
    else if (held && e.key === "Enter") submit();
    else if (e.key === "Escape" && leave) leave();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  const toggle = el("button", { type: "button", class: "plain", "aria-pressed": "false" }, "Preview");
  toggle.addEventListener("click", () => {
    const on = preview.hidden;
    const shown = on && current();
    if (on)
      preview.replaceChildren(shown ? showNode(shown, files()) : el("p", { class: "none" }, "Nothing yet."));
    preview.hidden = !on;
    box.hidden = on;
    toggle.setAttribute("aria-pressed", String(on));
  });
  const tools = TOOLS.map(([name, sign, before, after]) =>
    el(
      "button",
      {
        type: "button",
        class: "plain",
        title: name,
        "aria-label": name,
        onclick: () => around(box, before, after),
      },
      sign,
    ),
  );
  const node = el(
    "div",
    { class: "editor" },
    el(
      "div",
      { class: "tools", role: "group", "aria-label": `${label}, formatting` },
      tools,
      el("span", { class: "space" }),
      toggle,
    ),
    box,
    preview,
    error,
    el(
      "div",
      { class: "bar" },
      button,
      cancel && el("button", { type: "button", onclick: cancel }, "Cancel"),
      extra,
      el(
        "span",
        { class: "tip" },
        kept.length > 0 && !draft
          ? "⟦…⟧ stands for what this box cannot show; left in place, it stays."
          : "Markdown: # heading, - list, > quote, ```code```, ![file name]",
      ),
    ),
  );
  return {
    node,
    draft: () => (box.value.trim() === "" && !doc ? null : { text: box.value, kept }),
    clear: () => {
      box.value = "";
      kept.length = 0;
    },
    focus: () => {
      box.focus();
      box.scrollTop = 0;
    },
    button,
  };
}

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/**
 * A part of an issue. `show(value, edit)` is how it is read; `open({value, draft, save, cancel, input})` makes the box
 * (as `textEditor` answers it); `store(value)` saves. Whoever writes while somebody else changes it is told, and
 * keeps what was written.
 */
export function part({ id, what, show, open, store, stored }) {
  const node = el("div", { class: "part" });
  const notice = el("div", { class: "notice", role: "status", hidden: true });
  let current;
  let base;
  let form = null;

  const read = () => {
    form = null;
    node.replaceChildren(show(current, () => edit(null)));
  };
  const end = () => {
    drafts.set(id, null);
    const within = node.contains(document.activeElement);
    read();
    if (within) (node.querySelector("button") || node.closest("section")?.querySelector("button"))?.focus();
  };
  const edit = (draft) => {
    if (form) return form.focus();
    base = draft ? draft.base : current;
    form = open({
      value: base,
      draft,
      save: async (value) => {
        await store(value);
        current = value;
        end();
        await stored();
      },
      cancel: end,
      input: () => drafts.set(id, { ...(form.draft() || { text: "", kept: [] }), base: base ?? null }),
    });
    node.replaceChildren(notice, form.node);
    if (!draft) form.focus();
    tell(null);
  };
  const tell = (who) => {
    const changed = !same(current, base);
    notice.hidden = !changed;
    if (form.button) form.button.textContent = changed ? "Save mine" : "Save";
    if (!changed) return;
    const theirs = el("details", {}, el("summary", {}, "Show the new one"), show(current, null));
    const take = el("button", { type: "button", class: "plain", onclick: end }, "Take the new one");
    notice.replaceChildren(
      el("strong", {}, `${who || "Somebody"} changed ${what} while you were writing.`),
      " Yours is kept below; saving it replaces theirs.",
      theirs,
      take,
    );
  };
  return {
    node,
    edit: () => edit(null),
    get writing() {
      return form !== null;
    },
    update(value, who) {
      const news = !same(value, current);
      current = value;
      const draft = form ? null : drafts.get(id);
      if (draft) edit(draft);
      else if (!form && (news || !node.hasChildNodes())) read();
      if (form && (news || draft)) tell(who);
    },
    gone(words) {
      if (!form) return;
      notice.replaceChildren(
        el("strong", {}, words),
        " What you were writing is kept here, so that you can copy it.",
      );
      notice.hidden = false;
      if (form.button) form.button.disabled = true;
    },
  };
}
