// Two projects of one's own: chosen on each side, never the same twice, connected at once, and one row in the list.
import { fireEvent } from "@testing-library/dom";
import { render, screen, waitFor, within } from "@testing-library/svelte";
import { push } from "svelte-spa-router";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { begin } from "./lib/local.svelte";
import { client } from "./lib/queries";
import { ana, initech, projects, second } from "./mock/fixtures";
import { local } from "./mock/local";
import { play, world } from "./mock/rust";
import { refusal } from "./mock/words";

const get = async (id: string) => (await screen.findByTestId(id)) as HTMLInputElement;
const click = async (id: string) => fireEvent.click(await get(id));
const asked = () => world.calls.filter((c) => c.cmd === "connect_local").map((c) => c.args.request);

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [initech], calls: [], projects, service: false });
  world.fail.clear();
  client.clear();
  begin();
  play();
});

async function toReview() {
  location.hash = "#/local";
  render(App);
  await click("project-SUP-from");
  await click("project-OPS-to");
  await get("default-type-to");
  await click("next");
  await get("existing-to");
}

test("what is chosen on each side is asked for, and the list shows one row", async () => {
  world.service = true;
  await toReview();
  expect((await get("comments-warning")).textContent).toContain("public comments");
  await click("existing-from");
  await click("internal-to");
  await click("local-submit");
  await get("local-done");
  const side = { account: "a1", default_type: null, filter: null, name_authors: true };
  expect(asked()).toEqual([
    {
      from: { ...side, project: "SUP", existing: true, internal_comments: false },
      to: { ...side, project: "OPS", existing: false, internal_comments: true },
    },
  ]);
  await click("done");
  await waitFor(() => expect(screen.queryAllByTestId("connection-row")).toHaveLength(2));
  const row = screen.getAllByTestId("connection-row").find((r) => r.dataset.id === "c-local")!;
  expect(row.textContent).toContain("Support and Operations");
});

test("a project cannot be both sides, and nothing is asked for before both are chosen", async () => {
  location.hash = "#/local";
  render(App);
  await click("project-SUP-from");
  await waitFor(async () => expect((await get("project-SUP-to")).disabled).toBe(true));
  expect((await get("project-OPS-to")).disabled).toBe(false);
  await click("next");
  expect((await get("local-wrong")).textContent).toBe("Choose a project on each side.");
  await push("/local/review");
  await get("project-OPS-to");
  expect(screen.queryByTestId("local-submit")).toBeNull();
});

test("of two accounts the same key is another project", async () => {
  world.accounts = [ana, second];
  location.hash = "#/local";
  render(App);
  await click("project-SUP-from");
  await fireEvent.change(await get("account-to"), { target: { value: second.id } });
  await waitFor(async () => expect((await get("project-SUP-to")).disabled).toBe(false));
});

test("what Rust refuses is said, and nothing that was chosen is lost", async () => {
  world.fail.set("connect_local", refusal("connection-repeated", { project: "SUP", partner: "OPS" }));
  await toReview();
  await click("local-submit");
  expect((await get("trouble")).textContent).toContain("SUP is connected to OPS already.");
  world.fail.clear();
  await click("local-submit");
  await get("local-done");
});

test("the side that needs a person is named in the row, and each side leads to the other", async () => {
  const attention = { ...local[1]!, state: "needs_attention" as const, problems: 1 };
  world.connections = [local[0]!, attention, initech];
  location.hash = "#/connections";
  render(App);
  await waitFor(() => expect(screen.queryAllByTestId("connection-row")).toHaveLength(2));
  const other = within(await get("other-side")).getByRole("link");
  expect(other.getAttribute("href")).toBe("#/connections/c-local-2");
  await push("/connections/c-local-2");
  await waitFor(async () => expect((await get("local-side")).textContent).toContain("the side of OPS"));
  expect((await get("other-side")).getAttribute("href")).toBe("#/connections/c-local");
});
