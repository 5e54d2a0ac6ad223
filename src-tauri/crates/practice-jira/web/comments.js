// Comments: read, written, edited, deleted; each says who may read it.
import { el, keyed } from "./dom.js";
import { showNode } from "./adf.js";
import { ask, tried } from "./dialogs.js";
import { drafts, part, textEditor } from "./editor.js";
import { avatar, when } from "./format.js";
import { call } from "./server.js";

// Jira knows internal notes (service projects) and comments for one role; Twinline must not send either.
const READERS = [
  ["", "Everybody", {}],
  ["internal", "Internal note", { properties: [{ key: "sd.public.comment", value: { internal: true } }] }],
  ["role", "Administrators only", { visibility: { type: "role", value: "Administrators" } }],
];

function oneComment(context, id) {
  const node = el("li", { class: "comment" });
  const head = el("div", { class: "meta" });
  const base = `issues/${encodeURIComponent(context.key)}/comments`;
  let comment;
  const body = part({
    id: `${context.key} comment ${id}`,
    what: "this comment",
    stored: context.refresh,
    show: (value) =>
      value ? showNode(value, context.files()) : el("p", { class: "none" }, "An empty comment."),
    open: ({ value, draft, save, cancel, input }) =>
      textEditor({ label: "Comment", doc: value, draft, files: context.files, save, cancel, input }),
    store: async (doc) => {
      if (!doc) throw new Error("The comment is empty. To take it away, delete it.");
      await call("PUT", `${base}/${comment.id}`, { as: context.who(), body: doc });
    },
  });
  const remove = async () => {
    if (!(await ask("Delete this comment?", "Delete comment"))) return;
    await tried(
      () => call("DELETE", `${base}/${comment.id}?as=${encodeURIComponent(context.who())}`),
      "Comment deleted",
    );
    await context.refresh();
  };
  const edit = el("button", { type: "button", class: "plain", onclick: () => body.edit() }, "Edit");
  const erase = el("button", { type: "button", class: "plain", onclick: remove }, "Delete");
  return {
    node,
    get writing() {
      return body.writing;
    },
    gone: () => body.gone("This comment was deleted elsewhere."),
    update(c) {
      comment = c;
      const name = c.author.displayName;
      edit.setAttribute("aria-label", `Edit the comment by ${name}`);
      erase.setAttribute("aria-label", `Delete the comment by ${name}`);
      const marks = [
        c.jsdPublic === false && el("span", { class: "lock" }, "Internal note"),
        c.visibility && el("span", { class: "lock" }, `Only for ${c.visibility.value}`),
      ];
      head.replaceChildren(
        el("strong", {}, name),
        when(c.created),
        (c.updated !== c.created &&
          el(
            "span",
            {},
            "edited ",
            c.updateAuthor.displayName === name ? "" : `by ${c.updateAuthor.displayName} `,
            when(c.updated),
          )) ||
          "",
        ...marks.filter(Boolean),
        el("span", { class: "push" }, edit, erase),
      );
      if (!node.hasChildNodes()) node.append(avatar(name), el("div", {}, head, body.node));
      body.update(c.body, c.updateAuthor.displayName);
    },
  };
}

/** All comments of an issue, and the box for the next one. */
export function commentsPart(context) {
  const known = new Map();
  const list = el("ul", { class: "comments", "aria-label": "Comments" });
  const number = el("span", { class: "number" });
  const mine = el("div", { class: "mine" });
  const draftId = `${context.key} new comment`;
  const readers = el(
    "select",
    { "aria-label": "Who may read the new comment" },
    READERS.map(([value, name]) => el("option", { value }, name)),
  );
  const remember = () => {
    const draft = editor.draft();
    drafts.set(draftId, draft && { ...draft, readers: readers.value });
  };
  const draft = drafts.get(draftId);
  const editor = textEditor({
    label: "New comment",
    draft,
    rows: 3,
    placeholder: "Write a comment",
    saveLabel: "Comment",
    files: context.files,
    input: () => remember(),
    extra: readers,
    save: async (doc) => {
      if (!doc) throw new Error("The comment is empty.");
      const [, , limits] = READERS.find(([value]) => value === readers.value);
      await call("POST", `issues/${encodeURIComponent(context.key)}/comments`, {
        as: context.who(),
        body: doc,
        ...limits,
      });
      editor.clear();
      readers.value = "";
      drafts.set(draftId, null);
      await context.refresh();
    },
  });
  readers.value = draft?.readers ?? "";
  readers.addEventListener("change", remember);
  const node = el(
    "section",
    { "aria-label": "Comments" },
    el("h2", {}, "Comments ", number),
    list,
    el("div", { class: "comment new" }, mine, editor.node),
  );
  return {
    node,
    focus: () => editor.focus(),
    get writing() {
      return [...known.values()].some((c) => c.writing) || editor.draft() !== null;
    },
    update(comments, me) {
      number.textContent = comments.length ? String(comments.length) : "";
      mine.replaceChildren(avatar(me));
      const ids = comments.map((c) => c.id);
      for (const [id, comment] of known) {
        if (ids.includes(id)) continue;
        if (comment.writing) comment.gone();
        else known.delete(id);
      }
      for (const c of comments) {
        if (!known.has(c.id)) known.set(c.id, oneComment(context, c.id));
        known.get(c.id).update(c);
      }
      // One that is being edited stays in its place although it is gone.
      keyed(list, [...known.keys()], { key: (id) => id, sign: () => 0, build: (id) => known.get(id).node });
    },
  };
}
