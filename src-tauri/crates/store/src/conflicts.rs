//! Values that lost against another: kept for people, so that nothing written is ever gone.

use rusqlite::params;
use twinline_model::pair::Side;
use twinline_model::{ConnectionId, PairId};

use crate::codec::{Word, id};
use crate::{Result, Tx};

/// Both sides changed a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConflictRow {
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
        self.rows(
            "conflict",
            "SELECT connection, pair, field, at_ms, winner, kept, lost FROM conflict WHERE pair = ?1 ORDER BY id",
            [pair.0],
            |r| {
                Ok(ConflictRow {
                    connection: id(r, "connection")?,
                    pair: PairId(r.get("pair")?),
                    field: r.get("field")?,
                    at_ms: r.get("at_ms")?,
                    winner: r.get::<_, Word<_>>("winner")?.0,
                    kept: r.get("kept")?,
                    lost: r.get("lost")?,
                })
            },
        )
    }
}
