"use strict";
// Shows a document of the Atlassian Document Format as elements; text only ever becomes text nodes.
const safeLink = (href) => { try { return ["http:", "https:", "mailto:"].includes(new URL(href).protocol); } catch { return false; } };

function el(name, attrs = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attrs)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const MARK = { strong: "strong", em: "em", code: "code", strike: "s", underline: "u" };

function showText(node) {
  let shown = document.createTextNode(node.text || "");
  for (const mark of node.marks || []) {
    if (mark.type === "link") {
      if (safeLink(mark.attrs.href)) shown = el("a", { href: mark.attrs.href, rel: "noopener noreferrer", target: "_blank" }, shown);
    } else if (mark.type === "subsup") shown = el(mark.attrs?.type === "sup" ? "sup" : "sub", {}, shown);
    else if (MARK[mark.type]) shown = el(MARK[mark.type], {}, shown);
    else if (mark.type === "textColor" && /^#[0-9a-f]{6}$/i.test(mark.attrs?.color || "")) {
      shown = el("span", {}, shown);
      shown.style.color = mark.attrs.color;
    }
  }
  return shown;
}

function showMedia(node, media) {
  const attrs = node.attrs || {};
  if (attrs.type === "external") return safeLink(attrs.url) ? el("a", { href: attrs.url }, attrs.url) : el("span", { class: "unknown" }, "picture");
  const file = media.find((m) => m.uuid === attrs.id);
  if (!file) return el("span", { class: "unknown" }, "a file that is not here");
  const address = `/practice/ui/files/${file.id}`;
  return file.mimeType.startsWith("image/") ? el("img", { src: address, alt: attrs.alt || file.filename, loading: "lazy" }) : el("a", { href: address, download: file.filename }, file.filename);
}

function showNode(node, media) {
  const a = node.attrs || {};
  const inner = () => (node.content || []).map((n) => showNode(n, media));
  switch (node.type) {
    case "text": return showText(node);
    case "doc": return el("div", { class: "adf" }, inner());
    case "paragraph": return el("p", {}, inner());
    case "heading": return el(`h${Math.min(6, Math.max(1, a.level || 1))}`, {}, inner());
    case "bulletList": return el("ul", {}, inner());
    case "orderedList": return el("ol", { start: a.order || 1 }, inner());
    case "listItem": return el("li", {}, inner());
    case "taskList": case "decisionList": return el("ul", {}, inner());
    case "taskItem": return el("li", {}, el("input", { type: "checkbox", disabled: true, checked: a.state === "DONE" }), " ", inner());
    case "decisionItem": return el("li", {}, "◆ ", inner());
    case "codeBlock": return el("pre", { "data-language": a.language || null }, el("code", {}, inner()));
    case "blockquote": return el("blockquote", {}, inner());
    case "rule": return el("hr");
    case "hardBreak": return el("br");
    case "panel": return el("div", { class: `panel ${["info", "note", "warning", "error", "success"].includes(a.panelType) ? a.panelType : "info"}` }, inner());
    case "table": return el("div", { class: "table" }, el("table", {}, el("tbody", {}, inner())));
    case "tableRow": return el("tr", {}, inner());
    case "tableHeader": return el("th", { colspan: a.colspan, rowspan: a.rowspan }, inner());
    case "tableCell": return el("td", { colspan: a.colspan, rowspan: a.rowspan }, inner());
    case "mediaSingle": case "mediaGroup": return el("p", {}, inner());
    case "media": case "mediaInline": return showMedia(node, media);
    case "caption": return el("small", {}, inner());
    case "mention": return el("span", { class: "chip" }, a.text || "@someone");
    case "emoji": return document.createTextNode(a.text || a.shortName || "");
    case "status": return el("span", { class: "chip" }, a.text || "");
    case "date": return el("span", { class: "chip" }, new Date(Number(a.timestamp)).toLocaleDateString());
    case "inlineCard": case "blockCard": case "embedCard": return safeLink(a.url) ? el("a", { href: a.url, rel: "noopener noreferrer", target: "_blank" }, a.url) : el("span", { class: "unknown" }, "link");
    case "expand": case "nestedExpand": return el("details", {}, el("summary", {}, a.title || "More"), inner());
    case "layoutSection": case "layoutColumn": return el("div", {}, inner());
    default: return el("span", { class: "unknown" }, node.type, inner());
  }
}
