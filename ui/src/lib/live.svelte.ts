import { untrack } from "svelte";

// The one polite live region: what a screen reader is told, and for a person's own deeds also shown for a moment.
export const live = $state({ sentence: "", shown: false });
let quietUntil = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says a sentence. `routine`: dropped if another was said within 10 s; what answers a person's deed never is. */
export function announce(sentence: string, { routine = false, show = false } = {}) {
  const now = Date.now();
  if (routine && now < quietUntil) return;
  quietUntil = now + 10_000;
  clearTimeout(timer);
  // The same words twice in a row are said twice.
  const before = untrack(() => live.sentence);
  live.sentence = before === sentence ? `${sentence}\u00a0` : sentence;
  live.shown = show;
  if (show) timer = setTimeout(() => (live.shown = false), 6000);
}

/** After a deed: for eyes and ears. Troubles never end up here, they stay where they happened. */
export const say = (sentence: string) => announce(sentence, { show: true });
