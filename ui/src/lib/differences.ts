// What two texts do not have in common, word by word.
import { diffWordsWithSpace } from "diff";

/** A piece of a text; `only`: the other text lacks it. */
export type Piece = { text: string; only: boolean };

/** Beyond that hardly a word is common, and marks would help nobody. */
const LIMITS = { maxEditLength: 4000, timeout: 400 };

/** Both texts in pieces, each the whole of its text; `null`: they have too little in common to be marked. */
export function differences(ours: string, theirs: string): { ours: Piece[]; theirs: Piece[] } | null {
  const changes = diffWordsWithSpace(ours, theirs, LIMITS);
  if (!changes) return null;
  const side = (other: "added" | "removed"): Piece[] =>
    changes.filter((c) => !c[other]).map((c) => ({ text: c.value, only: c.added || c.removed }));
  return { ours: side("added"), theirs: side("removed") };
}
