import { writeText } from "@tauri-apps/plugin-clipboard-manager";
import { t } from "./i18n";

/** Puts text on the clipboard; false where this computer refuses. */
export async function copy(text: string): Promise<boolean> {
  try {
    await writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** How people copy on this computer. */
export const copyKeys = () => (navigator.userAgent.includes("Mac") ? "⌘C" : `${t("key-ctrl")}+C`);
