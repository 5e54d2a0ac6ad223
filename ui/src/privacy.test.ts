// Settings: what lies on this computer, and how it goes away.
import { render, screen, waitFor } from "@testing-library/svelte";
import { fireEvent } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { ana, globex, privacy, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = async (id: string) => (await screen.findByTestId(id)) as HTMLInputElement;
const calls = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [globex], calls: [], privacy, untold: [] });
  world.fail.clear();
  client.clear();
  location.hash = "#/settings";
  play();
});

test("where the data lie, and how large they are", async () => {
  render(App);
  expect((await get("data-folder")).textContent).toBe("/home/ana/.local/share/twinline");
  expect((await get("data-size")).textContent).toBe("18 MB");
  await fireEvent.click(await get("open-data"));
  await waitFor(() => expect(calls("open_folder")).toEqual([{ folder: "data" }]));
});

test("for how long the activity is kept holds as soon as it is chosen", async () => {
  render(App);
  await waitFor(async () => expect((await get("retention-month")).checked).toBe(true));
  await fireEvent.click(await get("retention-week"));
  await waitFor(() => expect(calls("set_retention")).toEqual([{ retention: "week" }]));
  await waitFor(async () => expect((await get("retention-week")).checked).toBe(true));
  world.fail.set("set_retention", trouble("disk-full", "The disk is full.", "Free some space."));
  await fireEvent.click(await get("retention-forever"));
  await waitFor(() => expect(screen.getByTestId("trouble").textContent).toContain("The disk is full."));
  expect((await get("retention-week")).checked).toBe(true);
});

test("nothing is deleted before it is confirmed, and the safe answer has the focus", async () => {
  render(App);
  await fireEvent.click(await get("delete-everything"));
  const keep = await get("confirm-no");
  await waitFor(() => expect(document.activeElement).toBe(keep));
  expect(document.body.textContent).toContain("What stands in Jira stays");
  await fireEvent.click(keep);
  await waitFor(() => expect(screen.queryByTestId("confirm-no")).toBeNull());
  expect(calls("delete_everything")).toEqual([]);
});

test("after everything is deleted the window is as at the first start, and says who does not know", async () => {
  world.untold = ["Globex"];
  render(App);
  await fireEvent.click(await get("delete-everything"));
  await fireEvent.click(await get("confirm-yes"));
  await get("first-run-invite");
  await waitFor(() => expect(screen.getByTestId("live").textContent).toContain("Not reached: Globex."));
});

test("what could not be deleted says why, and asks again", async () => {
  world.fail.set("delete_everything", trouble("keychain-locked", "Locked.", "Unlock it."));
  render(App);
  await fireEvent.click(await get("delete-everything"));
  await fireEvent.click(await get("confirm-yes"));
  await waitFor(() => expect(screen.getByTestId("trouble").textContent).toContain("Locked."));
  expect(await get("confirm-yes")).toBeTruthy();
});
