// The rest of what `states.mjs` names: each error, each cause, each wait, and lists of none, one and a thousand.
import { CODE, id, signIn, toInvitation, toPreview, toProject, toReview } from "./scenes.mjs";

/** A first run whose sign-in Jira or this computer refuses. */
const signInFails = (code) => ({
  name: `first-run-${code}`,
  scene: `first-run,refused/add_account/${code}`,
  act: signIn,
  see: "trouble",
});

/** An invitation code that cannot be read. */
const codeFails = (code) => ({
  name: `accept-2-${code}`,
  scene: `refused/read_invitation/${code}`,
  at: "/accept",
  act: (p) => id(p, "paste-invitation").fill(CODE),
  see: "trouble",
});

const chosen = async (p) => (await toPreview(p), await id(p, "project-OPS").check());
const accepted = async (p) => (await chosen(p), await id(p, "accept-submit").click());

/** An invitation that the partner's computer refuses. */
const acceptFails = (code) => ({
  name: `accept-4-${code}`,
  scene: `refused/accept/${code}`,
  at: "/accept",
  act: async (p) => (await accepted(p), await id(p, "trouble").scrollIntoViewIfNeeded()),
  see: "trouble",
});

const checkUrl = async (p) => {
  await id(p, "have-url").check();
  await id(p, "url").fill("https://sync.globex.example");
  await id(p, "check").click();
};

const BESIDE = "/connections/c-globex/compare/SUP-131";

/** An issue and its twin side by side. */
const beside = (how) => ({
  name: `compare-${how}`,
  scene: `beside/${how}`,
  at: BESIDE,
  see: "compare-sentence",
  more: how === "differing",
  height: { differing: 1500, staying: 1000 }[how],
});

/** A list with none, one and a thousand rows. */
const rows = (name, at, see, none = "nothing") =>
  [0, 1, 1000].map((n) => ({ name: `${name}-rows-${n}`, scene: `rows/${n}`, at, see: n === 0 ? none : see }));

/** A list that cannot be read, and one that does not answer. */
const unread = (name, at, command, see = "try-again") => [
  { name: `${name}-failing`, scene: `refused/${command}/database`, at, see },
  { name: `${name}-slow`, scene: `waits/${command}`, at, see: "loading" },
];

/** Rust answers at once; a hundred looks are more than enough. */
const holds = async (field, text) => {
  for (let i = 0; i < 100; i++) if ((await field.inputValue()) === text) return;
  throw new Error(`the field does not say ${text}`);
};

/** Far down on a long page. */
const inSight = (p, what) => id(p, what).scrollIntoViewIfNeeded();

/** The other tabs are there too, unseen. */
const NO_ISSUE = "[role=tabpanel]:not([hidden]) [data-testid=nothing]";

export const moreScenes = [
  ...["differing", "equal", "one", "thousand", "long", "staying", "unknown", "gone", "silent"].map(beside),
  ...["signed-out", "parked", "unlinked", "alone"].map(beside),
  { name: "compare-deleted", scene: "beside-deleted", at: BESIDE, see: "create-again", more: true },
  {
    name: "compare-records",
    scene: "beside/differing",
    at: "/connections/c-globex/compare/SUP-139",
    see: "compare-records",
  },
  {
    name: "compare-all-comments",
    scene: "beside/thousand",
    at: BESIDE,
    act: async (p) => {
      await id(p, "compare-comments-alike").click();
      for (let i = 0; i < 3; i++) await id(p, "compare-comments-more").click();
      await id(p, "compare-comments-counted").scrollIntoViewIfNeeded();
    },
    see: "compare-comments-counted",
  },
  { name: "compare-slow", scene: "waits/compare", at: BESIDE, see: "loading" },
  { name: "compare-failing", scene: "refused/compare/pair-unknown", at: BESIDE, see: "try-again" },
  // A
  {
    name: "first-run-address-odd",
    scene: "first-run",
    act: async (p) => {
      await id(p, "first-run-invite").click();
      await id(p, "site").fill("jira.acme.example");
      await id(p, "email").fill("ana@acme.example");
      await p.locator("#site[aria-invalid=true]").waitFor();
    },
    see: "site",
  },
  {
    name: "first-run-address-understood",
    scene: "first-run",
    act: async (p) => {
      await id(p, "first-run-invite").click();
      await id(p, "site").fill("https://acme.atlassian.net/browse/SUP-1?filter=10001");
      await id(p, "email").focus();
      await holds(id(p, "site"), "acme.atlassian.net");
    },
    see: "site",
  },
  { name: "first-run-testing", scene: "first-run,waits/add_account", act: signIn, see: "testing" },
  { name: "first-run-done", scene: "first-run,stays/add_account", act: signIn, see: "signed-in" },
  {
    name: "first-run-goes-on",
    scene: "first-run",
    act: async (p) => (await signIn(p), await id(p, "no-url").waitFor()),
    see: "partner-name",
  },
  ...["site-not-found", "no-project", "site-unreachable", "clock-wrong", "keychain-locked"].map(signInFails),

  // B
  {
    name: "connections-first-sync-reads",
    scene: "first-sync-reads",
    at: "/connections",
    see: "connection-row",
  },
  {
    name: "connections-more-states",
    scene: "states",
    at: "/connections",
    see: "connection-row",
    height: 980,
  },
  ...rows("connections", "/connections", "connection-row", "connection-row"),
  {
    name: "connections-renewing",
    scene: "calm,later/connections",
    at: "/connections",
    act: async (p) => (await id(p, "connection-row").waitFor(), await id(p, "sync-now").click()),
    see: "connection-row",
  },
  {
    name: "connections-renewing-fails",
    scene: "calm,later/connections/database",
    at: "/connections",
    act: async (p) => (await id(p, "connection-row").waitFor(), await id(p, "sync-now").click()),
    see: "try-again",
  },
  {
    name: "connections-cancel-invitation",
    at: "/connections",
    act: async (p) => (await id(p, "more").nth(3).click(), await id(p, "cancel-invitation").click()),
    see: "confirm-no",
  },
  {
    name: "connections-reject",
    scene: "every-state",
    at: "/connections",
    act: (p) => id(p, "reject").click(),
    see: "confirm-no",
  },
  {
    name: "connections-approve-fails",
    scene: "every-state,refused/approve/keychain-locked",
    at: "/connections",
    act: (p) => id(p, "approve").click(),
    see: "trouble",
  },
  ...["up_to_date", "checking", "syncing", "delayed"].map((overall) => ({
    name: `header-${overall.replaceAll("_", "-")}`,
    scene: `calm,overall/${overall}`,
    at: "/connections",
    see: "overall-status",
  })),
  {
    name: "header-sync-fails",
    scene: "calm,refused/sync_now/internal",
    at: "/connections",
    act: (p) => id(p, "sync-now").click(),
    see: "trouble",
  },

  // C
  ...["other", "silent"].map((what) => ({
    name: `initiate-1-url-${what}`,
    scene: `answers/${what}`,
    at: "/initiate",
    act: checkUrl,
    see: "check-answer",
  })),
  {
    name: "initiate-1-url-checking",
    scene: "waits/check_address",
    at: "/initiate",
    act: checkUrl,
    see: "url",
  },
  {
    name: "initiate-3-no-match",
    at: "/initiate",
    act: async (p) => {
      await toProject(p);
      await id(p, "project-search").fill("zzz");
      await p.locator("[data-testid=project-SUP]").waitFor({ state: "detached" });
    },
    see: "project-search",
  },
  {
    name: "initiate-3-thousand",
    scene: "rows/1000",
    at: "/initiate",
    act: async (p) => {
      await id(p, "next").click();
      await id(p, "mode-basic").waitFor();
      await id(p, "next").click();
    },
    see: "project-P1",
  },
  {
    name: "initiate-3-failing",
    scene: "refused/projects/site-unreachable",
    at: "/initiate",
    act: async (p) => {
      await id(p, "next").click();
      await id(p, "mode-basic").waitFor();
      await id(p, "next").click();
    },
    see: "try-again",
  },
  {
    name: "initiate-4-address-missing",
    at: "/initiate",
    act: async (p) => {
      await toReview(p);
      await id(p, "address").fill("");
      await id(p, "initiate-submit").click();
      await p.locator("[data-testid=address][aria-invalid=true]").scrollIntoViewIfNeeded();
    },
    see: "address",
  },
  {
    name: "initiate-4-code-holder",
    at: "/initiate",
    act: async (p) => {
      await toReview(p);
      await id(p, "approval-code-holder").check();
      await id(p, "authors").click();
      await id(p, "approval-code-holder").scrollIntoViewIfNeeded();
    },
    see: "authors-line",
  },
  {
    name: "initiate-4-working",
    scene: "waits/initiate",
    at: "/initiate",
    act: async (p) => (await toReview(p), await id(p, "initiate-submit").click()),
    see: "working",
  },
  {
    name: "initiate-5-copy-fails",
    scene: "refused/plugin:clipboard-manager|write_text/internal",
    at: "/initiate",
    act: async (p) => {
      await toInvitation(p);
      await id(p, "copy-code").click();
      await id(p, "copy-failed").waitFor();
    },
    see: "invitation-code",
  },
  {
    name: "initiate-5-cancel",
    at: "/initiate",
    act: async (p) => (await toInvitation(p), await id(p, "cancel-invitation").click()),
    see: "confirm-no",
  },

  // D
  ...["absent", "typo", "foreign", "is-token", "expired", "own", "repeated", "too-new"].map((code) =>
    codeFails(`invitation-${code}`),
  ),
  ...["expired", "used", "withdrawn", "unknown", "address-refused"].map((code) =>
    acceptFails(`invitation-${code}`),
  ),
  ...["partner-newer", "partner-not-twinline"].map(acceptFails),
  {
    name: "accept-1-missing",
    at: "/accept",
    act: async (p) => {
      await id(p, "accept-submit").click();
      await p.locator("[data-testid=paste-invitation][aria-invalid=true]").waitFor();
    },
    see: "paste-invitation",
  },
  {
    name: "accept-3-unchosen",
    at: "/accept",
    act: async (p) => (await toPreview(p), await id(p, "accept-submit").click()),
    see: "project-wrong",
  },
  {
    name: "accept-6-ask",
    at: "/accept",
    act: async (p) => (await toPreview(p), await id(p, "decline").click()),
    see: "confirm-no",
    more: true,
  },
  {
    name: "accept-6-untold",
    scene: "refused/decline/decline-untold",
    at: "/accept",
    act: async (p) => (
      await toPreview(p),
      await id(p, "decline").click(),
      await id(p, "confirm-yes").click()
    ),
    see: "trouble",
  },
  {
    name: "accept-6-declined",
    at: "/accept",
    act: async (p) => (
      await toPreview(p),
      await id(p, "decline").click(),
      await id(p, "confirm-yes").click()
    ),
    see: "declined",
  },
  {
    name: "detail-day-table",
    at: "/connections/c-globex",
    act: (p) => id(p, "day-table").click(),
    see: "day-row",
    more: true,
  },
  { name: "detail-day-empty", scene: "rows/0", at: "/connections/c-0", see: "day", more: true },
  { name: "detail-declined", scene: "every-state", at: "/connections/c-declined", see: "partner-side" },
  { name: "accept-4-working", scene: "waits/accept", at: "/accept", act: accepted, see: "working" },
  { name: "accept-5-connected", scene: "connected", at: "/accept", act: accepted, see: "accepted" },

  // E
  ...rows("issues", "/connections/c-0/issues", "pair-row", "pair-search").map((scene) =>
    scene.see === "pair-row" ? scene : { ...scene, act: (p) => p.locator(NO_ISSUE).waitFor() },
  ),
  ...unread("issues", "/connections/c-globex/issues", "pairs"),
  {
    name: "issues-no-match",
    at: "/connections/c-globex/issues",
    act: async (p) => {
      await id(p, "pair-row").first().waitFor();
      await id(p, "pair-search").fill("zzz");
      await id(p, "nothing").waitFor();
    },
    see: "pair-search",
  },
  { name: "detail-offline", scene: "every-state", at: "/connections/c-off", see: "connection-sentence" },
  { name: "detail-delayed", scene: "every-state", at: "/connections/c-delayed", see: "connection-sentence" },
  { name: "detail-left", scene: "every-state", at: "/connections/c-gone", see: "connection-sentence" },
  { name: "detail-syncing", scene: "every-state", at: "/connections/c-stark", see: "waiting" },
  { name: "detail-first-sync", scene: "every-state", at: "/connections/c-first", see: "waiting" },
  { name: "detail-we-wait", scene: "states", at: "/connections/c-private-1", see: "comparison" },
  { name: "detail-attention-empty", scene: "calm", at: "/connections/c-initech/attention", see: "nothing" },
  {
    name: "detail-remove",
    scene: "calm",
    at: "/connections/c-initech",
    act: async (p) => (await id(p, "more").click(), await id(p, "remove").click()),
    see: "confirm-no",
  },

  {
    name: "issue-menu",
    at: "/connections/c-globex/issues",
    act: (p) => id(p, "pair-more").first().click(),
    see: "pair-stop",
    more: true,
  },
  {
    name: "issue-menu-unlinked",
    at: "/connections/c-globex/issues",
    act: (p) => p.locator("[data-testid=pair-row][data-state=unlinked] [data-testid=pair-more]").click(),
    see: "pair-compare",
    height: 1200,
  },
  {
    name: "issue-stop",
    at: "/connections/c-globex/issues",
    act: async (p) => (await id(p, "pair-more").first().click(), await id(p, "pair-stop").click()),
    see: "confirm-no",
    more: true,
  },
  {
    name: "issue-stopped",
    at: "/connections/c-globex/issues",
    act: async (p) => {
      await id(p, "pair-more").first().click();
      await id(p, "pair-stop").click();
      await id(p, "confirm-yes").click();
      await id(p, "confirm-yes").waitFor({ state: "detached" });
    },
    see: "pair-row",
  },
  {
    name: "issue-stop-refused",
    scene: "stop-refused",
    at: "/connections/c-globex/issues",
    act: async (p) => {
      await id(p, "pair-more").first().click();
      await id(p, "pair-stop").click();
      await id(p, "confirm-yes").click();
    },
    see: "trouble",
  },

  // Activity
  ...rows("activity", "/activity", "activity-line"),
  ...unread("activity", "/activity", "activity"),

  // F
  { name: "activity-type", scene: "type-missing", at: "/activity", see: "activity-line" },
  { name: "attention-every-cause", scene: "causes", at: "/attention", see: "problem", height: 7400 },
  { name: "attention-deleted", scene: "cause/twin-deleted", at: "/attention", see: "retry", more: true },
  {
    name: "attention-deleted-many",
    scene: "cause/twin-deleted/4",
    at: "/attention",
    act: (p) => id(p, "show-issues").click(),
    see: "retry-one",
  },
  {
    name: "attention-deleted-again",
    scene: "cause/twin-deleted",
    at: "/attention",
    act: (p) => id(p, "retry").click(),
    see: "live",
  },
  {
    name: "attention-request",
    scene: "cause/permission-lost",
    at: "/attention",
    act: (p) => id(p, "copy-request").click(),
    see: "copy-request",
    more: true,
  },
  { name: "attention-away", scene: "cause/partner-away", at: "/attention", see: "copy-request", more: true },
  { name: "attention-one", scene: "rows/1", at: "/attention", see: "problem" },
  ...unread("attention", "/attention", "problems"),
  {
    name: "attention-copied",
    at: "/attention",
    act: (p) => id(p, "copy-details").first().click(),
    see: "live",
  },
  {
    name: "attention-retry-fails",
    scene: "refused/retry_problems/database",
    at: "/attention",
    act: (p) => id(p, "retry").first().click(),
    see: "trouble",
  },

  // H
  { name: "accounts-one", at: "/accounts", see: "account-row" },
  { name: "accounts-rows-1000", scene: "rows/1000", at: "/accounts", see: "account-row" },
  { name: "accounts-add", at: "/accounts", act: (p) => id(p, "add-account").click(), see: "token" },
  {
    name: "accounts-in-use",
    at: "/accounts",
    act: async (p) => (await id(p, "more").click(), await id(p, "remove-account").click()),
    see: "used-by",
    more: true,
  },
  {
    name: "accounts-remove",
    scene: "two-accounts",
    at: "/accounts",
    act: async (p) => (await id(p, "more").nth(1).click(), await id(p, "remove-account").click()),
    see: "confirm-yes",
  },

  // I
  {
    name: "settings-file",
    scene: "secrets/file",
    at: "/settings",
    act: (p) => inSight(p, "secrets"),
    see: "secrets",
  },
  {
    name: "settings-memory",
    scene: "secrets/memory",
    at: "/settings",
    act: (p) => inSight(p, "secrets"),
    see: "secrets",
  },
  ...unread("settings", "/settings", "settings"),
  {
    name: "settings-saved",
    at: "/settings",
    act: async (p) => (await id(p, "company").fill("ACME Ltd"), await id(p, "save").click()),
    see: "live",
  },
  {
    name: "settings-refused",
    scene: "refused/set_settings/address-invalid",
    at: "/settings",
    act: async (p) => (await id(p, "own-address").fill("acme"), await id(p, "save").click()),
    see: "trouble",
  },
  {
    name: "general",
    at: "/settings",
    act: async (p) => (await id(p, "start-at-login").click(), await inSight(p, "theme-dark")),
    see: "close-to-tray",
    more: true,
  },
  {
    name: "general-dark",
    at: "/settings",
    act: async (p) => {
      await id(p, "theme-dark").click();
      await p.locator("html[data-theme=dark]").waitFor();
      await inSight(p, "theme-dark");
    },
    see: "theme-dark",
  },
  {
    name: "general-no-tray",
    scene: "no-tray",
    at: "/settings",
    act: (p) => inSight(p, "tray-line"),
    see: "tray-line",
  },
  {
    name: "general-refused",
    scene: "refused/set_start_at_login/folder-unusable",
    at: "/settings",
    act: (p) => id(p, "start-at-login").click(),
    see: "trouble",
  },
  ...unread("general", "/settings", "general").map((one) => ({ ...one, act: (p) => inSight(p, one.see) })),
  { name: "pace", at: "/settings", act: (p) => inSight(p, "battery"), see: "every-5m", more: true },
  {
    name: "pace-hours",
    at: "/settings",
    act: async (p) => {
      await id(p, "every-1m").click();
      await id(p, "hours").click();
      await id(p, "day-wed").click();
      await inSight(p, "battery");
    },
    see: "hours-from",
    more: true,
  },
  {
    name: "pace-night",
    at: "/settings",
    act: async (p) => {
      await id(p, "hours").click();
      await id(p, "hours-from").fill("22:00");
      await id(p, "hours-to").fill("06:00");
      await inSight(p, "overnight");
    },
    see: "overnight",
  },
  {
    name: "pace-rests",
    scene: "outside-hours",
    at: "/settings",
    act: (p) => inSight(p, "hours-to"),
    see: "resume-all",
  },
  {
    name: "pace-battery",
    scene: "on-battery",
    at: "/settings",
    act: (p) => inSight(p, "battery-line"),
    see: "battery-line",
  },
  {
    name: "pace-power-unknown",
    scene: "power-unknown",
    at: "/settings",
    act: (p) => inSight(p, "battery-line"),
    see: "battery-line",
  },
  {
    name: "pace-refused",
    scene: "refused/set_pace/disk-full",
    at: "/settings",
    act: async (p) => (await id(p, "every-30s").click(), await inSight(p, "trouble")),
    see: "trouble",
  },
  ...unread("pace", "/settings", "pace").map((one) => ({ ...one, act: (p) => inSight(p, one.see) })),
  { name: "outside-hours", scene: "outside-hours", at: "/connections", see: "resume", more: true },
  { name: "partner-rests", scene: "partner-rests", at: "/connections", see: "connection-row" },
  {
    name: "privacy",
    at: "/settings",
    act: (p) => id(p, "delete-everything").scrollIntoViewIfNeeded(),
    see: "data-size",
    more: true,
  },
  {
    name: "privacy-exported",
    at: "/settings",
    act: async (p) => {
      await id(p, "retention-week").click();
      await id(p, "export").click();
      await id(p, "open-saved").scrollIntoViewIfNeeded();
    },
    see: "saved",
  },
  {
    name: "privacy-delete",
    at: "/settings",
    act: (p) => id(p, "delete-everything").click(),
    see: "confirm-no",
    more: true,
  },
  {
    name: "privacy-delete-fails",
    scene: "refused/delete_everything/keychain-locked",
    at: "/settings",
    act: async (p) => (await id(p, "delete-everything").click(), await id(p, "confirm-yes").click()),
    see: "trouble",
  },
  {
    name: "privacy-deleted",
    at: "/settings",
    act: async (p) => (await id(p, "delete-everything").click(), await id(p, "confirm-yes").click()),
    see: "first-run-invite",
  },
  ...unread("privacy", "/settings", "privacy").map((one) => ({ ...one, act: (p) => inSight(p, one.see) })),
  {
    name: "diagnostics",
    at: "/diagnostics",
    act: (p) => id(p, "file-log-2026-11-24.txt").click(),
    see: "save-diagnostics",
    more: true,
  },
  {
    name: "diagnostics-saved",
    at: "/diagnostics",
    act: (p) => id(p, "save-diagnostics").click(),
    see: "saved",
    more: true,
  },
  {
    name: "diagnostics-refused",
    scene: "refused/save_diagnostics/disk-full",
    at: "/diagnostics",
    act: (p) => id(p, "save-diagnostics").click(),
    see: "trouble",
  },
  ...unread("diagnostics", "/diagnostics", "diagnostics"),
  { name: "not-found", at: "/nowhere", see: "content" },
];
