// Pausing until a certain time, with Rust's part played.
import { render, screen } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { ana, initech } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = (id: string) => screen.findByTestId(id);
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
const open = async (id: string) => fireEvent.keyDown(await get(id), { key: "Enter" });
const choose = async (id: string) => fireEvent.keyDown(await get(id), { key: "Enter" });

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [initech], problems: [], calls: [] });
  world.overall = undefined;
  world.fail.clear();
  client.clear();
  play();
});

test("everything is paused until tomorrow: header and row say until when, and it can be resumed", async () => {
  location.hash = "#/connections";
  render(App);
  await open("pause-all");
  const offered = ["pause-hour", "pause-tomorrow", "pause-open"].map(
    (id) => screen.getByTestId(id).textContent,
  );
  expect(offered.map((text) => text.trim())).toEqual([
    "For 1 hour",
    "Until tomorrow, 08:00",
    "Until I resume",
  ]);
  await choose("pause-tomorrow");
  await waitFor(() => expect(asked("pause_all")).toEqual([{ until: "tomorrow" }]));
  await waitFor(() =>
    expect(screen.getByTestId("overall-status").textContent).toBe("Paused until tomorrow, 08:00"),
  );
  expect(screen.getByTestId("connection-row").textContent).toContain("Paused until tomorrow, 08:00");
  await fireEvent.click(await get("resume-all"));
  await waitFor(() => expect(asked("resume_all")).toHaveLength(1));
});

test("one connection is paused for an hour on its page, which says until when", async () => {
  location.hash = "#/connections/c-initech";
  render(App);
  await open("pause");
  await choose("pause-hour");
  await waitFor(() => expect(asked("pause")).toEqual([{ id: "c-initech", until: { seconds: 3600 } }]));
  await waitFor(() =>
    expect(screen.getByTestId("connection-sentence").textContent).toContain("Paused until 11:42"),
  );
  expect(screen.queryByTestId("pause")).toBeNull();
  await fireEvent.click(await get("resume"));
  await waitFor(() => expect(asked("resume")).toEqual([{ id: "c-initech" }]));
});

test("what cannot be paused is said beside the button", async () => {
  const { trouble } = await import("./mock/fixtures");
  world.fail.set("pause_all", trouble("disk-full", "The disk is full.", "Make room."));
  location.hash = "#/connections";
  render(App);
  await open("pause-all");
  await choose("pause-open");
  await waitFor(() => expect(screen.getByTestId("trouble").textContent).toContain("The disk is full."));
  expect(asked("pause_all")).toEqual([{ until: "resumed" }]);
});
