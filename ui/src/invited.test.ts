// An invitation that is out: whether this computer answers is looked at again, and once it is used the page moves on.
import { emit } from "@tauri-apps/api/event";
import { render, screen, waitFor } from "@testing-library/svelte";
import { fireEvent } from "@testing-library/dom";
import { push } from "svelte-spa-router";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { begin } from "./lib/initiate.svelte";
import { client } from "./lib/queries";
import { ana, invitation, settings, umbrella } from "./mock/fixtures";
import { play, world } from "./mock/rust";
import { refusal } from "./mock/words";

const get = async (id: string) => (await screen.findByTestId(id)) as HTMLInputElement;
const click = async (id: string) => fireEvent.click(await get(id));
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
const type = async (id: string, value: string) => fireEvent.input(await get(id), { target: { value } });

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [umbrella], calls: [], invitation, settings });
  world.fail.clear();
  client.clear();
  begin();
  play();
});

/** The partner has accepted, and Rust says that something changed. */
async function accepted(state: "waiting_for_you" | "up_to_date", id: string) {
  world.connections = world.connections.map((c) =>
    c.id === id
      ? { ...c, state, sentence: "They are there", comparison_number: "123456", invitation_expires_at: null }
      : c,
  );
  await emit("changed", {});
}

async function invite() {
  location.hash = "#/initiate";
  render(App);
  await type("partner-name", "Globex");
  await click("next");
  await get("mode-basic");
  await click("next");
  await click("project-SUP");
  await get("default-type");
  await click("next");
  await click("initiate-submit");
  await get("invitation-code");
}

test("a computer that does not answer is looked at again, by a button too", async () => {
  world.invitation = { ...invitation, listening: false };
  location.hash = "#/connections/c-umbrella/invitation";
  render(App);
  expect((await get("listening")).dataset.state).toBe("false");
  world.invitation = { ...invitation, listening: true };
  await click("look-again");
  await waitFor(async () => expect((await get("listening")).dataset.state).toBe("true"));
  expect(screen.queryByTestId("look-again")).toBeNull();
});

test("in the wizard too it is seen that this computer answers by now", async () => {
  world.invitation = { ...invitation, listening: false };
  await invite();
  expect((await get("listening")).dataset.state).toBe("false");
  world.invitation = { ...invitation, listening: true };
  await emit("changed", {});
  await waitFor(async () => expect((await get("listening")).dataset.state).toBe("true"));
});

test("once somebody has accepted, the wizard leads to the decision by itself", async () => {
  await invite();
  await accepted("waiting_for_you", "c-new");
  expect((await get("comparison")).textContent).toBe("123 456");
  await waitFor(() => expect(location.hash).toBe("#/connections/c-new"));
  // Another invitation begins anew.
  await push("/initiate");
  expect((await get("partner-name")).value).toBe("");
});

test("an invitation that is looked at again leads to the connection once it is used", async () => {
  location.hash = "#/connections/c-umbrella/invitation";
  render(App);
  await get("invitation-code");
  // A port that is taken needs attention, and the invitation is still out.
  world.connections = [{ ...umbrella, state: "needs_attention", problems: 1 }];
  await emit("changed", {});
  await get("invitation-code");
  expect(location.hash).toBe("#/connections/c-umbrella/invitation");
  await accepted("up_to_date", "c-umbrella");
  await waitFor(() => expect(location.hash).toBe("#/connections/c-umbrella"));
});

test("the company’s name is asked for, and kept before the partner is told", async () => {
  world.settings = { ...settings, company: "" };
  await (async () => {
    location.hash = "#/initiate";
    render(App);
    await waitFor(async () => expect((await get("own-company")).value).toBe("acme"));
    await type("own-company", "ACME Ltd");
    await type("partner-name", "Globex");
    await click("next");
    await get("mode-basic");
    await click("next");
    await click("project-SUP");
    await get("default-type");
    await click("next");
    await click("initiate-submit");
    await get("invitation-code");
  })();
  expect(asked("set_settings")).toEqual([{ company: "ACME Ltd", address: "" }]);
  const order = world.calls.map((c) => c.cmd).filter((cmd) => cmd === "set_settings" || cmd === "initiate");
  expect(order).toEqual(["set_settings", "initiate"]);
});

test("who accepts is asked as well; a name that is known is kept once", async () => {
  location.hash = "#/accept";
  render(App);
  await type("paste-invitation", `twl1 ${"qqrsz ".repeat(42)}`);
  await waitFor(async () => expect((await get("own-company")).value).toBe("ACME"));
  await click("project-OPS");
  await click("accept-submit");
  await get("comparison");
  expect(asked("set_settings")).toEqual([]);
});

test("f102 a code that is over comes with a ready text to ask for another one", async () => {
  location.hash = "#/accept";
  world.fail.set("accept", refusal("invitation-expired", { partner: "ACME Ltd" }));
  render(App);
  await type("paste-invitation", `twl1 ${"qqrsz ".repeat(42)}`);
  await click("project-OPS");
  await click("accept-submit");
  await click("copy-wish");
  await waitFor(() =>
    expect(world.clipboard).toContain("your invitation to connect our Jira projects has expired."),
  );
  expect(world.clipboard).toMatch(/^Hello .+,\n/);
  await waitFor(() => expect(screen.getByTestId("live").textContent).toContain("to ACME Ltd"));
  world.fail.set("accept", refusal("invitation-own"));
  await click("accept-submit");
  await waitFor(async () => expect((await get("trouble")).dataset.code).toBe("invitation-own"));
  expect(screen.queryByTestId("copy-wish")).toBeNull();
});
