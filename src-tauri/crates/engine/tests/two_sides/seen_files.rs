//! Files that our tracker lists: whose they are, and what may be a twin that we uploaded and forgot.

use twinline_engine::{Eyes, Rules, Step, observe, plan};
use twinline_model::intent::Write;
use twinline_model::observed::{HistoryChange, HistoryEntry, ObservedAttachment};
use twinline_model::pair::{Attachment, Doubt, Gone, Pair, Side};
use twinline_model::{BlobHash, NodeId};

use crate::company::Plain;
use crate::composed::file;
use crate::hostile::{eyes, ours};
use crate::observed::{at_rest, intent, look_with};

pub fn listed(id: &str, name: &str) -> ObservedAttachment {
    ObservedAttachment {
        id: id.into(),
        file_name: name.to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        author: "Ana".to_owned(),
        created_ms: 0,
        by_us: false,
    }
}

/// As acme knows a new file of its own.
fn born(id: &str) -> Attachment {
    let new = file(Side::Ours, &format!("a/{id}"));
    Attachment { ours: Some(id.into()), sha256: None, sent: false, ..new }
}

/// A file of globex's that is still to come.
fn awaited() -> Attachment {
    Attachment { ours: None, sent: false, ..file(Side::Theirs, "a/1") }
}

fn removed(id: &str) -> HistoryEntry {
    let change = HistoryChange { field: "Attachment".to_owned(), from: Some(id.to_owned()), to: None };
    HistoryEntry {
        id: 9,
        at_ms: 0,
        by_us: false,
        fields: vec!["Attachment".to_owned()],
        changes: vec![change],
    }
}

/// What acme knows after its tracker listed this.
fn look(known: Vec<Attachment>, listed: Vec<ObservedAttachment>, settled: bool) -> Vec<Attachment> {
    let (mut pair, mut seen) = at_rest();
    let (me, rules) = (NodeId::new("acme"), Rules::basic());
    (pair.attachments, seen.attachments) = (known, listed);
    observe(&mut pair, seen, &[], Eyes { settled, ..eyes(&rules, &me) });
    pair.attachments
}

#[test]
fn a_file_is_born_here_once_under_a_name_that_is_no_path() {
    let first = look(Vec::new(), vec![listed("7", "../a.txt")], true);
    assert_eq!(first, [Attachment { file_name: "_a.txt".to_owned(), ..born("7") }]);
    let again = look(first.clone(), vec![listed("7", "../a.txt"), listed("8", "a.txt")], true);
    assert_eq!(again, [first[0].clone(), born("8")]);
}

#[test]
fn f08_a_file_of_our_account_is_a_persons_only_once_both_sides_agree() {
    let by_us = || vec![ObservedAttachment { by_us: true, ..listed("7", "a.txt") }];
    assert_eq!(look(Vec::new(), by_us(), true), [born("7")], "F76");
    assert_eq!(look(Vec::new(), by_us(), false), [], "we may have uploaded it");
    assert_eq!(look(Vec::new(), vec![listed("7", "a.txt")], false), [born("7")], "a person's");
    assert_eq!(look(vec![awaited()], by_us(), true), [awaited()], "it looks like one that is still to come");
    assert_eq!(look(vec![awaited()], vec![listed("7", "a.txt")], true), [awaited(), born("7")]);
}

#[test]
fn f08_only_what_looks_like_a_file_that_is_to_come_may_be_it() {
    let seen = ObservedAttachment { by_us: true, ..listed("7", "a.txt") };
    assert_eq!(look(vec![awaited()], vec![seen.clone()], true).len(), 1);
    let others: [fn(&mut Attachment); 6] = [
        |a| a.born = Side::Ours,
        |a| a.ours = Some("6".into()),
        |a| a.gone = Gone::Both,
        |a| a.looked = vec!["7".into()],
        |a| a.size = 4,
        |a| a.file_name = "b.txt".to_owned(),
    ];
    for (at, change) in others.into_iter().enumerate() {
        let mut known = awaited();
        change(&mut known);
        assert_eq!(look(vec![known], vec![seen.clone()], true).len(), 2, "{at}");
    }
    let doubted = Attachment { doubt: Doubt::Some, ..awaited() };
    assert_eq!(look(vec![doubted], vec![seen], true).len(), 1);
}

#[test]
fn f62_what_looks_like_a_file_that_was_refused_may_have_been_taken_after_all() {
    let seen = ObservedAttachment { by_us: true, ..listed("7", "a.txt") };
    let refused = || Attachment { stopped: Some("too-large".to_owned()), ..awaited() };
    assert_eq!(look(vec![refused()], vec![seen.clone()], true), [awaited()], "their bytes are compared");
    let other = Attachment { looked: vec!["7".into()], ..refused() };
    assert_eq!(look(vec![other.clone()], vec![seen.clone()], true), [other, born("7")], "they are others");
    let persons = vec![listed("7", "a.txt")];
    assert_eq!(look(vec![refused()], persons, true), [refused(), born("7")]);
}

#[test]
fn f08_a_file_that_the_partner_remembers_for_us_is_met_in_its_place() {
    let remembered = Attachment {
        ours: None,
        sha256: Some(BlobHash::new("ab".repeat(32))),
        file_name: String::new(),
        mime: String::new(),
        size: 0,
        author: String::new(),
        ..file(Side::Ours, "a/7")
    };
    let met = look(vec![awaited(), remembered.clone()], vec![listed("7", "a.txt")], true);
    let sha256 = remembered.sha256.clone();
    assert_eq!(met, [awaited(), Attachment { sha256, sent: true, ..born("7") }]);
    let another = look(vec![remembered.clone()], vec![listed("8", "a.txt")], true);
    assert_eq!(another, [remembered, born("8")]);
}

#[test]
fn only_the_changelog_says_that_a_file_was_taken_away() {
    let after = |known: Attachment, id: &str| {
        let (mut pair, mut seen) = at_rest();
        pair.attachments = vec![known];
        seen.history.push(removed(id));
        let open = [intent(adding())];
        look_with(&mut pair, &seen, &open, &Rules::basic());
        pair.attachments[0].gone
    };
    assert_eq!(after(born("7"), "7"), Gone::Here, "even while a write of ours is open");
    assert_eq!(after(born("7"), "8"), Gone::No);
    assert_eq!(after(Attachment { ours: None, ..born("7") }, "7"), Gone::Here, "the partner remembers it");
    assert_eq!(after(Attachment { ours: Some("6".into()), ..born("7") }, "7"), Gone::No, "it has another id");
    for gone in [Gone::There, Gone::Both] {
        assert_eq!(after(Attachment { gone, ..born("7") }, "7"), gone);
    }
    assert_eq!(look(vec![born("7")], Vec::new(), true), [born("7")], "not listed is no evidence");
}

fn adding() -> Write {
    Write::AddAttachment {
        origin: awaited().origin,
        sha256: BlobHash::new("ab".repeat(32)),
        file_name: "a.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        known: Vec::new(),
    }
}

#[test]
fn a_file_that_may_be_what_we_are_uploading_waits_for_the_answer() {
    for (rules, open, count) in [
        (Rules::basic(), vec![], 1),
        (Rules::basic(), vec![intent(adding())], 0),
        (Rules { attachments: false, ..Rules::basic() }, vec![], 0),
    ] {
        let (mut pair, mut seen) = at_rest();
        seen.attachments = vec![listed("7", "a.txt")];
        look_with(&mut pair, &seen, &open, &rules);
        assert_eq!(pair.attachments.len(), count, "{open:?}");
    }
}

/// What is to be done first about the file that is to come.
fn next(pair: &Pair) -> Option<(bool, Vec<String>)> {
    plan(pair, &[], &Plain, &|_| true, 0).into_iter().find_map(|step| match step {
        Step::Write(Write::AddAttachment { known, .. }) => Some((false, strings(known))),
        Step::Doubt(Write::AddAttachment { known, .. }) => Some((true, strings(known))),
        _ => None,
    })
}

fn strings(ids: Vec<twinline_model::AttachmentId>) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[test]
fn f08_before_an_upload_a_probe_looks_at_files_that_may_be_it() {
    let (mut pair, mut seen) = at_rest();
    pair.attachments = vec![awaited(), Attachment { ours: Some("5".into()), ..file(Side::Theirs, "a/2") }];
    seen.attachments = vec![
        ObservedAttachment { by_us: true, ..listed("9", "other.txt") },
        listed("8", "a.txt"),
        ObservedAttachment { by_us: true, ..listed("5", "a.txt") },
    ];
    pair.local = Some(seen);
    assert_eq!(next(&pair), Some((false, vec!["5".into(), "8".into(), "9".into()])), "none of them can be");
    let candidate = ObservedAttachment { by_us: true, ..listed("7", "a.txt") };
    pair.local.as_mut().unwrap().attachments.push(candidate);
    assert_eq!(next(&pair), Some((true, vec!["5".into(), "8".into(), "9".into()])), "the new one may");
    pair.attachments[0].looked = vec!["7".into()];
    let all = ["5", "7", "8", "9"].map(str::to_owned).to_vec();
    assert_eq!(next(&pair), Some((false, all)), "it was looked at");
    pair.attachments[0].doubt = Doubt::Some;
    pair.local.as_mut().unwrap().attachments.clear();
    assert_eq!(next(&pair), Some((true, vec!["5".into()])), "whatever is listed");
    assert_eq!(ours("acme/a/7"), born("7").origin);
}
