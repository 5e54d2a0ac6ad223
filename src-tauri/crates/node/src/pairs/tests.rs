//! One issue is looked at now, or synced no longer, in a real database.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use twinline_model::pair::{OurIssue, Side, TheirIssue};
use twinline_model::replica::Receipt;
use twinline_model::view::PairStanding;
use twinline_model::{IssueId, IssueKey, NodeId, Origin};

use super::*;
use crate::samples::{LINK, account, connection, open};

fn link() -> ConnectionId {
    ConnectionId::new(LINK)
}

/// One pair, SUP-17 and GX-90; `ours`: it stands in our tracker.
async fn world(ours: bool) -> (tempfile::TempDir, Arc<Node>, PairId) {
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path()).await;
    let made = node.db.write(move |tx| {
        tx.insert_account(&account())?;
        tx.insert_connection(&connection())?;
        let origin = Origin { node: NodeId::new("b".repeat(32)), item: "1".to_owned() };
        let mut pair = tx.new_pair(&link(), &origin, Side::Theirs)?;
        let here = || OurIssue { id: IssueId::new("17"), key: IssueKey::new("SUP-17"), url: String::new() };
        pair.ours = ours.then(here);
        pair.theirs = Some(TheirIssue { key: "GX-90".to_owned(), link: String::new() });
        twinline_sync::rows::save(tx, &pair, None)?;
        Ok(pair.id)
    });
    let pair = made.await.unwrap();
    (folder, node, pair)
}

async fn receipts(node: &Node) -> Vec<Receipt> {
    let taken = node.db.write(|tx| tx.take_receipts(&link(), 10)).await.unwrap();
    taken.iter().map(|json| serde_json::from_str(json).unwrap()).collect()
}

#[tokio::test]
async fn a_stop_is_told_and_kept_and_there_is_none_of_what_was_stopped() {
    let (folder, node, pair) = world(true).await;
    node.sync_pair(&link(), "SUP-17").await.unwrap();
    let stopped = node.stop_pair(&link(), " sup-17 ").await.unwrap();
    assert_eq!((stopped.id, stopped.state), (pair.0.to_string(), PairStanding::Unlinked));
    let told = receipts(&node).await;
    assert!(matches!(told.as_slice(), [Receipt::Rejected { code, .. }] if code == "unlinked"), "{told:?}");
    let line = node.activity(Some(&link()), None, 10).await.unwrap().remove(0).sentence;
    assert_eq!(line, "You stopped syncing SUP-17 with Globex. Both issues stay as they are");
    assert!(node.db.read(|tx| tx.wished(&link(), 10)).await.unwrap().is_empty(), "nobody waits for it");

    let refused = |trouble: Trouble| (trouble.code, trouble.facts["issue"].clone());
    let unlinked = (ProblemCode::PairUnlinked, "SUP-17".to_owned());
    assert_eq!(refused(node.stop_pair(&link(), "GX-90").await.unwrap_err()), unlinked);
    assert_eq!(refused(node.sync_pair(&link(), "SUP-17").await.unwrap_err()), unlinked);
    assert!(receipts(&node).await.is_empty(), "told once");
    drop(node);
    let node = open(folder.path()).await;
    assert_eq!(
        node.pair_of(&link(), "SUP-17").await.unwrap().state,
        PairStanding::Unlinked,
        "after a restart"
    );
}

#[tokio::test]
async fn a_wish_to_look_waits_in_the_database() {
    let (_folder, node, pair) = world(true).await;
    assert!(!node.sync_pair(&link(), "gx-90").await.unwrap(), "nobody runs the node");
    let wished = node.db.read(|tx| tx.wished(&link(), 10)).await.unwrap();
    assert_eq!(wished.len(), 1);
    assert_eq!((wished[0].pair, &wished[0].issue), (pair, &IssueId::new("17")));
    let unknown = node.sync_pair(&link(), "SUP-18").await.unwrap_err();
    assert_eq!((unknown.code, &*unknown.facts["issue"]), (ProblemCode::PairUnknown, "SUP-18"));
}

#[tokio::test]
async fn what_is_not_here_yet_can_be_stopped_and_not_read() {
    let (_folder, node, _) = world(false).await;
    let not_here = node.sync_pair(&link(), "GX-90").await.unwrap_err();
    assert_eq!((not_here.code, &*not_here.facts["issue"]), (ProblemCode::PairNotHere, "GX-90"));
    assert_eq!(node.stop_pair(&link(), "GX-90").await.unwrap().state, PairStanding::Unlinked);
}

#[tokio::test]
async fn of_a_connection_that_has_ended_nothing_can_be_stopped() {
    let (_folder, node, _) = world(true).await;
    node.change(&link(), |c| c.stage = Stage::Ended).await.unwrap();
    let ended = node.stop_pair(&link(), "SUP-17").await.unwrap_err();
    assert_eq!((ended.code, &*ended.facts["partner"]), (ProblemCode::PairEnded, "Globex"));
}
