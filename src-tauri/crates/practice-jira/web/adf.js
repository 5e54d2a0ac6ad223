// Shows a document of the Atlassian Document Format: every node and mark of its schema, and whatever else comes.
import { el, hint, link, visible } from "./dom.js";
import { size } from "./format.js";

const HEX = /^#[0-9a-f]{6}$/i;

/** Whether dark text reads better on this colour (relative luminance, as WCAG has it). */
function light(hex) {
  const part = (at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5) > 0.18;
}

function onColour(node, hex) {
  if (!HEX.test(hex || "")) return node;
  node.style.backgroundColor = hex;
  node.classList.add(light(hex) ? "on-light" : "on-dark");
  return node;
}

/** A mark that changes a box; on a bare text it has no look. */
const look = (change) => (inner, a) => {
  if (inner.style) change(inner, a);
  return inner;
};

// A mark around what it marks; one that is missing here has no look (fragment, dataConsumer, breakout).
const MARKS = {
  strong: (inner) => el("strong", {}, inner),
  em: (inner) => el("em", {}, inner),
  code: (inner) => el("code", {}, inner),
  strike: (inner) => el("s", {}, inner),
  underline: (inner) => el("u", {}, inner),
  subsup: (inner, a) => el(a.type === "sup" ? "sup" : "sub", {}, inner),
  link: (inner, a) => link(a.href, inner),
  annotation: (inner) =>
    el("span", { class: "annotation", title: "An inline comment is attached here" }, inner),
  backgroundColor: (inner, a) => onColour(el("mark", {}, inner), a.color),
  textColor: (inner, a) => {
    const node = el("span", {}, inner);
    if (HEX.test(a.color || "")) {
      node.classList.add("coloured");
      node.style.setProperty("--colour", a.color);
    }
    return node;
  },
  border: look((node, a) => {
    const colour = String(a.color).slice(0, 7);
    if (HEX.test(colour)) node.style.border = `${Math.min(3, Number(a.size) || 1)}px solid ${colour}`;
  }),
  alignment: look((node, a) => {
    if (["center", "end"].includes(a.align)) node.style.textAlign = a.align;
  }),
  indentation: look((node, a) => {
    node.style.marginInlineStart = `${Math.min(6, Number(a.level) || 0) * 1.8}em`;
  }),
  fontSize: look((node) => node.classList.add("small")),
};

// What a document calls its marks is whatever came from elsewhere, `constructor` too.
const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : null);
const marked = (node, marks) =>
  (marks || []).reduce((inner, mark) => own(MARKS, mark.type)?.(inner, mark.attrs || {}) ?? inner, node);

const card = (kind, ...words) => el("span", { class: "card" }, el("span", { class: "kind" }, kind), ...words);

function showMedia(node, media) {
  const a = node.attrs || {};
  const name = visible(a.alt || "");
  // Nothing is fetched from elsewhere: the page leaves this computer alone.
  if (a.type === "external")
    return marked(
      card("Picture elsewhere", name && `${name} `, link(a.url || "", visible(a.url || ""))),
      node.marks,
    );
  const file = media.find((m) => m.uuid === a.id);
  if (!file) return marked(card("File", name || "that is not here"), node.marks);
  const address = `/practice/ui/files/${file.id}`;
  if (file.mimeType.startsWith("image/") && node.type === "media") {
    return marked(
      el("img", { src: address, alt: name || visible(file.filename), loading: "lazy" }),
      node.marks,
    );
  }
  const words = [visible(file.filename), file.size === undefined ? "" : ` · ${size(file.size)}`];
  return marked(card("File", el("a", { href: address, download: file.filename }, words)), node.marks);
}

function showSingle(node, media) {
  const a = node.attrs || {};
  const box = el("figure", { class: "single", data: { layout: a.layout || "center" } });
  for (const child of node.content || []) {
    box.append(
      child.type === "caption"
        ? el("figcaption", {}, inside(child, media))
        : marked(showNode(child, media), node.marks),
    );
  }
  const width = Number(a.width);
  if (width > 0)
    box.style.width = a.widthType === "pixel" ? `${Math.min(width, 1800)}px` : `${Math.min(width, 100)}%`;
  return box;
}

const PANELS = {
  info: ["i", "Info"],
  note: ["✎", "Note"],
  tip: ["✦", "Tip"],
  success: ["✓", "Success"],
  warning: ["!", "Warning"],
  error: ["✕", "Error"],
};

function showPanel(node, media) {
  const a = node.attrs || {};
  const [sign, word] = own(PANELS, a.panelType) || [visible(a.panelIconText || "•"), "Panel"];
  const box = el("div", {
    class: "panel",
    data: { kind: own(PANELS, a.panelType) ? a.panelType : "custom" },
  });
  box.append(
    el("span", { class: "sign", "aria-hidden": "true" }, sign),
    el("div", {}, hint(`${word}: `), inside(node, media)),
  );
  return onColour(box, a.panelColor);
}

function showTable(node, media) {
  const numbered = node.attrs?.isNumberColumnEnabled;
  let number = 0;
  const rows = (node.content || []).map((row) => {
    const cells = (row.content || []).map((cell) => {
      const a = cell.attrs || {};
      const span = (n) => (n > 1 ? n : null);
      const head = cell.type === "tableHeader";
      const box = el(
        head ? "th" : "td",
        { colspan: span(a.colspan), rowspan: span(a.rowspan) },
        inside(cell, media),
      );
      const width = (a.colwidth || []).reduce((sum, w) => sum + (Number(w) || 0), 0);
      if (width > 0) box.style.minWidth = `${Math.min(width, 760)}px`;
      return onColour(box, a.background);
    });
    const header = (row.content || []).every((cell) => cell.type === "tableHeader");
    return el("tr", {}, numbered && el("td", { class: "number" }, header ? "" : String(++number)), cells);
  });
  return el(
    "div",
    { class: "table", tabindex: 0, role: "group", "aria-label": "Table" },
    el("table", {}, el("tbody", {}, rows)),
  );
}

function showTask(node, media) {
  const done = node.attrs?.state === "DONE";
  return el(
    "li",
    { class: done ? "task done" : "task" },
    el("span", { class: "tick", role: "img", "aria-label": done ? "Done" : "To do" }, done ? "✓" : ""),
    el("div", {}, inside(node, media)),
  );
}

const TONES = ["neutral", "purple", "blue", "red", "yellow", "green"];
const DAY = { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" };

function day(timestamp) {
  const at = new Date(Number(timestamp));
  return Number.isNaN(at.getTime()) ? visible(timestamp) : at.toLocaleDateString(undefined, DAY);
}

const app = (node) =>
  visible(
    node.attrs?.text || node.attrs?.parameters?.extensionTitle || node.attrs?.extensionKey || node.type,
  );

const ranks = new WeakMap();
const levelOf = (heading) => Math.min(6, Math.max(1, Number(heading.attrs?.level) || 1));

/**
 * Which heading of the page each heading of a document is. The title is the h1 and the name of the part the h2,
 * and a screen reader's user should not look for a level that was left out, whatever looks somebody liked.
 */
function rank(node, open = []) {
  if (node.type === "heading") {
    const level = levelOf(node);
    while (open.length && open.at(-1) >= level) open.pop();
    open.push(level);
    ranks.set(node, Math.min(6, 2 + open.length));
  }
  for (const child of Array.isArray(node.content) ? node.content : []) rank(child, open);
}

// Each node of the schema; its content is `inside`.
const NODES = {
  doc: (n, m) => {
    rank(n);
    return el("div", { class: "adf" }, inside(n, m));
  },
  text: (n) => document.createTextNode(n.text || ""),
  paragraph: (n, m) => el("p", {}, inside(n, m)),
  heading: (n, m) => el(`h${ranks.get(n) ?? 3}`, { class: `h${levelOf(n)}` }, inside(n, m)),
  hardBreak: () => el("br"),
  rule: () => el("hr"),
  bulletList: (n, m) => el("ul", {}, inside(n, m)),
  orderedList: (n, m) => el("ol", { start: n.attrs?.order ?? 1 }, inside(n, m)),
  listItem: (n, m) => el("li", {}, inside(n, m)),
  taskList: (n, m) =>
    el(
      "ul",
      { class: "tasks" },
      (n.content || []).map((c) =>
        c.type === "taskList" ? el("li", { class: "nested" }, showNode(c, m)) : showNode(c, m),
      ),
    ),
  taskItem: showTask,
  blockTaskItem: showTask,
  decisionList: (n, m) => el("ul", { class: "decisions" }, inside(n, m)),
  decisionItem: (n, m) =>
    el(
      "li",
      {},
      el("span", { class: "decided", "aria-hidden": "true" }, "◆"),
      el("div", {}, hint("Decision: "), inside(n, m)),
    ),
  blockquote: (n, m) => el("blockquote", {}, inside(n, m)),
  codeBlock: (n, m) =>
    el(
      "pre",
      {
        tabindex: 0,
        role: "group",
        "aria-label": "Code",
        data: n.attrs?.language ? { language: visible(n.attrs.language) } : {},
      },
      el("code", {}, inside(n, m)),
    ),
  panel: showPanel,
  expand: (n, m) =>
    el(
      "details",
      { class: "expand" },
      el("summary", {}, n.attrs?.title || "More"),
      el("div", {}, inside(n, m)),
    ),
  nestedExpand: (n, m) => NODES.expand(n, m),
  table: showTable,
  // Rows and cells are shown by their table; these stand alone only in a text that is broken.
  tableRow: (n, m) => showTable({ content: [n] }, m),
  tableHeader: (n, m) => el("div", {}, inside(n, m)),
  tableCell: (n, m) => el("div", {}, inside(n, m)),
  layoutSection: (n, m) => {
    const box = el("div", { class: "layout" }, inside(n, m));
    const widths = (n.content || []).map((c) => `minmax(0, ${Number(c.attrs?.width) || 1}fr)`);
    box.style.setProperty("--columns", widths.join(" "));
    return box;
  },
  layoutColumn: (n, m) => el("div", {}, inside(n, m)),
  mediaSingle: showSingle,
  mediaGroup: (n, m) => el("div", { class: "group" }, inside(n, m)),
  media: showMedia,
  mediaInline: showMedia,
  caption: (n, m) => el("small", {}, inside(n, m)),
  mention: (n) => el("span", { class: "mention" }, visible(n.attrs?.text || "@someone")),
  emoji: (n) => el("span", { title: n.attrs?.shortName }, n.attrs?.text || n.attrs?.shortName || ""),
  status: (n) =>
    el(
      "span",
      { class: "lozenge", data: { tone: TONES.includes(n.attrs?.color) ? n.attrs.color : "neutral" } },
      n.attrs?.text || "",
    ),
  date: (n) => el("span", { class: "date" }, day(n.attrs?.timestamp)),
  placeholder: (n) => el("span", { class: "placeholder" }, n.attrs?.text || ""),
  inlineCard: (n) => link(n.attrs?.url || "", visible(n.attrs?.url || n.attrs?.data?.name || "link")),
  blockCard: (n) =>
    el(
      "div",
      { class: "block" },
      card("Link", link(n.attrs?.url || "", visible(n.attrs?.url || "to something that is not a page"))),
    ),
  embedCard: (n) =>
    el(
      "div",
      { class: "block" },
      card("Embedded page", link(n.attrs?.url || "", visible(n.attrs?.url || ""))),
    ),
  extension: (n) => el("div", { class: "block" }, card("App", app(n))),
  inlineExtension: (n) => card("App", app(n)),
  bodiedExtension: (n, m) => el("div", { class: "framed" }, card("App", app(n)), inside(n, m)),
  syncBlock: () => el("div", { class: "block" }, card("Synced block", "its text is kept elsewhere")),
  bodiedSyncBlock: (n, m) => el("div", { class: "framed" }, card("Synced block"), inside(n, m)),
};

const inside = (node, media) =>
  (Array.isArray(node.content) ? node.content : []).map((child) => showNode(child, media));

/** The element for a node; `media` are the files, as `{uuid, id, filename, mimeType}`. */
export function showNode(node, media = []) {
  const known = own(NODES, node?.type);
  const shown = known
    ? known(node, media)
    : card(visible(node?.type || "unknown"), inside(node || {}, media));
  // What is shown of a file or a picture carries its marks already.
  return ["media", "mediaInline", "mediaSingle"].includes(node?.type) ? shown : marked(shown, node?.marks);
}

/** Every node and mark that has its own look here. */
export const KNOWN = {
  nodes: Object.keys(NODES),
  marks: Object.keys(MARKS),
  plain: ["fragment", "dataConsumer", "breakout"],
};
