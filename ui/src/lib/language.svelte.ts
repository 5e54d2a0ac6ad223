// The language that the window speaks. English comes with the window; every other one is loaded when it is spoken.
import { FluentBundle, FluentResource } from "@fluent/bundle";
import type { Language } from "../bindings";
import english from "../locales/en.ftl?raw";

function read(code: Language, catalogue: string) {
  // Isolating marks would turn up in copied text; no language with mixed directions is shipped yet.
  const bundle = new FluentBundle(code, { useIsolating: false });
  for (const error of bundle.addResource(new FluentResource(catalogue))) console.error(error);
  return bundle;
}

const loaded: Partial<Record<Language, FluentBundle>> = { en: read("en", english) };
const LOAD: Partial<Record<Language, () => Promise<{ default: string }>>> = {
  de: () => import("../locales/de.ftl?raw"),
};

/** English words that come with a page of their own. */
export function learn(catalogue: string) {
  for (const error of loaded.en!.addResource(new FluentResource(catalogue))) console.error(error);
}

let spoken = $state.raw<Language>("en");
let wanted: Language = "en";

/** Speaks it from now on, in all that is shown. What cannot be loaded leaves everything as it is. */
export async function speak(code: Language) {
  wanted = code;
  try {
    loaded[code] ??= read(code, (await LOAD[code]!()).default);
  } catch (error) {
    return console.error(error);
  }
  // Another one was asked for meanwhile.
  if (wanted !== code) return;
  spoken = code;
  document.documentElement.lang = code;
}

/** The catalogues in which a sentence is looked for: the spoken one, then English. */
export const catalogues = () => [loaded[spoken]!, loaded.en!];

/** How days, times and numbers are written: as this computer writes them, if that is of the spoken language. */
export const locale = () => navigator.languages.find((l) => l.startsWith(spoken)) ?? spoken;

/** What the system speaks, as far as a web view knows it; Rust's word counts as soon as it is there. */
export const ofTheSystem = (): Language =>
  navigator.languages.map((l) => l.slice(0, 2)).find((l): l is Language => l in loaded || l in LOAD) ?? "en";
