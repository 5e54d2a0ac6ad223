//! F58: a text of ACME's that Globex' tracker takes two lines of.

use twinline_engine::{choose, keep_file};
use twinline_model::Document;
use twinline_model::pair::{Attachment, Gone, Pair};

use crate::company::{Hand, TOLD};
use crate::world::{Op, Stroke, World};

/// A history in which a text of four lines has reached Globex.
pub fn stands() -> impl Iterator<Item = Op> {
    let line = || Op::Text(false, 0, Stroke::Append, "b".to_owned());
    [
        Op::Create(false, "b".to_owned(), "b".to_owned()),
        line(),
        line(),
        line(),
        Op::Poll(false),
        Op::Send(false, false),
        Op::Work(true, 0),
        Op::Poll(true),
    ]
    .into_iter()
}

/// Two companies in step, with this text at ACME.
fn world(lines: &[&str]) -> World {
    let mut world = World::new();
    world.sides[1].room = 2;
    world.sides[0].create(Hand::Person, "one", text(lines), "Task");
    world.quiet();
    world
}

fn text(lines: &[&str]) -> Document {
    Document::plain(&lines.join("\n"))
}

fn lines(world: &World, side: usize) -> Vec<String> {
    world.sides[side].issues[0].description.to_plain_text().lines().map(str::to_owned).collect()
}

/// A person changes the text at one side, and both come to rest.
fn say(world: &mut World, side: usize, words: &[&str]) {
    let id = world.sides[side].issues[0].id.clone();
    world.sides[side].change(&id, Hand::Person, |i| i.description = text(words));
    world.quiet();
}

/// What the files hold that stand at Globex.
fn files(world: &World) -> Vec<&str> {
    let globex = &world.sides[1];
    globex.issues[0].attachments.iter().map(|a| globex.files[&a.id].as_str()).collect()
}

fn as_json(text: &Document) -> String {
    serde_json::to_string(text).unwrap()
}

fn pair(world: &World, side: usize) -> &Pair {
    &world.sides[side].pairs()[0]
}

#[test]
fn f58_a_change_of_the_beginning_takes_nothing_from_the_rest() {
    let mut world = world(&["a", "b", "c", "d"]);
    assert_eq!(lines(&world, 1), ["a", "b", TOLD]);
    say(&mut world, 1, &["a", "better", TOLD]);
    assert_eq!(lines(&world, 0), ["a", "better", "c", "d"]);
    assert_eq!(lines(&world, 1), ["a", "better", TOLD]);
    // Longer than there is room for, as a person may: what stands there is not cut again, and the border has moved.
    say(&mut world, 1, &["a", "better", "and more", TOLD, "behind"]);
    assert_eq!(lines(&world, 0), ["a", "better", "and more", "c", "d", "behind"]);
    say(&mut world, 1, &["A", "better", "and more", TOLD, "behind"]);
    assert_eq!(lines(&world, 0), ["A", "better", "and more", "c", "d", "behind"]);
    assert!(world.sides.iter().all(|side| side.records().is_empty()));
}

#[test]
fn f58_who_takes_the_sentence_away_finds_it_again() {
    let mut world = world(&["a", "b", "c", "d"]);
    say(&mut world, 1, &["only this"]);
    assert_eq!(lines(&world, 0), ["only this", "c", "d"]);
    assert_eq!(lines(&world, 1), ["only this", "c", TOLD]);
    say(&mut world, 1, &[]);
    assert_eq!((lines(&world, 0), lines(&world, 1)), (vec!["d".to_owned()], vec!["d".to_owned()]));
}

#[test]
fn f58_the_rest_lies_in_one_file_that_never_travels() {
    let mut world = world(&["a", "b", "c"]);
    assert_eq!(files(&world), ["rest c"]);
    say(&mut world, 0, &["a", "b", "c", "d"]);
    assert_eq!(files(&world), ["rest c\nd"], "the old one is gone");
    say(&mut world, 0, &["A", "b", "c", "d"]);
    say(&mut world, 0, &["a", "b", "c"]);
    assert_eq!(files(&world), ["rest c"], "one that stood there before may stand again");
    say(&mut world, 0, &["a", "b"]);
    assert_eq!((lines(&world, 1), files(&world)), (vec!["a".to_owned(), "b".to_owned()], vec![]));
    assert_eq!(world.sides[0].issues[0].attachments, []);
    assert_eq!(pair(&world, 0).attachments, []);
    let kept = pair(&world, 1).attachments.iter().filter(|a| a.made && a.gone == Gone::Both).count();
    assert!(kept <= 1, "what was removed long ago is forgotten");
}

#[test]
fn f58_a_person_may_take_the_file_away() {
    let mut world = world(&["a", "b", "c"]);
    let id = world.sides[1].issues[0].id.clone();
    world.sides[1].detach(&id, 0);
    world.quiet();
    assert_eq!(files(&world), Vec::<&str>::new());
    say(&mut world, 0, &["A", "b", "c"]);
    assert_eq!(files(&world), Vec::<&str>::new(), "the rest is the same");
    say(&mut world, 0, &["A", "b", "c", "d"]);
    assert_eq!(files(&world), ["rest c\nd"]);
}

#[test]
fn f58_a_database_that_forgot_the_rest_hears_of_it_again() {
    for back in 0..3 {
        let mut world = world(&["a", "b", "c"]);
        // Nothing is stored of it: Globex' database was set back to before it knew of the issue.
        world.sides[1].commit();
        say(&mut world, 0, &["a", "b", "c", "d"]);
        world.run(Op::SetBack(true, back));
        world.quiet();
        assert_eq!(lines(&world, 0), ["a", "b", "c", "d"]);
        assert_eq!(
            (lines(&world, 1), files(&world)),
            (text(&["a", "b", TOLD]).to_plain_text().lines().map(str::to_owned).collect(), vec!["rest c\nd"])
        );
        say(&mut world, 1, &["A", "b", TOLD]);
        assert_eq!(lines(&world, 0), ["A", "b", "c", "d"]);
    }
}

/// F75: our write replaced a person's change of the beginning unseen. Whichever text is taken from the record, the rest is
/// part of it.
#[test]
fn f58_f75_a_text_from_the_record_is_whole() {
    for take_lost in [true, false] {
        let mut world = world(&["a", "b", "c"]);
        let [acme, globex] = [0, 1].map(|side: usize| world.sides[side].issues[0].id.clone());
        world.sides[0].change(&acme, Hand::Person, |i| i.description = text(&["A", "b", "c"]));
        world.sides[0].poll();
        world.send(0, false);
        world.sides[1].change(&globex, Hand::Person, |i| i.description = text(&["a", "gap", TOLD]));
        world.sides[1].work(0);
        let record = world.sides[1].overwritten[0].clone();
        assert_eq!(record.kept, as_json(&text(&["A", "b", "c"])));
        assert_eq!(record.lost, as_json(&text(&["a", "gap", "c"])));
        world.quiet();
        let wanted = if take_lost { record.lost } else { record.kept };
        choose(world.sides[1].pair_mut(0), &[], "description", &wanted, None).unwrap();
        world.quiet();
        let whole = if take_lost { ["a", "gap", "c"] } else { ["A", "b", "c"] };
        assert_eq!(lines(&world, 0), whole);
        assert_eq!(lines(&world, 1), [whole[0], whole[1], TOLD]);
    }
}

#[test]
fn f58_a_beginning_that_is_taken_from_the_record_goes_on() {
    let mut world = world(&["a", "b", "c"]);
    // As the changelog showed it after a restore.
    choose(world.sides[1].pair_mut(0), &[], "description", &as_json(&text(&["x", "b", TOLD])), None).unwrap();
    world.quiet();
    assert_eq!(lines(&world, 0), ["x", "b", "c"]);
    // One that does not say so is whole.
    choose(world.sides[1].pair_mut(0), &[], "description", &as_json(&text(&["short"])), None).unwrap();
    world.quiet();
    assert_eq!((lines(&world, 0), lines(&world, 1)), (vec!["short".to_owned()], vec!["short".to_owned()]));
    assert_eq!(files(&world), Vec::<&str>::new());
}

#[test]
fn f58_a_file_that_was_removed_is_forgotten_once_it_is_no_longer_listed() {
    let mut world = world(&["a", "b", "c"]);
    let pair = world.sides[1].pair_mut(0);
    let stood = pair.attachments[0].clone();
    pair.description.rest = None;
    pair.attachments[0].gone = Gone::Both;
    keep_file(pair);
    assert_eq!(pair.attachments, [Attachment { gone: Gone::Both, ..stood }], "our last look lists it still");
    pair.local.as_mut().unwrap().attachments.clear();
    keep_file(pair);
    assert_eq!(pair.attachments, []);
}

#[test]
fn f58_a_file_that_the_tracker_refuses_leaves_nothing_behind() {
    let mut world = world(&["a", "b", "c"]);
    let pair = world.sides[1].pair_mut(0);
    let stopped = Some("attachment-refused".to_owned());
    let refused = Attachment { ours: None, stopped, ..pair.attachments[0].clone() };
    let [waiting, stands] = [
        Attachment { stopped: None, ..refused.clone() },
        Attachment { ours: Some("7".into()), ..refused.clone() },
    ];
    pair.description.rest = None;
    for (file, gone) in [(refused, None), (waiting, Some(Gone::There)), (stands, Some(Gone::There))] {
        pair.attachments = vec![file];
        keep_file(pair);
        keep_file(pair);
        assert_eq!(pair.attachments.first().map(|a| a.gone), gone);
    }
}

/// The partner gives a file of theirs the very name that ours would have.
#[test]
fn f58_a_partner_who_knows_our_names_holds_nothing_up() {
    let mut world = world(&["a", "b"]);
    let mut theirs = twinline_model::replica::ReplicaAttachment {
        origin: pair(&world, 1).origin.clone(),
        file_name: "theirs.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        sha256: twinline_model::BlobHash::new("theirs"),
        author: "Ana".to_owned(),
    };
    theirs.origin.item.push_str("/rest/0");
    world.sides[0].change(&world.sides[0].issues[0].id.clone(), Hand::Person, |i| {
        i.description = text(&["a", "b", "c"]);
    });
    world.sides[0].poll();
    let mut said = world.sides[0].speak().remove(0);
    said.attachments.push(theirs.clone());
    said.gone.clear();
    let acme = world.sides[0].node.clone();
    world.sides[1].hear(said, &acme);
    for _ in 0..20 {
        world.sides[1].probe();
        world.sides[1].poll();
        world.sides[1].work(0);
    }
    let mut stand = files(&world);
    stand.sort_unstable();
    assert_eq!(stand, ["rest c", "theirs"], "each of them once");
    assert!(!twinline_engine::flags(pair(&world, 1), &[], false).1, "nothing is left to do");
}

#[test]
fn f58_two_texts_that_begin_alike_are_not_the_same() {
    let mut world = world(&["a", "b", "c"]);
    let [acme, globex] = [0, 1].map(|side: usize| world.sides[side].issues[0].id.clone());
    // Written behind the sentence, and moved into the rest since there is no room for it.
    world.sides[1].change(&globex, Hand::Person, |i| i.description = text(&["a", "b", "more"]));
    world.sides[1].poll();
    world.sides[1].work(0);
    world.sides[0].change(&acme, Hand::Person, |i| i.description = text(&["a", "b", "c", "d"]));
    world.quiet();
    assert_eq!(lines(&world, 0), ["a", "b", "more", "c", "d"]);
    assert_eq!(files(&world), ["rest more\nc\nd"]);
}
