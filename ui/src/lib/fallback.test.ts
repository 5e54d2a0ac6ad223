// A language that lacks a sentence, as one is that nobody has translated yet.
import { expect, test, vi } from "vitest";
import { t } from "./i18n";
import { speak } from "./language.svelte";

vi.mock("../locales/de.ftl?raw", () => ({ default: "nav-activity = Aktivität\n" }));

test("what a language lacks is said in English", async () => {
  await speak("de");
  expect([t("nav-activity"), t("nav-connections")]).toEqual(["Aktivität", "Connections"]);
});
