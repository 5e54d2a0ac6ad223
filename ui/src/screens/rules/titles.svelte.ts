// What each of the two texts of rules is called.
import type { RuleDirection } from "../../bindings";
import { t } from "../../lib/i18n";
import { settings } from "../../lib/queries";

export function titles(): (direction: RuleDirection) => string {
  const own = settings();
  return (direction) => {
    if (direction === "incoming") return t("rules-incoming");
    const company = own.data?.company;
    return company ? t("rules-outgoing", { company }) : t("rules-outgoing-unnamed");
  };
}
