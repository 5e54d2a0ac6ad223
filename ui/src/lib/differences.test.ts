import { expect, test } from "vitest";
import { differences } from "./differences";

const whole = (pieces: { text: string }[]) => pieces.map((p) => p.text).join("");
const only = (pieces: { text: string; only: boolean }[]) =>
  pieces.filter((p) => p.only).map((p) => p.text.trim());

test("what the other text lacks is marked, and both texts stay whole", () => {
  const ours = "The printer on floor 2 is broken.\nPlease help.";
  const theirs = "The plotter on floor 3 is broken.\nPlease help.";
  const found = differences(ours, theirs)!;
  expect(whole(found.ours)).toBe(ours);
  expect(whole(found.theirs)).toBe(theirs);
  expect(only(found.ours)).toEqual(["printer", "2"]);
  expect(only(found.theirs)).toEqual(["plotter", "3"]);
});

test("equal texts, an empty one, and words of any language", () => {
  expect(only(differences("same", "same")!.ours)).toEqual([]);
  expect(differences("", "new")).toEqual({ ours: [], theirs: [{ text: "new", only: true }] });
  expect(only(differences("größere Straße", "größere Gasse")!.ours)).toEqual(["Straße"]);
});

test("the longest texts that Jira takes are compared, or given up, in a moment", () => {
  const text = (seed: number) =>
    Array.from({ length: 6000 }, (_, i) => ((i * seed) % 7919).toString(36))
      .join(" ")
      .slice(0, 32_767);
  const begun = performance.now();
  const alike = differences(text(31), `${text(31)} end`)!;
  expect(only(alike.theirs)).toEqual(["end"]);
  const apart = differences(text(31), text(77));
  if (apart) expect(whole(apart.theirs)).toBe(text(77));
  expect(performance.now() - begun).toBeLessThan(3000);
});
