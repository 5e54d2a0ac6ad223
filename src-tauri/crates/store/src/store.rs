//! Opening a database, and transactions.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use twinline_model::NodeId;

use crate::recent::Recent;
use crate::{Result, StoreError, Tx, files, health, migrations};

/// How long another program (a virus scanner, a backup) may hold the database before we tell people.
pub(crate) const BUSY: Duration = Duration::from_secs(30);

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
    /// Used by whoever has the connection.
    pub(crate) recent: Mutex<Recent>,
    at: Place,
}

/// Where a database is.
enum Place {
    File(PathBuf),
    /// In memory, under a name of SQLite.
    Memory(String),
}

impl Store {
    /// Opens, creates or migrates the database file at `path`; its folder must exist.
    pub fn open(path: &Path, fresh: Fresh) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        migrations::check(&connection)?;
        Self::prepare(connection, path, &fresh)
    }

    /// As [`Store::open`], but reads all of it before; a damaged one is left as it was found.
    pub(crate) fn open_examined(path: &Path, fresh: Fresh) -> Result<Self> {
        health::check_header(path)?;
        let log = files::beside(path, "-wal");
        let had_log = log.exists();
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        // Closing would write the log into the damaged file.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        if let Err(error) = health::examine(&connection) {
            drop(connection);
            // Reading alone makes an empty one.
            if !had_log && log.metadata().is_ok_and(|found| found.len() == 0) {
                files::remove(&log)?;
                files::remove(&files::beside(path, "-shm"))?;
            }
            return Err(error);
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Self::prepare(connection, path, &fresh)
    }

    fn prepare(mut connection: Connection, path: &Path, fresh: &Fresh) -> Result<Self> {
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0))?;
        if mode != "wal" {
            return Err(StoreError::Unusable { detail: format!("no write-ahead log here, only {mode}") });
        }
        // A commit is on the disk when it returns: an ack that we give stays true after a power loss.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
        migrations::apply(&mut connection, &migrations::all())?;
        let store = Self::over(connection, Place::File(path.to_owned()));
        store.write(|tx| tx.settle_in(fresh))?;
        Ok(store)
    }

    /// Over a connection whose schema is up to date.
    fn over(connection: Connection, at: Place) -> Self {
        connection.set_prepared_statement_cache_capacity(128);
        // Query planner stability (sqlite.org/c3ref/c_dbconfig_defensive.html): a plan does not depend on the values that
        // are bound, so no statement is prepared a second time. Every SQLite since 3.22 knows the switch.
        let stable = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
        debug_assert!(stable.is_ok());
        Self { connection: Mutex::new(connection), recent: Mutex::default(), at }
    }

    /// As `over`, in memory.
    pub(crate) fn over_memory(connection: Connection, name: String) -> Self {
        Self::over(connection, Place::Memory(name))
    }

    /// Writes: all that `work` did is committed when it answers `Ok`, and none of it otherwise.
    ///
    /// `work` must not call the store again: it would wait for itself.
    pub fn write<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let connection = self.connection();
        let open = Open::begin(&connection, "BEGIN IMMEDIATE")?;
        // An early return drops the transaction, which rolls back; so does a panic.
        let answer = work(&mut Tx { inner: &connection, recent: &self.recent })?;
        open.commit()?;
        Ok(answer)
    }

    /// Reads one state of the database; see [`Store::write`].
    pub fn read<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        let connection = self.connection();
        let _open = Open::begin(&connection, "BEGIN DEFERRED")?;
        work(&Tx { inner: &connection, recent: &self.recent })
    }

    /// Reads everything and reports the first damage; takes a second or two for a large database.
    pub fn integrity_check(&self) -> Result<()> {
        health::check_content(&self.connection())
    }

    /// Where it is; `None` in memory.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.at {
            Place::File(path) => Some(path),
            Place::Memory(_) => None,
        }
    }

    /// Its name in memory; `None` where it is a file.
    pub(crate) fn memory_name(&self) -> Option<&str> {
        match &self.at {
            Place::File(_) => None,
            Place::Memory(name) => Some(name),
        }
    }

    /// The connection. A panic while it was held left no open transaction, so a poisoned lock is still good.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction that rolls back unless it is committed. Its three statements are prepared once, which rusqlite's own
/// transactions do not do.
struct Open<'c>(&'c Connection);

impl<'c> Open<'c> {
    fn begin(connection: &'c Connection, how: &str) -> Result<Self> {
        connection.prepare_cached(how)?.execute([])?;
        Ok(Self(connection))
    }

    fn commit(self) -> Result<()> {
        self.0.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        // After a commit there is nothing open; a full disk may have rolled back by itself.
        if !self.0.is_autocommit()
            && let Err(error) = self.0.prepare_cached("ROLLBACK").and_then(|mut s| s.execute([]))
        {
            // The next `BEGIN` reports what is wrong with the connection.
            drop(error);
        }
    }
}
