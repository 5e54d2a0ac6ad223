//! Files that Globex' tracker does not take (F62): a line stands in their place, once, and says what became of them.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use twinline_engine::Forms;
use twinline_model::notice::Says;
use twinline_model::observed::ObservedComment;
use twinline_model::pair::{Gone, Pair, Side};
use twinline_model::{BlobHash, Document, Origin};

use crate::company::{Company, Hand, Plain};
use crate::world::{Op, World, op, op_or_set_back};
use crate::{config, local, rest};

/// What Globex' tracker does not take.
const REFUSED: &str = "log.txt";

/// A comment in place of a file.
pub fn is_line(comment: &ObservedComment) -> bool {
    comment.marker.as_ref().is_some_and(|marker| marker.origin.noticed_file().is_some())
}

/// Whether these bytes were refused by this side's tracker.
pub fn is_refused(pair: &Pair, company: &Company, bytes: &BlobHash) -> bool {
    let refused = |name: &str| company.refuses == Some(name);
    pair.attachments.iter().any(|a| {
        a.born == Side::Theirs
            && refused(&a.file_name)
            && a.ours.is_none()
            && a.sha256.as_ref() == Some(bytes)
    })
}

/// Each file that was refused has one line, which says how things stand; no other file has one.
pub fn lines(pair: &Pair, company: &Company) -> Result<(), TestCaseError> {
    for file in pair.attachments.iter().filter(|a| a.born == Side::Theirs && !a.made) {
        let name = Origin::of_notice(&file.origin);
        let of = |c: &&ObservedComment| c.marker.as_ref().is_some_and(|m| m.origin == name);
        let lines: Vec<&Document> = local(pair).comments.iter().filter(of).map(|c| &c.body).collect();
        let refused = file.stopped.is_some() && file.gone.is_no();
        prop_assert!(!refused || company.refuses.is_some(), "{:?}", file);
        let [line] = lines[..] else {
            prop_assert!(lines.is_empty(), "{} lines of {}", lines.len(), file.file_name);
            prop_assert!(!refused, "{} has no line", file.file_name);
            continue;
        };
        let says = match file.gone {
            Gone::No if refused => Says::Stays,
            Gone::No => Says::Came,
            Gone::There | Gone::Both => Says::Gone,
            // People here took it away: the line stays as it is.
            Gone::Here => continue,
        };
        // It came, and then people here took it away, of which both sides know by now.
        let taken = file.gone == Gone::Both && *line == Plain.notice(file, Says::Came);
        prop_assert!(taken || *line == Plain.notice(file, says), "{:?} says {:?}", file, line);
    }
    Ok(())
}

/// Globex' tracker refuses such files from the beginning; at the end somebody raises its limit.
fn judge(ops: Vec<Op>) -> Result<(), TestCaseError> {
    let mut world = World::new();
    world.sides[1].refuses = Some(REFUSED);
    let set_back = ops.iter().any(|op| matches!(op, Op::SetBack(..)));
    ops.into_iter().for_each(|op| world.run(op));
    rest(&mut world, set_back)?;
    world.sides[1].try_again();
    rest(&mut world, set_back)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn f62_a_line_stands_in_place_of_a_file_that_is_refused(ops in proptest::collection::vec(op(), 1..60)) {
        judge(ops)?;
    }

    #[test]
    fn f62_it_stands_once_where_databases_are_set_back(
        ops in proptest::collection::vec(op_or_set_back(), 1..70)
    ) {
        judge(ops)?;
    }
}

/// Acme attaches a file that Globex' tracker does not take; its line stands there.
fn refused() -> World {
    let mut world = World::new();
    world.sides[1].refuses = Some(REFUSED);
    world.run(Op::Create(false, "b".to_owned(), "b".to_owned()));
    let id = world.sides[0].issues[0].id.clone();
    world.sides[0].attach(&id, Hand::Person, REFUSED, BlobHash::new("large"));
    rest(&mut world, false).unwrap();
    world
}

/// What the lines on Globex' issue say.
fn said(world: &World) -> Vec<Document> {
    world.sides[1].issues[0].comments.iter().filter(|c| is_line(c)).map(|c| c.body.clone()).collect()
}

/// What a line says when it says this.
fn saying(says: &str) -> Vec<Document> {
    vec![Document::plain(&format!("{REFUSED}: {says}"))]
}

#[test]
fn f62_the_line_says_what_became_of_the_file_and_never_travels() {
    let mut world = refused();
    assert_eq!(said(&world), saying("Stays"));
    assert!(world.sides[0].issues[0].comments.is_empty(), "the partner hears nothing of it");
    world.sides[1].try_again();
    rest(&mut world, false).unwrap();
    assert_eq!(said(&world), saying("Came"));
    assert_eq!(world.sides[1].issues[0].attachments.len(), 1);
    let id = world.sides[0].issues[0].id.clone();
    world.sides[0].detach(&id, 0);
    let taken = world.sides[0].detached.clone();
    world.sides[1].detached = taken;
    rest(&mut world, false).unwrap();
    assert_eq!(said(&world), saying("Gone"));
    assert!(world.sides[1].issues[0].attachments.is_empty());
}

#[test]
fn f62_a_database_that_is_set_back_to_the_refusal_finds_the_file_and_the_line() {
    let mut world = refused();
    world.sides[1].commit();
    world.sides[1].try_again();
    rest(&mut world, false).unwrap();
    world.run(Op::SetBack(true, 0));
    rest(&mut world, true).unwrap();
    assert_eq!(world.sides.each_ref().map(|side| side.issues[0].attachments.len()), [1, 1]);
    assert_eq!(said(&world), saying("Came"));
}

#[test]
fn f62_where_no_line_can_be_written_nothing_waits_for_it() {
    let mut world = refused();
    let origin = Origin::of_notice(&world.sides[1].pairs()[0].attachments[0].origin);
    let pair = world.sides[1].pair_mut(0);
    pair.notices.clear();
    assert!(twinline_engine::noticed(pair, &origin, None, Says::Stays));
    let planned = |pair: &Pair| twinline_engine::plan(pair, &[], &Plain, &|_| true, 0);
    assert_eq!(planned(pair), []);
    twinline_engine::try_notices_again(pair);
    assert_eq!(planned(pair).len(), 1, "a person wants it tried again");
}

#[test]
fn f62_a_line_that_may_not_be_changed_is_nobodys_comment() {
    let mut world = refused();
    let origin = Origin::of_notice(&world.sides[1].pairs()[0].attachments[0].origin);
    // Its edit was refused: it stands there as it is.
    assert!(twinline_engine::noticed(world.sides[1].pair_mut(0), &origin, None, Says::Came));
    let before = world.sides[1].pairs()[0].clone();
    rest(&mut world, false).unwrap();
    assert_eq!(said(&world), saying("Stays"));
    assert!(world.sides[0].issues[0].comments.is_empty(), "the partner hears nothing of it");
    let told = twinline_engine::not_visible(&before, &world.sides[1].pairs()[0]);
    assert_eq!(told, [], "nor is it a comment of the partner's that stands there twice");
}
