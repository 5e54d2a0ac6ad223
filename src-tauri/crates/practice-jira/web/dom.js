// Elements out of data. Text only ever becomes text nodes; nothing here or anywhere on this page makes HTML of a string.

/** An element; `on…` are listeners, `data` is a map of data attributes, null and false leave an attribute out. */
export function el(name, attrs = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attrs)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value") node.value = value;
    else if (key === "data") Object.assign(node.dataset, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** For screen readers only. */
export const hint = (text) => el("span", { class: "sr-only" }, text);

const WEB = ["http:", "https:", "mailto:"];

/** Whether an address from an issue may be followed: no script, no file. */
export function safeLink(href) {
  try {
    return WEB.includes(new URL(href).protocol);
  } catch {
    return false;
  }
}

/** A link out of this page, or its words alone where it leads nowhere safe. */
export function link(href, ...children) {
  return safeLink(href)
    ? el("a", { href, rel: "noopener noreferrer", target: "_blank" }, children)
    : el("span", {}, children);
}

/** A name as it can be trusted on a screen: signs that turn or hide text are shown as �. */
export const visible = (text) =>
  String(text).replace(/[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/**
 * Makes `host` show `items` in order. A node whose `sign` is the same as before stays as it is, with its focus and
 * whatever is open in it.
 */
export function keyed(host, items, { key, sign, build }) {
  const old = new Map([...host.children].map((node) => [node.dataset.key, node]));
  const wanted = items.map((item) => {
    const name = String(key(item));
    const mark = JSON.stringify(sign(item));
    const known = old.get(name);
    if (known?.dataset.sign === mark) return known;
    const made = build(item);
    Object.assign(made.dataset, { key: name, sign: mark });
    return made;
  });
  const focused =
    host.contains(document.activeElement) && document.activeElement.closest("[data-key]")?.dataset.key;
  wanted.forEach((node, at) => {
    if (host.children[at] !== node) host.insertBefore(node, host.children[at] || null);
  });
  while (host.children.length > wanted.length) host.lastElementChild.remove();
  if (focused && !host.contains(document.activeElement)) {
    const again = host.querySelector(`[data-key="${CSS.escape(focused)}"]`);
    (again?.matches("a, button") ? again : again?.querySelector("a, button"))?.focus();
  }
}
