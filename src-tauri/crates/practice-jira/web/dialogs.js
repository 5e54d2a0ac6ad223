// What is said in passing, and what is asked before something is gone.
import { el } from "./dom.js";

const $ = (id) => document.getElementById(id);

let over;
export function toast(text) {
  const box = $("toast");
  box.textContent = text;
  box.classList.add("on");
  clearTimeout(over);
  over = setTimeout(() => box.classList.remove("on"), 4000);
}

/** Does something and says how it went; answers whether it went well. */
export async function tried(work, done) {
  try {
    await work();
    if (done) toast(done);
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  }
}

/** Shows `content` as the one dialog; `closed` is called however it closes. The focus goes back to where it was. */
export function openDialog(title, content, closed = () => {}) {
  const dialog = $("dialog");
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.replaceChildren(el("h2", { id: "dialog-title" }, title), content);
  dialog.onclose = closed;
  dialog.showModal();
  return () => dialog.close();
}

/** Asks before something is deleted; the answer that changes nothing is the first. */
export function ask(question, action) {
  return new Promise((answer) => {
    let said = false;
    const yes = () => {
      said = true;
      close();
    };
    const buttons = el(
      "div",
      { class: "actions" },
      el("button", { type: "button", onclick: () => close(), autofocus: true }, "Cancel"),
      el("button", { type: "button", class: "danger", onclick: yes }, action),
    );
    const close = openDialog(question, buttons, () => answer(said));
  });
}

const KEYS = [
  ["c", "Create an issue"],
  ["/", "Search"],
  ["j, k", "Next and previous issue"],
  ["m", "Write a comment"],
  ["Ctrl Enter", "Save what is being written"],
  ["Esc", "Leave a text box in which nothing was changed"],
];

export const shortcuts = {
  get on() {
    return localStorage.getItem("single-keys") !== "off";
  },
  set on(value) {
    localStorage.setItem("single-keys", value ? "on" : "off");
  },
};

export function showKeys() {
  const box = el("input", {
    type: "checkbox",
    checked: shortcuts.on,
    onchange: (e) => (shortcuts.on = e.target.checked),
  });
  const close = openDialog(
    "Keyboard",
    el(
      "div",
      {},
      el(
        "dl",
        { class: "keys" },
        KEYS.map(([key, what]) => el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, what))),
      ),
      el("label", { class: "check" }, box, " Single keys do something"),
      el(
        "div",
        { class: "actions" },
        el("button", { type: "button", class: "primary", onclick: () => close() }, "Close"),
      ),
    ),
  );
}
