// The page: who acts, what is open, and keeping it as the site has it.
import { el } from "./dom.js";
import { createIssue } from "./create.js";
import { shortcuts, showKeys } from "./dialogs.js";
import { takeDrops } from "./files.js";
import { growOlder, hue } from "./format.js";
import { issueView } from "./issue.js";
import { neighbour, showFound, showIssues, showProjects } from "./list.js";
import { call, listen, memory } from "./server.js";

const $ = (id) => document.getElementById(id);
const state = { site: null, project: null, query: "", key: null, view: null, version: 0 };

const who = () => $("who").value;
const me = () => state.site.users.find((u) => u.accountId === who())?.displayName || "";
const name = document.documentElement.dataset.site;
document.documentElement.style.setProperty("--hue", { acme: 255, globex: 160 }[name] ?? hue(name));

/** One look at the site at a time; what changes meanwhile is looked at once more afterwards. */
let looking = null;
let again = false;
function refresh() {
  if (looking) {
    again = true;
    return looking;
  }
  looking = (async () => {
    do {
      again = false;
      await look();
    } while (again);
  })()
    .catch(({ message }) => trouble(message))
    .finally(() => (looking = null));
  return looking;
}

async function look() {
  const ask = new URLSearchParams({ q: state.query, as: who() });
  if (!who()) ask.delete("as");
  if (state.project) ask.set("project", state.project);
  const { key, query } = state;
  // A query with a mistake in it leaves the list as it was.
  const listed = call("GET", `issues?${ask}`).then(
    (answer) => ({ answer }),
    (error) => ({ error }),
  );
  const opened = key
    ? call("GET", `issues/${encodeURIComponent(key)}`).then(
        (issue) => ({ issue }),
        (error) => ({ error }),
      )
    : null;
  const [site, list, one] = await Promise.all([call("GET", "site"), listed, opened]);
  trouble(null);
  state.site = site;
  showPeople();
  showProjects(site, state.project, choose);
  if (list.answer) state.version = list.answer.version;
  if (list.answer) showIssues(site, list.answer, state.key);
  if (query === state.query)
    showFound({ query, project: state.project, create, clear: () => search(""), ...list });
  if (key === state.key) showMain(one, list.answer);
}

function trouble(words) {
  $("trouble").hidden = !words;
  if (words && $("trouble").textContent !== words) $("trouble").textContent = words;
}

function showPeople() {
  const list = $("who");
  const people = state.site.users.map((u) => [u.accountId, u.displayName]);
  const sign = JSON.stringify(people);
  if (list.dataset.sign === sign) return;
  const before = who() || memory.get("who");
  list.replaceChildren(
    ...people.map(([id, text]) => el("option", { value: id, selected: id === before }, text)),
  );
  list.dataset.sign = sign;
}

function page(title, ...words) {
  state.view = null;
  $("main").replaceChildren(
    el(
      "div",
      { class: "welcome" },
      el("h1", {}, title),
      words.map((w) => el("p", {}, w)),
    ),
  );
}

function showMain(one, list) {
  $("frame").classList.toggle("open", Boolean(state.key));
  if (!one) {
    document.title = `${name} · Practice Jira`;
    const empty = list && list.total === 0 && !state.query;
    return page(
      empty ? "Nothing here yet" : "Choose an issue",
      empty
        ? "Create an issue, or let Twinline bring one."
        : "You act as the person that is chosen at the top.",
    );
  }
  const same = state.view?.key === state.key;
  if (one.error) {
    if (one.error.status !== 404) throw one.error;
    if (same && state.view.writing) return state.view.gone();
    document.title = `${state.key} · ${name} · Practice Jira`;
    return page(
      `${state.key} is not here`,
      "It was deleted, or never was on this site.",
      el("a", { href: "#/" }, "Show all issues"),
    );
  }
  const context = { key: state.key, who, name: me, site: () => state.site, refresh };
  const view = same ? state.view : issueView(context);
  view.update(one.issue);
  if (!same) {
    state.view = view;
    $("main").replaceChildren(view.node);
    $("main").scrollTop = 0;
  }
  document.title = `${state.key} ${one.issue.fields.summary} · ${name} · Practice Jira`;
}

function create() {
  createIssue({
    site: state.site,
    project: state.project,
    who,
    made: (key) => (location.hash = `#/issue/${encodeURIComponent(key)}`),
  });
}

function choose(project) {
  state.project = project;
  memory.set("project", project);
  return refresh();
}

function search(text) {
  $("query").value = text;
  state.query = text.trim();
  return refresh();
}

/** The key of the issue that the address names. */
function named() {
  const found = /^#\/issue\/(.+)$/.exec(location.hash);
  return found ? decodeURIComponent(found[1]) : null;
}

function route() {
  const key = named();
  const opened = key !== state.key;
  state.key = key;
  return refresh().then(() => {
    // On a narrow window the list gives way to the issue, so the focus goes there too.
    if (opened && key && getComputedStyle($("list")).display === "none") $("main").focus();
  });
}

function keys(e) {
  const writing = e.target.closest("input, textarea, select, dialog");
  if (writing || e.ctrlKey || e.metaKey || e.altKey || !shortcuts.on || !state.site || $("dialog").open)
    return;
  const act = {
    c: create,
    "/": () => $("query").focus(),
    j: () => go(neighbour(1)),
    k: () => go(neighbour(-1)),
    m: comment,
    "?": showKeys,
  }[e.key];
  if (!act) return;
  e.preventDefault();
  act();
}

function go(address) {
  if (!address) return;
  location.hash = address;
  route();
}

/** Words meant for the issue that was just chosen must not land in the one that still shows until it is here. */
async function comment() {
  const { key } = state;
  if (state.view?.key !== key) await refresh();
  if (key === state.key && state.view?.key === key) state.view.comment();
}

function start() {
  const direct = /^\/browse\/(.+)$/.exec(location.pathname);
  if (direct) history.replaceState(null, "", `/#/issue/${direct[1]}`);
  state.project = memory.get("project");
  $("who").addEventListener("change", () => {
    memory.set("who", who());
    refresh();
  });
  $("create").addEventListener("click", create);
  $("keys").addEventListener("click", showKeys);
  let typing;
  $("query").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => search($("query").value), 250);
  });
  $("search").addEventListener("submit", (e) => {
    e.preventDefault();
    clearTimeout(typing);
    search($("query").value);
  });
  takeDrops($("main"), (files) => state.view?.add(files));
  addEventListener("hashchange", () => named() !== state.key && route());
  addEventListener("keydown", keys);
  // A file that misses its place must not replace the page.
  addEventListener("dragover", (e) => e.preventDefault());
  addEventListener("drop", (e) => e.preventDefault());
  setInterval(() => document.hidden || growOlder(), 30000);
  route();
  listen(
    (version) => version !== state.version && refresh(),
    (there) => trouble(there ? null : "The practice site does not answer. It is asked again by itself."),
  );
}

start();
