//! An issue that was copied, marker and all, and met before its original (F55).

use twinline_engine::{Eyes, Rules, compose, observe, plan, take_another};
use twinline_model::pair::{OurIssue, Side};
use twinline_model::replica::{Overruled, Standing, Version, Versioned};
use twinline_model::{Document, IssueKey, NodeId};

use crate::company::{Company, Hand, Plain};

#[test]
fn f55_what_was_read_in_a_copy_is_not_the_originals() {
    let mut acme = Company::new("acme");
    let id = acme.create(Hand::Person, "a", Document::plain("t"), "Task");
    acme.comment(&id, Hand::Person, Document::plain("said in the original"), None);
    acme.poll();
    let mut pair = acme.pairs()[0].clone();
    let original = pair.local.clone().unwrap();
    let (me, rules) = (NodeId::new("acme"), Rules::basic());
    let eyes = Eyes { rules: &rules, node: &me, site: "acme", forms: &Plain, settled: true, leap: 1 };
    // Somebody copied it, and said something there.
    let mut copy = original.clone();
    (copy.id, copy.key, copy.updated_ms) = ("99".into(), IssueKey::new("A-99"), copy.updated_ms + 9);
    copy.summary = "changed in the copy".to_owned();
    copy.comments[0].id = "77".into();
    observe(&mut pair, copy, &[], eyes);
    assert_eq!(pair.comments.len(), 2);
    compose(&mut pair, &rules).expect("the partner is told what the copy says");
    let told = pair.summary.version;

    let ours = OurIssue { id: original.id.clone(), key: original.key.clone(), url: original.url.clone() };
    take_another(&mut pair, ours, None);
    assert_eq!(pair.local, None);
    observe(&mut pair, original.clone(), &[], eyes);
    assert_eq!(pair.ours.as_ref().map(|o| &o.id), Some(&original.id));
    assert_eq!(pair.summary.base_local.as_deref(), Some("a"));
    let said: Vec<_> = pair.comments.iter().filter(|c| c.author == Side::Ours).collect();
    assert_eq!(said.len(), 1, "only the original's: {said:?}");
    assert_eq!(plan(&pair, &[], &Plain, &|_| true, 0), []);
    // The partner holds the copy's summary: the original's must count on from there, or it would never stand.
    let replica = compose(&mut pair, &rules).expect("news");
    let summary = replica.summary.expect("the original's summary");
    assert_eq!((summary.value.as_str(), summary.version.standing(told)), ("a", Standing::Newer));
}

#[test]
fn f55_what_waited_when_the_original_was_met_is_not_lost() {
    let mut acme = Company::new("acme");
    acme.create(Hand::Person, "a", Document::plain("t"), "Task");
    acme.poll();
    let mut pair = acme.pairs()[0].clone();
    let newer = |value: &str| Versioned { version: Version { owner: 1, other: 1 }, value: value.to_owned() };
    pair.summary.remote = Some(newer("from the partner"));
    let record =
        Overruled { field: "summary".to_owned(), kept: "\"k\"".to_owned(), lost: "\"l\"".to_owned() };
    pair.overruled = vec![record.clone()];
    let ours = pair.ours.clone().unwrap();
    take_another(&mut pair, ours, None);
    assert_eq!(pair.summary.remote, Some(newer("from the partner")), "still to be written");
    assert_eq!(pair.overruled, [record], "still to be told");
}
