//! One transaction, and the few ways in which the modules talk to SQLite.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Params, Row};

use crate::recent::Recent;
use crate::{Result, StoreError};

/// A transaction: what is read in it is one state, what is written in it is written together.
pub struct Tx<'c> {
    pub(crate) inner: &'c Connection,
    pub(crate) recent: &'c Mutex<Recent>,
}

impl Tx<'_> {
    /// Rows that were inserted, changed or deleted since the database was opened; what grows in a transaction needs room on
    /// the disk.
    pub fn rows_written(&self) -> u64 {
        self.inner.total_changes()
    }

    /// The pairs that were read last. Whatever a panic left of them is compared before it is used.
    pub(crate) fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All rows of a query over `table`.
    pub(crate) fn rows<T>(
        &self,
        table: &'static str,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.inner.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        rows.map(|row| row.map_err(|e| StoreError::in_row(table, e))).collect()
    }

    /// The first row of a query over `table`.
    pub(crate) fn row<T>(
        &self,
        table: &'static str,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.inner.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        match rows.next()? {
            Some(row) => read(row).map(Some).map_err(|e| StoreError::in_row(table, e)),
            None => Ok(None),
        }
    }

    /// A count.
    pub(crate) fn count(&self, table: &'static str, sql: &str, params: impl Params) -> Result<u64> {
        let found: Option<i64> = self.row(table, sql, params, |r| r.get(0))?;
        Ok(found.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
    }

    /// Whether a query finds a row.
    pub(crate) fn any(&self, sql: &str, params: impl Params) -> Result<bool> {
        Ok(self.inner.prepare_cached(sql)?.exists(params)?)
    }

    /// Changes rows and tells how many.
    pub(crate) fn run(&mut self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.inner.prepare_cached(sql)?.execute(params)?)
    }

    /// Changes a row of `table` that must be there.
    pub(crate) fn must(&mut self, table: &'static str, sql: &str, params: impl Params) -> Result<()> {
        match self.run(sql, params)? {
            0 => Err(StoreError::Missing { table }),
            _ => Ok(()),
        }
    }

    /// Inserts a row and tells its number.
    pub(crate) fn insert(&mut self, sql: &str, params: impl Params) -> Result<i64> {
        self.run(sql, params)?;
        Ok(self.inner.last_insert_rowid())
    }
}
