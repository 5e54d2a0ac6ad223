// Times of a day, as Rust counts them: minutes after midnight.

/** `480` as a field of type `time` has it: `08:00`. */
export function clockOf(minutes: number) {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** What such a field holds, or what somebody typed where the browser has none; `undefined`: no time of a day. */
export function minutesOf(clock: string) {
  const found = /^\s*(\d{1,2})[:.](\d{2})/.exec(clock);
  if (!found) return undefined;
  const [hour, minute] = [Number(found[1]), Number(found[2])];
  return hour < 24 && minute < 60 ? hour * 60 + minute : undefined;
}
