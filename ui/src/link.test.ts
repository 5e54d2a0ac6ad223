// A link that was opened brings a code to the page; nothing is done from it alone. Rust's part is played.
import { render, screen } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { emit } from "@tauri-apps/api/event";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { practising } from "./lib/practice.svelte";
import { client } from "./lib/queries";
import { ana, initech } from "./mock/fixtures";
import { play, practise, world } from "./mock/rust";

const CODE = `twl1${"qqrsz".repeat(42)}`;
const get = (id: string) => screen.findByTestId(id);
const field = async () => (await get("paste-invitation")) as HTMLTextAreaElement;
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd);

beforeEach(() => {
  practise(false);
  Object.assign(world, {
    accounts: [ana],
    connections: [initech],
    problems: [],
    notes: [],
    calls: [],
    link: CODE,
  });
  world.practice = { open: false, kept: false, sites: [], connection: null, invited: false };
  practising.on = false;
  client.clear();
  location.hash = "#/accept";
  play();
});

test("the code stands in the field, who it is from is shown, and nothing is accepted", async () => {
  render(App);
  expect((await get("preview-partner")).textContent).toBe("From ACME Ltd");
  expect((await field()).value).toBe(CODE);
  expect((await get("invitation-hint")).textContent).toContain("Nothing happens before you accept");
  await fireEvent.input(await field(), { target: { value: `${CODE} ` } });
  expect((await get("invitation-hint")).textContent).not.toContain("Nothing happens");
  expect(asked("accept")).toEqual([]);
});

test("a second link takes the first one's place; a code that is none is told as if it had been pasted", async () => {
  render(App);
  await get("preview");
  world.link = "twl1short";
  await emit("navigate", { to: "/accept" });
  expect((await get("trouble")).dataset.code).toBe("invitation-incomplete");
  expect((await field()).value).toBe("twl1short");
  expect(screen.queryByTestId("preview")).toBeNull();
});

test("without an account the sign-in comes first, and leads to the code", async () => {
  world.accounts = [];
  render(App);
  expect((await get("linked")).textContent).toBe("Your invitation is shown next.");
  expect(asked("take_link")).toEqual([]);
  for (const [id, value] of [
    ["site", "acme.atlassian.net"],
    ["email", "ana@acme.example"],
    ["token", "secret"],
  ] as const)
    await fireEvent.input(await get(id), { target: { value } });
  await fireEvent.click(await get("sign-in"));
  await get("preview");
  expect((await field()).value).toBe(CODE);
});

test("who practises is told of it, and led there when they leave", async () => {
  location.hash = "#/connections";
  practise(true);
  render(App);
  expect((await get("practice-invited")).textContent).toContain("not for practice");
  expect(world.link).toBe(CODE);
  await fireEvent.click(await get("practice-look"));
  await get("preview");
  expect(screen.queryByTestId("practice-band")).toBeNull();
  await waitFor(() => expect(location.hash).toBe("#/accept"));
});
