//! What is news for the partner: each kind alone, each once.

use twinline_engine::{Rules, choose, compose, resend};
use twinline_model::pair::{Attachment, Comment, Doubt, Gone, Pair, PairState, Side};
use twinline_model::replica::{Overruled, Replica, Version, Versioned};
use twinline_model::{BlobHash, Document, NodeId, Origin};

use crate::company::{Company, Hand};

/// A pair of acme's with these comments, and everything of it told.
pub fn told(comments: &[&str]) -> Pair {
    let mut acme = Company::new("acme");
    let id = acme.create(Hand::Person, "a", Document::plain("t"), "Task");
    for text in comments {
        acme.comment(&id, Hand::Person, Document::plain(text), None);
    }
    acme.poll();
    // Comments come in several replicas, but not without end.
    assert!((0..100).any(|_| acme.speak().is_empty()));
    acme.pairs()[0].clone()
}

fn next(pair: &mut Pair) -> Option<Replica> {
    compose(pair, &Rules::basic())
}

fn origin(node: &str, item: &str) -> Origin {
    Origin { node: NodeId::new(node), item: format!("{node}/{item}") }
}

pub fn file(born: Side, item: &str) -> Attachment {
    Attachment {
        origin: origin(if born == Side::Ours { "acme" } else { "globex" }, item),
        born,
        file_name: "a.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        author: "Ana".to_owned(),
        ours: Some("1".into()),
        sha256: Some(BlobHash::new("ab".repeat(32))),
        sent: true,
        stopped: None,
        gone: Gone::No,
        doubt: Doubt::None,
        looked: Vec::new(),
        late: false,
        made: false,
    }
}

/// A change that is news, and where it shows in the replica.
type News = (fn(&mut Pair), fn(&Replica) -> bool);

#[test]
fn each_kind_of_news_alone_travels_once() {
    const ONE: Version = Version { owner: 9, other: 0 };
    let kinds: [News; 8] = [
        (|pair| pair.summary.version = ONE, |said| said.summary.is_some()),
        (|pair| pair.description.version = ONE, |said| said.description.is_some()),
        (|pair| pair.issue_type.version = ONE, |said| said.issue_type.is_some()),
        (|pair| pair.comments[0].version += 1, |said| said.comments.len() == 1),
        (
            |pair| pair.attachments.push(Attachment { sent: false, ..file(Side::Ours, "a/1") }),
            |said| said.attachments.len() == 1,
        ),
        (
            |pair| pair.attachments.push(Attachment { gone: Gone::Here, ..file(Side::Ours, "a/1") }),
            |said| said.gone == [origin("acme", "a/1")],
        ),
        (
            |pair| {
                let (field, kept, lost) = ("summary".to_owned(), "\"a\"".to_owned(), "\"b\"".to_owned());
                pair.overruled.push(Overruled { field, kept, lost });
            },
            |said| said.overruled.len() == 1,
        ),
        (
            |pair| {
                pair.whole = true;
                pair.attachments.push(file(Side::Theirs, "a/1"));
            },
            |said| said.whole && said.known.len() == 1,
        ),
    ];
    for (at, (change, shows)) in kinds.iter().enumerate() {
        let mut pair = told(&["public"]);
        assert_eq!(next(&mut pair), None);
        change(&mut pair);
        let said = next(&mut pair).unwrap_or_else(|| panic!("kind {at} is news"));
        let mut parts = u32::from(said.summary.is_some())
            + u32::from(said.description.is_some())
            + u32::from(said.issue_type.is_some());
        let lists = [said.comments.len(), said.attachments.len(), said.gone.len()];
        let more = [said.overruled.len(), said.known.len()];
        parts += lists.iter().chain(&more).filter(|n| **n > 0).count() as u32;
        assert!(shows(&said) && parts == 1, "kind {at} and nothing else: {said:?}");
        assert_eq!(next(&mut pair), None, "kind {at} once");
    }
}

#[test]
fn a_whole_replica_of_nothing_is_not_sent() {
    let mut pair = told(&[]);
    pair.whole = true;
    assert_eq!(next(&mut pair), None);
    pair.attachments =
        vec![file(Side::Ours, "a/1"), Attachment { gone: Gone::Both, ..file(Side::Theirs, "a/2") }];
    assert_eq!(next(&mut pair), None, "ours, and one that is gone, are nothing that we know of theirs");
}

#[test]
fn what_we_know_of_theirs_is_named_with_its_version_and_text() {
    let mut pair = told(&["public"]);
    let new = Comment::new(origin("globex", "c/1"), Side::Theirs);
    pair.comments.push(Comment { version: 3, heard: "text".to_owned(), ..new });
    pair.attachments = vec![
        file(Side::Ours, "a/1"),
        file(Side::Theirs, "a/2"),
        Attachment { gone: Gone::There, ..file(Side::Theirs, "a/3") },
        Attachment { sha256: None, ..file(Side::Theirs, "a/4") },
    ];
    pair.whole = true;
    let said = next(&mut pair).expect("it is said");
    let known =
        [(origin("globex", "c/1"), 3, "text".to_owned()), (origin("globex", "a/2"), 1, "ab".repeat(32))];
    assert_eq!(said.known, known);
}

#[test]
fn everything_that_is_ours_is_said_anew() {
    let mut pair = told(&["done", "never sent", "sent before its last edit", "theirs"]);
    let done = pair.comments[0].done;
    assert!(done > 0 && pair.comments[0].travelled);
    pair.comments[0].travelled = false;
    (pair.comments[1].done, pair.comments[1].travelled) = (0, false);
    (pair.comments[2].done, pair.comments[2].travelled) = (0, true);
    (pair.comments[3].author, pair.comments[3].travelled) = (Side::Theirs, false);
    pair.attachments = vec![
        file(Side::Ours, "a/1"),
        file(Side::Theirs, "a/2"),
        Attachment { stopped: Some("too-large".to_owned()), ..file(Side::Ours, "a/3") },
        Attachment { gone: Gone::There, ..file(Side::Ours, "a/4") },
        Attachment { gone: Gone::Both, ..file(Side::Ours, "a/5") },
    ];
    resend(&mut pair);
    assert!(pair.whole);
    let comments: Vec<_> = pair.comments.iter().map(|c| (c.done, c.travelled)).collect();
    assert_eq!(comments, [(0, true), (0, false), (0, true), (done, false)]);
    let files: Vec<_> = pair.attachments.iter().map(|a| (a.sent, a.gone)).collect();
    assert_eq!(
        files,
        [(false, Gone::No), (true, Gone::No), (true, Gone::No), (true, Gone::There), (true, Gone::Here)]
    );
    assert_eq!(pair.summary.sent, Version::default());
    let said = next(&mut pair).expect("all of it");
    assert!(said.summary.is_some() && said.description.is_some() && said.issue_type.is_some() && said.whole);
}

#[test]
fn many_words_travel_in_several_replicas() {
    let long = "x".repeat(300 * 1024);
    let mut acme = Company::new("acme");
    let id = acme.create(Hand::Person, "a", Document::plain("t"), "Task");
    for text in ["short", "short too", &long, &long] {
        acme.comment(&id, Hand::Person, Document::plain(text), None);
    }
    acme.poll();
    let mut pair = acme.pairs()[0].clone();
    let said: Vec<usize> =
        std::iter::from_fn(|| next(&mut pair)).take(9).map(|said| said.comments.len()).collect();
    assert_eq!(said, [3, 1]);
}

#[test]
fn as_many_words_as_fit_travel_together() {
    let json = |words: &str| serde_json::to_vec(&Document::plain(words)).expect("a document").len();
    let room = 512 * 1024 - 2 * (json("x") - 1);
    for (more, said) in [(0, vec![2]), (1, vec![1, 1])] {
        let mut acme = Company::new("acme");
        let id = acme.create(Hand::Person, "a", Document::plain("t"), "Task");
        for length in [room / 2, room - room / 2 + more] {
            acme.comment(&id, Hand::Person, Document::plain(&"x".repeat(length)), None);
        }
        acme.poll();
        let mut pair = acme.pairs()[0].clone();
        let counts = std::iter::from_fn(|| next(&mut pair)).take(9).map(|said| said.comments.len());
        assert_eq!(counts.collect::<Vec<_>>(), said, "{more} bytes more than fit");
    }
}

#[test]
fn what_is_taken_away_is_told_to_whoever_has_it() {
    let mut pair = told(&[]);
    let gone = |born, item, sent| Attachment { gone: Gone::Here, sent, ..file(born, item) };
    pair.attachments =
        vec![gone(Side::Ours, "a/1", true), gone(Side::Ours, "a/2", false), gone(Side::Theirs, "a/3", false)];
    let said = next(&mut pair).expect("two are told");
    assert_eq!(said.gone, [origin("acme", "a/1"), origin("globex", "a/3")]);
    assert!(pair.attachments.iter().all(|a| a.gone == Gone::Both));
    pair.attachments[1].gone = Gone::Here;
    assert_eq!(next(&mut pair), None, "they never had it");
}

#[test]
fn each_field_of_a_record_can_be_taken() {
    for field in ["summary", "description", "issuetype"] {
        let mut pair = told(&[]);
        let document = serde_json::to_string(&Document::plain("chosen")).expect("a document");
        let value = if field == "description" { document.as_str() } else { "\"chosen\"" };
        assert_eq!(choose(&mut pair, &[], field, value, None), Ok(()), "{field}");
        let said = next(&mut pair).expect("it travels");
        let words = [said.summary.map(|s| s.value), said.issue_type.map(|t| t.value)];
        let text = said.description.map(|d| d.value);
        match field {
            "summary" => assert_eq!(words, [Some("chosen".to_owned()), None]),
            "issuetype" => assert_eq!(words, [None, Some("chosen".to_owned())]),
            _ => assert_eq!(text, Some(Document::plain("chosen"))),
        }
    }
}

#[test]
fn whoever_chooses_a_text_has_seen_what_waits_to_be_written() {
    let mut pair = told(&[]);
    let before = pair.summary.version;
    let version = Version { owner: before.owner, other: 7 };
    pair.summary.remote = Some(Versioned { version, value: "theirs".to_owned() });
    assert_eq!(choose(&mut pair, &[], "summary", "\"chosen\"", None), Ok(()));
    assert_eq!(pair.summary.remote, None);
    assert_eq!(pair.summary.version, Version { owner: before.owner + 1, other: 7 }, "newer than both");
}

#[test]
fn nothing_leaves_of_an_issue_that_is_restricted_or_no_longer_synced() {
    let mut pair = told(&["public"]);
    pair.summary.version = Version { owner: 9, other: 0 };
    let restricted = |pair: &mut Pair, is| pair.local.as_mut().expect("it was seen").restricted = is;
    restricted(&mut pair, true);
    assert_eq!(next(&mut pair), None);
    restricted(&mut pair, false);
    pair.state = PairState::Unlinked { reason: "moved".to_owned() };
    assert_eq!(next(&mut pair), None);
    pair.state = PairState::Active;
    assert!(next(&mut pair).is_some(), "all of it was still to be said");
}

#[test]
fn j29_what_waits_to_leave_stays_once_the_admin_says_that_internal_comments_stay() {
    let waits = || {
        let mut pair = told(&["for agents"]);
        pair.local.as_mut().expect("it was seen").comments[0].internal = true;
        (pair.comments[0].travelled, pair.comments[0].done) = (false, 0);
        pair
    };
    let open = Rules { internal_comments: true, ..Rules::basic() };
    assert_eq!(compose(&mut waits(), &open).expect("it leaves").comments.len(), 1);
    assert_eq!(next(&mut waits()), None, "as if nobody had written it");
}

#[test]
fn a_comment_that_was_withdrawn_travels_without_its_words() {
    for (restricted, withdrawn) in [(true, false), (false, true)] {
        let mut pair = told(&["secret"]);
        pair.local.as_mut().expect("it was seen").comments[0].restricted = restricted;
        (pair.comments[0].withdrawn, pair.comments[0].version) = (withdrawn, 9);
        let said = next(&mut pair).expect("it is said").comments.remove(0);
        assert!(said.withdrawn && said.body == Document::default() && said.author.is_empty(), "{said:?}");
    }
}
