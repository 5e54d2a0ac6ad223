// Deeds on a connection, each with what is said afterwards.
import type {
  ChoiceScope,
  ConflictView,
  ConnectionView,
  FieldChoice,
  PauseUntil,
  QuestionView,
  TextOf,
  ThemeChoice,
} from "../bindings";
import { t } from "./i18n";
import { ask, commands } from "./ipc";
import { forgetRules } from "./kept";
import { client, compareAgain, matchAgain, refresh } from "./queries";
import { wear } from "./theme";
import { announce, say } from "./live.svelte";

async function deed(answer: Promise<unknown>, sentence: string) {
  await ask(answer);
  say(sentence);
  await refresh();
}

/** Before a partner is told: how our company is called, as it stood in the field; `null`: as it is known. */
export async function keepCompany(name: string | null) {
  const now = await ask(commands.settings());
  const wanted = (name ?? (now.company || now.suggested_company)).trim();
  if (wanted === "" || wanted === now.company) return;
  client.setQueryData(["settings"], await ask(commands.setSettings(wanted, now.address)));
}
export const approve = (c: ConnectionView) =>
  deed(commands.approve(c.id), t("row-approved", { partner: c.partner_name }));
export const reject = (c: ConnectionView) =>
  deed(commands.reject(c.id), t("row-rejected", { partner: c.partner_name }));
export const pause = (c: ConnectionView, until: PauseUntil = "resumed") =>
  deed(commands.pause(c.id, until), t("row-paused", { partner: c.partner_name }));
export const resume = (c: ConnectionView) =>
  deed(commands.resume(c.id), t("row-resumed", { partner: c.partner_name }));
export const shareInternal = (c: ConnectionView, leave: boolean) =>
  deed(
    commands.setInternalComments(c.id, leave),
    t(leave ? "internal-leaving" : "internal-staying", { partner: c.partner_name }),
  );
export async function remove(c: ConnectionView) {
  await deed(commands.remove(c.id), t("row-removed"));
  forgetRules(c.id);
}
export async function setWhat(c: ConnectionView, filter: string, older: boolean) {
  await deed(commands.setWhat(c.id, filter, older), t("what-saved"));
  await matchAgain();
}
export async function addIssue(c: ConnectionView, typed: string) {
  const issue = await ask(commands.addIssue(c.id, typed));
  say(t("what-added", { issue, partner: c.partner_name }));
  await Promise.all([refresh(), matchAgain()]);
}
export async function forget(c: ConnectionView) {
  await deed(commands.remove(c.id), t("row-forgotten"));
  forgetRules(c.id);
}
export const cancelInvitation = (id: string) => deed(commands.remove(id), t("row-cancelled"));
export const syncNow = () => deed(commands.syncNow(), t("header-syncing-now"));
/** What comes of it is told by when both were last compared. */
export const compareSides = (c: ConnectionView) => deed(commands.compareSides(c.id), t("detail-comparing"));
export const syncPair = (connection: string, id: string, issue: string) =>
  deed(commands.syncPair(connection, id), t("issue-reading", { issue }));
export const stopPair = (connection: string, id: string, issue: string) =>
  deed(commands.stopPair(connection, id), t("issue-stopped", { issue }));
export const pauseAll = (until: PauseUntil = "resumed") => deed(commands.pauseAll(until), t("header-paused"));
export const resumeAll = () => deed(commands.resumeAll(), t("header-resumed"));
/** Asks the partner whether the two become a pair; where both projects are in this app they do. */
export async function askToConnect(c: ConnectionView, ours: string, theirs: string) {
  const asked = await ask(commands.askToConnect(c.id, ours, theirs));
  const facts = { ours: asked.ours, theirs: asked.theirs, partner: asked.partner_name };
  const here = c.other_side === null ? "" : "-local";
  if (c.paused_by)
    say(`${t(`connect-not-yet${here}`, facts)} ${t(`connect-paused${here}`, { by: c.paused_by })}`);
  else say(t(here ? "connect-made" : "connect-asked", facts));
  await refresh();
}
/** Takes a question of ours back, or an answer out of the list. */
export const withdrawQuestion = ({ connection, id, ours, theirs, state }: QuestionView) => {
  const over = state === "declined" || state === "unavailable";
  return deed(
    commands.withdrawQuestion(connection, id),
    t(over ? "questions-dropped" : "questions-withdrawn", { ours, theirs }),
  );
};
export const answerQuestion = (connection: string, question: string, yes: boolean, partner: string) =>
  deed(
    commands.answerQuestion(connection, question, yes),
    t(yes ? "attention-connected" : "attention-not-connected", { partner }),
  );
export const retryProblems = (ids: string[]) => deed(commands.retryProblems(ids), t("attention-retried"));
/** The partner is asked for the whole of it first. */
export const createAgain = (ids: string[], partner: string) =>
  deed(commands.retryProblems(ids), t("attention-again-asked", { partner }));
/** What is said stands beside the way back, so it is for ears only. */
export async function skipProblems(ids: string[], sentence: string) {
  await ask(commands.skipProblems(ids));
  announce(sentence);
  await refresh();
}
export const unskipProblems = (ids: string[]) => deed(commands.unskipProblems(ids), t("attention-unskipped"));
export const giveUp = (ids: string[]) => deed(commands.skipProblems(ids), t("attention-given-up"));
export const fillProblem = (id: string, choices: FieldChoice[], scope: ChoiceScope) =>
  deed(commands.fillProblem(id, choices, scope), t("fill-done"));
export const takeOver = (connection: string) =>
  deed(commands.takeOver(connection), t("attention-taking-over"));
export async function useConflict(c: ConflictView, text: TextOf) {
  const issue = c.issue ?? c.twin ?? t("not-known-yet");
  await deed(commands.useConflict(c.id, text), t("conflict-used", { issue }));
  await compareAgain();
}
export const dismissConflict = (c: ConflictView) => deed(commands.dismissConflict(c.id), t("conflict-kept"));
export const upgrade = (c: ConnectionView) =>
  deed(commands.upgradeToScript(c.id), t("rules-upgraded", { partner: c.partner_name }));
/** The rules as they are kept now. What is edited is based on these from then on. */
export async function saveRules(connection: string, basedOn: number, outgoing: string, incoming: string) {
  const kept = await ask(commands.saveRules(connection, basedOn, outgoing, incoming));
  client.setQueryData(["rules", connection], kept);
  say(t("rules-saved", { n: kept.version }));
  await refresh();
  return kept;
}
export async function bringBackRules(connection: string, version: number) {
  const kept = await ask(commands.bringBackRules(connection, version));
  client.setQueryData(["rules", connection], kept);
  announce(t("rules-brought-back", { old: version, n: kept.version }));
  await refresh();
  return kept;
}
/** It is worn only once it is kept. */
export async function setTheme(theme: ThemeChoice) {
  const now = await ask(commands.setTheme(theme));
  wear(now.theme);
  client.setQueryData(["general"], now);
  say(t("settings-saved"));
}
