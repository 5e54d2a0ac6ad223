// Two issues that exist already: asking whether they become a pair, and what was asked, in every state.
import { id } from "./scenes.mjs";
import { CANNOT } from "./states.mjs";

const ISSUES = "/connections/c-globex/issues";

const opened = (p) => id(p, "connect").click();
const typed = async (p, ours = "SUP-17", theirs = "https://globex.atlassian.net/browse/GX-42") => {
  await opened(p);
  await id(p, "connect-ours").fill(ours);
  await id(p, "connect-theirs").fill(theirs);
  await id(p, "connect-next").click();
};
const previewed = async (p) => (await typed(p), await id(p, "connect-preview").waitFor());
const asked = async (p) => (await previewed(p), await id(p, "connect-ask").click());
const withdrawn = (p) => id(p, "question-withdraw").first().click();

/** @type {import("./all-scenes.d.mts").Scene[]} */
export const connectScenes = [
  {
    name: "connect",
    at: ISSUES,
    act: async (p) => (await opened(p), await p.locator("[data-testid=connect-ours]:focus").waitFor()),
    see: "connect-dialog",
    more: true,
  },
  {
    name: "connect-missing",
    at: ISSUES,
    act: async (p) => (await opened(p), await id(p, "connect-next").click()),
    see: "connect-ours-hint",
  },
  { name: "connect-reading", scene: "waits/preview_question", at: ISSUES, act: typed, see: "connect-next" },
  ...CANNOT.map((why) => ({
    name: `connect-no-${why}`,
    scene: `refused/preview_question/${why}`,
    at: ISSUES,
    act: async (p) => (await typed(p), await p.locator("[data-testid=connect-ours]:focus").waitFor()),
    see: "connect-ours-hint",
  })),
  {
    name: "connect-key",
    at: ISSUES,
    act: (p) => typed(p, "SUP-17", "the printer"),
    see: "connect-theirs-hint",
  },
  {
    name: "connect-silent",
    scene: "refused/preview_question/site-unreachable",
    at: ISSUES,
    act: typed,
    see: "trouble",
  },
  { name: "connect-preview", at: ISSUES, act: previewed, see: "connect-warning", more: true },
  { name: "connect-kept", scene: "asking/kept", at: ISSUES, act: previewed, see: "connect-learns" },
  { name: "connect-asking", scene: "waits/ask_to_connect", at: ISSUES, act: asked, see: "connect-ask" },
  {
    name: "connect-full",
    scene: "refused/ask_to_connect/connect-full",
    at: ISSUES,
    act: asked,
    see: "trouble",
  },
  {
    name: "connect-asked",
    at: ISSUES,
    act: async (p) => (await asked(p), await id(p, "connect-dialog").waitFor({ state: "detached" })),
    see: "question-row",
  },
  {
    name: "connect-local",
    scene: "local",
    at: "/connections/c-local/issues",
    act: previewed,
    see: "connect-ask",
  },
  { name: "connect-older", scene: "asking/older", at: ISSUES, see: "connect-older" },
  {
    name: "questions",
    scene: "asked/mixed",
    at: ISSUES,
    see: "question-row",
    more: true,
    height: 900,
  },
  { name: "questions-older", scene: "asked/older,asking/older", at: ISSUES, see: "question-row" },
  { name: "questions-one", scene: "asked/1", at: ISSUES, see: "question-row" },
  {
    name: "questions-many",
    scene: "asked/200",
    at: ISSUES,
    act: (p) => id(p, "questions-more").scrollIntoViewIfNeeded(),
    see: "questions-more",
  },
  { name: "questions-failing", scene: "refused/questions/database", at: ISSUES, see: "trouble" },
  { name: "questions-withdraw", scene: "asked/mixed", at: ISSUES, act: withdrawn, see: "confirm-no" },
  {
    name: "questions-refused",
    scene: "asked/mixed,refused/withdraw_question/question-gone",
    at: ISSUES,
    act: async (p) => (await withdrawn(p), await id(p, "confirm-yes").click()),
    see: "trouble",
  },
];
