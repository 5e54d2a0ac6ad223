//! What can be told about a database without telling what is in it: numbers, and words of ours.

use twinline_model::ConnectionId;

use crate::{Result, Tx};

/// A database in numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DatabaseFacts {
    /// How many migrations made its schema.
    pub schema: u64,
    /// SQLite's version.
    pub sqlite: String,
    /// Pages, and how many of them are free.
    pub pages: (u64, u64),
    /// Bytes in a page.
    pub page_size: u64,
    /// Rows by table; the tables' names are ours.
    pub rows: Vec<(String, u64)>,
}

impl Tx<'_> {
    /// The database in numbers.
    pub fn facts(&self) -> Result<DatabaseFacts> {
        let tables = self.rows(
            "sqlite_schema",
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
            [],
            |row| row.get::<_, String>(0),
        )?;
        let mut rows = Vec::new();
        for table in tables {
            let counted = self.count("sqlite_schema", &format!("SELECT count(*) FROM \"{table}\""), [])?;
            rows.push((table, counted));
        }
        let number = |name: &str| self.count("sqlite_schema", &format!("PRAGMA {name}"), []);
        Ok(DatabaseFacts {
            schema: number("user_version")?,
            sqlite: rusqlite::version().to_owned(),
            pages: (number("page_count")?, number("freelist_count")?),
            page_size: number("page_size")?,
            rows,
        })
    }

    /// A connection's pairs by how they stand, in the words of the table.
    pub fn standings(&self, connection: &ConnectionId) -> Result<Vec<(String, u64)>> {
        let sql =
            "SELECT standing, count(*) FROM pair WHERE connection = ?1 GROUP BY standing ORDER BY standing";
        self.rows("pair", sql, [connection.as_str()], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })
    }
}
