//! Messages with a number that the partner has not acknowledged, and receipts that wait for one.

use rusqlite::params;
use twinline_model::ConnectionId;

use crate::codec::{check_sum, number, sum_of, unsigned};
use crate::{Result, StoreError, Tx};

/// A message on its way to the partner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutRow {
    /// Its number.
    pub seq: u64,
    /// A partner that does not understand it must stop.
    pub critical: bool,
    /// What it is.
    pub kind: String,
    /// What it says.
    pub body: Vec<u8>,
}

pub(crate) const OUT_FROM: &str = "SELECT seq, critical, kind, body, sum FROM outbox WHERE connection = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";

impl Tx<'_> {
    /// Adds a message under the next number, with the chain up to it; `Constraint` if the number was given already.
    pub fn push_out(
        &mut self,
        connection: &ConnectionId,
        seq: u64,
        critical: bool,
        kind: &str,
        body: &[u8],
        chain: &str,
    ) -> Result<()> {
        self.run(
            "INSERT INTO outbox (connection, seq, critical, kind, body, chain, sum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![connection.as_str(), number(seq)?, critical, kind, body, chain, sum_of(body)],
        )?;
        Ok(())
    }

    /// The chain up to a message that is not acked yet.
    pub fn chain_at(&self, connection: &ConnectionId, seq: u64) -> Result<Option<String>> {
        let sql = "SELECT chain FROM outbox WHERE connection = ?1 AND seq = ?2";
        self.row("outbox", sql, params![connection.as_str(), number(seq)?], |r| r.get(0))
    }

    /// Numbers begin anew: what was numbered and not acked is composed again.
    pub fn clear_out(&mut self, connection: &ConnectionId) -> Result<()> {
        self.run("DELETE FROM outbox WHERE connection = ?1", [connection.as_str()])?;
        Ok(())
    }

    /// Messages behind `after_seq` in order, as many as fit into `max_bytes` of bodies, but at least one.
    pub fn out_from(
        &self,
        connection: &ConnectionId,
        after_seq: u64,
        max_bytes: usize,
        limit: u32,
    ) -> Result<Vec<OutRow>> {
        let mut statement = self.inner.prepare_cached(OUT_FROM)?;
        let mut rows = statement.query(params![connection.as_str(), number(after_seq)?, limit])?;
        let (mut found, mut bytes) = (Vec::new(), 0_usize);
        while let Some(row) = rows.next()? {
            let message = (|| {
                check_sum(row, "body")?;
                Ok(OutRow {
                    seq: unsigned(row, "seq")?,
                    critical: row.get("critical")?,
                    kind: row.get("kind")?,
                    body: row.get("body")?,
                })
            })()
            .map_err(|e| StoreError::in_row("outbox", e))?;
            bytes = bytes.saturating_add(message.body.len());
            if bytes > max_bytes && !found.is_empty() {
                break;
            }
            found.push(message);
        }
        Ok(found)
    }

    /// The partner has everything up to `seq`.
    pub fn acked(&mut self, connection: &ConnectionId, seq: u64) -> Result<()> {
        self.run(
            "DELETE FROM outbox WHERE connection = ?1 AND seq <= ?2",
            params![connection.as_str(), number(seq)?],
        )?;
        Ok(())
    }

    /// How many messages wait for an acknowledgement.
    pub fn out_len(&self, connection: &ConnectionId) -> Result<u64> {
        self.count("outbox", "SELECT count(*) FROM outbox WHERE connection = ?1", [connection.as_str()])
    }

    /// Adds a receipt (JSON) that waits for a number.
    pub fn push_receipt(&mut self, connection: &ConnectionId, kind_json: &str) -> Result<()> {
        self.run("INSERT INTO receipt (connection, body) VALUES (?1, ?2)", [connection.as_str(), kind_json])?;
        Ok(())
    }

    /// Takes the oldest receipts out; the same transaction must number them.
    pub fn take_receipts(&mut self, connection: &ConnectionId, limit: u32) -> Result<Vec<String>> {
        let found: Vec<(i64, String)> = self.rows(
            "receipt",
            "SELECT id, body FROM receipt WHERE connection = ?1 ORDER BY id LIMIT ?2",
            params![connection.as_str(), limit],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )?;
        if let Some((last, _)) = found.last() {
            self.run(
                "DELETE FROM receipt WHERE connection = ?1 AND id <= ?2",
                params![connection.as_str(), last],
            )?;
        }
        Ok(found.into_iter().map(|(_, body)| body).collect())
    }

    /// How many receipts wait for a number.
    pub fn receipts_len(&self, connection: &ConnectionId) -> Result<u64> {
        self.count("receipt", "SELECT count(*) FROM receipt WHERE connection = ?1", [connection.as_str()])
    }
}
