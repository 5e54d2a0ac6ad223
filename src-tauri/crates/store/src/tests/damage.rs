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
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        .unwrap();
    let names: Vec<String> = names.query_map([], |r| r.get(0)).unwrap().map(|n| n.unwrap()).collect();
    let mut all = Vec::new();
    for name in names {
        let mut query = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = query.column_count();
        let mut rows = query.query([]).unwrap();
        let from = all.len();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> = (0..columns).map(|c| format!("{:?}", row.get_ref(c).unwrap())).collect();
            all.push(format!("{name}: {}", values.join(", ")));
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
                pair.summary.base_local = Some(format!("The printer {n} burns, as it did on each of those days"));
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
                tx.push_out(&c1(), n + 1, false, "replica", &[b'x'; 300], &digits.repeat(32))?;
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
    opened.store.connection().execute_batch("ANALYZE; CREATE TABLE mine (a TEXT)").unwrap();
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
                assert_eq!(std::fs::read(room.path()).unwrap(), bytes, "it was left alone");
                "newer".to_owned()
            }
            Err(other) => panic!("{place:?}: {other}"),
            Ok(opened) if opened.restored.is_some() => {
                room.assert_is(&opened, 20, Some(2_000));
                let kept = std::fs::read(room.folder.path().join("twinline-damaged-5000.db")).unwrap();
                assert_eq!(kept, bytes, "{place:?}: kept as it was found");
                "restored".to_owned()
            }
            Ok(opened) => {
                let after = content(&opened.store);
                match before.iter().zip(&after).find(|(was, is)| was != is) {
                    None => "unchanged".to_owned(),
                    Some((was, _)) => format!("changed {}", was.split(':').next().unwrap()),
                }
            }
        };
        *seen.entry(outcome).or_default() += 1;
    }
    println!("{seen:?}");
    assert!(seen["restored"] > 0 && seen["unchanged"] > 0, "{seen:?}");
}
