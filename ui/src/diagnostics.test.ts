// Diagnostics: read first, saved when a person says so.
import { render, screen, waitFor } from "@testing-library/svelte";
import { fireEvent } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { ana, diagnostics, globex, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const calls = (cmd: string) => world.calls.filter((c) => c.cmd === cmd);

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [globex], calls: [], diagnostics });
  world.fail.clear();
  client.clear();
  location.hash = "#/diagnostics";
  play();
});

test("each file is shown whole before anything is written", async () => {
  render(App);
  await screen.findByTestId("save-diagnostics");
  for (const file of diagnostics.files)
    expect(screen.getByTestId(`text-${file.name}`).textContent).toBe(file.text);
  expect(calls("save_diagnostics")).toEqual([]);
});

test("what is shown is not gathered anew while it is read", async () => {
  render(App);
  await fireEvent.click(await screen.findByTestId("save-diagnostics"));
  await screen.findByTestId("saved");
  await client.invalidateQueries({ queryKey: ["status"] });
  const { refresh } = await import("./lib/queries");
  await refresh();
  expect(calls("diagnostics")).toHaveLength(1);
  await fireEvent.click(screen.getByTestId("gather-again"));
  await waitFor(() => expect(calls("diagnostics")).toHaveLength(2));
  // Saved was the one before.
  expect(screen.queryByTestId("saved")).toBeNull();
});

test("where it was saved is said, and its folder can be opened", async () => {
  render(App);
  await fireEvent.click(await screen.findByTestId("save-diagnostics"));
  expect((await screen.findByTestId("saved")).textContent).toContain(
    "/home/ana/Downloads/twinline-diagnostics-2026-11-24-1042.zip",
  );
  await fireEvent.click(screen.getByTestId("open-saved"));
  await waitFor(() => expect(calls("open_folder").map((c) => c.args)).toEqual([{ folder: "saved" }]));
});

test("a bundle that cannot be saved says why", async () => {
  world.fail.set("save_diagnostics", trouble("disk-full", "The disk is full.", "Free some space."));
  render(App);
  await fireEvent.click(await screen.findByTestId("save-diagnostics"));
  await waitFor(() => expect(screen.getByTestId("trouble").textContent).toContain("The disk is full."));
  expect(screen.queryByTestId("saved")).toBeNull();
});
