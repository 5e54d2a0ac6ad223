import type { PausedBy, PauseUntil, Status } from "../bindings";

/** Until when one can pause; the words are `pause-…`. The tray offers the same. */
export const PAUSES: { id: string; until: PauseUntil }[] = [
  { id: "hour", until: { seconds: 3600 } },
  { id: "tomorrow", until: "tomorrow" },
  { id: "open", until: "resumed" },
];

/** Each side lifts its own pause, and works outside its own hours. */
export const isOurs = (by: PausedBy | null) => by === "you" || by === "both" || by === "hours";

/** All is paused, and something of that by us: it can be resumed here. */
export const canResumeAll = (now: Status | undefined) =>
  now?.overall === "paused" && now.connections.some((c) => isOurs(c.paused_by));
