//! A record in a real database: read, used, put away.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{Field, OurIssue};
use twinline_model::replica::Version;
use twinline_model::{IssueId, IssueKey, NodeId, Origin, ProjectKey};

use super::*;
use crate::samples::{LINK, account, connection};
use crate::{Options, SecretsChoice};

/// The issue as our tracker shows it.
fn seen() -> ObservedIssue {
    ObservedIssue {
        id: IssueId::new("10017"),
        key: IssueKey::new("SUP-17"),
        project: ProjectKey::new("SUP"),
        url: String::new(),
        created_ms: 1,
        updated_ms: 1,
        issue_type: "Task".to_owned(),
        is_subtask: false,
        restricted: false,
        summary: "Printer".to_owned(),
        description: Document::plain("theirs"),
        comments: Vec::new(),
        attachments: Vec::new(),
        marker: None,
        extras: Default::default(),
        history: Vec::new(),
        leaving: None,
    }
}

/// A field that both sides agree on.
fn agreed<T: Clone>(value: T) -> Field<T> {
    let version = Version { owner: 3, other: 1 };
    Field {
        version,
        sent: version,
        base_local: Some(value.clone()),
        base_remote: Some(value),
        ..Field::default()
    }
}

struct World {
    _folder: tempfile::TempDir,
    node: Arc<Node>,
    pair: PairId,
}

/// A node with one pair, whose summary "Printer" won against "Plotter" and whose description lost.
async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path().to_owned());
    options.secrets = SecretsChoice::File;
    let node = Node::open(options).await.unwrap();
    let pair = node
        .db
        .write(|tx| {
            tx.insert_account(&account())?;
            tx.insert_connection(&connection())?;
            let origin = Origin { node: NodeId::new("b".repeat(32)), item: "1".to_owned() };
            let mut pair = tx.new_pair(&ConnectionId::new(LINK), &origin, Side::Ours)?;
            pair.ours = Some(OurIssue {
                id: IssueId::new("10017"),
                key: IssueKey::new("SUP-17"),
                url: String::new(),
            });
            pair.local = Some(seen());
            pair.summary = agreed("Printer".to_owned());
            pair.description = agreed(Document::plain("theirs"));
            twinline_sync::rows::save(tx, &pair, None)?;
            let summary = ConflictRow {
                id: 0,
                connection: pair.connection.clone(),
                pair: pair.id,
                field: "summary".to_owned(),
                at_ms: 1_794_000_000_000,
                winner: Side::Ours,
                kept: "\"Printer\"".to_owned(),
                lost: "\"Plotter\"".to_owned(),
                settled_ms: None,
            };
            let json = |text| serde_json::to_string(&Document::plain(text)).unwrap();
            tx.add_conflict(&summary)?;
            tx.add_conflict(&ConflictRow {
                field: "description".to_owned(),
                winner: Side::Theirs,
                kept: json("theirs"),
                lost: json("ours"),
                ..summary
            })?;
            Ok(pair.id)
        })
        .await
        .unwrap();
    World { _folder: folder, node, pair }
}

impl World {
    async fn records(&self) -> Vec<ConflictView> {
        self.node.conflicts(&self.pair.0.to_string()).await.unwrap()
    }
    async fn record(&self, id: &str) -> ConflictView {
        self.records().await.into_iter().find(|c| c.id == id).unwrap()
    }
    async fn stored(&self) -> Pair {
        let id = self.pair;
        self.node.db.read(move |tx| tx.pair(id)).await.unwrap().unwrap()
    }
    /// Those that nobody has looked after; all of them stay.
    async fn open(&self) -> u32 {
        let rows = self.node.pairs(&ConnectionId::new(LINK), "", None, 50).await.unwrap();
        assert_eq!(rows[0].records, 2);
        rows[0].conflicts
    }
}

#[tokio::test]
async fn d6_both_texts_are_shown_with_whose_they_are_and_which_one_stands() {
    let world = world().await;
    let summary = world.record("1").await;
    assert_eq!((summary.ours.as_str(), summary.theirs.as_str()), ("Printer", "Plotter"));
    assert_eq!(summary.current, Some(TextOf::Ours));
    assert_eq!((summary.field.as_str(), summary.partner_name.as_str()), ("Summary", "Globex"));
    assert_eq!((summary.issue.as_deref(), summary.at.as_str()), (Some("SUP-17"), "2026-11-06T21:20:00Z"));
    assert!(summary.usable && !summary.settled);
    let description = world.record("2").await;
    assert_eq!((description.ours.as_str(), description.theirs.as_str()), ("ours", "theirs"));
    assert_eq!(description.current, Some(TextOf::Theirs));
    assert_eq!(world.open().await, 2);
    let page = world.node.conflicts_page(&ConnectionId::new(LINK), None, 1).await.unwrap();
    assert_eq!(page.len(), 1, "a page at a time");
    let rest =
        world.node.conflicts_page(&ConnectionId::new(LINK), Some(page[0].id.clone()), 9).await.unwrap();
    assert_eq!((page[0].id.as_str(), rest.len(), rest[0].id.as_str()), ("2", 1, "1"));
}

#[tokio::test]
async fn d6_a_text_is_applied_with_one_call_and_the_other_one_stays_readable() {
    let world = world().await;
    world.node.use_conflict("1", TextOf::Theirs).await.unwrap();
    let pair = world.stored().await;
    assert_eq!(pair.summary.chosen.as_deref(), Some("Plotter"), "to be written to our tracker");
    assert!(pair.summary.version.owner > 3, "newer than anything the partner has");
    assert_eq!(pair.description, agreed(Document::plain("theirs")), "nothing else is touched");
    let record = world.record("1").await;
    assert!(record.settled);
    assert_eq!((record.ours.as_str(), record.theirs.as_str()), ("Printer", "Plotter"));
    assert_eq!(record.current, Some(TextOf::Theirs));
    assert_eq!(world.open().await, 1);
    let order: Vec<_> = world.records().await.into_iter().map(|c| c.id).collect();
    assert_eq!(order, ["2", "1"], "the newest first, and nothing moves when it is settled");

    // The other way round: the description that lost was ours.
    world.node.use_conflict("2", TextOf::Ours).await.unwrap();
    assert_eq!(world.stored().await.description.chosen, Some(Document::plain("ours")));
    let counts = world.node.db.read(|tx| tx.counts(&ConnectionId::new(LINK))).await.unwrap();
    assert_eq!((counts.to_send, counts.to_do), (1, 1), "it goes to the partner and to our tracker");
}

/// In Script mode a text of a record goes the way of everything that leaves.
#[tokio::test]
async fn d5_a_text_from_the_record_leaves_as_the_outgoing_rules_let_it() {
    let world = world().await;
    let id = ConnectionId::new(LINK);
    let basic = world.node.upgrade_to_script(&id).await.unwrap();
    let outgoing = "replica.summary = \"No. \" + issue.summary;\nreplica.type = issue.type;";
    world.node.save_rules(&id, basic.version, outgoing, &basic.incoming).await.unwrap();

    world.node.use_conflict("1", TextOf::Theirs).await.unwrap();
    let pair = world.stored().await;
    assert_eq!(pair.summary.chosen.as_deref(), Some("Plotter"), "what was taken is written here");
    assert_eq!(pair.summary.base_remote.as_deref(), Some("No. Plotter"), "and told as the rules make it");
    // As it stood in our tracker, and not as the rules make it.
    let change = move |tx: &mut Tx<'_>| {
        let mut pair = tx.pair(world.pair)?.unwrap();
        pair.summary.chosen = None;
        pair.summary.base_local = Some("Scanner".to_owned());
        pair.summary.base_remote = Some("No. Scanner".to_owned());
        twinline_sync::rows::save(tx, &pair, None)
    };
    world.node.db.write(change).await.unwrap();
    world.node.use_conflict("1", TextOf::Ours).await.unwrap();
    let newest = world.records().await.remove(0);
    assert_eq!((newest.ours.as_str(), newest.theirs.as_str()), ("Printer", "Scanner"));
    let pair = world.stored().await;

    let trouble = world.node.use_conflict("2", TextOf::Ours).await.unwrap_err();
    assert_eq!(trouble.code, ProblemCode::ConflictKept);
    assert_eq!((trouble.facts["issue"].as_str(), trouble.facts["partner"].as_str()), ("SUP-17", "Globex"));
    assert_eq!(world.stored().await, pair, "nothing has changed");
    let record = world.record("2").await;
    assert!(!record.settled);
    assert_eq!(record.ours, "ours", "it can still be read and copied");
}

#[tokio::test]
async fn d6_a_text_that_was_replaced_since_is_not_said_to_stand() {
    let world = world().await;
    let id = world.pair;
    let change = move |tx: &mut Tx<'_>| {
        let mut pair = tx.pair(id)?.unwrap();
        pair.summary = agreed("Scanner".to_owned());
        twinline_sync::rows::save(tx, &pair, None)
    };
    world.node.db.write(change).await.unwrap();
    assert_eq!(world.record("1").await.current, None);
    // What it replaces when a text is taken back stands in a record of its own.
    world.node.use_conflict("1", TextOf::Theirs).await.unwrap();
    let newest = world.records().await.remove(0);
    assert_eq!((newest.ours.as_str(), newest.theirs.as_str()), ("Plotter", "Scanner"));
}

#[tokio::test]
async fn d6_leaving_it_as_it_is_changes_nothing_but_the_record() {
    let world = world().await;
    let before = world.stored().await;
    world.node.dismiss_conflict("1").await.unwrap();
    assert_eq!(world.stored().await, before);
    assert!(world.record("1").await.settled);
    assert_eq!(world.open().await, 1);
}

#[tokio::test]
async fn d6_a_record_that_cannot_be_used_says_why_and_keeps_everything() {
    let world = world().await;
    for id in ["99", "nonsense", ""] {
        let trouble = world.node.use_conflict(id, TextOf::Ours).await.unwrap_err();
        assert_eq!(trouble.code, ProblemCode::ConflictUnknown, "{id}");
        assert_eq!(world.node.dismiss_conflict(id).await.unwrap_err().code, ProblemCode::ConflictUnknown);
    }
    let id = world.pair;
    let unlink = move |tx: &mut Tx<'_>| {
        let mut pair = tx.pair(id)?.unwrap();
        pair.state = PairState::Unlinked { reason: "moved".to_owned() };
        twinline_sync::rows::save(tx, &pair, None)
    };
    world.node.db.write(unlink).await.unwrap();
    let before = world.stored().await;
    let trouble = world.node.use_conflict("1", TextOf::Theirs).await.unwrap_err();
    assert_eq!(trouble.code, ProblemCode::ConflictUnlinked);
    assert_eq!(trouble.facts["issue"], "SUP-17");
    assert_eq!(world.stored().await, before);
    let record = world.record("1").await;
    assert!(!record.usable && !record.settled);
    assert_eq!(record.theirs, "Plotter", "it can still be read and copied");
}

#[tokio::test]
async fn f17_trying_the_other_copy_again_lets_this_computer_take_over() {
    let world = world().await;
    let id = ConnectionId::new(LINK);
    let raise = |tx: &mut Tx<'_>| {
        let facts = std::collections::BTreeMap::<String, String>::new();
        tx.raise(ProblemCode::AnotherCopy.as_str(), Some(&ConnectionId::new(LINK)), None, None, &facts, 1)
    };
    world.node.db.write(raise).await.unwrap();
    let problem = world.node.problems().await.unwrap().remove(0);
    assert!(!world.node.hub.room(&id).memory().take_over);
    world.node.retry_problems(&[problem.id]).await.unwrap();
    assert!(world.node.hub.room(&id).memory().take_over);
    let none = world.node.take_over(&ConnectionId::new("nowhere")).await.unwrap_err();
    assert_eq!(none.code, ProblemCode::ConnectionUnknown);
}

#[test]
fn d6_words_that_cannot_be_understood_are_shown_as_they_are() {
    assert_eq!(readable("summary", "\"Printer\""), "Printer");
    assert_eq!(readable("description", "null"), "");
    assert_eq!(readable("description", "{broken"), "{broken");
    assert_eq!(readable("from-the-future", "{\"a\":1}"), "{\"a\":1}");
}
