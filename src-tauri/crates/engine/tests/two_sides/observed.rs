//! Our tracker shows an issue: what of it is a change of ours, what is an echo, and what is left for later.

use twinline_engine::{
    Eyes, Lost, Rules, choose, leave_unmarked, leaves_open, needs_markers, observe, recalled, take_another,
};
use twinline_model::intent::{FieldWrite, Intent, IntentState, IssueFields, Write};
use twinline_model::observed::{HistoryChange, HistoryEntry, Marker, ObservedComment, ObservedIssue};
use twinline_model::pair::{
    Comment, Field, IncomingComment, OurIssue, Pair, PairState, Side, TheirIssue, Unread,
};
use twinline_model::replica::{Standing, Version, Versioned};
use twinline_model::{ConnectionId, Document, IntentId, NodeId, Origin, PairId};

use crate::hostile::{eyes, ours, pair_of_acme};

/// A pair of acme's at rest, and how its issue looks a moment later.
pub fn at_rest() -> (Pair, ObservedIssue) {
    let (pair, _) = pair_of_acme();
    let mut seen = pair.local.clone().unwrap();
    seen.updated_ms += 1;
    (pair, seen)
}

pub fn look_with(pair: &mut Pair, seen: &ObservedIssue, open: &[Intent], rules: &Rules) -> Vec<Lost> {
    let me = NodeId::new("acme");
    observe(pair, seen.clone(), open, eyes(rules, &me))
}

pub fn look(pair: &mut Pair, seen: &ObservedIssue) -> Vec<Lost> {
    look_with(pair, seen, &[], &Rules::basic())
}

pub fn intent(write: Write) -> Intent {
    let (id, connection) = (IntentId(1), ConnectionId::new("c"));
    Intent { id, connection, pair: PairId(0), write, state: IntentState::Sent }
}

pub fn said(id: &str, words: &str) -> ObservedComment {
    ObservedComment {
        id: id.into(),
        author: "Ana".to_owned(),
        created_ms: 1,
        updated_ms: 1,
        body: Document::plain(words),
        restricted: false,
        internal: false,
        leaves_as: None,
        by_us: false,
        marker: None,
    }
}

fn of_globex(item: &str) -> Origin {
    Origin { node: NodeId::new("globex"), item: format!("globex/{item}") }
}

/// As our node wrote it for this one.
fn marked(id: &str, origin: Origin) -> ObservedComment {
    let marker = Marker { v: 1, connection: "c".into(), origin, attempt: 0, mac: String::new() };
    ObservedComment { by_us: true, marker: Some(marker), ..said(id, "a twin") }
}

fn entry(id: u64, by_us: bool, field: &str, to: &str) -> HistoryEntry {
    let change = HistoryChange { field: field.to_owned(), from: None, to: Some(to.to_owned()) };
    HistoryEntry {
        id,
        at_ms: id as i64 * 100_000,
        by_us,
        fields: vec![field.to_owned()],
        changes: vec![change],
    }
}

/// The partner has seen later versions of ours than our database knows: a person's change counts on from those, and is never
/// taken for one of them.
#[test]
fn f08_a_change_beside_what_waits_counts_on_from_what_the_partner_knows() {
    for owner in [Side::Ours, Side::Theirs] {
        let (mut pair, mut seen) = at_rest();
        pair.owner = owner;
        let ahead = |version: Version| Version { owner: version.owner + 4, other: version.other + 4 };
        let version = ahead(pair.summary.version);
        pair.summary.remote = Some(Versioned { version, value: "what the partner made of it".to_owned() });
        seen.summary = "a person's words".to_owned();
        seen.updated_ms += 1;
        look(&mut pair, &seen);
        let after = pair.summary.version;
        assert_ne!(version.standing(after), Standing::Newer, "{owner:?}: {after:?} against {version:?}");
    }
}

#[test]
fn only_a_comment_of_our_account_that_nobody_knows_needs_its_marker_read() {
    let (mut pair, mut seen) = at_rest();
    pair.strays.push("stray".into());
    seen.comments.push(ObservedComment { by_us: true, ..said("stray", "once more") });
    seen.comments.push(said("person", "by a person"));
    seen.comments[0].by_us = true;
    assert!(!needs_markers(&pair, &seen));
    let all = seen.clone();
    assert!(!leave_unmarked(&pair, &mut seen));
    assert_eq!(seen, all);
    seen.comments.push(ObservedComment { by_us: true, ..said("ours?", "by our account") });
    assert!(needs_markers(&pair, &seen));
}

#[test]
fn what_came_after_a_comment_that_cannot_be_told_waits_with_it() {
    let (pair, mut seen) = at_rest();
    let known = seen.comments.remove(0);
    let unmarked = ObservedComment { by_us: true, ..said("ours?", "by our account") };
    seen.comments = vec![said("1", "before"), unmarked, said("2", "after"), known.clone()];
    assert!(leave_unmarked(&pair, &mut seen));
    let left: Vec<_> = seen.comments.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(left, ["1", known.id.as_str()], "the next look meets them in their order");
}

#[test]
fn an_issue_that_is_not_synced_or_not_known_to_be_ours_is_only_remembered() {
    let fields = IssueFields::default();
    let creating = vec![intent(Write::CreateIssue { fields, above: 0, attempt: 0 })];
    let unlinked = PairState::Unlinked { reason: "moved".to_owned() };
    for (state, open) in [(unlinked, Vec::new()), (PairState::Active, creating)] {
        let (pair, mut seen) = at_rest();
        let before = Pair { state, ..pair };
        seen.summary = "changed".to_owned();
        let mut pair = before.clone();
        look_with(&mut pair, &seen, &open, &Rules::basic());
        assert_eq!(pair, Pair { local: Some(seen), ..before });
    }
}

/// Which fields count as changed: summary, description, type.
fn changed(pair: &Pair) -> [bool; 3] {
    let owner = [pair.summary.version.owner, pair.description.version.owner, pair.issue_type.version.owner];
    owner.map(|changes| changes > 1)
}

/// A change of the rules, fields that a write of ours is under way for, and which fields count as changed.
type Case = (fn(&mut Rules), IssueFields, [bool; 3]);

#[test]
fn a_field_is_left_alone_by_the_rules_or_while_a_write_of_ours_is_open() {
    fn write<T>(value: T, theirs: T) -> Option<FieldWrite<T>> {
        Some(FieldWrite { version: Version::default(), value, theirs, again: false, rest: None })
    }
    let line = || write("w".to_owned(), "w".to_owned());
    let text = write(Document::plain("w"), Document::plain("w"));
    let none = IssueFields::default;
    let cases: [Case; 7] = [
        (|_| {}, none(), [true, true, true]),
        (|r| r.summary = false, none(), [false, true, true]),
        (|r| r.description = false, none(), [true, false, true]),
        (|r| r.issue_type = false, none(), [true, true, false]),
        (|_| {}, IssueFields { summary: line(), ..none() }, [false, true, true]),
        (|_| {}, IssueFields { description: text, ..none() }, [true, false, true]),
        (|_| {}, IssueFields { issue_type: line(), ..none() }, [true, true, false]),
    ];
    for (change, fields, expected) in cases {
        let (mut pair, mut seen) = at_rest();
        (seen.summary, seen.issue_type) = ("b".to_owned(), "Bug".to_owned());
        seen.description = Document::plain("b");
        let mut rules = Rules::basic();
        change(&mut rules);
        let open = [intent(Write::EditIssue { fields, last_history: 0 })];
        look_with(&mut pair, &seen, &open, &rules);
        assert_eq!(changed(&pair), expected, "{rules:?} {open:?}");
    }
}

#[test]
fn what_the_tracker_made_of_our_write_is_no_change_unless_somebody_wrote_since() {
    let unread = Some(Unread { after: 1, entries: 1 });
    for (since, is_change) in [(vec![], false), (vec![entry(3, false, "summary", "b")], true)] {
        let (mut pair, mut seen) = at_rest();
        let before = pair.summary.version;
        (pair.summary.unread, pair.summary.base_local) = (unread, Some("what -- we wrote".to_owned()));
        seen.summary = "what — we wrote".to_owned();
        seen.history = [vec![entry(2, true, "summary", "what — we wrote")], since].concat();
        look(&mut pair, &seen);
        assert_eq!(pair.summary.version != before, is_change);
        assert_eq!(pair.summary.base_local.as_ref(), Some(&seen.summary));
        assert_eq!(pair.summary.unread, None, "once");
    }
}

#[test]
fn f75_what_a_person_wrote_just_before_our_write_does_not_make_ours_a_change() {
    let (mut pair, mut seen) = at_rest();
    let before = [pair.summary.version, pair.description.version];
    let unread = Some(Unread { after: 1, entries: 1 });
    (pair.summary.unread, pair.summary.base_local) = (unread, Some("we -- wrote".to_owned()));
    (pair.description.unread, pair.description.base_local) = (unread, Some(Document::plain("we -- wrote")));
    (seen.summary, seen.description) = ("we — wrote".to_owned(), Document::plain("we — wrote"));
    seen.history = ["summary", "description"]
        .iter()
        .zip([2, 4])
        .flat_map(|(field, id)| [entry(id, false, field, "unseen"), entry(id + 1, true, field, "we — wrote")])
        .collect();
    look(&mut pair, &seen);
    assert_eq!([pair.summary.version, pair.description.version], before, "ours stands, and replaced it");
}

#[test]
fn f76_a_change_with_our_own_account_is_a_change() {
    let (mut pair, mut seen) = at_rest();
    seen.summary = "b".to_owned();
    seen.history.push(entry(9, true, "summary", "b"));
    look(&mut pair, &seen);
    assert_eq!(changed(&pair), [true, false, false]);
    assert_eq!(pair.summary.base_remote.as_deref(), Some("b"));
}

#[test]
fn f08_a_change_before_both_sides_agree_counts_by_a_leap() {
    let (me, rules) = (NodeId::new("acme"), Rules::basic());
    for (settled, counted) in [(true, 2), (false, 1_001)] {
        let (mut pair, mut seen) = at_rest();
        seen.summary = "b".to_owned();
        observe(&mut pair, seen, &[], Eyes { settled, leap: 1_000, ..eyes(&rules, &me) });
        assert_eq!(pair.summary.version.owner, counted);
    }
}

#[test]
fn what_waits_and_stands_here_already_is_not_written_again() {
    let (mut pair, mut seen) = at_rest();
    let version = Version { owner: 1, other: 1 };
    pair.summary.remote = Some(Versioned { version, value: " theirs ".to_owned() });
    seen.summary = "theirs".to_owned();
    look(&mut pair, &seen);
    let (base_local, base_remote) = (Some("theirs".to_owned()), Some(" theirs ".to_owned()));
    assert_eq!(pair.summary, Field { version, sent: version, base_local, base_remote, ..Field::default() });
}

#[test]
fn a_persons_change_of_what_was_chosen_here_wins_where_both_cannot_be_kept() {
    let json = |words: &str| serde_json::to_string(&Document::plain(words)).unwrap();
    let started = || {
        let (mut pair, mut seen) = at_rest();
        seen.description = Document::plain("a\nb\nc");
        look(&mut pair, &seen);
        choose(&mut pair, &[], "description", &json("X\nb\nc"), None).unwrap();
        seen.updated_ms += 1;
        (pair, seen)
    };
    let (mut pair, mut seen) = started();
    seen.description = Document::plain("Y\nb\nC");
    let lost = look(&mut pair, &seen);
    let (kept, gone) = (json("Y\nb\nC"), json("X\nb\nc"));
    assert_eq!(lost, [Lost { field: "description".to_owned(), ours_won: true, kept, lost: gone }]);
    assert_eq!((pair.description.base_remote, pair.description.chosen), (Some(seen.description), None));
    // What was chosen and more: nothing is left to write.
    let (mut pair, mut seen) = started();
    seen.description = Document::plain("X\nb\nc\nd");
    assert_eq!(look(&mut pair, &seen), []);
    assert_eq!((pair.description.base_remote, pair.description.chosen), (Some(seen.description), None));
}

#[test]
fn of_an_issue_that_turned_out_to_be_another_only_the_versions_stay() {
    let (mut pair, _) = at_rest();
    pair.theirs = Some(TheirIssue { key: "G-1".to_owned(), link: String::new() });
    pair.state = PairState::Unlinked { reason: "moved".to_owned() };
    let before = pair.clone();
    let another = OurIssue { id: "99".into(), key: "P-99".into(), url: String::new() };
    take_another(&mut pair, another.clone(), None);
    let mut new = Pair::new(before.id, before.connection, before.origin, before.owner);
    new.summary.version = before.summary.version;
    new.description.version = before.description.version;
    new.issue_type.version = before.issue_type.version;
    assert_ne!(new.summary.version, Version::default());
    let (ours, theirs) = (Some(another), before.theirs);
    assert_eq!(pair, Pair { ours, theirs, state: before.state, whole: true, ..new });
}

#[test]
fn f08_texts_that_our_account_replaced_since_the_last_look_are_recalled() {
    let (mut pair, mut seen) = at_rest();
    let replaced = |id, field: &str| {
        let [theirs, our] = ["a person's", "ours"].map(|words| format!("{words} {field}"));
        [entry(id, false, field, &theirs), entry(id + 1, true, field, &our)]
    };
    let all = ["summary", "description", "issuetype"];
    seen.history = all.iter().zip([1, 3, 5]).flat_map(|(field, id)| replaced(id, field)).collect();
    let lost = |field: &'static str| {
        let json = |words: &str| match field {
            "description" => serde_json::to_string(&Document::plain(words)).unwrap(),
            _ => format!("\"{words}\""),
        };
        let (kept, lost) = (json(&format!("ours {field}")), json(&format!("a person's {field}")));
        Lost { field: field.to_owned(), ours_won: false, kept, lost }
    };
    assert_eq!(recalled(&pair, &seen, i64::MAX), all.map(lost));
    // A look of the same moment is none of before.
    let local = pair.local.as_mut().unwrap();
    (local.updated_ms, local.history) = (seen.updated_ms, seen.history[..2].to_vec());
    assert_eq!(
        recalled(&pair, &seen, i64::MAX),
        [lost("description"), lost("issuetype")],
        "the first was known"
    );
    pair.local.as_mut().unwrap().updated_ms += 1;
    assert_eq!(recalled(&pair, &seen, i64::MAX), [], "what a late index shows");
    pair.local = None;
    assert_eq!(recalled(&pair, &seen, i64::MAX).len(), 3);
    let at_ms = |id: usize| seen.history[id - 1].at_ms;
    assert_eq!(recalled(&pair, &seen, at_ms(4)).len(), 2, "what was replaced in this run, it remembers");
    assert_eq!(recalled(&pair, &seen, at_ms(2) - 1), []);
}

#[test]
fn a_comment_counts_up_when_its_author_edits_hides_or_shows_it() {
    let (mut pair, mut seen) = at_rest();
    for (words, version) in [("public", 1), ("edited", 2), ("edited", 2)] {
        seen.comments[0].body = Document::plain(words);
        seen.updated_ms += 1;
        look(&mut pair, &seen);
        assert_eq!(pair.comments[0].version, version);
    }
    for (restricted, version) in [(true, 3), (true, 3), (false, 4)] {
        seen.comments[0].restricted = restricted;
        seen.updated_ms += 1;
        look(&mut pair, &seen);
        assert_eq!((pair.comments[0].version, pair.comments[0].withdrawn), (version, restricted));
    }
    // What somebody makes of a twin that stands here is nobody's change.
    pair.comments[0].author = Side::Theirs;
    seen.comments[0].body = Document::plain("by the way");
    seen.updated_ms += 1;
    look(&mut pair, &seen);
    assert_eq!(pair.comments[0].version, 4);
}

#[test]
fn j29_an_internal_comment_leaves_only_where_the_admin_said_so() {
    let made = |rules: &Rules| {
        let (mut pair, mut seen) = at_rest();
        seen.comments.push(ObservedComment { internal: true, ..said("7", "for agents") });
        look_with(&mut pair, &seen, &[], rules);
        let kept = pair.local.as_ref().and_then(|seen| seen.comments.last()).map(|c| c.restricted);
        (pair.comments.len() - 1, kept)
    };
    assert_eq!(made(&Rules::basic()), (0, Some(true)), "it counts as kept from the partner");
    assert_eq!(made(&Rules { internal_comments: true, ..Rules::basic() }), (1, Some(false)));
}

/// What an admin's change of mind makes of comments that were written before it.
#[test]
fn j29_older_internal_comments_leave_or_are_withdrawn_at_the_next_look() {
    let (mut pair, mut seen) = at_rest();
    seen.comments.push(ObservedComment { internal: true, ..said("7", "for agents") });
    let open = Rules { internal_comments: true, ..Rules::basic() };
    let mut met = |rules: &Rules| {
        look_with(&mut pair, &seen, &[], rules);
        pair.comments.get(1).map(|c| (c.version, c.withdrawn))
    };
    assert_eq!(met(&Rules::basic()), None);
    assert_eq!(met(&open), Some((1, false)), "written before, it leaves now");
    assert_eq!(met(&open), Some((1, false)), "once");
    assert_eq!(met(&Rules::basic()), Some((2, true)), "and is taken back");
    assert_eq!(met(&open), Some((3, false)));
}

#[test]
fn a_new_comment_is_ours_unless_it_is_restricted_or_may_be_what_we_are_writing() {
    let new = |open: &[Intent], restricted, rules: &Rules| {
        let (mut pair, mut seen) = at_rest();
        seen.comments.push(ObservedComment { restricted, ..said("7", "new") });
        look_with(&mut pair, &seen, open, rules);
        pair.comments.split_off(1)
    };
    let made = new(&[], false, &Rules::basic());
    let origin = ours("acme/c/7");
    let base_hash = twinline_engine::body_hash(&Document::plain("new"));
    let own = Comment { ours: Some("7".into()), version: 1, base_hash, ..Comment::new(origin, Side::Ours) };
    assert_eq!(made, [own]);
    assert_eq!(new(&[], true, &Rules::basic()), []);
    assert_eq!(new(&[], false, &Rules { comments: false, ..Rules::basic() }), []);
    let (origin, body) = (of_globex("c/1"), Document::plain("new"));
    let adding = intent(Write::AddComment { origin, version: 1, body });
    assert_eq!(new(&[adding], false, &Rules::basic()), []);
}

#[test]
fn f08_a_comment_that_the_partner_remembers_for_us_is_met_once_and_only_where_it_is_ours() {
    let remembered = || {
        let (mut pair, mut seen) = at_rest();
        pair.comments = vec![
            Comment::new(of_globex("c/1"), Side::Theirs),
            Comment { version: 3, done: 3, ..Comment::new(ours("acme/c/7"), Side::Ours) },
        ];
        seen.comments = vec![said("7", "ours")];
        (pair, seen)
    };
    let (mut pair, seen) = remembered();
    look(&mut pair, &seen);
    assert_eq!(pair.comments.len(), 2);
    assert_eq!(pair.comments[0].ours, None);
    assert_eq!(pair.comments[1].ours, Some("7".into()));
    assert_eq!(pair.comments[1].version, 4, "nobody knows whether it still says the same");
    // A twin that we wrote is not.
    let (mut pair, mut seen) = remembered();
    seen.comments = vec![marked("7", of_globex("c/2"))];
    look(&mut pair, &seen);
    assert_eq!(pair.comments[1].ours, None);
    // Nor one that stands for something else already, or was set apart.
    let (mut pair, seen) = remembered();
    pair.comments[0].ours = Some("7".into());
    look(&mut pair, &seen);
    assert_eq!(pair.comments[1].ours, None);
    let (mut pair, seen) = remembered();
    pair.strays.push("7".into());
    look(&mut pair, &seen);
    assert_eq!((pair.comments.len(), &pair.comments[1].ours), (2, &None));
}

/// The pair after a comment with this marker was met, if it was known like this before.
fn met(known: Option<Comment>, origin: Origin) -> Pair {
    let (mut pair, mut seen) = at_rest();
    pair.comments = known.into_iter().collect();
    seen.comments = vec![marked("7", origin)];
    look(&mut pair, &seen);
    pair
}

fn twin() -> Comment {
    let (author, created_ms, body) = ("Gus".to_owned(), 0, Document::plain("hello"));
    let incoming = Some(IncomingComment { author, created_ms, body });
    Comment { version: 3, incoming, ..Comment::new(of_globex("c/1"), Side::Theirs) }
}

#[test]
fn f71_a_late_write_of_ours_is_the_twin_where_the_place_is_free() {
    let base_hash = twinline_engine::body_hash(&Document::plain("a twin"));
    let stands =
        |comment: Comment| Comment { ours: Some("7".into()), base_hash: base_hash.clone(), ..comment };
    let pair = met(Some(twin()), of_globex("c/1"));
    assert_eq!(pair.comments, [stands(Comment { done: 1, ..twin() })], "the newest version is still to come");
    let done = Comment { done: 2, ..twin() };
    assert_eq!(met(Some(done.clone()), of_globex("c/1")).comments, [stands(done)]);
    let idle = Comment { incoming: None, done: 3, ..twin() };
    assert_eq!(met(Some(idle.clone()), of_globex("c/1")).comments, [stands(idle)]);
    // Nobody remembers it: our database was set back.
    let unknown = Comment::new(of_globex("c/1"), Side::Theirs);
    assert_eq!(met(None, of_globex("c/1")).comments, [stands(unknown)]);
}

#[test]
fn f71_a_late_write_of_ours_is_set_apart_where_the_place_is_taken_or_makes_no_sense() {
    let taken = Comment { ours: Some("6".into()), ..twin() };
    let pair = met(Some(taken.clone()), of_globex("c/1"));
    assert_eq!((pair.comments, pair.strays), (vec![taken], vec!["7".into()]));
    let pair = met(None, ours("acme/c/1"));
    assert_eq!(
        (pair.comments, pair.strays),
        (vec![], vec!["7".into()]),
        "nobody copies our own comments here"
    );
}

#[test]
fn f61_a_comment_that_was_withdrawn_before_we_knew_where_it_stands_is_taken_back() {
    let withdrawn = Comment { withdrawn: true, done: 3, incoming: None, ..twin() };
    let known = met(Some(withdrawn), of_globex("c/1")).comments.remove(0);
    assert_eq!(known.done, 2, "one version is to be written");
    assert_eq!(known.incoming.map(|i| i.body), Some(Document::default()));
    // It was on its way.
    let waits = Comment { withdrawn: true, ..twin() };
    let known = met(Some(waits), of_globex("c/1")).comments.remove(0);
    assert_eq!((known.done, known.incoming), (1, twin().incoming));
}

#[test]
fn a_file_of_our_account_that_was_left_for_later_keeps_the_issue_open() {
    let (mut pair, mut seen) = at_rest();
    assert!(!leaves_open(&pair, &seen));
    let file = crate::seen_files::listed("1", "a.txt");
    seen.attachments = vec![file.clone()];
    assert!(!leaves_open(&pair, &seen), "a person's is met at once");
    seen.attachments[0].by_us = true;
    assert!(leaves_open(&pair, &seen));
    pair.attachments = vec![crate::composed::file(Side::Ours, "a/1")];
    assert!(!leaves_open(&pair, &seen), "it is known");
}

/// A write that was given up landed after all, over what a person had written since: what waits stands there, theirs is kept.
#[test]
fn f75_what_a_write_that_was_given_up_replaced_is_kept() {
    let changed = |id, by_us, to: &str| HistoryEntry {
        id,
        at_ms: 0,
        by_us,
        fields: vec!["summary".to_owned()],
        changes: vec![HistoryChange { field: "summary".to_owned(), from: None, to: Some(to.to_owned()) }],
    };
    let met = |history: Vec<HistoryEntry>| {
        let (mut pair, mut seen) = at_rest();
        let version = Version { owner: pair.summary.version.owner, other: 1 };
        pair.summary.remote = Some(Versioned { version, value: "theirs".to_owned() });
        (seen.summary, seen.history) = ("theirs".to_owned(), history);
        let lost = look(&mut pair, &seen);
        assert_eq!((pair.summary.remote, pair.summary.version), (None, version), "nothing is left to write");
        lost
    };
    let lost = met(vec![changed(7, false, "Ana's"), changed(8, true, "theirs")]);
    let (kept, gone) = ("\"theirs\"".to_owned(), "\"Ana's\"".to_owned());
    assert_eq!(lost, [Lost { field: "summary".to_owned(), ours_won: false, kept, lost: gone }]);
    assert_eq!(met(vec![changed(7, false, "Ana's"), changed(8, false, "theirs")]), [], "people wrote both");
    assert_eq!(met(Vec::new()), []);
}
