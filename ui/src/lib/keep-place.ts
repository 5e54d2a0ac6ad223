// What is read stays where it is when something comes above it; web views differ in doing so by themselves.
import { tick } from "svelte";

/** Call it before the list changes. Who sees its beginning is to see what is new; else the row on top stays where it is. */
export async function keepPlace(list: HTMLElement) {
  const box = list.closest("#content");
  if (!box) return;
  const top = box.getBoundingClientRect().top;
  if (list.getBoundingClientRect().top >= top) return;
  const place = (row: Element) => row.getBoundingClientRect();
  const row = [...list.querySelectorAll("[data-id]")].find((e) => place(e).bottom > top);
  if (!row) return;
  const before = place(row).top;
  await tick();
  if (row.isConnected) box.scrollTop += place(row).top - before;
}
