// Practice in the window, with Rust's part played.
import { render, screen } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { emit } from "@tauri-apps/api/event";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { practising } from "./lib/practice.svelte";
import { client } from "./lib/queries";
import { wishes } from "./lib/wishes";
import { ana, initech, practised } from "./mock/fixtures";
import { play, practise, world } from "./mock/rust";

const get = (id: string) => screen.findByTestId(id);
const click = async (id: string) => fireEvent.click(await get(id));
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);

beforeEach(() => {
  Object.assign(world, { accounts: [], connections: [], problems: [], notes: [], calls: [] });
  world.practice = { open: false, kept: false, sites: [], connection: null, invited: false };
  world.fail.clear();
  world.hang.clear();
  practising.on = false;
  client.clear();
  location.hash = "";
  play();
});

test("one click from the first run leads to the connection, with a band above and what to try", async () => {
  render(App);
  await click("practice-start");
  expect((await get("practice-band")).textContent).toContain("Nothing here is real");
  await get("practice-try");
  expect(location.hash).toBe("#/connections/c-practice");
  expect(screen.queryByTestId("first-run-invite")).toBeNull();
  await fireEvent.click(screen.getAllByTestId("open-tracker")[1]!);
  await waitFor(() => expect(asked("open_link")).toEqual([{ url: practised.sites[1]!.url }]));
});

test("left, the window shows what it showed before; nothing of the practice stays on the screen", async () => {
  Object.assign(world, { accounts: [ana], connections: [initech] });
  location.hash = "#/practice";
  render(App);
  await click("practice-start");
  await get("practice-try");
  await fireEvent.click(screen.getAllByTestId("practice-leave")[0]!);
  expect((await get("connection-row")).textContent).toContain("Initech");
  expect(screen.queryByTestId("practice-band")).toBeNull();
  expect(location.hash).toBe("#/connections");
});

test("Rust leaves practice by itself: the window follows, and stays where it was sent", async () => {
  Object.assign(world, { accounts: [ana], connections: [initech] });
  practise(true);
  location.hash = "#/settings";
  render(App);
  await get("practice-band");
  practise(false);
  await emit("changed", {});
  await waitFor(() => expect(screen.queryByTestId("practice-band")).toBeNull());
  await get("version");
  expect(location.hash).toBe("#/settings");
});

test("it is removed after one question", async () => {
  practise(true);
  practise(false);
  render(App);
  await click("practice-remove");
  expect(asked("remove_practice")).toEqual([]);
  await click("confirm-yes");
  await waitFor(() => expect(asked("remove_practice")).toHaveLength(1));
  await waitFor(() => expect(screen.queryByTestId("practice-remove")).toBeNull());
});

test("what stands in the way is said, and it can be tried again", async () => {
  world.fail.set("start_practice", {
    code: "disk-full",
    owner: "you",
    sentence: "The disk is full.",
    next_step: "Free some space.",
  });
  render(App);
  await click("practice-start");
  expect((await get("trouble")).textContent).toContain("The disk is full.");
  world.fail.clear();
  await click("practice-start");
  await get("practice-band");
});

test("nobody real is invited or signed in while practising", async () => {
  practise(true);
  location.hash = "#/connections";
  render(App);
  await get("practice-band");
  await get("connection-row");
  expect(screen.queryByTestId("initiate")).toBeNull();
  await fireEvent.keyDown(window, { key: "n", ctrlKey: true });
  expect(location.hash).toBe("#/connections");
  const deeds = wishes(world.connections, false, world.practice)[0]!.wishes.map((w) => w.id);
  expect(deeds.slice(0, 4)).toEqual(["tracker-ACME", "tracker-Globex", "practice-leave", "practice"]);
  expect(deeds).not.toContain("initiate");
});
