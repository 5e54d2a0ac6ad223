// One issue: everything that can be read and done in it. It is built once; a change elsewhere changes only its part.
import { el, keyed, link, visible } from "./dom.js";
import { showNode } from "./adf.js";
import { commentsPart } from "./comments.js";
import { ask, tried } from "./dialogs.js";
import { part, textEditor } from "./editor.js";
import { filesPart } from "./files.js";
import { typeMark, when } from "./format.js";
import { call } from "./server.js";

const LONG = 160;

function changed(text) {
  if (text === null || text === undefined || text === "") return el("span", { class: "none" }, "nothing");
  const short = text.length > LONG ? `${text.slice(0, LONG)}…` : text;
  return el(
    "span",
    { class: "value", title: text.length > LONG ? text.slice(0, 2000) : null },
    visible(short),
  );
}

const FIELDS = { issuetype: "type", Attachment: "attachments" };

function historyPart() {
  const list = el("ol", { class: "history" });
  const number = el("span", { class: "number" });
  const none = el("p", { class: "none" }, "Nothing was changed yet.");
  const node = el(
    "section",
    { "aria-label": "History" },
    el("details", {}, el("summary", {}, el("h2", {}, "History ", number)), none, list),
  );
  return {
    node,
    update({ total, histories }) {
      number.textContent = total ? String(total) : "";
      none.hidden = total > 0;
      const lines = histories.flatMap((h) =>
        h.items.map((item, at) => ({
          ...item,
          id: `${h.id}-${at}`,
          who: h.author.displayName,
          at: h.created,
        })),
      );
      keyed(list, lines, {
        key: (line) => line.id,
        sign: (line) => line,
        build: (line) =>
          el(
            "li",
            {},
            el(
              "p",
              {},
              el("strong", {}, line.who),
              ` changed ${FIELDS[line.field] || line.field} `,
              when(line.at),
            ),
            el(
              "p",
              { class: "change" },
              changed(line.fromString),
              " → ",
              changed(Object.hasOwn(line, "toString") ? line.toString : null),
            ),
          ),
      });
    },
  };
}

/** Who changed a field last, by the history. */
function changedBy(issue, field) {
  const entry = issue.changelog.histories.find((h) => h.items.some((item) => item.field === field));
  return entry?.author.displayName;
}

function titlePart(context, put) {
  return part({
    id: `${context.key} summary`,
    what: "the summary",
    stored: context.refresh,
    show: (value, edit) =>
      el(
        "div",
        { class: "title" },
        el("h1", {}, value || ""),
        edit &&
          el(
            "button",
            { type: "button", class: "plain", onclick: edit, "aria-label": "Edit the summary" },
            "Edit",
          ),
      ),
    open: ({ value, draft, save, cancel, input }) => {
      const box = el("input", {
        class: "summary-box",
        "aria-label": "Summary",
        maxlength: 255,
        value: draft?.text ?? value,
        oninput: input,
      });
      const error = el("p", { class: "error", role: "alert", hidden: true });
      const submit = async () => {
        try {
          await save(box.value.trim());
        } catch (e) {
          error.textContent = e.message;
          error.hidden = false;
        }
      };
      box.addEventListener("keydown", (e) => {
        if (e.key === "Enter") submit();
        if (e.key === "Escape") cancel();
      });
      const button = el("button", { type: "button", class: "primary", onclick: submit }, "Save");
      return {
        // The page keeps its heading while its text is edited.
        node: el(
          "div",
          {},
          el("h1", { class: "sr-only" }, value),
          box,
          error,
          el("div", { class: "bar" }, button, el("button", { type: "button", onclick: cancel }, "Cancel")),
        ),
        draft: () => ({ text: box.value, kept: [] }),
        focus: () => box.select(),
        button,
      };
    },
    store: (value) => put({ summary: value }),
  });
}

/** A list to choose from; what is chosen is saved at once. */
function chooser(name, save) {
  const node = el("select", { "aria-label": name });
  let shown;
  node.addEventListener("change", async () => {
    if (!(await save(node.value))) node.value = shown;
  });
  return {
    node,
    update(options, value) {
      shown = value;
      keyed(node, options, {
        key: ([id]) => id,
        sign: (o) => o,
        build: ([id, text]) => el("option", { value: id }, text),
      });
      node.value = value;
    },
  };
}

/** The view of an issue; `context` knows the key, who acts, the site, and how to read the issue again. */
export function issueView(context) {
  let issue;
  const path = `issues/${encodeURIComponent(context.key)}`;
  const put = (fields) => call("PUT", path, { as: context.who(), fields });
  const saved = async (fields, words) => {
    const good = await tried(() => put(fields), words);
    await context.refresh();
    return good;
  };
  const inner = { ...context, files: () => issue?.media || [] };
  const title = titlePart(inner, put);
  const description = part({
    id: `${context.key} description`,
    what: "this description",
    stored: context.refresh,
    show: (value) => (value ? showNode(value, inner.files()) : el("p", { class: "none" }, "No description.")),
    open: ({ value, draft, save, cancel, input }) =>
      textEditor({
        label: "Description",
        doc: value,
        draft,
        files: inner.files,
        rows: 14,
        save,
        cancel,
        input,
      }),
    store: (value) => put({ description: value }),
  });
  const files = filesPart(inner);
  const comments = commentsPart(inner);
  const changes = historyPart();
  const status = chooser("Status", (value) => saved({ "practice-status": Number(value) }, "Status saved"));
  const type = chooser("Type", (value) => saved({ issuetype: { id: value } }, "Type saved"));
  const crumb = el("p", { class: "crumb" });
  const facts = el("dl");
  const gone = el("p", { class: "notice", role: "alert", hidden: true });
  const remove = async () => {
    if (!(await ask(`Delete ${context.key}, with its comments and files?`, "Delete issue"))) return;
    if (
      await tried(
        () => call("DELETE", `${path}?as=${encodeURIComponent(context.who())}`),
        `${context.key} deleted`,
      )
    )
      location.hash = "#/";
  };
  const edit = el(
    "button",
    {
      type: "button",
      class: "plain",
      onclick: () => description.edit(),
      "aria-label": "Edit the description",
    },
    "Edit",
  );
  const node = el(
    "article",
    { class: "issue", "aria-label": context.key },
    el(
      "div",
      { class: "head" },
      el("a", { class: "back", href: "#/" }, "← All issues"),
      crumb,
      gone,
      title.node,
    ),
    el(
      "aside",
      { class: "side", "aria-label": "Details" },
      el("label", { class: "field" }, el("span", {}, "Status"), status.node),
      el("label", { class: "field" }, el("span", {}, "Type"), type.node),
      facts,
      el("button", { type: "button", class: "plain danger", onclick: remove }, "Delete issue"),
    ),
    el(
      "div",
      { class: "body" },
      el(
        "section",
        { class: "description", "aria-label": "Description" },
        el("h2", {}, "Description", edit),
        description.node,
      ),
      files.node,
      comments.node,
      changes.node,
    ),
  );

  const fact = (name, ...value) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));
  return {
    node,
    key: context.key,
    add: files.add,
    comment: comments.focus,
    get writing() {
      return title.writing || description.writing || comments.writing;
    },
    gone() {
      gone.textContent = `${context.key} was deleted elsewhere. What you were writing is kept below, so that you can copy it.`;
      gone.hidden = false;
    },
    update(news) {
      issue = news;
      const f = issue.fields;
      const site = context.site();
      const project = site.projects.find((p) => p.key === f.project.key) || {
        name: f.project.name,
        types: [],
      };
      const types = project.types.map((t) => [t.id, t.name]);
      if (!types.some(([id]) => id === f.issuetype.id)) types.push([f.issuetype.id, f.issuetype.name]);
      crumb.replaceChildren(
        project.name,
        " / ",
        typeMark(f.issuetype.name),
        " ",
        issue.key,
        project.archived ? el("span", { class: "lock" }, "Archived: nothing can be changed") : "",
      );
      title.update(f.summary, changedBy(issue, "summary"));
      description.update(f.description, changedBy(issue, "description"));
      files.update(f.attachment);
      comments.update(f.comment.comments, context.name());
      changes.update(issue.changelog);
      status.update(
        site.statuses.map((s) => [String(s.id), s.name]),
        String(issue.statusNumber),
      );
      type.update(types, f.issuetype.id);
      const links = issue.links.map((l) => el("li", {}, link(l.object.url, l.object.title)));
      facts.replaceChildren(
        fact("Reporter", f.reporter.displayName),
        fact("Assignee", f.assignee ? f.assignee.displayName : el("span", { class: "none" }, "Nobody")),
        fact("Priority", f.priority.name),
        f.labels.length
          ? fact(
              "Labels",
              f.labels.map((l) => el("span", { class: "label" }, l)),
            )
          : "",
        f.parent
          ? fact("Parent", el("a", { href: `#/issue/${encodeURIComponent(f.parent.key)}` }, f.parent.key))
          : "",
        fact("Created", when(f.created)),
        fact("Updated", when(f.updated)),
        links.length ? fact("Links", el("ul", {}, links)) : "",
      );
    },
  };
}
