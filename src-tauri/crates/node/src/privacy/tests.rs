//! With real nodes: what is too old goes and nothing else, and after everything is deleted there is nothing.

use std::collections::BTreeMap;

use secrecy::SecretString;
use twinline_model::pair::Side;
use twinline_model::view::{ActivityKind, Direction, OverallStatus};
use twinline_model::{ConnectionId, NodeId, Origin};
use twinline_store::{ActivityRow, StoreError, Tx};

use super::*;
use crate::samples::{LINK, account, connection, open};

const NOON: i64 = 1_794_000_000_000;

fn line(at_ms: i64) -> ActivityRow {
    ActivityRow {
        id: 0,
        at_ms,
        connection: ConnectionId::new(LINK),
        direction: Direction::In,
        kind: ActivityKind::Comment,
        ours: Some("SUP-1".to_owned()),
        theirs: None,
        message: "activity-comment".to_owned(),
        facts: BTreeMap::new(),
    }
}

fn begin(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.insert_account(&account())?;
    tx.insert_connection(&connection())
}

async fn days_ago(node: &Node) -> Vec<i64> {
    let rows = node.db.read(|tx| tx.activity_page(None, None, 10_000)).await.unwrap();
    rows.into_iter().map(|row| (NOON - row.at_ms) / DAY_MS).collect()
}

#[tokio::test]
async fn activity_is_kept_as_long_as_was_chosen_and_nothing_else_goes() {
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path()).await;
    node.db
        .write(|tx| {
            begin(tx)?;
            let origin = Origin { node: NodeId::new("b".repeat(32)), item: "1".to_owned() };
            tx.new_pair(&ConnectionId::new(LINK), &origin, Side::Ours)?;
            tx.raise(
                "issue-refused",
                Some(&ConnectionId::new(LINK)),
                None,
                None,
                &BTreeMap::<&str, String>::new(),
                1,
            )?;
            // More than a piece of what is too old.
            for _ in 0..1_200 {
                tx.add_activity(&line(NOON - 100 * DAY_MS))?;
            }
            for days in [60, 31, 29, 8, 6, 0] {
                tx.add_activity(&line(NOON - days * DAY_MS))?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let others = |rows: Vec<(String, u64)>| -> Vec<_> {
        rows.into_iter().filter(|(table, _)| table != "activity" && table != "setting").collect()
    };
    let before = others(node.db.read(|tx| tx.facts()).await.unwrap().rows);

    assert_eq!(node.retention().await.unwrap(), Retention::Month, "unless somebody chose");
    for (choice, left) in
        [(Retention::Forever, 1_206), (Retention::Quarter, 6), (Retention::Month, 4), (Retention::Week, 2)]
    {
        let word = days(choice).map_or_else(|| "forever".to_owned(), |days| days.to_string());
        node.db.write(move |tx| tx.set_setting(SETTING, &word)).await.unwrap();
        assert_eq!(node.retention().await.unwrap(), choice);
        node.prune_activity(NOON).await.unwrap();
        assert_eq!(days_ago(&node).await.len(), left, "{choice:?}");
    }
    assert_eq!(days_ago(&node).await, [0, 6]);
    assert_eq!(others(node.db.read(|tx| tx.facts()).await.unwrap().rows), before);
    // By the clock of today all of that is old.
    node.set_retention(Retention::Quarter).await.unwrap();
    assert_eq!(open(folder.path()).await.retention().await.unwrap(), Retention::Quarter);
}

#[tokio::test]
async fn a_running_node_forgets_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path()).await;
    node.db
        .write(|tx| {
            begin(tx)?;
            tx.add_activity(&line(1_000))?;
            tx.add_activity(&line(now_ms()))
        })
        .await
        .unwrap();
    let mut changes = node.changes();
    node.start().await.unwrap();
    while node.db.read(|tx| tx.activity_page(None, None, 9)).await.unwrap().len() > 1 {
        tokio::time::timeout(Duration::from_secs(30), changes.changed()).await.expect("in time").unwrap();
    }
    node.stop().await;
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_each_file_and_the_next_node_is_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path()).await;
    let first = node.db.read(|tx| tx.node()).await.unwrap();
    node.secrets.set(&keys::token_name(&account().id), SecretString::from("sentinel token")).await.unwrap();
    node.db
        .write(|tx| {
            begin(tx)?;
            tx.set_setting("company", "sentinel company")?;
            for _ in 0..100 {
                tx.add_activity(&ActivityRow { ours: Some("sentinel activity".to_owned()), ..line(1) })?;
            }
            Ok(())
        })
        .await
        .unwrap();
    node.db.back_up(folder.path()).await.unwrap();
    std::fs::write(folder.path().join("spool/a.part"), "sentinel bytes").unwrap();
    std::fs::write(folder.path().join("twinline-damaged-5000.db"), "sentinel of an earlier database")
        .unwrap();
    std::fs::create_dir_all(folder.path().join("logs")).unwrap();
    std::fs::write(folder.path().join("logs/twinline.2026-11-25.log"), "sentinel log").unwrap();
    let mine =
        ["mine.txt", "backups/mine.txt", "spool/mine.txt", "logs/mine.txt"].map(|m| folder.path().join(m));
    mine.iter().for_each(|mine| std::fs::write(mine, "of the person").unwrap());
    std::fs::create_dir(folder.path().join("logs/twinline.2026-11-24.log")).unwrap();
    assert!(holding(folder.path(), "sentinel").len() >= 4, "{:?}", holding(folder.path(), "sentinel"));

    // Nobody runs the loops, so nobody can be told.
    let farewell = node.delete_everything().await.unwrap();
    assert_eq!(farewell.untold, ["Globex"]);
    assert!(node.has_stopped());
    assert_eq!(holding(folder.path(), "sentinel"), Vec::<String>::new());
    for mine in mine {
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "of the person", "{}", mine.display());
    }

    let second = open(folder.path()).await;
    assert_ne!(second.db.read(|tx| tx.node()).await.unwrap(), first);
    assert_eq!(second.status().await.overall, OverallStatus::NotSetUp);
    assert!(second.accounts().await.unwrap().is_empty());
    assert_eq!(second.settings().await.company, "");
    second.start().await.unwrap();
    second.stop().await;
}

#[tokio::test]
async fn nothing_is_deleted_under_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let runs = open(folder.path()).await;
    runs.db.write(begin).await.unwrap();
    runs.start().await.unwrap();
    let looks = open(folder.path()).await;
    assert_eq!(looks.delete_everything().await.unwrap_err().code, ProblemCode::AlreadyRunning);
    assert_eq!(runs.db.read(|tx| tx.connections()).await.unwrap().len(), 1);
    runs.stop().await;
}

/// The files below a folder that hold a word.
fn holding(folder: &std::path::Path, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, word));
        } else if std::fs::read(&path).unwrap().windows(word.len()).any(|part| part == word.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn an_export_holds_what_a_person_sees_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path()).await;
    node.secrets.set(&keys::token_name(&account().id), SecretString::from("sentinel token")).await.unwrap();
    node.db
        .write(|tx| {
            begin(tx)?;
            for n in 0..450 {
                let origin = Origin { node: NodeId::new("b".repeat(32)), item: n.to_string() };
                tx.new_pair(&ConnectionId::new(LINK), &origin, Side::Ours)?;
                tx.add_activity(&line(n))?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let to = tempfile::tempdir().unwrap();
    let (first, second) =
        (node.export_into(to.path()).await.unwrap(), node.export_into(to.path()).await.unwrap());
    assert_ne!(first, second, "nothing is overwritten");
    let text = std::fs::read_to_string(&first).unwrap();
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ids = |of: &str| -> std::collections::BTreeSet<String> {
        told[of].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((ids("connections").len(), ids("pairs").len(), ids("activity").len()), (1, 450, 450));
    assert_eq!(told["pairs"][0]["connection"], LINK);
    assert_eq!(told["connections"][0]["partner_name"], "Globex");
    assert!(!text.contains("sentinel"));
    let nowhere = node.export_into(&to.path().join("nowhere")).await.unwrap_err();
    assert_eq!(nowhere.code, ProblemCode::FileUnwritable);
}
