//! Copies of the database: made while it is in use, checked, and named by when they were made.
//!
//! Beside each stands its SHA-256 (`sha256sum -c` reads it), so that a single changed bit is found, which SQLite
//! alone would not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup as Copying, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::files::{self, CopyError, Part};
use crate::{Result, Store, StoreError, health};

const PREFIX: &str = "twinline-";
const SUFFIX: &str = ".db";
const SUM: &str = ".sha256";
const PART: &str = ".part";
const SUM_PART: &str = ".sha256.part";

/// A copy in the folder of backups.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Backup {
    /// Where it is.
    pub path: PathBuf,
    /// When it was made, ms since 1970. Later than that if the clock stood later when the one before was made: the
    /// order of making never turns round.
    pub taken_ms: i64,
}

/// All that are in a folder, the newest first; none if there is no such folder.
pub fn list(folder: &Path) -> Result<Vec<Backup>> {
    let mut found: Vec<Backup> = names(folder)?
        .iter()
        .filter_map(|name| {
            let taken_ms = time_of(name)?;
            Some(Backup { path: folder.join(name), taken_ms })
        })
        .collect();
    found.sort_by_key(|backup| std::cmp::Reverse(backup.taken_ms));
    Ok(found)
}

/// Removes all but the newest few, and what a killed run left half made. Other files stay.
pub fn keep(folder: &Path, newest: usize) -> Result<()> {
    let kept: BTreeSet<String> = list(folder)?.iter().take(newest).map(|b| name(b.taken_ms)).collect();
    for found in names(folder)? {
        let Some(end) = found.find(SUFFIX) else { continue };
        let (backup, tail) = found.split_at(end + SUFFIX.len());
        let half = tail.starts_with(PART) || tail == SUM_PART;
        let whole = tail.is_empty() || tail == SUM || files::COMPANIONS.contains(&tail);
        if time_of(backup).is_some() && (half || (whole && !kept.contains(backup))) {
            files::remove(&folder.join(&found))?;
        }
    }
    Ok(())
}

fn name(taken_ms: i64) -> String {
    format!("{PREFIX}{taken_ms}{SUFFIX}")
}

/// `None` for a file that is no backup.
fn time_of(name_: &str) -> Option<i64> {
    let digits = name_.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let taken_ms: i64 = digits.parse().ok()?;
    // Not another spelling of it ("+7", "007").
    (taken_ms >= 0 && name(taken_ms) == name_).then_some(taken_ms)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(files::disk(&e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(|e| files::disk(&e))?.file_name().into_string());
    }
    Ok(names)
}

/// What stands in the file beside a backup, if there is one.
pub(crate) fn sum_of(backup: &Path) -> Option<String> {
    let text = std::fs::read_to_string(files::beside(backup, SUM)).ok()?;
    Some(text.split_whitespace().next().unwrap_or_default().to_owned())
}

impl Store {
    /// Adds a copy to a folder (made if need be) and removes all but the newest few.
    pub fn backup_into(&self, folder: &Path, now_ms: i64, keep_newest: usize) -> Result<Backup> {
        std::fs::create_dir_all(folder).map_err(|e| files::disk(&e))?;
        // A clock that was ten years ahead once must not make the copies of today the oldest.
        let after = list(folder)?.first().map_or(0, |newest| newest.taken_ms.saturating_add(1));
        let taken_ms = now_ms.max(after);
        let backup = Backup { path: folder.join(name(taken_ms)), taken_ms };
        self.backup_to(&backup.path)?;
        keep(folder, keep_newest)?;
        Ok(backup)
    }

    /// Copies the database as it is now to a file: checked, on the disk, and never half under its name.
    ///
    /// Others may write meanwhile: the copy is made over a connection of its own.
    pub fn backup_to(&self, path: &Path) -> Result<()> {
        let part = Part::new(files::beside(path, PART))?;
        let mut to = Connection::open(part.path())?;
        // It counts only once it is whole and synced as a whole.
        to.pragma_update(None, "synchronous", "OFF")?;
        match self.file() {
            Some(file) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let from = Connection::open_with_flags(file, flags)?;
                from.busy_timeout(crate::store::BUSY)?;
                copy(&from, &mut to)?;
            }
            None => copy(&self.connection(), &mut to)?,
        }
        // One file, without a log beside it.
        to.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        to.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
        health::check_content(&to)?;
        to.close().map_err(|(_, error)| error)?;
        files::sync(part.path())?;
        let sum = files::pour(part.path(), &mut std::io::sink()).map_err(|error| match error {
            CopyError::Source => StoreError::Unusable { detail: "the copy cannot be read".to_owned() },
            CopyError::Target(error) => error,
        })?;
        // Without its sum a copy counts still; with another one's it would not.
        files::remove(&files::beside(path, SUM))?;
        std::fs::rename(part.path(), path).map_err(|e| files::disk(&e))?;
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        write_sum(&files::beside(path, SUM), &format!("{sum}  {file_name}\n"))?;
        files::sync_folder_of(path);
        Ok(())
    }
}

/// Under its name only when it is whole: half a sum would spoil a good copy.
fn write_sum(path: &Path, text: &str) -> Result<()> {
    let part = Part::new(files::beside(path, PART))?;
    std::fs::write(part.path(), text).map_err(|e| files::disk(&e))?;
    files::sync(part.path())?;
    std::fs::rename(part.path(), path).map_err(|e| files::disk(&e))
}

fn copy(from: &Connection, to: &mut Connection) -> Result<()> {
    to.busy_timeout(Duration::ZERO)?;
    match Copying::new(from, to)?.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(StoreError::Busy),
    }
}
