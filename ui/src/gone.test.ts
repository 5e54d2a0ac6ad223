// Compare, where our issue is no longer there: one sentence, and what can be done.
import { render, screen, waitFor } from "@testing-library/svelte";
import { fireEvent } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { ana, globex, pairs, problems } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = async (id: string) => (await screen.findByTestId(id)) as HTMLElement;
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);

beforeEach(() => {
  Object.assign(world, {
    accounts: [ana],
    connections: [globex],
    calls: [],
    pairs,
    problems: [],
    comparison: "gone",
  });
  world.fail.clear();
  client.clear();
  location.hash = "#/connections/c-globex/compare/SUP-131";
  play();
});

test("an issue that was deleted here can be stopped, and nothing contradicts that", async () => {
  render(App);
  expect((await get("compare-sentence")).textContent).toContain("SUP-131 was deleted at ACME");
  expect(screen.queryByTestId("trouble")).toBeNull();
  expect(screen.queryByTestId("create-again")).toBeNull();
  // What was on its way does not matter any more.
  expect(document.body.textContent).not.toContain("still to be written");
  await fireEvent.click(await get("stop"));
  expect(asked("stop_pair")).toEqual([]);
  await fireEvent.click(await get("confirm-yes"));
  await waitFor(() => expect(asked("stop_pair")).toMatchObject([{ connection: "c-globex" }]));
});

test("a twin that was deleted can be created again, and is looked at anew", async () => {
  const twin = { ...problems[0]!, code: "twin-deleted", connection: "c-globex", skipped: false };
  // One of another issue is of no account.
  world.problems = [
    { ...twin, id: "9", issue: "SUP-130" },
    { ...twin, id: "7", issue: "SUP-131" },
  ];
  render(App);
  await fireEvent.click(await get("create-again"));
  await waitFor(() => expect(asked("retry_problems")).toEqual([{ ids: ["7"] }]));
  await waitFor(() => expect(asked("compare")).toHaveLength(2));
});
