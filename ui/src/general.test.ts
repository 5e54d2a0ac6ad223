// Settings: start, window and look.
import { render, screen, waitFor } from "@testing-library/svelte";
import { fireEvent } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { wear } from "./lib/theme";
import { ana, general, globex, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = async (id: string) => (await screen.findByTestId(id)) as HTMLInputElement;
const calls = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
const worn = () => document.documentElement.dataset["theme"];

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [globex], calls: [], general });
  world.fail.clear();
  client.clear();
  wear("system");
  location.hash = "#/settings";
  play();
});

test("two switches: off and on at first, and one holds as soon as it is turned", async () => {
  render(App);
  expect([(await get("start-at-login")).checked, (await get("close-to-tray")).checked]).toEqual([
    false,
    true,
  ]);
  await fireEvent.click(await get("start-at-login"));
  await waitFor(() => expect(calls("set_start_at_login")).toEqual([{ on: true }]));
  await waitFor(() => expect(screen.getByTestId("live").textContent).toContain("Settings are saved."));
  await fireEvent.click(await get("close-to-tray"));
  await waitFor(() => expect(calls("set_close_to_tray")).toEqual([{ on: false }]));
});

test("whoever turns a switch twice means the second time", async () => {
  render(App);
  const start = await get("start-at-login");
  await Promise.all([fireEvent.click(start), fireEvent.click(start)]);
  await waitFor(() => expect(calls("set_start_at_login")).toEqual([{ on: true }, { on: false }]));
  await waitFor(() => expect(client.getQueryData(["general"])).toMatchObject({ start_at_login: false }));
  expect(start.checked).toBe(false);
});

test("a switch that cannot be kept stays as it was, and says why", async () => {
  world.fail.set("set_start_at_login", trouble("file-unwritable", "No right.", "Give it."));
  render(App);
  await fireEvent.click(await get("start-at-login"));
  await waitFor(() => expect(screen.getByTestId("trouble").textContent).toContain("No right."));
  expect((await get("start-at-login")).checked).toBe(false);
});

test("a theme is worn at once, but only once it is kept; as the system is none", async () => {
  render(App);
  await fireEvent.click(await get("theme-dark"));
  await waitFor(() => expect(worn()).toBe("dark"));
  await fireEvent.click(await get("theme-light"));
  await waitFor(() => expect(worn()).toBe("light"));
  world.fail.set("set_theme", trouble("disk-full", "The disk is full.", "Free some space."));
  await fireEvent.click(await get("theme-dark"));
  await waitFor(() => expect(screen.getByTestId("trouble").textContent).toContain("The disk is full."));
  expect([worn(), (await get("theme-light")).checked]).toEqual(["light", true]);
  world.fail.clear();
  await fireEvent.click(await get("theme-system"));
  await waitFor(() => expect(worn()).toBeUndefined());
});

test("without a tray, it is said what closing the window does", async () => {
  world.general = { ...general, tray: false };
  render(App);
  expect((await get("tray-line")).textContent).toContain("closing the window quits Twinline");
});
