// Settings: how often Jira is checked, in which hours, and on battery.
import { render, screen, waitFor } from "@testing-library/svelte";
import { fireEvent } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import type { PaceSettings } from "./bindings";
import { clockOf, minutesOf } from "./lib/clock";
import { client } from "./lib/queries";
import { ana, globex, pace, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = async (id: string) => (await screen.findByTestId(id)) as HTMLInputElement;
/** What Rust was asked to keep, one after the other. */
const kept = () =>
  world.calls.filter((c) => c.cmd === "set_pace").map((c) => (c.args as { chosen: PaceSettings }).chosen);

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [globex], calls: [], pace });
  world.fail.clear();
  client.clear();
  location.hash = "#/settings";
  play();
});

test("each choice holds at once, and says what follows from it", async () => {
  render(App);
  expect((await get("every-10s")).checked).toBe(true);
  expect(screen.queryByTestId("hours-from")).toBeNull();
  await fireEvent.click(await get("every-5m"));
  await waitFor(async () =>
    expect((await get("pace-now")).textContent).toBe("Jira is checked every 5 minutes."),
  );
  await fireEvent.click(await get("hours"));
  await fireEvent.change(await get("hours-to"), { target: { value: "06:30" } });
  await fireEvent.click(await get("day-sat"));
  await fireEvent.click(await get("battery"));
  await waitFor(() => expect(kept()).toHaveLength(5));
  expect(kept().at(-1)).toEqual({
    check_every: "5m",
    hours: { on: true, days: ["mon", "tue", "wed", "thu", "fri", "sat"], from: 480, to: 390 },
    slower_on_battery: true,
  });
  expect((await get("overnight")).textContent).toBe("Until then on the next day.");
});

test("the last day stays, and an emptied time is what it was", async () => {
  world.pace = {
    ...pace,
    chosen: { ...pace.chosen, hours: { on: true, days: ["tue"], from: 480, to: 1080 } },
  };
  render(App);
  expect((await get("day-tue")).disabled).toBe(true);
  expect((await get("day-mon")).disabled).toBe(false);
  await fireEvent.change(await get("hours-from"), { target: { value: "" } });
  expect((await get("hours-from")).value).toBe("08:00");
  expect(kept()).toEqual([]);
});

test("what cannot be kept stays as it was, and says why", async () => {
  world.fail.set("set_pace", trouble("disk-full", "The disk is full.", "Free some space."));
  render(App);
  await fireEvent.click(await get("every-30s"));
  await waitFor(() => expect(screen.getByTestId("trouble").textContent).toContain("The disk is full."));
  await waitFor(async () => expect((await get("every-10s")).checked).toBe(true));
});

test("where the system does not tell, the switch says so", async () => {
  world.pace = { ...pace, power: "unknown" };
  render(App);
  expect((await get("battery-line")).textContent).toContain("does not tell");
});

test("times of a day go to minutes and back", () => {
  for (const minutes of [0, 9, 480, 1439]) expect(minutesOf(clockOf(minutes))).toBe(minutes);
  expect(minutesOf("8.30")).toBe(510);
  for (const odd of ["", "8", "24:00", "08:60"]) expect(minutesOf(odd)).toBeUndefined();
});
