//! What is to be done next: one thing of each kind at a time, in order, and nothing that cannot be done.

use twinline_engine::{Forms, Step, body_hash, doubt_what_waits, flags, plan};
use twinline_model::intent::{FieldWrite, Intent, IssueFields, Write};
use twinline_model::notice::{Notice, Says};
use twinline_model::observed::HistoryEntry;
use twinline_model::pair::{
    Attachment, Comment, Field, Gone, IncomingComment, Pair, PairState, Side, TheirIssue,
};
use twinline_model::replica::{Version, Versioned};
use twinline_model::view::PairStanding;
use twinline_model::{BlobHash, Document, NodeId, Origin};

use crate::company::Plain;
use crate::composed::file;
use crate::observed::{at_rest, intent};

const NEXT: Version = Version { owner: 1, other: 1 };

fn of_globex(item: &str) -> Origin {
    Origin { node: NodeId::new("globex"), item: format!("globex/{item}") }
}

fn waits<T>(value: T) -> Option<Versioned<T>> {
    Some(Versioned { version: NEXT, value })
}

fn write<T>(value: T, theirs: T) -> Option<FieldWrite<T>> {
    Some(FieldWrite { version: NEXT, value, theirs, again: false, rest: None })
}

/// A pair at rest, of which the partner has everything.
fn quiet() -> Pair {
    let (mut pair, _) = at_rest();
    pair.comments[0].done = 1;
    pair.theirs = Some(TheirIssue { key: "G-1".to_owned(), link: String::new() });
    (pair.summary.sent, pair.description.sent) = (pair.summary.version, pair.description.version);
    pair.issue_type.sent = pair.issue_type.version;
    pair
}

/// New words of the partner's for each of the three fields.
fn words(pair: &mut Pair) {
    pair.summary.remote = waits(" new ".to_owned());
    pair.description.remote = waits(Document::plain("raw"));
    pair.issue_type.remote = waits("Epic".to_owned());
}

/// What is written for them here.
fn written() -> IssueFields {
    IssueFields {
        summary: write("new".to_owned(), " new ".to_owned()),
        description: write(Document::plain("cooked"), Document::plain("raw")),
        issue_type: write("Task".to_owned(), "Epic".to_owned()),
        ..IssueFields::default()
    }
}

/// A comment of globex's that is still to be written.
fn comment(item: &str) -> Comment {
    let (author, created_ms, body) = ("Gus".to_owned(), 0, Document::plain("hello"));
    let incoming = Some(IncomingComment { author, created_ms, body });
    Comment { version: 2, incoming, ..Comment::new(of_globex(item), Side::Theirs) }
}

fn awaited(item: &str) -> Attachment {
    Attachment { ours: None, sent: false, ..file(Side::Theirs, item) }
}

fn upload(of: &Attachment) -> Write {
    Write::AddAttachment {
        origin: of.origin.clone(),
        sha256: BlobHash::new("ab".repeat(32)),
        file_name: "a.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        known: Vec::new(),
    }
}

fn steps(pair: &Pair, open: &[Intent]) -> Vec<Step> {
    plan(pair, open, &Plain, &|_| true, 7)
}

fn write_comment(item: &str) -> Write {
    Write::AddComment { origin: of_globex(item), version: 2, body: Document::plain("Gus:\nhello") }
}

/// A database that is set back to between their coming and their writing finds them waiting, and their twins stand already.
#[test]
fn f08_what_waited_when_a_database_was_set_back_is_looked_for_first() {
    let mut pair = quiet();
    assert!(!doubt_what_waits(&mut pair), "what stands or was written here is known");
    let file = awaited("a");
    pair.comments.push(comment("c"));
    pair.attachments.push(file.clone());
    let (written, uploaded) = (write_comment("c"), upload(&file));
    assert_eq!(steps(&pair, &[]), [Step::Write(written.clone()), Step::Write(uploaded.clone())]);
    assert!(doubt_what_waits(&mut pair));
    assert_eq!(steps(&pair, &[]), [Step::Doubt(written), Step::Doubt(uploaded)]);
    assert!(!doubt_what_waits(&mut pair), "once");
}

#[test]
fn there_is_nothing_to_do_at_rest() {
    assert_eq!(steps(&quiet(), &[]), []);
    assert_eq!(flags(&quiet(), &[], false), (false, false, PairStanding::InStep));
}

#[test]
fn a_twin_is_made_once_a_summary_and_a_type_are_known_and_before_all_else() {
    let mut pair = quiet();
    (pair.ours, pair.local) = (None, None);
    pair.comments.push(comment("c/1"));
    pair.attachments.push(awaited("a/1"));
    words(&mut pair);
    let create = |fields| Step::Write(Write::CreateIssue { fields, above: 7, attempt: 0 });
    assert_eq!(steps(&pair, &[]), [create(written())]);
    pair.description = Field::default();
    assert_eq!(steps(&pair, &[]), [create(IssueFields { description: None, ..written() })]);
    let creating = intent(Write::CreateIssue { fields: written(), above: 7, attempt: 0 });
    assert_eq!(steps(&pair, &[creating]), [], "one at a time");
    for (summary, kind) in [(None, waits("Epic".to_owned())), (waits("s".to_owned()), None)] {
        (pair.summary.remote, pair.issue_type.remote) = (summary, kind);
        assert_eq!(steps(&pair, &[]), []);
    }
    // Bytes are asked for meanwhile.
    let fetch = Step::Fetch { origin: of_globex("a/1"), sha256: BlobHash::new("ab".repeat(32)), size: 3 };
    assert_eq!(plan(&pair, &[], &Plain, &|_| false, 7), [fetch]);
}

#[test]
fn an_edit_writes_what_is_newer_and_leaves_alone_what_another_tool_keeps_changing() {
    // The type stands there already.
    let written = || {
        let mut fields = written();
        fields.issue_type.as_mut().unwrap().again = true;
        fields
    };
    let mut pair = quiet();
    words(&mut pair);
    let history = |id| HistoryEntry { id, at_ms: 0, by_us: false, fields: vec![], changes: vec![] };
    pair.local.as_mut().unwrap().history = vec![history(4), history(5)];
    let edit = |fields| Step::Write(Write::EditIssue { fields, last_history: 5 });
    assert_eq!(steps(&pair, &[]), [edit(written())]);
    let without = [
        ("summary", IssueFields { summary: None, ..written() }),
        ("description", IssueFields { description: None, ..written() }),
        ("issuetype", IssueFields { issue_type: None, ..written() }),
    ];
    for (drift, fields) in without {
        let pair = Pair { drift: Some(drift.to_owned()), ..pair.clone() };
        assert_eq!(steps(&pair, &[]), [edit(fields)], "{drift}");
    }
    let unread = Pair { local: None, ..pair.clone() };
    assert_eq!(steps(&unread, &[]), [], "it has to be read first");
    // What is no newer than what stands here is not written.
    for version in [NEXT, Version { owner: 2, other: 2 }] {
        let mut late = pair.clone();
        late.summary.version = version;
        let fields = IssueFields { summary: None, ..written() };
        assert_eq!(steps(&late, &[]), [edit(fields)], "{version:?}");
    }
}

#[test]
fn what_was_decided_here_is_written_unless_something_newer_came() {
    let mut pair = quiet();
    pair.summary.chosen = Some(" chosen ".to_owned());
    let (version, value, theirs) = (pair.summary.version, "chosen".to_owned(), " chosen ".to_owned());
    let chosen = IssueFields {
        summary: Some(FieldWrite { version, value, theirs, again: false, rest: None }),
        ..Default::default()
    };
    assert_eq!(steps(&pair, &[]), [Step::Write(Write::EditIssue { fields: chosen, last_history: 0 })]);
    pair.summary.remote = waits(" new ".to_owned());
    let newer = IssueFields { summary: written().summary, ..Default::default() };
    assert_eq!(steps(&pair, &[]), [Step::Write(Write::EditIssue { fields: newer, last_history: 0 })]);
}

#[test]
fn comments_are_written_one_by_one_in_their_order() {
    let mut pair = quiet();
    let done = Comment { done: 2, ..comment("c/0") };
    let ours = Comment { author: Side::Ours, ..comment("c/9") };
    pair.comments = vec![ours, done, comment("c/1"), comment("c/2")];
    assert_eq!(steps(&pair, &[]), [Step::Write(write_comment("c/1"))]);
    // One that was forgotten may stand there already, and a probe looks.
    pair.comments[2].doubt = true;
    assert_eq!(steps(&pair, &[]), [Step::Doubt(write_comment("c/1"))]);
    // One whose words are still to come keeps its place.
    pair.comments[2].incoming = None;
    assert_eq!(steps(&pair, &[]), []);
    pair.comments[2].done = 2;
    assert_eq!(steps(&pair, &[]), [Step::Write(write_comment("c/2"))]);
}

#[test]
fn a_comment_that_stands_is_changed_unless_it_says_so_already() {
    let mut pair = quiet();
    pair.comments = vec![Comment { ours: Some("7".into()), ..comment("c/1") }];
    let edit = |body: Document| {
        let (origin, comment) = (of_globex("c/1"), "7".into());
        [Step::Write(Write::EditComment { origin, comment, version: 2, body })]
    };
    assert_eq!(steps(&pair, &[]), edit(Document::plain("Gus:\nhello")));
    pair.comments[0].withdrawn = true;
    assert_eq!(steps(&pair, &[]), edit(Plain.withdrawn()), "F61");
    pair.comments[0].base_hash = body_hash(&Plain.withdrawn());
    assert_eq!(steps(&pair, &[]), [Step::Known { origin: of_globex("c/1"), version: 2 }]);
}

#[test]
fn each_kind_of_write_waits_for_its_own() {
    let mut pair = quiet();
    words(&mut pair);
    pair.comments = vec![comment("c/1")];
    pair.attachments = vec![awaited("a/1")];
    let of_kind = |step: &Step| match step {
        Step::Write(Write::EditIssue { .. }) => "edit",
        Step::Write(Write::AddComment { .. }) => "comment",
        Step::Write(Write::AddAttachment { .. }) => "file",
        _ => "another",
    };
    let kinds = |open: Vec<Write>| {
        let open: Vec<_> = open.into_iter().map(intent).collect();
        steps(&pair, &open).iter().map(of_kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(vec![]), ["edit", "comment", "file"]);
    let edit = Write::EditIssue { fields: written(), last_history: 0 };
    assert_eq!(kinds(vec![edit]), ["comment", "file"]);
    let (origin, body) = (of_globex("c/0"), Document::default());
    let change = Write::EditComment { origin: origin.clone(), comment: "7".into(), version: 1, body };
    for open in [write_comment("c/0"), change] {
        assert_eq!(kinds(vec![open]), ["edit", "file"]);
    }
    let remove = Write::RemoveAttachment { origin, attachment: "7".into() };
    for open in [upload(&awaited("a/0")), remove] {
        assert_eq!(kinds(vec![open]), ["edit", "comment"]);
    }
}

/// A change of a file, and what keeps it from being taken.
type Change = fn(&mut Attachment);

#[test]
fn a_file_of_theirs_is_fetched_and_then_uploaded_unless_it_cannot_or_need_not_be() {
    let mut pair = quiet();
    pair.attachments = vec![awaited("a/1"), awaited("a/2")];
    pair.attachments[1].sha256 = Some(BlobHash::new("cd".repeat(32)));
    let missing = |sha256: &BlobHash| sha256.as_str().starts_with("cd");
    let fetch = Step::Fetch { origin: of_globex("a/1"), sha256: BlobHash::new("ab".repeat(32)), size: 3 };
    let Step::Write(second) = &plan(&pair, &[], &Plain, &missing, 0)[0] else {
        panic!("the whole one first")
    };
    assert!(matches!(second, Write::AddAttachment { origin, .. } if *origin == of_globex("a/2")));
    assert_eq!(plan(&pair, &[], &Plain, &missing, 0)[1..], [fetch], "and the other is asked for");
    let others: [Change; 4] = [
        |a| a.born = Side::Ours,
        |a| a.ours = Some("1".into()),
        |a| a.gone = Gone::Both,
        |a| a.sha256 = None,
    ];
    for (at, change) in others.into_iter().enumerate() {
        pair.attachments = vec![awaited("a/1")];
        change(&mut pair.attachments[0]);
        for complete in [true, false] {
            assert_eq!(plan(&pair, &[], &Plain, &|_| complete, 0), [], "{at}");
        }
    }
    pair.attachments = vec![Attachment { stopped: Some("permission-lost".to_owned()), ..awaited("a/1") }];
    assert_eq!(plan(&pair, &[], &Plain, &|_| true, 0), [], "the file is not to blame");
    pair.attachments = vec![Attachment { stopped: Some("attachment-refused".to_owned()), ..awaited("a/1") }];
    let steps = plan(&pair, &[], &Plain, &|_| true, 0);
    let [Step::Write(Write::AddComment { origin, .. })] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!(origin.noticed_file(), Some(of_globex("a/1")), "one that was refused: people read of it");
    pair.notices = vec![said("a/1")];
    assert_eq!(plan(&pair, &[], &Plain, &|_| true, 0), [], "once");
}

/// The line in place of a file of globex's.
fn said(file: &str) -> Notice {
    Notice { file: of_globex(file), ours: Some("1".into()), says: Says::Stays }
}

#[test]
fn a_file_of_ours_is_read_once() {
    let mut pair = quiet();
    let unread = || Attachment { sha256: None, sent: false, ..file(Side::Ours, "a/1") };
    pair.attachments = vec![unread()];
    assert_eq!(steps(&pair, &[]), [Step::Read("1".into())]);
    let others: [Change; 5] = [
        |a| a.born = Side::Theirs,
        |a| a.ours = None,
        |a| a.stopped = Some("too-large".to_owned()),
        |a| a.gone = Gone::Here,
        |a| a.sha256 = Some(BlobHash::new("ab".repeat(32))),
    ];
    for (at, change) in others.into_iter().enumerate() {
        pair.attachments = vec![unread()];
        change(&mut pair.attachments[0]);
        assert_eq!(steps(&pair, &[]), [], "{at}");
    }
}

#[test]
fn a_file_that_their_people_took_away_goes_after_those_that_are_to_come() {
    let mut pair = quiet();
    let gone = || Attachment { gone: Gone::There, ..file(Side::Ours, "a/1") };
    pair.attachments = vec![gone()];
    let remove = Write::RemoveAttachment { origin: gone().origin, attachment: "1".into() };
    assert_eq!(steps(&pair, &[]), [Step::Write(remove)]);
    pair.attachments.push(awaited("a/2"));
    assert!(matches!(&steps(&pair, &[])[..], [Step::Write(Write::AddAttachment { .. })]));
    let others: [Change; 3] = [|a| a.gone = Gone::Here, |a| a.gone = Gone::Both, |a| a.ours = None];
    for change in others {
        pair.attachments = vec![gone()];
        change(&mut pair.attachments[0]);
        assert_eq!(steps(&pair, &[]), []);
    }
}

#[test]
fn there_is_something_to_do_while_anything_is_still_to_be_written_read_or_answered() {
    let busy: [fn(&mut Pair); 10] = [
        |p| p.summary.remote = waits("b".to_owned()),
        |p| p.description.remote = waits(Document::plain("b")),
        |p| p.issue_type.remote = waits("Bug".to_owned()),
        |p| p.summary.chosen = Some("b".to_owned()),
        |p| p.comments.push(comment("c/1")),
        |p| p.attachments.push(awaited("a/1")),
        |p| p.attachments.push(Attachment { sha256: None, sent: false, ..file(Side::Ours, "a/1") }),
        |p| p.attachments.push(Attachment { gone: Gone::There, ..file(Side::Theirs, "a/1") }),
        |p| p.attachments.push(Attachment { gone: Gone::There, ..file(Side::Ours, "a/1") }),
        |p| {
            p.attachments
                .push(Attachment { stopped: Some("attachment-refused".to_owned()), ..awaited("a/1") })
        },
    ];
    for (at, change) in busy.into_iter().enumerate() {
        let mut pair = quiet();
        change(&mut pair);
        assert_eq!(flags(&pair, &[], false), (false, true, PairStanding::Syncing), "{at}");
    }
    let idle: [fn(&mut Pair); 9] = [
        |p| p.summary.remote = Some(Versioned { version: p.summary.version, value: "b".to_owned() }),
        |p| p.comments.push(Comment { done: 2, ..comment("c/1") }),
        |p| p.attachments.push(file(Side::Theirs, "a/1")),
        |p| p.attachments.push(file(Side::Ours, "a/1")),
        |p| {
            p.attachments
                .push(Attachment { stopped: Some("attachment-refused".to_owned()), ..awaited("a/1") });
            p.notices.push(said("a/1"));
        },
        |p| p.attachments.push(Attachment { gone: Gone::There, ..awaited("a/1") }),
        |p| p.attachments.push(Attachment { gone: Gone::Both, ..awaited("a/1") }),
        |p| p.attachments.push(Attachment { gone: Gone::Both, sha256: None, ..file(Side::Ours, "a/1") }),
        |p| {
            let stopped = Some("refused".to_owned());
            p.attachments.push(Attachment { stopped, gone: Gone::There, ..file(Side::Ours, "a/1") });
        },
    ];
    for (at, change) in idle.into_iter().enumerate() {
        let mut pair = quiet();
        change(&mut pair);
        assert_eq!(flags(&pair, &[], false), (false, false, PairStanding::InStep), "{at}");
    }
}

#[test]
fn a_pair_is_in_step_only_if_nobody_waits_for_anybody() {
    let open = [intent(write_comment("c/1"))];
    assert_eq!(flags(&quiet(), &open, false), (false, true, PairStanding::Syncing), "no answer yet");
    let mut news = quiet();
    news.summary.version = Version { owner: 2, other: 0 };
    assert_eq!(flags(&news, &[], false), (true, false, PairStanding::Syncing));
    let unheard = Pair { theirs: None, ..quiet() };
    assert_eq!(flags(&unheard, &[], false), (false, false, PairStanding::Syncing), "nobody told of a twin");
    let drifts = Pair { drift: Some("summary".to_owned()), ..quiet() };
    assert_eq!(flags(&drifts, &[], false).2, PairStanding::Stopped);
    assert_eq!(flags(&quiet(), &[], true).2, PairStanding::Stopped);
    assert_eq!(flags(&news, &[], true).2, PairStanding::Stopped, "whatever waits");
    let unlinked = Pair { state: PairState::Unlinked { reason: "moved".to_owned() }, ..news };
    assert_eq!(flags(&unlinked, &open, true), (false, true, PairStanding::Unlinked));
}
