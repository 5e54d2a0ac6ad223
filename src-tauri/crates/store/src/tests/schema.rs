//! The schema is what the snapshot says, and landed migrations never change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;
use rusqlite_migration::{M, Migrations};
use sha2::{Digest, Sha256};
use twinline_model::PairId;
use twinline_model::intent::{IssueFields, Write};
use twinline_model::pair::{Pair, Side};

use super::{c1, fresh, origin, store};
use crate::{Store, migrations};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")
}

fn schema(store: &Store) -> String {
    let connection = store.connection();
    let mut query = connection
        .prepare(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY name",
        )
        .unwrap();
    let texts: Vec<String> = query.query_map([], |r| r.get(0)).unwrap().map(|t| t.unwrap()).collect();
    texts.join(";\n\n") + ";\n"
}

#[test]
fn a_migrated_database_equals_the_snapshot() {
    let found = schema(&Store::open_in_memory(fresh()).unwrap());
    let file = folder().join("schema.txt");
    // After a new migration: run once with UPDATE_SCHEMA=1, read the difference, commit both.
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&file, &found).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap().replace("\r\n", "\n");
    assert_eq!(found, kept);
}

#[test]
fn landed_migrations_are_unchanged_and_complete() {
    let landed: BTreeMap<String, String> = std::fs::read_to_string(folder().join("landed.txt"))
        .unwrap()
        .lines()
        .map(|line| {
            let (sum, name) = line.split_once("  ").unwrap();
            (name.to_owned(), sum.to_owned())
        })
        .collect();
    let embedded: BTreeMap<String, String> = migrations::FILES
        .iter()
        .map(|(name, sql)| ((*name).to_owned(), hex::encode(Sha256::digest(sql.replace("\r\n", "\n")))))
        .collect();
    assert_eq!(embedded, landed, "a landed migration changed, or a new one is not in landed.txt");
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|f| f.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sql"))
        .collect();
    files.sort();
    assert_eq!(files, embedded.keys().cloned().collect::<Vec<_>>());
    for (at, (name, _)) in migrations::FILES.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", at + 1)), "{name} is out of order");
    }
}

#[test]
fn each_table_is_strict_and_each_foreign_key_has_an_index() {
    let store = store();
    let connection = store.connection();
    let mut query = connection
        .prepare(
            "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'",
        )
        .unwrap();
    let tables: Vec<(String, bool)> =
        query.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(|t| t.unwrap()).collect();
    assert!(tables.len() > 15);
    for (name, strict) in &tables {
        assert!(strict, "{name} is not STRICT");
    }
    // A foreign key without an index makes each delete a scan.
    for (table, _) in &tables {
        let mut keys = connection.prepare("SELECT \"from\" FROM pragma_foreign_key_list(?1)").unwrap();
        let columns: Vec<String> =
            keys.query_map([table], |r| r.get(0)).unwrap().map(|c| c.unwrap()).collect();
        for column in columns {
            let plan: String = connection
                .query_row(
                    &format!("EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = ?1"),
                    ["x"],
                    |r| r.get(3),
                )
                .unwrap();
            assert!(plan.starts_with("SEARCH"), "{table}.{column}: {plan}");
        }
    }
}

/// What a database of the first version held is there after every later migration.
#[test]
fn f08_rows_of_the_first_version_survive_all_migrations() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twinline.db");
    let mut connection = Connection::open(&path).unwrap();
    migrations::apply(&mut connection, &Migrations::new(vec![M::up(migrations::FILES[0].1)])).unwrap();
    let pair = Pair::new(PairId(1), c1(), origin("i/1"), Side::Theirs);
    let state = serde_json::to_string(&pair).unwrap();
    let write =
        serde_json::to_string(&Write::CreateIssue { fields: IssueFields::default(), above: 4, attempt: 0 })
            .unwrap();
    connection
        .execute_batch(&format!(
            "INSERT INTO meta VALUES (1, 'node', 'the first');
             INSERT INTO setting VALUES ('a', 'b');
             INSERT INTO account (id) VALUES ('acc');
             INSERT INTO seen VALUES ('acc', '10001', 'f');
             INSERT INTO connection (id, role, mode, stage, account, approval, highest_number)
                 VALUES ('c1', 'public', 'basic', 'connected', 'acc', 'ask', 9);
             INSERT INTO link (connection, sent_seq, sent_chain, acked) VALUES ('c1', 7, 'chain7', 5);
             INSERT INTO invited (id, connection) VALUES ('i', 'c1');
             INSERT INTO accepted VALUES ('x', 'c1');
             INSERT INTO pair (id, connection, origin_node, origin_item, standing, to_send, to_do, direction)
                 VALUES (1, 'c1', '{node}', 'i/1', 'stopped', 1, 1, 'in');
             INSERT INTO pair_trees VALUES (1, '{state}');
             INSERT INTO intent (connection, pair, kind, write) VALUES ('c1', 1, 'create_issue', '{write}');
             INSERT INTO outbox VALUES ('c1', 7, 1, 'replica', x'0102');
             INSERT INTO receipt (connection, body) VALUES ('c1', '{{}}');
             INSERT INTO inbox VALUES ('c1', 3, 'replica', x'03');
             INSERT INTO activity (connection, direction, kind) VALUES ('c1', 'in', 'issue');
             INSERT INTO problem (code, connection, pair) VALUES ('drift', 'c1', 1);
             INSERT INTO conflict (connection, pair, field, winner, kept, lost)
                 VALUES ('c1', 1, 'summary', 'ours', '1', '2');
             INSERT INTO blob (sha256) VALUES ('s');
             INSERT INTO blob_want (sha256, connection, claim) VALUES ('s', 'c1', 'c');
             INSERT INTO blob_offer VALUES ('s', 'c1', 'c');",
            node = origin("i/1").node.as_str(),
        ))
        .unwrap();
    let names: Vec<String> = {
        let sql =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
        let mut query = connection.prepare(sql).unwrap();
        query.query_map([], |r| r.get(0)).unwrap().map(|n| n.unwrap()).collect()
    };
    // Each row as the first version had it.
    let rows = |connection: &Connection, columns: &BTreeMap<String, String>| -> Vec<Vec<Value>> {
        let mut all = Vec::new();
        for (table, columns) in columns {
            let mut query =
                connection.prepare(&format!("SELECT {columns} FROM {table} ORDER BY {columns}")).unwrap();
            let width = query.column_count();
            let found = query.query_map([], |r| (0..width).map(|c| r.get(c)).collect()).unwrap();
            all.extend(found.map(|row| row.unwrap()));
        }
        all
    };
    let columns: BTreeMap<String, String> = names
        .iter()
        .map(|table| {
            let sql = format!("SELECT group_concat(name, ', ') FROM pragma_table_info('{table}')");
            (table.clone(), connection.query_row(&sql, [], |r| r.get(0)).unwrap())
        })
        .collect();
    let before = rows(&connection, &columns);
    assert_eq!(before.len(), names.len(), "each table has a row");
    drop(connection);

    let opened = crate::open_or_restore(&path, &folder.path().join("backups"), fresh(), 1).unwrap();
    assert_eq!(opened.restored, None, "an older version is no damage");
    let store = opened.store;
    store.connection().execute("DELETE FROM setting WHERE name = 'written_by'", []).unwrap();
    assert_eq!(rows(&store.connection(), &columns), before);
    store.integrity_check().unwrap();
    store
        .read(|tx| {
            let link = tx.link(&c1())?;
            assert_eq!((link.incarnation.as_str(), link.sent), ("the first", (7, "chain7".to_owned())));
            assert_eq!((link.acked_chain.as_str(), link.holder, link.healed), ("", None, 0));
            assert_eq!(tx.pair(PairId(1))?, Some(pair.clone()));
            assert_eq!(tx.pairs_to_send(&c1(), 9)?, [PairId(1)]);
            assert_eq!(tx.pairs_to_do(&c1(), false, 9, PairId(0))?, [PairId(1)]);
            assert!(tx.leaves(&c1(), "")?.is_empty());
            assert_eq!(tx.intents_of(PairId(1))?.len(), 1);
            assert_eq!(tx.out_from(&c1(), 0, 99, 9)?[0].body, [1, 2]);
            assert_eq!(tx.chain_at(&c1(), 7)?.as_deref(), Some(""));
            assert_eq!(tx.next_in(&c1(), 99, 9)?[0].body, [3]);
            assert_eq!((tx.held(&c1())?, tx.census_ms(&c1())?), (None, None));
            assert_eq!(tx.open_conflicts(&c1())?, 1);
            Ok(())
        })
        .unwrap();
}
