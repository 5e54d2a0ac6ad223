// What is being written of a connection's sync rules. It outlives the tab and the window: kept in this window's own storage until it
// is saved or thrown away. Twinline's data knows nothing of it.
import type { RuleDirection, RulesView } from "../bindings";
import { KEPT_RULES } from "./kept";

/** Both texts, and the version that they began with. */
export interface Texts {
  version: number;
  outgoing: string;
  incoming: string;
}

export const DIRECTIONS: RuleDirection[] = ["outgoing", "incoming"];

const isTexts = (value: unknown): value is Texts => {
  const texts = value as Partial<Texts> | null;
  return (
    typeof texts?.version === "number" &&
    typeof texts.outgoing === "string" &&
    typeof texts.incoming === "string"
  );
};

/** What was kept; what cannot be read is nothing. */
function kept(connection: string): { from: Texts; now: Texts } | null {
  try {
    const { from, now } = JSON.parse(localStorage.getItem(KEPT_RULES + connection) ?? "null") ?? {};
    return isTexts(from) && isTexts(now) ? { from, now } : null;
  } catch {
    return null;
  }
}

const of = ({ version, outgoing, incoming }: RulesView): Texts => ({ version, outgoing, incoming });
const same = (a: Texts, b: Texts) => DIRECTIONS.every((direction) => a[direction] === b[direction]);

/** The texts of one connection while they are edited. */
export class Draft {
  /** What it began with. */
  from: Texts;
  /** What is written. */
  now: Texts;
  readonly unsaved: boolean;

  constructor(
    private readonly connection: string,
    inForce: RulesView,
  ) {
    const before = kept(connection);
    this.from = $state(before?.from ?? of(inForce));
    this.now = $state(before?.now ?? of(inForce));
    this.unsaved = $derived(!same(this.from, this.now));
  }

  /** Other rules are in force: who has written nothing sees those, and who has written the same has saved it. */
  follow(inForce: RulesView) {
    if (inForce.version === this.from.version) return;
    if (!this.unsaved || same(this.now, of(inForce))) this.begin(inForce);
  }

  /** Begins anew; what was written is gone. */
  begin(inForce: RulesView) {
    this.from = of(inForce);
    this.now = of(inForce);
  }

  /** Goes on with what is written, on top of other rules than it began with. */
  rebase(inForce: RulesView) {
    this.from = of(inForce);
  }

  /** Keeps it, or that there is nothing to keep. A storage that is full keeps nothing; it still stands in the window. */
  keep() {
    const { from, now } = $state.snapshot({ from: this.from, now: this.now });
    try {
      if (this.unsaved) localStorage.setItem(KEPT_RULES + this.connection, JSON.stringify({ from, now }));
      else localStorage.removeItem(KEPT_RULES + this.connection);
    } catch {
      // Nothing more can be done here.
    }
  }
}
