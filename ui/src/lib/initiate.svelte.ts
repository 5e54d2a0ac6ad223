// What the wizard "Initiate connection" knows. It outlives its steps: going back never loses what was typed.
import type { AddressCheck, Approval, InitiateRequest, InvitationView } from "../bindings";
import { t } from "./i18n";
import { ask, commands } from "./ipc";
import { announce } from "./live.svelte";

export const STEPS = ["partner", "mode", "project", "review", "invitation"] as const;
export type Step = (typeof STEPS)[number];

/** Everything chosen so far. */
export class Initiate {
  partnerName = $state("");
  /** How our company is called; `null`: not touched, what is known stands. */
  company = $state<string | null>(null);
  way = $state<"no-url" | "have-url" | "relay">("no-url");
  partnerAddress = $state("");
  /** `null`: not touched, the one that was used last stands. */
  relay = $state<string | null>(null);
  /** The relay that answered when it was asked. */
  relayReached = $state("");
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
    if (this.way === "have-url" || (this.way === "relay" && this.relayReached === "")) return "partner";
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
      address: address === "" || this.way === "relay" ? null : address,
      relay: this.way === "relay" ? this.relayReached : null,
      mode: "basic",
      approval: this.approval,
      default_type: this.defaultType === "" ? null : this.defaultType,
      filter: null,
      existing: this.existing,
      name_authors: this.nameAuthors,
      internal_comments: this.internalComments,
    };
  }
}

/** Asks relays whether they take this computer in. */
class Relays {
  busy = $state(false);
  answer = $state<AddressCheck>();
  error = $state<unknown>();

  /** Another one was typed: what was said holds no more. */
  forget() {
    this.answer = this.error = undefined;
  }

  /** True: it does, and may be promised. */
  async ask(w: Initiate, typed: string): Promise<boolean> {
    const address = typed.trim();
    if (address === "" || this.busy) return false;
    this.busy = true;
    this.forget();
    announce(t("initiate-url-checking", { address }));
    try {
      const answer = await ask(commands.checkRelay(address));
      // Somebody may have gone on typing.
      if ((w.relay ?? typed).trim() === address) {
        this.answer = answer;
        w.relayReached = answer.modes.length > 0 ? answer.address : "";
      }
      announce(answer.sentence);
    } catch (e) {
      this.error = e;
    }
    this.busy = false;
    return w.relayReached !== "";
  }
}

export const relays = new Relays();

const holder = $state({ wizard: new Initiate() });

/** The wizard under way. */
export const wizard = () => holder.wizard;

/** Begins a new one. */
export function begin() {
  relays.forget();
  holder.wizard = new Initiate();
}
