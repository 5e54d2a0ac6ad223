//! Opening a database that may be damaged: then the newest good backup takes its place, and the damaged file is kept.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::backups::{self, Backup};
use crate::files::{self, CopyError, Part};
use crate::{Fresh, Result, Store, StoreError, health};

/// A database that was opened.
pub struct Opened {
    /// The database.
    pub store: Store,
    /// It is not the one that was found, which was damaged.
    pub restored: Option<Restored>,
    /// There are backups. Together with a new database: somebody deleted the file.
    pub backups_exist: bool,
}

/// A damaged database was replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restored {
    /// When the backup was made; `None`: there was no good one, and the database is new.
    pub from_ms: Option<i64>,
    /// Where the damaged one lies.
    pub kept_as: PathBuf,
}

/// Opens, creates or migrates the database file at `path`, as [`Store::open`] does, but reads all of it before, and
/// puts the newest good backup in the place of one that is damaged or not ours.
///
/// Any other trouble (written by a newer version, in use, no room, no access) is passed on, and nothing is touched.
pub fn open_or_restore(path: &Path, backups_folder: &Path, fresh: Fresh, now_ms: i64) -> Result<Opened> {
    let interrupted = Place::find(path)?.map(|place| place.finish(path)).transpose()?.flatten();
    let backups = backups::list(backups_folder)?;
    let found = match is_hollow(path, !backups.is_empty()) {
        true => Err(StoreError::Corrupt { detail: "the file is empty".to_owned() }),
        false => Store::open_examined(path, fresh.clone()),
    };
    let (store, restored) = match found {
        Ok(store) => (store, interrupted),
        Err(StoreError::Corrupt { .. }) => {
            let restored = replace(path, &backups, now_ms)?;
            (Store::open(path, fresh)?, Some(restored))
        }
        Err(other) => return Err(other),
    };
    Ok(Opened { store, restored, backups_exist: !backups.is_empty() })
}

/// A file without a byte is new, unless something tells that there was a database.
fn is_hollow(path: &Path, has_backups: bool) -> bool {
    let empty = std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == 0);
    empty && (has_backups || files::beside(path, "-wal").exists())
}

fn replace(path: &Path, backups: &[Backup], now_ms: i64) -> Result<Restored> {
    for backup in backups {
        let place = Place::new(path, now_ms, backup.taken_ms);
        let part = Part::new(files::beside(&place.restoring, ".part"))?;
        if copy_if_good(backup, &part)? {
            files::rename(part.path(), &place.restoring)?;
            files::sync_folder_of(path);
            place.move_aside(path)?;
            place.move_in(path)?;
            return Ok(Restored { from_ms: Some(backup.taken_ms), kept_as: place.damaged });
        }
    }
    let place = Place::new(path, now_ms, 0);
    place.move_aside(path)?;
    Ok(Restored { from_ms: None, kept_as: place.damaged })
}

/// A whole copy on the disk, or `false` if the backup is no good.
fn copy_if_good(backup: &Backup, part: &Part) -> Result<bool> {
    let mut file = File::create(part.path()).map_err(|e| files::disk(&e))?;
    let sum = match files::pour(&backup.path, &mut file) {
        Ok(sum) => sum,
        Err(CopyError::Source) => return Ok(false),
        Err(CopyError::Target(error)) => return Err(error),
    };
    file.sync_all().map_err(|e| files::disk(&e))?;
    drop(file);
    if backups::sum_of(&backup.path).is_some_and(|noted| noted != sum) {
        return Ok(false);
    }
    // An empty file is an empty database, and sound, but nothing that we ever made.
    let examined = health::check_header(part.path()).and_then(|()| {
        let copy = Connection::open(part.path())?;
        health::examine(&copy)?;
        Ok(copy.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get::<_, i64>(0))? > 0)
    });
    match examined {
        Ok(good) => Ok(good),
        Err(StoreError::Corrupt { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}

/// The names of one restore. They say all that is needed to finish it after a kill: the copy has its name only once
/// it is whole, and the damaged file has its name only after that.
struct Place {
    restoring: PathBuf,
    damaged: PathBuf,
    from_ms: i64,
}

const RESTORING: &str = "twinline-restoring-";

impl Place {
    fn new(path: &Path, now_ms: i64, from_ms: i64) -> Self {
        let mut at_ms = now_ms.max(0);
        // Two in one millisecond: a damaged file never takes the place of another.
        while Self::damaged(path, at_ms).exists() {
            at_ms += 1;
        }
        let restoring = path.with_file_name(format!("{RESTORING}{at_ms}-{from_ms}.db"));
        Self { restoring, damaged: Self::damaged(path, at_ms), from_ms }
    }

    fn damaged(path: &Path, at_ms: i64) -> PathBuf {
        path.with_file_name(format!("twinline-damaged-{at_ms}.db"))
    }

    /// One that a kill left behind.
    fn find(path: &Path) -> Result<Option<Self>> {
        let Some(Ok(entries)) = path.parent().map(std::fs::read_dir) else {
            return Ok(None);
        };
        for entry in entries {
            let entry = entry.map_err(|e| files::disk(&e))?;
            let name = entry.file_name();
            let times = name.to_str().and_then(|n| n.strip_prefix(RESTORING)?.split_once('-'));
            let Some((at_ms, rest)) = times else { continue };
            let numbers = (at_ms.parse(), rest.strip_suffix(".db").unwrap_or_default().parse());
            if let (Ok(at_ms), Ok(from_ms)) = numbers {
                let damaged = Self::damaged(path, at_ms);
                return Ok(Some(Self { restoring: entry.path(), damaged, from_ms }));
            }
            // Half a copy.
            files::remove(&entry.path())?;
        }
        Ok(None)
    }

    /// Goes on if the damaged file was moved away already; otherwise all begins anew.
    fn finish(self, path: &Path) -> Result<Option<Restored>> {
        if path.exists() || !self.damaged.exists() {
            files::remove(&self.restoring)?;
            return Ok(None);
        }
        self.move_aside(path)?;
        self.move_in(path)?;
        Ok(Some(Restored { from_ms: Some(self.from_ms), kept_as: self.damaged }))
    }

    /// The log goes along: it belongs to the damaged file, and would ruin the next one.
    fn move_aside(&self, path: &Path) -> Result<()> {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            files::rename(&files::beside(path, suffix), &files::beside(&self.damaged, suffix))?;
        }
        files::sync_folder_of(path);
        Ok(())
    }

    fn move_in(&self, path: &Path) -> Result<()> {
        files::rename(&self.restoring, path)?;
        files::sync_folder_of(path);
        Ok(())
    }
}
