//! Issues that a person asked to have looked at now, past the search index.

use rusqlite::params;
use twinline_model::{ConnectionId, IssueId, PairId};

use crate::{Result, Tx};

pub(crate) const WISHED: &str = "SELECT id, issue_id, wished_ms FROM pair
    WHERE connection = ?1 AND wished_ms IS NOT NULL AND issue_id IS NOT NULL LIMIT ?2";

/// That an issue is looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// Of which pair.
    pub pair: PairId,
    /// Our issue.
    pub issue: IssueId,
    /// When somebody wished it, ms since 1970.
    pub at_ms: i64,
}

impl Tx<'_> {
    /// A person wants the issue looked at. It is remembered until somebody does, also in another process.
    pub fn wish(&mut self, pair: PairId, now_ms: i64) -> Result<()> {
        self.must("pair", "UPDATE pair SET wished_ms = ?2 WHERE id = ?1", params![pair.0, now_ms])
    }

    /// Those that somebody wants looked at, at most so many.
    pub fn wished(&self, connection: &ConnectionId, limit: u32) -> Result<Vec<Wish>> {
        self.rows("pair", WISHED, params![connection.as_str(), limit], |r| {
            Ok(Wish {
                pair: PairId(r.get(0)?),
                issue: IssueId::new(r.get::<_, String>(1)?),
                at_ms: r.get(2)?,
            })
        })
    }

    /// It was looked at; what was wished again meanwhile waits.
    pub fn grant_wish(&mut self, wish: &Wish) -> Result<()> {
        let sql = "UPDATE pair SET wished_ms = NULL WHERE id = ?1 AND wished_ms = ?2";
        self.run(sql, params![wish.pair.0, wish.at_ms])?;
        Ok(())
    }

    /// Nobody waits for it any more.
    pub fn forget_wish(&mut self, pair: PairId) -> Result<()> {
        self.run("UPDATE pair SET wished_ms = NULL WHERE id = ?1", [pair.0])?;
        Ok(())
    }
}
