//! With a real database: what was told outlives the program, and what people did themselves is not told.

use std::sync::Arc;

use twinline_model::ConnectionId;

use super::*;
use crate::samples::{LINK, account, connection, open};

const HOUR: i64 = decide::HOUR;
const NOON: i64 = 1_794_000_000_000;

/// A node with one connection, whose partner has accepted and is not approved yet.
async fn node(folder: &std::path::Path) -> Arc<Node> {
    let node = open(folder).await;
    node.db
        .write(|tx| {
            tx.insert_account(&account())?;
            tx.insert_connection(&Connection { stage: Stage::AwaitingApproval, ..connection() })
        })
        .await
        .unwrap();
    node
}

async fn told(node: &Node, now_ms: i64) -> Vec<Shown> {
    node.notifications_at(&node.status().await, now_ms).await.unwrap()
}

async fn raise(node: &Node, code: &'static str, connection: Option<&'static str>) {
    node.db
        .write(move |tx| {
            let facts = BTreeMap::from([("site", "acme.atlassian.net".to_owned())]);
            let id = connection.map(ConnectionId::new);
            tx.raise(code, id.as_ref(), None, None, &facts, 1)
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_partner_who_accepted_is_told_once_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(folder.path()).await;
    let shown = told(&node, NOON).await;
    let expected = Shown {
        kind: Kind::Accepted,
        title: "Globex accepted your invitation".to_owned(),
        body: "Look who it is, and approve.".to_owned(),
        route: format!("/connections/{LINK}"),
    };
    assert_eq!(shown, [expected]);
    assert!(told(&node, NOON + 9 * HOUR).await.is_empty());
    drop(node);
    assert!(told(&*open(folder.path()).await, NOON + 9 * HOUR).await.is_empty());
}

#[tokio::test]
async fn causes_are_told_in_one_and_the_hour_holds_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = node(folder.path()).await;
    told(&first, NOON - 1).await;
    raise(&first, "sign-in-expired", Some(LINK)).await;
    let shown = told(&first, NOON).await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].title, "Globex: needs attention");
    assert!(shown[0].body.contains("acme.atlassian.net"), "{}", shown[0].body);
    assert_eq!(shown[0].route, format!("/connections/{LINK}/attention"));
    for code in ["port-in-use", "project-archived", "mass-loss", "newer-than-this"] {
        raise(&first, code, (code != "port-in-use").then_some(LINK)).await;
    }
    drop(first);
    let node = open(folder.path()).await;
    assert!(told(&node, NOON + HOUR - 1).await.is_empty());
    let shown = told(&node, NOON + HOUR).await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].title, "4 things need you");
    let lines: Vec<_> = shown[0].body.lines().collect();
    assert_eq!((lines.len(), lines[3]), (4, "and 1 more"), "{lines:?}");
    assert_eq!(shown[0].route, "/attention");
}

#[tokio::test]
async fn a_partner_who_pauses_or_leaves_is_told_and_we_ourselves_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(folder.path()).await;
    let titles = async |now_ms| -> Vec<String> {
        told(&node, now_ms).await.into_iter().map(|shown| shown.title).collect()
    };
    let set = async |change: fn(&mut Connection)| {
        node.db
            .write(move |tx| {
                let mut row = tx.connection(&LINK.into())?.unwrap();
                change(&mut row);
                tx.update_connection(&row)
            })
            .await
            .unwrap();
    };
    titles(NOON).await;
    set(|c| (c.stage, c.partner_paused) = (Stage::Connected, true)).await;
    assert_eq!(titles(NOON).await, ["Globex paused the connection"]);
    set(|c| c.partner_paused = false).await;
    assert!(titles(NOON).await.is_empty(), "back is never told");
    set(|c| c.stage = Stage::Ended).await;
    assert!(titles(NOON + 1).await.is_empty());
    assert_eq!(titles(NOON + HOUR).await, ["Globex ended the connection"]);

    set(|c| c.stage = Stage::Declined).await;
    assert_eq!(titles(NOON + 2 * HOUR).await, ["Globex declined"]);

    let other = Connection { id: ConnectionId::new("1e1e"), ..connection() };
    node.db.write(move |tx| tx.insert_connection(&other)).await.unwrap();
    titles(NOON + 4 * HOUR).await;
    node.remove(&ConnectionId::new("1e1e")).await.unwrap();
    assert!(titles(NOON + 9 * HOUR).await.is_empty());
}

#[tokio::test]
async fn a_first_sync_is_done_once_it_is_known_where_it_begins_and_both_sides_are_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(folder.path()).await;
    let told = async |above, state| {
        let connection = Connection { above, ..connection() };
        node.db.write(move |tx| tx.update_connection(&connection)).await.unwrap();
        let mut status = node.status().await;
        (status.connections[0].state, status.connections[0].pairs) = (state, 2);
        let shown = node.notifications_at(&status, NOON).await.unwrap();
        shown.into_iter().filter(|one| one.kind == Kind::FirstSync).collect::<Vec<_>>()
    };
    assert!(told(None, ConnectionState::UpToDate).await.is_empty());
    assert!(told(Some(4), ConnectionState::Syncing).await.is_empty());
    let shown = told(Some(4), ConnectionState::UpToDate).await;
    assert_eq!(shown[0].title, "First sync with Globex is done");
    assert_eq!(shown[0].body, "2 issues are in step.");
    assert!(told(Some(4), ConnectionState::Syncing).await.is_empty());
    assert!(told(Some(4), ConnectionState::UpToDate).await.is_empty());
}

#[tokio::test]
async fn switches_are_kept_and_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(folder.path()).await;
    let on = node.notification_switches().await.unwrap();
    assert!(on.connected && on.attention && on.partner);
    let switches = NotificationSwitches { connected: false, ..on };
    node.set_notification_switches(switches.clone()).await.unwrap();
    assert_eq!(open(folder.path()).await.notification_switches().await.unwrap(), switches);
    raise(&node, "sign-in-expired", Some(LINK)).await;
    let shown = told(&node, NOON).await;
    assert_eq!(shown.iter().map(|one| one.kind).collect::<Vec<_>>(), [Kind::Attention]);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_repeated_by_this_process() {
    let folder = tempfile::tempdir().unwrap();
    let node = node(folder.path()).await;
    let told_once = Notified {
        facts: BTreeMap::from([(Fact::Accepted(LINK.into()), NOON)]),
        kinds: BTreeMap::from([(Kind::Accepted, NOON)]),
    };
    *node.notified.lock().unwrap() = told_once;
    assert!(told(&node, NOON + 9 * HOUR).await.is_empty());
    // With room again it is written down.
    assert!(node.notified.lock().unwrap().facts.is_empty());
    assert_eq!(node.db.read(|tx| tx.notified()).await.unwrap().facts.len(), 1);
}

#[test]
fn every_sentence_of_every_kind_is_in_the_catalogue() {
    let ids =
        ["accepted", "first-sync", "attention", "partner"].map(|kind| format!("notification-{kind}-many"));
    for id in ids {
        assert!(crate::words::has(&id), "{id}");
    }
    let id = || ConnectionId::new(LINK);
    let status = Status {
        overall: twinline_model::view::OverallStatus::UpToDate,
        sentence: String::new(),
        checked_at: None,
        attention: 0,
        connections: Vec::new(),
        notes: Vec::new(),
    };
    let attention = Fact::Attention { connection: None, code: "disk-full".to_owned() };
    let partner = [Fact::Paused(id()), Fact::Declined(id()), Fact::Left(id())];
    for fact in [Fact::Accepted(id()), Fact::FirstSync(id()), attention].into_iter().chain(partner) {
        let (title, body) = line(&fact, &status, &[connection()], &[]);
        assert!(!title.contains("notification-") && !body.contains("notification-"), "{title} {body}");
    }
}
