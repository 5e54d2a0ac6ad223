//! Single stories, told to the end.

use twinline_engine::{
    ChooseError, Eyes, Refusal, Rules, Step, choose, digest, flags, not_visible, observe, place, plan,
    receive,
};
use twinline_model::pair::{Gone, Pair, PairState};
use twinline_model::replica::Replica;
use twinline_model::view::PairStanding;
use twinline_model::{BlobHash, Document, IssueId, NodeId};

use crate::company::{Company, Hand, Plain};
use crate::world::World;

/// An issue of acme's with its twin at globex, both at rest: their ids.
fn twins(text: &str) -> (World, IssueId, IssueId) {
    let mut world = World::new();
    let ours = world.sides[0].create(Hand::Person, "a", Document::plain(text), "Task");
    world.quiet();
    let theirs = world.sides[1].issues[0].id.clone();
    (world, ours, theirs)
}

fn rename(company: &mut Company, id: &IssueId, hand: Hand, summary: &str) {
    company.change(id, hand, |i| i.summary = summary.to_owned());
}

fn write(company: &mut Company, id: &IssueId, text: &str) {
    company.change(id, Hand::Person, |i| i.description = Document::plain(text));
}

fn texts(world: &World) -> [String; 2] {
    [0, 1].map(|side: usize| world.sides[side].issues[0].description.to_plain_text())
}

fn summaries(world: &World) -> [&str; 2] {
    [0, 1].map(|side: usize| world.sides[side].issues[0].summary.as_str())
}

#[test]
fn f75_what_our_write_replaced_unseen_is_kept() {
    let (mut world, ours, theirs) = twins("t");
    rename(&mut world.sides[0], &ours, Hand::Person, "from acme");
    world.sides[0].poll();
    world.send(0, false);
    rename(&mut world.sides[1], &theirs, Hand::Person, "in the gap");
    world.sides[1].work(0);
    assert_eq!(world.sides[1].issues[0].summary, "from acme");
    let kept = &world.sides[1].overwritten;
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].field.as_str(), kept[0].lost.as_str()), ("summary", "\"in the gap\""));
    assert!(!kept[0].ours_won);
    world.quiet();
    assert_eq!(summaries(&world), ["from acme"; 2], "and nothing more happens");
}

#[test]
fn texts_that_were_changed_in_different_places_are_merged() {
    let (mut world, ours, theirs) = twins("a\nb\nc");
    write(&mut world.sides[0], &ours, "A\nb\nc");
    write(&mut world.sides[1], &theirs, "a\nb\nc\nd");
    world.quiet();
    assert_eq!(texts(&world), ["A\nb\nc\nd"; 2]);
    assert!(world.sides.iter().all(|side| side.records().is_empty()), "nothing lost, nothing recorded");
}

#[test]
fn where_both_changed_the_same_place_the_owner_wins_and_both_keep_the_record() {
    let (mut world, ours, theirs) = twins("a\nb\nc");
    write(&mut world.sides[0], &ours, "X\nb\nc");
    write(&mut world.sides[1], &theirs, "Y\nb\nC");
    world.quiet();
    assert_eq!(texts(&world), ["X\nb\nC"; 2], "what does not overlap is merged");
    for side in &world.sides {
        assert!(side.records().iter().any(|r| r.lost.contains('Y')), "{} keeps it", side.name);
    }
}

#[test]
fn a_text_of_the_record_that_a_person_chooses_becomes_current_on_both_sides() {
    for side in [0, 1] {
        let (mut world, ours, theirs) = twins("t");
        rename(&mut world.sides[0], &ours, Hand::Person, "acme's");
        rename(&mut world.sides[1], &theirs, Hand::Person, "globex's");
        world.quiet();
        assert_eq!(summaries(&world), ["acme's"; 2]);
        choose(world.sides[side].pair_mut(0), &[], "summary", "\"globex's\"", None).unwrap();
        assert!(flags(&world.sides[side].pairs()[0], &[], false).1, "it is to be written here");
        world.quiet();
        assert_eq!(summaries(&world), ["globex's"; 2]);
        let writes = world.writes_total();
        world.quiet();
        assert_eq!(writes, world.writes_total());
    }
}

#[test]
fn what_cannot_be_chosen_changes_nothing() {
    let (mut world, ..) = twins("t");
    let pair = world.sides[0].pair_mut(0);
    let before = pair.clone();
    assert_eq!(choose(pair, &[], "priority", "\"x\"", None), Err(ChooseError::Unreadable));
    assert_eq!(choose(pair, &[], "summary", "{}", None), Err(ChooseError::Unreadable));
    assert_eq!(*pair, before);
    pair.state = PairState::Unlinked { reason: "moved".to_owned() };
    assert_eq!(choose(pair, &[], "summary", "\"x\"", None), Err(ChooseError::Unlinked));
}

#[test]
fn a_choice_and_a_change_in_another_place_are_both_kept() {
    let (mut world, ours, _) = twins("a\nb\nc");
    let chosen = serde_json::to_string(&Document::plain("A\nb\nc")).unwrap();
    choose(world.sides[0].pair_mut(0), &[], "description", &chosen, None).unwrap();
    write(&mut world.sides[0], &ours, "a\nb\nC");
    world.quiet();
    assert_eq!(texts(&world), ["A\nb\nC"; 2]);
}

#[test]
fn f61_a_restricted_comment_never_leaves_and_a_later_restriction_withdraws_the_twin() {
    let (mut world, ours, _) = twins("t");
    let public = world.sides[0].comment(&ours, Hand::Person, Document::plain("public"), None);
    world.sides[0].comment(&ours, Hand::Person, Document::plain("secret"), None);
    world.sides[0].change(&ours, Hand::Person, |i| i.comments[1].restricted = true);
    world.quiet();
    let twin = |world: &World| world.sides[1].issues[0].comments.clone();
    assert_eq!(twin(&world).len(), 1);
    assert!(twin(&world)[0].body.to_plain_text().contains("public"));
    let restrict = |i: &mut twinline_model::observed::ObservedIssue, restricted| {
        i.comments.iter_mut().filter(|c| c.id == public.id).for_each(|c| c.restricted = restricted);
    };
    world.sides[0].change(&ours, Hand::Person, |i| restrict(i, true));
    world.quiet();
    assert_eq!(twin(&world)[0].body.to_plain_text(), "withdrawn");
    world.sides[0].change(&ours, Hand::Person, |i| restrict(i, false));
    world.quiet();
    assert!(twin(&world)[0].body.to_plain_text().contains("public"), "and shown again");
    assert_eq!(twin(&world).len(), 1);
}

#[test]
fn j27_f79_a_deleted_comment_leaves_its_twin_and_is_told_once() {
    let (mut world, ours, _) = twins("t");
    let comment = world.sides[0].comment(&ours, Hand::Person, Document::plain("hello"), None);
    world.quiet();
    let before = world.sides[0].pairs()[0].clone();
    world.sides[0].change(&ours, Hand::Person, |i| i.comments.retain(|c| c.id != comment.id));
    world.quiet();
    let after = world.sides[0].pairs()[0].clone();
    assert_eq!(world.sides[1].issues[0].comments.len(), 1);
    let told: Vec<_> = not_visible(&before, &after).iter().map(|n| n.message).collect();
    assert_eq!(told, ["activity-comment-not-visible"]);
    assert_eq!(not_visible(&after, &after), [], "once");
    assert_eq!(not_visible(&before, &before), []);
}

#[test]
fn f71_a_write_that_lands_after_it_was_repeated_is_set_apart_and_does_not_travel() {
    let (mut world, ours, theirs) = twins("t");
    world.sides[0].comment(&ours, Hand::Person, Document::plain("hello"), None);
    world.sides[0].poll();
    world.send(0, false);
    // The answer is lost, no probe finds it, and it is written again.
    world.sides[1].work(2);
    world.sides[1].probe();
    world.quiet();
    let written = world.sides[1].issue(&theirs).comments.clone();
    assert_eq!(written.len(), 1);
    let late = world.sides[1].comment(&theirs, Hand::Us, written[0].body.clone(), written[0].marker.clone());
    let before = world.sides[1].pairs()[0].clone();
    world.quiet();
    let pair = &world.sides[1].pairs()[0];
    let told: Vec<_> = not_visible(&before, pair).iter().map(|n| n.message).collect();
    assert_eq!(told, ["activity-comment-twice"]);
    assert_eq!(not_visible(pair, pair), [], "once");
    assert_eq!(pair.strays, std::slice::from_ref(&late.id));
    assert_eq!(pair.comments[0].ours.as_ref(), Some(&written[0].id), "the first to be seen is the twin");
    // Nor does what is said in it.
    world.sides[1].change(&theirs, Hand::Person, |i| {
        i.comments.iter_mut().filter(|c| c.id == late.id).for_each(|c| c.body = Document::plain("edited"));
    });
    world.quiet();
    assert_eq!(world.sides[0].issue(&ours).comments.len(), 1);
    assert_eq!(world.sides[0].issue(&ours).comments[0].body, Document::plain("hello"));
    assert_eq!(world.sides[1].issue(&theirs).comments.len(), 2, "and a person decides about it");
    assert_eq!(world.writes_total(), [0, 2]);
}

fn with_file(hand: Hand) -> (World, IssueId, IssueId) {
    let (mut world, ours, theirs) = twins("t");
    world.sides[0].attach(&ours, hand, "log.txt", BlobHash::new("bytes"));
    world.quiet();
    assert_eq!(world.sides[1].issues[0].attachments.len(), 1);
    (world, ours, theirs)
}

#[test]
fn a_file_that_a_person_takes_away_goes_on_both_sides() {
    for side in [0, 1] {
        for hand in [Hand::Person, Hand::Us] {
            let (mut world, ours, theirs) = with_file(hand);
            let id = if side == 0 { ours } else { theirs };
            world.sides[side].detach(&id, 0);
            let taken = world.sides[side].detached.clone();
            world.sides[1 - side].detached.extend(taken);
            world.quiet();
            for side in &world.sides {
                assert!(side.issues[0].attachments.is_empty());
                assert_eq!(side.pairs()[0].attachments[0].gone, Gone::Both);
            }
        }
    }
}

#[test]
fn a_file_that_is_merely_not_listed_stays_on_the_other_side() {
    let (mut world, _, _) = with_file(Hand::Person);
    let before = world.sides[0].pairs()[0].clone();
    // No entry of the changelog says that somebody took it away.
    world.sides[0].issues[0].attachments.clear();
    world.quiet();
    assert_eq!(world.sides[1].issues[0].attachments.len(), 1);
    let told = not_visible(&before, &world.sides[0].pairs()[0]);
    assert_eq!(told.iter().map(|n| n.message).collect::<Vec<_>>(), ["activity-attachment-not-visible"]);
    assert_eq!(told[0].facts, [("file", "log.txt".to_owned())]);
}

/// Acme changes the summary, and a tool of globex's answers what the node writes there.
fn answered_by_a_tool(world: &mut World, ours: &IssueId, theirs: &IssueId, round: usize) {
    rename(&mut world.sides[0], ours, Hand::Person, &format!("summary {round}"));
    world.quiet();
    if world.sides[1].issues[0].summary == format!("summary {round}") {
        rename(&mut world.sides[1], theirs, Hand::Tool, &format!("[tool] summary {round}"));
    }
    world.quiet();
}

#[test]
fn f77_a_tool_that_keeps_answering_our_writes_stops_the_field() {
    let (mut world, ours, theirs) = twins("t");
    (0..2).for_each(|round| answered_by_a_tool(&mut world, &ours, &theirs, round));
    assert_eq!(world.sides[1].pairs()[0].drift, None);
    assert_eq!(summaries(&world), ["[tool] summary 1"; 2]);
    answered_by_a_tool(&mut world, &ours, &theirs, 2);
    let pair = world.sides[1].pairs()[0].clone();
    assert_eq!(pair.drift.as_deref(), Some("summary"));
    assert_eq!(flags(&pair, &[], false).2, PairStanding::Stopped);
    // The field alone is left alone.
    rename(&mut world.sides[0], &ours, Hand::Person, "summary 3");
    write(&mut world.sides[0], &ours, "another text");
    world.quiet();
    assert_eq!(summaries(&world)[1], "[tool] summary 2");
    assert_eq!(texts(&world), ["another text"; 2]);
    // A person says that it may be tried again: one more answer is no reason to stop.
    world.sides[1].pair_mut(0).drift = None;
    world.quiet();
    assert_eq!(summaries(&world), ["summary 3"; 2]);
    answered_by_a_tool(&mut world, &ours, &theirs, 4);
    assert_eq!(world.sides[1].pairs()[0].drift, None);
}

#[test]
fn f77_a_person_in_between_begins_the_count_anew() {
    let (mut world, ours, theirs) = twins("t");
    for round in 0..8 {
        answered_by_a_tool(&mut world, &ours, &theirs, round);
        if round % 2 == 1 {
            rename(&mut world.sides[1], &theirs, Hand::Person, "a person's");
            world.quiet();
        }
    }
    assert_eq!(world.sides[1].pairs()[0].drift, None);
    assert_eq!(summaries(&world), ["a person's"; 2]);
}

/// What acme says first, and globex's pair for it.
fn first_words() -> (Replica, Pair) {
    let mut acme = Company::new("acme");
    let id = acme.create(Hand::Person, "a", Document::plain("t"), "Task");
    acme.comment(&id, Hand::Person, Document::plain("hello"), None);
    acme.poll();
    let replica = acme.speak().remove(0);
    let mut globex = Company::new("globex");
    globex.hear(replica.clone(), &acme.node);
    (replica, globex.pairs()[0].clone())
}

#[test]
fn f89_f95_a_replica_that_must_not_be_taken_is_refused_and_changes_nothing() {
    let (replica, mut pair) = first_words();
    let (me, acme, rules) = (NodeId::new("globex"), NodeId::new("acme"), Rules::basic());
    let eyes = Eyes { rules: &rules, node: &me, site: "globex", forms: &Plain, settled: true, leap: 1 };
    let before = pair.clone();
    let round = Replica { path: vec![acme.clone(), me.clone()], ..replica.clone() };
    assert_eq!(receive(&mut pair, round, &acme, eyes), Err(Refusal::Ring));
    let onward = Replica { path: vec![acme.clone()], ..replica.clone() };
    assert_eq!(receive(&mut pair.clone(), onward, &acme, eyes), Ok(Vec::new()));
    let stranger = NodeId::new("initech");
    assert_eq!(receive(&mut pair, replica.clone(), &stranger, eyes), Err(Refusal::ForeignOrigin));
    assert_eq!(pair, before);
    pair.state = PairState::Unlinked { reason: "moved".to_owned() };
    assert_eq!(receive(&mut pair, replica, &acme, eyes), Err(Refusal::Unlinked));
}

#[test]
fn a_digest_holds_what_travels_and_nothing_else() {
    let (world, ..) = twins("t");
    let [ours, theirs] = [0, 1].map(|side: usize| world.sides[side].pairs()[0].clone());
    assert_eq!(digest(&ours), digest(&theirs));
    assert_eq!(digest(&ours).len(), 64);
    assert_eq!(place(&ours.origin).len(), 32);
    let new = Pair::new(ours.id, ours.connection.clone(), ours.origin.clone(), ours.owner);
    assert_eq!(digest(&new), "", "nothing is known yet");
    let unlinked = Pair { state: PairState::Unlinked { reason: "moved".to_owned() }, ..ours.clone() };
    assert_eq!(digest(&unlinked), "");
    let mut restricted = ours.clone();
    restricted.local.as_mut().unwrap().restricted = true;
    assert_eq!(digest(&restricted), "");
    let mut other = ours.clone();
    other.summary.base_remote = Some("b".to_owned());
    assert_ne!(digest(&other), digest(&ours), "the same version with another text");
    let mut waiting = ours.clone();
    waiting.summary.base_local = Some("as our tracker has it".to_owned());
    assert_eq!(digest(&waiting), digest(&ours), "what a tracker made of it is nobody's business");
}

#[test]
fn a_pair_of_an_earlier_version_is_read() {
    let (world, ..) = with_file(Hand::Person);
    let mut json = serde_json::to_value(&world.sides[0].pairs()[0]).unwrap();
    let pair = json.as_object_mut().unwrap();
    for new in ["overruled", "whole", "drift"] {
        pair.remove(new);
    }
    for field in ["summary", "description", "issue_type"] {
        let field = pair[field].as_object_mut().unwrap();
        ["chosen", "ancestors", "there", "rounds"].iter().for_each(|new| drop(field.remove(*new)));
    }
    for file in pair["attachments"].as_array_mut().unwrap() {
        ["gone", "doubt"].iter().for_each(|new| drop(file.as_object_mut().unwrap().remove(*new)));
    }
    let read: Pair = serde_json::from_value(json).unwrap();
    assert_eq!(read.attachments[0].gone, Gone::No);
}

#[test]
fn what_a_late_index_shows_is_not_believed() {
    let (mut world, ours, _) = twins("t");
    let stale = world.sides[0].issue(&ours).clone();
    rename(&mut world.sides[0], &ours, Hand::Person, "newer");
    world.quiet();
    let (me, rules) = (NodeId::new("acme"), Rules::basic());
    let eyes = Eyes { rules: &rules, node: &me, site: "acme", forms: &Plain, settled: true, leap: 1 };
    let pair = world.sides[0].pair_mut(0);
    let before = pair.clone();
    assert_eq!(observe(pair, stale, &[], eyes), []);
    assert_eq!(*pair, before);
}

#[test]
fn nothing_is_planned_for_a_pair_that_is_not_synced() {
    let (replica, pair) = first_words();
    drop(replica);
    let steps = plan(&pair, &[], &Plain, &|_| true, 7);
    assert!(matches!(&steps[..], [Step::Write(twinline_model::intent::Write::CreateIssue { above: 7, .. })]));
    let unlinked = Pair { state: PairState::Unlinked { reason: "moved".to_owned() }, ..pair };
    assert_eq!(plan(&unlinked, &[], &Plain, &|_| true, 7), []);
    assert_eq!(flags(&unlinked, &[], false), (false, false, PairStanding::Unlinked));
}
