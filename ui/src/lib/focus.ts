/** Puts the focus on a heading when it appears, so that keyboards and screen readers start at the new page. */
export function focusHere(node: HTMLElement) {
  node.tabIndex = -1;
  // After the router has scrolled, and never out of a dialog.
  requestAnimationFrame(() => {
    if (!document.querySelector("[role=alertdialog], [role=dialog]")) node.focus({ preventScroll: false });
  });
}
