/* eslint-disable svelte/prefer-svelte-reactivity -- dates here are made, read and dropped */
// Times as a person would say them, in one form everywhere: how long ago on the day itself, then the day. One clock for the
// whole window, so that all of it ages together.
import { t } from "./i18n";
import { locale } from "./language.svelte";

const FORMS = {
  clock: { hour: "2-digit", minute: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short" },
  /** Of another year. */
  date: { day: "numeric", month: "short", year: "numeric" },
  whole: {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

/** To make one takes longer than to draw a row that shows what it writes. */
const writers = new Map<string, Intl.DateTimeFormat>();
function write(form: keyof typeof FORMS, at: Date) {
  const key = `${form} ${locale()}`;
  let writer = writers.get(key);
  if (!writer) writers.set(key, (writer = new Intl.DateTimeFormat(locale(), FORMS[form])));
  return writer.format(at);
}

const clock = $state({ now: Date.now() });
let zone = new Date().getTimezoneOffset();
setInterval(() => {
  // A computer that travels: each writer keeps the zone in which it was made.
  const here = new Date().getTimezoneOffset();
  if (here !== zone) writers.clear();
  zone = here;
  if (!document.hidden) clock.now = Date.now();
}, 5000);

const dayOf = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
const daysAgo = (at: Date, now: number) => Math.round((dayOf(new Date(now)) - dayOf(at)) / 86_400_000);

/** "8 s ago", "14 min ago", "yesterday 10:42", "Mon 30 Nov", "30 Nov 2025". Clocks that differ a little read as now. */
export function ago(at: string, now: number = clock.now): string {
  const then = new Date(at);
  const seconds = Math.max(0, Math.floor((now - then.getTime()) / 1000));
  if (seconds < 2) return t("time-now");
  if (seconds < 60) return t("time-seconds", { n: seconds });
  if (seconds < 3600) return t("time-minutes", { n: Math.floor(seconds / 60) });
  const days = daysAgo(then, now);
  if (days === 0) return t("time-hours", { n: Math.floor(seconds / 3600) });
  if (days === 1) return t("time-yesterday", { clock: write("clock", then) });
  return write(then.getFullYear() === new Date(now).getFullYear() ? "day" : "date", then);
}

/** "Monday 30 November 2026 at 10:42": for whoever points at one of those. */
export const whole = (at: string) => write("whole", new Date(at));

/** Both how long ago and when: "3 h ago (10:42)", "yesterday 10:42", "Mon 30 Nov, 10:42". */
export function exactly(at: string, now: number = clock.now): string {
  const days = daysAgo(new Date(at), now);
  if (days <= 0) return `${ago(at, now)} (${write("clock", new Date(at))})`;
  return days === 1 ? ago(at, now) : until(at);
}

/** The hours of the last day: "10:00", "yesterday 23:00". */
export function hour(at: string, now: number = clock.now): string {
  const then = new Date(at);
  const said = write("clock", then);
  return daysAgo(then, now) === 0 ? said : t("time-yesterday", { clock: said });
}

/** "Mon 30 Nov, 17:00". */
export const until = (at: string) => `${write("day", new Date(at))}, ${write("clock", new Date(at))}`;

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
