//! F13: a damaged database is found, kept, and replaced by the newest good backup.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;
use twinline_model::NodeId;
use twinline_model::pair::Side;
use twinline_model::view::PairStanding;

use super::{c1, fill, fresh, origin};
use crate::{Fresh, Opened, PairFlags, Restored, Store, StoreError, open_or_restore};

const PAGE: usize = 4_096;

/// Every row of every table, as text.
pub(crate) fn content(store: &Store) -> Vec<String> {
    rows(&store.connection())
}

fn rows(connection: &Connection) -> Vec<String> {
    let mut names = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .unwrap();
    let names: Vec<String> = names.query_map([], |r| r.get(0)).unwrap().map(|n| n.unwrap()).collect();
    let mut all = Vec::new();
    for name in names {
        let mut query = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = query.column_count();
        let mut rows = query.query([]).unwrap();
        let from = all.len();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> = (0..columns)
                .map(|c| {
                    format!("{name}.{}={:?}", row.as_ref().column_name(c).unwrap(), row.get_ref(c).unwrap())
                })
                .collect();
            all.push(values.join("\n"));
        }
        all[from..].sort();
    }
    all
}

/// A data folder with a database that was closed, and two backups of earlier states.
struct Room {
    folder: TempDir,
}

impl Room {
    fn new() -> Self {
        let room = Self { folder: tempfile::tempdir().unwrap() };
        let store = Store::open(&room.path(), fresh()).unwrap();
        fill(&store);
        write_pairs(&store, 0..10);
        store.backup_into(&room.backups(), 1_000, 7).unwrap();
        write_pairs(&store, 10..20);
        store.backup_into(&room.backups(), 2_000, 7).unwrap();
        write_pairs(&store, 20..30);
        room
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("twinline.db")
    }

    fn backups(&self) -> PathBuf {
        self.folder.path().join("backups")
    }

    fn open(&self) -> Result<Opened, StoreError> {
        open_or_restore(&self.path(), &self.backups(), again(), 5_000)
    }

    /// The state that was backed up as the tenth, twentieth, or never.
    fn assert_is(&self, opened: &Opened, pairs: u64, from_ms: Option<i64>) {
        let kept_as = self.folder.path().join("twinline-damaged-5000.db");
        assert_eq!(opened.restored, Some(Restored { from_ms, kept_as: kept_as.clone() }));
        assert!(kept_as.exists());
        assert!(opened.backups_exist);
        assert_eq!(opened.store.read(|tx| tx.counts(&c1())).unwrap().pairs, pairs);
        opened.store.integrity_check().unwrap();
        opened.store.write(|tx| tx.set_setting("works", "yes")).unwrap();
    }
}

fn again() -> Fresh {
    Fresh { node: NodeId::new("c".repeat(32)), incarnation: "second".to_owned() }
}

fn write_pairs(store: &Store, numbers: std::ops::Range<u64>) {
    store
        .write(|tx| {
            for n in numbers {
                let mut pair = tx.new_pair(&c1(), &origin(&format!("i/{n}")), Side::Theirs)?;
                pair.summary.base_local =
                    Some(format!("The printer {n} burns, as it did on each of those days"));
                let digits = format!("{n:02}");
                let flags = PairFlags {
                    to_send: n % 3 == 0,
                    to_do: n % 5 == 0,
                    standing: PairStanding::InStep,
                    urgent: n % 2 == 0,
                    place: digits.repeat(16),
                    digest: digits.repeat(32),
                };
                tx.save_pair(&pair, flags, Some(1))?;
                tx.push_out(
                    &c1(),
                    n + 1,
                    false,
                    "replica",
                    "xyz".repeat(100).as_bytes(),
                    &digits.repeat(32),
                )?;
            }
            Ok(())
        })
        .unwrap();
}

/// A seeded sequence: the same places in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            std::fs::create_dir(to.join(entry.file_name())).unwrap();
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn with_damage(template: &Room, damage: impl FnOnce(&mut Vec<u8>)) -> (Room, Vec<u8>) {
    let room = Room { folder: tempfile::tempdir().unwrap() };
    copy_folder(template.folder.path(), room.folder.path());
    let mut bytes = std::fs::read(room.path()).unwrap();
    damage(&mut bytes);
    std::fs::write(room.path(), &bytes).unwrap();
    (room, bytes)
}

#[test]
fn a_sound_database_is_opened_as_it_is() {
    let room = Room::new();
    let before = rows(&Connection::open(room.path()).unwrap());
    let opened = room.open().unwrap();
    assert_eq!(opened.restored, None);
    assert!(opened.backups_exist);
    assert_eq!(content(&opened.store), before);
    // What an administrator adds is no damage.
    opened
        .store
        .connection()
        .execute_batch("ANALYZE; CREATE TABLE mine (a TEXT); CREATE INDEX pair_mine ON pair (title)")
        .unwrap();
    drop(opened);
    assert_eq!(room.open().unwrap().restored, None);
}

#[test]
fn f13_a_flipped_bit_is_found_or_changes_nothing() {
    let template = Room::new();
    let before = rows(&Connection::open(template.path()).unwrap());
    let mut chance = Chance(13);
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..200 {
        let mut place = (0, 0);
        let (room, bytes) = with_damage(&template, |bytes| {
            place = (chance.below(bytes.len()), chance.below(8));
            bytes[place.0] ^= 1 << place.1;
        });
        let outcome = match room.open() {
            Err(StoreError::Newer { .. }) => {
                assert!(std::fs::read(room.path()).unwrap() == bytes, "it was left alone");
                "newer".to_owned()
            }
            Err(other) => panic!("{place:?}: {other}"),
            Ok(opened) if opened.restored.is_some() => {
                room.assert_is(&opened, 20, Some(2_000));
                let kept = std::fs::read(room.folder.path().join("twinline-damaged-5000.db")).unwrap();
                assert!(kept == bytes, "{place:?}: kept as it was found");
                "restored".to_owned()
            }
            Ok(opened) => {
                let after = content(&opened.store).join("\n");
                let was = before.join("\n");
                assert_eq!(was.lines().count(), after.lines().count(), "{place:?}");
                let changed = was.lines().zip(after.lines()).find(|(was, is)| was != is);
                match changed.and_then(|(was, _)| was.split_once('=')) {
                    None => "unchanged".to_owned(),
                    Some((column, _)) => column.to_owned(),
                }
            }
        };
        *seen.entry(outcome).or_default() += 1;
    }
    println!("{seen:?}");
    assert!(seen["restored"] > 0 && seen["unchanged"] > 0, "{seen:?}");
    // What a list shows, written anew with each change of the pair; nothing that decides.
    let shown = [
        "pair.our_key",
        "pair.their_key",
        "pair.title",
        "pair.search",
        "pair.standing",
        "pair.last_change_ms",
        // With another chain than the partner's, numbers begin anew and both sides compare all they know.
        "outbox.chain",
    ];
    for outcome in seen.keys() {
        let fine = ["restored", "unchanged", "newer"].contains(&outcome.as_str())
            || shown.contains(&outcome.as_str());
        assert!(fine, "a flipped bit got through: {seen:?}");
    }
}

/// One bit of each of them: some lie in free space.
fn change_each(bytes: &mut [u8], text: &str) {
    let starts: Vec<usize> =
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(text.as_bytes())).collect();
    assert!(!starts.is_empty());
    for at in starts {
        bytes[at] ^= 1;
    }
}

/// The texts that decide: the seeds above met them by luck only.
#[test]
fn f13_a_changed_letter_in_what_is_sent_or_written_is_found() {
    let template = Room::new();
    // The quotation mark: in the pair itself, not in the title that is shown.
    for text in ["\"The printer 7 burns", "xyz"] {
        let (room, _) = with_damage(&template, |bytes| {
            change_each(bytes, text);
        });
        room.assert_is(&room.open().unwrap(), 20, Some(2_000));
    }
    // Read without that check, it is a row that cannot be read.
    let (room, _) = with_damage(&template, |bytes| {
        change_each(bytes, "xyz");
    });
    let store = Store::open(&room.path(), again()).unwrap();
    let read = store.read(|tx| tx.out_from(&c1(), 0, 1_000_000, 100));
    assert!(matches!(read, Err(StoreError::Row { table: "outbox", .. })), "{read:?}");
}

#[test]
fn f13_a_truncated_file_is_replaced_whatever_its_length() {
    let template = Room::new();
    let pages = std::fs::read(template.path()).unwrap().len() / PAGE;
    assert!(pages > 40);
    let mut lengths: Vec<usize> = (0..pages).map(|page| page * PAGE).collect();
    lengths.extend([1, 50, 99, 100, PAGE - 1, PAGE + 1, 7 * PAGE + 512, pages * PAGE - 1]);
    for length in lengths {
        let (room, bytes) = with_damage(&template, |bytes| bytes.truncate(length));
        room.assert_is(&room.open().unwrap(), 20, Some(2_000));
        let kept = std::fs::read(room.folder.path().join("twinline-damaged-5000.db")).unwrap();
        assert!(kept == bytes, "cut at {length}: kept as it was found");
    }
}

#[test]
fn f13_garbage_zeros_and_another_programs_file_are_replaced() {
    let template = Room::new();
    let mut chance = Chance(7);
    let foreign = template.folder.path().join("foreign");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    let foreign = std::fs::read(foreign).unwrap();
    let sound = std::fs::read(template.path()).unwrap();
    let mut hole = sound.clone();
    hole[5 * PAGE..6 * PAGE].fill(0);
    let noise: Vec<u8> = (0..sound.len()).map(|_| chance.below(256) as u8).collect();
    let letter = b"a letter to my grandmother".to_vec();
    for damage in [noise, vec![0; sound.len()], hole, letter, foreign] {
        let (room, _) = with_damage(&template, |bytes| *bytes = damage);
        let opened = room.open().unwrap();
        room.assert_is(&opened, 20, Some(2_000));
        drop(opened);
        // And it stays that way.
        assert_eq!(room.open().unwrap().restored, None);
    }
}

#[test]
fn f13_every_header_byte_is_checked_or_of_no_account() {
    let template = Room::new();
    let before = rows(&Connection::open(template.path()).unwrap());
    for at in 0..100 {
        for value in [0x00, 0xff] {
            let (room, _) = with_damage(&template, |bytes| bytes[at] = value);
            match room.open() {
                Err(StoreError::Newer { .. }) => assert!((60..64).contains(&at), "byte {at}"),
                Err(other) => panic!("byte {at} = {value}: {other}"),
                Ok(opened) if opened.restored.is_some() => room.assert_is(&opened, 20, Some(2_000)),
                Ok(opened) => assert_eq!(content(&opened.store), before, "byte {at} = {value}"),
            }
        }
    }
}

/// Taken at its word, it would be migrated once more, and ruined or refused for ever.
#[test]
fn f13_a_version_that_is_not_that_of_the_tables_is_damage() {
    let template = Room::new();
    for version in 0..crate::migrations::FILES.len() {
        let (room, _) = with_damage(&template, |bytes| bytes[63] = version as u8);
        room.assert_is(&room.open().unwrap(), 20, Some(2_000));
    }
}

#[test]
fn f13_the_newest_good_backup_is_taken_and_bad_ones_are_left() {
    let template = Room::new();
    let newest = |room: &Room| room.backups().join("twinline-2000.db");
    let spoil: [&dyn Fn(&Room); 5] = [
        // A letter that SQLite does not miss, in a column without a checksum: the sum beside the file tells.
        &|room| {
            let mut bytes = std::fs::read(newest(room)).unwrap();
            let at = bytes.windows(16).position(|w| w == b"ada@acme.example").unwrap();
            bytes[at] = b'i';
            std::fs::write(newest(room), bytes).unwrap();
        },
        &|room| std::fs::write(newest(room), "").unwrap(),
        &|room| {
            std::fs::write(newest(room), "").unwrap();
            std::fs::remove_file(room.backups().join("twinline-2000.db.sha256")).unwrap();
        },
        &|room| std::fs::write(newest(room), "a letter").unwrap(),
        &|room| {
            std::fs::remove_file(newest(room)).unwrap();
            std::fs::create_dir(newest(room)).unwrap();
        },
    ];
    for spoil in spoil {
        let (room, _) = with_damage(&template, |bytes| bytes.truncate(9 * PAGE));
        spoil(&room);
        room.assert_is(&room.open().unwrap(), 10, Some(1_000));
        assert!(newest(&room).exists(), "nothing of anybody's is deleted");
        let rest: Vec<_> =
            std::fs::read_dir(room.folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert!(rest.iter().all(|n| !n.to_string_lossy().contains("restoring")), "{rest:?}");
    }
    // One without a sum (somebody copied it there) counts if it is whole.
    let (room, _) = with_damage(&template, |bytes| bytes.truncate(9 * PAGE));
    std::fs::remove_file(room.backups().join("twinline-2000.db.sha256")).unwrap();
    room.assert_is(&room.open().unwrap(), 20, Some(2_000));
}

#[test]
fn f13_without_a_good_backup_a_new_database_begins() {
    let (room, bytes) = with_damage(&Room::new(), |bytes| bytes[PAGE..3 * PAGE].fill(0xee));
    for name in ["twinline-1000.db", "twinline-2000.db"] {
        std::fs::write(room.backups().join(name), "bad").unwrap();
    }
    let opened = room.open().unwrap();
    room.assert_is(&opened, 0, None);
    assert_eq!(opened.store.read(|tx| tx.node()).unwrap(), again().node);
    assert!(std::fs::read(room.folder.path().join("twinline-damaged-5000.db")).unwrap() == bytes);
}

#[test]
fn f13_the_log_goes_along_with_its_database_and_is_kept_as_it_was() {
    let room = Room::new();
    let store = Store::open(&room.path(), fresh()).unwrap();
    write_pairs(&store, 30..40);
    // Killed with commits in the log, and the disk damaged the file itself.
    let (killed, _) = with_damage(&room, |bytes| bytes[0..PAGE].fill(0));
    drop(store);
    let wal = std::fs::read(killed.folder.path().join("twinline.db-wal")).unwrap();
    assert!(!wal.is_empty());
    killed.assert_is(&killed.open().unwrap(), 20, Some(2_000));
    assert!(std::fs::read(killed.folder.path().join("twinline-damaged-5000.db-wal")).unwrap() == wal);
}

#[test]
fn f13_zero_length_is_damage_only_if_there_was_a_database() {
    let new = Room { folder: tempfile::tempdir().unwrap() };
    std::fs::write(new.path(), "").unwrap();
    let opened = new.open().unwrap();
    assert_eq!((opened.restored, opened.backups_exist), (None, false));
    drop(opened.store);
    // Its log tells.
    let left = Room { folder: tempfile::tempdir().unwrap() };
    std::fs::write(left.path(), "").unwrap();
    std::fs::write(left.folder.path().join("twinline.db-wal"), "something").unwrap();
    let opened = left.open().unwrap();
    assert_eq!(opened.restored.unwrap().from_ms, None);
    assert!(left.folder.path().join("twinline-damaged-5000.db-wal").exists());
}

#[test]
fn f14_a_missing_file_is_a_new_database_and_the_backups_are_told() {
    let room = Room::new();
    std::fs::remove_file(room.path()).unwrap();
    let opened = room.open().unwrap();
    assert_eq!((opened.restored, opened.backups_exist), (None, true));
    assert!(opened.store.read(|tx| tx.connections()).unwrap().is_empty());
    let empty = Room { folder: tempfile::tempdir().unwrap() };
    assert!(!empty.open().unwrap().backups_exist);
}

#[test]
fn f15_other_trouble_is_passed_on_and_nothing_is_touched() {
    let template = Room::new();
    let listing = |room: &Room| {
        let mut names: Vec<_> =
            std::fs::read_dir(room.folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let (room, bytes) = with_damage(&template, |bytes| bytes[62] = 9);
    let before = listing(&room);
    assert!(matches!(room.open(), Err(StoreError::Newer { written_by: Some(_) })));
    assert!(std::fs::read(room.path()).unwrap() == bytes);
    assert_eq!(listing(&room), before);
    // The newest backup is of a newer version: an update brings it back, an older state would be a loss.
    let (room, _) = with_damage(&template, |bytes| bytes.truncate(9 * PAGE));
    Connection::open(room.backups().join("twinline-2000.db"))
        .unwrap()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    std::fs::remove_file(room.backups().join("twinline-2000.db.sha256")).unwrap();
    assert!(matches!(room.open(), Err(StoreError::Newer { .. })));
    assert_eq!(listing(&room), before, "nothing half made either");
    let nowhere = room.folder.path().join("missing").join("twinline.db");
    let refused = open_or_restore(&nowhere, &room.backups(), again(), 1);
    assert!(matches!(refused, Err(StoreError::Unusable { .. })));
}

/// A kill between the moves of a restore: the next start goes on, or begins anew.
#[test]
fn f13_killed_while_restoring_the_next_start_ends_it() {
    let (room, _) = with_damage(&Room::new(), |bytes| bytes.truncate(9 * PAGE));
    let inside = |name: &str| room.folder.path().join(name);
    let copy = std::fs::read(room.backups().join("twinline-2000.db")).unwrap();
    // Half copied.
    std::fs::write(inside("twinline-restoring-4000-2000.db.part"), &copy[..5_000]).unwrap();
    // Copied; nothing is moved yet.
    std::fs::write(inside("twinline-restoring-4000-2000.db"), &copy).unwrap();
    let opened = room.open().unwrap();
    room.assert_is(&opened, 20, Some(2_000));
    drop(opened);
    assert!(!inside("twinline-restoring-4000-2000.db").exists());
    assert!(!inside("twinline-restoring-4000-2000.db.part").exists());
    // The damaged file is moved, its log is not, and the copy is not in its place.
    std::fs::rename(room.path(), inside("twinline-damaged-4500.db")).unwrap();
    std::fs::write(inside("twinline.db-wal"), "the log of the damaged one").unwrap();
    std::fs::write(inside("twinline-restoring-4500-2000.db"), &copy).unwrap();
    let opened = room.open().unwrap();
    let kept_as = inside("twinline-damaged-4500.db");
    assert_eq!(opened.restored, Some(Restored { from_ms: Some(2_000), kept_as }));
    assert_eq!(opened.store.read(|tx| tx.counts(&c1())).unwrap().pairs, 20);
    assert!(inside("twinline-damaged-4500.db-wal").exists());
    drop(opened);
    // Damaged twice in the same millisecond: both are kept.
    std::fs::write(room.path(), "bad").unwrap();
    assert_eq!(room.open().unwrap().restored.unwrap().kept_as, inside("twinline-damaged-5001.db"));
}
