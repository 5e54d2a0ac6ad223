//! Backups: whole, checked, named, pruned.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use tempfile::TempDir;

use super::damage::content;
use super::{c1, fill, fresh, origin};
use crate::{Store, StoreError, backups};

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn live() -> (TempDir, Store, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("twinline.db"), fresh()).unwrap();
    fill(&store);
    let backups = folder.path().join("backups");
    (folder, store, backups)
}

#[test]
fn a_backup_is_one_file_with_the_content_of_the_moment_and_its_sum() {
    let (_folder, store, backups) = live();
    let before = content(&store);
    let made = store.backup_into(&backups, 1_000, 7).unwrap();
    store.write(|tx| tx.delete_connection(&c1())).unwrap();
    assert_eq!(made.path, backups.join("twinline-1000.db"));
    assert_eq!(files(&backups), ["twinline-1000.db", "twinline-1000.db.sha256"]);
    let text = std::fs::read_to_string(backups.join("twinline-1000.db.sha256")).unwrap();
    use sha2::Digest;
    let sum = hex::encode(sha2::Sha256::digest(std::fs::read(&made.path).unwrap()));
    assert_eq!(text, format!("{sum}  twinline-1000.db\n"));
    let opened = Store::open(&made.path, fresh()).unwrap();
    assert_eq!(content(&opened), before);
    assert_ne!(content(&opened), content(&store));
}

#[test]
fn a_database_in_memory_can_be_backed_up_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = super::store();
    let made = store.backup_into(folder.path(), 5, 1).unwrap();
    assert_eq!(content(&Store::open(&made.path, fresh()).unwrap()), content(&store));
}

#[test]
fn writers_do_not_wait_for_a_backup_and_each_backup_is_one_state() {
    let (_folder, store, backups) = live();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut round = 0_u32;
            while !ended.load(Ordering::Acquire) {
                round += 1;
                let text = round.to_string();
                store
                    .write(|tx| {
                        tx.set_setting("one", &text)?;
                        tx.set_setting("filler", &"x".repeat(20_000))?;
                        tx.set_setting("other", &text)
                    })
                    .unwrap();
            }
            round
        });
        for at in 0..20 {
            let made = store.backup_into(&backups, at, 3).unwrap();
            let copy = Store::open(&made.path, fresh()).unwrap();
            copy.read(|tx| {
                assert_eq!(tx.setting("one")?, tx.setting("other")?, "half a transaction");
                Ok(())
            })
            .unwrap();
        }
        ended.store(true, Ordering::Release);
        assert!(writer.join().unwrap() > 0);
    });
}

#[test]
fn the_newest_are_kept_and_leftovers_go_but_nothing_else() {
    let (_folder, store, backups) = live();
    for at in 1..=9 {
        store.backup_into(&backups, at * 1_000, 7).unwrap();
    }
    let strangers = [
        "notes.txt",
        "twinline-007.db",
        "twinline-damaged-3.db",
        "twinline-old.db",
        "twinline--5.db",
        "twinline-1.db.bak",
    ];
    for name in strangers {
        std::fs::write(backups.join(name), "mine").unwrap();
    }
    for name in [
        "twinline-9000.db.part",
        "twinline-12.db.part-journal",
        "twinline-9000.db.sha256.part",
        "twinline-2000.db.sha256",
    ] {
        std::fs::write(backups.join(name), "half").unwrap();
    }
    std::fs::write(backups.join("twinline-3000.db-wal"), "somebody looked into it").unwrap();
    std::fs::write(backups.join("twinline-9000.db-shm"), "somebody looks into it").unwrap();
    backups::keep(&backups, 3).unwrap();
    let times: Vec<i64> = backups::list(&backups).unwrap().iter().map(|b| b.taken_ms).collect();
    assert_eq!(times, [9_000, 8_000, 7_000]);
    let mut expected: Vec<String> = strangers.iter().map(|s| (*s).to_owned()).collect();
    for at in [7, 8, 9] {
        expected.push(format!("twinline-{at}000.db"));
        expected.push(format!("twinline-{at}000.db.sha256"));
    }
    expected.push("twinline-9000.db-shm".to_owned());
    expected.sort();
    assert_eq!(files(&backups), expected);
    assert!(backups::list(&backups.join("missing")).unwrap().is_empty());
}

#[test]
fn f18_a_clock_that_was_ahead_does_not_make_todays_backups_the_oldest() {
    let (_folder, store, backups) = live();
    let ten_years = 315_360_000_000;
    store.backup_into(&backups, 1_000, 2).unwrap();
    store.backup_into(&backups, ten_years, 2).unwrap();
    store.write(|tx| tx.set_setting("today", "yes")).unwrap();
    let last = store.backup_into(&backups, 2_000, 2).unwrap();
    let kept = backups::list(&backups).unwrap();
    assert_eq!((kept.len(), &kept[0]), (2, &last));
    let back = Store::open(&kept[0].path, fresh()).unwrap();
    assert_eq!(back.read(|tx| tx.setting("today")).unwrap().as_deref(), Some("yes"));
    let negative = tempfile::tempdir().unwrap();
    assert_eq!(store.backup_into(negative.path(), -5, 2).unwrap().taken_ms, 0);
}

#[test]
fn f13_a_damaged_database_makes_no_backup_and_spoils_none() {
    let (folder, store, backups) = live();
    let good = store.backup_into(&backups, 1_000, 7).unwrap();
    drop(store);
    let path = folder.path().join("twinline.db");
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in &mut bytes[8 * 4_096..12 * 4_096] {
        *byte = 0xa5;
    }
    std::fs::write(&path, bytes).unwrap();
    let store = Store::open(&path, fresh()).unwrap();
    let refused = store.backup_into(&backups, 2_000, 7);
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
    assert_eq!(files(&backups), ["twinline-1000.db", "twinline-1000.db.sha256"]);
    // Not under its own name either.
    assert!(store.backup_to(&good.path).is_err());
    Store::open(&good.path, fresh()).unwrap().integrity_check().unwrap();
}

#[test]
fn f11_where_nothing_can_be_written_there_is_no_backup_and_no_rest() {
    let (folder, store, _) = live();
    let nowhere = folder.path().join("missing").join("twinline-1.db");
    assert!(matches!(store.backup_to(&nowhere), Err(StoreError::Unusable { .. })));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(store.backup_into(&file, 1, 7), Err(StoreError::Unusable { .. })));
    // The name is taken by something that cannot be replaced: what was copied goes.
    let taken = folder.path().join("twinline-2.db");
    std::fs::create_dir(&taken).unwrap();
    std::fs::write(taken.join("a"), "").unwrap();
    assert!(store.backup_to(&taken).is_err());
    assert!(files(folder.path()).iter().all(|name| !name.contains(".part")));
}

/// F11: a write that finds no room leaves nothing of itself, and the next one works once there is room.
#[test]
fn f11_a_full_disk_leaves_no_partial_state() {
    let (_folder, store, _) = live();
    let limit = |pages: i64| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        store.connection().query_row(&sql, [], |r| r.get::<_, i64>(0)).unwrap()
    };
    let before = content(&store);
    limit(1); // SQLite takes the number of pages that there are.
    let mut filled = 0;
    let error = loop {
        let tried = store.write(|tx| {
            let pair =
                tx.new_pair(&c1(), &origin(&format!("i/{filled}")), twinline_model::pair::Side::Ours)?;
            tx.push_out(&c1(), filled + 1, false, "replica", &[7; 9_000], "")?;
            tx.set_setting("last", &pair.id.0.to_string())
        });
        match tried {
            Ok(()) => filled += 1,
            Err(error) => break error,
        }
        assert!(filled < 1_000, "it never became full");
    };
    assert!(matches!(error, StoreError::Full), "{error}");
    assert_eq!(store.read(|tx| tx.out_len(&c1())).unwrap(), filled);
    assert_eq!(store.read(|tx| tx.counts(&c1())).unwrap().pairs, filled);
    assert!(filled > 0 || content(&store) == before);
    store.integrity_check().unwrap();
    limit(1_000_000);
    store.write(|tx| tx.push_out(&c1(), filled + 1, false, "replica", &[7; 9_000], "")).unwrap();
}

#[test]
fn a_backup_is_due_once_something_happened_and_not_for_a_poll_or_a_contact() {
    let store = super::store();
    let progress = || store.read(|tx| tx.progress()).unwrap();
    let before = progress();
    store.write(|tx| tx.set_cursor(&"acc".into(), 5, 9)).unwrap();
    store
        .write(|tx| {
            let mut link = tx.link(&c1())?;
            link.last_contact_ms = Some(77);
            tx.set_link(&c1(), &link)
        })
        .unwrap();
    assert_eq!(progress(), before);
    store.write(|tx| tx.new_pair(&c1(), &origin("i/77"), twinline_model::pair::Side::Ours)).unwrap();
    let paired = progress();
    assert_ne!(paired, before);
    store.write(|tx| tx.set_setting("company", "ACME")).unwrap();
    assert_ne!(progress(), paired);
}

#[test]
fn a_backup_can_be_read_without_write_access() {
    let (_folder, store, backups) = live();
    let made = store.backup_into(&backups, 1, 7).unwrap();
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let copy = Connection::open_with_flags(&made.path, flags).unwrap();
    let mode: String = copy.query_row("PRAGMA journal_mode", [], |r| r.get(0)).unwrap();
    assert_eq!(mode, "delete");
}
