// Rust's German, played: an English sentence of the made-up world is found in the catalogue, and said again in German. So the
// pictures show what Rust would say, and a changed translation is seen in them.
import { FluentBundle, FluentResource } from "@fluent/bundle";
import german from "../locales/de.ftl?whole";
import english from "../locales/en.ftl?whole";

const bundle = new FluentBundle("de", { useIsolating: false });
bundle.addResource(new FluentResource(german));

type Piece =
  string | { type: string; name?: string; value?: string; selector?: { name: string }; variants?: Variant[] };
type Variant = { key: { value: string | number }; value: Piece | Piece[] };
/** One of the ways to say a message: as an expression that finds it, and the facts that led to it. */
type Way = { expression: string; names: string[]; known: Record<string, string | number>; letters: number };

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function ways(pattern: Piece | Piece[]): Way[] {
  if (Array.isArray(pattern))
    return pattern.reduce<Way[]>(
      (before, piece) =>
        before.flatMap((a) =>
          ways(piece).map((b) => ({
            expression: a.expression + b.expression,
            names: [...a.names, ...b.names],
            known: { ...a.known, ...b.known },
            letters: a.letters + b.letters,
          })),
        ),
      [{ expression: "", names: [], known: {}, letters: 0 }],
    );
  if (typeof pattern === "string")
    return [{ expression: escape(pattern), names: [], known: {}, letters: pattern.trim().length }];
  if (pattern.type === "str") return ways(pattern.value!);
  if (pattern.type === "var") return [{ expression: "(.+?)", names: [pattern.name!], known: {}, letters: 0 }];
  return pattern.variants!.flatMap((variant) =>
    ways(variant.value).map((way) => {
      const key = variant.key.value === "one" ? 1 : variant.key.value;
      return key === "other" ? way : { ...way, known: { ...way.known, [pattern.selector!.name]: key } };
    }),
  );
}

const known = new FluentResource(english).body
  .filter((message) => !/^(cli|tray)-/.test(message.id))
  .flatMap((message) => ways(message.value as Piece).map((way) => ({ id: message.id, ...way })))
  .filter((way) => way.letters > 3)
  // What says most by itself is asked first: some sentences are little more than their facts.
  .sort((a, b) => b.letters - a.letters);

/** A number chooses a plural; a day or a permission among the facts was said as well. */
const fact = (text: string) => (/^\d+$/.test(text) ? Number(text) : (inGerman(text) ?? text));

/** A sentence of Rust's in German; `undefined`: the catalogue has no such. */
export function inGerman(sentence: string): string | undefined {
  for (const way of known) {
    const found = new RegExp(`^${way.expression}$`, "s").exec(sentence);
    if (!found) continue;
    const facts = Object.fromEntries(way.names.map((name, i) => [name, fact(found[i + 1]!)]));
    return bundle.formatPattern(bundle.getMessage(way.id)!.value!, { ...facts, ...way.known });
  }
  return undefined;
}

const SENTENCES = [
  "sentence",
  "next_step",
  "together",
  "together_next",
  "request",
  "last_activity",
  "reason",
  "connection_sentence",
];
const NAMES = ["partner_name", "field", "label"];

/** What Rust said here and would not say: it stands in no catalogue. */
export const invented = new Set<string>();

/** An answer of Rust's with all that it says in German. */
export function said<T>(answer: T): T {
  if (Array.isArray(answer)) return answer.map(said) as T;
  if (answer === null || typeof answer !== "object") return answer;
  const entries = Object.entries(answer).map(([key, value]: [string, unknown]) => {
    if (key === "notes" && Array.isArray(value) && typeof value[0] === "string")
      return [key, value.map((note: string) => inGerman(note) ?? (invented.add(note), note))];
    if (typeof value !== "string" || value === "" || ![...SENTENCES, ...NAMES].includes(key))
      return [key, said(value)];
    const german = inGerman(value);
    if (german === undefined && SENTENCES.includes(key)) invented.add(value);
    return [key, german ?? value];
  });
  return Object.fromEntries(entries) as T;
}
