// The record of two texts, with Rust's part played.
import { render, screen, within } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { ana, anotherCopy, conflicts, globex, initech, pairs, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = (id: string) => screen.findByTestId(id);
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
const marks = () => screen.findAllByTestId("conflict-mark");
const first = async () => (await screen.findAllByTestId("conflict"))[0]!;

async function open(n: number) {
  render(App);
  const mark = (await marks())[n]!;
  // The page's heading takes the focus once, a frame after it appeared.
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
  mark.focus();
  await fireEvent.click(mark);
  await first();
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H3"));
}

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [globex, initech], problems: [], calls: [] });
  Object.assign(world, { pairs, conflicts });
  world.fail.clear();
  world.hang.clear();
  client.clear();
  location.hash = "#/connections/c-globex/issues";
  play();
});

test("only issues with a record carry the mark, and it says which issue it is about", async () => {
  render(App);
  const names = (await marks()).map((m) => [m.textContent, m.getAttribute("aria-label")]);
  expect(names).toEqual([
    ["2 pairs of texts to compare", "2 pairs of texts to compare: SUP-139"],
    ["Earlier texts", "Earlier texts: SUP-137"],
    ["1 pair of texts to compare", "1 pair of texts to compare: SUP-134"],
  ]);
});

test("both texts, whose they are, what differs, which one stands; no button on that one", async () => {
  await open(0);
  const record = within(await first());
  expect(record.getByTestId("text-ours").textContent).toContain("ACME wrote");
  expect(record.getByTestId("text-theirs").textContent).toContain("Globex wrote");
  expect(record.getByTestId("words-theirs").textContent).toBe(conflicts["499"]![0]!.theirs);
  const marked = [...record.getByTestId("words-theirs").querySelectorAll("mark")].map((m) => m.textContent);
  expect(marked.join(" ")).toContain("Switzerland");
  expect(marked.join(" ")).not.toContain("Invoice");
  expect(within(record.getByTestId("text-ours")).getByTestId("stands")).toBeTruthy();
  expect(record.queryByTestId("use-ours")).toBeNull();
});

test("using a text asks first, says what changes where, and then says what was done", async () => {
  await open(0);
  await fireEvent.click((await screen.findAllByTestId("use-theirs"))[0]!);
  expect((await first()).textContent).toContain(
    "Both issues will show this text. The other one stays in this record.",
  );
  expect(document.activeElement).toBe(await get("conflict-no"));
  expect(asked("use_conflict")).toEqual([]);
  await fireEvent.click(await get("conflict-yes"));
  await waitFor(() => expect(asked("use_conflict")).toEqual([{ id: "31", text: "theirs" }]));
  await waitFor(() => expect(screen.getAllByTestId("conflict-settled")).toHaveLength(1));
  expect((await get("live")).textContent).toContain("SUP-139 will show this text on both sides.");
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H4"));
});

test("going back, by button or Esc, does nothing and gives the focus back; Esc then closes", async () => {
  await open(0);
  const use = () => screen.getAllByTestId("use-theirs")[0]!;
  await fireEvent.click(use());
  await fireEvent.click(await get("conflict-no"));
  await waitFor(() => expect(document.activeElement).toBe(use()));
  await fireEvent.click(use());
  await fireEvent.keyDown(await get("conflict-no"), { key: "Escape" });
  await waitFor(() => expect(document.activeElement).toBe(use()));
  expect(screen.queryByTestId("conflict-yes")).toBeNull();
  await fireEvent.keyDown(use(), { key: "Escape" });
  await waitFor(() => expect(screen.queryByTestId("conflicts")).toBeNull());
  expect(document.activeElement).toBe((await marks())[0]);
  expect(location.hash).toBe("#/connections/c-globex/issues");
  expect(asked("use_conflict")).toEqual([]);
});

test("keeping it as it is settles the record, which stays open and readable", async () => {
  await open(0);
  await fireEvent.click((await screen.findAllByTestId("conflict-keep"))[0]!);
  await waitFor(() => expect(asked("dismiss_conflict")).toEqual([{ id: "31" }]));
  await waitFor(() => expect(screen.getAllByTestId("conflict-keep")).toHaveLength(1));
  expect((await first()).dataset.settled).toBe("true");
  expect((await marks())[0]!.textContent).toBe("1 pair of texts to compare");
});

test("what Rust refuses is told at the record, and the question stays", async () => {
  world.fail.set("use_conflict", trouble("conflict-unlinked", "SUP-139 is no longer synced.", "Copy it."));
  await open(0);
  await fireEvent.click((await screen.findAllByTestId("use-theirs"))[0]!);
  await fireEvent.click(await get("conflict-yes"));
  await waitFor(async () =>
    expect(within(await first()).getByTestId("trouble").textContent).toContain("no longer synced"),
  );
  expect(screen.getByTestId("conflict-yes")).toBeTruthy();
});

test("where another text was written since, either can be used; where it is not synced, neither", async () => {
  await open(1);
  expect((await first()).textContent).toContain("Another text was written since");
  expect(screen.getByTestId("use-ours")).toBeTruthy();
  expect(screen.getByTestId("use-theirs")).toBeTruthy();
  await fireEvent.click((await marks())[2]!);
  await waitFor(() => expect(screen.getByTestId("words-theirs").textContent).toBe("(empty)"));
  expect(screen.queryByTestId("use-ours")).toBeNull();
  expect(screen.getByTestId("conflicts").textContent).toContain("SUP-134 is no longer synced");
});

test("the connection says when both sides were compared, and what was healed", async () => {
  location.hash = "#/connections/c-initech";
  render(App);
  await waitFor(async () =>
    expect((await get("compared")).textContent).toContain(
      "They agreed on every issue then. 2 differences healed so far.",
    ),
  );
});

test("the same data in another place: one button lets this one take over", async () => {
  world.problems = [anotherCopy];
  location.hash = "#/attention";
  render(App);
  await fireEvent.click(await get("take-over"));
  await waitFor(() => expect(asked("take_over")).toEqual([{ connection: "c-initech" }]));
  expect(screen.queryByTestId("retry")).toBeNull();
});
