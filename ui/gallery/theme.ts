// Light or dark in the frame, whatever the system says: a page cannot choose for another one, but it can change its rules.
const ASKED = /\(\s*prefers-color-scheme:\s*(light|dark)\s*\)/g;
const written = new WeakMap<CSSMediaRule, string>();

function rewrite(rules: CSSRuleList, theme: string) {
  for (const rule of rules as unknown as (CSSRule & { cssRules?: CSSRuleList; media?: MediaList })[]) {
    if (
      rule.media &&
      /prefers-color-scheme/.test(written.get(rule as CSSMediaRule) ?? rule.media.mediaText)
    ) {
      const media = rule as CSSMediaRule;
      if (!written.has(media)) written.set(media, media.media.mediaText);
      media.media.mediaText = written
        .get(media)!
        .replace(ASKED, (_, asked) => (asked === theme ? "(min-width: 0px)" : "(max-width: 0px)"));
    }
    if (rule.cssRules) rewrite(rule.cssRules, theme);
  }
}

/** Shows a document so, and what is loaded into it later. Gives back how to show it in another theme. */
export function themed(document: Document, theme: string): (theme: string) => void {
  const apply = () => {
    for (const sheet of document.styleSheets) rewrite(sheet.cssRules, theme);
    document.documentElement.style.colorScheme = theme;
  };
  new MutationObserver(apply).observe(document.head, { childList: true, subtree: true });
  document.addEventListener("load", apply, true);
  apply();
  return (other) => {
    theme = other;
    apply();
  };
}
