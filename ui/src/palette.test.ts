// Keys, their list, and the command palette, with Rust's part played.
import { render, screen, within } from "@testing-library/svelte";
import { fireEvent, waitFor } from "@testing-library/dom";
import { push } from "svelte-spa-router";
import { beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { overlay } from "./lib/overlay.svelte";
import { client } from "./lib/queries";
import { shortcuts } from "./lib/shortcuts";
import { wishes } from "./lib/wishes";
import { ana, everyState, globex, initech, trouble, umbrella, wayne } from "./mock/fixtures";
import { local } from "./mock/local";
import { play, world } from "./mock/rust";
import { routes } from "./routes";

const get = (id: string) => screen.findByTestId(id);
const asked = (cmd: string) => world.calls.filter((c) => c.cmd === cmd).map((c) => c.args);
const key = (name: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key: name, ...more });
const ctrl = { ctrlKey: true };

beforeEach(() => {
  Object.assign(world, { accounts: [ana], connections: [initech, wayne], problems: [], calls: [] });
  world.overall = undefined;
  world.fail.clear();
  world.hang.clear();
  overlay.shown = null;
  client.clear();
  location.hash = "#/connections";
  play();
});

async function openPalette() {
  await key("k", ctrl);
  const input = await get("palette-input");
  await waitFor(() => expect(document.activeElement).toBe(input));
  return input;
}

test("every screen, every connection and every deed for all is in the palette", () => {
  const all = wishes([globex, wayne, umbrella], false).flatMap((g) => g.wishes);
  const places = all.flatMap((w) => w.to ?? []);
  for (const route of Object.keys(routes).filter((r) => /^\/[a-z]+$/.test(r)))
    expect(places).toContain(route);
  expect(places).toContain("/initiate");
  expect(all.map((w) => w.id)).toEqual([
    ...[
      "initiate",
      "accept",
      "local",
      "practice",
      "sync",
      "pause-all-hour",
      "pause-all-tomorrow",
      "pause-all",
      "theme-light",
      "theme-dark",
      "theme-system",
      "export",
      "diagnostics",
      "keys",
    ],
    ...["connections", "activity", "attention", "accounts", "settings"],
    ...["open-c-globex", "what-c-globex", "add-c-globex", "pause-c-globex"],
    ...["open-c-wayne", "what-c-wayne", "add-c-wayne", "resume-c-wayne", "open-c-umbrella"],
  ]);
  expect(wishes([], false)[0]!.wishes.map((w) => w.id)).toEqual([
    "initiate",
    "accept",
    "local",
    "practice",
    "theme-light",
    "theme-dark",
    "theme-system",
    "export",
    "diagnostics",
    "keys",
  ]);
  expect(wishes([wayne], true)[0]!.wishes.map((w) => w.id)).toContain("resume-all");
  // Two projects of one's own are one connection, with a filter on each side.
  const own = wishes(local, false).find((g) => g.id === "connections")!.wishes;
  expect(own.map((w) => w.id)).toEqual([
    ...["open-c-local", "what-c-local", "add-c-local", "pause-c-local"],
    ...["what-c-local-2", "add-c-local-2"],
  ]);
  expect(own[0]!.label).toBe("Support and Operations · Up to date");
  expect(own[3]!.label).toBe("Pause Support and Operations");
  const everyOne = wishes(everyState, false).flatMap((g) => g.wishes);
  expect(new Set(everyOne.map((w) => w.id)).size).toBe(everyOne.length);
});

test("letters here and there pick out nothing, least of all what pauses everything", async () => {
  render(App);
  await get("sync-now");
  const input = await openPalette();
  await fireEvent.input(input, { target: { value: "connect two" } });
  await get("palette-none");
  await fireEvent.input(input, { target: { value: "tomorrow pause" } });
  await waitFor(() =>
    expect(within(screen.getByTestId("palette")).getAllByRole("option")[0]?.textContent).toContain("Pause"),
  );
});

test("typing finds a command by its name, Enter does it", async () => {
  render(App);
  await get("sync-now");
  const input = await openPalette();
  await fireEvent.input(input, { target: { value: "pause inite" } });
  await waitFor(() =>
    expect(
      within(screen.getByTestId("palette"))
        .getAllByRole("option")
        .map((o) => o.textContent?.trim()),
    ).toEqual(["Pause Initech"]),
  );
  await key("Enter");
  await waitFor(() => expect(asked("pause")).toEqual([{ id: "c-initech", until: "resumed" }]));
  await waitFor(() => expect(screen.queryByTestId("palette")).toBeNull());
});

test("nothing fits: that is said; a screen is gone to, and its heading has the focus", async () => {
  render(App);
  await get("sync-now");
  const input = await openPalette();
  await fireEvent.input(input, { target: { value: "zzz" } });
  await screen.findByText("Nothing here goes by that name.");
  await fireEvent.input(input, { target: { value: "jira acc" } });
  await waitFor(() => expect(screen.getByTestId("wish-accounts").dataset.selected).toBeDefined());
  await key("Enter");
  await waitFor(() => expect(location.hash).toBe("#/accounts"));
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Jira accounts"));
});

test("what Rust refuses is told in the palette, which stays", async () => {
  world.fail.set("sync_now", trouble("database", "Twinline cannot read its database.", "Restart Twinline."));
  render(App);
  await get("sync-now");
  const input = await openPalette();
  await fireEvent.input(input, { target: { value: "sync now" } });
  await waitFor(() => expect(screen.getByTestId("wish-sync").dataset.selected).toBeDefined());
  await key("Enter");
  await waitFor(() =>
    expect(within(screen.getByTestId("palette")).getByTestId("trouble").textContent).toContain("cannot read"),
  );
});

test("each key of the list does what the list says", async () => {
  render(App);
  await get("sync-now");
  const tried: Record<(typeof shortcuts)[number]["id"], () => Promise<void>> = {
    palette: async () => {
      await key("k", ctrl);
      await get("palette-input");
      overlay.shown = null;
      await waitFor(() => expect(screen.queryByTestId("palette")).toBeNull());
    },
    keys: async () => {
      await key("?", { shiftKey: true });
      expect(within(await get("keys")).getAllByRole("term")).toHaveLength(shortcuts.length);
      await fireEvent.click(await get("keys-close"));
      await waitFor(() => expect(screen.queryByTestId("keys")).toBeNull());
    },
    initiate: async () => {
      await key("n", ctrl);
      await waitFor(() => expect(location.hash).toBe("#/initiate"));
      await get("partner-name");
    },
    accept: async () => {
      await key("N", { ...ctrl, shiftKey: true });
      await waitFor(() => expect(location.hash).toBe("#/accept"));
      await get("paste-invitation");
    },
    leave: async () => {
      await key("Escape");
      await waitFor(() => expect(location.hash).toBe("#/connections"));
    },
    settings: async () => {
      await key(",", ctrl);
      await waitFor(() => expect(location.hash).toBe("#/settings"));
    },
    back: async () => {
      await key("ArrowLeft", { altKey: true });
      await waitFor(() => expect(location.hash).toBe("#/connections"));
    },
    sync: async () => {
      await key("r", ctrl);
      await waitFor(() => expect(asked("sync_now")).toHaveLength(1));
    },
    region: async () => {
      const region = () => document.activeElement?.closest("[data-region]");
      (document.activeElement as HTMLElement | null)?.blur();
      const seen = new Set<unknown>();
      for (let i = 0; i < 3; i++) {
        await key("F6");
        seen.add(region());
      }
      expect(seen.size).toBe(3);
      expect(seen.has(null)).toBe(false);
    },
    filter: async () => {
      await push("/connections/c-initech/issues");
      const filter = await waitFor(() => {
        const found = document.querySelector<HTMLElement>("[data-filter]");
        expect(found).toBeTruthy();
        return found!;
      });
      for (const [name, more] of [
        ["f", ctrl],
        ["/", {}],
      ] as const) {
        filter.blur();
        await key(name, more);
        expect(document.activeElement).toBe(filter);
      }
      // There it is a letter.
      await key("?", { shiftKey: true });
      expect(overlay.shown).toBeNull();
    },
  };
  for (const id of ["palette", "keys", "initiate", "leave", "accept", "leave", "settings", "back"] as const)
    await tried[id]();
  for (const id of ["sync", "region", "filter"] as const) await tried[id]();
  expect(Object.keys(tried).sort()).toEqual(shortcuts.map((s) => s.id).sort());
});

test("under a dialog the window's keys rest", async () => {
  render(App);
  await get("sync-now");
  await openPalette();
  await key("n", ctrl);
  await key("?", { shiftKey: true });
  expect(location.hash).toBe("#/connections");
  expect(overlay.shown).toBe("palette");
});

test("each opening begins anew, and gives the focus back", async () => {
  render(App);
  const button = await get("sync-now");
  const first = await openPalette();
  await fireEvent.input(first, { target: { value: "jira acc" } });
  await waitFor(() => expect(screen.getByTestId("wish-accounts").dataset.selected).toBeDefined());
  await key("Enter");
  await waitFor(() => expect(location.hash).toBe("#/accounts"));
  await waitFor(() => expect(screen.queryByTestId("palette")).toBeNull());
  // The new screen's heading takes the focus a frame later, and must not take it from the button.
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Jira accounts"));
  button.focus();
  const second = (await openPalette()) as HTMLInputElement;
  expect(second.value).toBe("");
  expect(screen.getAllByRole("option").length).toBeGreaterThan(5);
  await fireEvent.input(second, { target: { value: "pause inite" } });
  await waitFor(() => expect(screen.getByTestId("wish-pause-c-initech").dataset.selected).toBeDefined());
  await key("Enter");
  await waitFor(() => expect(screen.queryByTestId("palette")).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(button));
});
