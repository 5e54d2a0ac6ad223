// The catalogue as the window carries it: its own sections only. What Rust says comes from Rust as a ready sentence, and
// the words of problems and of the command line are half of the file.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** Sections begin with a line `## Place: …`; those of the window with `## Window`. */
export const ofWindow = (catalogue: string) =>
  catalogue
    .split(/^(?=## )/m)
    .filter((section) => section.startsWith("## Window"))
    .join("")
    // Headings, notes and empty lines are for those who write it.
    .replace(/^(#.*)?\n/gm, "");

/** English words of a page that few people open: they come with that page (`en.ftl?rules`), not with the window. */
const WITH_PAGE: Record<string, string> = {
  rules: "## Window: sync rules\n",
  local: "## Window: two projects in this app\n",
  connect: "## Window: two issues that exist already\n",
};

const part = (catalogue: string, wanted: (section: string) => boolean) =>
  catalogue
    .split(/^(?=## )/m)
    .filter(wanted)
    .join("");

export const windowWords = (): Plugin => ({
  name: "window-words",
  enforce: "pre",
  load(id) {
    const [file, how] = id.split("?");
    const page = how === undefined ? undefined : WITH_PAGE[how];
    if (!file?.endsWith(".ftl") || (how !== "raw" && how !== "whole" && !page)) return;
    this.addWatchFile(file);
    const catalogue = readFileSync(file, "utf8");
    // Whole: for the pictures, where Rust's part is played.
    if (how === "whole") return `export default ${JSON.stringify(catalogue)}`;
    // Other languages are loaded apart as they are: all of it comes at once.
    const apart = file.endsWith("en.ftl") ? Object.values(WITH_PAGE) : [];
    const mine = part(catalogue, (section) =>
      page ? section.startsWith(page) : !apart.some((heading) => section.startsWith(heading)),
    );
    return `export default ${JSON.stringify(ofWindow(mine))}`;
  },
});
