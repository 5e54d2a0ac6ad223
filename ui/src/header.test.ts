// The header renders what Rust says of the whole, in every state: the same value that tray, title and command line render
// (src-tauri/surface_histories.rs). It makes no sentence and counts nothing by itself.
import { render, screen } from "@testing-library/svelte";
import { waitFor } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import type { OverallStatus } from "./bindings";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { globex, initech, problems } from "./mock/fixtures";
import { play, world } from "./mock/rust";

/** Each state, and the mark that the header shows: those that share a tray glyph are told apart here. */
const MARKS: Record<OverallStatus, string> = {
  up_to_date: "circle-check",
  checking: "refresh-cw",
  syncing: "refresh-cw",
  delayed: "clock",
  needs_attention: "triangle-alert",
  paused: "circle-pause",
  offline: "cloud-off",
  not_set_up: "circle-dashed",
};

beforeEach(() => {
  // What lies in the world says something else than Rust: nothing of it may shine through.
  Object.assign(world, { connections: [globex, initech], problems, calls: [] });
  client.clear();
  location.hash = "#/connections";
  play();
});

test.each(Object.entries(MARKS))("%s: Rust’s sentence and its mark", async (state, mark) => {
  world.overall = state as OverallStatus;
  world.sentence = `Rust says ${state}.`;
  render(App);
  const shown = await screen.findByTestId("overall-status");
  await waitFor(() => expect(shown.textContent).toBe(`Rust says ${state}.`));
  expect(shown.dataset.state).toBe(state);
  const header = shown.closest("header")!;
  const marks = [...header.querySelectorAll("svg.mark")].map((svg) => svg.getAttribute("class"));
  expect(marks).toHaveLength(1);
  expect(marks[0]).toMatch(new RegExp(`lucide-${mark}( |$)`));
});

test("the sidebar counts what Rust counts", async () => {
  world.overall = "needs_attention";
  world.sentence = undefined;
  render(App);
  const open = problems.filter((p) => !p.skipped).length;
  await waitFor(() => expect(screen.getByTestId("nav-attention").textContent).toContain(String(open)));
  expect((await screen.findByTestId("overall-status")).textContent).toBe(`${open} things need attention`);
});
