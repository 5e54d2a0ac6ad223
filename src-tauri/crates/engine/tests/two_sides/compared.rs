//! What two sides compare: the hashes of what was read, and the digest of what travelled (I18).

use twinline_engine::{body_hash, digest, fingerprint, place};
use twinline_model::pair::{Attachment, Comment, Field, Gone, Pair, Side};
use twinline_model::replica::{Version, Versioned};
use twinline_model::{BlobHash, Document, NodeId, Origin};

use crate::composed::{file, told};

/// A pair that knows of two comments and three files, and of which everything was told.
fn known() -> Pair {
    let mut pair = told(&["first", "second"]);
    let theirs = Comment::new(of_globex("c/1"), Side::Theirs);
    pair.comments.push(Comment { version: 1, heard: "their text".to_owned(), ..theirs });
    pair.attachments = vec![file(Side::Ours, "a/1"), file(Side::Theirs, "a/2"), file(Side::Theirs, "a/3")];
    pair
}

fn of_globex(item: &str) -> Origin {
    Origin { node: NodeId::new("globex"), item: format!("globex/{item}") }
}

/// A change of what is known, and what it is.
type Change = (&'static str, fn(&mut Pair));

/// The digest after a change.
fn after(change: impl FnOnce(&mut Pair)) -> String {
    let mut pair = known();
    change(&mut pair);
    digest(&pair)
}

fn is_hash(text: &str, digits: usize) -> bool {
    text.len() == digits && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[test]
fn what_travelled_shows_in_the_digest() {
    const NEXT: Version = Version { owner: 9, other: 9 };
    let before = digest(&known());
    assert!(is_hash(&before, 64));
    let changes: [Change; 18] = [
        ("summary", |p| p.summary.base_remote = Some("b".to_owned())),
        ("its version", |p| p.summary.version = NEXT),
        ("no summary", |p| p.summary = Field::default()),
        ("description", |p| p.description.base_remote = Some(Document::plain("b"))),
        ("its version", |p| p.description.version = NEXT),
        ("type", |p| p.issue_type.base_remote = Some("Bug".to_owned())),
        ("its version", |p| p.issue_type.version = NEXT),
        ("a value that is known and waits", |p| {
            p.summary.remote = Some(Versioned { version: NEXT, value: "waiting".to_owned() });
        }),
        ("which pair", |p| p.origin = of_globex("i/1")),
        ("a comment's version", |p| p.comments[0].version += 1),
        ("our text of it", |p| p.comments[0].base_hash = "another".to_owned()),
        ("it was withdrawn", |p| p.comments[0].withdrawn = true),
        ("their text of it", |p| p.comments[2].heard = "another".to_owned()),
        ("one less", |p| drop(p.comments.remove(0))),
        ("a file less", |p| drop(p.attachments.remove(1))),
        ("another file", |p| p.attachments[0].origin.item.push('0')),
        ("its bytes", |p| p.attachments[0].sha256 = Some(BlobHash::new("cd".repeat(32)))),
        ("a file that was taken away", |p| p.attachments[2].gone = Gone::There),
    ];
    let mut seen = vec![before];
    for (what, change) in changes {
        let digest = after(change);
        assert!(is_hash(&digest, 64) && !seen.contains(&digest), "{what}");
        seen.push(digest);
    }
}

#[test]
fn what_is_of_one_side_only_does_not_show_in_the_digest() {
    let before = digest(&known());
    let changes: [Change; 11] = [
        ("what our tracker made of a text", |p| p.summary.base_local = Some("trimmed".to_owned())),
        ("what was sent", |p| p.summary.sent = Version::default()),
        ("what waits, and came too late", |p| {
            let version = Version { owner: 0, other: 0 };
            p.summary.remote = Some(Versioned { version, value: "late".to_owned() });
        }),
        ("what waits under a number that stands for our text", |p| {
            p.summary.remote = Some(Versioned { version: p.summary.version, value: "b".to_owned() });
        }),
        ("keys", |p| p.ours = None),
        ("the order in which comments became known", |p| p.comments.reverse()),
        ("the order in which files became known", |p| p.attachments.reverse()),
        ("our ids", |p| {
            (p.comments[0].ours, p.attachments[0].ours) = (Some("7".into()), Some("8".into()));
        }),
        ("a comment that has not travelled", |p| {
            let new = Comment::new(Origin { node: NodeId::new("acme"), item: "acme/c/0".into() }, Side::Ours);
            p.comments.push(Comment { version: 1, ..new });
        }),
        ("a file of ours that was not sent", |p| {
            p.attachments.push(Attachment { sent: false, ..file(Side::Ours, "a/9") });
        }),
        ("a file that is gone and they never had", |p| {
            p.attachments.push(Attachment { gone: Gone::Both, ..file(Side::Ours, "a/9") });
        }),
    ];
    for (what, change) in changes {
        assert_eq!(after(change), before, "{what}");
    }
    // Whether a file of theirs counts as sent says nothing: it came from them.
    assert_eq!(after(|p| p.attachments[1].sent = false), before);
}

#[test]
fn one_thing_that_is_known_is_enough_to_be_compared() {
    let nothing = || {
        let known = known();
        Pair::new(known.id, known.connection, known.origin, known.owner)
    };
    assert_eq!(digest(&nothing()), "");
    let full = known();
    let one = [
        Pair { summary: full.summary, ..nothing() },
        Pair { description: full.description, ..nothing() },
        Pair { issue_type: full.issue_type, ..nothing() },
        Pair { comments: full.comments, ..nothing() },
        Pair { attachments: full.attachments, ..nothing() },
    ];
    assert!(one.iter().all(|pair| is_hash(&digest(pair), 64)), "{one:?}");
}

#[test]
fn what_waits_is_known_as_well_as_what_was_applied() {
    let version = Version { owner: 9, other: 9 };
    let waiting = after(|p| p.summary.remote = Some(Versioned { version, value: "b".to_owned() }));
    let applied = after(|p| (p.summary.version, p.summary.base_remote) = (version, Some("b".to_owned())));
    assert_eq!(waiting, applied);
}

#[test]
fn a_hash_tells_texts_places_and_issues_apart_and_is_the_same_again() {
    let [a, b] = ["a", "b"].map(Document::plain);
    assert!(is_hash(&body_hash(&a), 64) && body_hash(&a) != body_hash(&b));
    assert_eq!(body_hash(&a), body_hash(&a.clone()));
    let [here, there] = ["i/1", "i/2"].map(of_globex);
    assert!(is_hash(&place(&here), 32) && place(&here) != place(&there));
    assert_eq!(place(&here), place(&here.clone()));
    let issue = known().local.expect("it was seen");
    let mut other = issue.clone();
    other.comments[1].restricted = true;
    assert!(is_hash(&fingerprint(&issue), 64) && fingerprint(&issue) != fingerprint(&other));
    assert_eq!(fingerprint(&issue), fingerprint(&issue.clone()));
}
