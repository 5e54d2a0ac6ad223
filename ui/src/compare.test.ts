// An issue and its twin side by side, with Rust's part played.
import { cleanup, render, screen, within } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import type { ComparedField } from "./bindings";
import { client } from "./lib/queries";
import { comparisons } from "./mock/comparison";
import { activity, ana, conflicts, globex, initech, pairs, problems, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = (id: string) => screen.findByTestId(id);
const asked = () => world.calls.filter((c) => c.cmd === "compare").map((c) => c.args);
const marks = (box: HTMLElement) =>
  [...box.querySelectorAll("mark")].map((m) => m.textContent.replace(/\s+/g, " ").trim());

function open(how: string, at = "/connections/c-globex/compare/SUP-131") {
  world.comparison = how;
  location.hash = `#${at}`;
  render(App);
}

/** The window is closed, and nothing of it is remembered. */
function again() {
  cleanup();
  client.clear();
}

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [globex, initech], problems, calls: [] });
  Object.assign(world, { pairs, conflicts, activity });
  world.fail.clear();
  world.hang.clear();
  client.clear();
  play();
});

test("both sides, as of when each is known, how many differences, and what becomes of each", async () => {
  open("differing");
  expect((await get("compare-sentence")).textContent.trim()).toBe(
    "9 differences; 2 of them stay as they are.",
  );
  expect((await get("compare-ours")).textContent).toMatch(/ACME.*SUP-131.*As it stands in Jira now/s);
  expect((await get("compare-theirs")).textContent).toMatch(/Globex.*GX-201.*As they last told it, .+/s);
  const summary = within(await get("compare-summary"));
  expect(summary.getByTestId("finding").textContent).toMatch(/Differs.*It waits here to go to Globex\./s);
  expect(summary.getByTestId("words-ours").textContent).toContain("12");
  // Who cannot see the marks is told by words which pieces are on one side only.
  expect(marks(summary.getByTestId("words-ours"))[0]).toBe("only at ACME: 12");
  expect(marks(summary.getByTestId("words-theirs"))[0]).toBe("only at Globex: 10");
  const kind = within(await get("compare-type")).getByTestId("finding");
  expect(kind.textContent).toMatch(/Agreed.*“Improvement” at Globex stands for “Task” at ACME\./s);
});

test("every field that Rust says differs shows both texts, and an equal one stands there once", async () => {
  open("differing");
  await get("compare-sentence");
  const view = comparisons["differing"]!(pairs[9]!);
  const box = (field: ComparedField) => within(screen.getByTestId(`compare-${field.part}`));
  for (const field of view.fields) {
    expect(box(field).getAllByTestId(/^words-/)).toHaveLength(field.likeness === "same" ? 1 : 2);
  }
  again();
  open("equal");
  await waitFor(() => expect(screen.getByTestId("compare-sentence").dataset.differences).toBe("0"));
  for (const field of view.fields) expect(box(field).getAllByTestId(/^words-/)).toHaveLength(1);
  expect(document.querySelectorAll("mark")).toHaveLength(0);
});

test("comments: those that differ at once, the others when they are asked for, and all are counted", async () => {
  open("thousand");
  const list = within(await get("compare-comments"));
  expect(list.getByRole("heading", { level: 2 }).textContent).toBe("1,000 comments");
  expect(list.getAllByTestId("finding")).toHaveLength(1);
  const alike = list.getByTestId("compare-comments-alike");
  expect(alike.textContent.trim()).toBe("999 that are the same on both sides");
  await fireEvent.click(alike);
  expect(alike.getAttribute("aria-expanded")).toBe("true");
  expect(list.getAllByTestId("finding")).toHaveLength(50);
  for (let i = 0; i < 3; i++) await fireEvent.click(list.getByTestId("compare-comments-more"));
  expect(list.getAllByTestId("finding")).toHaveLength(200);
  expect(list.getByTestId("compare-comments-counted").textContent).toContain("800 older ones");
});

test("what is stored is shown where Jira does not answer, and why; it can be read again", async () => {
  open("silent");
  expect((await get("trouble")).dataset.code).toBe("site-unreachable");
  expect((await get("compare-ours")).textContent).toContain("As last read");
  expect((await get("compare-summary")).textContent).toContain("The same");
  world.comparison = "equal";
  await fireEvent.click(await get("read-again"));
  await waitFor(() => expect(screen.queryByTestId("trouble")).toBeNull());
  expect((await get("compare-ours")).textContent).toContain("As it stands in Jira now");
  expect(asked()).toHaveLength(2);
});

test("an issue that is not synced, and a text that is not known, say so", async () => {
  world.fail.set("compare", trouble("pair-unknown", "No issue SUP-1 is synced.", "Look at the list."));
  open("equal");
  expect((await get("trouble")).dataset.code).toBe("pair-unknown");
  world.fail.clear();
  world.comparison = "unknown";
  await fireEvent.click(await get("try-again"));
  const theirs = within(await get("compare-summary")).getByTestId("words-theirs");
  expect(theirs.textContent.trim()).toBe("(not known here)");
});

test("two texts of a conflict are offered as in the list of issues, and using one compares again", async () => {
  open("equal", "/connections/c-globex/compare/SUP-139");
  await get("compare-records");
  await fireEvent.click((await screen.findAllByTestId("use-theirs"))[0]!);
  const before = asked().length;
  await fireEvent.click(await get("conflict-yes"));
  await waitFor(() => expect(asked()).toHaveLength(before + 1));
  await waitFor(() => expect(screen.getAllByTestId("conflict")).toHaveLength(1));
});

test("it is reached from the list of issues, an activity, and a problem of one issue", async () => {
  const links = (all: HTMLElement[]) =>
    all.map((a) => a.getAttribute("href")).filter((href) => href !== null);
  const hrefs = async () => links(await screen.findAllByTestId("compare"));
  open("equal", "/connections/c-globex/issues");
  const more = (await screen.findAllByTestId("pair-more"))[0]!;
  more.focus();
  await fireEvent.keyDown(more, { key: "Enter" });
  const item = await get("pair-compare");
  item.focus();
  await fireEvent.keyDown(item, { key: "Enter" });
  await waitFor(() => expect(location.hash).toBe("#/connections/c-globex/compare/500"));
  again();
  open("equal", "/activity");
  await waitFor(async () => expect(await hrefs()).toContain("#/connections/c-globex/compare/SUP-17"));
  again();
  open("equal", "/attention");
  const issue = problems.find((p) => p.issue && p.connection)!;
  await waitFor(async () => expect((await screen.findAllByTestId("compare"))[0]!.tagName).toBe("BUTTON"));
  await fireEvent.click((await screen.findAllByTestId("compare"))[0]!);
  await waitFor(() => expect(location.hash).toBe(`#/connections/${issue.connection}/compare/${issue.issue}`));
});
