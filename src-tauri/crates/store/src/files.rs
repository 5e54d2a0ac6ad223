//! Files as a whole: what must be on the disk before something else may go.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Result, StoreError};

/// What SQLite may keep beside a database.
pub(crate) const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What the system's answer means for people.
pub(crate) fn disk(error: &io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Unusable { detail: error.to_string() },
    }
}

/// A path with something behind its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes a file if it is there.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(disk(&e)),
        _ => Ok(()),
    }
}

/// Moves a file if it is there.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    match std::fs::rename(from, to) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(disk(&e)),
        _ => Ok(()),
    }
}

/// The bytes of a file are on the disk when it returns.
pub(crate) fn sync(path: &Path) -> Result<()> {
    let file = File::options().write(true).open(path).map_err(|e| disk(&e))?;
    file.sync_all().map_err(|e| disk(&e))
}

/// The names in the folder of a file are on the disk, where the system knows such a thing (Windows does not).
pub(crate) fn sync_folder_of(path: &Path) {
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
}

/// Why bytes did not get from here to there.
pub(crate) enum CopyError {
    /// They cannot be read.
    Source,
    /// They cannot be written.
    Target(StoreError),
}

/// Hands the bytes of a file on and tells their SHA-256 in hexadecimal digits.
pub(crate) fn pour(from: &Path, to: &mut impl Write) -> std::result::Result<String, CopyError> {
    let mut file = File::open(from).map_err(|_| CopyError::Source)?;
    let mut chunk = vec![0; 256 * 1024];
    let mut hash = Sha256::new();
    loop {
        let count = match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return Err(CopyError::Source),
        };
        hash.update(&chunk[..count]);
        to.write_all(&chunk[..count]).map_err(|e| CopyError::Target(disk(&e)))?;
    }
    Ok(hex::encode(hash.finalize()))
}

/// A database file that is being made: gone, with what SQLite keeps beside it, unless it is moved to its name.
pub(crate) struct Part(PathBuf);

impl Part {
    /// Takes the name; what an earlier run left there goes.
    pub(crate) fn new(path: PathBuf) -> Result<Self> {
        let part = Self(path);
        remove(&part.0)?;
        COMPANIONS.iter().try_for_each(|suffix| remove(&beside(&part.0, suffix)))?;
        Ok(part)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Best effort: the next one made under this name removes what is left.
        let _ = remove(&self.0);
        for suffix in COMPANIONS {
            let _ = remove(&beside(&self.0, suffix));
        }
    }
}
