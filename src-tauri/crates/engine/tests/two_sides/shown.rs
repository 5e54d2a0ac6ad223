//! J18: a picture that stands in a text is there before the text shows it.

use twinline_engine::{Rules, Step, compose, flags, plan};
use twinline_model::document::Block;
use twinline_model::intent::Write;
use twinline_model::{BlobHash, Document, IssueId};

use crate::company::{Hand, Plain};
use crate::world::World;

fn with_pictures(text: &str, names: &[&str]) -> Document {
    let mut document = Document::plain(text);
    let show = |name: &&str| Block::Media { name: (*name).to_owned(), alt: None };
    document.blocks.extend(names.iter().map(show));
    document
}

fn bytes(name: &str) -> BlobHash {
    BlobHash::new(format!("bytes of {name}"))
}

/// An issue of acme's whose description shows these pictures, attached; nothing has been told yet.
fn pictured(names: &[&str]) -> (World, IssueId) {
    let mut world = World::new();
    let acme = &mut world.sides[0];
    let id = acme.create(Hand::Person, "a", with_pictures("look:", names), "Task");
    for name in names {
        acme.attach(&id, Hand::Person, name, bytes(name));
    }
    (world, id)
}

#[test]
fn j18_a_description_is_written_again_once_when_its_pictures_are_there() {
    for (names, writes) in [(&[][..], 1), (&["1.png"][..], 3), (&["1.png", "2.png"][..], 4)] {
        let (mut world, _) = pictured(names);
        world.quiet();
        assert_eq!(world.writes_total(), [0, writes], "a create, an upload each, one more edit: {names:?}");
        assert!(!flags(&world.sides[1].pairs()[0], &[], false).1, "nothing is left to do");
        assert!(world.sides[1].pairs()[0].description.missing.is_empty());
        world.quiet();
        assert_eq!(world.writes_total(), [0, writes]);
    }
}

#[test]
fn j18_a_picture_that_never_arrives_is_not_waited_for() {
    let mut world = World::new();
    let id = world.sides[0].create(Hand::Person, "a", with_pictures("look:", &["gone.png"]), "Task");
    world.sides[0].comment(&id, Hand::Person, with_pictures("and here:", &["gone.png"]), None);
    world.quiet();
    assert_eq!(world.writes_total(), [0, 2], "the issue and the comment");
    assert_eq!(world.sides[1].pairs()[0].description.missing, ["gone.png"]);
    assert!(!flags(&world.sides[1].pairs()[0], &[], false).1);
}

#[test]
fn j18_what_a_person_made_of_the_text_meanwhile_is_not_written_over() {
    let (mut world, _) = pictured(&["1.png"]);
    world.sides[0].poll();
    world.send(0, false);
    world.sides[1].work(0);
    let twin = world.sides[1].issues[0].id.clone();
    let words = with_pictures("mine:", &["1.png"]);
    world.sides[1].change(&twin, Hand::Person, |i| i.description = words.clone());
    world.sides[1].poll();
    world.quiet();
    assert_eq!(world.sides[1].issues[0].description, words, "as the person left it");
}

#[test]
fn j18_a_comment_is_written_after_the_picture_it_shows() {
    let (mut world, id) = pictured(&[]);
    world.quiet();
    let acme = &mut world.sides[0];
    acme.comment(&id, Hand::Person, with_pictures("see:", &["1.png"]), None);
    acme.comment(&id, Hand::Person, Document::plain("and then"), None);
    acme.attach(&id, Hand::Person, "1.png", bytes("1.png"));
    world.quiet();
    let twin = &world.sides[1].issues[0];
    let number = |id: &str| id.parse::<u64>().unwrap();
    let said: Vec<_> = twin.comments.iter().map(|c| number(c.id.as_str())).collect();
    assert!(number(twin.attachments[0].id.as_str()) < said[0], "the file is there first");
    assert!(said.is_sorted() && said.len() == 2, "and the order of the comments stays");
}

/// The create and the upload are done; the description is to be written again.
fn about_to_show() -> World {
    let (mut world, _) = pictured(&["1.png"]);
    world.sides[0].poll();
    world.send(0, false);
    for _ in 0..2 {
        world.sides[1].work(0);
        world.sides[1].poll();
    }
    assert_eq!(world.writes_total(), [0, 2]);
    assert_eq!(world.sides[1].pairs()[0].description.missing, ["1.png"]);
    world
}

#[test]
fn j18_f69_a_picture_whose_write_has_no_answer_is_written_again() {
    for (luck, writes) in [(1, 4), (2, 3)] {
        let mut world = about_to_show();
        world.sides[1].work(luck);
        world.sides[1].probe();
        // The text stood there before: that it stands there proves nothing.
        assert_eq!(world.sides[1].pairs()[0].description.missing, ["1.png"]);
        world.quiet();
        assert_eq!(world.sides[1].pairs()[0].description.missing, [""; 0]);
        assert_eq!(world.writes_total(), [0, writes]);
    }
}

#[test]
fn j18_a_comment_says_that_it_waits() {
    let (mut world, id) = pictured(&[]);
    world.quiet();
    let acme = &mut world.sides[0];
    acme.attach(&id, Hand::Person, "1.png", bytes("1.png"));
    acme.comment(&id, Hand::Person, with_pictures("see:", &["1.png"]), None);
    acme.poll();
    world.send(0, false);
    let pair = &world.sides[1].pairs()[0];
    let steps = plan(pair, &[], &Plain, &|_| false, 0);
    assert!(matches!(&steps[..], [Step::Wait(Write::AddComment { .. }), Step::Fetch { .. }]), "{steps:?}");
}

#[test]
fn j18_the_partner_hears_of_a_comment_and_its_picture_together() {
    let (mut world, id) = pictured(&[]);
    world.quiet();
    let acme = &mut world.sides[0];
    acme.attach(&id, Hand::Person, "1.png", bytes("1.png"));
    acme.comment(&id, Hand::Person, with_pictures("see:", &["1.png"]), None);
    acme.comment(&id, Hand::Person, Document::plain("and then"), None);
    acme.poll();
    let mut pair = acme.pairs()[0].clone();
    let read = pair.attachments[0].sha256.take();
    let told = |pair: &mut _| compose(pair, &Rules::basic()).map(|r| (r.comments.len(), r.attachments.len()));
    assert_eq!(told(&mut pair), None, "its bytes are still to be read, and no comment overtakes another");
    assert!(!flags(&pair, &[], false).0, "and nothing is tried meanwhile");
    for (size, tells) in [(26_214_400, None), (26_214_401, Some((2, 0)))] {
        let mut sized = pair.clone();
        sized.attachments[0].size = size;
        assert_eq!(told(&mut sized), tells, "nobody waits for a file of more than 25 MiB");
    }
    let mut late = pair.clone();
    late.attachments[0].late = true;
    assert_eq!(told(&mut late), Some((2, 0)), "nor for one that could not be read");
    let mut edited = pair.clone();
    edited.comments[0].travelled = true;
    assert_eq!(
        told(&mut edited),
        Some((2, 0)),
        "an edit does not wait: the two sides would differ meanwhile"
    );
    pair.attachments[0].sha256 = read;
    assert_eq!(told(&mut pair), Some((2, 1)));
}
