import type { ConnectionView } from "../bindings";
import { initech } from "./fixtures";

/** Two projects of this app: one connection as each side sees it. */
export const local: ConnectionView[] = [
  {
    ...initech,
    id: "c-local",
    role: "local",
    other_side: "c-local-2",
    partner_name: "Operations",
    partner_site: "acme.atlassian.net",
    partner_project: "OPS",
    partner_person: "Ana Ruiz",
    project: "SUP",
    pairs: 21,
    address: "",
    comparison_number: null,
    healed: 0,
    last_activity: "You created SUP-140 → new OPS-77 at Operations",
  },
  {
    ...initech,
    id: "c-local-2",
    role: "local",
    other_side: "c-local",
    second_side: true,
    partner_name: "Support",
    partner_site: "acme.atlassian.net",
    partner_project: "SUP",
    partner_person: "Ana Ruiz",
    project: "OPS",
    pairs: 21,
    address: "",
    comparison_number: null,
    healed: 0,
    last_activity: "Support created SUP-140 → new OPS-77 (type Task)",
  },
];
