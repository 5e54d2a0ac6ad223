/* eslint-disable svelte/prefer-svelte-reactivity -- dates here are made, read and dropped */
// Times as a person would say them. One clock for the whole window, so that all of it ages together.
import { t } from "./i18n";
import { locale } from "./language.svelte";

const clock = $state({ now: Date.now() });
setInterval(() => {
  if (!document.hidden) clock.now = Date.now();
}, 5000);

const hm = (at: Date) => at.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });
const dayOf = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
const daysAgo = (at: Date, now: number) => Math.round((dayOf(new Date(now)) - dayOf(at)) / 86_400_000);

/** "8 s ago", "14 min ago", "yesterday 10:42", "Mon 30 Nov". Clocks that differ a little read as now. */
export function ago(at: string, now: number = clock.now): string {
  const then = new Date(at);
  const seconds = Math.max(0, Math.floor((now - then.getTime()) / 1000));
  if (seconds < 2) return t("time-now");
  if (seconds < 60) return t("time-seconds", { n: seconds });
  if (seconds < 3600) return t("time-minutes", { n: Math.floor(seconds / 60) });
  if (daysAgo(then, now) === 0) return t("time-hours", { n: Math.floor(seconds / 3600) });
  return moment(at, now);
}

/** "10:42", "yesterday 10:42", "Mon 30 Nov". */
export function moment(at: string, now: number = clock.now): string {
  const then = new Date(at);
  const days = daysAgo(then, now);
  if (days <= 0) return hm(then);
  if (days === 1) return t("time-yesterday", { clock: hm(then) });
  return day(then);
}

/** Whether it was today, so that a clock time says all. */
export const today = (at: string, now: number = clock.now) => daysAgo(new Date(at), now) <= 0;

const day = (at: Date) =>
  at.toLocaleDateString(locale(), { weekday: "short", day: "numeric", month: "short" });

/** "Mon 30 Nov, 17:00". */
export const until = (at: string) => `${day(new Date(at))}, ${hm(new Date(at))}`;

/** "Next check in 8 s". */
export function nextCheck(at: string, now: number = clock.now): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  if (seconds < 1) return t("detail-next-now");
  return seconds < 60
    ? t("detail-next", { n: seconds })
    : t("detail-next-minutes", { n: Math.ceil(seconds / 60) });
}

/** "expires in 5 days". */
export function expires(at: string, now: number = clock.now): string {
  const minutes = Math.floor((new Date(at).getTime() - now) / 60_000);
  if (minutes < 0) return t("expires-over");
  if (minutes < 60) return t("expires-minutes", { n: Math.max(1, minutes) });
  if (minutes < 48 * 60) return t("expires-hours", { n: Math.floor(minutes / 60) });
  return t("expires-days", { n: Math.floor(minutes / 1440) });
}
