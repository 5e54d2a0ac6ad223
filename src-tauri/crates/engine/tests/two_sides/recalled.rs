//! F08: our database was set back, and the partner says what it knows of what was born here.

use twinline_engine::{Rules, receive};
use twinline_model::observed::{HistoryChange, HistoryEntry, Marker, ObservedAttachment};
use twinline_model::pair::{Attachment, Comment, Gone, Pair, Side};
use twinline_model::replica::{Replica, ReplicaAttachment};
use twinline_model::{BlobHash, Document, NodeId, Origin};

use crate::company::{Company, Hand};
use crate::composed::file;
use crate::hostile::{eyes, ours, pair_of_acme};

type Known = (Origin, u64, String);

/// A pair of acme's whose tracker lists comment `c` and attachment `a`, and of which the database knows neither.
struct Restored {
    pair: Pair,
    empty: Replica,
    comment: Known,
    attachment: Known,
}

fn restored() -> Restored {
    let (mut pair, empty) = pair_of_acme();
    let comment = (pair.comments.remove(0).origin, 3, "text".to_owned());
    let attachment = (of_acme("a/42"), 1, "ab".repeat(32));
    let local = pair.local.as_mut().unwrap();
    local.attachments.push(ObservedAttachment {
        id: "42".into(),
        file_name: "a.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        author: "Ana".to_owned(),
        created_ms: 0,
        by_us: true,
    });
    Restored { pair, empty, comment, attachment }
}

impl Restored {
    fn hears(&mut self, known: &Known) {
        let (me, globex, rules) = (NodeId::new("acme"), NodeId::new("globex"), Rules::basic());
        let said = Replica { known: vec![known.clone()], ..self.empty.clone() };
        receive(&mut self.pair, said, &globex, eyes(&rules, &me)).unwrap();
    }

    /// The comment as it stands after the partner named it with this version and text.
    fn counted(&mut self, version: u64, text: &str) -> (u64, u64) {
        let known = (self.comment.0.clone(), version, text.to_owned());
        self.hears(&known);
        (self.pair.comments[0].version, self.pair.comments[0].done)
    }
}

fn of_acme(item: &str) -> Origin {
    ours(&format!("acme/{item}"))
}

fn remembered(known: &Known, ours: Option<&str>) -> Comment {
    let (origin, version, text) = known.clone();
    let new = Comment::new(origin, Side::Ours);
    Comment { ours: ours.map(Into::into), version, done: version, base_hash: text, travelled: true, ..new }
}

#[test]
fn f08_a_comment_that_we_forgot_is_ours_again() {
    let mut here = restored();
    let comment = here.comment.clone();
    let id = here.pair.local.as_ref().unwrap().comments[0].id.clone();
    here.hears(&comment);
    assert_eq!(here.pair.comments, [remembered(&comment, Some(id.as_str()))]);
    here.hears(&comment);
    assert_eq!(here.pair.comments.len(), 1, "once");
}

#[test]
fn f08_a_comment_that_cannot_be_ours_has_no_id() {
    // It is not listed.
    let mut here = restored();
    let comment = here.comment.clone();
    here.pair.local.as_mut().unwrap().comments.clear();
    here.hears(&comment);
    assert_eq!(here.pair.comments, [remembered(&comment, None)]);
    // It is a twin that we made.
    let mut here = restored();
    let origin = Origin { node: NodeId::new("globex"), item: "globex/c/1".to_owned() };
    let marker =
        Marker { v: 1, connection: "c".into(), origin: origin.clone(), attempt: 0, mac: String::new() };
    here.pair.local.as_mut().unwrap().comments[0].marker = Some(marker);
    here.hears(&comment);
    assert_eq!(here.pair.comments, [remembered(&comment, None)]);
    // It stands for another one already.
    let mut here = restored();
    let id = here.pair.local.as_ref().unwrap().comments[0].id.clone();
    here.pair.comments.push(Comment { ours: Some(id), ..Comment::new(origin, Side::Theirs) });
    here.hears(&comment);
    assert_eq!(here.pair.comments[1..], [remembered(&comment, None)]);
    // It was not born here, on this site, as a comment.
    let elsewhere = Origin { node: NodeId::new("globex"), ..here.comment.0.clone() };
    for origin in
        [elsewhere, of_acme("a/42"), of_acme("c"), Origin { item: "other/c/1".into(), ..of_acme("") }]
    {
        let mut here = restored();
        here.hears(&(origin.clone(), 1, "text".to_owned()));
        assert!(here.pair.comments.is_empty(), "{origin}: {:?}", here.pair.comments);
    }
}

#[test]
fn f08_a_comment_counts_on_from_what_the_partner_knows() {
    let mut here = restored();
    let comment = here.comment.clone();
    here.hears(&comment);
    here.pair.comments[0].travelled = false;
    assert_eq!(here.counted(3, "text"), (3, 3), "the same");
    assert!(here.pair.comments[0].travelled);
    assert_eq!(here.counted(3, ""), (3, 3), "a partner of before told no text");
    assert_eq!(here.counted(2, "older"), (3, 3), "we know more");
    assert_eq!(here.counted(3, "another"), (4, 0), "the number stands for another text");
    assert_eq!(here.counted(6, "text"), (7, 0), "they know more");
    here.pair.comments[0].author = Side::Theirs;
    here.pair.comments[0].travelled = false;
    assert_eq!(here.counted(9, "another"), (7, 0), "only its author's side counts");
    assert!(!here.pair.comments[0].travelled);
}

#[test]
fn f08_a_file_that_we_forgot_is_ours_again() {
    let whole = |gone| Attachment { ours: Some("42".into()), gone, ..file(Side::Ours, "a/42") };
    let mut here = restored();
    let known = here.attachment.clone();
    here.hears(&known);
    assert_eq!(here.pair.attachments, [whole(Gone::No)]);
    here.pair.attachments[0].sent = false;
    here.hears(&known);
    assert_eq!(here.pair.attachments, [whole(Gone::No)], "they have it");
    here.hears(&known);
    assert_eq!(here.pair.attachments, [whole(Gone::No)]);
    (here.pair.attachments[0].sent, here.pair.attachments[0].born) = (false, Side::Theirs);
    here.hears(&known);
    assert!(!here.pair.attachments[0].sent, "only what is ours is sent");
    // A person took it away, and nobody remembered the file by then.
    let mut here = restored();
    let change = HistoryChange { field: "Attachment".into(), from: Some("42".into()), to: None };
    let entry = HistoryEntry {
        id: 9,
        at_ms: 0,
        by_us: false,
        fields: vec!["Attachment".into()],
        changes: vec![change],
    };
    here.pair.local.as_mut().unwrap().history.push(entry);
    here.hears(&known);
    assert_eq!(here.pair.attachments, [whole(Gone::Here)]);
}

#[test]
fn f08_nobody_makes_us_remember_without_end() {
    let mut here = restored();
    let (comment, attachment) = (here.comment.clone(), here.attachment.clone());
    here.hears(&attachment);
    let full = here.pair.attachments[0].clone();
    for number in 1..20_000 {
        here.pair.comments.push(Comment::new(of_acme(&format!("c/x{number}")), Side::Ours));
        let origin = of_acme(&format!("a/x{number}"));
        here.pair.attachments.push(Attachment { origin, ours: None, ..full.clone() });
    }
    here.hears(&(of_acme("a/43"), 1, "cd".repeat(32)));
    assert_eq!(here.pair.attachments.len(), 20_000);
    here.hears(&comment);
    assert_eq!(here.pair.comments.len(), 20_000, "the last one there is room for");
    here.hears(&(of_acme("c/43"), 1, "text".to_owned()));
    assert_eq!(here.pair.comments.len(), 20_000);
}

#[test]
fn f08_a_file_that_is_gone_and_is_announced_again_is_said_to_be_gone_again() {
    let (mut acme, mut globex) = (Company::new("acme"), Company::new("globex"));
    acme.create(Hand::Person, "a", Document::plain("t"), "Task");
    acme.poll();
    for said in acme.speak() {
        globex.hear(said, &NodeId::new("acme"));
    }
    let hash = BlobHash::new("ab".repeat(32));
    let origin = of_acme("a/7");
    let known =
        Attachment { origin: origin.clone(), ours: None, gone: Gone::Both, ..file(Side::Theirs, "a/7") };
    let pair = globex.pair_mut(0);
    pair.attachments.push(known);
    let announced = ReplicaAttachment {
        origin: origin.clone(),
        file_name: "a.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        sha256: hash,
        author: "Ana".to_owned(),
    };
    let empty = Replica { whole: false, attachments: vec![announced], ..restored().empty };
    let said = Replica { origin: globex.pairs()[0].origin.clone(), ..empty };
    globex.hear(said.clone(), &NodeId::new("acme"));
    assert_eq!(globex.pairs()[0].attachments[0].gone, Gone::Here, "told once more");
    globex.pair_mut(0).attachments[0].gone = Gone::There;
    globex.hear(said, &NodeId::new("acme"));
    assert_eq!(globex.pairs()[0].attachments[0].gone, Gone::There, "their own people took it away");
}
