// The window in another language: from the first word, and at once when somebody chooses.
import { render, screen, waitFor } from "@testing-library/svelte";
import { fireEvent } from "@testing-library/dom";
import { push } from "svelte-spa-router";
import { afterEach, beforeEach, expect, test } from "vitest";
import App from "./App.svelte";
import { t } from "./lib/i18n";
import { speak } from "./lib/language.svelte";
import { client } from "./lib/queries";
import { ago, expires, until } from "./lib/time.svelte";
import { ana, globex, problems, trouble } from "./mock/fixtures";
import { play, world } from "./mock/rust";

const get = (id: string) => screen.findByTestId(id);
const says = async (id: string, text: string) =>
  waitFor(() => expect(screen.getByTestId(id).textContent?.trim()).toContain(text));

beforeEach(() => {
  Object.assign(world, {
    accounts: [ana],
    connections: [globex],
    problems,
    notes: [],
    calls: [],
    system: "en",
    language: "system",
  });
  world.fail.clear();
  client.clear();
  location.hash = "#/settings";
  play();
});
afterEach(() => speak("en"));

test("a German system is spoken to in German: what the window says, and what Rust says", async () => {
  world.system = "de";
  location.hash = "#/attention";
  render(App);
  await says("overall-status", "Handlungsbedarf an 2 Stellen");
  await says("nav-connections", "Verbindungen");
  expect((await screen.findAllByTestId("problem"))[0]!.textContent).toContain(
    "SUP braucht in neuen Vorgängen einen Wert für Customer, Order number",
  );
  expect(document.documentElement.lang).toBe("de");
});

test("a choice holds at once, for window and Rust, and loses nothing that was typed", async () => {
  render(App);
  await says("overall-status", "2 things need attention");
  await fireEvent.input(await get("company"), { target: { value: "ACME Nord" } });
  await fireEvent.click(await get("language-de"));
  await says("overall-status", "Handlungsbedarf an 2 Stellen");
  await says("nav-attention", "Handlungsbedarf");
  await says("live", "Die Einstellungen sind gespeichert.");
  expect(screen.getByRole("heading", { level: 1 }).textContent).toContain("Einstellungen");
  expect((screen.getByTestId("company") as HTMLInputElement).value).toBe("ACME Nord");
  expect((screen.getByTestId("language-de") as HTMLInputElement).checked).toBe(true);
  expect(document.documentElement.lang).toBe("de");
  expect(world.calls.filter((c) => c.cmd === "set_language").map((c) => c.args)).toEqual([{ choice: "de" }]);

  // Everywhere, also on a screen that stood in the other language before.
  await push("/connections");
  await says("initiate", "Verbindung initiieren");
  expect((await get("pause-all")).getAttribute("aria-label")).toBe("Alle Verbindungen pausieren");
  await fireEvent.keyDown(await get("pause-all"), { key: "Enter" });
  await says("pause-hour", "Für 1 Stunde");
  await fireEvent.keyDown(await get("pause-hour"), { key: "Escape" });
  await push("/settings");
  await fireEvent.click(await get("language-system"));
  await says("overall-status", "2 things need attention");
  expect(document.documentElement.lang).toBe("en");
});

test("a choice that cannot be kept is told, and changes nothing", async () => {
  world.fail.set("set_language", trouble("disk-full", "The disk is full.", "Free some space."));
  render(App);
  await fireEvent.click(await get("language-de"));
  await says("trouble", "The disk is full.");
  await waitFor(() => expect((screen.getByTestId("language-system") as HTMLInputElement).checked).toBe(true));
  expect(screen.getByTestId("overall-status").textContent).toContain("things need attention");
});

test("plurals, numbers, days and times are those of the language", async () => {
  await speak("de");
  const issues = (n: number) => t("connections-issues", { n });
  expect([0, 1, 2, 1234].map(issues)).toEqual(["0 Vorgänge", "1 Vorgang", "2 Vorgänge", "1.234 Vorgänge"]);
  const now = new Date(2026, 10, 26, 17, 5).getTime();
  const before = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  expect(ago(before(14), now)).toBe("vor 14 min");
  expect(ago(before(24 * 60), now)).toBe("gestern 17:05");
  expect(ago(before(40 * 24 * 60), now)).toBe("Sa., 17. Okt.");
  expect(until(new Date(now).toISOString())).toBe("Do., 26. Nov., 17:05");
  expect(expires(before(-25 * 60), now)).toBe("läuft in 25 Stunden ab");
  expect(expires(before(-70), now)).toBe("läuft in 1 Stunde ab");
});
