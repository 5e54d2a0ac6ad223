// A long list of what crossed: what Rust says next costs one page, and what was read stays.
import { render, screen } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { emit } from "@tauri-apps/api/event";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { activity, globex } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const lines = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, n) => ({
    ...activity[0]!,
    id: String(from - n),
    sentence: `Change ${from - n}`,
  }));
const asked = () => world.calls.filter((c) => c.cmd === "activity").map((c) => c.args.before);
const shown = () => screen.queryAllByTestId("activity-line").map((e) => e.dataset.id);
const told = async (calls: number) => {
  await emit("changed", {});
  await waitFor(() => expect(asked()).toHaveLength(calls));
};
const ids = (from: number, to: number) => lines(from, to).map((l) => l.id);

beforeEach(() => {
  Object.assign(world, { connections: [globex], problems: [], activity: lines(170, 1), calls: [] });
  world.fail.clear();
  client.clear();
  location.hash = "#/activity";
  play();
});

async function unfolded() {
  render(App);
  await waitFor(() => expect(shown()).toHaveLength(50));
  for (const n of [100, 150]) {
    await fireEvent.click(screen.getByTestId("load-more"));
    await waitFor(() => expect(shown()).toHaveLength(n));
  }
  expect(asked()).toEqual([null, "121", "71"]);
}

test("a change costs one page, however many are unfolded; what is new comes on top of all that was there", async () => {
  await unfolded();
  const there = screen.getAllByTestId("activity-line").find((e) => e.dataset.id === "90");
  world.activity = lines(173, 1);
  await told(4);
  expect(asked().at(-1)).toBeNull();
  await waitFor(() => expect(shown()).toEqual(ids(173, 21)));
  expect(screen.getAllByTestId("activity-line").find((e) => e.dataset.id === "90")).toBe(there);
  const first = screen.getAllByTestId("activity-line")[0]!;
  expect([first.getAttribute("aria-posinset"), first.getAttribute("aria-setsize")]).toEqual(["1", "-1"]);
});

/** Which element each line is. */
const elements = () =>
  new Map(screen.getAllByTestId("activity-line").map((e) => [e.dataset.id!, e] as const));
/** Those that are still shown but were made anew. */
const remade = (before: Map<string, HTMLElement>) =>
  [...elements()].filter(([id, e]) => before.has(id) && before.get(id) !== e).map(([id]) => id);

test("a last page of any length leaves what was there as it is", async () => {
  world.activity = lines(157, 1);
  render(App);
  await waitFor(() => expect(shown()).toHaveLength(50));
  for (const n of [100, 150, 157]) {
    const before = elements();
    await fireEvent.click(screen.getByTestId("load-more"));
    await waitFor(() => expect(shown()).toHaveLength(n));
    expect(remade(before)).toEqual([]);
  }
});

test("a page left open lets go of the oldest lines, and what is read stays as it is", async () => {
  world.activity = lines(300, 1);
  render(App);
  await waitFor(() => expect(shown()).toHaveLength(50));
  world.activity = lines(448, 1);
  await emit("changed", {});
  await waitFor(() => expect(shown()).toEqual(ids(448, 251)));
  for (let newest = 449; newest <= 463; newest += 1) {
    const before = elements();
    world.activity = lines(newest, 1);
    await emit("changed", {});
    await waitFor(() => expect(shown()[0]).toBe(String(newest)));
    expect(remade(before)).toEqual([]);
    expect(shown().length).toBeLessThan(210);
  }
  expect(shown()).toEqual(ids(463, 261));
  await fireEvent.click(screen.getByTestId("load-more"));
  await waitFor(() => expect(shown()).toEqual(ids(463, 211)));
});

test("whoever missed more than a page gets all of it, without a gap", async () => {
  await unfolded();
  world.activity = lines(250, 1);
  await told(5);
  await waitFor(() => expect(shown()).toEqual(ids(250, 21)));
  expect(asked().slice(3)).toEqual([null, "201"]);
});

test("whoever missed much more begins anew", async () => {
  await unfolded();
  world.activity = lines(2000, 1);
  await told(8);
  await waitFor(() => expect(shown()).toEqual(ids(2000, 1951)));
});

test("what was unfolded is let go with the page", async () => {
  await unfolded();
  location.hash = "#/accounts";
  await screen.findByTestId("account-row");
  expect(client.getQueryData<{ lines: unknown[] }>(["activity", null])?.lines).toHaveLength(50);
  world.activity = lines(172, 1);
  location.hash = "#/activity";
  await waitFor(() => expect(shown()).toEqual(ids(172, 123)));
  expect(asked()).toHaveLength(4);
});

test("the last page tells how many there are; older ones that cannot be read are tried again", async () => {
  await unfolded();
  world.fail.set("activity", { code: "database", owner: "you", sentence: "No disk.", next_step: "Wait." });
  await fireEvent.click(screen.getByTestId("load-more"));
  await screen.findByText("No disk.");
  world.fail.clear();
  await fireEvent.click(screen.getByTestId("load-more"));
  await waitFor(() => expect(shown()).toEqual(ids(170, 1)));
  expect(screen.queryByTestId("load-more")).toBeNull();
  expect(screen.queryByText("No disk.")).toBeNull();
  expect(screen.getAllByTestId("activity-line")[0]!.getAttribute("aria-setsize")).toBe("170");
});
