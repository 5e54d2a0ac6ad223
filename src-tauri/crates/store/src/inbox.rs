//! Messages of the partner that we have durably and have not worked on yet.

use rusqlite::params;
use twinline_model::ConnectionId;

use crate::codec::{check_sum, number, sum_of, unsigned};
use crate::{Result, StoreError, Tx};

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

    /// The next messages in order, as many as fit into `max_bytes` of bodies, but at least one.
    pub fn next_in(&self, connection: &ConnectionId, max_bytes: usize, limit: u32) -> Result<Vec<InRow>> {
        let mut statement = self.inner.prepare_cached(NEXT_IN)?;
        let mut rows = statement.query(params![connection.as_str(), limit])?;
        let (mut found, mut bytes) = (Vec::new(), 0_usize);
        while let Some(row) = rows.next()? {
            let message = check_sum(row, "body")
                .and_then(|()| {
                    Ok(InRow { seq: unsigned(row, "seq")?, kind: row.get("kind")?, body: row.get("body")? })
                })
                .map_err(|e| StoreError::in_row("inbox", e))?;
            bytes = bytes.saturating_add(message.body.len());
            if bytes > max_bytes && !found.is_empty() {
                break;
            }
            found.push(message);
        }
        Ok(found)
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
