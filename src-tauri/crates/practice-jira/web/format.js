// Times, sizes, people and types, as people read them.
import { el } from "./dom.js";

const parsed = (text) => new Date(text.replace(/\+0000$/, "Z"));

function ago(at) {
  const seconds = Math.round((Date.now() - at) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
  return at.toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

/** A time of the API; it grows older by itself. */
export function when(text) {
  const at = parsed(text);
  return el("time", { datetime: at.toISOString(), title: at.toLocaleString() }, ago(at));
}

export function growOlder() {
  for (const node of document.querySelectorAll("time[datetime]")) {
    const text = ago(new Date(node.dateTime));
    if (node.textContent !== text) node.textContent = text;
  }
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  const [divisor, unit] =
    bytes < 1048576 ? [1024, "KB"] : bytes < 1073741824 ? [1048576, "MB"] : [1073741824, "GB"];
  const number = bytes / divisor;
  return `${number.toFixed(number < 10 ? 1 : 0)} ${unit}`;
}

export const count = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

/** A hue that a name always has. */
export const hue = (text) => [...text].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 360, 7);

export function avatar(name) {
  const letters = name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => [...word][0]);
  const node = el("span", { class: "avatar", "aria-hidden": "true" }, letters.join("").toUpperCase() || "?");
  node.style.setProperty("--tone", hue(name));
  return node;
}

const TYPES = { Task: 245, Bug: 25, Improvement: 150, Epic: 305, Story: 130, "Sub-task": 200 };

/** The first letter of a type on its colour; the name has to stand beside it. */
export function typeMark(name) {
  const node = el("span", { class: "type", "aria-hidden": "true" }, [...name][0].toUpperCase());
  node.style.setProperty("--tone", TYPES[name] ?? hue(name));
  return node;
}
