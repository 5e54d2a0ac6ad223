// A small Markdown for the text boxes, to and from the Atlassian Document Format.
// Whatever this Markdown has no words for stands there as ⟦1 table⟧ and comes back unchanged.
import { safeLink } from "./dom.js";

const WRAP = { strong: "**", em: "_", strike: "~~", underline: "++" };
const SIGNS = [
  ["**", "strong"],
  ["~~", "strike"],
  ["++", "underline"],
  ["_", "em"],
  ["*", "em"],
];
const TOKEN = /⟦(\d+)[^⟦⟧\n]*⟧/;
const ESCAPED = /([\\`*_~+[\]⟦⟧])/g;
const LINE_START = /^(#|[-*] |> |\d+\. |\||```|::|---|!\[)/gm;
const ITEM = /^(\s*)([-*]|\d+\.)\s+(.*)$/;

/** What a node is called within its brackets. */
function label(node) {
  if (node.type === "paragraph" && !node.content) return "empty line";
  const words =
    node.attrs?.text || node.attrs?.alt || node.attrs?.url || node.attrs?.shortName || node.text || node.type;
  const clean = String(words)
    .replace(/[⟦⟧\s]+/g, " ")
    .trim();
  return clean.length > 40 ? `${clean.slice(0, 39)}…` : clean;
}

// What an attribute is where it is not said.
const STANDARD = { isNumberColumnEnabled: false, layout: "default", colspan: 1, rowspan: 1, order: 1 };

/** Two nodes say the same, whatever ids an editor gave their parts. */
function same(a, b) {
  const plain = (value, attrs = false) => {
    if (Array.isArray(value)) return value.map((one) => plain(one));
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value).map(([key, inner]) => [key, plain(inner, key === "attrs")]);
    const kept = entries.filter(([key, inner]) => {
      const empty = ["attrs", "marks", "content"].includes(key) && Object.keys(inner).length === 0;
      return !empty && key !== "localId" && !(attrs && STANDARD[key] === inner);
    });
    return Object.fromEntries(kept.sort(([x], [y]) => (x < y ? -1 : 1)));
  };
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

/** The text of a document; `kept` receives what it has no words for. */
export function toMarkdown(doc, kept = []) {
  const keep = (node) => `⟦${kept.push(node)} ${label(node)}⟧`;

  /** Written by `write`, if it can be read again; else kept as it is. */
  const reversible = (node, write) => {
    const before = kept.length;
    let text = null;
    try {
      text = write(node);
    } catch {
      // It lacks a part that such a node usually has.
    }
    if (text !== null && same(fromMarkdown(text, kept)?.content, [node])) return text;
    kept.length = before;
    return keep(node);
  };

  const inline = (nodes) =>
    (nodes || [])
      .map((node) => {
        if (node.type === "hardBreak") return "\n";
        const marks = (node.marks || []).map((m) => m.type);
        const known = node.type === "text" && marks.every((m) => m === "code" || m === "link" || WRAP[m]);
        if (!known) return keep(node);
        let text = marks.includes("code") ? `\`${node.text}\`` : node.text.replace(ESCAPED, "\\$1");
        for (const mark of Object.keys(WRAP)) if (marks.includes(mark)) text = WRAP[mark] + text + WRAP[mark];
        const target = (node.marks || []).find((m) => m.type === "link");
        return target ? `[${text}](${target.attrs.href})` : text;
      })
      .join("");
  const lines = (nodes) => inline(nodes).replace(LINE_START, "\\$1");
  const list = (node, indent) =>
    node.content
      .map((item, at) => {
        const [head, ...rest] = item.content;
        const mark = node.type === "orderedList" ? `${(node.attrs?.order ?? 1) + at}. ` : "- ";
        return (
          indent +
          mark +
          inline(head.content) +
          rest.map((inner) => `\n${list(inner, `${indent}  `)}`).join("")
        );
      })
      .join("\n");
  const row = (cells) =>
    `| ${cells.content.map((c) => inline(c.content[0].content).replaceAll("|", "\\|")).join(" | ")} |`;
  const WRITE = {
    paragraph: (n) => lines(n.content),
    heading: (n) => `${"#".repeat(n.attrs.level)} ${inline(n.content)}`,
    bulletList: (n) => list(n, ""),
    orderedList: (n) => list(n, ""),
    codeBlock: (n) =>
      `\`\`\`${n.attrs?.language || ""}\n${(n.content || []).map((t) => t.text).join("")}\n\`\`\``,
    rule: () => "---",
    blockquote: (n) => n.content.map((p) => `> ${inline(p.content)}`).join("\n"),
    panel: (n) => `:: ${n.attrs.panelType}: ${inline(n.content[0].content)}`,
    table: (n) => {
      const [head, ...rest] = n.content;
      return [row(head), `|${" --- |".repeat(head.content.length)}`, ...rest.map(row)].join("\n");
    },
  };
  const blocks = (doc?.content || []).map((node) =>
    WRITE[node.type] ? reversible(node, WRITE[node.type]) : keep(node),
  );
  return blocks.join("\n\n");
}

/** Inline nodes of a text; `marks` are around all of it. */
function inlineNodes(text, kept, marks = []) {
  const out = [];
  let plain = "";
  const flush = () => {
    if (plain) out.push({ type: "text", text: plain, ...(marks.length ? { marks } : {}) });
    plain = "";
  };
  for (let i = 0; i < text.length;) {
    const rest = text.slice(i);
    if (text[i] === "\\" && i + 1 < text.length) {
      plain += text[i + 1];
      i += 2;
      continue;
    }
    if (text[i] === "\n") {
      flush();
      out.push({ type: "hardBreak" });
      i++;
      continue;
    }
    if (text[i] === "⟦") {
      const found = TOKEN.exec(rest);
      const node = found?.index === 0 && kept[found[1] - 1];
      if (node) {
        flush();
        out.push(node);
        i += found[0].length;
        continue;
      }
    }
    if (text[i] === "`") {
      const end = text.indexOf("`", i + 1);
      if (end > i + 1) {
        flush();
        // Jira takes code with a link, and with no other mark.
        out.push({
          type: "text",
          text: text.slice(i + 1, end),
          marks: [...marks.filter((m) => m.type === "link"), { type: "code" }],
        });
        i = end + 1;
        continue;
      }
    }
    if (text[i] === "[") {
      const found = /^\[((?:\\.|[^\]\\])+)\]\(([^)\s]+)\)/.exec(rest);
      if (found && safeLink(found[2])) {
        flush();
        out.push(...inlineNodes(found[1], kept, [...marks, { type: "link", attrs: { href: found[2] } }]));
        i += found[0].length;
        continue;
      }
    }
    const rule = SIGNS.find(
      ([sign, name]) => text.startsWith(sign, i) && !marks.some((m) => m.type === name),
    );
    if (rule) {
      const [sign, name] = rule;
      const inWord = sign.length === 1 && i > 0 && /\w/.test(text[i - 1]);
      let end = text.indexOf(sign, i + sign.length);
      while (end > 0 && text[end - 1] === "\\") end = text.indexOf(sign, end + 1);
      if (!inWord && end > i + sign.length && text[i + sign.length] !== " ") {
        flush();
        out.push(...inlineNodes(text.slice(i + sign.length, end), kept, [...marks, { type: name }]));
        i = end + sign.length;
        continue;
      }
    }
    plain += text[i++];
  }
  flush();
  return out;
}

/**
 * The document of a text, or null for an empty one. `kept` is what `toMarkdown` filled; `files` are the issue's files
 * (`{uuid, filename}`), of which `![name]` on a line of its own shows one.
 */
export function fromMarkdown(source, kept = [], files = []) {
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  const content = [];
  const nodes = (text) => inlineNodes(text, kept);
  const paragraph = (text) => {
    const inner = nodes(text);
    return inner.length ? { type: "paragraph", content: inner } : { type: "paragraph" };
  };
  const readList = (start, indent) => {
    let i = start;
    const ordered = /\d/.test(ITEM.exec(lines[i])[2]);
    const list = { type: ordered ? "orderedList" : "bulletList", content: [] };
    if (ordered) list.attrs = { order: parseInt(ITEM.exec(lines[i])[2], 10) };
    while (i < lines.length) {
      const found = ITEM.exec(lines[i]);
      if (!found || found[1].length < indent) break;
      if (found[1].length > indent && list.content.length) {
        const [inner, next] = readList(i, found[1].length);
        list.content.at(-1).content.push(inner);
        i = next;
      } else if (/\d/.test(found[2]) !== ordered) break;
      else {
        list.content.push({ type: "listItem", content: [paragraph(found[3])] });
        i++;
      }
    }
    return [list, i];
  };
  const readTable = (start) => {
    const cells = (text, type) => ({
      type: "tableRow",
      content: text
        .trim()
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((c) => ({ type, attrs: {}, content: [paragraph(c.trim())] })),
    });
    const rows = [cells(lines[start], "tableHeader")];
    let i = start + 2;
    for (; i < lines.length && /^\|.*\|\s*$/.test(lines[i]); i++) rows.push(cells(lines[i], "tableCell"));
    return [{ type: "table", content: rows }, i];
  };
  for (let i = 0; i < lines.length;) {
    const line = lines[i];
    let m;
    if (!line.trim()) {
      i++;
    } else if ((m = /^⟦(\d+)[^⟦⟧]*⟧$/.exec(line.trim())) && kept[m[1] - 1] && isBlock(kept[m[1] - 1])) {
      content.push(kept[m[1] - 1]);
      i++;
    } else if ((m = /^!\[(.+)\]$/.exec(line.trim())) && files.some((f) => f.filename === m[1])) {
      const file = files.findLast((f) => f.filename === m[1]);
      const media = {
        type: "media",
        attrs: { type: "file", id: file.uuid, collection: "", alt: file.filename },
      };
      content.push({ type: "mediaSingle", attrs: { layout: "center" }, content: [media] });
      i++;
    } else if ((m = /^```(\S*)\s*$/.exec(line))) {
      const end = lines.findIndex((l, n) => n > i && /^```\s*$/.test(l));
      const text = lines.slice(i + 1, end < 0 ? undefined : end).join("\n");
      content.push({
        type: "codeBlock",
        ...(m[1] ? { attrs: { language: m[1] } } : {}),
        ...(text ? { content: [{ type: "text", text }] } : {}),
      });
      i = end < 0 ? lines.length : end + 1;
    } else if ((m = /^(#{1,6})\s+(.*)$/.exec(line))) {
      content.push({ type: "heading", attrs: { level: m[1].length }, content: nodes(m[2]) });
      i++;
    } else if (/^(---+|\*\*\*+)\s*$/.test(line)) {
      content.push({ type: "rule" });
      i++;
    } else if ((m = /^:: (info|note|warning|error|success): (.*)$/.exec(line))) {
      content.push({ type: "panel", attrs: { panelType: m[1] }, content: [paragraph(m[2])] });
      i++;
    } else if (/^> ?/.test(line)) {
      const quote = [];
      while (i < lines.length && /^> ?/.test(lines[i])) quote.push(paragraph(lines[i++].replace(/^> ?/, "")));
      content.push({ type: "blockquote", content: quote });
    } else if (ITEM.test(line)) {
      const [list, next] = readList(i, ITEM.exec(line)[1].length);
      content.push(list);
      i = next;
    } else if (/^\|.*\|\s*$/.test(line) && /^\|[\s:|-]+\|\s*$/.test(lines[i + 1] || "")) {
      const [table, next] = readTable(i);
      content.push(table);
      i = next;
    } else {
      const text = [];
      const begins = (l) => /^(#{1,6} |```|> |\||:: )/.test(l) || ITEM.test(l);
      while (i < lines.length && lines[i].trim() && !(text.length && begins(lines[i]))) text.push(lines[i++]);
      content.push(paragraph(text.join("\n")));
    }
  }
  return content.length ? { type: "doc", version: 1, content } : null;
}

const INLINE = [
  "text",
  "hardBreak",
  "mention",
  "emoji",
  "status",
  "date",
  "inlineCard",
  "inlineExtension",
  "mediaInline",
  "placeholder",
];
const isBlock = (node) => !INLINE.includes(node.type);
