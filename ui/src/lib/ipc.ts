// The only door to Rust: a command either answers or throws a Trouble that a person can read.
import { type TroubleView } from "../bindings";
import { t } from "./i18n";

export { commands, events } from "../bindings";

type Data<A> = A extends { status: "ok"; data: infer T } ? T : A extends { status: "error" } ? never : A;

/** What went wrong, ready to be shown. */
export class Trouble extends Error {
  constructor(readonly view: TroubleView) {
    super(view.sentence);
  }
}

/** Any thrown thing as something that can be shown. */
export function trouble(error: unknown): TroubleView {
  if (error instanceof Trouble) return error.view;
  const detail = error instanceof Error ? error.message : String(error);
  return {
    code: "internal",
    owner: "you",
    sentence: t("trouble-unexpected", { detail }),
    next_step: t("trouble-unexpected-next"),
  };
}

/** Waits for a command's answer. */
export async function ask<A>(answer: Promise<A>): Promise<Data<A>> {
  const given: unknown = await answer;
  if (given !== null && typeof given === "object" && "status" in given) {
    if (given.status === "ok" && "data" in given) return given.data as Data<A>;
    if (given.status === "error" && "error" in given) throw new Trouble(given.error as TroubleView);
  }
  return given as Data<A>;
}
