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

export const windowWords = (): Plugin => ({
  name: "window-words",
  enforce: "pre",
  load(id) {
    const [file, how] = id.split("?");
    if (!file?.endsWith(".ftl") || (how !== "raw" && how !== "whole")) return;
    this.addWatchFile(file);
    const catalogue = readFileSync(file, "utf8");
    // Whole: for the pictures, where Rust's part is played.
    return `export default ${JSON.stringify(how === "whole" ? catalogue : ofWindow(catalogue))}`;
  },
});
