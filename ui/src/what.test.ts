// What to sync: the sentence, the filter with suggestions, what matches, what is counted before it is saved, and single issues.
import { render, screen } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { client } from "./lib/queries";
import { globex, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = (id: string) => screen.findByTestId(id);
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
const type = (field: HTMLElement, value: string) => fireEvent.input(field, { target: { value } });
const press = (field: HTMLElement, key: string) => fireEvent.keyDown(field, { key });
const options = () => [
  ...document.querySelectorAll<HTMLElement>("[role=listbox]:not([hidden]) [role=option]"),
];
const open = () => [...document.querySelectorAll("[role=combobox][aria-expanded=true]")];

async function save(label: string) {
  const button = await get("what-save");
  await waitFor(() => expect(button.getAttribute("aria-disabled")).toBeNull());
  expect(button.textContent).toBe(label);
  await fireEvent.click(button);
}

beforeEach(() => {
  Object.assign(world, {
    connections: [globex],
    problems: [],
    calls: [],
    what: { filter: null, older: false },
    matches: undefined,
    overall: undefined,
  });
  world.fail.clear();
  world.hang.clear();
  client.clear();
  location.hash = "#/connections/c-globex/what";
  play();
});

/** The page stands once its heading has the focus. */
async function opened() {
  render(App);
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
}

test("a sentence becomes the filter, and what is synced anew is counted on the button", async () => {
  await opened();
  await waitFor(async () => expect((await get("match-count")).textContent).toContain("481 issues match now"));
  expect(screen.queryByTestId("what-save")).toBeNull();
  await fireEvent.click(await get("condition-add"));
  await waitFor(() => expect(document.activeElement?.id).toBe("asked-0"));
  await fireEvent.change(await get("condition-asked"), { target: { value: "assignee" } });
  const value = await get("condition-value");
  await type(value, "ana");
  await waitFor(() => expect(options().map((o) => o.textContent.trim())).toEqual(["Ana Ruiz"]));
  await press(value, "ArrowDown");
  expect(value.getAttribute("aria-activedescendant")).toBe(options()[0]!.id);
  await press(value, "Enter");
  await waitFor(() => expect(value).toHaveProperty("value", "Ana Ruiz"));
  expect(open()).toEqual([]);
  await waitFor(async () => expect((await get("match-count")).textContent).toContain("12 issues match now"));
  await save("Save and sync 2 issues");
  const filter = 'assignee = "5b10ac8d82e05b22cc7d4ef5"';
  await waitFor(() => expect(asked("set_what")).toEqual([{ id: "c-globex", filter, older: false }]));
  // Read back as a sentence, with the person's name.
  await waitFor(() => expect(screen.queryByTestId("what-save")).toBeNull());
  await waitFor(async () => expect(await get("condition-value")).toHaveProperty("value", "Ana Ruiz"));
});

test("as long as a condition has no value, nothing is said to match, and nothing can be saved", async () => {
  world.what = { filter: 'labels = "partner"', older: false };
  await opened();
  await waitFor(async () => expect((await get("match-count")).textContent).toContain("12 issues match now"));
  await fireEvent.click(await get("condition-add"));
  await waitFor(async () =>
    expect((await get("match-count")).textContent).toBe(
      "Choose a value for each condition to see what matches.",
    ),
  );
  await fireEvent.click(await get("older"));
  await fireEvent.click(await get("what-save"));
  expect((await get("what-save")).getAttribute("aria-disabled")).toBe("true");
  expect(asked("set_what")).toEqual([]);
  await fireEvent.click(screen.getAllByTestId("condition-drop")[1]!);
  await waitFor(async () => expect((await get("match-count")).textContent).toContain("12 issues match now"));
});

test("older issues come only by a choice that counts them", async () => {
  await opened();
  const older = await get("older");
  await waitFor(() => expect(older.closest("label")!.textContent).toContain("Also those 340 older ones"));
  expect(older).toHaveProperty("checked", false);
  await fireEvent.click(older);
  await save("Save and sync 352 issues");
  await waitFor(() => expect(asked("set_what")).toEqual([{ id: "c-globex", filter: "", older: true }]));
});

test("a filter that says more than a sentence stays JQL, with suggestions and Jira's errors at the field", async () => {
  world.what = { filter: "labels in (partner, printer)", older: false };
  await opened();
  const field = await get("filter");
  expect(field).toHaveProperty("value", "labels in (partner, printer)");
  expect(await get("what-sentence")).toHaveProperty("disabled", true);
  const write = async (text: string) => {
    await type(field, text);
    (field as HTMLInputElement).setSelectionRange(text.length, text.length);
    await fireEvent.click(field);
  };
  await write("sta");
  await waitFor(() => expect(options().map((o) => o.textContent.trim())).toEqual(["status"]));
  await press(field, "Escape");
  expect(open()).toEqual([]);
  expect(location.hash).toContain("/what");
  await press(field, "ArrowDown");
  await press(field, "Enter");
  await waitFor(() => expect(field).toHaveProperty("value", "status "));
  await waitFor(() => expect(options().map((o) => o.textContent.trim())).toContain("not in"));
  await write("status = wait");
  await waitFor(() => expect(options().map((o) => o.textContent.trim())).toEqual(["Waiting for customer"]));
  await fireEvent.click(options()[0]!);
  await waitFor(() => expect(field).toHaveProperty("value", 'status = "Waiting for customer" '));
  await write("status =");
  await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
  const hint = document.getElementById(field.getAttribute("aria-describedby")!)!;
  expect(hint.textContent).toContain("Expecting a value");
  const button = await get("what-save");
  await fireEvent.click(button);
  expect(button.getAttribute("aria-disabled")).toBe("true");
  expect(asked("set_what")).toEqual([]);
  await fireEvent.click(await get("what-discard"));
  await waitFor(() => expect(field).toHaveProperty("value", "labels in (partner, printer)"));
});

test("a single issue is added by its key, and what stands against it is said", async () => {
  location.hash = "#/connections/c-globex/add";
  render(App);
  const key = await get("add-key");
  await waitFor(() => expect(document.activeElement).toBe(key));
  await fireEvent.click(await get("add-submit"));
  expect((await get("add-key-hint")).textContent).toContain("Type a key");
  world.fail.set("add_issue", trouble("add-stopped", "It was stopped.", "Clone it."));
  await type(key, "sup-17");
  await fireEvent.click(await get("add-submit"));
  expect((await get("trouble")).textContent).toContain("It was stopped.");
  expect(key).toHaveProperty("value", "sup-17");
  world.fail.clear();
  await fireEvent.click(await get("add-submit"));
  await waitFor(() => expect(key).toHaveProperty("value", ""));
  expect(asked("add_issue").at(-1)).toEqual({ connection: "c-globex", issue: "sup-17" });
  await waitFor(async () =>
    expect((await get("live")).textContent).toContain("SUP-17 is synced with Globex from now on"),
  );
});
