//! Values that lost against another: kept for people, so that nothing written is ever gone.

use rusqlite::{Row, params};
use twinline_model::pair::Side;
use twinline_model::{ConnectionId, PairId};

use crate::codec::{Word, id};
use crate::{Result, Tx};

/// Both sides changed a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConflictRow {
    /// Its number; 0 for one that is added.
    pub id: i64,
    /// On which connection.
    pub connection: ConnectionId,
    /// Of which pair.
    pub pair: PairId,
    /// Which field.
    pub field: String,
    /// When we noticed.
    pub at_ms: i64,
    /// Whose value stands now.
    pub winner: Side,
    /// That value, JSON.
    pub kept: String,
    /// The other one, JSON.
    pub lost: String,
    /// When a person used the record or put it away; `None`: open.
    pub settled_ms: Option<i64>,
}

const COLUMNS: &str = "id, connection, pair, field, at_ms, winner, kept, lost, settled_ms";

pub(crate) const PAGE: &str = "SELECT id, connection, pair, field, at_ms, winner, kept, lost, settled_ms
    FROM conflict WHERE connection = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
pub(crate) const OPEN: &str = "SELECT count(*) FROM conflict WHERE connection = ?1 AND settled_ms IS NULL";

fn read(r: &Row<'_>) -> rusqlite::Result<ConflictRow> {
    Ok(ConflictRow {
        id: r.get("id")?,
        connection: id(r, "connection")?,
        pair: PairId(r.get("pair")?),
        field: r.get("field")?,
        at_ms: r.get("at_ms")?,
        winner: r.get::<_, Word<_>>("winner")?.0,
        kept: r.get("kept")?,
        lost: r.get("lost")?,
        settled_ms: r.get("settled_ms")?,
    })
}

impl Tx<'_> {
    /// Notes a conflict.
    pub fn add_conflict(&mut self, conflict: &ConflictRow) -> Result<()> {
        let c = conflict;
        self.run(
            "INSERT INTO conflict (connection, pair, field, at_ms, winner, kept, lost)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![c.connection.as_str(), c.pair.0, c.field, c.at_ms, Word(c.winner), c.kept, c.lost],
        )?;
        Ok(())
    }

    /// Those of a pair, the oldest first.
    pub fn conflicts_of(&self, pair: PairId) -> Result<Vec<ConflictRow>> {
        let sql = format!("SELECT {COLUMNS} FROM conflict WHERE pair = ?1 ORDER BY id");
        self.rows("conflict", &sql, [pair.0], read)
    }

    /// A page of a connection, the newest first, behind the record `after`; settled ones included.
    pub fn conflicts_page(
        &self,
        connection: &ConnectionId,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ConflictRow>> {
        self.rows("conflict", PAGE, params![connection.as_str(), after.unwrap_or(i64::MAX), limit], read)
    }

    /// One.
    pub fn conflict(&self, conflict: i64) -> Result<Option<ConflictRow>> {
        self.row("conflict", &format!("SELECT {COLUMNS} FROM conflict WHERE id = ?1"), [conflict], read)
    }

    /// How many of a connection nobody has looked after.
    pub fn open_conflicts(&self, connection: &ConnectionId) -> Result<u64> {
        self.count("conflict", OPEN, [connection.as_str()])
    }

    /// A person used the record, or put it away.
    pub fn settle_conflict(&mut self, conflict: i64, now_ms: i64) -> Result<()> {
        self.must("conflict", "UPDATE conflict SET settled_ms = ?2 WHERE id = ?1", params![conflict, now_ms])
    }
}
