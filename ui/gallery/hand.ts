// What brings a scene to its state in the gallery, where no Playwright is: the few words of its `Page` that scenes use, done
// to the window in the frame.
import type { Page } from "playwright-core";

type Find = () => Element[];

/** The first time, what a scene needs is still being built. */
const PATIENCE = 60_000;

export class Hand {
  readonly #frame: HTMLIFrameElement;
  /** Given up: another scene was chosen. */
  gone = false;
  constructor(frame: HTMLIFrameElement) {
    this.#frame = frame;
  }

  /** As scenes know it. */
  get page() {
    return this as unknown as Page;
  }
  get window() {
    return this.#frame.contentWindow as unknown as typeof globalThis & Window;
  }

  locator = (css: string) =>
    new Locator(this, () => [...(this.window.document?.querySelectorAll(css) ?? [])]);
  getByTestId = (id: string) => this.locator(`[data-testid="${id}"]`);

  /** Waits until something is there. */
  async until<T>(what: string, find: () => T | undefined): Promise<T> {
    const end = performance.now() + PATIENCE;
    for (;;) {
      if (this.gone) throw new Error("another scene");
      const found = find();
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`there is no ${what}`);
      await new Promise((r) => setTimeout(r, 20));
    }
  }

  readonly keyboard = {
    /** `Control+k`, `?`, `Enter`. The browser's own keys, as Tab, cannot be pressed by a page. */
    press: async (chord: string) => {
      const keys = chord === "+" ? ["+"] : chord.split("+");
      const key = keys.pop()!;
      if (["Tab", "F6", "Space"].includes(key))
        throw new Error(`only a real keyboard can press ${key}: try it yourself, or run the tests`);
      const target = this.window.document.activeElement ?? this.window.document.body;
      const init = { key, ctrlKey: keys.includes("Control"), bubbles: true, cancelable: true };
      for (const type of ["keydown", "keyup"])
        target.dispatchEvent(new this.window.KeyboardEvent(type, init));
    },
    type: async (text: string) => {
      const field = await this.until("field with the focus", () => {
        const focused = this.window.document.activeElement;
        return focused instanceof this.window.HTMLInputElement ? focused : undefined;
      });
      write(this.window, field, field.value + text);
    },
  };
}

function write(window: typeof globalThis, field: HTMLInputElement | HTMLTextAreaElement, text: string) {
  const kind =
    field instanceof window.HTMLTextAreaElement ? window.HTMLTextAreaElement : window.HTMLInputElement;
  Object.getOwnPropertyDescriptor(kind.prototype, "value")!.set!.call(field, text);
  field.dispatchEvent(new window.InputEvent("input", { bubbles: true }));
}

class Locator {
  readonly #hand: Hand;
  readonly #find: Find;
  constructor(hand: Hand, find: Find) {
    this.#hand = hand;
    this.#find = find;
  }

  first = () => this.nth(0);
  nth = (n: number) => new Locator(this.#hand, () => this.#find().slice(n, n + 1));
  locator = (css: string) =>
    new Locator(this.#hand, () => this.#find().flatMap((e) => [...e.querySelectorAll(css)]));
  getByTestId = (id: string) => this.locator(`[data-testid="${id}"]`);

  #seen = () =>
    this.#hand.until(
      "such element",
      () =>
        this.#find().find((e) => e.checkVisibility({ visibilityProperty: true })) as HTMLElement | undefined,
    );

  async waitFor({ state = "visible" }: { state?: string } = {}) {
    if (state === "visible") await this.#seen();
    else await this.#hand.until("end of it", () => (this.#find().length === 0 ? true : undefined));
  }
  async focus() {
    (await this.#seen()).focus();
  }
  async evaluate<T>(look: (element: HTMLElement) => T) {
    return look(await this.#seen());
  }
  async scrollIntoViewIfNeeded() {
    (await this.#seen()).scrollIntoView({ block: "nearest" });
  }
  async inputValue() {
    await new Promise((r) => setTimeout(r, 20));
    return ((await this.#seen()) as HTMLInputElement).value;
  }
  async fill(text: string) {
    const field = (await this.#seen()) as HTMLInputElement;
    field.focus();
    write(this.#hand.window, field, text);
    field.dispatchEvent(new this.#hand.window.Event("change", { bubbles: true }));
  }
  async check() {
    const field = (await this.#seen()) as HTMLInputElement;
    if (!field.checked) field.click();
  }
  async click() {
    const target = await this.#seen();
    const { PointerEvent, MouseEvent } = this.#hand.window;
    const init = { bubbles: true, cancelable: true, composed: true, button: 0 };
    const pointer = { ...init, pointerType: "mouse", isPrimary: true, pointerId: 1 };
    target.dispatchEvent(new PointerEvent("pointerdown", pointer));
    if (target.dispatchEvent(new MouseEvent("mousedown", init))) target.focus();
    target.dispatchEvent(new PointerEvent("pointerup", pointer));
    target.dispatchEvent(new MouseEvent("mouseup", init));
    // Without a count it would be a click by keyboard.
    target.dispatchEvent(new MouseEvent("click", { ...init, detail: 1 }));
  }
}
