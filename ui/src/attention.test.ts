// Needs attention by cause, with Rust's part played.
import { render, screen, within } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { emit } from "@tauri-apps/api/event";
import { push } from "svelte-spa-router";
import { beforeEach, expect, test, vi } from "vitest";
import App from "./App.svelte";
import UndoBar from "./components/UndoBar.svelte";
import { causes } from "./lib/causes";
import { client } from "./lib/queries";
import { OFFER, offer, undos } from "./lib/undo.svelte";
import {
  ana,
  causesOfAllKinds,
  fields,
  globex,
  grouped,
  many,
  problems,
  settings,
  thousandCauses,
  trouble,
} from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = (id: string) => screen.findByTestId(id);
const click = async (id: string) => fireEvent.click((await screen.findAllByTestId(id))[0]!);
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
const cards = () => screen.queryAllByTestId("problem");

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [globex], problems: grouped, settings, calls: [] });
  Object.assign(world, { clipboard: "", fields });
  world.fail.clear();
  world.hang.clear();
  undos.offers = [];
  client.clear();
  location.hash = "#/attention";
  play();
});

test("equal causes are one group: the oldest time, each issue once, words for several", () => {
  const [first, second, ...more] = causes([...many(3), { ...many(1)[0]!, id: "again" }, grouped.at(-1)!]);
  expect(more).toEqual([]);
  expect(first!.problems.map((p) => p.id)).toEqual(["p1", "p2", "p3", "again"]);
  expect(first!.issues).toEqual(["GX-91", "GX-92", "GX-93"]);
  expect(first!.since).toBe(many(1)[0]!.since);
  expect(first!.sentence).not.toContain("GX-91");
  expect(second!.sentence).toContain("plan.zip");
});

test("fifteen problems of two causes are two cards that say how many wait, and one button acts for all", async () => {
  render(App);
  await get("causes-count");
  expect(cards()).toHaveLength(2);
  expect(screen.getByTestId("causes-count").textContent).toMatch(/^2 causes\s*·\s*15 issues$/);
  const card = within(cards()[0]!);
  expect(card.getByTestId("cause-line").textContent).toContain("Globex");
  expect(card.getByTestId("cause-line").textContent).toContain("14 issues");
  await fireEvent.click(card.getByText("Try all 14 again"));
  await waitFor(() => expect(cards()).toHaveLength(1));
  expect(asked("retry_problems")).toEqual([{ ids: many(14).map((p) => p.id) }]);
});

test("skipping a group is done at once and can be taken back; the focus is on the way back", async () => {
  render(App);
  await click("skip");
  const undo = await get("undo");
  const ids = many(14).map((p) => p.id);
  expect(asked("skip_problems")).toEqual([{ ids }]);
  await waitFor(() => expect(document.activeElement).toBe(undo));
  expect((await get("undo-bar")).textContent).toContain("14 issues are left out.");
  expect(world.problems.filter((p) => p.skipped)).toHaveLength(14);
  await fireEvent.click(undo);
  await waitFor(() => expect(asked("unskip_problems")).toEqual([{ ids }]));
  await waitFor(() => expect(screen.queryByTestId("undo-bar")).toBeNull());
  expect(world.problems).toEqual(grouped);
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
});

test("a way back that fails says so and stays", async () => {
  world.fail.set("unskip_problems", trouble("problem-unknown", "There is no problem p1.", "Look again."));
  render(App);
  await click("skip");
  await click("undo");
  expect(within(await get("undo-bar")).getByTestId("undo")).toBeTruthy();
  await waitFor(() =>
    expect(screen.getByTestId("undo-bar").textContent).toContain("There is no problem p1."),
  );
});

test("the way back is offered for ten seconds, each for itself", () => {
  vi.useFakeTimers();
  try {
    offer(["a"], "a");
    vi.advanceTimersByTime(OFFER - 1);
    offer(["b"], "b");
    expect(undos.offers.map((u) => u.sentence)).toEqual(["a", "b"]);
    vi.advanceTimersByTime(1);
    expect(undos.offers.map((u) => u.sentence)).toEqual(["b"]);
    vi.advanceTimersByTime(OFFER);
    expect(undos.offers).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

test("a thousand issues of one cause are one card; fifty are listed at a time, each with its own buttons", async () => {
  world.problems = many(1000);
  render(App);
  await click("show-issues");
  expect(cards()).toHaveLength(1);
  expect(await screen.findAllByTestId("cause-issue")).toHaveLength(50);
  await click("more-issues");
  expect(await screen.findAllByTestId("cause-issue")).toHaveLength(100);
  await fireEvent.click(screen.getByLabelText("Skip: GX-92"));
  await waitFor(() => expect(asked("skip_problems")).toEqual([{ ids: ["p2"] }]));
  expect((await get("undo-bar")).textContent).toContain("GX-92 is left out.");
});

test("details can be copied for one cause and for all, with what support asks for", async () => {
  render(App);
  await click("copy-details");
  await waitFor(() => expect(world.clipboard).not.toBe(""));
  for (const part of ["Twinline 0.1.0", "GX-91, GX-92", "GX-104", "required-field (Your turn)", "c-globex"])
    expect(world.clipboard).toContain(part);
  expect(world.clipboard).not.toContain("plan.zip");
  await click("copy-all");
  await waitFor(() => expect(world.clipboard).toContain("plan.zip"));
  expect(world.clipboard).toContain("GX-104");
});

test("each cause has the button of the place where it is mended", async () => {
  world.problems = causesOfAllKinds;
  render(App);
  for (const [button, place] of [
    ["sign-in-again", "#/accounts"],
    ["open-settings", "#/settings"],
    ["open-connection", "#/connections/c-globex"],
  ] as const) {
    await push("/attention");
    await click(button);
    await waitFor(() => expect(location.hash).toBe(place));
  }
});

test("giving up what is missing asks first, since it cannot be taken back", async () => {
  world.problems = causesOfAllKinds;
  render(App);
  await click("give-up");
  expect((await screen.findByRole("alertdialog")).textContent).toContain("cannot be undone");
  expect(asked("skip_problems")).toEqual([]);
  await click("confirm-yes");
  await waitFor(() => expect(asked("skip_problems")).toEqual([{ ids: ["mass-loss"] }]));
  expect(screen.queryByTestId("undo-bar")).toBeNull();
});

test("nothing to do: that is said, and when it was looked at last; what was left out does not count", async () => {
  world.problems = many(2).map((p) => ({ ...p, skipped: true }));
  render(App);
  await screen.findByText("Nothing needs your attention");
  await screen.findByText(/^Last checked /);
  expect((await get("left-out")).textContent).toContain("2 left out");
  expect(screen.queryByTestId("attention-count")).toBeNull();
});

test("more causes were left out than one page holds: the others have a button of their own", async () => {
  world.problems = [
    ...thousandCauses.slice(0, 60),
    ...thousandCauses.slice(100, 220).map((p) => ({ ...p, skipped: true })),
  ];
  render(App);
  const left = within(await get("left-out"));
  const counts = () => [
    cards().length - left.getAllByTestId("problem").length,
    left.getAllByTestId("problem").length,
  ];
  expect(counts()).toEqual([50, 50]);
  await click("more-causes");
  await waitFor(() => expect(counts()).toEqual([60, 50]));
  await fireEvent.click(left.getByTestId("more-left"));
  await waitFor(() => expect(counts()).toEqual([60, 100]));
  await fireEvent.click(left.getByTestId("more-left"));
  await waitFor(() => expect(counts()).toEqual([60, 120]));
  expect(left.queryByTestId("more-left")).toBeNull();
});

/** Presses it as a keyboard does: it has the focus first. */
async function press(button: HTMLElement) {
  await waitFor(() => expect(document.activeElement?.tagName).not.toBe("BODY")); // the screen has taken its focus
  button.focus();
  await fireEvent.click(button);
}
const onHeading = (of: string) =>
  waitFor(() => {
    expect(document.activeElement?.tagName).toBe("H3");
    expect(document.activeElement?.textContent).toContain(of);
  });

test("a card goes: the focus is on the next one’s heading, and after the last on the screen’s", async () => {
  render(App);
  await press((await screen.findAllByTestId("retry"))[0]!);
  await onHeading("plan.zip");
  await press(await get("retry"));
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
});

test("an issue goes: the focus is on the next one’s button, then on the heading of its card", async () => {
  world.problems = [...many(3), problems[1]!].map((p, i) => ({ ...p, id: `p${i}` }));
  render(App);
  await click("show-issues");
  await press(await screen.findByLabelText("Try again: GX-92"));
  await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toBe("Try again: GX-93"));
  await press(document.activeElement as HTMLElement);
  await onHeading("SUP needs a value");
});

test("what was given up leaves the focus on the next card", async () => {
  world.problems = causesOfAllKinds;
  render(App);
  await press(await get("give-up"));
  await press(await get("confirm-yes"));
  await waitFor(() => expect(screen.queryByTestId("give-up")).toBeNull());
  await onHeading("cannot listen at");
});

test("what was filled in leaves the focus on the next card", async () => {
  Object.assign(world, { problems, fields: [] });
  render(App);
  await click("fill");
  await press(await get("fill-submit"));
  await onHeading("plan.zip");
});

test("a way back that fails after its time stays with what it says", async () => {
  vi.useFakeTimers();
  try {
    world.fail.set("unskip_problems", trouble("problem-unknown", "There is no problem p1.", "Look again."));
    offer(["p1"], "GX-91 is left out.");
    render(UndoBar, { undo: undos.offers[0]! });
    vi.advanceTimersByTime(OFFER - 1);
    await fireEvent.click(screen.getByTestId("undo"));
    await vi.advanceTimersByTimeAsync(OFFER);
    expect(screen.getByTestId("undo-bar").textContent).toContain("There is no problem p1.");
    expect(undos.offers).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});

test("a second issue waits for the value meanwhile: it is sent for all, as is said then", async () => {
  Object.assign(world, { problems: many(1), fields: [fields[1]!] });
  render(App);
  await click("fill");
  await fireEvent.input(await screen.findByLabelText("Order number"), { target: { value: "12" } });
  await click("fill-one");
  world.problems = many(2);
  await emit("changed", {});
  await waitFor(() => expect(screen.queryByTestId("fill-one")).toBeNull());
  await click("fill-submit");
  await waitFor(() => expect(asked("fill_problem")).toMatchObject([{ id: "p1", scope: "all" }]));
});

test("a deleted twin is created again or synced no longer, and the words say which", async () => {
  const deleted = { ...problems[1]!, id: "d1", code: "twin-deleted", owner: "you" as const };
  world.problems = [deleted];
  render(App);
  expect((await get("retry")).textContent).toBe("Create again");
  expect(screen.getByTestId("skip").textContent).toBe("Stop syncing this issue");
  await click("retry");
  await waitFor(() => expect(asked("retry_problems")).toEqual([{ ids: ["d1"] }]));
  await waitFor(() => expect(screen.getByTestId("live").textContent).toContain("Globex is asked for it"));
});

test("a ready text is copied as it is, and said where it belongs", async () => {
  const request = "Hello,\n\ncould you grant them?";
  world.problems = [{ ...problems[1]!, code: "permission-lost", request }];
  render(App);
  expect((await get("copy-request")).textContent).toBe("Copy request for your admin");
  await click("copy-request");
  await waitFor(() => expect(world.clipboard).toBe(request));
  await waitFor(() => expect(screen.getByTestId("live").textContent).toContain("Jira administrator"));
});

test("a reminder is for the partner's people; without a text there is no button", async () => {
  world.problems = [
    { ...problems[1]!, id: "a", cause: "a", code: "partner-away", request: "Hello Pat," },
    { ...problems[1]!, id: "b", cause: "b" },
  ];
  render(App);
  expect((await screen.findAllByTestId("copy-request")).map((b) => b.textContent)).toEqual(["Copy reminder"]);
});

test.each([
  ["question-connect", true],
  ["question-decline", false],
])(
  "a question of the partner’s is answered with yes or no, and nothing else is offered: %s",
  async (button, yes) => {
    const fits = { skippable: false, fillable: false, question: "5d1e" };
    world.problems = [{ ...many(1)[0]!, id: "q", code: "question-waits", ...fits }];
    render(App);
    await get(button);
    for (const other of ["retry", "skip", "compare"]) expect(screen.queryByTestId(other)).toBeNull();
    await click(button);
    const said = { connection: globex.id, question: "5d1e", yes };
    await waitFor(() => expect(asked("answer_question")).toEqual([said]));
    await waitFor(() => expect(cards()).toHaveLength(0));
  },
);
