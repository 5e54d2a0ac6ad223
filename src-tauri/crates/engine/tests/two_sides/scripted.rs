//! What leaves, and what is taken in, where rules of Script mode say so. The rules themselves are not the engine's: it is told
//! what they made of each issue.

use twinline_engine::{Eyes, Forms, Rules, Step, compose, flags, known, make_again, observe, plan, receive};
use twinline_model::extra::{Extra, STATUS};
use twinline_model::notice::Says;
use twinline_model::observed::{HistoryChange, HistoryEntry, Leaving, ObservedIssue};
use twinline_model::pair::{Attachment, Field, IncomingComment, LEFT_OUT, Pair, Side};
use twinline_model::replica::{Replica, ReplicaAttachment, Version};
use twinline_model::{BlobHash, Document, NodeId, Origin, Rest};

use crate::company::Plain;
use crate::observed::{at_rest, said};
use crate::seen_files::listed;

/// Incoming rules that take in no comment of Gus's and no file of a certain name.
struct Choosy;

impl Forms for Choosy {
    fn summary(&self, theirs: &str) -> String {
        Plain.summary(theirs)
    }
    fn text(&self, theirs: &Document) -> Document {
        Plain.text(theirs)
    }
    fn rest(&self, theirs: &Document) -> Option<Rest> {
        Plain.rest(theirs)
    }
    fn issue_type(&self, theirs: &str) -> Option<String> {
        Plain.issue_type(theirs)
    }
    fn comment(&self, author: &str, created_ms: i64, body: &Document) -> Option<Document> {
        if author == "Gus" { None } else { Plain.comment(author, created_ms, body) }
    }
    fn takes(&self, files: &[&Attachment]) -> Vec<bool> {
        files.iter().map(|file| file.file_name != "secret.zip").collect()
    }
    fn extra(&self, _: &str, theirs: &Extra, _: &Extra) -> Extra {
        theirs.clone()
    }
    fn withdrawn(&self) -> Document {
        Plain.withdrawn()
    }
    fn notice(&self, file: &Attachment, says: Says) -> Document {
        Plain.notice(file, says)
    }
}

fn look(pair: &mut Pair, seen: ObservedIssue) {
    look_by(pair, seen, &Rules { internal_comments: true, script: Some(2), ..Rules::basic() });
}

fn look_by(pair: &mut Pair, seen: ObservedIssue, rules: &Rules) {
    let node = NodeId::new("acme");
    let eyes = Eyes { rules, node: &node, site: "acme", forms: &Plain, settled: true, leap: 1 };
    assert_eq!(observe(pair, seen, &[], eyes), []);
}

/// A pair that was never looked at, and its issue.
fn born() -> (Pair, ObservedIssue) {
    let (pair, mut seen) = at_rest();
    seen.comments.clear();
    seen.attachments.clear();
    (Pair::new(pair.id, pair.connection, pair.origin, Side::Ours), seen)
}

fn sent(pair: &mut Pair) -> Option<Replica> {
    compose(pair, &Rules { internal_comments: true, script: Some(2), ..Rules::basic() })
}

fn leaving(seen: &ObservedIssue) -> Leaving {
    Leaving {
        rules: 2,
        summary: Some(seen.summary.clone()),
        description: Some(seen.description.clone()),
        issue_type: Some(seen.issue_type.clone()),
        extras: seen.extras.clone(),
        attachments: seen.attachments.iter().map(|file| file.id.clone()).collect(),
    }
}

#[test]
fn a_field_travels_as_the_rules_made_it_and_one_that_they_do_not_name_stays() {
    let (mut pair, mut seen) = born();
    seen.leaving = Some(Leaving {
        summary: Some(format!("ACME: {}", seen.summary)),
        description: None,
        ..leaving(&seen)
    });
    look(&mut pair, seen.clone());
    let replica = sent(&mut pair).expect("something leaves");
    assert_eq!(replica.summary.map(|s| s.value), Some(format!("ACME: {}", seen.summary)));
    assert_eq!(replica.description, None);
    assert_eq!(replica.issue_type.map(|t| t.value), Some(seen.issue_type.clone()));
    // The same issue again, and a change of what stays: nobody is told.
    seen.updated_ms += 1;
    seen.description = Document::plain("for us");
    look(&mut pair, seen.clone());
    assert_eq!(sent(&mut pair), None);
    // Once the rules let it leave, it leaves.
    seen.updated_ms += 1;
    seen.leaving = Some(leaving(&seen));
    look(&mut pair, seen.clone());
    assert_eq!(sent(&mut pair).and_then(|r| r.description).map(|d| d.value), Some(seen.description));
}

#[test]
fn a_comment_travels_as_the_rules_made_it_and_is_taken_back_where_they_say_so() {
    let (mut pair, mut seen) = born();
    let mut comment = said("7", "the number is 0123");
    comment.leaves_as = Some(Document::plain("the number is …"));
    seen.comments = vec![comment];
    seen.leaving = Some(leaving(&seen));
    look(&mut pair, seen.clone());
    let replica = sent(&mut pair).expect("it leaves");
    assert_eq!(replica.comments[0].body, Document::plain("the number is …"));
    seen.updated_ms += 1;
    seen.comments[0].restricted = true;
    look(&mut pair, seen);
    let replica = sent(&mut pair).expect("it is taken back");
    assert!(replica.comments[0].withdrawn && replica.comments[0].body == Document::default());
}

#[test]
fn a_file_that_the_rules_do_not_name_stays_and_holds_up_nothing() {
    let (mut pair, mut seen) = born();
    let file = |id: &str, by_us| twinline_model::observed::ObservedAttachment {
        id: id.into(),
        file_name: format!("{id}.txt"),
        mime: "text/plain".to_owned(),
        size: 3,
        author: "Ana".to_owned(),
        created_ms: 0,
        by_us,
    };
    seen.attachments = vec![file("1", false), file("2", false), file("3", true)];
    seen.leaving = Some(Leaving { attachments: vec!["1".into()], ..leaving(&seen) });
    look(&mut pair, seen.clone());
    let known: Vec<_> = pair.attachments.iter().map(|file| file.file_name.as_str()).collect();
    assert_eq!(known, ["1.txt"]);
    assert!(!twinline_engine::leaves_open(&pair, &seen), "nobody comes back for what stays");
}

#[test]
fn what_the_incoming_rules_leave_out_is_known_and_never_written() {
    let (rules, node, partner) = (Rules::basic(), NodeId::new("acme"), NodeId::new("globex"));
    let (mut pair, mut seen) = born();
    seen.leaving = Some(leaving(&seen));
    look(&mut pair, seen);
    let of_globex = |item: &str| Origin { node: partner.clone(), item: format!("globex/{item}") };
    let file = |item: &str, file_name: &str| ReplicaAttachment {
        origin: of_globex(item),
        file_name: file_name.to_owned(),
        mime: "application/zip".to_owned(),
        size: 3,
        sha256: BlobHash::new("cd".repeat(32)),
        author: "Gus".to_owned(),
    };
    let mut replica = sent(&mut pair).expect("the first");
    (replica.summary, replica.description, replica.issue_type) = (None, None, None);
    replica.comments.clear();
    replica.attachments = vec![file("a/1", "secret.zip"), file("a/2", "plan.zip")];
    let eyes = Eyes { rules: &rules, node: &node, site: "acme", forms: &Choosy, settled: true, leap: 1 };
    receive(&mut pair, replica, &partner, eyes).expect("it is taken");
    let stopped: Vec<_> = pair.attachments.iter().map(|file| file.stopped.as_deref()).collect();
    assert_eq!(stopped, [Some(LEFT_OUT), None]);
    let incoming = |author: &str| IncomingComment {
        author: author.to_owned(),
        created_ms: 0,
        body: Document::plain("hello"),
    };
    for (item, author) in [("c/1", "Gus"), ("c/2", "Gina")] {
        let mut comment = twinline_model::pair::Comment::new(of_globex(item), Side::Theirs);
        (comment.version, comment.incoming) = (1, Some(incoming(author)));
        pair.comments.push(comment);
    }
    let step = |pair: &Pair| plan(pair, &[], &Choosy, &|_| true, 0).into_iter().next();
    assert_eq!(step(&pair), Some(Step::Known { origin: of_globex("c/1"), version: 1 }));
    known(&mut pair, &of_globex("c/1"), 1);
    assert!(
        matches!(step(&pair), Some(Step::Write(twinline_model::intent::Write::AddComment { origin, .. })) if origin == of_globex("c/2"))
    );
    pair.comments.truncate(1);
    pair.attachments.truncate(1);
    assert_eq!(step(&pair), None);
    assert!(!flags(&pair, &[], false).1, "nothing is left to do");
}

/// What waited to be told when the rules became narrower is not told: neither before the next look nor after it.
#[test]
fn what_waits_is_told_by_the_rules_that_are_in_force() {
    let (mut pair, mut seen) = born();
    seen.leaving = Some(leaving(&seen));
    look(&mut pair, seen.clone());
    sent(&mut pair).expect("all of it");
    seen.updated_ms += 1;
    (seen.summary, seen.description) = ("a secret".to_owned(), Document::plain("another"));
    seen.attachments = vec![listed("7", "a.txt")];
    seen.leaving = Some(leaving(&seen));
    look(&mut pair, seen.clone());
    pair.attachments[0].sha256 = Some(BlobHash::new("ab".repeat(32)));
    let narrower = Rules { internal_comments: true, script: Some(3), ..Rules::basic() };
    assert_eq!(compose(&mut pair.clone(), &narrower), None, "nothing is told by rules that have not seen it");
    let none = Leaving { rules: 3, issue_type: Some(seen.issue_type.clone()), ..Leaving::default() };
    seen.leaving = Some(none);
    look_by(&mut pair, seen.clone(), &narrower);
    assert_eq!(compose(&mut pair, &narrower), None, "nor by rules that keep it");
    assert_eq!(pair.attachments, []);
    let (mut again, as_before) = (pair.clone(), Leaving { rules: 3, ..leaving(&seen) });
    seen.leaving = Some(as_before);
    look_by(&mut again, seen, &narrower);
    let told = compose(&mut again, &narrower).expect("wider again, it is a change again");
    assert_eq!(told.summary.map(|s| s.value).as_deref(), Some("a secret"));
}

/// A create takes no status: what the new twin begins with is nobody's change, and the one that was agreed on is written.
#[test]
fn a_twin_that_is_made_again_does_not_send_its_first_status_back() {
    let (pair, mut seen) = born();
    let text = |text: &str| Extra::Text(text.to_owned());
    let mut pair = Pair::new(pair.id, pair.connection, pair.origin, Side::Theirs);
    let version = Version { owner: 3, other: 0 };
    let status = Field {
        version,
        sent: version,
        base_local: Some(text("Done")),
        base_remote: Some(text("Done")),
        ..Field::default()
    };
    pair.extras.insert(STATUS.to_owned(), status);
    make_again(&mut pair);
    seen.extras.insert(STATUS.to_owned(), text("To Do"));
    seen.leaving = Some(leaving(&seen));
    let rules = Rules { internal_comments: true, script: Some(2), ..Rules::basic() };
    let node = NodeId::new("acme");
    let eyes = Eyes { rules: &rules, node: &node, site: "acme", forms: &Choosy, settled: true, leap: 1 };
    observe(&mut pair, seen, &[], eyes);
    assert!(sent(&mut pair).is_none_or(|said| !said.extras.contains_key(STATUS)));
    assert_eq!(pair.extras[STATUS].chosen, Some(text("Done")), "still to be written");
    assert_eq!(pair.extras[STATUS].version, version);
}

/// What the partner remembers for a side whose database was set back: a file that people took away meanwhile is told as taken
/// away. The rules are not asked about what is no longer there; what they keep is not remembered.
#[test]
fn f84_a_forgotten_file_that_was_taken_away_is_told_and_one_that_the_rules_keep_is_not_remembered() {
    let (rules, node, partner) = (Rules::basic(), NodeId::new("acme"), NodeId::new("globex"));
    let (mut pair, mut seen) = born();
    seen.attachments = vec![listed("8", "kept.txt")];
    seen.leaving = Some(Leaving { attachments: vec![], ..leaving(&seen) });
    seen.history.push(HistoryEntry {
        id: 99,
        at_ms: 0,
        by_us: false,
        fields: vec!["Attachment".to_owned()],
        changes: vec![HistoryChange { field: "Attachment".to_owned(), from: Some("7".to_owned()), to: None }],
    });
    look(&mut pair, seen);
    let said = sent(&mut pair).expect("the first");
    let ours = |item: &str| Origin { node: node.clone(), item: format!("acme/a/{item}") };
    let known = ["7", "8"].map(|item| (ours(item), 1, "ab".repeat(32)));
    let theirs = Replica {
        whole: true,
        known: known.into(),
        summary: None,
        description: None,
        issue_type: None,
        ..said
    };
    let eyes = Eyes { rules: &rules, node: &node, site: "acme", forms: &Plain, settled: false, leap: 1 };
    receive(&mut pair, theirs, &partner, eyes).expect("it is taken");
    let told = sent(&mut pair).expect("that it is gone");
    assert_eq!(told.gone, [ours("7")]);
    assert_eq!(pair.attachments.len(), 1, "{:?}", pair.attachments);
}
