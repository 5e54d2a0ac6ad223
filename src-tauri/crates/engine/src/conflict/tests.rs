//! Who wins: one field, and what the partner says of it.

use twinline_model::Document;

use super::*;

const SIDES: [Side; 2] = [Side::Ours, Side::Theirs];

fn version(owner: u64, other: u64) -> Version {
    Version { owner, other }
}

/// A version by the changes of our side and of the partner's, whoever owns the issue.
fn by(owner: Side, ours: u64, theirs: u64) -> Version {
    match owner {
        Side::Ours => version(ours, theirs),
        Side::Theirs => version(theirs, ours),
    }
}

/// A field that stands in our tracker as it travelled, and that the partner has.
fn field<T: Clone>(version: Version, value: T) -> Field<T> {
    let (base_local, base_remote) = (Some(value.clone()), Some(value));
    Field { version, sent: version, base_local, base_remote, ..Field::default() }
}

fn line(version: Version, text: &str) -> Field<String> {
    field(version, text.to_owned())
}

fn said(version: Version, text: &str) -> Versioned<String> {
    Versioned { version, value: text.to_owned() }
}

/// The partner says this; our tracker trims lines.
fn hear(field: &mut Field<String>, owner: Side, theirs: Versioned<String>) -> Option<Lost> {
    receive_field(field, theirs, "summary", owner, &|text: &String| text.trim().to_owned())
}

fn text(words: &str) -> Document {
    Document::plain(&words.replace(' ', "\n"))
}

/// As the owner we changed `base` to `ours`, and now hear what the partner made of the same text.
fn both_changed(base: &str, ours: &str, theirs: &str) -> (Field<Document>, Option<Lost>) {
    let mut field = field(version(1, 0), text(base));
    remember(&mut field);
    bump(&mut field, Side::Ours);
    (field.base_local, field.base_remote) = (Some(text(ours)), Some(text(ours)));
    let theirs = Versioned { version: version(1, 1), value: text(theirs) };
    let lost = receive_field(&mut field, theirs, "description", Side::Ours, &Document::clone);
    (field, lost)
}

#[test]
fn what_is_newer_waits_and_what_is_older_or_known_changes_nothing() {
    for owner in SIDES {
        let before = line(by(owner, 2, 2), "a");
        let mut field = before.clone();
        assert_eq!(hear(&mut field, owner, said(by(owner, 1, 2), "older")), None);
        assert_eq!(hear(&mut field, owner, said(by(owner, 2, 2), "a")), None);
        assert_eq!(field, before, "{owner:?}");
        let newer = said(by(owner, 2, 3), "b");
        assert_eq!(hear(&mut field, owner, newer.clone()), None);
        assert_eq!(field, Field { remote: Some(newer), ..before }, "{owner:?}");
    }
}

#[test]
fn what_waits_gives_way_only_to_what_is_newer() {
    let mut field = line(version(1, 0), "a");
    field.remote = Some(said(version(1, 2), "waiting"));
    let before = field.clone();
    for late in [version(1, 1), version(1, 2)] {
        assert_eq!(hear(&mut field, Side::Ours, said(late, "late")), None);
        assert_eq!(field, before, "{late:?}");
    }
    // Even if it is what stood here all the time: nothing is written twice, and nothing half.
    for newer in ["b", "a"] {
        let (mut field, newer) = (before.clone(), said(version(1, 3), newer));
        assert_eq!(hear(&mut field, Side::Ours, newer.clone()), None);
        assert_eq!(field, Field { remote: Some(newer), ..before.clone() });
    }
}

#[test]
fn a_version_that_nobody_ever_gave_says_nothing_about_a_field_that_is_not_known() {
    let mut field = Field::default();
    assert_eq!(hear(&mut field, Side::Ours, said(version(0, 0), "a")), None);
    assert_eq!(field, Field::default());
}

#[test]
fn the_same_text_is_no_news_while_it_is_still_to_be_written_here() {
    let mut field = Field { chosen: Some("a".to_owned()), ..line(version(1, 0), "a") };
    let before = field.clone();
    assert_eq!(hear(&mut field, Side::Ours, said(version(1, 0), "a")), None);
    assert_eq!(field, before);
}

#[test]
fn of_what_stands_here_already_only_the_counters_move() {
    let mut field = line(version(1, 0), "a");
    assert_eq!(hear(&mut field, Side::Ours, said(version(1, 1), " a ")), None);
    let base_remote = Some(" a ".to_owned());
    assert_eq!(field, Field { base_remote, ..line(version(1, 1), "a") });
}

#[test]
fn f08_after_a_restore_our_text_stands_unless_the_partner_changed_it_since() {
    for owner in SIDES {
        let before = line(by(owner, 1, 1), "ours");
        let mut field = Field { ancestors: vec![said(version(0, 0), "of before")], ..before.clone() };
        field.remote = Some(said(by(owner, 1, 2), "what waited"));
        field.version = by(owner, 1, 3);
        let lost = hear(&mut field, owner, said(by(owner, 3, 3), "theirs")).expect("one is overruled");
        let (kept, gone) = ("\"ours\"".to_owned(), "\"theirs\"".to_owned());
        assert_eq!(lost, Lost { field: "summary".to_owned(), ours_won: true, kept, lost: gone });
        assert_eq!(field.version, by(owner, 4, 3), "newer than all that was ever told");
        assert_eq!((field.base_remote.as_deref(), &field.remote), (Some("ours"), &None));
        assert!(field.ancestors.is_empty(), "nobody can have built on them");

        let mut field = Field { ancestors: vec![said(version(0, 0), "of before")], ..before.clone() };
        let theirs = said(by(owner, 3, 2), "theirs");
        let lost = hear(&mut field, owner, theirs.clone()).expect("one is overruled");
        let (kept, gone) = ("\"theirs\"".to_owned(), "\"ours\"".to_owned());
        assert_eq!(lost, Lost { field: "summary".to_owned(), ours_won: false, kept, lost: gone });
        assert_eq!(field, Field { remote: Some(theirs), ..before });
    }
}

#[test]
fn f08_an_issue_that_our_tracker_never_showed_has_no_text_that_could_stand() {
    for owner in SIDES {
        let (mut field, theirs) = (Field::default(), said(by(owner, 3, 1), "a"));
        assert_eq!(hear(&mut field, owner, theirs.clone()), None);
        assert_eq!(field, Field { remote: Some(theirs), ..Field::default() });
    }
}

#[test]
fn where_both_wrote_the_same_the_owner_tells_the_joined_version() {
    // Met in the same moment; or under one number, as after a restore.
    for (ours, theirs, joined) in [((2, 0), (1, 1), (3, 1)), ((2, 1), (2, 1), (3, 1))] {
        let (ours, theirs) = (version(ours.0, ours.1), version(theirs.0, theirs.1));
        let mut field = line(ours, "a");
        assert_eq!(hear(&mut field, Side::Ours, said(theirs, " a ")), None);
        let version = version(joined.0, joined.1);
        assert_eq!(field, Field { version, ..line(ours, "a") }, "to be sent, nothing to be written");
    }
}

#[test]
fn where_both_wrote_the_same_the_other_side_is_silent_once_the_owner_has_its_version() {
    let (before, theirs) = (line(version(1, 1), "a"), said(version(2, 0), "a"));
    let mut told = before.clone();
    assert_eq!(hear(&mut told, Side::Theirs, theirs.clone()), None);
    assert_eq!(told, line(version(2, 1), "a"));
    let mut untold = Field { sent: version(1, 0), ..before };
    assert_eq!(hear(&mut untold, Side::Theirs, theirs), None);
    assert_eq!((untold.version, untold.sent), (version(2, 1), version(1, 0)), "it still has to say so");
}

#[test]
fn of_two_lines_the_owners_stands_and_the_other_is_kept() {
    for theirs in [said(version(1, 1), "theirs"), said(version(2, 0), "theirs")] {
        let waiting = Some(said(version(0, 1), "what waited"));
        let mut field = Field { remote: waiting, ..line(version(2, 0), "ours") };
        let joined = version(3, theirs.version.other);
        let lost = hear(&mut field, Side::Ours, theirs);
        let (kept, gone) = ("\"ours\"".to_owned(), "\"theirs\"".to_owned());
        assert_eq!(lost, Some(Lost { field: "summary".to_owned(), ours_won: true, kept, lost: gone }));
        // Until they hear of it they have their own.
        let there = Some("theirs".to_owned());
        assert_eq!(field, Field { version: joined, there, ..line(version(2, 0), "ours") });
    }
}

#[test]
fn the_other_side_decides_nothing_and_waits_for_the_owner() {
    let before = line(version(1, 1), "ours");
    let mut field = before.clone();
    assert_eq!(hear(&mut field, Side::Theirs, said(version(2, 0), "theirs")), None);
    let before = Field { there: Some("theirs".to_owned()), ..before };
    assert_eq!(field, before);
    // One number for two texts: the owner never had ours, whatever we believe to have sent.
    assert_eq!(hear(&mut field, Side::Theirs, said(version(1, 1), "theirs")), None);
    assert_eq!(field, Field { sent: Version::default(), ..before });
}

#[test]
fn the_owner_merges_with_what_the_partner_built_on() {
    let (field, lost) = both_changed("a b c", "A b c", "a b C");
    assert_eq!(lost, None);
    assert_eq!(field.version, version(2, 1).join(version(3, 0)), "both counters, and the merge");
    assert_eq!((&field.base_remote, &field.chosen), (&Some(text("A b C")), &Some(text("A b C"))));
    assert!(field.ancestors.is_empty());
    // All of it stands here already: nothing to write.
    let (field, lost) = both_changed("a b", "A b c", "A b");
    assert_eq!((lost, field.chosen), (None, None));
    assert_eq!(field.base_remote, Some(text("A b c")));
    // In one place they clash: the rest is merged, and theirs is kept whole.
    let (field, lost) = both_changed("a b c", "X b c", "Y b C");
    assert_eq!(field.chosen, Some(text("X b C")));
    let lost = lost.expect("theirs");
    assert_eq!((lost.field.as_str(), lost.ours_won), ("description", true));
    assert_eq!((lost.kept, lost.lost), (as_json(Some(&text("X b C"))), as_json(Some(&text("Y b C")))));
}

#[test]
fn what_was_chosen_here_is_still_to_be_written_after_a_merge_that_adds_nothing() {
    let mut field = field(version(1, 0), text("a b"));
    remember(&mut field);
    bump(&mut field, Side::Ours);
    (field.base_remote, field.chosen) = (Some(text("A b c")), Some(text("A b c")));
    let theirs = Versioned { version: version(1, 1), value: text("A b") };
    assert_eq!(receive_field(&mut field, theirs, "description", Side::Ours, &Document::clone), None);
    assert_eq!(field.chosen, Some(text("A b c")));
}

#[test]
fn a_text_whose_ancestor_nobody_knows_is_not_merged() {
    // The values that are known have other owner's counters, or came after theirs.
    for (known, theirs) in [((2, 0), (1, 1)), ((1, 2), (1, 1))] {
        let mut field = field(version(3, 0), text("A b c"));
        let value = text("a b c");
        field.ancestors = vec![Versioned { version: version(known.0, known.1), value }];
        let theirs = Versioned { version: version(theirs.0, theirs.1), value: text("a b C") };
        let lost = receive_field(&mut field, theirs, "description", Side::Ours, &Document::clone);
        assert!(lost.is_some_and(|lost| lost.ours_won), "{known:?}");
        assert_eq!((field.base_remote, field.chosen), (Some(text("A b c")), None));
    }
}

#[test]
fn the_partner_may_have_built_on_any_of_our_last_four_texts() {
    let mut described = field(version(1, 0), text("1"));
    for number in 2..=7 {
        remember(&mut described);
        bump(&mut described, Side::Ours);
        described.base_remote = Some(text(&number.to_string()));
    }
    let kept: Vec<_> = described.ancestors.iter().map(|a| (a.version.owner, a.value.clone())).collect();
    assert_eq!(kept, [3, 4, 5, 6].map(|number: u64| (number, text(&number.to_string()))));
    let mut unknown: Field<Document> = Field::default();
    remember(&mut unknown);
    let mut named = line(version(1, 0), "a");
    remember(&mut named);
    assert!(unknown.ancestors.is_empty() && named.ancestors.is_empty(), "a line is never merged");
}

#[test]
fn what_the_partner_has_is_known_while_any_number_of_changes_wait() {
    let mut field = line(version(1, 0), "told");
    for text in ["a", "b", "c", "d", "e", "f"] {
        remember(&mut field);
        bump(&mut field, Side::Ours);
        field.base_remote = Some(text.to_owned());
        assert_eq!(field.there.as_deref(), Some("told"));
    }
    // Told; the next change begins anew.
    field.sent = field.version;
    remember(&mut field);
    assert_eq!(field.there.as_deref(), Some("f"));
}

#[test]
fn a_change_counts_on_our_side_alone_and_never_runs_over() {
    for owner in SIDES {
        let mut field = line(by(owner, 1, 5), "a");
        bump(&mut field, owner);
        assert_eq!(field.version, by(owner, 2, 5));
        bump_by(&mut field, owner, u64::MAX);
        assert_eq!(field.version, by(owner, u64::MAX, 5));
    }
}
