// Places in the window that links lead to.
import type { RulePlace } from "../bindings";

/** Where an issue and its twin stand side by side; `issue`: its number in the list, our key, or theirs. */
export const beside = (connection: string, issue: string) =>
  `/connections/${connection}/compare/${encodeURIComponent(issue)}`;

/** A connection's sync rules, at the line if one is known. */
export const rulesAt = (connection: string, place?: RulePlace | null) =>
  `/connections/${connection}/rules${place ? `/${place.direction}${place.line > 0 ? `/${place.line}` : ""}` : ""}`;
