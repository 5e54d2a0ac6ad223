//! Faults of the database file: killed, torn, locked, gone, too new, not ours.

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use tempfile::TempDir;
use twinline_model::NodeId;
use twinline_model::problem::ProblemCode;

use super::{c1, fill, fresh};
use crate::{Fresh, Store, StoreError, migrations};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// What a kill at this moment leaves: the files as they are.
fn copy(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        // The -shm file is only an index of the -wal file, rebuilt after a crash.
        if !file.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

fn version(path: &Path) -> (i64, i64) {
    let connection = Connection::open(path).unwrap();
    let version = connection.query_row("PRAGMA user_version", [], |r| r.get(0)).unwrap();
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0)).unwrap();
    (version, tables)
}

#[test]
fn f08_killed_in_a_migration_is_the_old_schema_and_opens_again() {
    let (live, killed) = (folder(), folder());
    let (from, to) = (live.path().to_owned(), killed.path().to_owned());
    let path = live.path().join("twinline.db");
    let mut connection = Connection::open(&path).unwrap();
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    // Pages reach the file before the commit, as they do when a migration is large.
    connection.pragma_update(None, "cache_size", 1).unwrap();
    let first = migrations::FILES[0].1;
    let mut steps = vec![M::up_with_hook(first, move |_: &rusqlite::Transaction<'_>| {
        copy(&from, &to);
        Ok(())
    })];
    steps.extend(migrations::FILES[1..].iter().map(|(_, sql)| M::up(sql)));
    migrations::apply(&mut connection, &Migrations::new(steps)).unwrap();
    let copied = killed.path().join("twinline.db");
    assert!(
        std::fs::metadata(killed.path().join("twinline.db-wal")).unwrap().len() > 0,
        "nothing was under way"
    );
    assert_eq!(version(&copied), (0, 0));
    let store = Store::open(&copied, fresh()).unwrap();
    store.integrity_check().unwrap();
    fill(&store);
}

#[test]
fn f08_a_failing_migration_leaves_nothing_of_itself_or_its_forerunners() {
    let folder = folder();
    let path = folder.path().join("twinline.db");
    let mut connection = Connection::open(&path).unwrap();
    let steps = vec![M::up(migrations::FILES[0].1), M::up("CREATE TABLE half (a TEXT) STRICT; NONSENSE;")];
    assert!(migrations::apply(&mut connection, &Migrations::new(steps)).is_err());
    drop(connection);
    assert_eq!(version(&path), (0, 0));
    Store::open(&path, fresh()).unwrap();
}

#[test]
fn f08_rebuilding_a_table_does_not_delete_what_refers_to_it() {
    let folder = folder();
    let path = folder.path().join("twinline.db");
    fill(&Store::open(&path, fresh()).unwrap());
    let mut connection = Connection::open(&path).unwrap();
    let mut steps: Vec<M<'_>> = migrations::FILES.iter().map(|(_, sql)| M::up(sql)).collect();
    steps.push(M::up(
        "CREATE TABLE connection_new (id TEXT PRIMARY KEY NOT NULL, account TEXT NOT NULL) STRICT;
         INSERT INTO connection_new (id, account) SELECT id, account FROM connection;
         DROP TABLE connection;
         ALTER TABLE connection_new RENAME TO connection;",
    ));
    migrations::apply(&mut connection, &Migrations::new(steps)).unwrap();
    let links: i64 = connection.query_row("SELECT count(*) FROM link", [], |r| r.get(0)).unwrap();
    assert_eq!(links, 2);
}

#[test]
fn f10_a_commit_is_in_the_files_when_it_returns_and_a_torn_log_opens() {
    let (live, lost, torn) = (folder(), folder(), folder());
    let store = Store::open(&live.path().join("twinline.db"), fresh()).unwrap();
    let synchronous: i64 = store.connection().query_row("PRAGMA synchronous", [], |r| r.get(0)).unwrap();
    assert_eq!(synchronous, 2, "FULL");
    store.write(|tx| tx.set_setting("acked", "1")).unwrap();
    store.write(|tx| tx.set_setting("acked", "2")).unwrap();
    copy(live.path(), lost.path());
    copy(live.path(), torn.path());
    let after = Store::open(&lost.path().join("twinline.db"), fresh()).unwrap();
    assert_eq!(after.read(|tx| tx.setting("acked")).unwrap().as_deref(), Some("2"));
    // A disk that lied about its sync: the last commit is cut in half, the ones before must stand.
    let log = std::fs::OpenOptions::new().write(true).open(torn.path().join("twinline.db-wal")).unwrap();
    log.set_len(log.metadata().unwrap().len() - 2_000).unwrap();
    let after = Store::open(&torn.path().join("twinline.db"), fresh()).unwrap();
    assert_eq!(after.read(|tx| tx.setting("acked")).unwrap().as_deref(), Some("1"));
    after.integrity_check().unwrap();
}

#[test]
fn f12_waits_for_another_program_and_says_so_when_it_lasts() {
    let folder = folder();
    let path = folder.path().join("twinline.db");
    let store = Store::open(&path, fresh()).unwrap();
    let timeout: i64 = store.connection().query_row("PRAGMA busy_timeout", [], |r| r.get(0)).unwrap();
    assert_eq!(timeout, 30_000);
    let (locked, is_locked) = mpsc::channel();
    let (release, may_release) = mpsc::channel::<()>();
    let other = std::thread::spawn(move || {
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        locked.send(()).unwrap();
        // The first write must have come too late; the second is waiting, or soon will be.
        may_release.recv().unwrap();
        connection.execute_batch("COMMIT").unwrap();
    });
    is_locked.recv().unwrap();
    store.connection().busy_timeout(Duration::from_millis(50)).unwrap();
    let error = store.write(|tx| tx.set_setting("a", "b")).unwrap_err();
    assert!(matches!(error, StoreError::Busy), "{error}");
    assert_eq!(store.read(|tx| tx.setting("a")).unwrap(), None, "readers are not kept waiting");
    store.connection().busy_timeout(Duration::from_secs(30)).unwrap();
    release.send(()).unwrap();
    let began = Instant::now();
    store.write(|tx| tx.set_setting("a", "b")).unwrap();
    assert!(began.elapsed() < Duration::from_secs(30));
    other.join().unwrap();
}

#[test]
fn f14_a_database_that_is_gone_is_a_new_install() {
    let folder = folder();
    let path = folder.path().join("twinline.db");
    let store = Store::open(&path, fresh()).unwrap();
    fill(&store);
    // Copied while it is open, so that a log is left whose database is gone.
    let left = tempfile::tempdir().unwrap();
    copy(folder.path(), left.path());
    let gone = left.path().join("twinline.db");
    std::fs::remove_file(&gone).unwrap();
    assert!(left.path().join("twinline.db-wal").exists());
    let again = Fresh { node: NodeId::new("c".repeat(32)), incarnation: "second".to_owned() };
    let new = Store::open(&gone, again).unwrap();
    assert!(new.read(|tx| tx.connections()).unwrap().is_empty());
    assert_eq!(new.read(|tx| tx.node()).unwrap(), NodeId::new("c".repeat(32)));
    new.integrity_check().unwrap();
}

#[test]
fn f15_a_newer_database_is_refused_untouched_and_names_its_version() {
    let folder = folder();
    let path = folder.path().join("twinline.db");
    let store = Store::open(&path, fresh()).unwrap();
    store.write(|tx| tx.set_setting("written_by", "1.4")).unwrap();
    store.connection().pragma_update(None, "user_version", 1_000).unwrap();
    drop(store);
    let before = std::fs::read(&path).unwrap();
    let error = Store::open(&path, fresh()).err().unwrap();
    assert!(matches!(&error, StoreError::Newer { written_by: Some(v) } if v == "1.4"), "{error}");
    assert_eq!(error.code(), ProblemCode::DataNewer);
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn f15_an_older_database_remembers_who_wrote_it_last() {
    let store = Store::open_in_memory(fresh()).unwrap();
    let version = store.read(|tx| tx.setting("written_by")).unwrap();
    assert_eq!(version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_is_no_database_of_ours_is_refused() {
    let folder = folder();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is a letter to my grandmother, and no database at all ".repeat(40)).unwrap();
    assert!(matches!(Store::open(&text, fresh()), Err(StoreError::Corrupt { .. })));

    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    assert!(matches!(Store::open(&foreign, fresh()), Err(StoreError::Corrupt { .. })));
    assert_eq!(version(&foreign), (0, 1), "it was left alone");

    let nowhere = folder.path().join("missing").join("twinline.db");
    let error = Store::open(&nowhere, fresh()).err().unwrap();
    assert!(matches!(error, StoreError::Unusable { .. }), "{error}");
    assert_eq!(error.code(), ProblemCode::FolderUnusable);
}

#[test]
fn damage_is_found_by_the_check() {
    let folder = folder();
    let path = folder.path().join("twinline.db");
    fill(&Store::open(&path, fresh()).unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in &mut bytes[8 * 4096..] {
        *byte = 0xff;
    }
    std::fs::write(&path, bytes).unwrap();
    let found = Store::open(&path, fresh()).and_then(|store| store.integrity_check());
    assert!(matches!(found, Err(StoreError::Corrupt { .. })), "{found:?}");
}

#[test]
fn all_of_a_transaction_or_nothing() {
    let store = super::store();
    let failed = store.write(|tx| {
        tx.set_setting("a", "1")?;
        tx.delete_connection(&c1())?;
        tx.set_cursor(&"nobody".into(), 1, 1)
    });
    assert!(matches!(failed, Err(StoreError::Missing { table: "account" })));
    store.read(|tx| tx.setting("a").map(|found| assert_eq!(found, None))).unwrap();
    assert!(store.read(|tx| tx.connection(&c1())).unwrap().is_some());

    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write(|tx| -> crate::Result<()> {
            tx.set_setting("a", "2")?;
            panic!("a defect in the caller")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(store.read(|tx| tx.setting("a")).unwrap(), None);
    store.write(|tx| tx.set_setting("a", "3")).unwrap();
}
