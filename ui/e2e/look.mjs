// What a person can read in the window, and what of it is cut off.

/**
 * In the page: what is cut off (`cut`); each text that can be read or heard and is not what the window was given (`said`); and of that what has no accent and is
 * nothing that the window was given (`plain`). `accents`: only what has one is looked at for being cut; else all but what the
 * window was given.
 */
export function look({ names, accents }) {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true });
  /** For screen readers alone: a box of one pixel, as `sr-only` makes it and bits-ui's own. */
  const unseen = (e) => {
    for (; e; e = e.parentElement)
      if (getComputedStyle(e).position === "absolute" && e.clientWidth <= 1) return true;
    return false;
  };
  const accented = (text) => /[^\s -~’“”…·→←⌘⇧⌥]/.test(text);
  const data = [];
  const gather = (value) => {
    if (typeof value === "string") data.push(value);
    else if (value instanceof Map || value instanceof Set) [...value.values()].forEach(gather);
    else if (value && typeof value === "object") Object.values(value).forEach(gather);
  };
  gather(window.world);
  // And what was typed.
  for (const input of document.querySelectorAll("input, textarea")) data.push(input.value);
  // Asked for each text of a thousand rows: one search through all of it, and each text once.
  const whole = data.join("\0");
  const asked = new Map(data.map((value) => [value, true]));
  const isData = (text) => {
    if (!asked.has(text)) asked.set(text, whole.includes(text));
    return asked.get(text);
  };
  const counts = (text) => (accents ? accented(text) : !isData(text));
  const cut = [];
  const said = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const text = node.data.trim();
    const parent = node.parentElement;
    if (text === "" || !parent || !shown(parent)) continue;
    said.push(text);
    if (!counts(text) || parent.closest("select") || unseen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    if (box.right > innerWidth + 1 || box.left < -1) cut.push(`beside the window: ${text}`);
    let place = parent;
    while (/^(inline|contents)/.test(getComputedStyle(place).display) && place.parentElement)
      place = place.parentElement;
    if (box.right > place.getBoundingClientRect().right + 1) cut.push(`beyond its place: ${text}`);
    for (let e = parent; e && e !== document.body; e = e.parentElement) {
      const style = getComputedStyle(e);
      const inner = e.getBoundingClientRect();
      if (style.overflowX !== "visible" && style.overflowX !== "auto" && box.right > inner.right + 1)
        cut.push(`at its side: ${text}`);
      if (style.overflowY === "hidden" && e.tagName !== "BODY" && box.bottom > inner.bottom + 1)
        cut.push(`below: ${text}`);
      if (style.overflowY === "auto" || style.overflowY === "scroll") break;
    }
  }
  for (const e of document.querySelectorAll("[aria-label], [placeholder], [title], [alt]"))
    for (const name of ["aria-label", "placeholder", "title", "alt"])
      if (e.hasAttribute(name) && shown(e)) said.push(e.getAttribute(name));
  const isKnown = (run) => isData(run) || names.some((name) => name.includes(run));
  const plain = said
    .flatMap((text) => text.match(/[A-Za-z][A-Za-z0-9 ,.:;'’/@_-]*[A-Za-z]/g) ?? [])
    .map((run) => run.trim())
    // The live region says what happened and what to do in one go.
    .flatMap((run) => (isKnown(run) ? [] : run.split(/(?<=\.) /).filter((sentence) => !isKnown(sentence))));
  return { cut, said: [...new Set(said)].filter((text) => !isData(text)), plain: [...new Set(plain)] };
}
