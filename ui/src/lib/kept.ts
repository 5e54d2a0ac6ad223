// What this window keeps for itself: sync rules that are being written. Twinline's data knows nothing of it.

/** Before the id of a connection: under what its rules are kept. */
export const KEPT_RULES = "twinline-rules/";

/** Forgets what was being written of a connection's rules, or of all. */
export function forgetRules(connection?: string) {
  try {
    for (const key of Object.keys(localStorage))
      if (key.startsWith(KEPT_RULES) && (connection === undefined || key === KEPT_RULES + connection))
        localStorage.removeItem(key);
  } catch {
    // Where nothing can be kept there is nothing to forget.
  }
}
