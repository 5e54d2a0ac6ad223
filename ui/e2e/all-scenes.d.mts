import type { Page } from "playwright-core";

/** A screen in a state. */
export interface Scene {
  name: string;
  /** The made-up world, as `src/mock` knows it; several with commas between. */
  scene?: string;
  /** The route. */
  at?: string;
  /** Brings it there after it has opened. */
  act?: (page: Page) => Promise<unknown>;
  /** What must be on it. */
  see: string;
  /** A main one: pictures in every shape, too. */
  more?: boolean;
  /** It types words of the English window. */
  english?: boolean;
  /** Of the window, where the usual one would not show all of it. */
  height?: number;
}

export const scenes: Scene[];
