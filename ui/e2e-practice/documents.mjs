// Formatted texts for the practice page: each node as an editor makes it, from the samples of the adapter's tests.
import { readFileSync } from "node:fs";

const at = (path) => new URL(path, import.meta.url).pathname;

/** Name of a node → what its document holds. */
export const samples = JSON.parse(
  readFileSync(at("../../src-tauri/crates/trackers/src/jira_cloud/adf/samples.json"), "utf8"),
);

/** Every mark of the schema, by the table in docs/rich-text.md, which a test holds to the schema. */
export const marks = [
  ...readFileSync(at("../../docs/rich-text.md"), "utf8")
    .split("### Marks")[1]
    .split("<!-- end -->")[0]
    .matchAll(/^\| `(\w+)` \|/gm),
].map((found) => found[1]);

export const text = (words, ...kinds) => ({
  type: "text",
  text: words,
  ...(kinds.length ? { marks: kinds.map((k) => (typeof k === "string" ? { type: k } : k)) } : {}),
});
export const paragraph = (...content) => ({ type: "paragraph", content });
export const doc = (...content) => ({ type: "doc", version: 1, content });
export const plain = (words) => doc(paragraph(text(words)));

/** The same with each file's id changed to one that the site has: it refuses a text with any other. */
export function withFiles(node, ids) {
  if (Array.isArray(node)) return node.map((one) => withFiles(one, ids));
  if (node === null || typeof node !== "object") return node;
  const made = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withFiles(value, ids)]));
  if (/^media/.test(made.type) && made.attrs?.type === "file" && made.attrs.id) {
    made.attrs.id = ids[made.attrs.alt] ?? Object.values(ids)[0];
  }
  return made;
}

const colour = (type, value) => ({ type, attrs: { color: value } });

/** Text in every mark. */
export const marked = [
  paragraph(
    ...[text("strong", "strong"), text("em", "em"), text("code", "code"), text("strike", "strike")],
    ...[text("underline", "underline"), text("sub", { type: "subsup", attrs: { type: "sub" } })],
    text("sup", { type: "subsup", attrs: { type: "sup" } }),
    text(" red ", colour("textColor", "#bf2600")),
    text(" pale yellow ", colour("textColor", "#ffe380")),
    text(" on yellow ", colour("backgroundColor", "#f8e6a0")),
    text(" link ", { type: "link", attrs: { href: "https://acme.example/log" } }),
    text(" mail ", { type: "link", attrs: { href: "mailto:ana@acme.example" } }),
    text(" commented ", { type: "annotation", attrs: { id: "a-1", annotationType: "inlineComment" } }),
  ),
  { ...paragraph(text("in the middle")), marks: [{ type: "alignment", attrs: { align: "center" } }] },
  { ...paragraph(text("further in")), marks: [{ type: "indentation", attrs: { level: 2 } }] },
];

export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNkYPhfz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC",
  "base64",
);
