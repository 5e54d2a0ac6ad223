// What the wizard "Both projects are in this app" knows. It outlives its steps: going back never loses what was chosen.
import type { LocalRequest, LocalSide } from "../bindings";

export const STEPS = ["projects", "review"] as const;
export type Step = (typeof STEPS)[number];

/** One of the two projects. */
export class Side {
  account = $state("");
  project = $state("");
  /** Empty: as the project says. */
  defaultType = $state("");
  existing = $state(false);
  internalComments = $state(false);

  /** A different project has its own types, and its own issues. */
  choose(account: string, project: string) {
    if (account === this.account && project === this.project) return;
    this.account = account;
    this.project = project;
    this.defaultType = "";
    this.existing = false;
    this.internalComments = false;
  }

  /** What Rust is asked for. */
  request(names: boolean): LocalSide {
    return {
      account: this.account,
      project: this.project,
      default_type: this.defaultType === "" ? null : this.defaultType,
      filter: null,
      existing: this.existing,
      name_authors: names,
      internal_comments: this.internalComments,
    };
  }
}

/** Everything chosen so far. */
export class Local {
  from = new Side();
  to = new Side();
  nameAuthors = $state(true);

  get chosen(): boolean {
    return this.from.project !== "" && this.to.project !== "";
  }

  /** The review is not entered before there is something to review. */
  clamp(wanted: string | undefined): Step {
    return wanted === "review" && this.chosen ? "review" : "projects";
  }

  request(): LocalRequest {
    return { from: this.from.request(this.nameAuthors), to: this.to.request(this.nameAuthors) };
  }
}

const holder = $state({ wizard: new Local() });

/** The wizard under way. */
export const wizard = () => holder.wizard;

/** Begins a new one. */
export function begin() {
  holder.wizard = new Local();
}
