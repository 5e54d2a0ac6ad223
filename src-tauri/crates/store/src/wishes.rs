//! Issues that a person asked to have looked at now, ahead of everything that waits for its turn.

use rusqlite::params;
use twinline_model::{ConnectionId, IssueId, PairId};

use crate::{Result, Tx};

pub(crate) const WISHED: &str = "SELECT id, issue_id FROM pair
    WHERE connection = ?1 AND wished_ms IS NOT NULL AND issue_id IS NOT NULL LIMIT ?2";

impl Tx<'_> {
    /// A person wants the issue looked at. It is remembered until somebody does, also in another process.
    pub fn wish(&mut self, pair: PairId, now_ms: i64) -> Result<()> {
        self.must("pair", "UPDATE pair SET wished_ms = ?2 WHERE id = ?1", params![pair.0, now_ms])
    }

    /// Those that somebody wants looked at, at most so many.
    pub fn wished(&self, connection: &ConnectionId, limit: u32) -> Result<Vec<(PairId, IssueId)>> {
        self.rows("pair", WISHED, params![connection.as_str(), limit], |r| {
            Ok((PairId(r.get(0)?), IssueId::new(r.get::<_, String>(1)?)))
        })
    }

    /// It was looked at.
    pub fn grant_wish(&mut self, pair: PairId) -> Result<()> {
        self.run("UPDATE pair SET wished_ms = NULL WHERE id = ?1", [pair.0])?;
        Ok(())
    }
}
