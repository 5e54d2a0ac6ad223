// What crossed, newest first. Its lines never change: what Rust says next costs one page, however many were unfolded.
import { createQuery, type QueryKey } from "@tanstack/svelte-query";
import type { ActivityView } from "../bindings";
import { ask, commands } from "./ipc";
import { client, PAGE } from "./queries";

/** What is known of them. */
interface Lines {
  lines: ActivityView[];
  /** There are older ones. */
  more: boolean;
  /** Stretches are counted from the one that ends with this line, so that they stay the same whatever comes above or below. */
  mark: string | undefined;
  /** How many pages were asked for by a person. */
  pages: number;
  /** Nobody looks at it: whoever comes again begins with the newest page. */
  folded?: boolean;
}

/** So many new pages are fetched to reach what is shown, and kept beyond what was asked for; after that it begins anew. */
const PAGES_NEW = 4;
/** So many lines are made, and let go, at once. */
const STRETCH = 10;
/** How many lines the topmost stretch has, unless it is full. */
const onTop = ({ lines, mark }: Pick<Lines, "lines" | "mark">) =>
  (lines.findIndex((line) => line.id === mark) + 1) % STRETCH;
/** The lines in stretches, each with where it begins. What is new changes none but the first. */
export function stretches(data: Lines) {
  const made: { at: number; some: ActivityView[] }[] = [];
  for (let at = 0, to = onTop(data) || STRETCH; at < data.lines.length; at = to, to += STRETCH)
    made.push({ at, some: data.lines.slice(at, to) });
  return made;
}

const keyOf = (connection: string | null): QueryKey => ["activity", connection];
const known = (connection: string | null) => client.getQueryData<Lines>(keyOf(connection));
const page = (connection: string | null, before: string | null) =>
  ask(commands.activity(connection, before, PAGE));

/** The newest ones, down to those that are known, and these. */
async function newest(connection: string | null): Promise<Lines> {
  const first = await page(connection, null);
  const anew = { lines: first, more: first.length === PAGE, mark: first.at(-1)?.id, pages: 1 };
  let lines = first;
  let more = anew.more;
  for (let fetched = 1; more; fetched += 1) {
    // Looked up after each answer: older ones may have been asked for meanwhile.
    const now = known(connection);
    if (!now || now.folded || fetched > PAGES_NEW) return anew;
    const oldest = lines.at(-1)!.id;
    const met = now.lines.findIndex((line) => line.id === oldest);
    if (met >= 0) {
      const all = [...lines, ...now.lines.slice(met + 1)];
      const kept = (now.pages + PAGES_NEW - 1) * PAGE + onTop({ lines: all, mark: now.mark });
      if (all.length <= kept) return { ...now, lines: all };
      return { lines: all.slice(0, kept), more: true, mark: all[kept - 1]!.id, pages: now.pages };
    }
    const next = await page(connection, oldest);
    lines = [...lines, ...next];
    more = next.length === PAGE;
  }
  return { lines, more, mark: lines.at(-1)?.id, pages: Math.ceil(lines.length / PAGE) };
}

/** The lines of one connection, or of all. */
export const activity = (connection: () => string | null) =>
  createQuery(() => ({ queryKey: keyOf(connection()), queryFn: () => newest(connection()) }));

/** Asks for the next older page. */
export async function older(connection: string | null): Promise<void> {
  const oldest = known(connection)?.lines.at(-1)?.id;
  if (oldest === undefined) return;
  const next = await page(connection, oldest);
  client.setQueryData<Lines>(keyOf(connection), (now) =>
    // If it began anew meanwhile, these do not follow any more.
    now?.lines.at(-1)?.id === oldest
      ? { ...now, lines: [...now.lines, ...next], more: next.length === PAGE, pages: now.pages + 1 }
      : now,
  );
}

/** Lets go of all but the newest page: what nobody looks at is not kept. */
export const fold = (connection: string | null) =>
  client.setQueryData<Lines>(
    keyOf(connection),
    (now) =>
      now && {
        lines: now.lines.slice(0, PAGE),
        more: now.more || now.lines.length > PAGE,
        mark: now.lines.slice(0, PAGE).at(-1)?.id,
        pages: 1,
        folded: true,
      },
    { updatedAt: 0 },
  );
