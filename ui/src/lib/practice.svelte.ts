// The practice: two made-up companies. While it is open, all that the window asks for is answered by them.
import type { PracticeView } from "../bindings";
import { t } from "./i18n";
import { ask, commands } from "./ipc";
import { say } from "./live.svelte";
import { client } from "./queries";

/** Whether the window shows the practice now. */
export const practising = $state({ on: false });

/** Where the window goes once the practice is left, if it shows a place of the practice's. */
export const after = { place: "/connections" };

/** Of this computer, not of a company: these answers stay the same. */
const STAY = new Set(["practice", "language", "general", "privacy"]);
let switched: Promise<unknown> = Promise.resolve();

/** Follows what Rust says of it: whatever was shown belongs to others, once somebody else is shown. */
export function follow(view: PracticeView) {
  if (practising.on === view.open) return switched;
  practising.on = view.open;
  return (switched = client.resetQueries({ predicate: (q) => !STAY.has(String(q.queryKey[0])) }));
}

async function deed(answer: Promise<unknown>, sentence: string) {
  const view = (await ask(answer)) as PracticeView;
  client.setQueryData(["practice"], view);
  // Whoever goes on from here does not wait for answers to questions of the place that was left.
  void follow(view);
  say(sentence);
  return view;
}

/** Where it begins: the connection of both companies. */
export const start = async () => {
  const view = await deed(commands.startPractice(), t("practice-started"));
  return view.connection === null ? "/connections" : `/connections/${view.connection}`;
};
export const leave = (place = "/connections") => {
  after.place = place;
  return deed(commands.leavePractice(), t("practice-left"));
};
export const remove = () => deed(commands.removePractice(), t("practice-removed"));
