//! Removing everything, when a person asks for it.

use crate::recent::Recent;
use crate::{Result, Store};

impl Store {
    /// Removes every row of every table, the identity too, and what is left of them in the file. The next who opens it finds a
    /// new database.
    pub fn wipe(&self) -> Result<()> {
        let connection = self.connection();
        let tables: Vec<String> = {
            let mut all = connection.prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            )?;
            all.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
        };
        // All of it or nothing: half a database would be a stranger's.
        let tx = connection.unchecked_transaction()?;
        tx.pragma_update(None, "defer_foreign_keys", true)?;
        for table in &tables {
            tx.execute(&format!("DELETE FROM \"{table}\""), [])?;
        }
        tx.execute("DELETE FROM sqlite_sequence", [])?;
        tx.commit()?;
        *self.recent.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Recent::default();
        // Rows that were deleted stand in free pages, and in the log, until these are written anew.
        connection.execute_batch("VACUUM")?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}
