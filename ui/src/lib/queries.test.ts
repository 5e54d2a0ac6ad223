// The window's first answers, and what changes before Rust knows that somebody listens.
import { mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { events } from "./ipc";
import { askAhead, client, followChanges } from "./queries";

let asked: string[];
let listens: () => void;
let tell: () => void;

beforeEach(() => {
  asked = [];
  client.clear();
  mockIPC((command) => {
    asked.push(command);
    return asked.length;
  });
  vi.spyOn(events.changed, "listen").mockImplementation((told) => {
    asked.push("listen");
    tell = () => told({ event: "changed", id: 1, payload: null as never });
    return new Promise((resolve) => (listens = () => resolve(() => undefined)));
  });
});
afterEach(() => void vi.restoreAllMocks());

const FIRST = ["language", "practice", "accounts", "connections", "status", "problems"];
const answered = () => vi.waitFor(() => expect(client.isFetching()).toBe(0));
/** Whether what is known of it is asked for again as soon as something shows it. */
const old = (name: string) => client.getQueryState([name])!.isInvalidated;

test("what was answered before Rust knew the listener is asked for again, once", async () => {
  askAhead();
  expect(asked).toEqual(["listen", ...FIRST]);
  await answered();
  const stop = followChanges();
  expect(FIRST.map(old)).not.toContain(true);
  listens();
  await vi.waitFor(() => expect(FIRST.map(old)).not.toContain(false));
  expect(asked.filter((command) => command === "listen")).toHaveLength(1);
  stop();
});

test("what is answered after that is asked for once", async () => {
  askAhead();
  const stop = followChanges();
  listens();
  await answered();
  expect(asked).toEqual(["listen", ...FIRST]);
  expect(FIRST.map(old)).not.toContain(true);
  tell();
  await vi.waitFor(() => expect(FIRST.map(old)).not.toContain(false));
  stop();
});

test("whoever stopped before is told nothing", async () => {
  askAhead();
  await answered();
  followChanges()();
  listens();
  await new Promise((resolve) => setTimeout(resolve));
  expect(FIRST.map(old)).not.toContain(true);
});
