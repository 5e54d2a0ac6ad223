// The sync rules of a connection: in Basic mode, while they are written, tried, saved, and brought back.
import { id } from "./scenes.mjs";

const AT = "/connections/c-globex/rules";
/** What is above it is on other pictures. */
const atTop = (p, what) => id(p, what).evaluate((e) => e.scrollIntoView({ block: "start" }));
/** The editor is loaded apart; it is there when its text can be written. */
const written = async (p) => {
  await id(p, "code-outgoing").waitFor();
  await atTop(p, "rules-script");
};
/** Tries them, and waits for what is found. */
const tried = (what) => async (p) => {
  await written(p);
  await id(p, "try-rules").click();
  await id(p, what).first().waitFor();
  // The heading has the focus; what was found is to be seen.
  await atTop(p, "trial");
};
const atVersions = async (p) => {
  await written(p);
  await id(p, "version").first().waitFor();
  await atTop(p, "versions");
};

export const rulesScenes = [
  { name: "rules-basic", at: AT, see: "upgrade", more: true },
  {
    name: "rules-upgrade",
    at: AT,
    act: (p) => id(p, "upgrade").click(),
    see: "upgrade-says",
    more: true,
  },
  {
    name: "rules-upgrade-fails",
    scene: "refused/upgrade_to_script/database",
    at: AT,
    act: async (p) => (await id(p, "upgrade").click(), await id(p, "confirm-yes").click()),
    see: "trouble",
  },
  {
    name: "rules-upgraded",
    at: AT,
    act: async (p) => {
      await id(p, "upgrade").click();
      await id(p, "confirm-yes").click();
      await written(p);
    },
    see: "live",
  },
  { name: "rules-script", scene: "script", at: AT, act: written, see: "code-outgoing", more: true },
  {
    name: "rules-incoming",
    scene: "script",
    at: `${AT}/incoming/4`,
    act: (p) => p.locator("[data-testid=code-incoming]:focus").waitFor(),
    see: "code-incoming",
  },
  {
    name: "rules-completion",
    scene: "script",
    at: `${AT}/outgoing/99`,
    act: async (p) => {
      await p.locator("[data-testid=code-outgoing]:focus").waitFor();
      await p.keyboard.type("issue.");
      await p.locator(".cm-tooltip-autocomplete").waitFor();
    },
    see: "unsaved",
    more: true,
    // What it offers are names of the language.
    english: true,
  },
  {
    name: "rules-unsaved",
    scene: "script,draft/new",
    at: AT,
    act: written,
    see: "unsaved",
    more: true,
  },
  {
    name: "rules-discard",
    scene: "script,draft/new",
    at: AT,
    act: async (p) => (await written(p), await id(p, "discard").click()),
    see: "confirm-no",
  },
  {
    name: "rules-wrong",
    scene: "script,draft/wrong",
    at: AT,
    act: async (p) => (
      await written(p),
      await p.locator(".cm-lint-marker-error").first().waitFor(),
      await atTop(p, "rules-script")
    ),
    see: "faults",
    more: true,
  },
  {
    name: "rules-trial",
    scene: "script,draft/new",
    at: AT,
    act: tried("tried"),
    see: "tried-change",
    more: true,
  },
  {
    name: "rules-trial-nothing",
    scene: "script/nothing",
    at: AT,
    act: tried("nothing"),
    see: "trial",
  },
  { name: "rules-trial-no-issues", scene: "script/none", at: AT, act: tried("nothing"), see: "trial" },
  {
    name: "rules-trial-fault",
    scene: "script/fault,draft/new",
    at: AT,
    act: tried("tried-fault"),
    see: "tried-fault",
    more: true,
  },
  {
    name: "rules-trying",
    scene: "script,draft/new,waits/try_rules",
    at: AT,
    act: async (p) => (await written(p), await id(p, "try-rules").click()),
    see: "try-rules",
  },
  {
    name: "rules-trial-fails",
    scene: "script,draft/new,refused/try_rules/site-unreachable",
    at: AT,
    act: async (p) => (await written(p), await id(p, "try-rules").click()),
    see: "trouble",
  },
  {
    name: "rules-saved",
    scene: "script,draft/new",
    at: AT,
    act: async (p) => {
      await written(p);
      await id(p, "save-rules").click();
      await p.locator("[data-testid=version][data-version='4']").waitFor();
    },
    see: "live",
  },
  {
    name: "rules-save-fails",
    scene: "script,draft/new,refused/save_rules/rules-invalid",
    at: AT,
    act: async (p) => (await written(p), await id(p, "save-rules").click()),
    see: "trouble",
  },
  {
    name: "rules-overtaken",
    scene: "script,draft/new/2",
    at: AT,
    act: async (p) => {
      await written(p);
      await id(p, "look-at-other").click();
    },
    see: "difference-outgoing",
    more: true,
  },
  {
    name: "rules-versions",
    scene: "script",
    at: AT,
    act: async (p) => {
      await atVersions(p);
      await id(p, "difference").last().click();
      await id(p, "difference-outgoing").waitFor();
      await atTop(p, "versions");
    },
    see: "difference-outgoing",
    more: true,
  },
  {
    name: "rules-brought-back",
    scene: "script",
    at: AT,
    act: async (p) => {
      await atVersions(p);
      await id(p, "bring-back").last().click();
      await id(p, "brought-back").scrollIntoViewIfNeeded();
    },
    see: "undo-bring-back",
  },
  {
    name: "rules-versions-failing",
    scene: "script,refused/rule_versions/database",
    at: AT,
    act: async (p) => (await written(p), await id(p, "try-again").scrollIntoViewIfNeeded()),
    see: "try-again",
  },
  { name: "rules-failing", scene: "refused/rules/database", at: AT, see: "try-again" },
  { name: "rules-slow", scene: "waits/rules", at: AT, see: "loading" },
];
