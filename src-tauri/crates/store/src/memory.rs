//! Databases in memory: for tests, and for a simulator that opens hundreds each second.

use std::sync::OnceLock;

use rusqlite::Connection;

use crate::{Fresh, Result, Store, migrations};

/// Where the header says whether there is a write-ahead log: a database in memory has none, whatever it was copied from.
const JOURNAL_VERSIONS: std::ops::Range<usize> = 18..20;

impl Store {
    /// A database that is gone with the `Store`.
    pub fn open_in_memory(fresh: Fresh) -> Result<Self> {
        // Making the schema takes many times as long as copying it.
        static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
        let image = match EMPTY.get() {
            Some(image) => image,
            None => {
                let made = empty()?;
                EMPTY.get_or_init(|| made)
            }
        };
        let store = Self::from_image(image)?;
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
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact("main", image, image.len(), false)?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(Self::over(connection, None))
    }
}

/// The image of a database with the newest schema and nothing in it.
fn empty() -> Result<Vec<u8>> {
    let mut connection = Connection::open_in_memory()?;
    // Small pages: what each transaction copies, and an image.
    connection.pragma_update(None, "page_size", 1024)?;
    migrations::apply(&mut connection, &migrations::all())?;
    Ok(connection.serialize("main")?.to_vec())
}
