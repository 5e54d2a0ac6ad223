// Everything that the command palette can do: each screen, each connection, each deed that concerns all.
import type { ConnectionView, PracticeView } from "../bindings";
import { pause, pauseAll, resume, resumeAll, setTheme, syncNow } from "./deeds";
import { t, word } from "./i18n";
import { ask, commands } from "./ipc";
import { say } from "./live.svelte";
import { overlay } from "./overlay.svelte";
import { named } from "./partner";
import { isOurs, PAUSES } from "./pauses";
import { leave } from "./practice.svelte";
import type { ShortcutId } from "./shortcuts";

export interface Wish {
  id: string;
  label: string;
  /** Where it leads; then nothing else is done. */
  to?: string;
  act?: () => unknown;
  shortcut?: ShortcutId;
}

/** Those that neither run nor can be gone on with. */
const STILL = new Set(["declined", "disconnected", "waiting_for_partner", "waiting_for_you"]);

/** By heading, in the order in which they are listed. */
export function wishes(
  connections: ConnectionView[],
  paused: boolean,
  practised?: PracticeView,
): { id: string; heading: string; wishes: Wish[] }[] {
  const places: Wish[] = ["connections", "activity", "attention", "accounts", "settings"].map((place) => ({
    id: place,
    label: t(`nav-${place}`),
    to: `/${place}`,
    ...(place === "settings" ? { shortcut: "settings" as const } : {}),
  }));
  const deeds: Wish[] = [
    ...(practised?.open
      ? [
          ...practised.sites.map((site) => ({
            id: `tracker-${site.company}`,
            label: t("practice-open", { company: site.company }),
            act: () => ask(commands.openLink(site.url)),
          })),
          {
            id: "practice-leave",
            label: t("practice-leave"),
            act: () => {
              // The whole window changes, and the palette with it.
              overlay.shown = null;
              return leave();
            },
          },
          { id: "practice", label: t("practice-remove"), to: "/practice" },
        ]
      : [
          {
            id: "initiate",
            label: t("connections-initiate"),
            to: "/initiate",
            shortcut: "initiate" as const,
          },
          { id: "accept", label: t("connections-accept"), to: "/accept", shortcut: "accept" as const },
          { id: "local", label: t("connections-local-start"), to: "/local" },
          {
            id: "practice",
            label: t(practised?.kept ? "practice-resume" : "practice-start"),
            to: "/practice",
          },
        ]),
    ...(connections.length === 0
      ? []
      : [
          { id: "sync", label: t("header-sync"), act: syncNow, shortcut: "sync" as const },
          ...(paused
            ? [{ id: "resume-all", label: t("palette-resume-all"), act: resumeAll }]
            : PAUSES.map(({ id, until }) => ({
                id: id === "open" ? "pause-all" : `pause-all-${id}`,
                label: id === "open" ? t("palette-pause-all") : t(`palette-pause-all-${id}`),
                act: () => pauseAll(until),
              }))),
        ]),
    ...(["light", "dark", "system"] as const).map((theme) => ({
      id: `theme-${theme}`,
      label: t(`palette-theme-${theme}`),
      act: () => setTheme(theme),
    })),
    {
      id: "export",
      label: t("privacy-export"),
      act: async () => say(t("privacy-exported-as", { path: (await ask(commands.exportData())).path })),
    },
    { id: "diagnostics", label: t("diagnostics-open"), to: "/diagnostics" },
    { id: "keys", label: t("keys-title"), act: () => (overlay.shown = "keys"), shortcut: "keys" },
  ];
  return [
    { id: "deeds", heading: t("palette-deeds"), wishes: deeds },
    { id: "places", heading: t("palette-places"), wishes: places },
    {
      id: "connections",
      heading: t("nav-connections"),
      wishes: connections.flatMap((c) => ofConnection(c, connections)),
    },
  ].filter((group) => group.wishes.length > 0);
}

function ofConnection(c: ConnectionView, all: ConnectionView[]): Wish[] {
  const partner = named(c.partner_name) ?? t("partner-unknown");
  const state = word("state-word", c.state);
  // Two projects of one's own are one connection, with a filter on each side.
  const other = all.find((side) => side.id === c.other_side);
  const both = other && t("connections-both", { ours: other.partner_name, theirs: c.partner_name });
  const open: Wish = {
    id: `open-${c.id}`,
    label: both
      ? t("palette-open-both", { both, state })
      : t("palette-open", { partner, project: c.project, state }),
    to: `/connections/${c.id}`,
  };
  const what: Wish[] = (STILL.has(c.state) ? [] : ["what", "add"]).map((one) => ({
    id: `${one}-${c.id}`,
    label: t(`palette-${one}`, { partner }),
    to: `/connections/${c.id}/${one}`,
  }));
  if (c.second_side) return what;
  const name = both ?? partner;
  if (isOurs(c.paused_by))
    return [
      open,
      ...what,
      { id: `resume-${c.id}`, label: t("palette-resume", { partner: name }), act: () => resume(c) },
    ];
  if (STILL.has(c.state)) return [open];
  return [
    open,
    ...what,
    { id: `pause-${c.id}`, label: t("palette-pause", { partner: name }), act: () => pause(c) },
  ];
}
