//! Both sides beside each other: equal sides show no difference, and every difference is named, with the text that really
//! stands at the other side.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use twinline_engine::compare::CommentFinding;
use twinline_engine::{Compared, Forms, Rules, Underway, choose, compare};
use twinline_model::compare::{Likeness, Part, Way, Why};
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{Gone, Pair, PairState, Side, TheirIssue};
use twinline_model::{Document, IssueId};

use crate::company::{Company, Hand, Plain};
use crate::world::{Op, World, op};
use crate::{alike, config, local};

fn of(pair: &Pair, now: Option<&ObservedIssue>) -> Compared {
    with(pair, now, &Underway::default())
}

/// The partner told which issue stands for ours: no receipts travel between these two.
fn with(pair: &Pair, now: Option<&ObservedIssue>, underway: &Underway) -> Compared {
    let theirs = TheirIssue { key: "GX-1".to_owned(), link: String::new() };
    let pair = Pair { theirs: Some(theirs), ..pair.clone() };
    compare(&pair, now, &Rules::basic(), underway)
}

/// Everything differs by a rule or not at all, and nothing is on its way.
pub fn shows_none(pair: &Pair) -> Result<(), TestCaseError> {
    let compared = of(pair, None);
    for field in &compared.fields {
        let settled = !field.finding.likeness.differs() && field.finding.way == Way::Settled;
        prop_assert!(settled, "{:?}", field);
    }
    for finding in compared.comments.iter().map(|c| c.finding).chain(compared.files.iter().map(|f| f.finding))
    {
        let settled = finding.likeness == Likeness::Same && finding.way == Way::Settled;
        prop_assert!(settled || finding.way == Way::Stays, "{:?} of {:?}", finding, pair);
    }
    Ok(())
}

/// Each field of ACME's that differs from what Globex really holds is named, with Globex's text; no other one is.
fn names_all(pair: &Pair, now: &ObservedIssue, there: &ObservedIssue) -> Result<(), TestCaseError> {
    let compared = of(pair, Some(now));
    let field = |part| compared.fields.iter().find(|f| f.part == part).expect("the field");
    let text = |d: &Document| d.to_plain_text();
    let equal = [
        (Part::Summary, alike(&now.summary, &there.summary, |t| Plain.summary(t)), there.summary.clone()),
        (
            Part::Description,
            alike(&now.description, &there.description, |t| Plain.text(t)),
            text(&there.description),
        ),
        (
            Part::Type,
            alike(&now.issue_type, &there.issue_type, |t| Plain.issue_type(t).expect("a type")),
            there.issue_type.clone(),
        ),
    ];
    for (part, equal, theirs) in equal {
        let found = field(part);
        prop_assert!(equal || found.finding.likeness == Likeness::Changed, "{:?} is not named", found);
        if found.finding.likeness == Likeness::Changed {
            let known = found.theirs.clone().expect("what the partner has");
            let form = [known.clone(), Plain.summary(&known), text(&Plain.text(&Document::plain(&known)))];
            let kind = Plain.issue_type(&known).expect("a type");
            prop_assert!(form.contains(&theirs) || kind == theirs, "{:?} is {:?}", theirs, found);
            let goes = [Way::Unnoticed, Way::ToPartner].contains(&found.finding.way);
            prop_assert!(goes, "{:?}", found);
        }
    }
    Ok(())
}

/// What people of ACME do.
fn deed() -> impl Strategy<Value = Op> {
    let word = || prop_oneof!["[a-c]{1,2}", Just("raw fish".to_owned())];
    prop_oneof![
        (0usize..4, word()).prop_map(|(i, w)| Op::Summary(false, i, w)),
        (0usize..4, word()).prop_map(|(i, w)| Op::Text(false, i, crate::world::Stroke::Append, w)),
        (0usize..4, any::<bool>()).prop_map(|(i, e)| Op::Kind(false, i, e)),
        Just(Op::Poll(false)),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_one_side_changes_is_named_with_the_text_of_the_other(
        before in proptest::collection::vec(op(), 1..30),
        deeds in proptest::collection::vec(deed(), 1..20),
    ) {
        let mut world = World::new();
        before.into_iter().for_each(|op| world.run(op));
        world.quiet();
        deeds.into_iter().for_each(|op| world.run(op));
        let [acme, globex] = &world.sides;
        for pair in acme.pairs() {
            let twin = globex.pairs().iter().find(|p| p.origin == pair.origin).expect("a twin");
            let now = acme.issue(&pair.ours.as_ref().expect("an issue").id);
            names_all(pair, now, local(twin))?;
        }
    }
}

/// Two companies in step about one issue of ACME's with a comment and a file of each side.
fn in_step() -> (World, IssueId) {
    let mut world = World::new();
    let acme = &mut world.sides[0];
    let id = acme.create(Hand::Person, "Printer", Document::plain("one\ntwo"), "Task");
    acme.comment(&id, Hand::Person, Document::plain("ours"), None);
    acme.attach(&id, Hand::Person, "ours.txt", "1".into());
    world.quiet();
    let globex = &mut world.sides[1];
    let twin = globex.issues[0].id.clone();
    globex.comment(&twin, Hand::Person, Document::plain("theirs"), None);
    globex.attach(&twin, Hand::Person, "theirs.txt", "2".into());
    world.quiet();
    (world, id)
}

fn acme(world: &World) -> Compared {
    of(&world.sides[0].pairs()[0], Some(&world.sides[0].issues[0]))
}

fn change(company: &mut Company, change: impl FnOnce(&mut ObservedIssue)) {
    let id = company.issues[0].id.clone();
    company.change(&id, Hand::Person, change);
}

#[test]
fn a_change_is_named_from_the_moment_it_is_made_until_the_partner_has_it() {
    let (mut world, _) = in_step();
    let summary = |compared: &Compared| {
        let field = compared.fields[0].clone();
        (field.ours.unwrap(), field.theirs.unwrap(), field.finding.likeness, field.finding.way)
    };
    let says = |ours: &str, theirs: &str, likeness, way| (ours.to_owned(), theirs.to_owned(), likeness, way);
    assert_eq!(summary(&acme(&world)), says("Printer", "Printer", Likeness::Same, Way::Settled));
    change(&mut world.sides[0], |i| i.summary = "Plotter".to_owned());
    assert_eq!(summary(&acme(&world)), says("Plotter", "Printer", Likeness::Changed, Way::Unnoticed));
    // Several changes before the partner hears of the first.
    for text in ["Plotter 2", "Plotter 3", "Plotter 4", "Plotter 5", "Plotter 6"] {
        world.sides[0].poll();
        assert_eq!(summary(&acme(&world)).3, Way::ToPartner);
        change(&mut world.sides[0], |i| i.summary = text.to_owned());
    }
    world.sides[0].poll();
    assert_eq!(summary(&acme(&world)), says("Plotter 6", "Printer", Likeness::Changed, Way::ToPartner));
    let mut underway = Underway::default();
    for replica in world.sides[0].speak() {
        underway.add(&replica);
    }
    let pair = world.sides[0].pairs()[0].clone();
    let sent = with(&pair, None, &underway);
    assert_eq!(summary(&sent), says("Plotter 6", "Printer", Likeness::Changed, Way::Sent));
    assert_eq!(summary(&of(&pair, None)), says("Plotter 6", "Plotter 6", Likeness::Same, Way::Settled));
}

#[test]
fn what_the_partner_sent_is_named_until_it_stands_here() {
    let (mut world, _) = in_step();
    change(&mut world.sides[1], |i| {
        (i.summary, i.description) = ("Plotter".to_owned(), Document::plain("one\nthree"));
    });
    world.sides[1].poll();
    world.send(1, false);
    let compared = acme(&world);
    for (field, ours, theirs) in [(0, "Printer", "Plotter"), (1, "one\ntwo", "one\nthree")] {
        let field = &compared.fields[field];
        assert_eq!((field.ours.as_deref(), field.theirs.as_deref()), (Some(ours), Some(theirs)));
        assert_eq!((field.finding.likeness, field.finding.way), (Likeness::Changed, Way::ToUs));
    }
    // Another hand here at the same time.
    change(&mut world.sides[0], |i| i.summary = "Scanner".to_owned());
    assert_eq!(acme(&world).fields[0].finding.why, Why::Both);
    // The owner decides, and the partner still has its own text.
    world.sides[0].poll();
    let field = acme(&world).fields[0].clone();
    assert_eq!((field.ours.as_deref(), field.theirs.as_deref()), (Some("Scanner"), Some("Plotter")));
    assert_eq!(field.finding.way, Way::ToPartner);
}

#[test]
fn a_text_that_was_chosen_is_on_its_way_to_both() {
    let (mut world, _) = in_step();
    choose(world.sides[0].pair_mut(0), &[], "summary", "\"Chosen\"", None).unwrap();
    let field = acme(&world).fields[0].clone();
    assert_eq!(field.ours.as_deref(), Some("Printer"), "what stands in our tracker");
    assert_eq!((field.finding.likeness, field.finding.way), (Likeness::Same, Way::ToUs));
    assert_eq!(field.finding.why, Why::Chosen);
}

#[test]
fn comments_are_named_with_what_becomes_of_each() {
    let (mut world, id) = in_step();
    let found = |world: &World| {
        let all = acme(world).comments;
        all.into_iter().map(|c| (c.by, c.finding.likeness, c.finding.way, c.finding.why)).collect::<Vec<_>>()
    };
    let same = |by| (by, Likeness::Same, Way::Settled, Why::Plain);
    assert_eq!(found(&world), [same(Side::Ours), same(Side::Theirs)]);
    // A new one, one that is restricted, an edit, and an edit of what only repeats the partner's words.
    let (ours, theirs) =
        (world.sides[0].issues[0].comments[0].id.clone(), world.sides[0].issues[0].comments[1].id.clone());
    world.sides[0].comment(&id, Hand::Person, Document::plain("new"), None);
    world.sides[0].comment(&id, Hand::Person, Document::plain("secret"), None);
    change(&mut world.sides[0], |i| {
        for comment in &mut i.comments {
            if [&ours, &theirs].contains(&&comment.id) {
                comment.body = Document::plain("edited");
            }
            comment.restricted |= comment.body.to_plain_text() == "secret";
        }
    });
    let edited = |way| {
        [
            (Side::Ours, Likeness::Changed, way, Why::Plain),
            (Side::Theirs, Likeness::Changed, Way::Stays, Why::Foreign),
            (Side::Ours, Likeness::OnlyOurs, way, Why::Plain),
            (Side::Ours, Likeness::OnlyOurs, Way::Stays, Why::Restricted),
        ]
    };
    assert_eq!(found(&world), edited(Way::Unnoticed));
    let shown: Vec<_> = acme(&world).comments.into_iter().map(|c| c.ours).collect();
    assert_eq!(shown[2].as_deref(), Some("new"));
    assert_eq!(shown[3], None, "what not everybody may read is not shown");
    world.sides[0].poll();
    assert_eq!(found(&world), edited(Way::ToPartner));
    let pair = world.sides[0].pairs()[0].clone();
    let mut underway = Underway::default();
    world.sides[0].speak().iter().for_each(|replica| underway.add(replica));
    let sent = with(&world.sides[0].pairs()[0], None, &underway);
    let ways: Vec<_> = sent.comments.iter().map(|c| (c.finding.likeness, c.finding.way)).collect();
    assert_eq!(ways[0], (Likeness::Changed, Way::Sent));
    assert_eq!(ways[2], (Likeness::OnlyOurs, Way::Sent));
    // It was deleted here, and stays there.
    let mut now = world.sides[0].issues[0].clone();
    now.comments.retain(|c| c.id != ours && c.id != theirs);
    let gone = of(&pair, Some(&now));
    for comment in &gone.comments[..2] {
        let finding = comment.finding;
        assert_eq!((finding.likeness, finding.why), (Likeness::OnlyTheirs, Why::NotVisible));
    }
}

#[test]
fn what_the_partner_wrote_is_shown_before_it_stands_here() {
    let (mut world, _) = in_step();
    let twin = world.sides[1].issues[0].id.clone();
    world.sides[1].comment(&twin, Hand::Person, Document::plain("second"), None);
    world.sides[1].attach(&twin, Hand::Person, "plan.zip", "3".into());
    world.sides[1].poll();
    while world.sides[1].work(0) {}
    world.send(1, false);
    let compared = acme(&world);
    let comment = compared.comments.last().unwrap();
    assert_eq!(comment.theirs.as_deref(), Some("second"));
    assert_eq!((comment.finding.likeness, comment.finding.way), (Likeness::OnlyTheirs, Way::ToUs));
    let file = compared.files.last().unwrap();
    assert_eq!((file.file_name.as_str(), file.finding.likeness), ("plan.zip", Likeness::OnlyTheirs));
}

#[test]
fn files_are_named_with_what_becomes_of_each() {
    let (mut world, id) = in_step();
    let found = |compared: Compared| {
        let all = compared.files.into_iter();
        all.map(|f| (f.file_name, f.finding.likeness, f.finding.way, f.finding.why)).collect::<Vec<_>>()
    };
    let same = |name: &str| (name.to_owned(), Likeness::Same, Way::Settled, Why::Plain);
    assert_eq!(found(acme(&world)), [same("ours.txt"), same("theirs.txt")]);
    world.sides[0].attach(&id, Hand::Person, "new.txt", "4".into());
    let new = |way| ("new.txt".to_owned(), Likeness::OnlyOurs, way, Why::Plain);
    assert_eq!(found(acme(&world))[2], new(Way::Unnoticed));
    world.sides[0].poll();
    assert_eq!(found(acme(&world))[2], new(Way::ToPartner));
    let mut pair = world.sides[0].pairs()[0].clone();
    pair.attachments[0].gone = Gone::Here;
    pair.attachments[1].gone = Gone::There;
    let gone = found(of(&pair, None));
    assert_eq!(gone[0].1, Likeness::OnlyTheirs);
    assert_eq!((gone[0].2, gone[0].3), (Way::ToPartner, Why::RemovedHere));
    assert_eq!((gone[1].1, gone[1].2, gone[1].3), (Likeness::OnlyOurs, Way::ToUs, Why::RemovedThere));
    pair.attachments[0].gone = Gone::Both;
    assert_eq!(found(of(&pair, None)).len(), 2, "on neither side");
    (pair.attachments[2].sent, pair.attachments[1].gone) = (true, Gone::No);
    let mut underway = Underway::default();
    underway.offer(pair.attachments[2].origin.clone());
    let fetched = found(with(&pair, None, &underway));
    assert_eq!((fetched[1].2, fetched[1].3), (Way::Sent, Why::Bytes));
    pair.attachments[1].stopped = Some("attachment-too-large".to_owned());
    pair.attachments[1].ours = None;
    assert_eq!(found(of(&pair, None))[0].3, Why::Refused);
}

#[test]
fn an_issue_without_a_twin_stands_on_one_side() {
    let mut world = World::new();
    world.sides[0].create(Hand::Person, "Printer", Document::plain("one"), "Task");
    world.sides[0].poll();
    let ours = compare(&world.sides[0].pairs()[0], None, &Rules::basic(), &Underway::default());
    assert!(ours.fields.iter().all(|f| f.finding.likeness == Likeness::OnlyOurs && f.theirs.is_none()));
    world.send(0, false);
    let theirs = compare(&world.sides[1].pairs()[0], None, &Rules::basic(), &Underway::default());
    for field in theirs.fields {
        assert_eq!((field.ours, field.finding.likeness), (None, Likeness::OnlyTheirs));
        assert_eq!(field.finding.way, Way::ToUs);
    }
}

#[test]
fn nothing_is_on_its_way_where_the_pair_is_no_longer_synced_or_must_not_leave() {
    let (mut world, _) = in_step();
    change(&mut world.sides[0], |i| i.summary = "Plotter".to_owned());
    let mut now = world.sides[0].issues[0].clone();
    let mut pair = world.sides[0].pairs()[0].clone();
    now.restricted = true;
    let locked = of(&pair, Some(&now)).fields[0].finding;
    assert_eq!(
        (locked.likeness, locked.way, locked.why),
        (Likeness::Changed, Way::Stays, Why::SecurityLevel)
    );
    now.restricted = false;
    pair.drift = Some("summary".to_owned());
    assert_eq!(of(&pair, Some(&now)).fields[0].finding.why, Why::Drift);
    pair.drift = None;
    pair.state = PairState::Unlinked { reason: "moved".to_owned() };
    let unlinked = of(&pair, Some(&now)).fields[0].finding;
    assert_eq!((unlinked.likeness, unlinked.way), (Likeness::Changed, Way::Settled));
}

#[test]
fn a_comment_that_was_restricted_after_it_had_left_is_taken_back_and_not_shown() {
    let (mut world, _) = in_step();
    change(&mut world.sides[0], |i| i.comments[0].restricted = true);
    let ours = |world: &World| acme(world).comments[0].clone();
    let hidden = |found: &CommentFinding| (found.ours.clone(), found.finding.likeness, found.finding.why);
    let withdrawn = (None, Likeness::OnlyOurs, Why::Withdrawn);
    assert_eq!((hidden(&ours(&world)), ours(&world).finding.way), (withdrawn.clone(), Way::ToPartner));
    world.sides[0].poll();
    assert_eq!((hidden(&ours(&world)), ours(&world).finding.way), (withdrawn.clone(), Way::ToPartner));
    world.quiet();
    assert_eq!((hidden(&ours(&world)), ours(&world).finding.way), (withdrawn, Way::Stays));
    // What only agents of a service project may read, and what was never known to the pair.
    let mut now = world.sides[0].issues[0].clone();
    now.comments[0].restricted = false;
    now.comments[0].internal = true;
    let mut pair = world.sides[0].pairs()[0].clone();
    pair.comments.remove(0);
    let found = of(&pair, Some(&now)).comments.pop().unwrap();
    assert_eq!(hidden(&found), (None, Likeness::OnlyOurs, Why::Internal));
    assert_eq!(found.finding.way, Way::Stays);
}

#[test]
fn a_comment_that_was_deleted_there_before_it_stood_here_is_on_neither_side() {
    let (world, _) = in_step();
    let mut pair = world.sides[0].pairs()[0].clone();
    let mut now = world.sides[0].issues[0].clone();
    now.comments.pop();
    let theirs = pair.comments.iter_mut().find(|c| c.author == Side::Theirs).unwrap();
    theirs.ours = None;
    assert_eq!(of(&pair, Some(&now)).comments.len(), 1);
}
