//! The spool's books: which bytes lie there, who wants them, who may have them. The bytes are files, not rows.

use rusqlite::{Row, params};
use twinline_model::{BlobHash, ConnectionId, Origin};

use crate::codec::{id, number, unsigned};
use crate::{Result, Tx};

/// Bytes in the spool, or on their way there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blob {
    /// Their name.
    pub sha256: BlobHash,
    /// How many there are, as the partner says until they are complete.
    pub size: u64,
    /// How many lie in the spool.
    pub received: u64,
    /// All are there, and the hash fits.
    pub complete: bool,
}

pub(crate) const WANTED: &str = "SELECT b.sha256, b.size, b.received, b.complete
    FROM blob_want AS w JOIN blob AS b ON b.sha256 = w.sha256
    WHERE w.connection = ?1 AND b.complete = 0 AND NOT EXISTS (
        SELECT 1 FROM blob_want AS e WHERE e.sha256 = w.sha256 AND e.connection = w.connection AND e.id < w.id
    )
    ORDER BY w.id LIMIT ?2";

fn read(row: &Row<'_>) -> rusqlite::Result<Blob> {
    Ok(Blob {
        sha256: id(row, "sha256")?,
        size: unsigned(row, "size")?,
        received: unsigned(row, "received")?,
        complete: row.get("complete")?,
    })
}

impl Tx<'_> {
    /// What is known of some bytes.
    pub fn blob(&self, blob: &BlobHash) -> Result<Option<Blob>> {
        self.row(
            "blob",
            "SELECT sha256, size, received, complete FROM blob WHERE sha256 = ?1",
            [blob.as_str()],
            read,
        )
    }

    /// Wants bytes from a partner for one attachment. Another size than the one known so far starts an incomplete blob anew.
    pub fn want_blob(
        &mut self,
        connection: &ConnectionId,
        blob: &BlobHash,
        claim: &Origin,
        size: u64,
    ) -> Result<()> {
        self.run(
            "INSERT INTO blob (sha256, size, received, complete) VALUES (?1, ?2, 0, 0)
             ON CONFLICT (sha256) DO UPDATE SET size = excluded.size, received = 0
             WHERE complete = 0 AND size <> excluded.size",
            params![blob.as_str(), number(size)?],
        )?;
        self.run(
            "INSERT INTO blob_want (sha256, connection, claim) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            [blob.as_str(), connection.as_str(), &claim.to_string()],
        )?;
        Ok(())
    }

    /// The attachment stands in our tracker, or is not needed any more.
    pub fn withdraw_want(
        &mut self,
        connection: &ConnectionId,
        blob: &BlobHash,
        claim: &Origin,
    ) -> Result<()> {
        self.run(
            "DELETE FROM blob_want WHERE sha256 = ?1 AND connection = ?2 AND claim = ?3",
            [blob.as_str(), connection.as_str(), &claim.to_string()],
        )?;
        Ok(())
    }

    /// Notes how many bytes lie in the spool.
    pub fn blob_progress(&mut self, blob: &BlobHash, received: u64, complete: bool) -> Result<()> {
        self.must(
            "blob",
            "UPDATE blob SET received = ?2, complete = ?3 WHERE sha256 = ?1",
            params![blob.as_str(), number(received)?, complete],
        )
    }

    /// What is to be fetched from a partner, the oldest wish first.
    pub fn wanted(&self, connection: &ConnectionId, limit: u32) -> Result<Vec<Blob>> {
        self.rows("blob", WANTED, params![connection.as_str(), limit], read)
    }

    /// Bytes of ours, complete in the spool, may be served to a partner for one attachment.
    pub fn offer_blob(
        &mut self,
        connection: &ConnectionId,
        blob: &BlobHash,
        claim: &Origin,
        size: u64,
    ) -> Result<()> {
        self.run(
            "INSERT INTO blob (sha256, size, received, complete) VALUES (?1, ?2, ?2, 1)
             ON CONFLICT (sha256) DO UPDATE
             SET size = excluded.size, received = excluded.received, complete = excluded.complete",
            params![blob.as_str(), number(size)?],
        )?;
        self.run(
            "INSERT INTO blob_offer (sha256, connection, claim) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            [blob.as_str(), connection.as_str(), &claim.to_string()],
        )?;
        Ok(())
    }

    /// Whether a partner may have these bytes.
    pub fn is_offered(&self, connection: &ConnectionId, blob: &BlobHash) -> Result<bool> {
        self.any(
            "SELECT 1 FROM blob_offer WHERE sha256 = ?1 AND connection = ?2",
            [blob.as_str(), connection.as_str()],
        )
    }

    /// A partner has that attachment.
    pub fn withdraw_offer(
        &mut self,
        connection: &ConnectionId,
        blob: &BlobHash,
        claim: &Origin,
    ) -> Result<()> {
        self.run(
            "DELETE FROM blob_offer WHERE sha256 = ?1 AND connection = ?2 AND claim = ?3",
            [blob.as_str(), connection.as_str(), &claim.to_string()],
        )?;
        Ok(())
    }

    /// Bytes that nobody wants and nobody is offered: their files can go.
    pub fn unused_blobs(&self) -> Result<Vec<BlobHash>> {
        self.rows(
            "blob",
            "SELECT sha256 FROM blob AS b
             WHERE NOT EXISTS (SELECT 1 FROM blob_want AS w WHERE w.sha256 = b.sha256)
                 AND NOT EXISTS (SELECT 1 FROM blob_offer AS o WHERE o.sha256 = b.sha256)
             ORDER BY sha256",
            [],
            |r| id(r, "sha256"),
        )
    }

    /// Forgets them, unless somebody wants or is offered them (again); true: their file can go.
    pub fn remove_unused_blob(&mut self, blob: &BlobHash) -> Result<bool> {
        let gone = self.run(
            "DELETE FROM blob AS b WHERE sha256 = ?1
                 AND NOT EXISTS (SELECT 1 FROM blob_want AS w WHERE w.sha256 = b.sha256)
                 AND NOT EXISTS (SELECT 1 FROM blob_offer AS o WHERE o.sha256 = b.sha256)",
            [blob.as_str()],
        )?;
        Ok(gone > 0)
    }
}
