// The window's keys, as people read them. `keys.ts` acts on them; a test holds the two against each other.
import { t } from "./i18n";

export const isMac = () => navigator.userAgent.includes("Mac");

/** What a key does is the sentence `shortcut-ID`; more than one chord: either does it. */
export const shortcuts = [
  { id: "palette", chords: [["mod", "K"]] },
  { id: "initiate", chords: [["mod", "N"]] },
  { id: "accept", chords: [["mod", "shift", "N"]] },
  { id: "sync", chords: [["mod", "R"]] },
  { id: "filter", chords: [["mod", "F"], ["/"]] },
  { id: "settings", chords: [["mod", ","]] },
  { id: "region", chords: [["F6"]] },
  { id: "leave", chords: [["esc"]] },
  { id: "back", chords: [["alt", "←"]] },
  { id: "keys", chords: [["?"]] },
] as const;

export type ShortcutId = (typeof shortcuts)[number]["id"];

/** A key as it stands on this computer's keyboard. */
export function keyName(key: string): string {
  switch (key) {
    case "mod":
      return isMac() ? "⌘" : t("key-ctrl");
    case "shift":
      return isMac() ? "⇧" : t("key-shift");
    case "alt":
      return isMac() ? "⌥" : t("key-alt");
    case "esc":
      return t("key-esc");
    default:
      return key;
  }
}

/** The first chord of a shortcut. */
export const chordOf = (id: ShortcutId) => shortcuts.find((s) => s.id === id)?.chords[0] ?? [];
