import { expect, test } from "vitest";
import { lines } from "./lines";

const text = (...all: string[]) => all.map((line) => `${line}\n`).join("");
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

test("a changed line stands there twice, among three equal ones; the rest is counted", () => {
  const before = text(...numbers(1, 20));
  const told = lines(before, before.replace("10\n", "ten\n"));
  const short = told.map((l) => (l.kind === "left-out" ? `…${l.n}` : `${l.kind} ${l.text}`));
  expect(short).toEqual([
    "…6",
    "same 7",
    "same 8",
    "same 9",
    "gone 10",
    "new ten",
    "same 11",
    "same 12",
    "same 13",
    "…7",
  ]);
});

test("nothing is left out that would fill one line, and no line is made up", () => {
  expect(lines(text("1", "2", "3", "4", "x"), text("1", "2", "3", "4", "y")).map((l) => l.kind)).toEqual([
    "same",
    "same",
    "same",
    "same",
    "gone",
    "new",
  ]);
  expect(lines("", text("a"))).toEqual([{ kind: "new", text: "a" }]);
  expect(lines(text("a", ""), text("a"))).toEqual([
    { kind: "same", text: "a" },
    { kind: "gone", text: "" },
  ]);
});
