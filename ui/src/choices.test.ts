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

test("what a connection is, and how both sides meet, stands beside it", async () => {
  world.connections = [
    { ...initech, role: "public", address: "https://sync.acme.example", comparison_number: "123456" },
  ];
  render(App);
  const facts = await get("facts");
  await waitFor(() => expect(facts.textContent).toContain("ana@acme.example"));
  expect(facts.textContent).toContain("Basic mode");
  expect(facts.textContent).toContain("Initech calls this computer at https://sync.acme.example.");
  expect(facts.textContent).toContain("123 456");
});

test("when both sides were compared is said, and they can be compared anew", async () => {
  world.connections = [{ ...initech, compared_at: "2026-11-20T04:11:00Z" }];
  location.hash = "#/connections/c-initech";
  render(App);
  expect((await get("compared")).textContent).toContain("They agreed on every issue then.");
  await click("compare-sides");
  expect(world.calls.filter((c) => c.cmd === "compare_sides").map((c) => c.args)).toEqual([
    { connection: "c-initech" },
  ]);
  await waitFor(() =>
    expect(screen.getByTestId("live").textContent).toContain("Both sides were compared just now."),
  );
  expect(screen.getByTestId("compare-sides").textContent).toBe("Compare now");
});

test("nothing is compared while nothing crosses", async () => {
  world.connections = [{ ...initech, state: "paused", compared_at: "2026-11-20T04:11:00Z" }];
  location.hash = "#/connections/c-initech";
  render(App);
  await get("compared");
  expect(screen.queryByTestId("compare-sides")).toBeNull();
});
