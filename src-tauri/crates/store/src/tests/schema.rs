//! The schema is what the snapshot says, and landed migrations never change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{fresh, store};
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
