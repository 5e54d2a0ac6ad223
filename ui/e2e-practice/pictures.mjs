// docs/pictures/rich-text/: each node and mark of Jira's rich text, as it is written and as it arrives at the twin. Both
// come from pairs.json, which the adapter's tests make (UPDATE_DOCS=1); the practice page shows them.
//   npm --prefix ui run pictures        after `cargo build -p practice-jira`
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { browse, start } from "./site.mjs";
import { PNG } from "./documents.mjs";

const DOCS = new URL("../../docs/pictures/rich-text/", import.meta.url).pathname;

/** Which picture shows what. */
export const PICTURES = {
  text: ["doc", "paragraph", "text", "heading", "hardBreak", "rule", "blockquote"],
  lists: [
    "bulletList",
    "orderedList",
    "listItem",
    "taskList",
    "taskItem",
    "blockTaskItem",
    "decisionList",
    "decisionItem",
  ],
  boxes: ["panel", "codeBlock", "expand", "nestedExpand", "layoutSection", "layoutColumn"],
  tables: ["table", "tableRow", "tableHeader", "tableCell"],
  files: ["mediaSingle", "caption", "media", "mediaGroup", "mediaInline"],
  inline: ["mention", "emoji", "status", "date", "placeholder", "inlineCard", "inlineExtension"],
  cards: ["blockCard", "embedCard", "extension", "bodiedExtension", "syncBlock", "bodiedSyncBlock"],
  marks: null,
};

export const pairs = () => JSON.parse(readFileSync(`${DOCS}pairs.json`, "utf8"));
/** What the pictures were made of. */
export const stamp = () =>
  createHash("sha256")
    .update(readFileSync(`${DOCS}pairs.json`))
    .digest("hex");
export const STAMP = `${DOCS}made-of.txt`;

/** The files that a document shows, as the page knows files; `ids` are the site's, by name. */
function files(node, ids, found = []) {
  if (/^media/.test(node.type) && node.attrs?.type === "file") {
    const filename = node.attrs.alt || node.attrs.id;
    const mimeType = filename.endsWith(".png") ? "image/png" : "application/octet-stream";
    found.push({ uuid: node.attrs.id, id: ids[filename], filename, mimeType });
  }
  for (const child of node.content ?? []) files(child, ids, found);
  return found;
}

async function make() {
  const [site, browser] = await Promise.all([start("acme", 1), browse()]);
  const shot = (await site.api("GET", "/issue/SUP-1")).fields.attachment[0];
  const bytes = Buffer.from(await (await fetch(`${site.url}/practice/ui/files/${shot.id}`)).arrayBuffer());
  const ids = {};
  for (const name of ["screenshot.png", "log.txt", "dump.zip", "report.pdf"]) {
    ids[name] = (await site.attach("SUP-1", name, name.endsWith("png") ? bytes : PNG)).id;
  }
  const { nodes, marks } = pairs();
  const { page } = await browser.window(site, { width: 960, height: 700 });
  for (const [name, kinds] of Object.entries(PICTURES)) {
    const of = kinds ? nodes : marks;
    const rows = (kinds ?? Object.keys(marks)).map((kind) => {
      const side = (document) => ({ document, files: files(document, ids) });
      return { kind, sent: side(of[kind].sent), arrives: side(of[kind].arrives) };
    });
    await page.evaluate(async (all) => {
      const [{ el }, { showNode }] = await Promise.all([
        import("/practice/web/dom.js"),
        import("/practice/web/adf.js"),
      ]);
      const side = ({ document, files }) => el("div", {}, showNode(document, files));
      const cells = all.flatMap((row) => [el("code", {}, row.kind), side(row.sent), side(row.arrives)]);
      const head = ["", "as it is written", "as it arrives"].map((words) => el("strong", {}, words));
      const sheet = el("div", { id: "sheet" }, head, cells);
      document.body.replaceChildren(sheet);
      for (const box of sheet.querySelectorAll("details")) box.open = true;
      const style = {
        display: "grid",
        gridTemplateColumns: "11rem 1fr 1fr",
        gap: "1px",
        width: "940px",
        background: "var(--line)",
        border: "1px solid var(--line)",
      };
      Object.assign(sheet.style, style);
      for (const cell of sheet.children)
        Object.assign(cell.style, {
          background: "var(--surface)",
          padding: "0.6rem 0.8rem",
          minWidth: "0",
          overflow: "hidden",
        });
      for (const image of sheet.querySelectorAll("img")) {
        image.loading = "eager";
        image.style.maxHeight = "150px";
        await image.decode();
      }
    }, rows);
    writeFileSync(`${DOCS}${name}.png`, await page.locator("#sheet").screenshot());
    await page.reload();
  }
  writeFileSync(STAMP, `${stamp()}\n`);
  await browser.close();
  await site.stop();
}

if (process.argv[1] === new URL(import.meta.url).pathname) await make();
