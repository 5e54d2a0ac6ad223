// What two texts do not have in common, line by line.
import { diffLines } from "diff";

/** A line, or so many that are the same in both and far from any difference. */
export type Line = { kind: "same" | "gone" | "new"; text: string } | { kind: "left-out"; n: number };

/** Equal lines shown around a difference. */
const AROUND = 3;

export function lines(before: string, after: string): Line[] {
  const all = diffLines(before, after).flatMap((change): Line[] => {
    const kind = change.added ? "new" : change.removed ? "gone" : "same";
    return change.value
      .replace(/\n$/, "")
      .split("\n")
      .map((text) => ({ kind, text }));
  });
  const shown = all.map((line, i) =>
    all.slice(Math.max(i - AROUND, 0), i + AROUND + 1).some((near) => near.kind !== "same"),
  );
  const told: Line[] = [];
  for (let i = 0; i < all.length;) {
    let end = i;
    while (end < all.length && !shown[end]) end++;
    // One line says as much as that one was left out.
    if (end - i > 1) told.push({ kind: "left-out", n: end - i });
    else if (end - i === 1) told.push(all[i]!);
    if (end < all.length) told.push(all[end]!);
    i = end + 1;
  }
  return told;
}
