// Settings: of what the desktop is told.
import { render, screen, waitFor } from "@testing-library/svelte";
import { fireEvent } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { ana, globex, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = async (id: string) => (await screen.findByTestId(id)) as HTMLInputElement;

beforeEach(() => {
  Object.assign(world, {
    accounts: [ana],
    connections: [globex],
    calls: [],
    switches: { connected: true, attention: true, partner: false },
  });
  world.fail.clear();
  client.clear();
  location.hash = "#/settings";
  play();
});

test("three switches show what is kept, and one holds as soon as it is turned", async () => {
  render(App);
  const shown = async () =>
    Promise.all(
      ["connected", "attention", "partner"].map(async (which) => (await get(`notify-${which}`)).checked),
    );
  expect(await shown()).toEqual([true, true, false]);
  await fireEvent.click(await get("notify-attention"));
  await waitFor(async () => expect(await shown()).toEqual([true, false, false]));
  await waitFor(() => expect(screen.getByTestId("live").textContent).toContain("Settings are saved."));
  expect(world.calls.filter((c) => c.cmd === "set_notification_switches").map((c) => c.args)).toEqual([
    { switches: { connected: true, attention: false, partner: false } },
  ]);
  await fireEvent.click(await get("notify-partner"));
  await waitFor(async () => expect(await shown()).toEqual([true, false, true]));
});

test("a switch that cannot be kept stays as it was, and says why", async () => {
  world.fail.set("set_notification_switches", trouble("disk-full", "The disk is full.", "Free some space."));
  render(App);
  await fireEvent.click(await get("notify-connected"));
  await waitFor(() => expect(screen.getByTestId("trouble").textContent).toContain("The disk is full."));
  expect((await get("notify-connected")).checked).toBe(true);
});
