//! What the changelog of our tracker proves: whose change it was, what it overwrote, what was taken away.

use twinline_model::AttachmentId;
use twinline_model::observed::HistoryEntry;
use twinline_model::pair::Unread;

/// A change by another hand so soon after ours is taken for a tool's, ms of the tracker's own clock.
const TOOL_MS: i64 = 60_000;

fn about<'a>(
    history: &'a [HistoryEntry],
    name: &'a str,
    after: u64,
) -> impl Iterator<Item = &'a HistoryEntry> {
    history.iter().filter(move |e| e.id > after && e.fields.iter().any(|f| f == name))
}

/// After a write of ours (of `wrote`) nobody else wrote the field.
pub(crate) fn only_ours(history: &[HistoryEntry], name: &str, unread: Unread, wrote: &str) -> bool {
    let since: Vec<_> = about(history, name, unread.after).collect();
    match our_entry(&since, name, wrote) {
        // Whatever a person wrote in the moment before, ours replaced it.
        Some(at) => at + 1 == since.len(),
        None => since.len() <= unread.entries as usize && since.iter().all(|e| e.by_us),
    }
}

/// The text that an entry says the field became; `None`: it does not say.
fn became<'a>(entry: &'a HistoryEntry, name: &str) -> Option<&'a str> {
    let change = entry.changes.iter().find(|c| c.field == name)?;
    Some(change.to.as_deref().unwrap_or_default())
}

/// Only letters and digits count: a changelog shows texts in its own way, and what a tracker makes of dashes, quotes and
/// blanks nobody can know.
pub(crate) fn same_words(a: &str, b: &str) -> bool {
    let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let (ours, theirs) = (words(a), words(b));
    // A text of signs only is what it is.
    if ours.is_empty() { a.split_whitespace().eq(b.split_whitespace()) } else { ours == theirs }
}

/// Our own entry among those since `after`: the last one by our account that made the field what we wrote. People may use
/// the same account (F76); where the tracker does not say what a field became, the only entry by our account is ours.
fn our_entry(since: &[&HistoryEntry], name: &str, wrote: &str) -> Option<usize> {
    let fits = |e: &&HistoryEntry| e.by_us && became(e, name).is_some_and(|to| same_words(to, wrote));
    let told = since.iter().rposition(fits);
    let silent = |e: &&HistoryEntry| e.by_us && became(e, name).is_none();
    told.or_else(|| match since.iter().filter(|e| e.by_us).count() {
        1 => since.iter().position(silent),
        _ => None,
    })
}

/// The changelog shows our write of the field since `after`.
pub(crate) fn shows_ours(history: &[HistoryEntry], name: &str, after: u64, wrote: &str) -> bool {
    let since: Vec<_> = about(history, name, after).collect();
    our_entry(&since, name, wrote).is_some()
}

/// Of a write of ours whose answer was lost, the changelog shows this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shown {
    /// The write itself.
    Ours,
    /// Somebody else wrote the same.
    Others,
    /// Neither.
    Nothing,
}

impl Shown {
    /// Of the entries since `after`, those from `sent_ms` on may be ours.
    pub(crate) fn of(history: &[HistoryEntry], name: &str, after: u64, sent_ms: i64, wrote: &str) -> Self {
        let (later, before): (Vec<_>, Vec<_>) =
            about(history, name, after).partition(|entry| entry.at_ms >= sent_ms);
        let same = |entry: &&HistoryEntry| became(entry, name).is_some_and(|to| same_words(to, wrote));
        match our_entry(&later, name, wrote) {
            Some(_) => Self::Ours,
            None if later.iter().chain(&before).any(same) => Self::Others,
            None => Self::Nothing,
        }
    }
}

/// What a person wrote in the moment before our write, and that we overwrote without having seen it (F75).
pub(crate) fn overwritten<'a>(
    history: &'a [HistoryEntry],
    name: &'a str,
    after: u64,
    wrote: &str,
) -> Option<&'a str> {
    let since: Vec<_> = about(history, name, after).collect();
    let at = our_entry(&since, name, wrote)?;
    let before = since.get(at.checked_sub(1)?)?;
    became(before, name).filter(|to| !same_words(to, wrote))
}

/// Texts of people that our account replaced at once, since the entry `after` and until `until_ms` (the tracker's clock): after a
/// restore nobody remembers whether they were kept, even where they had been seen. Pairs of (what they were, what they became).
pub(crate) fn replaced<'a>(
    history: &'a [HistoryEntry],
    name: &'a str,
    after: u64,
    until_ms: i64,
) -> Vec<(&'a str, &'a str)> {
    let all: Vec<_> = about(history, name, 0).collect();
    let since = |entry: &HistoryEntry| entry.id > after && entry.at_ms <= until_ms;
    let by_us_over_person = all.windows(2).filter(|two| !two[0].by_us && two[1].by_us && since(two[1]));
    by_us_over_person
        .filter_map(|two| Some((became(two[0], name)?, became(two[1], name)?)))
        .filter(|(was, is)| !same_words(was, is))
        .collect()
}

/// Whether the newest change of the field is a tool's answer to a write of ours, or a person's: one that came later than
/// a tool would. `None`: nobody can tell.
pub(crate) fn drifts(history: &[HistoryEntry], name: &str) -> Option<bool> {
    let mut entries = history.iter().rev().filter(|e| e.fields.iter().any(|f| f == name));
    let newest = entries.next().filter(|e| !e.by_us)?;
    let before = entries.next()?;
    match newest.at_ms.saturating_sub(before.at_ms) <= TOOL_MS {
        true => before.by_us.then_some(true),
        false => Some(false),
    }
}

/// Somebody took this attachment away.
pub(crate) fn removed(history: &[HistoryEntry], attachment: &AttachmentId) -> bool {
    let mut changes = history.iter().flat_map(|e| &e.changes);
    changes
        .any(|c| c.field == "Attachment" && c.to.is_none() && c.from.as_deref() == Some(attachment.as_str()))
}

#[cfg(test)]
mod tests {
    use twinline_model::observed::HistoryChange;

    use super::*;

    fn entry(id: u64, by_us: bool, to: Option<&str>) -> HistoryEntry {
        let change = HistoryChange { field: "summary".into(), from: None, to: to.map(str::to_owned) };
        let at_ms = id as i64 * 1_000;
        HistoryEntry { id, at_ms, by_us, fields: vec!["summary".into()], changes: vec![change] }
    }

    #[test]
    fn f75_what_we_overwrote_unseen_is_found() {
        let history =
            [entry(1, false, Some("seen")), entry(2, false, Some("unseen")), entry(3, true, Some("ours"))];
        assert_eq!(overwritten(&history, "summary", 1, "ours"), Some("unseen"));
        assert_eq!(overwritten(&history, "summary", 2, "ours"), None, "we had seen it");
        assert_eq!(overwritten(&history, "summary", 1, "other"), None, "that was not our write");
        assert_eq!(overwritten(&history, "description", 1, "ours"), None);
        let emptied = [entry(2, false, Some("unseen")), entry(3, true, None)];
        assert_eq!(overwritten(&emptied, "summary", 1, ""), Some("unseen"));
    }

    #[test]
    fn f76_a_person_with_our_account_is_told_from_us() {
        let history = [entry(2, true, Some("a person's")), entry(3, true, Some("ours"))];
        assert_eq!(overwritten(&history, "summary", 1, "ours"), Some("a person's"));
        let after = [entry(2, true, Some("ours")), entry(3, true, Some("a person's"))];
        assert!(shows_ours(&after, "summary", 1, " ours "));
        assert_eq!(overwritten(&after, "summary", 1, "ours"), None);
        assert!(!only_ours(&after, "summary", Unread { after: 1, entries: 1 }, "ours"));
    }

    #[test]
    fn a_write_is_known_again_whatever_the_tracker_made_of_its_dashes() {
        let history = [entry(2, false, Some("unseen")), entry(3, true, Some("printer — “on” fire"))];
        let unread = Unread { after: 1, entries: 1 };
        assert!(shows_ours(&history, "summary", 1, "printer -- \"on\" fire"));
        assert!(
            only_ours(&history, "summary", unread, "printer -- \"on\" fire"),
            "what came before is replaced"
        );
        assert!(!only_ours(&history, "summary", unread, "printer off"), "a person's, and another text");
        assert!(!same_words("—", "?"));
        assert!(same_words("—", " — "));
    }

    #[test]
    fn who_wrote_the_same_before_or_beside_us_is_not_taken_for_our_write() {
        let shown = |history: &[HistoryEntry], sent_ms| Shown::of(history, "summary", 1, sent_ms, "ours");
        let by_us = [entry(2, true, Some("ours"))];
        assert_eq!(shown(&by_us, 2_000), Shown::Ours);
        assert_eq!(shown(&by_us, 2_001), Shown::Others, "a person with our account, before it was sent");
        assert_eq!(shown(&[entry(3, false, Some("ours"))], 2_000), Shown::Others);
        assert_eq!(shown(&[entry(1, true, Some("ours"))], 0), Shown::Nothing, "that was known before");
        assert_eq!(shown(&[entry(3, false, Some("another"))], 2_000), Shown::Nothing);
        assert_eq!(shown(&[entry(2, true, Some("ours")), entry(3, true, Some("ours"))], 2_500), Shown::Ours);
    }

    #[test]
    fn what_stands_after_a_write_is_ours_if_only_our_account_wrote_as_often_as_we_did() {
        let ours = |history: &[HistoryEntry], entries| {
            only_ours(history, "summary", Unread { after: 1, entries }, "printer on fire")
        };
        assert!(ours(&[], 0) && ours(&[], 1), "a create makes no entry, and a changelog may come late");
        let rewritten = entry(2, true, Some("printer in flames"));
        assert!(ours(std::slice::from_ref(&rewritten), 1), "nobody knows what a tracker makes of words");
        assert!(!ours(std::slice::from_ref(&rewritten), 0), "after a create that is a person's (F76)");
        assert!(!ours(&[rewritten, entry(3, true, Some("another"))], 1));
        assert!(!ours(&[entry(2, false, Some("a person's"))], 1));
        assert!(ours(&[entry(1, false, Some("a person's"))], 1), "that was known before");
    }

    #[test]
    fn where_the_tracker_tells_no_texts_the_only_entry_of_our_account_is_ours() {
        let silent = |id| HistoryEntry { changes: Vec::new(), ..entry(id, true, None) };
        let person = || entry(2, false, Some("unseen"));
        assert_eq!(overwritten(&[person(), silent(3)], "summary", 1, "ours"), Some("unseen"));
        assert!(shows_ours(&[person(), silent(3)], "summary", 1, "ours"));
        assert!(!shows_ours(&[person(), silent(3)], "summary", 3, "ours"), "it was there before");
        assert!(!shows_ours(&[person(), silent(3), silent(4)], "summary", 1, "ours"), "which of the two?");
        assert!(!shows_ours(&[entry(3, true, Some("another"))], "summary", 1, "ours"), "it does tell");
        assert!(!shows_ours(&[person()], "summary", 1, "ours"));
    }

    #[test]
    fn what_our_account_replaced_is_found_again_even_where_it_had_been_seen() {
        let history =
            [entry(1, false, Some("first")), entry(2, true, Some("ours")), entry(3, true, Some("later"))];
        assert_eq!(replaced(&history, "summary", 0, i64::MAX), [("first", "ours")]);
        assert_eq!(
            replaced(&history, "summary", 1, i64::MAX),
            [("first", "ours")],
            "the record went with the database"
        );
        assert!(replaced(&history, "summary", 2, i64::MAX).is_empty(), "that was known");
        assert!(replaced(&history, "description", 0, i64::MAX).is_empty());
    }

    #[test]
    fn f77_a_tool_answers_at_once() {
        assert_eq!(drifts(&[entry(1, true, None), entry(2, false, None)], "summary"), Some(true));
        assert_eq!(drifts(&[entry(1, true, None), entry(90, false, None)], "summary"), Some(false));
        assert_eq!(drifts(&[entry(1, false, None), entry(2, false, None)], "summary"), None);
        assert_eq!(
            drifts(&[entry(1, false, None), entry(90, false, None)], "summary"),
            Some(false),
            "a person"
        );
        assert_eq!(drifts(&[entry(1, true, None), entry(2, true, None)], "summary"), None, "our account");
        assert_eq!(drifts(&[entry(1, true, None), entry(61, false, None)], "summary"), Some(true), "just so");
        assert_eq!(drifts(&[entry(1, true, None), entry(62, false, None)], "summary"), Some(false));
        assert_eq!(drifts(&[entry(2, false, None)], "summary"), None);
        assert_eq!(drifts(&[entry(1, true, None), entry(2, false, None)], "description"), None);
    }
}
