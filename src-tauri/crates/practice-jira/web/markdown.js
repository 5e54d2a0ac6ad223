"use strict";
// A small Markdown for the text boxes, to and from the Atlassian Document Format.
// A block this Markdown has no words for stays as a line ⟦n⟧ and comes back unchanged.
const WRAP = { strong: "**", em: "_", strike: "~~", underline: "++" };

function inlineText(nodes) {
  return (nodes || []).map((n) => {
    if (n.type === "hardBreak") return "\n";
    if (n.type === "mention" || n.type === "emoji" || n.type === "status") return n.attrs?.text || n.attrs?.shortName || "";
    if (n.type === "inlineCard") return n.attrs?.url || "";
    if (n.type !== "text") return "";
    const marks = (n.marks || []).map((m) => m.type);
    let text = marks.includes("code") ? "`" + n.text + "`" : n.text.replace(/([\\`*_~+[\]])/g, "\\$1");
    for (const mark of Object.keys(WRAP)) if (marks.includes(mark)) text = WRAP[mark] + text + WRAP[mark];
    const link = (n.marks || []).find((m) => m.type === "link");
    return link ? `[${text}](${link.attrs.href})` : text;
  }).join("");
}

const simple = (nodes) => (nodes || []).every((n) => ["text", "hardBreak"].includes(n.type));

function toMarkdown(doc, kept = []) {
  const keep = (node) => `⟦${kept.push(node)}⟧`;
  const list = (node, indent) => node.content.map((item, i) => {
    const [head, ...rest] = item.content;
    const mark = node.type === "orderedList" ? `${(node.attrs?.order || 1) + i}. ` : "- ";
    const under = rest.map((r) => "\n" + list(r, indent + "  ")).join("");
    return indent + mark + inlineText(head?.content) + under;
  }).join("\n");
  const plainList = (node) => node.content.every((item) => item.content.every((c, i) => (i === 0 ? c.type === "paragraph" && simple(c.content) && !inlineText(c.content).includes("\n") : ["bulletList", "orderedList"].includes(c.type) && plainList(c))));
  const cell = (c) => c.content.length === 1 && c.content[0].type === "paragraph" && simple(c.content[0].content) && !inlineText(c.content[0].content).includes("\n") && (c.attrs?.colspan || 1) === 1 && (c.attrs?.rowspan || 1) === 1;
  return (doc?.content || []).map((node) => {
    if (node.type === "paragraph" && simple(node.content)) return inlineText(node.content).replace(/^(#|- |> |\d+\. |\||```|::)/gm, "\\$1");
    if (node.type === "heading" && simple(node.content)) return "#".repeat(node.attrs.level) + " " + inlineText(node.content);
    if (["bulletList", "orderedList"].includes(node.type) && plainList(node)) return list(node, "");
    if (node.type === "codeBlock") return "```" + (node.attrs?.language || "") + "\n" + (node.content || []).map((t) => t.text).join("") + "\n```";
    if (node.type === "rule") return "---";
    if (node.type === "blockquote" && node.content.every((p) => p.type === "paragraph" && simple(p.content))) return node.content.map((p) => "> " + inlineText(p.content)).join("\n");
    if (node.type === "panel" && node.content.length === 1 && node.content[0].type === "paragraph" && simple(node.content[0].content)) return `:: ${node.attrs?.panelType || "info"}: ` + inlineText(node.content[0].content);
    if (node.type === "table" && node.content.every((r) => r.content.every(cell)) && node.content[0].content.every((c) => c.type === "tableHeader") && node.content.slice(1).every((r) => r.content.every((c) => c.type === "tableCell"))) {
      const line = (r) => "| " + r.content.map((c) => inlineText(c.content[0].content).replaceAll("|", "\\|")).join(" | ") + " |";
      return [line(node.content[0]), "|" + " --- |".repeat(node.content[0].content.length), ...node.content.slice(1).map(line)].join("\n");
    }
    return keep(node);
  }).join("\n\n");
}

function inlineNodes(text, marks = []) {
  const out = [];
  let plain = "";
  const flush = () => { if (plain) out.push({ type: "text", text: plain, ...(marks.length ? { marks } : {}) }); plain = ""; };
  const rules = [["**", "strong"], ["~~", "strike"], ["++", "underline"], ["_", "em"], ["*", "em"]];
  for (let i = 0; i < text.length;) {
    if (text[i] === "\\" && i + 1 < text.length) { plain += text[i + 1]; i += 2; continue; }
    if (text[i] === "\n") { flush(); out.push({ type: "hardBreak" }); i++; continue; }
    if (text[i] === "`") {
      const end = text.indexOf("`", i + 1);
      if (end > i + 1) { flush(); out.push({ type: "text", text: text.slice(i + 1, end), marks: [...marks.filter((m) => m.type === "link"), { type: "code" }] }); i = end + 1; continue; }
    }
    if (text[i] === "[") {
      const found = /^\[((?:\\.|[^\]])+)\]\(([^)\s]+)\)/.exec(text.slice(i));
      if (found && safeLink(found[2])) { flush(); out.push(...inlineNodes(found[1], [...marks, { type: "link", attrs: { href: found[2] } }])); i += found[0].length; continue; }
    }
    const rule = rules.find(([sign, name]) => text.startsWith(sign, i) && !marks.some((m) => m.type === name));
    if (rule) {
      const [sign, name] = rule;
      const inWord = sign.length === 1 && i > 0 && /\w/.test(text[i - 1]);
      let end = text.indexOf(sign, i + sign.length);
      while (end > 0 && text[end - 1] === "\\") end = text.indexOf(sign, end + 1);
      if (!inWord && end > i + sign.length && text[i + sign.length] !== " ") { flush(); out.push(...inlineNodes(text.slice(i + sign.length, end), [...marks, { type: name }])); i = end + sign.length; continue; }
    }
    plain += text[i++];
  }
  flush();
  return out;
}

function fromMarkdown(source, kept = []) {
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  const content = [];
  const paragraph = (text) => { const nodes = inlineNodes(text); return nodes.length ? { type: "paragraph", content: nodes } : { type: "paragraph" }; };
  const item = /^(\s*)([-*]|\d+\.)\s+(.*)$/;
  const readList = (i, indent) => {
    const ordered = /\d/.test(item.exec(lines[i])[2]);
    const list = { type: ordered ? "orderedList" : "bulletList", content: [] };
    if (ordered) list.attrs = { order: parseInt(item.exec(lines[i])[2], 10) };
    while (i < lines.length) {
      const found = item.exec(lines[i]);
      if (!found || found[1].length < indent) break;
      if (found[1].length > indent && list.content.length) {
        const [inner, next] = readList(i, found[1].length);
        list.content.at(-1).content.push(inner);
        i = next;
      } else if (/\d/.test(found[2]) !== ordered) break;
      else { list.content.push({ type: "listItem", content: [paragraph(found[3])] }); i++; }
    }
    return [list, i];
  };
  for (let i = 0; i < lines.length;) {
    const line = lines[i];
    let m;
    if (!line.trim()) { i++; continue; }
    if ((m = /^⟦(\d+)⟧$/.exec(line.trim())) && kept[m[1] - 1]) { content.push(kept[m[1] - 1]); i++; continue; }
    if ((m = /^```(\S*)\s*$/.exec(line))) {
      const end = lines.findIndex((l, n) => n > i && /^```\s*$/.test(l));
      const text = lines.slice(i + 1, end < 0 ? undefined : end).join("\n");
      content.push({ type: "codeBlock", ...(m[1] ? { attrs: { language: m[1] } } : {}), ...(text ? { content: [{ type: "text", text }] } : {}) });
      i = end < 0 ? lines.length : end + 1;
      continue;
    }
    if ((m = /^(#{1,6})\s+(.*)$/.exec(line))) { content.push({ type: "heading", attrs: { level: m[1].length }, content: inlineNodes(m[2]) }); i++; continue; }
    if (/^(---+|\*\*\*+)\s*$/.test(line)) { content.push({ type: "rule" }); i++; continue; }
    if ((m = /^:: (info|note|warning|error|success): (.*)$/.exec(line))) { content.push({ type: "panel", attrs: { panelType: m[1] }, content: [paragraph(m[2])] }); i++; continue; }
    if (/^> ?/.test(line)) {
      const quote = [];
      while (i < lines.length && /^> ?/.test(lines[i])) quote.push(paragraph(lines[i++].replace(/^> ?/, "")));
      content.push({ type: "blockquote", content: quote });
      continue;
    }
    if (item.test(line)) { const [list, next] = readList(i, item.exec(line)[1].length); content.push(list); i = next; continue; }
    if (/^\|.*\|\s*$/.test(line) && /^\|[\s:|-]+\|\s*$/.test(lines[i + 1] || "")) {
      const cells = (text, type) => ({ type: "tableRow", content: text.trim().slice(1, -1).split(/(?<!\\)\|/).map((c) => ({ type, attrs: {}, content: [paragraph(c.trim())] })) });
      const rows = [cells(line, "tableHeader")];
      for (i += 2; i < lines.length && /^\|.*\|\s*$/.test(lines[i]); i++) rows.push(cells(lines[i], "tableCell"));
      content.push({ type: "table", content: rows });
      continue;
    }
    const text = [];
    while (i < lines.length && lines[i].trim() && !(text.length && (/^(#{1,6} |```|> |\||:: )/.test(lines[i]) || item.test(lines[i])))) text.push(lines[i++]);
    content.push(paragraph(text.join("\n")));
  }
  return content.length ? { type: "doc", version: 1, content } : null;
}
if (typeof module !== "undefined") { globalThis.safeLink = (h) => /^https?:/.test(h); module.exports = { toMarkdown, fromMarkdown }; }
