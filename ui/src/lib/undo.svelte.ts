// What was left out a moment ago, and can be taken back with one button. It is left out already: if the window closes
// meanwhile, nothing is lost, and it still stands under what was left out.

/** How long it is offered, in ms. */
export const OFFER = 10_000;

export interface Undo {
  id: number;
  ids: string[];
  sentence: string;
  timer: ReturnType<typeof setTimeout>;
}

let made = 0;
export const undos = $state<{ offers: Undo[] }>({ offers: [] });

/** No longer offers it. */
export function withdraw(undo: Undo) {
  undos.offers = undos.offers.filter((u) => u.id !== undo.id);
}

/** Its time no longer runs: somebody takes it back, and reads what came of that. */
export const hold = (undo: Undo) => clearTimeout(undo.timer);

/** Offers it for a moment. */
export function offer(ids: string[], sentence: string) {
  const undo: Undo = { id: made++, ids, sentence, timer: setTimeout(() => withdraw(undo), OFFER) };
  undos.offers = [...undos.offers, undo];
}
