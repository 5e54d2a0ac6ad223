//! Opening a database, and transactions.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use twinline_model::NodeId;

use crate::{Result, StoreError, Tx, migrations};

/// How long another program (a virus scanner, a backup) may hold the database before we tell people.
const BUSY: Duration = Duration::from_secs(30);

/// The identity for a database that is new; one that exists keeps its own.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The node's id.
    pub node: NodeId,
    /// Tells this database from another one of the same node (a restored copy).
    pub incarnation: String,
}

/// The database of a node: one connection, one writer. Calls wait for each other; share it in an `Arc`.
pub struct Store {
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens, creates or migrates the database file at `path`; its folder must exist.
    pub fn open(path: &Path, fresh: Fresh) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        migrations::check(&connection)?;
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0))?;
        if mode != "wal" {
            return Err(StoreError::Unusable { detail: format!("no write-ahead log here, only {mode}") });
        }
        Self::prepare(connection, fresh)
    }

    /// A database that is gone with the `Store`.
    pub fn open_in_memory(fresh: Fresh) -> Result<Self> {
        Self::prepare(Connection::open_in_memory()?, fresh)
    }

    /// The whole database as bytes.
    pub fn image(&self) -> Result<Vec<u8>> {
        Ok(self.connection().serialize("main")?.to_vec())
    }

    /// A database in memory that begins with the bytes of an [`image`](Self::image).
    pub fn from_image(image: &[u8]) -> Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact("main", image, image.len(), false)?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self { connection: Mutex::new(connection) })
    }

    fn prepare(mut connection: Connection, fresh: Fresh) -> Result<Self> {
        // A commit is on the disk when it returns: an ack that we give stays true after a power loss.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
        connection.set_prepared_statement_cache_capacity(128);
        migrations::apply(&mut connection, &migrations::all())?;
        let store = Self { connection: Mutex::new(connection) };
        store.write(|tx| tx.settle_in(&fresh))?;
        Ok(store)
    }

    /// Writes: all that `work` did is committed when it answers `Ok`, and none of it otherwise.
    ///
    /// `work` must not call the store again: it would wait for itself.
    pub fn write<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let mut tx = Tx { inner: connection.transaction_with_behavior(TransactionBehavior::Immediate)? };
        // An early return drops the transaction, which rolls back; so does a panic.
        let answer = work(&mut tx)?;
        tx.inner.commit()?;
        Ok(answer)
    }

    /// Reads one state of the database; see [`Store::write`].
    pub fn read<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let tx = Tx { inner: connection.transaction_with_behavior(TransactionBehavior::Deferred)? };
        work(&tx)
    }

    /// Reads everything and reports the first damage; takes a second or two for a large database.
    pub fn integrity_check(&self) -> Result<()> {
        let connection = self.connection();
        let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |r| r.get(0))?;
        if found != "ok" {
            return Err(StoreError::Corrupt { detail: found });
        }
        let dangling = connection.prepare("PRAGMA foreign_key_check")?.exists([])?;
        if dangling {
            return Err(StoreError::Corrupt { detail: "a row refers to one that is gone".to_owned() });
        }
        Ok(())
    }

    /// The connection. A panic while it was held left no open transaction, so a poisoned lock is still good.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
