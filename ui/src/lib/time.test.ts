import { expect, test } from "vitest";
import { ago, exactly, expires, hour, nextCheck, whole } from "./time.svelte";

const now = new Date(2026, 10, 24, 10, 42, 8).getTime();
const before = (seconds: number) => new Date(now - seconds * 1000).toISOString();

test("times as a person would say them", () => {
  expect(ago(before(1), now)).toBe("just now");
  expect(ago(before(8), now)).toBe("8 s ago");
  expect(ago(before(14 * 60), now)).toBe("14 min ago");
  expect(ago(before(3 * 3600), now)).toBe("3 h ago");
  expect(ago(before(86_400), now)).toMatch(/^yesterday 10:42/);
  expect(ago(before(2 * 86_400), now)).toMatch(/^Sun,? (22 Nov|Nov 22)$/);
  expect(ago(before(400 * 86_400), now)).toMatch(/Oct.* 2025$/);
});

test("shortly after midnight what was before it is still near", () => {
  const early = new Date(2026, 10, 24, 0, 20).getTime();
  expect(ago(new Date(early - 30 * 60_000).toISOString(), early)).toBe("30 min ago");
  expect(ago(new Date(early - 3 * 3_600_000).toISOString(), early)).toMatch(/^yesterday /);
});

test("whoever points at a time reads all of it", () => {
  expect(whole(before(8))).toMatch(/Tuesday.*24.*2026.*10:42/);
});

test("where it matters, both how long ago and when", () => {
  expect(exactly(before(3 * 3600), now)).toMatch(/^3 h ago \(07:42( AM)?\)$/);
  expect(exactly(before(86_400), now)).toMatch(/^yesterday 10:42/);
  expect(exactly(before(2 * 86_400), now)).toMatch(/^Sun,? (22 Nov|Nov 22), 10:42/);
});

test("the hours of the last day", () => {
  expect(hour(before(42 * 60 + 8), now)).toMatch(/^10:00/);
  expect(hour(before(11 * 3600 + 42 * 60 + 8), now)).toMatch(/^yesterday (23:00|11:00)/);
});

test("a clock that goes before ours reads as now", () => expect(ago(before(-30), now)).toBe("just now"));

test("the next check", () => {
  expect(nextCheck(before(-8), now)).toBe("Next check in 8 s");
  expect(nextCheck(before(-250), now)).toBe("Next check in 5 min");
  expect(nextCheck(before(0), now)).toBe("Next check now");
  expect(nextCheck(before(3), now)).toBe("Next check now");
});

test("expiry", () => {
  expect(expires(before(-5.2 * 86_400), now)).toBe("expires in 5 days");
  expect(expires(before(-3700), now)).toBe("expires in 1 hour");
  expect(expires(before(-30), now)).toBe("expires in 1 min");
  expect(expires(before(1), now)).toBe("expired");
});
