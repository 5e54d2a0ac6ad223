// Every screen in its main states. `act` brings a scene there after it has opened; `see` is what must be on it. `english`: it
// types words of the window.
export const id = (page, testid) => page.getByTestId(testid);
export const CODE = `twl1 ${"qqrsz ".repeat(42)}`;

export const signIn = async (page, token = "secret-token") => {
  await id(page, "first-run-invite").click();
  await id(page, "site").fill("https://acme.atlassian.net/jira/software/projects/SUP/boards/1");
  await id(page, "email").fill("ana@acme.example");
  await id(page, "token").fill(token);
  await id(page, "sign-in").click();
};
export const toProject = async (page) => {
  await id(page, "partner-name").fill("Globex");
  await id(page, "next").click();
  await id(page, "mode-basic").waitFor();
  await id(page, "next").click();
  await id(page, "project-SUP").waitFor();
};
export const toReview = async (page) => {
  await toProject(page);
  await id(page, "project-SUP").check();
  await id(page, "default-type").waitFor();
  await id(page, "next").click();
  await id(page, "initiate-submit").waitFor();
};
export const toInvitation = async (page) => {
  await toReview(page);
  await id(page, "initiate-submit").click();
  await id(page, "invitation-code").waitFor();
};
export const toPreview = async (page) => {
  await id(page, "paste-invitation").fill(CODE);
  await id(page, "preview").waitFor();
};

/** Opens the texts of the n-th issue that has a record. */
const openTexts = (n) => async (page) => {
  await id(page, "conflict-mark").nth(n).click();
  await id(page, "conflicts").scrollIntoViewIfNeeded();
};

/** Presses a chord as soon as the page stands. */
const opened = async (page, chord) => {
  await id(page, "sync-now").waitFor();
  await page.keyboard.press(chord);
};

/** What has the focus, by its test id. */
const focused = (page, testid) => page.locator(`[data-testid="${testid}"]:focus`).first().waitFor();

/** Tab, until it is there. */
const tabTo = async (page, testid) => {
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.dataset.testid === wanted, testid)) return;
  }
  throw new Error(`Tab does not reach ${testid}`);
};

/** Without a mouse: by the palette to what needs attention, all of it left out, taken back, left out again. */
const byKeyboard = async (page) => {
  await opened(page, "Control+k");
  await focused(page, "palette-input");
  await page.keyboard.type("needs att");
  await page.locator("[data-testid=wish-attention][data-selected]").waitFor();
  await page.keyboard.press("Enter");
  await id(page, "skip").first().waitFor();
  await page.locator("h1:focus").waitFor();
  await tabTo(page, "skip");
  await page.keyboard.press("Enter");
  await focused(page, "undo");
  await page.keyboard.press("Enter");
  await page.locator("h1:focus").waitFor();
  await tabTo(page, "show-issues");
  await page.keyboard.press("Space");
  await tabTo(page, "skip-one");
  await page.keyboard.press("Enter");
  await focused(page, "undo");
  await page.keyboard.press("F6");
  await page.locator("nav :focus").waitFor();
};

export const scenes = [
  { name: "first-run", scene: "first-run", see: "first-run-invite", more: true },
  {
    name: "first-run-sign-in",
    scene: "first-run",
    act: (p) => id(p, "first-run-accept").click(),
    see: "site",
    more: true,
  },
  { name: "first-run-linked", scene: "first-run,linked", at: "/accept", see: "linked", more: true },
  {
    name: "first-run-missing",
    scene: "first-run",
    act: async (p) => (await id(p, "first-run-invite").click(), await id(p, "sign-in").click()),
    see: "site-hint",
  },
  { name: "first-run-wrong-token", scene: "first-run", act: (p) => signIn(p, "wrong"), see: "trouble" },
  { name: "first-run-signed-in", scene: "first-run-no-keychain", act: signIn, see: "signed-in" },
  { name: "connections", at: "/connections", see: "connection-row", more: true },
  {
    name: "connections-every-state",
    scene: "every-state",
    at: "/connections",
    see: "approve",
    more: true,
    height: 1500,
  },
  { name: "connections-empty", scene: "empty", at: "/connections", see: "empty-initiate" },
  { name: "connections-slow", scene: "slow", at: "/connections", see: "loading" },
  {
    name: "connections-slow-5s",
    scene: "slow",
    at: "/connections",
    act: (p) => p.locator("[data-stage='2']").waitFor({ timeout: 8000 }),
    see: "loading",
  },
  { name: "connections-failing", scene: "failing", at: "/connections", see: "try-again" },
  {
    name: "connections-remove",
    at: "/connections",
    act: async (p) => {
      await id(p, "more").nth(1).click();
      await id(p, "remove").click();
    },
    see: "confirm-no",
  },
  { name: "connections-menu", at: "/connections", act: (p) => id(p, "more").nth(1).click(), see: "remove" },
  { name: "initiate-1-partner", at: "/initiate", see: "no-url", more: true },
  {
    name: "initiate-1-url",
    at: "/initiate",
    act: async (p) => {
      await id(p, "have-url").check();
      await id(p, "url").fill("https://sync.globex.example");
      await id(p, "check").click();
    },
    see: "check-answer",
  },
  {
    name: "initiate-2-mode",
    at: "/initiate",
    act: async (p) => {
      await id(p, "partner-name").fill("Globex");
      await id(p, "next").click();
    },
    see: "mode-basic",
  },
  {
    name: "initiate-3-project",
    at: "/initiate",
    act: async (p) => (await toProject(p), await id(p, "project-SUP").check()),
    see: "default-type",
    more: true,
  },
  {
    name: "initiate-3-unchosen",
    scene: "two-accounts",
    at: "/initiate",
    act: async (p) => (await toProject(p), await id(p, "next").click()),
    see: "project-wrong",
  },
  {
    name: "initiate-3-none",
    scene: "no-project",
    at: "/initiate",
    act: async (p) => {
      await id(p, "next").click();
      await id(p, "mode-basic").waitFor();
      await id(p, "next").click();
      await id(p, "project-none").waitFor();
    },
    see: "next",
  },
  { name: "initiate-4-review", at: "/initiate", act: toReview, see: "comments-warning", more: true },
  {
    name: "initiate-4-review-service",
    scene: "service",
    at: "/initiate",
    act: async (p) => (await toReview(p), await id(p, "internal").check()),
    see: "internal-line",
    more: true,
  },
  {
    name: "initiate-4-existing",
    at: "/initiate",
    act: async (p) => (await toReview(p), await id(p, "existing").check()),
    see: "existing-line",
  },
  {
    name: "initiate-4-fails",
    scene: "initiate-fails",
    at: "/initiate",
    act: async (p) => (await toReview(p), await id(p, "initiate-submit").click()),
    see: "trouble",
  },
  { name: "initiate-5-invitation", at: "/initiate", act: toInvitation, see: "invitation-code", more: true },
  {
    name: "initiate-5-copied",
    at: "/initiate",
    act: async (p) => (await toInvitation(p), await id(p, "copy-code").click()),
    see: "live",
  },
  {
    name: "invitation-again",
    scene: "not-listening",
    at: "/connections/c-umbrella/invitation",
    see: "invitation-code",
  },
  { name: "accept-1-paste", at: "/accept", see: "paste-invitation" },
  { name: "accept-3-linked", scene: "linked", at: "/accept", see: "preview", more: true },
  {
    name: "accept-2-incomplete",
    at: "/accept",
    act: (p) => id(p, "paste-invitation").fill("twl1 qqrsz x9g7k"),
    see: "trouble",
  },
  {
    name: "accept-3-preview",
    at: "/accept",
    act: async (p) => (
      await toPreview(p),
      await id(p, "project-OPS").check(),
      await id(p, "existing").waitFor()
    ),
    see: "preview",
    more: true,
  },
  {
    name: "accept-4-fails",
    scene: "accept-fails",
    at: "/accept",
    act: async (p) => (
      await toPreview(p),
      await id(p, "project-OPS").check(),
      await id(p, "accept-submit").click(),
      await id(p, "trouble").scrollIntoViewIfNeeded()
    ),
    see: "trouble",
  },
  {
    name: "accept-5-waiting",
    at: "/accept",
    act: async (p) => (
      await toPreview(p),
      await id(p, "project-OPS").check(),
      await id(p, "accept-submit").click()
    ),
    see: "comparison",
  },
  { name: "detail-overview", at: "/connections/c-globex", see: "activity-line", more: true },
  {
    name: "detail-issues",
    at: "/connections/c-globex/issues",
    see: "pair-row",
    more: true,
    height: 1200,
  },
  {
    name: "conflicts",
    at: "/connections/c-globex/issues",
    act: openTexts(0),
    see: "text-theirs",
    more: true,
  },
  {
    name: "conflicts-ask",
    at: "/connections/c-globex/issues",
    act: async (p) => {
      await openTexts(0)(p);
      await id(p, "use-theirs").first().click();
    },
    see: "conflict-yes",
  },
  {
    name: "conflicts-used",
    at: "/connections/c-globex/issues",
    act: async (p) => {
      await openTexts(0)(p);
      await id(p, "use-theirs").first().click();
      await id(p, "conflict-yes").click();
    },
    see: "conflict-settled",
  },
  {
    name: "conflicts-refused",
    scene: "conflict-fails",
    at: "/connections/c-globex/issues",
    act: async (p) => {
      await openTexts(0)(p);
      await id(p, "use-theirs").first().click();
      await id(p, "conflict-yes").click();
    },
    see: "trouble",
  },
  { name: "conflicts-earlier", at: "/connections/c-globex/issues", act: openTexts(1), see: "text-theirs" },
  { name: "conflicts-unlinked", at: "/connections/c-globex/issues", act: openTexts(2), see: "text-theirs" },
  {
    name: "conflicts-failing",
    scene: "conflicts-fail",
    at: "/connections/c-globex/issues",
    act: openTexts(0),
    see: "try-again",
  },
  {
    name: "conflicts-gone",
    scene: "conflicts-gone",
    at: "/connections/c-globex/issues",
    act: openTexts(0),
    see: "conflict-none",
  },
  { name: "attention-another-copy", scene: "another-copy", at: "/attention", see: "take-over" },
  {
    name: "attention-fill",
    at: "/attention",
    act: (p) => id(p, "fill").first().click(),
    see: "fill-submit",
    more: true,
  },
  {
    name: "attention-fill-every-kind",
    scene: "choice-refused",
    at: "/attention",
    act: async (p) => {
      await id(p, "fill").click();
      await id(p, "fill-submit").click();
    },
    see: "fill-hint",
    more: true,
  },
  { name: "attention-grouped", scene: "grouped", at: "/attention", see: "show-issues", more: true },
  {
    name: "attention-grouped-open",
    scene: "thousand-issues",
    at: "/attention",
    act: async (p) => {
      await id(p, "show-issues").click();
      await id(p, "more-issues").click();
    },
    see: "cause-issue",
    more: true,
  },
  {
    name: "attention-grouped-skipped",
    scene: "grouped",
    at: "/attention",
    act: (p) => id(p, "skip").first().click(),
    see: "undo",
    more: true,
  },
  { name: "attention-thousand-causes", scene: "thousand-causes", at: "/attention", see: "more-causes" },
  { name: "attention-all-kinds", scene: "causes-of-all-kinds", at: "/attention", see: "give-up", more: true },
  {
    name: "attention-give-up",
    scene: "causes-of-all-kinds",
    at: "/attention",
    act: (p) => id(p, "give-up").click(),
    see: "confirm-no",
  },
  { name: "detail-attention", at: "/connections/c-globex/attention", see: "problem" },
  { name: "detail-up-to-date", scene: "calm", at: "/connections/c-initech", see: "activity-line" },
  {
    name: "internal-off",
    scene: "calm",
    at: "/connections/c-initech/settings",
    see: "internal-line",
    more: true,
  },
  {
    name: "internal-ask",
    scene: "calm",
    at: "/connections/c-initech/settings",
    act: (p) => id(p, "internal").click(),
    see: "confirm-no",
    more: true,
  },
  {
    name: "internal-on",
    scene: "calm",
    at: "/connections/c-initech/settings",
    act: async (p) => {
      await id(p, "internal").click();
      await id(p, "confirm-yes").click();
      await p.locator("[data-testid=internal]:checked").waitFor();
    },
    see: "internal-line",
    more: true,
  },
  { name: "detail-approve", scene: "every-state", at: "/connections/c-hooli", see: "approve" },
  { name: "detail-unknown", scene: "every-state", at: "/connections/c-unknown", see: "partner-side" },
  { name: "detail-not-there", at: "/connections/nowhere", see: "trouble" },
  { name: "activity", at: "/activity", see: "activity-line" },
  {
    name: "activity-empty",
    scene: "empty",
    at: "/activity",
    see: "nothing",
  },
  {
    name: "attention-left-out",
    at: "/attention",
    act: async (p) => {
      await id(p, "skip").first().click();
      await id(p, "left-out").locator("summary").click();
      await id(p, "left-out").getByTestId("problem").waitFor();
    },
    see: "left-out",
  },
  { name: "attention", at: "/attention", see: "problem", more: true },
  {
    name: "attention-empty",
    scene: "calm",
    at: "/attention",
    see: "nothing",
  },
  { name: "accounts", scene: "two-accounts", at: "/accounts", see: "account-row", more: true },
  {
    name: "accounts-again",
    scene: "two-accounts",
    at: "/accounts",
    act: (p) => id(p, "sign-in-again").click(),
    see: "token",
  },
  { name: "accounts-slowed", scene: "slowed", at: "/accounts", see: "calls" },
  { name: "accounts-token-ends", scene: "token-ends", at: "/accounts", see: "token-ends", more: true },
  { name: "connections-token-ends", scene: "token-ends", at: "/connections", see: "note", more: true },
  { name: "settings", at: "/settings", see: "version", more: true },
  { name: "practice-offered", scene: "first-run", see: "practice-start", more: true },
  {
    name: "practice-starting",
    scene: "practice-starting",
    act: async (p) => {
      await id(p, "practice-start").click();
      await p.locator("[data-testid=practice-starting]:not(:empty)").waitFor();
    },
    see: "practice-starting",
  },
  {
    name: "practice-fails",
    scene: "practice-fails",
    act: (p) => id(p, "practice-start").click(),
    see: "trouble",
    more: true,
  },
  { name: "practice-invited", scene: "linked,practice", see: "practice-invited", more: true },
  { name: "practice-kept", scene: "practice-kept", see: "practice-remove" },
  {
    name: "practice-begun",
    scene: "first-run",
    act: (p) => id(p, "practice-start").click(),
    see: "practice-try",
  },
  { name: "practice", scene: "practice", at: "/connections/c-practice", see: "practice-try", more: true },
  {
    name: "practice-first-sync",
    scene: "practice-first-sync",
    at: "/connections/c-practice",
    see: "practice-try",
  },
  { name: "practice-list", scene: "practice", at: "/connections", see: "practice-band" },
  { name: "practice-place", at: "/practice", see: "practice-start" },
  {
    name: "practice-remove",
    scene: "practice",
    at: "/accounts",
    act: (p) => id(p, "practice-remove").click(),
    see: "confirm-no",
    more: true,
  },
  {
    name: "practice-palette",
    scene: "practice",
    at: "/connections",
    act: async (p) => {
      await id(p, "practice-band").waitFor();
      await opened(p, "Control+k");
    },
    see: "wish-practice-leave",
  },
  {
    name: "settings-notifications",
    at: "/settings",
    act: async (p) => {
      await id(p, "notify-partner").click();
      await id(p, "version").scrollIntoViewIfNeeded();
    },
    see: "notify-partner",
    more: true,
  },
  {
    name: "palette",
    scene: "every-state",
    at: "/connections",
    act: (p) => opened(p, "Control+k"),
    see: "palette-input",
    more: true,
  },
  {
    name: "palette-search",
    scene: "every-state",
    at: "/connections",
    act: async (p) => (await opened(p, "Control+k"), await p.keyboard.type("tyrell")),
    see: "wish-open-c-first",
  },
  {
    name: "palette-nothing",
    at: "/connections",
    act: async (p) => {
      await opened(p, "Control+k");
      await p.keyboard.type("qqq");
      await id(p, "palette-none").waitFor();
    },
    see: "palette",
  },
  { name: "keys", at: "/connections", act: (p) => opened(p, "?"), see: "keys-close", more: true },
  {
    name: "keyboard-only",
    scene: "grouped",
    at: "/connections",
    act: byKeyboard,
    see: "left-out",
    english: true,
  },
  { name: "paused", scene: "paused", at: "/connections", see: "resume-all" },
  {
    name: "pause-menu",
    at: "/connections",
    act: (p) => id(p, "pause-all").click(),
    see: "pause-tomorrow",
    more: true,
  },
  {
    name: "pause-until",
    at: "/connections",
    act: async (p) => {
      await id(p, "pause-all").click();
      await id(p, "pause-tomorrow").click();
      await id(p, "resume-all").waitFor();
    },
    see: "resume",
    more: true,
  },
  {
    name: "pause-menu-detail",
    scene: "calm",
    at: "/connections/c-initech",
    act: (p) => id(p, "pause").click(),
    see: "pause-hour",
  },
  {
    name: "pause-until-detail",
    scene: "calm",
    at: "/connections/c-initech",
    act: async (p) => {
      await id(p, "pause").click();
      await id(p, "pause-hour").click();
    },
    see: "connection-sentence",
    more: true,
  },
  { name: "offline", scene: "offline", at: "/connections", see: "connection-row" },
];
