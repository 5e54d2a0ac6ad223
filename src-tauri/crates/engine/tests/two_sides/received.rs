//! What the partner says is taken in: by the rules, once, and in doubt where it may stand here already.

use twinline_engine::{Refusal, Rules, receive, tell_partner};
use twinline_model::document::{Block, MAX_DEPTH};
use twinline_model::pair::{Attachment, Comment, Doubt, Gone, Pair, Side};
use twinline_model::replica::{Overruled, Replica, ReplicaAttachment, ReplicaComment, Version, Versioned};
use twinline_model::{BlobHash, Document, NodeId, Origin};

use crate::composed::file;
use crate::hostile::{eyes, ours, pair_of_acme};

fn of_globex(item: &str) -> Origin {
    Origin { node: NodeId::new("globex"), item: format!("globex/{item}") }
}

fn said_comment(version: u64, words: &str) -> ReplicaComment {
    ReplicaComment {
        origin: of_globex("c/1"),
        version,
        author: "Gus".to_owned(),
        created_ms: 7,
        updated_ms: 8,
        body: Document::plain(words),
        hash: format!("hash of {words}"),
        withdrawn: false,
        absent: false,
    }
}

fn withdrawn(version: u64) -> ReplicaComment {
    ReplicaComment { withdrawn: true, body: Document::default(), ..said_comment(version, "withdrawn") }
}

fn absent(version: u64) -> ReplicaComment {
    ReplicaComment { absent: true, body: Document::default(), ..said_comment(version, "absent") }
}

fn said_file() -> ReplicaAttachment {
    ReplicaAttachment {
        origin: of_globex("a/1"),
        file_name: "log.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        sha256: BlobHash::new("ab".repeat(32)),
        author: "Gus".to_owned(),
    }
}

/// A pair of acme's, and globex, whose words can be taken in.
struct Listener {
    pair: Pair,
    /// Says nothing.
    empty: Replica,
    rules: Rules,
    /// Both sides agree on what was said so far.
    settled: bool,
}

fn listener() -> Listener {
    let (mut pair, empty) = pair_of_acme();
    (pair.comments, pair.attachments) = (Vec::new(), Vec::new());
    Listener { pair, empty: Replica { whole: false, ..empty }, rules: Rules::basic(), settled: true }
}

impl Listener {
    fn hear(&mut self, said: Replica) {
        let me = NodeId::new("acme");
        let eyes = twinline_engine::Eyes { settled: self.settled, ..eyes(&self.rules, &me) };
        receive(&mut self.pair, said, &NodeId::new("globex"), eyes).unwrap();
    }

    /// The comment as it stands after the partner said this of it.
    fn comment(&mut self, said: ReplicaComment) -> Comment {
        self.hear(Replica { comments: vec![said], ..self.empty.clone() });
        self.pair.comments[0].clone()
    }
}

/// A comment of globex's that we know and wrote.
fn written(version: u64) -> Comment {
    let new = Comment::new(of_globex("c/1"), Side::Theirs);
    Comment { ours: Some("7".into()), version, done: version, heard: "hash".to_owned(), ..new }
}

#[test]
fn what_the_rules_do_not_sync_is_not_taken() {
    fn next<T>(value: T) -> Option<Versioned<T>> {
        Some(Versioned { version: Version { owner: 1, other: 1 }, value })
    }
    let without: [fn(&mut Rules); 6] = [
        |_| {},
        |r| r.summary = false,
        |r| r.description = false,
        |r| r.issue_type = false,
        |r| r.comments = false,
        |r| r.attachments = false,
    ];
    for change in without {
        let mut here = listener();
        change(&mut here.rules);
        here.pair.attachments.push(file(Side::Ours, "a/5"));
        let known = ["acme/c/42", "acme/a/42"].map(|item| (ours(item), 1, "ab".repeat(32)));
        here.hear(Replica {
            summary: next("b".to_owned()),
            description: next(Document::plain("b")),
            issue_type: next("Bug".to_owned()),
            comments: vec![said_comment(1, "hello")],
            attachments: vec![said_file()],
            gone: vec![here.pair.attachments[0].origin.clone()],
            known: known.into(),
            whole: true,
            ..here.empty.clone()
        });
        let (rules, pair) = (&here.rules, &here.pair);
        let fields = [pair.summary.remote.is_some(), pair.description.remote.is_some()];
        assert_eq!(fields, [rules.summary, rules.description], "{rules:?}");
        assert_eq!(pair.issue_type.remote.is_some(), rules.issue_type, "{rules:?}");
        assert_eq!(pair.comments.len(), if rules.comments { 2 } else { 0 }, "{rules:?}");
        assert_eq!(pair.attachments.len(), if rules.attachments { 3 } else { 1 }, "{rules:?}");
        let gone = if rules.attachments { Gone::There } else { Gone::No };
        assert_eq!(pair.attachments[0].gone, gone, "{rules:?}");
    }
}

#[test]
fn f08_until_both_sides_agree_what_is_unknown_may_stand_here_already() {
    for (whole, settled, doubted) in
        [(false, true, false), (true, true, true), (false, false, true), (true, false, true)]
    {
        let mut here = Listener { settled, ..listener() };
        let gone = [withdrawn(1), absent(1)].into_iter().zip(["c/2", "c/3"]);
        let gone = gone.map(|(said, item)| ReplicaComment { origin: of_globex(item), ..said });
        let comments = std::iter::once(said_comment(1, "hello")).chain(gone).collect();
        here.hear(Replica { comments, attachments: vec![said_file()], whole, ..here.empty.clone() });
        let doubts: Vec<bool> = here.pair.comments.iter().map(|c| c.doubt).collect();
        assert_eq!(doubts, [doubted, false, false], "what cannot be written need not be looked for");
        let doubt = if doubted { Doubt::Some } else { Doubt::None };
        assert_eq!(here.pair.attachments[0].doubt, doubt);
    }
}

#[test]
fn a_comment_is_written_in_its_newest_version() {
    let mut here = listener();
    let first = here.comment(said_comment(0, "hello"));
    let incoming = first.incoming.clone().unwrap();
    assert_eq!((first.version, first.done, first.author), (1, 0, Side::Theirs), "the first is 1");
    assert_eq!((incoming.author.as_str(), incoming.created_ms), ("Gus", 7));
    assert_eq!((incoming.body, first.heard.as_str()), (Document::plain("hello"), "hash of hello"));
    let second = here.comment(said_comment(2, "edited"));
    assert_eq!((second.version, second.done, second.heard.as_str()), (2, 0, "hash of edited"));
    assert_eq!(second.incoming.clone().unwrap().body, Document::plain("edited"));
    for late in [said_comment(1, "hello"), said_comment(2, "again"), withdrawn(2)] {
        assert_eq!(here.comment(late), second, "late words change nothing");
    }
}

#[test]
fn f61_a_comment_that_was_withdrawn_is_taken_back_where_it_stands_or_may_come_to_stand() {
    // Never written here, and nothing on its way: it is only known.
    let mut here = listener();
    let new = here.comment(withdrawn(3));
    assert_eq!((new.version, new.done, new.withdrawn, &new.incoming), (3, 3, true, &None));
    let again = here.comment(withdrawn(4));
    assert_eq!((again.version, again.done, &again.incoming), (4, 4, &None));
    // It stands.
    let mut here = listener();
    here.pair.comments = vec![written(1)];
    let stands = here.comment(withdrawn(2));
    assert_eq!((stands.version, stands.done, stands.withdrawn), (2, 1, true));
    assert_eq!(stands.incoming.unwrap().body, Document::default());
    // It is on its way.
    let mut here = listener();
    here.comment(said_comment(1, "secret"));
    let waits = here.comment(withdrawn(2));
    assert_eq!((waits.done, waits.incoming.unwrap().body), (0, Document::default()));
    // And shown again.
    let shown = here.comment(said_comment(3, "public"));
    assert_eq!((shown.withdrawn, shown.incoming.unwrap().body), (false, Document::plain("public")));
}

#[test]
fn f79_a_comment_that_its_side_no_longer_sees_stays_as_it_is() {
    let mut here = listener();
    let new = here.comment(absent(3));
    assert_eq!((new.version, new.done, new.withdrawn, new.incoming), (3, 3, false, None));
    for ours in [Some("7".into()), None] {
        here.pair.comments = vec![Comment { ours, ..written(1) }];
        here.comment(said_comment(2, "was to be written"));
        let stays = here.comment(absent(3));
        assert_eq!((stays.version, stays.done, stays.incoming), (3, 3, None), "nothing to write");
    }
}

#[test]
fn a_database_of_before_learns_what_the_partner_calls_the_text() {
    let mut here = listener();
    let unnamed = Comment { heard: String::new(), ..written(2) };
    for (version, name) in [(1, ""), (2, "hash of hello")] {
        here.pair.comments = vec![unnamed.clone()];
        let heard = name.to_owned();
        assert_eq!(here.comment(said_comment(version, "hello")), Comment { heard, ..unnamed.clone() });
    }
}

#[test]
fn a_file_that_their_people_took_away_is_to_go_here_too() {
    let (before, after) =
        ([Gone::No, Gone::Here, Gone::There, Gone::Both], [Gone::There, Gone::Both, Gone::There, Gone::Both]);
    for (before, after) in before.into_iter().zip(after) {
        let mut here = listener();
        let other = file(Side::Theirs, "a/2");
        here.pair.attachments = vec![Attachment { gone: before, ..file(Side::Ours, "a/1") }, other.clone()];
        let gone = vec![here.pair.attachments[0].origin.clone()];
        here.hear(Replica { gone, ..here.empty.clone() });
        assert_eq!(here.pair.attachments[0].gone, after, "{before:?}");
        assert_eq!(here.pair.attachments[1], other);
    }
}

#[test]
fn a_file_that_is_announced_again_is_not_there_twice() {
    let mut here = listener();
    let said = Replica { attachments: vec![said_file()], ..here.empty.clone() };
    here.hear(said.clone());
    let known = here.pair.attachments.clone();
    here.hear(said);
    assert_eq!(here.pair.attachments, known);
    assert_eq!(
        known,
        [Attachment {
            origin: of_globex("a/1"),
            ours: None,
            file_name: "log.txt".to_owned(),
            author: "Gus".to_owned(),
            sent: false,
            ..file(Side::Theirs, "a/1")
        }]
    );
}

#[test]
fn f89_nobody_makes_items_in_anothers_name() {
    let stranger = || Origin { node: NodeId::new("initech"), item: "initech/c/1".to_owned() };
    let (mut pair, empty) = pair_of_acme();
    let (me, globex, rules) = (NodeId::new("acme"), NodeId::new("globex"), Rules::basic());
    let before = pair.clone();
    let comments =
        vec![said_comment(1, "fine"), ReplicaComment { origin: stranger(), ..said_comment(1, "x") }];
    let attachments = vec![said_file(), ReplicaAttachment { origin: stranger(), ..said_file() }];
    // The name of our own line in place of a file of theirs.
    let line = ReplicaComment { origin: Origin::of_notice(&said_file().origin), ..said_comment(1, "x") };
    let named = Replica { comments: vec![line], ..empty.clone() };
    for said in [Replica { comments, ..empty.clone() }, Replica { attachments, ..empty }, named] {
        assert_eq!(receive(&mut pair, said, &globex, eyes(&rules, &me)), Err(Refusal::ForeignOrigin));
    }
    assert_eq!(pair, before);
}

/// Whether a record of this text is kept here.
fn is_kept(field: &str, kept: &str, lost: &str) -> bool {
    let (mut pair, empty) = pair_of_acme();
    let (me, globex, rules) = (NodeId::new("acme"), NodeId::new("globex"), Rules::basic());
    let (field, kept, lost) = (field.to_owned(), kept.to_owned(), lost.to_owned());
    let overruled = vec![Overruled { field, kept, lost }];
    let records = receive(&mut pair, Replica { overruled, ..empty }, &globex, eyes(&rules, &me)).unwrap();
    assert!(records.iter().all(|record| !record.ours_won), "{records:?}");
    assert_eq!(pair.overruled, [], "it is not told back");
    !records.is_empty()
}

#[test]
fn a_text_that_was_overruled_is_kept_if_it_could_be_written_here() {
    let line = |length: usize| format!("\"{}\"", "é".repeat(length));
    let nested = |depth: usize| {
        let mut blocks = Document::plain("deep").blocks;
        while (Document { blocks: blocks.clone() }).depth() < depth {
            blocks = vec![Block::Quote { content: blocks }];
        }
        serde_json::to_string(&Document { blocks }).unwrap()
    };
    for field in ["summary", "issuetype"] {
        assert!(is_kept(field, "\"a\"", "\"b\"") && is_kept(field, "\"a\"", &line(10_000)), "{field}");
        assert!(!is_kept(field, "\"a\"", &line(10_001)), "{field}");
        assert!(!is_kept(field, "{}", "\"b\"") && !is_kept(field, "\"a\"", "{}"), "{field}");
    }
    let text = nested(1);
    assert!(is_kept("description", &text, &nested(MAX_DEPTH)));
    assert!(!is_kept("description", &text, &nested(MAX_DEPTH + 1)));
    assert!(!is_kept("description", "\"a\"", &text) && !is_kept("description", &text, "\"a\""));
    assert!(!is_kept("security", "\"a\"", "\"b\""));
}

#[test]
fn what_lost_a_conflict_is_told_to_the_partner() {
    let mut here = listener();
    let ours = Version { owner: 2, other: 0 };
    (here.pair.summary.version, here.pair.summary.base_remote) = (ours, Some("ours".to_owned()));
    here.pair.summary.base_local = Some("ours".to_owned());
    let theirs = Versioned { version: Version { owner: 1, other: 1 }, value: "theirs".to_owned() };
    here.hear(Replica { summary: Some(theirs), ..here.empty.clone() });
    let (kept, lost) = ("\"ours\"".to_owned(), "\"theirs\"".to_owned());
    let told = Overruled { field: "summary".to_owned(), kept, lost };
    assert_eq!(here.pair.overruled, [told]);
    tell_partner(&mut here.pair, &[]);
    assert_eq!(here.pair.overruled.len(), 1);
}
