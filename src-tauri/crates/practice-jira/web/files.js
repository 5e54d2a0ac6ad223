// Attachments: as tiles, chosen or dropped, each sent by itself so that one that is refused stops no other.
import { el, keyed, visible } from "./dom.js";
import { size, when } from "./format.js";
import { ask, tried } from "./dialogs.js";
import { call, send } from "./server.js";

const SHOWN = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/svg+xml",
  "image/bmp",
  "image/avif",
];

function tile(file, context) {
  const address = `/practice/ui/files/${file.id}`;
  const name = visible(file.filename);
  const ending = (name.includes(".") ? name.split(".").pop() : "file").slice(0, 5).toUpperCase();
  const picture = SHOWN.includes(file.mimeType);
  const remove = async () => {
    if (!(await ask(`Delete ${name}?`, "Delete file"))) return;
    await tried(
      () => call("DELETE", `files/${file.id}?as=${encodeURIComponent(context.who())}`),
      "File deleted",
    );
    await context.refresh();
  };
  return el(
    "li",
    { class: "file" },
    el(
      "a",
      picture
        ? { href: address, target: "_blank", rel: "noopener" }
        : { href: address, download: file.filename },
      picture
        ? el("img", { src: address, alt: "", loading: "lazy" })
        : el("span", { class: "thumb", "aria-hidden": "true" }, ending),
      el("span", { class: "name" }, el("bdi", {}, name)),
      el(
        "span",
        { class: "size" },
        size(file.size),
        " · ",
        when(file.created),
        " · ",
        file.author.displayName,
      ),
    ),
    el("button", { type: "button", class: "remove", "aria-label": `Delete ${name}`, onclick: remove }, "×"),
  );
}

/** The part of an issue that holds its files; `context` knows the key, who acts, and how to read it again. */
export function filesPart(context) {
  const tiles = el("ul", { class: "files", "aria-label": "Files" });
  const uploads = el("ul", { class: "uploads", "aria-label": "Uploads" });
  const none = el("p", { class: "none" }, "No files. Drop some here, or press Add files.");
  const picker = el("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files to attach" });
  const count = el("span", { class: "number" });
  const title = el(
    "h2",
    {},
    "Attachments ",
    count,
    el("button", { type: "button", class: "plain", onclick: () => picker.click() }, "Add files"),
    picker,
  );
  const node = el(
    "section",
    { class: "attachments", "aria-label": "Attachments" },
    title,
    none,
    tiles,
    uploads,
  );

  async function upload(file) {
    const bar = el("progress", { max: 1, value: 0, "aria-label": `Sending ${visible(file.name)}` });
    const row = el("li", {}, el("bdi", {}, visible(file.name)), " ", bar);
    uploads.append(row);
    try {
      await send(
        `issues/${encodeURIComponent(context.key)}/files?as=${encodeURIComponent(context.who())}`,
        file,
        (share) => (bar.value = share),
      );
      row.remove();
    } catch (error) {
      bar.replaceWith(
        el("span", { class: "error", role: "alert" }, error.message),
        " ",
        el("button", { type: "button", class: "plain", onclick: () => row.remove() }, "Dismiss"),
      );
    }
  }
  async function add(list) {
    for (const file of [...list]) await upload(file);
    await context.refresh();
  }
  picker.addEventListener("change", async () => {
    await add(picker.files);
    picker.value = "";
  });
  return {
    node,
    add,
    update(files) {
      count.textContent = files.length ? String(files.length) : "";
      none.hidden = files.length > 0;
      keyed(tiles, files, { key: (f) => f.id, sign: (f) => f, build: (f) => tile(f, context) });
    },
  };
}

/** Lets files be dropped anywhere on `area`; nothing else is taken from what is dragged. */
export function takeDrops(area, add) {
  let depth = 0;
  const has = (e) => [...(e.dataTransfer?.types || [])].includes("Files");
  const mark = (by) => {
    depth = Math.max(0, depth + by);
    area.classList.toggle("dropping", depth > 0);
  };
  area.addEventListener("dragenter", (e) => has(e) && mark(1));
  area.addEventListener("dragleave", (e) => has(e) && mark(-1));
  area.addEventListener("dragover", (e) => has(e) && e.preventDefault());
  area.addEventListener("drop", (e) => {
    if (!has(e)) return;
    e.preventDefault();
    depth = 0;
    mark(0);
    add(e.dataTransfer.files);
  });
}
