// What the wizard "Initiate connection" knows. It outlives its steps: going back never loses what was typed.
import type { Approval, InitiateRequest, InvitationView, Mode } from "../bindings";

export const STEPS = ["partner", "mode", "project", "review", "invitation"] as const;
export type Step = (typeof STEPS)[number];

/** Everything chosen so far. */
export class Initiate {
  partnerName = $state("");
  /** How our company is called; `null`: not touched, what is known stands. */
  company = $state<string | null>(null);
  way = $state<"no-url" | "have-url">("no-url");
  partnerAddress = $state("");
  mode = $state<Mode>("basic");
  account = $state("");
  project = $state("");
  /** Empty: as the project says. */
  defaultType = $state("");
  existing = $state(false);
  nameAuthors = $state(true);
  internalComments = $state(false);
  /** `null`: not touched, the suggestion stands. */
  address = $state<string | null>(null);
  approval = $state<Approval>("ask");
  invitation = $state<InvitationView | null>(null);

  /** The furthest step that may be shown now. */
  get reach(): Step {
    if (this.invitation) return "invitation";
    if (this.way === "have-url") return "partner";
    return this.project === "" ? "project" : "review";
  }

  /** Where a wanted step leads: an invitation is made once, and no step is entered before the one that it needs. */
  clamp(wanted: string | undefined): Step {
    if (this.invitation) return "invitation";
    const at = STEPS.indexOf(wanted as Step);
    return STEPS[Math.min(Math.max(at, 0), STEPS.indexOf(this.reach))] ?? "partner";
  }

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
  request(suggested: string): InitiateRequest {
    const address = (this.address ?? suggested).trim();
    return {
      account: this.account,
      project: this.project,
      partner_name: this.partnerName.trim(),
      address: address === "" ? null : address,
      mode: this.mode,
      approval: this.approval,
      default_type: this.defaultType === "" ? null : this.defaultType,
      filter: null,
      existing: this.existing,
      name_authors: this.nameAuthors,
      internal_comments: this.internalComments,
    };
  }
}

export const POSSIBLE_WITHOUT_URL: Mode[] = ["basic"];

const holder = $state({ wizard: new Initiate() });

/** The wizard under way. */
export const wizard = () => holder.wizard;

/** Begins a new one. */
export function begin() {
  holder.wizard = new Initiate();
}
