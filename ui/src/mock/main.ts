// The window in an ordinary browser, in a scene and a language named in the address:
// mock.html?scene=every-state&lang=de#/connections; `lang`: en, de, or en-XA, which is none.
import "./clock";
import { mockWindows } from "@tauri-apps/api/mocks";
import { family } from "./families";
import * as f from "./fixtures";
import { invented } from "./german";
import { local } from "./local";
import { play, practise, world } from "./rust";

const odd = f.trouble(
  "database",
  "The database cannot be read or written: disk I/O error.",
  "Check that the disk is healthy and that no other program uses the file, then start Twinline again.",
);

const scenes: Record<string, () => void> = {
  usual: () => undefined,
  "first-run": () => {
    world.accounts = [];
    world.connections = [];
    world.problems = [];
  },
  "first-run-no-keychain": () => {
    scenes["first-run"]?.();
    world.untilQuit = true;
  },
  filtered: () => void (world.what = { filter: 'issuetype = "Bug" AND labels = "partner"', older: false }),
  "filtered-more": () => {
    world.what = { filter: "labels in (partner, printer) OR priority = High", older: true };
  },
  "matches-none": () =>
    void (world.matches = { total: 0, synced: 0, left: 0, coming: 0, older: 0, first: [] }),
  linked: () => void (world.link = `twl1${"qqrsz".repeat(42)}`),
  "no-tray": () => (world.general = { ...world.general, tray: false }),
  "on-battery": () =>
    (world.pace = f.paced({
      ...f.pace,
      power: "battery",
      chosen: { ...f.pace.chosen, check_every: "1m", slower_on_battery: true },
    })),
  "power-unknown": () => (world.pace = { ...f.pace, power: "unknown" }),
  "outside-hours": () => {
    const resumes_at = new Date(f.NOW + 22 * 3_600_000).toISOString();
    world.pace = f.paced({
      ...f.pace,
      rests_until: resumes_at,
      chosen: { ...f.pace.chosen, hours: { ...f.pace.chosen.hours, on: true } },
    });
    world.overall = "paused";
    world.sentence = "Outside working hours until tomorrow, 08:00";
    world.connections = [f.initech, f.stark].map((c) => ({
      ...c,
      state: "paused" as const,
      sentence: "Outside working hours until tomorrow, 08:00",
      paused_by: "hours" as const,
      resumes_at,
      problems: 0,
    }));
    world.problems = [];
  },
  "partner-rests": () =>
    void (world.connections = [
      {
        ...f.initech,
        state: "delayed",
        sentence: "Outside working hours at Initech until tomorrow, 08:00. Nothing is lost",
      },
    ]),
  practice: () => void practise(true),
  "practice-first-sync": () => {
    practise(true);
    world.connections = world.connections.map((c) => ({
      ...c,
      state: "syncing" as const,
      sentence: "Syncing 3 changes",
      waiting: { out: 1, in: 2 },
    }));
    world.overall = "syncing";
  },
  "practice-kept": () => {
    scenes["first-run"]?.();
    world.practice = { ...world.practice, kept: true };
  },
  "practice-starting": () => {
    scenes["first-run"]?.();
    world.hang.add("start_practice");
  },
  "practice-fails": () => {
    scenes["first-run"]?.();
    world.fail.set(
      "start_practice",
      f.trouble(
        "practice-port",
        "Practice needs 127.0.0.1:27041, but another program uses that address.",
        "Close the other program and try again. Or remove the practice data and begin anew.",
      ),
    );
  },
  local: () => void (world.connections = [...local, f.initech]),
  "local-differs": () => {
    const [first, second] = local;
    const attention = {
      state: "needs_attention" as const,
      problems: 1,
      sentence: "One thing needs attention",
    };
    world.connections = [first!, { ...second!, ...attention }, f.initech];
  },
  empty: () => {
    world.connections = [];
    world.problems = [];
    world.activity = [];
  },
  calm: () => {
    world.connections = [f.initech];
    world.activity = f.activity.map((a) => ({ ...a, connection: "c-initech" }));
    world.problems = [];
  },
  "every-state": () => void (world.connections = f.everyState),
  "two-accounts": () => void (world.accounts = [f.ana, f.second]),
  service: () => void (world.service = true),
  slowed: () => {
    const calls = (count: number, fullest: number, slowed: number, sentence: string) => ({
      count,
      since: f.ana.calls!.since,
      fullest,
      slowed,
      sentence,
    });
    world.accounts = [
      {
        ...f.ana,
        calls: calls(18_204, 100, 2, "18204 calls to Jira in the last hour. Closest to its limits: 100 %."),
      },
      {
        ...f.second,
        signed_in: true,
        calls: calls(7, 1, 0, "7 calls to Jira since 10:35. Closest to its limits: 1 %."),
      },
    ];
  },
  "token-ends": () => {
    scenes["calm"]?.();
    world.accounts = [f.ending];
    world.notes = [f.tokenNote];
  },
  "no-project": () => void (world.projects = []),
  "not-listening": () => void (world.invitation = { ...f.invitation, listening: false }),
  relay: () =>
    void (world.invitation = { ...f.invitation, address: "https://relay.acme.example", relay: true }),
  "not-at-relay": () =>
    void (world.invitation = {
      ...f.invitation,
      address: "https://relay.acme.example",
      relay: true,
      listening: false,
    }),
  paused: () => void (world.overall = "paused"),
  offline: () => void (world.overall = "offline"),
  slow: () => void (world.hang = new Set(["connections", "pairs"])),
  failing: () =>
    void (world.fail = new Map(
      ["connections", "activity", "problems", "settings", "projects"].map((c) => [c, odd]),
    )),
  "initiate-fails": () =>
    void world.fail.set(
      "initiate",
      f.trouble(
        "port-in-use",
        "Twinline cannot listen at 0.0.0.0:7700: another program uses it.",
        "Close the other program, or start Twinline with another --listen address. Twinline tries again by itself.",
      ),
    ),
  "beside-deleted": () => {
    world.comparison = "gone";
    world.problems = [
      {
        ...f.problems[0]!,
        code: "twin-deleted",
        connection: "c-globex",
        issue: "SUP-131",
        skipped: false,
        sentence:
          "SUP-131 was deleted, moved away or hidden. It is no longer synced; Globex’s issue stays as it is.",
        next_step:
          "Create it again from what Globex has, or stop syncing this issue. What your own people wrote in it stays at Globex alone.",
      },
    ];
  },
  grouped: () => void (world.problems = f.grouped),
  "stop-refused": () =>
    void world.fail.set(
      "stop_pair",
      f.trouble(
        "pair-unlinked",
        "SUP-140 is not synced with Globex any more.",
        "Nothing to do: both issues stay as they are.",
      ),
    ),
  "first-sync-reads": () => {
    world.problems = [];
    const first = { ...f.initech, state: "first_sync" as const, pairs: 120 };
    world.connections = [
      {
        ...first,
        sentence: "First sync: 120 of 340 issues, and more are being read",
        first_sync: { done: 120, total: 340, percent: null, minutes_left: null },
      },
      {
        ...first,
        id: "c-begins",
        partner_name: "Hooli",
        pairs: 0,
        sentence: "First sync: the issues that exist are being read",
        first_sync: { done: 0, total: 0, percent: null, minutes_left: null },
      },
    ];
    world.overall = "syncing";
  },
  "thousand-issues": () => void (world.problems = f.many(1000)),
  "thousand-causes": () => void (world.problems = f.thousandCauses),
  "causes-of-all-kinds": () => void (world.problems = f.causesOfAllKinds),
  "another-copy": () => void (world.problems = [f.anotherCopy, ...f.problems]),
  "choice-refused": () => {
    world.problems = [f.refusedChoice];
    world.fields = f.everyField;
    world.fail.set(
      "fill_problem",
      f.trouble("value-unfit", "Order number does not take “many”.", "Write a number, such as 12 or 2.5."),
    );
  },
  "conflict-fails": () => {
    world.fail.set(
      "use_conflict",
      f.trouble(
        "conflict-unlinked",
        "SUP-139 is no longer synced, so that its text cannot be changed on both sides.",
        "Copy the text from the record, and paste it into the issue yourself.",
      ),
    );
    world.fail.set("dismiss_conflict", odd);
  },
  "conflicts-fail": () => void world.fail.set("conflicts", odd),
  "conflicts-gone": () => void (world.conflicts = {}),
  "accept-fails": () =>
    void world.fail.set(
      "accept",
      f.trouble(
        "partner-unreachable",
        "ACME Ltd’s computer at http://192.168.1.20:7700 does not answer yet.",
        "Nothing to do: Twinline goes on trying. Ask ACME Ltd whether their Twinline is running.",
      ),
    ),
};

const wish = new URLSearchParams(location.search);
for (const name of (wish.get("scene") ?? "usual").split(","))
  if (scenes[name]) scenes[name]();
  else if (!family(name)) throw new Error(`no scene ${name}`);
const lang = wish.get("lang") ?? "en";
if (lang === "de") world.system = "de";
// Days are written as in the pictures, whatever this browser speaks.
Object.defineProperty(navigator, "languages", { value: [lang === "de" ? "de-DE" : "en-GB"] });
mockWindows("main");
play();
Object.assign(window, { world, invented, speaksPseudo: lang === "en-XA" });
await import("../main");
