// The sync rules of a connection, with Rust's part played. The editor cannot be loaded here: the plain field does all that it does.
import { cleanup, render, screen, within } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { beforeEach, expect, test, vi } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { forgetRules } from "./lib/kept";
import { everyCause } from "./mock/families";
import { activity, ana, globex, initech, pairs, problems, trouble } from "./mock/fixtures";
import * as r from "./mock/rules";
import { play, world } from "./mock/rust";

vi.mock("./lib/code/editor", () => {
  throw new Error("not to be had");
});

const AT = "/connections/c-globex/rules";
const get = (id: string) => screen.findByTestId(id);
const calls = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
const field = async (direction = "outgoing") => (await get(`plain-${direction}`)) as HTMLTextAreaElement;
const barred = async () => (await get("save-rules")).getAttribute("aria-disabled") === "true";
const type = async (text: string, direction = "outgoing") =>
  fireEvent.input(await field(direction), { target: { value: text } });
const pressed = async (id: string) => fireEvent.click(await get(id));

function open(at = AT) {
  location.hash = `#${at}`;
  render(App);
}

/** The window is closed, and opened again. */
function again(at = AT) {
  cleanup();
  client.clear();
  open(at);
}

function script(trial = "changes") {
  Object.assign(world, { rules: r.script, versions: r.versions, trial });
}

/** Somebody else saves, from the command line. */
async function saveElsewhere(outgoing: string) {
  const { version, incoming } = world.rules;
  const other = { version: version + 1, in_force: true, brings_back: null, outgoing, incoming };
  world.versions = [
    { ...other, saved_by: "Ben Kim", saved_at: r.versions[0]!.saved_at },
    ...world.versions.map((v) => ({ ...v, in_force: false })),
  ];
  world.rules = { mode: "script", version: version + 1, outgoing, incoming };
  await client.invalidateQueries();
}

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [globex, initech], problems, calls: [] });
  Object.assign(world, { pairs, activity, rules: r.basic, versions: [], trial: "changes" });
  world.fail.clear();
  world.hang.clear();
  client.clear();
  forgetRules();
  play();
});

test("Basic: what it does in words, both texts to be read, and nothing to be written", async () => {
  open();
  expect((await get("text-outgoing")).textContent).toBe(r.BASIC.outgoing);
  expect((await get("text-incoming")).textContent).toBe(r.BASIC.incoming);
  const words = (await get("rules-basic")).textContent;
  expect(words).toMatch(/Summary.*Description.*Public comments.*Attachments.*Issue type/s);
  expect(await screen.findByText("What leaves ACME")).toBeTruthy();
  expect(screen.queryByTestId("plain-outgoing")).toBeNull();
});

test("the upgrade says what stays and what cannot be undone, and happens only after a yes", async () => {
  open();
  await pressed("upgrade");
  const dialog = (await screen.findByRole("alertdialog")).textContent;
  expect(dialog).toMatch(/stay exactly the same until you change them/);
  expect(dialog).toMatch(/Nothing changes at Globex/);
  expect(dialog).toMatch(/no way back to Basic mode.*every version of the rules is kept/s);
  await pressed("confirm-no");
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(calls("upgrade_to_script")).toEqual([]);
  await pressed("upgrade");
  await pressed("confirm-yes");
  expect((await field()).value).toBe(r.BASIC.outgoing);
  expect(calls("upgrade_to_script")).toEqual([{ connection: "c-globex" }]);
  expect(await barred()).toBe(true);
});

test("what is wrong stands in a list, leads to its line, and bars saving until it is gone", async () => {
  script();
  open();
  await type(r.drafts["wrong"]!.outgoing);
  const fault = within(await get("fault"));
  expect(fault.getByText(/isue/)).toBeTruthy();
  expect(await barred()).toBe(true);
  expect((await get("barred")).textContent).toContain("once the errors are gone");
  await pressed("save-rules");
  expect(calls("save_rules")).toEqual([]);
  await pressed("direction-incoming");
  await fireEvent.click(fault.getByTestId("go-to-line"));
  const area = await field();
  await waitFor(() => expect(document.activeElement).toBe(area));
  const before = area.value.slice(0, area.selectionStart);
  expect(before.split("\n")).toHaveLength(7);
  expect(area.value.slice(area.selectionStart)).toMatch(/^isue/);
  await type(r.drafts["new"]!.outgoing);
  await waitFor(() => expect(screen.queryByTestId("fault")).toBeNull());
  await waitFor(async () => expect(await barred()).toBe(false));
});

test("saving is based on the version that was edited, and makes the next one", async () => {
  script();
  open();
  expect(await barred()).toBe(true);
  const text = r.drafts["new"]!.outgoing;
  await type(text);
  await get("unsaved");
  await pressed("save-rules");
  const { incoming } = r.script;
  await waitFor(() =>
    expect(calls("save_rules")).toEqual([{ connection: "c-globex", basedOn: 3, outgoing: text, incoming }]),
  );
  await waitFor(() => expect(screen.queryByTestId("unsaved")).toBeNull());
  expect((await get("rules-version")).textContent).toContain("version 4");
  expect((await field()).value).toBe(text);
  // And the one after that is based on it.
  await type(`${text}// more\n`);
  await waitFor(async () => expect(await barred()).toBe(false));
  await pressed("save-rules");
  await waitFor(() => expect(calls("save_rules").at(-1)?.["basedOn"]).toBe(4));
});

test("what is unsaved outlives the tab and the window, until it is discarded after a question", async () => {
  script();
  open();
  const text = r.drafts["new"]!.outgoing;
  await type(text);
  await get("unsaved");
  again(`${AT.replace("/rules", "/issues")}`);
  await get("tab-rules");
  again();
  await waitFor(async () => expect((await field()).value).toBe(text));
  await get("unsaved");
  // Of another connection it is none.
  again("/connections/c-initech/rules");
  await waitFor(async () => expect((await field()).value).toBe(r.script.outgoing));
  again();
  await waitFor(async () => expect((await field()).value).toBe(text));
  await pressed("discard");
  await pressed("confirm-no");
  expect((await field()).value).toBe(text);
  await pressed("discard");
  await pressed("confirm-yes");
  await waitFor(async () => expect((await field()).value).toBe(r.script.outgoing));
  again();
  expect((await field()).value).toBe(r.script.outgoing);
  expect(screen.queryByTestId("unsaved")).toBeNull();
});

test("a version saved meanwhile: what was typed stays, the other can be looked at, and a choice is asked", async () => {
  script();
  open();
  const mine = r.drafts["new"]!.outgoing;
  await type(mine);
  await get("unsaved");
  await saveElsewhere("// theirs\n");
  const box = await get("overtaken");
  await waitFor(() => expect(box.textContent).toMatch(/Ben Kim saved version 4/));
  expect((await field()).value).toBe(mine);
  expect(await barred()).toBe(true);
  await pressed("look-at-other");
  const difference = await get("difference-outgoing");
  expect(difference.querySelector("[data-kind=gone]")?.textContent).toContain("// theirs");
  await pressed("keep-mine");
  await waitFor(async () => expect(await barred()).toBe(false));
  await pressed("save-rules");
  await waitFor(() => expect(calls("save_rules")[0]).toMatchObject({ basedOn: 4, outgoing: mine }));
  await waitFor(() => expect(world.rules.outgoing).toBe(mine));
});

test("the other version is taken only after a question", async () => {
  script();
  open();
  await type(r.drafts["new"]!.outgoing);
  await get("unsaved");
  await saveElsewhere("// theirs\n");
  await pressed("take-other");
  await pressed("confirm-yes");
  await waitFor(async () => expect((await field()).value).toBe("// theirs\n"));
  expect(screen.queryByTestId("overtaken")).toBeNull();
});

test("saving that comes too late tells of the other version, and loses nothing", async () => {
  script();
  open();
  const mine = r.drafts["new"]!.outgoing;
  await type(mine);
  await get("unsaved");
  // The window has not heard of it when the button is pressed.
  world.versions = [{ ...r.versions[0]!, version: 4, outgoing: "// theirs\n" }, ...r.versions];
  world.rules = { ...world.rules, version: 4, outgoing: "// theirs\n" };
  await pressed("save-rules");
  await get("overtaken");
  expect((await field()).value).toBe(mine);
  expect(world.rules.outgoing).toBe("// theirs\n");
  // It is said once.
  expect(screen.queryByTestId("trouble")).toBeNull();
});

test("rules that nobody edits follow what is in force", async () => {
  script();
  open();
  await field();
  await saveElsewhere("// theirs\n");
  await waitFor(async () => expect((await field()).value).toBe("// theirs\n"));
  expect(screen.queryByTestId("unsaved")).toBeNull();
});

test("a trial shows per issue, part and direction what is now and then, and when; and saves nothing", async () => {
  script();
  open();
  await type(r.drafts["new"]!.outgoing);
  await pressed("try-rules");
  const line = await get("trial-line");
  expect(line.textContent).toMatch(/newest 20 issues\. Nothing was written/);
  await waitFor(() => expect(document.activeElement?.textContent).toContain("What these rules would change"));
  const [first, second] = screen.getAllByTestId("tried");
  const changes = within(first!).getAllByTestId("tried-change");
  expect(changes.map((c) => `${c.dataset["direction"]} ${c.dataset["part"]}`)).toEqual([
    "outgoing comment",
    "outgoing description",
    "incoming summary",
  ]);
  expect(changes[0]!.textContent).toMatch(
    /To Globex: Comment by Ana Ruiz.*next change.*\(stays here\).*#partner/s,
  );
  expect(changes[1]!.textContent).toMatch(/as soon as you save/);
  expect(changes[2]!.textContent).toMatch(/Written here: Summary.*next change that arrives/s);
  expect(changes[2]!.querySelector("mark")?.textContent).toContain("[Globex]");
  expect(second!.textContent).toMatch(/The whole issue.*\(leaves\).*\(stays here\)/s);
  expect((await get("tried-others")).textContent).toContain("18 other issues");
  expect(calls("save_rules")).toEqual([]);
  expect(calls("try_rules")[0]).toMatchObject({ outgoing: r.drafts["new"]!.outgoing });
  // What was tried is not what stands there any more.
  await type("// something else\n");
  await waitFor(() => expect(line.textContent).toContain("You have changed the rules since"));
});

test("a trial that finds nothing, and one without issues, say so", async () => {
  script("nothing");
  open();
  await pressed("try-rules");
  const trial = await get("trial");
  expect(trial.textContent).toContain("would change nothing at the newest 20 issues");
  world.trial = "none";
  await pressed("try-rules");
  await waitFor(() => expect(trial.textContent).toContain("no issue to try them on"));
});

test("an issue at which they would stop leads to the line; texts that do not compile are not tried", async () => {
  script("fault");
  open();
  await pressed("try-rules");
  await fireEvent.click(within(await get("tried-fault")).getByTestId("go-to-fault"));
  const area = await field();
  expect(document.activeElement).toBe(area);
  expect(area.value.slice(0, area.selectionStart).split("\n")).toHaveLength(6);
  await type(r.drafts["wrong"]!.outgoing);
  await pressed("try-rules");
  await get("fault");
  await waitFor(() => expect(screen.queryByTestId("trial")).toBeNull());
});

test("versions: who, when, what differs; one is brought back as a new one, and that is undone", async () => {
  script();
  open();
  const rows = await screen.findAllByTestId("version");
  expect(rows.map((row) => row.dataset["version"])).toEqual(["3", "2", "1"]);
  expect(rows[0]!.textContent).toMatch(/in force.*Ben Kim/s);
  expect(within(rows[0]!).queryByTestId("bring-back")).toBeNull();
  await fireEvent.click(within(rows[1]!).getByTestId("difference"));
  const difference = await get("difference-outgoing");
  const said = (kind: string) =>
    [...difference.querySelectorAll(`[data-kind=${kind}]`)].map((line) => line.textContent);
  expect(said("gone")[0]).toContain("mb(20)");
  expect(said("new")[0]).toContain("mb(5)");
  await fireEvent.click(within(rows[1]!).getByTestId("bring-back"));
  const undo = await get("undo-bring-back");
  await waitFor(() => expect(document.activeElement).toBe(undo));
  expect((await get("brought-back")).textContent).toContain("Version 2 is in force again, as version 4.");
  await waitFor(async () => expect((await field()).value).toBe(r.versions[1]!.outgoing));
  await fireEvent.click(undo);
  await waitFor(() => expect(calls("bring_back_rules").map((args) => args["version"])).toEqual([2, 3]));
  await waitFor(async () => expect((await field()).value).toBe(r.script.outgoing));
  expect(screen.queryByTestId("undo-bring-back")).toBeNull();
});

test("what cannot be read, saved or brought back says why, and what was typed stays", async () => {
  world.fail.set("rules", trouble("database", "Broken.", "Mend it."));
  open();
  await get("try-again");
  world.fail.clear();
  script();
  await pressed("try-again");
  await type(r.drafts["new"]!.outgoing);
  await get("unsaved");
  world.fail.set("save_rules", trouble("disk-full", "The disk is full.", "Free some space."));
  await pressed("save-rules");
  expect((await get("trouble")).textContent).toContain("The disk is full.");
  expect((await field()).value).toBe(r.drafts["new"]!.outgoing);
});

test("rules that stopped at an issue are edited at their line, from the list of what needs attention", async () => {
  script();
  world.problems = everyCause.filter((p) => p.code === "script-failed");
  open("/attention");
  const card = within(await get("problem"));
  expect(card.getByTestId("retry")).toBeTruthy();
  expect(card.getByTestId("skip")).toBeTruthy();
  await fireEvent.click(card.getByTestId("edit-rules"));
  await waitFor(() => expect(location.hash).toBe(`#${AT}/outgoing/9`));
  const area = await field();
  await waitFor(() => expect(document.activeElement).toBe(area));
  expect(area.value.slice(0, area.selectionStart).split("\n")).toHaveLength(9);
});

test("Esc in the text leaves neither the place nor the text, and a slash is a slash", async () => {
  script();
  open();
  const area = await field();
  area.focus();
  await fireEvent.keyDown(area, { key: "Escape" });
  await fireEvent.keyDown(area, { key: "/" });
  expect(location.hash).toBe(`#${AT}`);
  expect(document.activeElement).toBe(area);
});

test("whoever removes a connection has written nothing of it any more", async () => {
  script();
  open();
  await type(r.drafts["new"]!.outgoing);
  await waitFor(() => expect(localStorage.length).toBe(1));
  const { remove } = await import("./lib/deeds");
  await remove(globex);
  expect(localStorage.length).toBe(0);
});
