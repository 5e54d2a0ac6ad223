"use strict";
const $ = (id) => document.getElementById(id);
const state = { site: null, version: 0, key: null, project: null, editing: 0, openHistory: false };

async function call(method, path, body) {
  const form = body instanceof FormData;
  const answer = await fetch(`/practice/ui/${path}`, { method, body: body === undefined ? undefined : form ? body : JSON.stringify(body), headers: body === undefined || form ? {} : { "content-type": "application/json" } });
  const text = await answer.text();
  const data = text ? JSON.parse(text) : null;
  if (answer.ok) return data;
  const sentences = [...(data?.errorMessages || []), ...Object.values(data?.errors || {})];
  throw new Error(sentences.join(" ").replace("INVALID_INPUT", "Jira would refuse this text.") || `It did not work (${answer.status}).`);
}

let toastTimer;
function toast(text) {
  $("live").textContent = text;
  $("live").classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $("live").classList.remove("on"), 3500);
}
const tried = async (work, done) => { try { await work(); if (done) toast(done); await refresh(true); return true; } catch (error) { toast(error.message); return false; } };
const who = () => $("who").value;
const as = () => `as=${encodeURIComponent(who())}`;

function when(text) {
  const at = new Date(text.replace(/\+0000$/, "Z"));
  const seconds = Math.round((Date.now() - at) / 1000);
  const shown = seconds < 45 ? "just now" : seconds < 3600 ? `${Math.max(1, Math.round(seconds / 60))} min ago` : seconds < 86400 ? `${Math.round(seconds / 3600)} h ago` : at.toLocaleDateString();
  return el("time", { title: at.toLocaleString() }, shown);
}
const size = (n) => (n < 1024 ? `${n} bytes` : n < 1048576 ? `${(n / 1024).toFixed(0)} KB` : `${(n / 1048576).toFixed(1)} MB`);
const tone = (text) => [...text].reduce((a, c) => (a * 31 + c.charCodeAt(0)) % 360, 7);
function avatar(name) {
  const node = el("span", { class: "avatar", "aria-hidden": "true" }, name.split(" ").map((w) => w[0]).slice(0, 2).join(""));
  node.style.setProperty("--tone", tone(name));
  return node;
}
const statusName = (id) => state.site.statuses.find((s) => s.id === id)?.name || "";

function editor({ doc = null, label, save, cancel, rows = 6, placeholder = "" }) {
  const kept = [];
  const box = el("textarea", { rows, "aria-label": label, placeholder, value: doc ? toMarkdown(doc, kept) : "" });
  const error = el("p", { class: "error", hidden: true, role: "alert" });
  const submit = async () => {
    try { await save(fromMarkdown(box.value, kept)); } catch (e) { error.textContent = e.message; error.hidden = false; }
  };
  box.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) submit();
    if (e.key === "Escape" && cancel) cancel();
  });
  return el("div", { class: "editor" }, box, error, el("div", { class: "bar" },
    el("button", { class: "primary", type: "button", onclick: submit }, "Save"),
    cancel ? el("button", { type: "button", onclick: cancel }, "Cancel") : null,
    el("span", { class: "hint" }, "**bold** _italic_ `code` # heading - list ```code``` :: warning: panel")));
}

function showProjects() {
  const all = [{ key: null, name: "All" }, ...state.site.projects];
  $("projects").replaceChildren(...all.map((p) => el("a", { href: p.key ? `#/project/${p.key}` : "#/", "aria-current": state.project === p.key ? "page" : null, title: p.name }, p.key ? p.key : "All")));
}

function showList(issues) {
  const top = $("list").scrollTop;
  const focused = document.activeElement?.closest?.("#list a")?.getAttribute("href");
  const rows = issues.map((i) => el("a", { href: `#/issue/${i.key}`, "aria-current": i.key === state.key ? "true" : null },
    el("div", { class: "row" }, el("span", { class: `type ${i.type}`, title: i.type }), i.key, el("span", {}, i.type), el("span", { class: `status s${i.status}` }, statusName(i.status))),
    el("div", { class: "summary" }, i.summary),
    el("div", { class: "row" }, when(i.updated), i.comments ? el("span", {}, `${i.comments} comment${i.comments > 1 ? "s" : ""}`) : null, i.attachments ? el("span", {}, `${i.attachments} file${i.attachments > 1 ? "s" : ""}`) : null)));
  $("list").replaceChildren(...(rows.length ? rows : [el("p", { class: "empty" }, "No issues yet. Create the first one.")]));
  $("list").scrollTop = top;
  if (focused) $("list").querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

function commentView(issue, c) {
  const body = showNode(c.body, issue.media);
  const box = el("div", {}, body);
  const mine = el("span", { class: "push" },
    el("button", { class: "quiet", type: "button", onclick: () => {
      state.editing++;
      const stop = () => { state.editing--; box.replaceChildren(body); };
      box.replaceChildren(editor({ doc: c.body, label: "Comment", cancel: stop, save: async (doc) => {
        await call("PUT", `issues/${issue.key}/comments/${c.id}`, { as: who(), body: doc });
        state.editing--;
        await refresh(true);
      } }));
      box.querySelector("textarea").focus();
    } }, "Edit"),
    el("button", { class: "quiet danger", type: "button", onclick: () => confirm("Delete this comment?") && tried(() => call("DELETE", `issues/${issue.key}/comments/${c.id}?${as()}`), "Comment deleted") }, "Delete"));
  return el("article", { class: "comment" }, avatar(c.author.displayName), el("div", {},
    el("div", { class: "meta" }, el("strong", {}, c.author.displayName), when(c.created), c.updated !== c.created ? "edited" : null, c.jsdPublic === false ? "internal" : null, c.visibility ? `only for ${c.visibility.value}` : null, mine), box));
}

function historyView(histories) {
  const line = (h) => h.items.map((i) => el("li", {}, el("strong", {}, h.author.displayName), ` changed ${i.field} `, when(h.created), el("br"),
    i.fromString ? el("del", {}, i.fromString.slice(0, 160)) : null, i.fromString && i.toString ? " → " : null, typeof i.toString === "string" ? i.toString.slice(0, 160) : null));
  return histories.length ? el("ul", { class: "history" }, histories.flatMap(line)) : el("p", { class: "none" }, "Nothing was changed yet.");
}

function showIssue(issue) {
  const f = issue.fields;
  const project = state.site.projects.find((p) => p.key === f.project.key);
  const put = (fields, done) => tried(() => call("PUT", `issues/${issue.key}`, { as: who(), fields }), done);
  const summary = el("textarea", { rows: 1, "aria-label": "Summary", value: f.summary });
  const resize = () => { if (!CSS.supports("field-sizing", "content")) { summary.style.height = "auto"; summary.style.height = `${summary.scrollHeight}px`; } };
  summary.addEventListener("input", resize);
  summary.addEventListener("focus", () => { summary.dataset.held = "1"; state.editing++; });
  summary.addEventListener("blur", () => {
    if (summary.dataset.held) { delete summary.dataset.held; state.editing--; }
    if (summary.value.trim() !== f.summary) put({ summary: summary.value.replace(/\n/g, " ") }, "Summary saved").then((ok) => { if (!ok) summary.value = f.summary; });
  });
  summary.addEventListener("keydown", (e) => {
    if (e.key === "Enter") { e.preventDefault(); summary.blur(); }
    if (e.key === "Escape") { summary.value = f.summary; summary.blur(); }
  });
  const body = el("div", {}, f.description ? showNode(f.description, issue.media) : el("p", { class: "none" }, "No description."));
  const editDescription = () => {
    state.editing++;
    const stop = () => { state.editing--; refresh(true); };
    body.replaceChildren(editor({ doc: f.description, label: "Description", rows: 16, cancel: stop, save: async (doc) => {
      await call("PUT", `issues/${issue.key}`, { as: who(), fields: { description: doc } });
      state.editing--;
      await refresh(true);
    } }));
    body.querySelector("textarea").focus();
  };
  const choose = (label, options, chosen, change) => el("select", { "aria-label": label, onchange: (e) => change(e.target.value) }, options.map(([value, name]) => el("option", { value, selected: String(value) === String(chosen) }, name)));
  const picker = el("input", { type: "file", multiple: true, hidden: true, onchange: (e) => upload(issue.key, e.target.files) });
  const files = f.attachment.map((a) => el("div", { class: "file" },
    el("a", { href: `/practice/ui/files/${a.id}`, download: a.filename, title: a.filename },
      a.mimeType.startsWith("image/") && a.mimeType !== "image/svg+xml" ? el("img", { src: `/practice/ui/files/${a.id}`, alt: "", loading: "lazy" }) : el("div", { class: "thumb" }, (a.filename.split(".").pop() || "file").slice(0, 5).toUpperCase()),
      el("div", { class: "name" }, a.filename), el("div", { class: "size" }, `${size(a.size)} · ${a.author.displayName}`)),
    el("button", { type: "button", "aria-label": `Delete ${a.filename}`, onclick: () => confirm(`Delete ${a.filename}?`) && tried(() => call("DELETE", `files/${a.id}?${as()}`), "File deleted") }, "×")));
  const types = project.types.map((t) => [t.id, t.name]);
  if (!types.some(([id]) => id === f.issuetype.id)) types.push([f.issuetype.id, f.issuetype.name]);
  const remote = issue.links.map((l) => el("li", {}, safeLink(l.object.url) ? el("a", { href: l.object.url, target: "_blank", rel: "noopener noreferrer" }, l.object.title) : l.object.title));
  const comments = f.comment.comments;
  const draft = state.draft?.key === issue.key ? state.draft.text : "";
  const add = editor({ label: "New comment", rows: 4, placeholder: "Add a comment…", save: async (doc) => {
    if (!doc) throw new Error("The comment is empty.");
    await call("POST", `issues/${issue.key}/comments`, { as: who(), body: doc });
    state.draft = null;
    await refresh(true);
  } });
  const box = add.querySelector("textarea");
  box.value = draft;
  box.id = "new-comment";
  box.addEventListener("input", () => { state.draft = { key: issue.key, text: box.value }; });
  const history = el("details", { open: state.openHistory, ontoggle: (e) => { state.openHistory = e.target.open; } }, el("summary", {}, `History (${issue.changelog.total})`), historyView(issue.changelog.histories));
  $("main").replaceChildren(el("div", { class: "issue" },
    el("div", {},
      el("p", { class: "crumb" }, `${project.name} / `, el("span", { class: `type ${f.issuetype.name}` }), ` ${issue.key}`),
      el("h1", { class: "summary-input" }, summary),
      el("section", {}, el("h2", {}, "Description", el("button", { class: "quiet", type: "button", onclick: editDescription }, "Edit")), body),
      el("section", {}, el("h2", {}, `Attachments (${files.length})`, el("button", { class: "quiet", type: "button", onclick: () => picker.click() }, "Add files"), picker), files.length ? el("div", { class: "files" }, files) : el("p", { class: "none" }, "No files.")),
      el("section", {}, el("h2", {}, `Comments (${f.comment.total})`), comments.map((c) => commentView(issue, c)), el("div", { class: "comment" }, avatar(state.site.users.find((u) => u.accountId === who()).displayName), add)),
      el("section", {}, history)),
    el("aside", { class: "side", "aria-label": "Details" }, el("dl", {},
      el("div", {}, el("dt", {}, "Status"), el("dd", {}, choose("Status", state.site.statuses.map((s) => [s.id, s.name]), issue.statusNumber, (v) => put({ "practice-status": Number(v) }, "Status saved")))),
      el("div", {}, el("dt", {}, "Type"), el("dd", {}, choose("Type", types, f.issuetype.id, (id) => put({ issuetype: { id } }, "Type saved")))),
      el("div", {}, el("dt", {}, "Reporter"), el("dd", {}, f.reporter.displayName)),
      el("div", {}, el("dt", {}, "Assignee"), el("dd", {}, f.assignee ? f.assignee.displayName : el("span", { class: "none" }, "Nobody"))),
      f.labels.length ? el("div", {}, el("dt", {}, "Labels"), el("dd", {}, f.labels.join(", "))) : null,
      el("div", {}, el("dt", {}, "Created"), el("dd", {}, when(f.created))),
      el("div", {}, el("dt", {}, "Updated"), el("dd", {}, when(f.updated))),
      remote.length ? el("div", {}, el("dt", {}, "Links"), el("dd", {}, el("ul", {}, remote))) : null,
      el("div", {}, el("button", { class: "quiet danger", type: "button", onclick: () => confirm(`Delete ${issue.key}?`) && tried(async () => { await call("DELETE", `issues/${issue.key}?${as()}`); state.key = null; location.hash = "#/"; }, "Issue deleted") }, "Delete issue"))))));
  resize();
  document.title = `${issue.key} · ${state.site.site} · Practice Jira`;
}

async function upload(key, files) {
  const form = new FormData();
  for (const file of files) form.append("file", file);
  await tried(() => call("POST", `issues/${key}/files?${as()}`, form), files.length > 1 ? "Files added" : "File added");
}

function createForm() {
  const writable = state.site.projects.filter((p) => !p.archived);
  const project = el("select", {}, writable.map((p) => el("option", { value: p.key, selected: p.key === state.project }, `${p.name} (${p.key})`)));
  const type = el("select");
  const fill = () => { const p = writable.find((w) => w.key === project.value); type.replaceChildren(...p.types.filter((t) => !t.subtask).map((t) => el("option", { value: t.id, selected: t.id === p.default }, t.name))); };
  project.addEventListener("change", fill);
  fill();
  const summary = el("input", { required: true, maxlength: 255, autofocus: true });
  const text = el("textarea", { rows: 9, placeholder: "# Heading\n\nText with **bold**, _italic_, `code` and [a link](https://example.com)\n\n- a list" });
  const error = el("p", { class: "error", hidden: true, role: "alert" });
  const close = () => { $("dialog").close(); state.editing--; };
  const form = el("form", { onsubmit: async (e) => {
    e.preventDefault();
    try {
      const made = await call("POST", "issues", { as: who(), fields: { project: { key: project.value }, issuetype: { id: type.value }, summary: summary.value, description: fromMarkdown(text.value) } });
      close();
      location.hash = `#/issue/${made.key}`;
    } catch (e2) { error.textContent = e2.message; error.hidden = false; }
  } },
  el("h2", {}, "Create issue"),
  el("div", { class: "pair" }, el("label", { class: "field" }, el("span", {}, "Project"), project), el("label", { class: "field" }, el("span", {}, "Type"), type)),
  el("label", { class: "field" }, el("span", {}, "Summary"), summary),
  el("label", { class: "field" }, el("span", {}, "Description"), text), error,
  el("div", { class: "actions" }, el("button", { type: "button", onclick: close }, "Cancel"), el("button", { class: "primary" }, "Create")));
  state.editing++;
  $("dialog").oncancel = () => { state.editing--; };
  $("dialog").replaceChildren(form);
  $("dialog").showModal();
}

const busy = () => state.editing > 0;

async function refresh(force = false) {
  const query = state.project ? `?project=${state.project}` : "";
  const [site, list] = await Promise.all([call("GET", "site"), call("GET", `issues${query}`)]);
  state.site = site;
  state.version = list.version;
  showProjects();
  showList(list.issues);
  if (!state.key) {
    document.title = `${site.site} · Practice Jira`;
    $("main").replaceChildren(el("div", { class: "welcome" }, el("h1", {}, list.issues.length ? "Choose an issue on the left" : "This practice site has no issues yet"), el("p", {}, "You are signed in as a person of this company. Change who you are at the top right.")));
    return;
  }
  if (busy() && !force) { state.stale = true; return; }
  if (busy()) return;
  try {
    const commenting = document.activeElement?.id === "new-comment" && document.activeElement.selectionStart;
    const top = $("main").scrollTop;
    showIssue(await call("GET", `issues/${state.key}`));
    $("main").scrollTop = top;
    if (commenting !== false && commenting !== null && commenting !== undefined) { const box = $("new-comment"); box?.focus(); box?.setSelectionRange(commenting, commenting); }
  } catch (error) {
    $("main").replaceChildren(el("div", { class: "welcome" }, el("h1", {}, state.key), el("p", {}, error.message)));
  }
}

async function route() {
  const path = location.hash.slice(2).split("/");
  state.editing = 0;
  state.key = path[0] === "issue" ? decodeURIComponent(path[1]) : null;
  if (path[0] === "project") state.project = path[1];
  if (path[0] === "") state.project = null;
  $("main").scrollTop = 0;
  await refresh();
}

async function watch() {
  try {
    const { version } = await call("GET", "version");
    if (version !== state.version || (state.stale && !busy())) { state.stale = false; await refresh(); }
  } catch { toast("The practice site does not answer."); }
  setTimeout(watch, document.hidden ? 4000 : 1000);
}

(async () => {
  const name = document.documentElement.dataset.site;
  document.documentElement.style.setProperty("--hue", { acme: 215, globex: 158 }[name] ?? tone(name));
  state.site = await call("GET", "site");
  $("who").append(...state.site.users.map((u) => el("option", { value: u.accountId }, u.displayName)));
  $("who").addEventListener("change", () => refresh());
  $("create").addEventListener("click", createForm);
  addEventListener("hashchange", route);
  addEventListener("keydown", (e) => { if (e.key === "c" && !e.ctrlKey && !e.metaKey && !/INPUT|TEXTAREA|SELECT/.test(e.target.tagName) && !$("dialog").open) { e.preventDefault(); createForm(); } });
  const link = /^\/browse\/(.+)$/.exec(location.pathname);
  if (link) history.replaceState(null, "", `/#/issue/${link[1]}`);
  await route();
  setTimeout(watch, 1000);
})();
