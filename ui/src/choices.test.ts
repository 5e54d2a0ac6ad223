// What the wizard asked, changed afterwards; with Rust's part played.
import { render, screen } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { ana, initech, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = (id: string) => screen.findByTestId(id);
const click = async (id: string) => fireEvent.click(await get(id));
const asked = () => world.calls.filter((c) => c.cmd === "set_internal_comments").map((c) => c.args);
const on = () => (screen.getByTestId("internal") as HTMLInputElement).checked;

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [initech], problems: [], calls: [] });
  world.overall = undefined;
  world.fail.clear();
  client.clear();
  location.hash = "#/connections/c-initech/settings";
  play();
});

test("internal comments are shared only after a question that tells of the older ones, and can be kept again", async () => {
  render(App);
  await click("internal");
  expect((await screen.findByRole("alertdialog")).textContent).toContain("those written earlier too");
  await click("confirm-no");
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect([asked(), on()]).toEqual([[], false]);
  await click("internal");
  await click("confirm-yes");
  await waitFor(() => expect(on()).toBe(true));
  expect(screen.getByTestId("internal-line").textContent).toContain("can read what your agents wrote");
  await click("internal");
  await waitFor(() => expect(on()).toBe(false));
  expect(asked()).toEqual([
    { id: "c-initech", leave: true },
    { id: "c-initech", leave: false },
  ]);
});

test("what could not be changed is said, and the switch stays where it was", async () => {
  world.connections = [{ ...initech, internal_comments: true }];
  world.fail.set("set_internal_comments", trouble("disk-full", "The disk is full.", "Make room."));
  render(App);
  await click("internal");
  await waitFor(() => expect(screen.getByTestId("trouble").textContent).toContain("The disk is full."));
  expect(on()).toBe(true);
});
