// The whole window with Rust's part played.
import { cleanup, render, screen } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { emit } from "@tauri-apps/api/event";
import { push } from "svelte-spa-router";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { begin } from "./lib/initiate.svelte";
import { client } from "./lib/queries";
import {
  ana,
  ending,
  everyField,
  fields,
  hooli,
  initech,
  problems,
  refusedChoice,
  tokenNote,
  trouble,
} from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = (id: string) => screen.findByTestId(id);
const click = async (id: string) => fireEvent.click(await get(id));
const type = async (id: string, value: string) => fireEvent.input(await get(id), { target: { value } });
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);

beforeEach(() => {
  Object.assign(world, {
    accounts: [ana],
    connections: [initech],
    problems: [],
    notes: [],
    fields,
    calls: [],
    clipboard: "",
    service: false,
  });
  world.fail.clear();
  world.hang.clear();
  client.clear();
  begin();
  location.hash = "#/connections";
  play();
});

async function toProject() {
  await type("partner-name", "Globex");
  await click("next");
  await get("mode-basic");
  await click("next");
  await get("project-SUP");
}

async function chooseProject() {
  await click("project-SUP");
  await get("default-type");
  await click("next");
}

test("first run: choice, sign-in, then straight into the wizard", async () => {
  world.accounts = [];
  world.connections = [];
  render(App);
  await click("first-run-invite");
  await type("site", "https://acme.atlassian.net/jira/your-work");
  await fireEvent.blur(await get("site"));
  await waitFor(() =>
    expect((screen.getByTestId("site") as HTMLInputElement).value).toBe("acme.atlassian.net"),
  );
  await type("email", "ana@acme.example");
  await type("token", "secret");
  await click("sign-in");
  await waitFor(() => expect(screen.getByTestId("signed-in").textContent).toContain("Signed in as Ana Ruiz"));
  await waitFor(() => expect(screen.getByTestId("partner-name")).toBeTruthy());
  expect(asked("add_account")).toEqual([
    { site: "acme.atlassian.net", email: "ana@acme.example", token: "secret", expires: null },
  ]);
});

test("a refused token is told where it was typed, and what was typed stays", async () => {
  world.accounts = [];
  render(App);
  await click("first-run-accept");
  await type("site", "acme.atlassian.net");
  await type("email", "ana@acme.example");
  await type("token", "wrong");
  await click("sign-in");
  expect((await get("trouble")).textContent).toContain("Jira did not accept");
  expect((screen.getByTestId("email") as HTMLInputElement).value).toBe("ana@acme.example");
});

test("f49: the end of a token is a quiet note that opens the form, and the day goes with the new token", async () => {
  world.accounts = [ending];
  world.notes = [tokenNote];
  render(App);
  expect((await get("note")).textContent).toContain("in 5 days");
  expect((await get("overall-status")).dataset.state).toBe("up_to_date");
  await click("note-sign-in");
  expect((await get("token-ends")).textContent).toContain("The token ends on 29 November 2026, in 5 days");
  await type("token", "secret");
  await type("expires", "2027-11-23");
  await click("sign-in");
  await waitFor(() =>
    expect(asked("add_account")).toEqual([
      { site: ending.site, email: ending.email, token: "secret", expires: "2027-11-23" },
    ]),
  );
});

test("initiate: partner, mode, project, review, invitation, copy; back loses nothing", async () => {
  render(App);
  await click("initiate");
  await toProject();
  await click("next");
  expect((await get("project-wrong")).textContent).toBe("Choose a project.");
  await chooseProject();
  await get("initiate-submit");
  await click("back");
  await waitFor(async () => expect(((await get("project-SUP")) as HTMLInputElement).checked).toBe(true));
  await click("next");
  expect(((await get("existing")) as HTMLInputElement).checked).toBe(false);
  expect((await get("existing-line")).textContent).toContain("340 issues");
  expect((await get("authors-line")).textContent).toContain("Robin Lee (Globex) wrote on");
  await click("authors");
  expect((await get("authors-line")).textContent).toContain("without their author’s name");
  await click("initiate-submit");
  expect((await get("invitation-code")).textContent).toContain("twl1 qqrsz");
  await click("copy-code");
  await waitFor(() => expect(world.clipboard).toBe(world.invitation.code));
  expect(asked("initiate")).toMatchObject([
    { request: { partner_name: "Globex", existing: false, name_authors: false, approval: "ask" } },
  ]);
  await click("done");
  await waitFor(() => expect(screen.getAllByTestId("connection-row")).toHaveLength(2));
});

test("internal comments of a service project leave only where somebody says so", async () => {
  world.service = true;
  render(App);
  await push("/initiate");
  await toProject();
  await chooseProject();
  expect((await get("comments-warning")).textContent).toContain("Internal ones, and those for a role");
  expect((await get("internal-line")).textContent).toContain("SUP is a service project");
  await click("internal");
  expect((await get("comments-warning")).textContent).toContain("internal ones too");
  await click("initiate-submit");
  await get("invitation-code");
  expect(asked("initiate")).toMatchObject([{ request: { internal_comments: true } }]);
});

test("with a URL nobody gets past the first step yet, and the check works", async () => {
  render(App);
  await push("/initiate");
  await click("have-url");
  await type("url", "https://sync.globex.example");
  await click("check");
  expect((await get("check-answer")).textContent).toContain("Possible connection types: Basic");
  await click("next");
  expect(screen.queryByTestId("mode-basic")).toBeNull();
});

test("accept: a bad code is a sentence, a good one shows who it is, nothing happens before the button", async () => {
  render(App);
  await click("accept");
  await type("paste-invitation", "twl1 qqrsz");
  await waitFor(() =>
    expect(screen.getByTestId("trouble").textContent).toContain("31 characters are missing"),
  );
  await type("paste-invitation", `twl1 ${"qqrsz ".repeat(42)}`);
  expect((await get("preview-partner")).textContent).toBe("From ACME Ltd");
  await click("project-OPS");
  expect(asked("accept")).toEqual([]);
  await click("accept-submit");
  expect((await get("comparison")).textContent).toBe("123 456");
  expect((await get("connection-state")).dataset.state).toBe("waiting_for_partner");
});

test("approving shows who claims to be there", async () => {
  world.connections = [hooli];
  render(App);
  expect((await get("claimed-identity")).textContent).toContain(
    "Gavin Belson of Hooli (hooli.atlassian.net)",
  );
  await click("approve");
  await waitFor(() => expect(screen.getByTestId("connection-state").dataset.state).toBe("first_sync"));
});

test("removing asks first, and says that both copies stay", async () => {
  render(App);
  await push("/connections/c-initech");
  await fireEvent.keyDown(await get("more"), { key: "Enter" });
  await click("remove");
  expect((await screen.findByRole("alertdialog")).textContent).toContain("Both copies of each issue stay");
  expect(asked("remove")).toEqual([]);
  await click("confirm-yes");
  await waitFor(() => expect(asked("remove")).toEqual([{ id: "c-initech" }]));
});

test("what Rust says changed is fetched again; the tray can ask for a screen", async () => {
  render(App);
  expect((await get("connection-state")).textContent?.trim()).toBe("Up to date");
  world.connections = [{ ...initech, state: "offline" }];
  await emit("changed", {});
  await waitFor(() => expect(screen.getByTestId("connection-state").textContent?.trim()).toBe("Offline"));
  world.problems = problems;
  await emit("changed", {});
  await emit("navigate", { to: "/attention" });
  await waitFor(() => expect(screen.getAllByTestId("problem")).toHaveLength(2));
});

test("trouble with a list has a button that tries again", async () => {
  world.fail.set(
    "connections",
    trouble("database", "Twinline cannot read its database.", "Restart Twinline."),
  );
  render(App);
  expect((await get("trouble")).textContent).toContain("cannot read its database");
  world.fail.clear();
  await click("try-again");
  await get("connection-row");
});

const choose = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

test("a required field is filled from 300 options, for all issues, and the problem goes", async () => {
  world.problems = problems;
  render(App);
  await push("/attention");
  await click("fill");
  expect((await get("fill")).getAttribute("aria-expanded")).toBe("true");
  const select = (await screen.findByLabelText("Customer")) as HTMLSelectElement;
  expect(select.options).toHaveLength(301);
  await click("fill-submit");
  expect(screen.getAllByTestId("fill-hint")[0]?.textContent).toBe("Choose a value for Customer.");
  expect(document.activeElement).toBe(select);
  expect(asked("fill_problem")).toEqual([]);
  // One is left, and Enter takes it.
  await type("fill-search", "customer 299");
  expect(select.options).toHaveLength(2);
  await fireEvent.keyDown(await get("fill-search"), { key: "Enter" });
  expect(select.value).toBe("10398");
  await fireEvent.input(screen.getByLabelText("Order number"), { target: { value: "12" } });
  await click("fill-submit");
  await waitFor(() =>
    expect(asked("fill_problem")).toEqual([
      {
        id: "p1",
        choices: [
          { field: "customfield_10050", values: ["10398"] },
          { field: "customfield_10051", values: ["12"] },
        ],
        scope: "all",
      },
    ]),
  );
  await waitFor(() => expect(screen.getAllByTestId("problem")).toHaveLength(1));
});

test("every kind of field has its control; what Rust refuses is told beside it, and nothing is lost", async () => {
  world.problems = [refusedChoice];
  world.fields = everyField;
  render(App);
  await push("/attention");
  await click("fill");
  await screen.findByText("Chosen until now: Customer 7");
  await choose("Customer", "10100");
  for (const label of ["North", "West"]) await fireEvent.click(screen.getByLabelText(label));
  for (const [label, value] of [
    ["Contract", "C-7"],
    ["Environment", "two\nlines"],
    ["Order number", "many"],
    ["Due date", "2026-12-31"],
  ] as const)
    await fireEvent.input(screen.getByLabelText(label), { target: { value } });
  expect(screen.queryByLabelText("Sponsor")).toBeNull();
  await click("fill-one");
  world.fail.set(
    "fill_problem",
    trouble("value-unfit", "Order number does not take “many”.", "Write a number."),
  );
  await click("fill-submit");
  expect((await get("trouble")).textContent).toContain("Write a number.");
  world.fail.clear();
  await fireEvent.input(screen.getByLabelText("Order number"), { target: { value: "2.5" } });
  await click("fill-submit");
  await waitFor(() =>
    expect(asked("fill_problem").at(-1)).toEqual({
      id: "p3",
      choices: [
        { field: "customfield_10050", values: ["10100"] },
        { field: "customfield_10052", values: ["10500", "10502"] },
        { field: "customfield_10053", values: ["C-7"] },
        { field: "environment", values: ["two\nlines"] },
        { field: "customfield_10051", values: ["2.5"] },
        { field: "duedate", values: ["2026-12-31"] },
      ],
      scope: "one",
    }),
  );
});

test("a token that has ended is no calmer than one that ends tomorrow", async () => {
  for (const [stage, colour] of [
    ["week", "text-muted"],
    ["day", "text-attention"],
    ["over", "text-attention"],
  ] as const) {
    world.notes = [{ ...tokenNote, stage }];
    client.clear();
    render(App);
    expect((await get("note")).querySelector("svg")?.classList.contains(colour), stage).toBe(true);
    cleanup();
  }
});

test("the review of a service project does not list comments that stay here", async () => {
  world.service = true;
  const all = "Comments, as public comments";
  render(App);
  await push("/initiate");
  await type("partner-name", "Globex");
  await click("next");
  await get("mode-basic");
  await click("next");
  await click("project-SUP");
  await get("default-type");
  await click("next");
  const sent = await get("review-send");
  await waitFor(() => expect(sent.textContent).toContain("Public comments"));
  expect(sent.textContent).not.toContain(all);
  expect(screen.getByTestId("review-receive").textContent).toContain(all);
  await click("internal");
  expect(sent.textContent).toContain(all);
  await push("/accept");
  await type("paste-invitation", `twl1 ${"qqrsz ".repeat(42)}`);
  const shared = await get("accept-send");
  expect(shared.textContent).toContain(all);
  await click("project-OPS");
  await waitFor(() => expect(shared.textContent).toContain("Public comments"));
  expect(shared.textContent).not.toContain(all);
  expect(screen.getByTestId("accept-receive").textContent).toContain(all);
  await click("internal");
  expect(shared.textContent).toContain(all);
});
