//! A write was answered, or a probe found out what became of it: what of it is `base` now, and what people hear.

use twinline_engine::{Lost, Note, Outcome, Settled, body_hash, is_applied, known, settle};
use twinline_model::intent::{FieldWrite, IssueFields, Write};
use twinline_model::observed::{HistoryChange, HistoryEntry, ObservedComment, ObservedIssue};
use twinline_model::pair::{
    Attachment, Comment, Doubt, Field, Gone, IncomingComment, OurIssue, Pair, Side, Unread,
};
use twinline_model::replica::{Version, Versioned};
use twinline_model::view::{ActivityKind, Direction};
use twinline_model::{BlobHash, Document, NodeId, Origin};

use crate::composed::file;
use crate::observed::{at_rest, intent};
use crate::seen_files::listed;

const NEXT: Version = Version { owner: 1, other: 1 };

fn of_globex(item: &str) -> Origin {
    Origin { node: NodeId::new("globex"), item: format!("globex/{item}") }
}

fn line(value: &str, theirs: &str) -> Option<FieldWrite<String>> {
    Some(FieldWrite {
        version: NEXT,
        value: value.to_owned(),
        theirs: theirs.to_owned(),
        again: false,
        rest: None,
    })
}

/// A write of all three fields.
fn all() -> IssueFields {
    let (value, theirs) = (Document::plain("new text"), Document::plain("raw text"));
    IssueFields {
        summary: line("new", " new "),
        description: Some(FieldWrite { version: NEXT, value, theirs, again: false, rest: None }),
        issue_type: line("Task", "Epic"),
        ..IssueFields::default()
    }
}

fn only_summary() -> IssueFields {
    IssueFields { summary: line("new", " new "), ..IssueFields::default() }
}

fn note(kind: ActivityKind, message: &'static str) -> Note {
    Note::new(Direction::In, kind, message)
}

fn notes(notes: Vec<Note>) -> Settled {
    Settled { notes, lost: Vec::new() }
}

fn applied<T: Clone>(write: &Option<FieldWrite<T>>, unread: Unread) -> Field<T> {
    let write = write.as_ref().unwrap();
    Field {
        version: NEXT,
        sent: NEXT,
        base_local: Some(write.value.clone()),
        base_remote: Some(write.theirs.clone()),
        unread: Some(unread),
        ..Field::default()
    }
}

fn entry(id: u64, field: &str, to: &str) -> HistoryEntry {
    let change = HistoryChange { field: field.to_owned(), from: None, to: Some(to.to_owned()) };
    HistoryEntry { id, at_ms: 0, by_us: true, fields: vec![field.to_owned()], changes: vec![change] }
}

/// As the issue stands after all three were written.
fn written(mut seen: ObservedIssue) -> ObservedIssue {
    (seen.summary, seen.description) = ("new".to_owned(), Document::plain("new text"));
    seen.issue_type = "Task".to_owned();
    seen
}

#[test]
fn an_edit_took_effect_if_every_field_stands_there_or_did_since() {
    let (_, before) = at_rest();
    let before = ObservedIssue { issue_type: "Bug".to_owned(), ..before };
    let seen = written(before.clone());
    assert!(
        is_applied(&all(), 5, i64::MIN, &seen) && is_applied(&IssueFields::default(), 5, i64::MIN, &before)
    );
    let others = [
        ObservedIssue { summary: before.summary.clone(), ..seen.clone() },
        ObservedIssue { description: before.description.clone(), ..seen.clone() },
        ObservedIssue { issue_type: before.issue_type.clone(), ..seen },
    ];
    let entries = [("summary", "new"), ("description", "new text"), ("issuetype", "Task")];
    for (mut seen, (field, to)) in others.into_iter().zip(entries) {
        assert!(!is_applied(&all(), 5, i64::MIN, &seen), "{field}");
        seen.history = vec![entry(5, field, to)];
        assert!(!is_applied(&all(), 5, i64::MIN, &seen), "{field}: that was an earlier one");
        seen.history = vec![entry(6, field, to)];
        assert!(is_applied(&all(), 5, i64::MIN, &seen), "{field}: a person changed it since");
    }
}

#[test]
fn that_a_text_stands_there_which_stood_before_proves_nothing() {
    let (_, before) = at_rest();
    let (mut seen, mut fields) = (written(before), all());
    let stood = |write: &mut FieldWrite<String>| write.again = true;
    fields.summary.as_mut().into_iter().chain(fields.issue_type.as_mut()).for_each(stood);
    assert!(is_applied(&fields, 5, i64::MIN, &seen), "the description tells for all three");
    fields.description = None;
    assert!(!is_applied(&fields, 5, i64::MIN, &seen), "it may be on its way still");
    seen.history = vec![entry(6, "summary", "new")];
    assert!(is_applied(&fields, 5, i64::MIN, &seen), "another text stood there when it landed");
}

/// The probe asked just before it landed, and people had written meanwhile: nobody has looked at what they wrote.
#[test]
fn f75_an_edit_that_landed_after_the_probe_keeps_what_it_replaced() {
    let (mut pair, mut seen) = at_rest();
    let write = Write::EditIssue { fields: all(), last_history: 5 };
    let settled = |pair: &mut Pair| settle(pair, &intent(write.clone()), &Outcome::NotApplied);
    assert_eq!(settled(&mut pair), Settled::default());
    let by_ana = |id, field, to| HistoryEntry { by_us: false, ..entry(id, field, to) };
    seen.history = vec![by_ana(6, "description", "Ana's"), entry(7, "description", "new text")];
    pair.local = Some(seen.clone());
    let lost = settled(&mut pair).lost;
    let json = |words| serde_json::to_string(&Document::plain(words)).unwrap();
    let kept = Lost {
        field: "description".to_owned(),
        ours_won: false,
        kept: json("new text"),
        lost: json("Ana's"),
    };
    assert_eq!(lost, [kept]);
    // Read before the edit was sent, and an edit of other words.
    seen.history[0].id = 4;
    pair.local = Some(seen.clone());
    assert_eq!(settled(&mut pair).lost, []);
    seen.history = vec![by_ana(6, "summary", "Ana's"), entry(7, "summary", "others")];
    pair.local = Some(seen);
    assert_eq!(settled(&mut pair).lost, []);
}

#[test]
fn the_twin_that_was_made_is_ours_and_says_as_what_it_was_made() {
    let ours = OurIssue { id: "7".into(), key: "P-7".into(), url: String::new() };
    let unread = Unread { after: 0, entries: 0 };
    for (theirs, message) in [("task", "activity-in-created"), ("Epic", "activity-in-created-as")] {
        let (pair, _) = at_rest();
        let mut pair = Pair::new(pair.id, pair.connection, pair.origin, Side::Theirs);
        let fields = IssueFields { issue_type: line("Task", theirs), ..all() };
        let write = Write::CreateIssue { fields: fields.clone(), above: 0, attempt: 0 };
        let mut made = note(ActivityKind::Issue, message);
        if message == "activity-in-created-as" {
            made = made.with("theirs_type", theirs);
        }
        let settled = settle(&mut pair, &intent(write), &Outcome::Created(ours.clone()));
        assert_eq!(settled, notes(vec![made.with("type", "Task")]));
        assert_eq!(pair.ours.as_ref(), Some(&ours));
        assert_eq!(pair.summary, applied(&fields.summary, unread));
        assert_eq!(pair.description, applied(&fields.description, unread));
        assert_eq!(pair.issue_type, applied(&fields.issue_type, unread));
    }
}

#[test]
fn f71_creates_that_were_given_up_are_counted_whichever_of_them_made_the_twin() {
    let (known, _) = at_rest();
    let fresh = || Pair::new(known.id, known.connection.clone(), known.origin.clone(), Side::Theirs);
    let write = |attempt| intent(Write::CreateIssue { fields: all(), above: 0, attempt });
    let ours = || OurIssue { id: "7".into(), key: "P-7".into(), url: String::new() };
    let after = |attempt, outcome| {
        let mut pair = fresh();
        pair.given_up = attempt;
        settle(&mut pair, &write(attempt), &outcome);
        (pair.given_up, pair.ours.is_some())
    };
    assert_eq!(after(0, Outcome::NotApplied), (1, false));
    assert_eq!(after(1, Outcome::NotApplied), (2, false));
    assert_eq!(after(1, Outcome::Created(ours())), (1, true));
    assert_eq!(after(1, Outcome::Met(ours(), 1)), (1, true));
    assert_eq!(after(1, Outcome::Met(ours(), 0)), (2, true), "the second may land yet");

    // The first is given up, the partner changes the type, and then the first lands while the second is on its way.
    let newer = FieldWrite { version: Version { owner: 2, other: 0 }, ..line("Bug", "Bug").expect("a type") };
    let mut pair = fresh();
    settle(&mut pair, &write(0), &Outcome::NotApplied);
    let fields = IssueFields { issue_type: Some(newer), ..all() };
    let second = intent(Write::CreateIssue { fields, above: 0, attempt: 1 });
    settle(&mut pair, &second, &Outcome::Met(ours(), 0));
    let first = all().issue_type.expect("a type");
    assert_eq!(pair.issue_type.base_local, Some(first.value), "what the first wrote stands there");
    assert_eq!(pair.issue_type.version, first.version);
    assert_eq!((pair.late.len(), pair.made_by), (0, Some(0)));

    let mut pair = fresh();
    for attempt in 0..20 {
        settle(&mut pair, &write(attempt), &Outcome::NotApplied);
    }
    let kept: Vec<u32> = pair.late.iter().map(|(by, _)| *by).collect();
    assert_eq!((pair.given_up, kept), (20, (12..20).collect()), "a refusal that never ends fills nothing");
}

#[test]
fn what_an_edit_wrote_is_base_and_each_field_is_told() {
    let (mut pair, seen) = at_rest();
    let write = Write::EditIssue { fields: all(), last_history: 4 };
    let settled = settle(&mut pair, &intent(write), &Outcome::Edited(Box::new(written(seen))));
    let told = |field| note(ActivityKind::Change, "activity-in-changed").with("field", field);
    assert_eq!(settled, notes(["summary", "description", "type"].map(told).into()));
    let unread = Unread { after: 4, entries: 1 };
    assert_eq!(pair.summary, applied(&all().summary, unread));
    assert_eq!(pair.description, applied(&all().description, unread));
    assert_eq!(pair.issue_type, applied(&all().issue_type, unread));
}

#[test]
fn after_a_lost_answer_only_what_the_issue_shows_is_base() {
    let (before, seen) = at_rest();
    let settled = |seen: &ObservedIssue, fields: IssueFields| {
        let mut pair = before.clone();
        let write = intent(Write::EditIssue { fields, last_history: 4 });
        let told = settle(&mut pair, &write, &Outcome::Reread(Box::new(seen.clone())));
        (pair, told.notes.len())
    };
    assert_eq!(settled(&seen, only_summary()), (before.clone(), 0));
    let mut stands = seen.clone();
    (stands.summary, stands.issue_type) = ("new".to_owned(), "Bug".to_owned());
    let (pair, told) = settled(&stands, all());
    assert_eq!((pair.summary.version, pair.description.version, told), (NEXT, before.description.version, 1));
    // A person changed it since.
    let mut did = seen;
    did.history = vec![entry(5, "summary", "new")];
    assert_eq!(settled(&did, only_summary()).0.summary.version, NEXT);
}

#[test]
fn f75_a_text_that_a_write_replaced_unseen_is_kept_as_a_text() {
    let (mut pair, seen) = at_rest();
    let mut seen = written(seen);
    let unseen = HistoryEntry { by_us: false, ..entry(5, "description", "unseen") };
    seen.history = vec![unseen, entry(6, "description", "new text")];
    let write = Write::EditIssue { fields: all(), last_history: 4 };
    let settled = settle(&mut pair, &intent(write), &Outcome::Edited(Box::new(seen)));
    let [kept, lost] = ["new text", "unseen"].map(|t| serde_json::to_string(&Document::plain(t)).unwrap());
    assert_eq!(settled.lost, [Lost { field: "description".to_owned(), ours_won: false, kept, lost }]);
}

/// The summary after a write of it was answered, if it had become this meanwhile.
fn meanwhile(change: impl FnOnce(&mut Field<String>)) -> [Field<String>; 2] {
    let (mut pair, seen) = at_rest();
    change(&mut pair.summary);
    let before = pair.summary.clone();
    let write = Write::EditIssue { fields: only_summary(), last_history: 4 };
    settle(&mut pair, &intent(write), &Outcome::Edited(Box::new(written(seen))));
    [before, pair.summary]
}

#[test]
fn what_was_written_takes_the_place_of_all_that_came_before_it() {
    let [_, after] = meanwhile(|summary| {
        let old = Versioned { version: summary.version, value: "old".to_owned() };
        (summary.chosen, summary.ancestors) = (Some("chosen".to_owned()), vec![old]);
        summary.there = Some("there".to_owned());
        summary.remote = Some(Versioned { version: NEXT, value: " new ".to_owned() });
    });
    assert_eq!(after, applied(&only_summary().summary, Unread { after: 4, entries: 1 }));
}

#[test]
fn what_came_while_a_write_was_on_its_way_stays_to_be_done() {
    let newer = Versioned { version: Version { owner: 1, other: 2 }, value: "newer".to_owned() };
    let [_, after] = meanwhile(|summary| summary.remote = Some(newer.clone()));
    assert_eq!((after.version, after.remote), (NEXT, Some(newer)));
    // A change of ours, which the partner has yet to hear of.
    let [before, after] = meanwhile(|summary| summary.version = Version { owner: 2, other: 0 });
    assert_eq!(after, before);
    let [before, after] = meanwhile(|summary| summary.version = Version { owner: 2, other: 1 });
    assert_eq!(after, before);
    let [before, after] = meanwhile(|summary| summary.version = NEXT);
    assert_eq!(after, before, "the same version, and nothing was decided here");
}

#[test]
fn what_was_decided_here_is_done_once_it_was_written_and_not_before() {
    let written = |chosen: &str, version| {
        meanwhile(|summary| (summary.version, summary.chosen) = (version, Some(chosen.to_owned())))
    };
    let (base_local, unread) = (Some("new".to_owned()), Some(Unread { after: 4, entries: 1 }));
    let [before, after] = written(" new ", NEXT);
    assert_eq!(after, Field { chosen: None, base_local: base_local.clone(), unread, ..before });
    // A person chose another text while it was on its way.
    for version in [NEXT, Version { owner: 2, other: 1 }] {
        let [before, after] = written("another", version);
        assert_eq!(after, Field { base_local: base_local.clone(), unread, ..before });
    }
}

/// A comment of globex's of which version 2 is to be written, and another one.
fn to_write() -> (Pair, [Comment; 2]) {
    let (mut pair, _) = at_rest();
    let (author, created_ms, body) = ("Gus".to_owned(), 0, Document::plain("hello"));
    let incoming = Some(IncomingComment { author, created_ms, body });
    let comments = ["c/1", "c/2"].map(|item| {
        let new = Comment::new(of_globex(item), Side::Theirs);
        Comment { version: 2, incoming: incoming.clone(), doubt: true, ..new }
    });
    pair.comments = comments.to_vec();
    (pair, comments)
}

fn adding(version: u64) -> Write {
    Write::AddComment { origin: of_globex("c/1"), version, body: Document::plain("Gus: hello") }
}

fn changing(version: u64) -> Write {
    let (origin, body) = (of_globex("c/1"), Document::plain("Gus: hello"));
    Write::EditComment { origin, comment: "7".into(), version, body }
}

fn stands(words: &str) -> ObservedComment {
    ObservedComment {
        id: "7".into(),
        author: "twinline".to_owned(),
        created_ms: 0,
        updated_ms: 0,
        body: Document::plain(words),
        restricted: false,
        internal: false,
        leaves_as: None,
        by_us: true,
        marker: None,
    }
}

#[test]
fn a_comment_that_was_written_is_known_by_what_stands_there() {
    let read_back = "Gus: hello!";
    for (write, message) in [(adding(2), "activity-in-comment"), (changing(2), "activity-in-comment-edited")]
    {
        let (mut pair, [first, second]) = to_write();
        let settled = settle(&mut pair, &intent(write), &Outcome::Commented(stands(read_back)));
        assert_eq!(settled, notes(vec![note(ActivityKind::Comment, message).with("author", "Gus")]));
        let base_hash = body_hash(&Document::plain(read_back));
        let done = Comment { ours: Some("7".into()), done: 2, base_hash, incoming: None, ..first };
        assert_eq!(pair.comments, [done, second]);
    }
    // A newer version came meanwhile, or stands there already.
    let (mut pair, [first, _]) = to_write();
    settle(&mut pair, &intent(adding(1)), &Outcome::Commented(stands("Gus: hello")));
    assert_eq!((pair.comments[0].done, &pair.comments[0].incoming), (1, &first.incoming));
    settle(&mut pair, &intent(adding(0)), &Outcome::Commented(stands("Gus: hello")));
    assert_eq!(pair.comments[0].done, 1);
    // Nobody knows it any more.
    pair.comments.clear();
    let outcome = Outcome::Commented(stands("Gus: hello"));
    assert_eq!(settle(&mut pair, &intent(adding(2)), &outcome), Settled::default());
}

#[test]
fn a_comment_that_a_probe_met_shows_the_version_that_was_written_or_an_earlier_one() {
    for (words, done) in [("Gus: hello", 2), ("Gus: before", 0)] {
        let (mut pair, [first, _]) = to_write();
        settle(&mut pair, &intent(adding(2)), &Outcome::CommentFound(stands(words)));
        let comment = &pair.comments[0];
        assert_eq!((comment.done, comment.ours.as_ref()), (done, Some(&"7".into())));
        assert_eq!(comment.incoming, first.incoming.filter(|_| done < 2), "{words}");
    }
}

#[test]
fn a_twin_that_is_gone_is_not_written_again_until_its_author_changes_it() {
    let (mut pair, [first, second]) = to_write();
    settle(&mut pair, &intent(changing(1)), &Outcome::CommentGone);
    assert_eq!(pair.comments, [Comment { done: 1, ..first.clone() }, second.clone()]);
    settle(&mut pair, &intent(changing(2)), &Outcome::CommentGone);
    assert_eq!(pair.comments, [Comment { done: 2, incoming: None, ..first.clone() }, second]);
    known(&mut pair, &first.origin, 1);
    assert_eq!(pair.comments[0].done, 2, "it never goes back");
}

#[test]
fn a_comment_that_was_looked_for_long_enough_may_be_written() {
    let (mut pair, [first, second]) = to_write();
    assert_eq!(settle(&mut pair, &intent(adding(2)), &Outcome::NotApplied), Settled::default());
    assert_eq!(pair.comments, [Comment { doubt: false, ..first }, second]);
}

#[test]
fn a_file_that_was_looked_for_long_enough_may_be_uploaded_and_then_is_ours() {
    let (mut pair, _) = at_rest();
    let [first, second] =
        ["a/1", "a/2"].map(|item| Attachment { ours: None, doubt: Doubt::Some, ..file(Side::Theirs, item) });
    pair.attachments = vec![first.clone(), second.clone()];
    let by_us = |id: &str, name: &str| twinline_model::observed::ObservedAttachment {
        by_us: true,
        ..listed(id, name)
    };
    pair.local.as_mut().unwrap().attachments = vec![by_us("5", &first.file_name), by_us("6", "b.txt")];
    let write = intent(Write::AddAttachment {
        origin: first.origin.clone(),
        sha256: BlobHash::new("ab".repeat(32)),
        file_name: "a.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        known: Vec::new(),
    });
    assert_eq!(settle(&mut pair, &write, &Outcome::NotApplied), Settled::default());
    let cleared = Attachment { doubt: Doubt::None, looked: vec!["5".into()], ..first };
    assert_eq!(pair.attachments, [cleared.clone(), second.clone()]);
    let settled = settle(&mut pair, &write, &Outcome::Attached(listed("7", "a (1).txt")));
    let told = note(ActivityKind::Attachment, "activity-in-attachment").with("file", "a.txt");
    assert_eq!(settled, notes(vec![told]));
    assert_eq!(pair.attachments, [Attachment { ours: Some("7".into()), ..cleared }, second]);
}

#[test]
fn a_file_that_we_took_away_is_gone_on_both_sides() {
    let (mut pair, _) = at_rest();
    let [first, second] =
        ["a/1", "a/2"].map(|item| Attachment { gone: Gone::There, ..file(Side::Ours, item) });
    pair.attachments = vec![first.clone(), second.clone()];
    let remove = |origin: &Origin| {
        let origin = origin.clone();
        intent(Write::RemoveAttachment { origin, attachment: "1".into() })
    };
    let settled = settle(&mut pair, &remove(&first.origin), &Outcome::Removed);
    let told = note(ActivityKind::Attachment, "activity-in-attachment-removed").with("file", "a.txt");
    assert_eq!(settled, notes(vec![told]));
    assert_eq!(pair.attachments, [Attachment { gone: Gone::Both, ..first }, second]);
    let unknown = settle(&mut pair, &remove(&of_globex("a/9")), &Outcome::Removed);
    assert_eq!(unknown, Settled::default());
}

#[test]
fn an_answer_that_does_not_fit_the_write_changes_nothing() {
    let (mut pair, _) = to_write();
    let before = pair.clone();
    let edit = Write::EditIssue { fields: all(), last_history: 0 };
    for (write, outcome) in [
        (edit.clone(), Outcome::NotApplied),
        (edit, Outcome::Commented(stands("x"))),
        (changing(2), Outcome::NotApplied),
        (changing(2), Outcome::CommentFound(stands("x"))),
        (adding(2), Outcome::CommentGone),
        (adding(2), Outcome::Removed),
    ] {
        assert_eq!(settle(&mut pair, &intent(write), &outcome), Settled::default());
        assert_eq!(pair, before, "{outcome:?}");
    }
}
