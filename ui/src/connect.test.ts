// Two issues that exist already: asking the partner whether they become a pair, and what was asked.
import { render, screen } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { live } from "./lib/live.svelte";
import { commands } from "./lib/ipc";
import { globex, initech, pairs } from "./mock/fixtures";
import { local } from "./mock/local";
import { lists, many } from "./mock/questions";
import { play, world } from "./mock/rust";
import { refusal } from "./mock/words";

const get = (id: string) => screen.findByTestId(id);
const calls = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
const type = (field: HTMLElement, value: string) => fireEvent.input(field, { target: { value } });
const press = async (id: string) => fireEvent.click(await get(id));
const hasFocus = (id: string) => waitFor(() => expect(document.activeElement?.id).toBe(id));
const closed = () => waitFor(() => expect(screen.queryByTestId("connect-dialog")).toBeNull());
const rows = () => screen.findAllByTestId("question-row");

beforeEach(() => {
  Object.assign(world, {
    connections: [globex],
    problems: [],
    calls: [],
    pairs,
    questions: [],
    older: false,
    kept: false,
  });
  world.fail.clear();
  world.hang.clear();
  client.clear();
  location.hash = "#/connections/c-globex/issues";
  play();
});

afterEach(() => void vi.restoreAllMocks());

/** A command answers, as Rust does or with a refusal, when the test says so. */
function late(command: "previewQuestion" | "askToConnect") {
  const real = commands[command];
  let answer: (as: unknown) => void;
  const until = new Promise((resolve) => (answer = resolve));
  vi.spyOn(commands, command).mockImplementationOnce(async (...given) => {
    const said = real(...given);
    await until;
    return said as never;
  });
  return () => answer(undefined);
}
const escape = async (id: string) => fireEvent.keyDown(await get(id), { key: "Escape" });
/** Long enough for what should not happen. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 100));

async function open() {
  render(App);
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
  (await get("connect")).focus();
  await press("connect");
  await hasFocus("connect-ours");
}

async function typed(ours = "sup-17", theirs = "https://globex.atlassian.net/browse/GX-42") {
  await type(await get("connect-ours"), ours);
  await type(await get("connect-theirs"), theirs);
  await press("connect-next");
}

test("before anybody is asked, the window shows what the partner reads and what a yes does", async () => {
  await open();
  await typed();
  await hasFocus("connect-preview");
  const learns = await get("connect-learns");
  expect(learns.textContent).toContain("Globex reads this before they answer");
  expect(learns.textContent).toContain("SUP-17");
  expect(learns.textContent).toContain("“Printer on the second floor is on fire”");
  const warning = await get("connect-warning");
  expect(warning.textContent).toContain("SUP-17 and GX-42 become one pair");
  expect(warning.textContent).toContain("one text comes to stand on both sides");
  expect(warning.textContent).not.toContain("internal");
  expect(calls("ask_to_connect")).toEqual([]);
  const ask = await get("connect-ask");
  expect(ask.textContent).toBe("Ask Globex");
  await fireEvent.click(ask);
  await closed();
  expect(calls("ask_to_connect")).toEqual([{ connection: "c-globex", ours: "SUP-17", theirs: "GX-42" }]);
  expect(live.sentence).toContain("Globex is asked about SUP-17 and GX-42");
  expect((await rows())[0]!.textContent).toContain("Waiting for partner");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("connect")));
});

test("where the rules keep the summary, and internal comments leave, it says so", async () => {
  world.kept = true;
  world.connections = [{ ...globex, internal_comments: true }];
  await open();
  await typed();
  const learns = await get("connect-learns");
  expect(learns.textContent).toContain("Your rules keep the summary here.");
  expect(learns.textContent).not.toContain("Printer");
  expect((await get("connect-warning")).textContent).toContain("internal comments");
});

test("what is missing or wrong stands at its field, which has the focus", async () => {
  await open();
  await press("connect-next");
  await hasFocus("connect-ours");
  expect((await get("connect-ours-hint")).textContent).toContain("Type a key, as in SUP-17.");
  expect((await get("connect-theirs-hint")).textContent).toContain("Type a key, as in GX-42.");
  expect(calls("preview_question")).toEqual([]);
  await typed("SUP-17", "the printer");
  await hasFocus("connect-theirs");
  expect((await get("connect-theirs-hint")).textContent).toContain(
    "“the printer” is not the key of an issue.",
  );
  expect((await get("connect-ours")).getAttribute("aria-invalid")).toBeNull();
  world.fail.set("preview_question", refusal("add-synced"));
  await typed();
  await hasFocus("connect-ours");
  expect((await get("connect-ours-hint")).textContent).toContain("SUP-17 is synced with Globex already.");
  expect((await get("connect-theirs")).getAttribute("aria-invalid")).toBeNull();
  expect(screen.queryByTestId("trouble")).toBeNull();
});

test("what becomes true between the preview and the question leads back to its field", async () => {
  await open();
  await typed();
  await get("connect-preview");
  world.fail.set("ask_to_connect", refusal("connect-asked"));
  await press("connect-ask");
  await hasFocus("connect-ours");
  expect((await get("connect-ours-hint")).textContent).toContain("open question about SUP-17");
  world.fail.set("ask_to_connect", refusal("connect-full"));
  await press("connect-next");
  await press("connect-ask");
  expect((await get("trouble")).textContent).toContain("20 questions wait for Globex already.");
  await press("connect-back");
  await hasFocus("connect-ours");
  expect(await get("connect-theirs")).toHaveProperty("value", "https://globex.atlassian.net/browse/GX-42");
});

test("what was typed outlives the dialog, and the focus goes back", async () => {
  await open();
  await type(await get("connect-ours"), "SUP-17");
  await fireEvent.keyDown(await get("connect-ours"), { key: "Escape" });
  await closed();
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("connect")));
  await press("connect");
  expect(await get("connect-ours")).toHaveProperty("value", "SUP-17");
});

test("whoever has asked waits for what comes of it: no way back, and nothing shuts the dialog", async () => {
  const answer = late("askToConnect");
  await open();
  await typed();
  await hasFocus("connect-preview");
  await press("connect-ask");
  await waitFor(() => expect(calls("ask_to_connect")).toHaveLength(1));
  await press("connect-back");
  await escape("connect-ask");
  await aMoment();
  expect((await get("connect-back")).getAttribute("aria-disabled")).toBe("true");
  expect(screen.queryByTestId("connect-ours")).toBeNull();
  await press("connect-ask");
  answer();
  await closed();
  expect(calls("ask_to_connect")).toHaveLength(1);
  await press("connect");
  expect(await get("connect-ours")).toHaveProperty("value", "");
});

test("a question that could not be asked is told although another page came in between", async () => {
  world.fail.set("ask_to_connect", refusal("connect-full"));
  const answer = late("askToConnect");
  await open();
  await typed();
  await hasFocus("connect-preview");
  await press("connect-ask");
  await waitFor(() => expect(calls("ask_to_connect")).toHaveLength(1));
  location.hash = "#/accounts";
  await get("account-row");
  answer();
  await waitFor(() => expect(live.sentence).toContain("20 questions wait for Globex already."));
});

test("what was seen before the dialog was shut is looked at anew", async () => {
  await open();
  await typed();
  await hasFocus("connect-preview");
  await escape("connect-preview");
  await closed();
  await press("connect");
  expect(await get("connect-ours")).toHaveProperty("value", "sup-17");
  expect(screen.queryByTestId("connect-preview")).toBeNull();
  // So is what comes when it is shut: nobody asks about issues that were typed before.
  const answer = late("previewQuestion");
  await press("connect-next");
  await escape("connect-ours");
  await closed();
  await press("connect");
  await type(await get("connect-ours"), "SUP-18");
  answer();
  await aMoment();
  expect(screen.queryByTestId("connect-preview")).toBeNull();
  await press("connect-next");
  expect((await get("connect-learns")).textContent).toContain("SUP-18");
});

test("what was typed for one connection is not another's", async () => {
  world.connections = [globex, initech];
  location.hash = `#/connections/${initech.id}/issues`;
  render(App);
  await get("connect");
  const at = async (id: string, partner: string) => {
    location.hash = `#/connections/${id}/issues`;
    await waitFor(() => expect(document.querySelector("h1")?.textContent).toContain(partner));
    await get("connect");
  };
  await at(globex.id, "Globex");
  await press("connect");
  await type(await get("connect-ours"), "SUP-17");
  await escape("connect-ours");
  await closed();
  await at(initech.id, "Initech");
  await press("connect");
  expect(await get("connect-ours")).toHaveProperty("value", "");
});

test("while the connection is paused nothing goes, and it says so", async () => {
  world.connections = [{ ...globex, state: "paused", paused_by: "you" }];
  await open();
  await typed();
  const later = "The connection is paused. The question goes out when it is resumed.";
  expect((await get("connect-paused")).textContent).toBe(later);
  await press("connect-ask");
  await closed();
  expect(live.sentence).toBe(`Globex is not asked about SUP-17 and GX-42 yet. ${later}`);
  expect((await get("questions-paused")).textContent).toContain(
    "Questions and answers go when it is resumed.",
  );
});

test("outside working hours two projects of this app are connected later", async () => {
  world.connections = local.map((c) => ({ ...c, state: "paused", paused_by: "hours" }));
  location.hash = "#/connections/c-local/issues";
  await open();
  await typed("SUP-17", "OPS-4");
  const later = "Outside working hours nothing is synced. The two are connected when the hours begin.";
  expect((await get("connect-paused")).textContent).toBe(later);
  await press("connect-ask");
  await closed();
  expect(live.sentence).toBe(`SUP-17 and OPS-4 are not connected yet. ${later}`);
});

test("a partner with an older version cannot be asked, and it says why", async () => {
  world.older = true;
  render(App);
  const why = await get("connect-older");
  expect(why.textContent).toContain("Globex uses an older version of Twinline");
  const button = await get("connect");
  expect(button.getAttribute("aria-disabled")).toBe("true");
  expect(button.getAttribute("aria-describedby")).toBe(why.id);
  await fireEvent.click(button);
  expect(screen.queryByTestId("connect-dialog")).toBeNull();
});

test("where both projects are in this app, nobody is asked", async () => {
  world.connections = local;
  location.hash = "#/connections/c-local/issues";
  await open();
  await typed("SUP-17", "OPS-4");
  await hasFocus("connect-preview");
  expect(screen.queryByTestId("connect-learns")).toBeNull();
  expect((await get("connect-ask")).textContent).toBe("Connect");
  await press("connect-ask");
  await closed();
  expect(live.sentence).toContain("SUP-17 and OPS-4 are being connected");
});

test("nothing is shown where nothing was asked, nor can be asked what has ended or not begun", async () => {
  render(App);
  await get("connect");
  expect(screen.queryByTestId("questions")).toBeNull();
  world.connections = [{ ...globex, state: "disconnected" }];
  await client.invalidateQueries();
  await waitFor(() => expect(screen.queryByTestId("connect")).toBeNull());
});

test("a question is withdrawn after one more question, an answer is removed at once", async () => {
  world.questions = lists.mixed!;
  render(App);
  const [waits, declined] = await rows();
  expect(waits!.textContent).toContain("Globex is asked whether GX-42 and your SUP-17");
  expect(waits!.textContent).toContain("Waiting for partner · since");
  expect(declined!.textContent).toContain("Globex does not want GX-58 to be connected with SUP-31.");
  await press("question-withdraw");
  expect(screen.getByRole("alertdialog").textContent).toContain(
    "Withdraw the question about SUP-17 and GX-42?",
  );
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("confirm-no")));
  expect(calls("withdraw_question")).toEqual([]);
  const id = world.questions[0]!.id;
  await press("confirm-yes");
  await waitFor(() => expect(calls("withdraw_question")).toEqual([{ connection: "c-globex", question: id }]));
  await waitFor(async () => expect(await rows()).toHaveLength(2));
  const drop = screen.getAllByTestId("question-drop")[0]!;
  expect(drop.getAttribute("aria-label")).toBe("Remove the answer about SUP-31 and GX-58 from this list");
  await fireEvent.click(drop);
  await waitFor(async () => expect(await rows()).toHaveLength(1));
});

test("many questions come some at a time", async () => {
  world.questions = many(200);
  render(App);
  expect(await rows()).toHaveLength(5);
  expect((await get("questions-more")).textContent).toBe("Show 50 more");
  await press("questions-more");
  await waitFor(async () => expect(await rows()).toHaveLength(55));
});

test("the partner's own questions are answered in Needs attention, not here", async () => {
  world.questions = [{ ...many(1)[0]!, by: "theirs", state: "waiting_for_you" }];
  render(App);
  await get("connect");
  await waitFor(() => expect(calls("questions")).not.toEqual([]));
  await waitFor(() => expect(screen.queryAllByTestId("pair-row")).not.toHaveLength(0));
  expect(screen.queryByTestId("questions")).toBeNull();
});
