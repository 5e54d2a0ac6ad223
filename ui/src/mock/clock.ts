// One moment for all that the window shows, so that pictures are the same every day. Timers run as ever.
import { NOW } from "./fixtures";

const Real = Date;
class Still extends Real {
  constructor(...when: [] | [string | number | Date]) {
    super(...((when.length === 0 ? [NOW] : when) as [number]));
  }
  static override now = () => NOW;
}
globalThis.Date = Still as DateConstructor;
