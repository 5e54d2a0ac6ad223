/** One state: shown by scenes, by a test elsewhere, or not built yet. */
export type State =
  | { state: string; scenes: string[]; shows?: string }
  | { state: string; file: string; test: string }
  | { state: string; notBuilt: number };

export const ISSUES: Record<number, string>;
export const sections: { letter: string; title: string; states: State[] }[];
