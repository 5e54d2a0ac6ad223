// The menu of one issue: looked at now, compared, synced no longer.
import { render, screen } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { pairs, globex, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
/** By selector: looking for roles reads the whole page. */
const opened = (role: string) => document.querySelector<HTMLElement>(`[role=${role}]`);
async function dialog() {
  await waitFor(() => expect(opened("alertdialog")).toBeTruthy());
  return opened("alertdialog")!;
}
const rows = () => screen.findAllByTestId("pair-row");

/** Opens the menu of a row by the keyboard, as people without a mouse do. */
async function menu(row: HTMLElement) {
  const trigger = row.querySelector<HTMLElement>("[data-testid=pair-more]")!;
  trigger.focus();
  await fireEvent.keyDown(trigger, { key: "Enter" });
  await waitFor(() => expect(opened("menu")).toBeTruthy());
  return trigger;
}
const choose = async (id: string) => {
  const item = await screen.findByTestId(id);
  item.focus();
  await fireEvent.keyDown(item, { key: "Enter" });
};

beforeEach(() => {
  Object.assign(world, {
    connections: [globex],
    problems: [],
    pairs: pairs.slice(0, 3),
    calls: [],
    overall: undefined,
  });
  world.fail.clear();
  client.clear();
  location.hash = "#/connections/c-globex/issues";
  play();
});

test("one issue is looked at now", async () => {
  render(App);
  const row = (await rows())[0]!;
  const trigger = await menu(row);
  const issue = pairs[0]!;
  expect(trigger.getAttribute("aria-label")).toBe(`Actions for ${issue.ours}`);
  await choose("pair-sync");
  await waitFor(() => expect(asked("sync_pair")).toEqual([{ connection: "c-globex", issue: issue.id }]));
  expect(asked("stop_pair")).toEqual([]);
});

test("stopping asks first, and nothing happens without a yes", async () => {
  render(App);
  await menu((await rows())[0]!);
  await choose("pair-stop");
  const question = await dialog();
  expect(question.textContent).toContain(`Stop syncing ${pairs[0]!.ours}?`);
  expect(question.textContent).toContain("Both copies stay");
  expect(question.textContent).toContain("Globex is told");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("confirm-no")));
  await fireEvent.click(screen.getByTestId("confirm-no"));
  await waitFor(() => expect(opened("alertdialog")).toBeNull());
  expect(asked("stop_pair")).toEqual([]);
});

test("what was stopped is shown so, and can only be compared", async () => {
  render(App);
  await menu((await rows())[0]!);
  await choose("pair-stop");
  await fireEvent.click(await screen.findByTestId("confirm-yes"));
  await waitFor(() => expect(asked("stop_pair")).toEqual([{ connection: "c-globex", issue: pairs[0]!.id }]));
  await waitFor(async () => expect((await rows())[0]!.dataset.state).toBe("unlinked"));
  await waitFor(() => expect(opened("alertdialog")).toBeNull());
  await menu((await rows())[0]!);
  const offered = [...opened("menu")!.querySelectorAll("[role=menuitem]")];
  expect(offered.map((item) => item.getAttribute("data-testid"))).toEqual(["pair-compare"]);
});

test("a refusal is told in the question", async () => {
  world.fail.set(
    "stop_pair",
    trouble("pair-unlinked", "SUP-17 is not synced with Globex any more.", "Nothing to do."),
  );
  render(App);
  await menu((await rows())[0]!);
  await choose("pair-stop");
  await fireEvent.click(await screen.findByTestId("confirm-yes"));
  const question = await dialog();
  await waitFor(() => expect(question.textContent).toContain("is not synced with Globex any more"));
});

test("a long list is unfolded page by page, and none is read twice", async () => {
  world.pairs = Array.from({ length: 120 }, (_, n) => ({
    ...pairs[0]!,
    id: String(120 - n),
    ours: `SUP-${120 - n}`,
  }));
  render(App);
  await waitFor(async () => expect(await rows()).toHaveLength(50));
  await fireEvent.click(screen.getByTestId("load-more"));
  await waitFor(async () => expect(await rows()).toHaveLength(100));
  await fireEvent.click(screen.getByTestId("load-more"));
  await waitFor(async () => expect(await rows()).toHaveLength(120));
  expect(screen.queryByTestId("load-more")).toBeNull();
  expect(asked("pairs").map((args) => args.after)).toEqual([null, "71", "21"]);
});
