// The list on the left: projects, and the issues that were asked for.
import { el, keyed } from "./dom.js";
import { count, typeMark, when } from "./format.js";

const $ = (id) => document.getElementById(id);

/** A status as it looks in the list and beside an issue. */
export function statusMark(site, id) {
  const status = site.statuses.find((s) => s.id === id);
  return el(
    "span",
    { class: "status", data: { category: status?.category || "new" } },
    status?.name || "Unknown",
  );
}

export function showProjects(site, chosen, choose) {
  const all = [{ key: null, name: "All projects" }, ...site.projects];
  keyed($("projects"), all, {
    key: (p) => p.key || "",
    sign: (p) => [p.name, p.archived, p.key === chosen],
    build: (p) =>
      el(
        "button",
        {
          type: "button",
          class: "tab",
          "aria-pressed": String(p.key === chosen),
          title: p.name,
          onclick: () => choose(p.key),
        },
        p.key || "All",
        p.archived && el("span", { class: "sr-only" }, " (archived)"),
      ),
  });
}

export function showIssues(site, answer, open) {
  keyed($("issues"), answer.issues, {
    key: (i) => i.key,
    sign: (i) => [i, i.key === open, site.statuses],
    build: (i) => {
      const facts = [
        i.comments && count(i.comments, "comment"),
        i.attachments && count(i.attachments, "file"),
      ];
      return el(
        "li",
        {},
        el(
          "a",
          { href: `#/issue/${encodeURIComponent(i.key)}`, "aria-current": i.key === open ? "true" : null },
          el(
            "span",
            { class: "row" },
            typeMark(i.type),
            el("span", { class: "key" }, i.key),
            el("span", { class: "kind" }, i.type),
            statusMark(site, i.status),
          ),
          el("span", { class: "summary" }, i.summary),
          el(
            "span",
            { class: "row facts" },
            when(i.updated),
            facts.filter(Boolean).map((fact) => el("span", {}, fact)),
          ),
        ),
      );
    },
  });
}

/** How many there are, what the text was read as, and what is wrong with it. */
export function showFound({ query, answer, error, project, create, clear }) {
  const box = $("found");
  box.classList.toggle("wrong", Boolean(error));
  if (error) {
    box.replaceChildren(
      error.message,
      " ",
      query && el("button", { type: "button", class: "plain", onclick: clear }, "Show all issues"),
    );
    return;
  }
  const { total, issues, readAs } = answer;
  if (total === 0 && !query) {
    box.replaceChildren(
      project ? `No issues in ${project} yet. ` : "No issues yet. ",
      el("button", { type: "button", class: "plain", onclick: create }, "Create the first"),
    );
    return;
  }
  const how = readAs === "jql" ? " by JQL" : readAs === "words" ? " by words" : "";
  const most = issues.length < total ? `, the first ${issues.length} are shown` : "";
  box.replaceChildren(
    `${total === 0 ? "Nothing" : count(total, "issue")}${query ? ` found${how}` : ""}${most} `,
    query && el("button", { type: "button", class: "plain", onclick: clear }, "Show all issues"),
  );
}

/** Goes `step` issues on in the list; answers the address, or nothing at its end. */
export function neighbour(step) {
  const all = [...$("issues").querySelectorAll("a")];
  const at = all.findIndex((a) => a.getAttribute("href") === location.hash);
  return all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step]?.getAttribute("href");
}
