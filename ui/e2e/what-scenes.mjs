// What to sync, in every state.
import { id, toInvitation } from "./scenes.mjs";

/** Far down on a long page. */
const inSight = (p, what) => id(p, what).scrollIntoViewIfNeeded();

const WHAT = "/connections/c-globex/what";

/** Types a key and adds it. */
const addKey = async (p, key = "SUP-17") => {
  await id(p, "add-key").fill(key);
  await id(p, "add-submit").click();
};

/** An issue that cannot be added. */
const addFails = (why) => ({
  name: `what-add-${why}`,
  scene: `refused/add_issue/add-${why}`,
  at: WHAT,
  act: async (p) => (await addKey(p), await inSight(p, "trouble")),
  see: "trouble",
});

/** @type {import("./all-scenes.d.mts").Scene[]} */
export const whatScenes = [
  { name: "what", at: WHAT, see: "match-list" },
  { name: "what-sentence", scene: "filtered", at: WHAT, see: "match-list", more: true, height: 1500 },
  {
    name: "what-values",
    scene: "filtered",
    at: WHAT,
    act: async (p) => {
      await id(p, "condition-add").click();
      await id(p, "condition-value").nth(2).fill("p");
      await p.locator("#value-2-list [role=option]").first().waitFor();
    },
    see: "condition",
  },
  {
    name: "what-none",
    scene: "filtered,matches-none",
    at: WHAT,
    see: "match-count",
  },
  {
    name: "initiate-6-what",
    at: "/initiate",
    act: async (p) => (await toInvitation(p), await id(p, "choose-what").click()),
    see: "match-list",
  },
  { name: "what-counting", scene: "waits/matches", at: WHAT, see: "match-count" },
  { name: "what-silent", scene: "refused/matches/site-unreachable", at: WHAT, see: "trouble" },
  { name: "what-jql", scene: "filtered-more", at: WHAT, see: "match-list" },
  {
    name: "what-completion",
    scene: "filtered-more",
    at: WHAT,
    act: async (p) => {
      await id(p, "filter").fill("issuetype = Bug AND sta");
      await p.locator("#filter-list [role=option]").first().waitFor();
      await p.keyboard.press("ArrowDown");
    },
    see: "filter",
  },
  {
    name: "what-wrong",
    scene: "filtered-more",
    at: WHAT,
    act: async (p) => {
      await id(p, "filter").fill("issuetype =");
      await id(p, "what-discard").focus();
      await p.locator("[data-testid=filter][aria-invalid=true]").waitFor();
    },
    see: "filter",
  },
  {
    name: "what-older",
    at: WHAT,
    act: async (p) => {
      await id(p, "match-list").waitFor();
      await id(p, "older").check();
      await inSight(p, "what-save");
    },
    see: "what-save",
  },
  {
    name: "what-saved",
    scene: "filtered",
    at: WHAT,
    act: async (p) => {
      await id(p, "condition-drop").first().click();
      await p.locator("[data-testid=what-save]:not([aria-disabled])").click();
      await id(p, "what-save").waitFor({ state: "detached" });
    },
    see: "what",
  },
  {
    name: "what-add",
    at: "/connections/c-globex/add",
    act: (p) => p.locator("[data-testid=add-key]:focus").waitFor(),
    see: "add-issue",
  },
  { name: "what-added", at: WHAT, act: (p) => addKey(p), see: "add-issue" },
  {
    name: "what-add-missing",
    at: WHAT,
    act: async (p) => (await id(p, "add-submit").click(), await inSight(p, "add-key-hint")),
    see: "add-issue",
  },
  ...["unknown", "elsewhere", "restricted", "synced", "stopped", "foreign"].map(addFails),
];
