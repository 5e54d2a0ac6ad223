//! A partner who names what is not theirs: ids of our tracker, texts that cannot be read, numbers without end.

use twinline_engine::{Eyes, Rules, Step, compose, digest, observe, plan, receive};
use twinline_model::intent::Write;
use twinline_model::observed::ObservedAttachment;
use twinline_model::pair::Pair;
use twinline_model::replica::{Overruled, Replica};
use twinline_model::{AttachmentId, Document, NodeId, Origin};

use crate::company::{Company, Hand, Plain};

/// A pair that was born at acme, as acme has it, and what globex may say of it.
pub fn pair_of_acme() -> (Pair, Replica) {
    let mut acme = Company::new("acme");
    let id = acme.create(Hand::Person, "a", Document::plain("t"), "Task");
    acme.comment(&id, Hand::Person, Document::plain("public"), None);
    acme.poll();
    let said = acme.speak().remove(0);
    let empty = Replica {
        summary: None,
        description: None,
        issue_type: None,
        comments: Vec::new(),
        attachments: Vec::new(),
        whole: true,
        ..said
    };
    (acme.pairs()[0].clone(), empty)
}

pub fn eyes<'a>(rules: &'a Rules, me: &'a NodeId) -> Eyes<'a> {
    Eyes { rules, node: me, site: "acme", forms: &Plain, settled: true, leap: 1 }
}

pub fn ours(item: &str) -> Origin {
    Origin { node: NodeId::new("acme"), item: item.to_owned() }
}

#[test]
fn f89_a_file_that_our_own_look_did_not_list_cannot_be_named_and_taken_away() {
    let (mut pair, empty) = pair_of_acme();
    let (me, globex, rules) = (NodeId::new("acme"), NodeId::new("globex"), Rules::basic());
    let origin = ours("acme/a/10042");
    let said =
        Replica { known: vec![(origin.clone(), 1, "ab".repeat(32))], gone: vec![origin.clone()], ..empty };
    receive(&mut pair, said.clone(), &globex, eyes(&rules, &me)).unwrap();
    let removes = |pair: &Pair| {
        let steps = plan(pair, &[], &Plain, &|_| true, 0);
        steps.iter().any(|step| matches!(step, Step::Write(Write::RemoveAttachment { .. })))
    };
    assert!(!removes(&pair), "no id of our tracker comes from the partner: {:?}", pair.attachments);
    // Listed by our own look at this issue, it is the file that both sides speak of.
    let mut seen = pair.local.clone().unwrap();
    seen.attachments.push(ObservedAttachment {
        id: AttachmentId::new("10042"),
        file_name: "a.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        author: "Ana".to_owned(),
        created_ms: 0,
        by_us: false,
    });
    observe(&mut pair, seen, &[], eyes(&rules, &me));
    assert_eq!(pair.attachments.len(), 1);
    assert_eq!(pair.attachments[0].file_name, "a.txt");
    assert!(removes(&pair), "people took it away over there");
    // Only where everything is said anew does anybody remember anything.
    let (mut other, _) = pair_of_acme();
    receive(&mut other, Replica { whole: false, gone: Vec::new(), ..said }, &globex, eyes(&rules, &me))
        .unwrap();
    assert_eq!(other.attachments, []);
}

#[test]
fn f89_a_restricted_comment_cannot_be_asked_out() {
    let (mut pair, empty) = pair_of_acme();
    let (me, globex, rules) = (NodeId::new("acme"), NodeId::new("globex"), Rules::basic());
    let mut seen = pair.local.clone().unwrap();
    let mut secret = seen.comments[0].clone();
    (secret.id, secret.restricted, secret.author) = ("77".into(), true, "Carl".to_owned());
    secret.body = Document::plain("secret");
    seen.comments.push(secret);
    observe(&mut pair, seen.clone(), &[], eyes(&rules, &me));
    let known = ["acme/c/77", "acme/c/78"].map(|item| (ours(item), 1, "ab".repeat(32)));
    receive(&mut pair, Replica { known: known.into(), ..empty }, &globex, eyes(&rules, &me)).unwrap();
    seen.updated_ms += 1;
    observe(&mut pair, seen, &[], eyes(&rules, &me));
    for said in std::iter::from_fn(|| compose(&mut pair, &rules)).take(9) {
        let json = serde_json::to_string(&said).unwrap();
        assert!(!json.contains("secret") && !json.contains("Carl"), "{json}");
        let withdrawn = said.comments.iter().filter(|c| c.withdrawn);
        assert!(withdrawn.clone().all(|c| c.author.is_empty() && c.created_ms == 0 && c.updated_ms == 0));
    }
}

#[test]
fn an_edit_after_the_last_number_there_is_does_not_panic() {
    let (mut pair, empty) = pair_of_acme();
    let (me, globex, rules) = (NodeId::new("acme"), NodeId::new("globex"), Rules::basic());
    let origin = pair.comments[0].origin.clone();
    let known = vec![(origin, u64::MAX, String::new())];
    receive(&mut pair, Replica { known, ..empty }, &globex, eyes(&rules, &me)).unwrap();
    let mut seen = pair.local.clone().unwrap();
    seen.comments[0].body = Document::plain("edited");
    seen.updated_ms += 1;
    observe(&mut pair, seen, &[], eyes(&rules, &me));
    assert_eq!(digest(&pair).len(), 64);
}

#[test]
fn a_record_that_could_not_be_used_is_not_kept() {
    let (mut pair, empty) = pair_of_acme();
    let (me, globex, rules) = (NodeId::new("acme"), NodeId::new("globex"), Rules::basic());
    let text = |field: &str, lost: &str| Overruled {
        field: field.to_owned(),
        kept: "\"a\"".to_owned(),
        lost: lost.to_owned(),
    };
    let overruled = vec![
        text("summary", "\"b\""),
        text("summary", "{\"not\": \"a line\"}"),
        text("summary", &format!("\"{}\"", "x".repeat(10_001))),
        text("description", "\"not a document\""),
        text("security", "\"b\""),
    ];
    let lost = receive(&mut pair, Replica { overruled, ..empty }, &globex, eyes(&rules, &me)).unwrap();
    assert_eq!(lost.len(), 1, "{lost:?}");
}
