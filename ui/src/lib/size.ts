// Sizes as a person would say them: 1 kB are 1,000 bytes, as the system's file manager counts.
import { t } from "./i18n";
import { locale } from "./language.svelte";

const UNITS = ["bytes", "kb", "mb", "gb"];

export function size(bytes: number): string {
  let [n, at] = [bytes, 0];
  while (n >= 1000 && at < UNITS.length - 1) [n, at] = [n / 1000, at + 1];
  const digits = at > 0 && n < 10 ? 1 : 0;
  return t(`size-${UNITS[at]}`, { n: n.toLocaleString(locale(), { maximumFractionDigits: digits }) });
}
