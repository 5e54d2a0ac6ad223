//! The sync rules of Script mode: every version that was saved, so that each can be brought back.

use rusqlite::{Row, params};
use twinline_model::ConnectionId;

use crate::codec::{number, unsigned};
use crate::{Result, Tx};

/// One version of a connection's rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulesRow {
    /// Counts from 1.
    pub version: u64,
    /// What leaves: Rhai, UTF-8.
    pub outgoing: String,
    /// What is written here.
    pub incoming: String,
    /// When it was saved, ms since 1970.
    pub saved_ms: i64,
    /// By whom, as this computer calls them; empty: nobody knows.
    pub saved_by: String,
    /// Which earlier version it brought back, if it was not written.
    pub brings_back: Option<u64>,
}

const COLUMNS: &str = "version, outgoing, incoming, saved_ms, saved_by, brings_back";

fn read(row: &Row<'_>) -> rusqlite::Result<RulesRow> {
    Ok(RulesRow {
        version: unsigned(row, "version")?,
        outgoing: row.get("outgoing")?,
        incoming: row.get("incoming")?,
        saved_ms: row.get("saved_ms")?,
        saved_by: row.get("saved_by")?,
        brings_back: row
            .get::<_, Option<i64>>("brings_back")?
            .and_then(|version| u64::try_from(version).ok()),
    })
}

impl Tx<'_> {
    /// Keeps a version; the connection says which one is in force ([`Tx::update_connection`]).
    pub fn add_rules(&mut self, connection: &ConnectionId, rules: &RulesRow) -> Result<()> {
        self.run(
            "INSERT INTO rules (connection, version, outgoing, incoming, saved_ms, saved_by, brings_back)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                connection.as_str(),
                number(rules.version)?,
                rules.outgoing,
                rules.incoming,
                rules.saved_ms,
                rules.saved_by,
                rules.brings_back.map(number).transpose()?,
            ],
        )?;
        Ok(())
    }

    /// A version.
    pub fn rules(&self, connection: &ConnectionId, version: u64) -> Result<Option<RulesRow>> {
        let sql = format!("SELECT {COLUMNS} FROM rules WHERE connection = ?1 AND version = ?2");
        self.row("rules", &sql, params![connection.as_str(), number(version)?], read)
    }

    /// The newest versions below `before`, or of all; the newest first.
    pub fn rules_before(
        &self,
        connection: &ConnectionId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<RulesRow>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM rules WHERE connection = ?1 AND version < ?2 ORDER BY version DESC LIMIT ?3"
        );
        let before = before.map(number).transpose()?.unwrap_or(i64::MAX);
        self.rows("rules", &sql, params![connection.as_str(), before, limit], read)
    }
}
