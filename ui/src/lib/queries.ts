// What the window shows, by name. Rust says `changed`, and whatever is on screen is fetched again.
import { QueryClient, createInfiniteQuery, createQuery } from "@tanstack/svelte-query";
import type { CompareView } from "../bindings";
import { ask, commands, events } from "./ipc";

export const client = new QueryClient({
  defaultOptions: {
    // Rust retries what is worth retrying; there is no network between the window and Rust.
    queries: { retry: false, networkMode: "always", refetchOnWindowFocus: false, staleTime: 1000 },
    mutations: { retry: false, networkMode: "always" },
  },
});

/** Answers that cost calls to Jira, or that a person is reading: kept until asked for again, whatever else changes. */
const COSTLY = new Set([
  "projects",
  "types",
  "compare",
  "diagnostics",
  "matches",
  "filter-words",
  "filter-values",
]);

/** Fetches again what is on screen. */
export const refresh = () =>
  client.invalidateQueries({ predicate: (q) => !COSTLY.has(String(q.queryKey[0])) });

/** Begun before there was a page. */
let ahead: (() => void) | undefined;

/** Follows Rust's `changed`; several within a moment count once. Gives back how to stop. */
export function followChanges(): () => void {
  if (ahead) {
    const begun = ahead;
    ahead = undefined;
    return begun;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const stop = events.changed.listen(() => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void refresh();
    }, 100);
  });
  // What was answered until now may have changed without a word; what is still asked for is not asked for twice.
  void stop.then(() => {
    if (!over) void refresh();
  });
  return () => {
    over = true;
    clearTimeout(timer);
    void stop.then((f) => f());
  };
}

export const PAGE = 50;

/** What the window begins with. */
const FIRST = {
  language: { queryKey: ["language"], queryFn: () => ask(commands.language()) },
  practice: { queryKey: ["practice"], queryFn: () => ask(commands.practice()) },
  accounts: { queryKey: ["accounts"], queryFn: () => ask(commands.accounts()) },
  connections: { queryKey: ["connections"], queryFn: () => ask(commands.connections()) },
  status: { queryKey: ["status"], queryFn: () => ask(commands.status()) },
  problems: { queryKey: ["problems"], queryFn: () => ask(commands.problems()) },
};
/** Asks for all of that at once, before there is anything to show it; Rust is first told that somebody listens. */
export const askAhead = () => {
  ahead = followChanges();
  for (const question of Object.values(FIRST)) void client.prefetchQuery<unknown>(question);
};

export const status = () => createQuery(() => ({ ...FIRST.status, refetchInterval: 15_000 }));
export const settings = () =>
  createQuery(() => ({ queryKey: ["settings"], queryFn: () => ask(commands.settings()) }));
/** Gathered once for each look at it: what is shown is what is saved. */
export const diagnostics = () =>
  createQuery(() => ({
    queryKey: ["diagnostics"],
    queryFn: () => ask(commands.diagnostics()),
    staleTime: Infinity,
    gcTime: 0,
  }));
export const general = () =>
  createQuery(() => ({
    queryKey: ["general"],
    queryFn: () => ask(commands.general()),
    // People may have changed it in the system's own settings: it is asked at each look.
    refetchOnMount: "always",
  }));
export const privacy = () =>
  createQuery(() => ({ queryKey: ["privacy"], queryFn: () => ask(commands.privacy()) }));
export const language = () => createQuery(() => FIRST.language);
export const practice = () => createQuery(() => FIRST.practice);
export const pace = () => createQuery(() => ({ queryKey: ["pace"], queryFn: () => ask(commands.pace()) }));
export const notificationSwitches = () =>
  createQuery(() => ({
    queryKey: ["notification-switches"],
    queryFn: () => ask(commands.notificationSwitches()),
  }));
export const accounts = () => createQuery(() => FIRST.accounts);
export const connections = () => createQuery(() => FIRST.connections);
export const connection = (id: () => string) =>
  createQuery(() => ({
    queryKey: ["connection", id()],
    queryFn: () => ask(commands.connection(id())),
    enabled: id() !== "",
  }));
export const problems = () => createQuery(() => FIRST.problems);
export const fields = (problem: () => string) =>
  createQuery(() => ({
    queryKey: ["fields", problem()],
    queryFn: () => ask(commands.problemFields(problem())),
  }));
export const invitation = (id: () => string) =>
  createQuery(() => ({
    queryKey: ["invitation", id()],
    queryFn: () => ask(commands.invitation(id())),
    // A port becomes free without anybody telling.
    refetchInterval: ({ state }) => (state.data && !state.data.listening ? 5_000 : false),
  }));
export const projects = (account: () => string) =>
  createQuery(() => ({
    queryKey: ["projects", account()],
    queryFn: () => ask(commands.projects(account())),
    enabled: account() !== "",
    staleTime: 60_000,
  }));
export const types = (account: () => string, project: () => string) =>
  createQuery(() => ({
    queryKey: ["types", account(), project()],
    queryFn: () => ask(commands.projectTypes(account(), project())),
    enabled: account() !== "" && project() !== "",
    staleTime: 60_000,
  }));
/** Each page tells what it was searched for: those of the search before stay until the first answer to a new one. */
export const pairs = (connection: () => string, search: () => string) =>
  createInfiniteQuery(() => ({
    queryKey: ["pairs", connection(), search()],
    queryFn: async ({ pageParam, queryKey: [, of, wanted] }) => ({
      search: wanted!,
      rows: await ask(commands.pairs(of!, wanted!, pageParam, PAGE)),
    }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ rows }) => (rows.length === PAGE ? rows.at(-1)?.id : undefined),
    placeholderData: (shown, query) => (query?.queryKey[1] === connection() ? shown : undefined),
  }));
/** The questions of a connection whether two issues become a pair. */
export const questions = (connection: () => string) =>
  createQuery(() => ({
    queryKey: ["questions", connection()],
    queryFn: () => ask(commands.questions(connection())),
    enabled: connection() !== "",
  }));
export const conflicts = (pair: () => string) =>
  createQuery(() => ({
    queryKey: ["conflicts", pair()],
    queryFn: () => ask(commands.conflicts(pair())),
  }));
/** Our side is read from Jira each time: again only while something is on its way, or when asked for. */
export const comparison = (connection: () => string, issue: () => string) =>
  createQuery(() => ({
    queryKey: ["compare", connection(), issue()],
    queryFn: () => ask(commands.compare(connection(), issue())),
    refetchInterval: ({ state }) => (state.data && moves(state.data) ? 15_000 : false),
  }));
const moves = (c: CompareView) =>
  [...c.fields, ...c.comments, ...c.files].some((item) => item.way !== "settled" && item.way !== "stays");
/** The sync rules in force; in Basic mode what they would be as text. */
export const rules = (connection: () => string) =>
  createQuery(() => ({
    queryKey: ["rules", connection()],
    queryFn: () => ask(commands.rules(connection())),
  }));
export const ruleVersions = (connection: () => string) =>
  createQuery(() => ({
    queryKey: ["rule-versions", connection()],
    queryFn: () => ask(commands.ruleVersions(connection())),
  }));
/** What was compared before holds no longer. */
export const compareAgain = () => client.invalidateQueries({ queryKey: ["compare"] });
export const lastDay = (connection: () => string) =>
  createQuery(() => ({
    queryKey: ["last-day", connection()],
    queryFn: () => ask(commands.lastDay(connection())),
    // An hour ends also where nothing happens.
    refetchInterval: 300_000,
  }));
export const what = (connection: () => string) =>
  createQuery(() => ({
    queryKey: ["what", connection()],
    queryFn: () => ask(commands.what(connection())),
  }));
/** What a filter lets in now. Each filter is asked for once while it is looked at. */
export const matches = (connection: () => string, filter: () => string) =>
  createQuery(() => ({
    queryKey: ["matches", connection(), filter()],
    queryFn: () => ask(commands.matches(connection(), filter())),
    staleTime: 30_000,
    gcTime: 30_000,
    // What is to be synced gets there meanwhile.
    refetchInterval: ({ state }) => (state.data && state.data.coming > 0 ? 15_000 : false),
  }));
export const matchAgain = () => client.invalidateQueries({ queryKey: ["matches"] });
export const filterWords = (connection: () => string) =>
  createQuery(() => ({
    queryKey: ["filter-words", connection()],
    queryFn: () => ask(commands.filterWords(connection())),
    staleTime: 600_000,
  }));
/** Values of a field that fit what was typed; no field, no question. */
export const filterValues = (connection: () => string, field: () => string, typed: () => string) =>
  createQuery(() => ({
    queryKey: ["filter-values", connection(), field(), typed()],
    queryFn: () => ask(commands.filterValues(connection(), field(), typed())),
    enabled: field() !== "",
    staleTime: 60_000,
  }));
