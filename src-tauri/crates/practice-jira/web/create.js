// A new issue.
import { el } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { drafts, textEditor } from "./editor.js";
import { call } from "./server.js";

const DRAFT = "new issue";

/** Opens the form; `made` gets the key. What was written stays when it is closed by mistake. */
export function createIssue({ site, project, who, made }) {
  const draft = drafts.get(DRAFT);
  const open = site.projects.filter((p) => !p.archived);
  const chosen = draft?.project || project;
  const projects = el(
    "select",
    {},
    open.map((p) => el("option", { value: p.key, selected: p.key === chosen }, `${p.name} (${p.key})`)),
  );
  const types = el("select");
  const fill = () => {
    const p = open.find((one) => one.key === projects.value);
    const kinds = (p?.types || []).filter((t) => !t.subtask);
    const standard = draft?.type || p?.default || kinds.find((t) => t.name === "Task")?.id;
    types.replaceChildren(
      ...kinds.map((t) => el("option", { value: t.id, selected: t.id === standard }, t.name)),
    );
  };
  fill();
  const summary = el("input", {
    required: true,
    maxlength: 255,
    value: draft?.summary || "",
    autofocus: true,
    autocomplete: "off",
  });
  const remember = () => {
    const text = editor.draft();
    const empty = summary.value.trim() === "" && text === null;
    drafts.set(
      DRAFT,
      empty ? null : { project: projects.value, type: types.value, summary: summary.value, text },
    );
  };
  const save = async (description) => {
    if (!summary.value.trim()) {
      summary.focus();
      throw new Error("An issue needs a summary.");
    }
    const fields = {
      project: { key: projects.value },
      issuetype: { id: types.value },
      summary: summary.value,
      description,
    };
    const { key } = await call("POST", "issues", { as: who(), fields });
    drafts.set(DRAFT, null);
    close();
    made(key);
  };
  const cancel = () => {
    drafts.set(DRAFT, null);
    close();
  };
  const editor = textEditor({
    label: "Description",
    draft: draft?.text,
    rows: 8,
    saveLabel: "Create",
    // Esc closes the dialog, and what was written is there again when it is opened again.
    keyboard: false,
    input: () => remember(),
    save,
    cancel,
  });
  projects.addEventListener("change", () => (fill(), remember()));
  types.addEventListener("change", remember);
  summary.addEventListener("input", remember);
  summary.addEventListener("keydown", (e) => {
    if (e.key === "Enter") editor.button.click();
  });
  const field = (name, input) => el("label", { class: "field" }, el("span", {}, name), input);
  const close = openDialog(
    "Create issue",
    el(
      "div",
      {},
      el("div", { class: "pair" }, field("Project", projects), field("Type", types)),
      field("Summary", summary),
      el("div", { class: "field" }, el("span", {}, "Description"), editor.node),
    ),
  );
}
