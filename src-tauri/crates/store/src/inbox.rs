//! Messages of the partner that we have durably and have not worked on yet.

use rusqlite::params;
use twinline_model::ConnectionId;

use crate::codec::{check_sum, number, sum_of, unsigned};
use crate::{Result, Tx};

/// A message of the partner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InRow {
    /// Their number for it.
    pub seq: u64,
    /// What it is.
    pub kind: String,
    /// What it says.
    pub body: Vec<u8>,
}

pub(crate) const NEXT_IN: &str =
    "SELECT seq, kind, body, sum FROM inbox WHERE connection = ?1 ORDER BY seq LIMIT ?2";

impl Tx<'_> {
    /// Keeps a message; `Constraint` if the number is there already.
    pub fn push_in(&mut self, connection: &ConnectionId, seq: u64, kind: &str, body: &[u8]) -> Result<()> {
        self.run(
            "INSERT INTO inbox (connection, seq, kind, body, sum) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![connection.as_str(), number(seq)?, kind, body, sum_of(body)],
        )?;
        Ok(())
    }

    /// The next messages in order.
    pub fn next_in(&self, connection: &ConnectionId, limit: u32) -> Result<Vec<InRow>> {
        self.rows("inbox", NEXT_IN, params![connection.as_str(), limit], |r| {
            check_sum(r, "body")?;
            Ok(InRow { seq: unsigned(r, "seq")?, kind: r.get("kind")?, body: r.get("body")? })
        })
    }

    /// One is worked on.
    pub fn remove_in(&mut self, connection: &ConnectionId, seq: u64) -> Result<()> {
        self.run(
            "DELETE FROM inbox WHERE connection = ?1 AND seq = ?2",
            params![connection.as_str(), number(seq)?],
        )?;
        Ok(())
    }

    /// The partner's numbers begin anew: what was not worked on comes again.
    pub fn clear_in(&mut self, connection: &ConnectionId) -> Result<()> {
        self.run("DELETE FROM inbox WHERE connection = ?1", [connection.as_str()])?;
        Ok(())
    }

    /// How many wait.
    pub fn in_len(&self, connection: &ConnectionId) -> Result<u64> {
        self.count("inbox", "SELECT count(*) FROM inbox WHERE connection = ?1", [connection.as_str()])
    }
}
