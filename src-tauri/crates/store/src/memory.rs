//! Databases in memory: for tests, and for a simulator that needs hundreds each second.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::{Fresh, Result, Store, StoreError, migrations};

// The header of a database: https://sqlite.org/fileformat.html.
/// Whether there is a write-ahead log: a database in memory has none, whatever it was copied from.
const JOURNAL_VERSIONS: std::ops::Range<usize> = 18..20;
/// The schema cookie, most significant byte first: a statement that was prepared is good as long as it stays what it is.
const SCHEMA_COOKIE: std::ops::Range<usize> = 40..44;

impl Store {
    /// A database that is gone with the `Store`.
    pub fn open_in_memory(fresh: Fresh) -> Result<Self> {
        let store = Self::from_image(empty()?)?;
        store.write(|tx| tx.settle_in(&fresh))?;
        Ok(store)
    }

    /// The whole database as bytes.
    pub fn image(&self) -> Result<Vec<u8>> {
        let mut image = self.connection().serialize("main")?.to_vec();
        if let Some(versions) = image.get_mut(JOURNAL_VERSIONS) {
            versions.fill(1);
        }
        Ok(image)
    }

    /// A database in memory that begins with the bytes of an [`image`](Self::image).
    pub fn from_image(image: &[u8]) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        // One that has a name can be reached by a second connection: https://sqlite.org/src/file/src/memdb.c.
        let name = format!("file:/twinline-{}?vfs=memdb", NUMBER.fetch_add(1, Ordering::Relaxed));
        let connection = Connection::open(&name)?;
        fill(&name, image)?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(Self::over_memory(connection, name))
    }

    /// Puts a database in memory into the state of an image, all of it. Nobody notices but by what stands there: the
    /// statements that were prepared stay, which is what makes this cheaper than another database.
    ///
    /// The image must be one of a database of this program's own schema, with pages of the same size.
    pub fn become_image(&self, image: &[u8]) -> Result<()> {
        // Nobody reads or writes meanwhile.
        let _connection = self.connection();
        match self.memory_name() {
            Some(name) => fill(name, image),
            None => Err(StoreError::Unusable { detail: "not a database in memory".to_owned() }),
        }
    }
}

/// Replaces the bytes of a named database in memory, over a connection of its own: those that are open find them changed,
/// as if another program had written.
fn fill(name: &str, image: &[u8]) -> Result<()> {
    let mut from = Connection::open_in_memory()?;
    from.deserialize_read_exact("main", image, image.len(), true)?;
    let mut to = Connection::open(name)?;
    let all = Backup::new(&from, &mut to)?.step(-1)?;
    if !matches!(all, StepResult::Done) {
        return Err(StoreError::Unusable { detail: format!("a copy in memory ended with {all:?}") });
    }
    // A copy counts the cookie up, as if the schema were another one.
    let cookie =
        image.get(SCHEMA_COOKIE).and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_be_bytes);
    to.pragma_update(None, "schema_version", cookie)?;
    Ok(())
}

/// The image of a database with the newest schema and nothing in it.
fn empty() -> Result<&'static [u8]> {
    // Making the schema takes many times as long as copying it.
    static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(image) = EMPTY.get() {
        return Ok(image);
    }
    let mut connection = Connection::open_in_memory()?;
    // Small pages: what each transaction copies, and an image.
    connection.pragma_update(None, "page_size", 1024)?;
    migrations::apply(&mut connection, &migrations::all())?;
    let made = connection.serialize("main")?.to_vec();
    Ok(EMPTY.get_or_init(|| made))
}
