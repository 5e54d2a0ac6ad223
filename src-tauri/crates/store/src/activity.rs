//! What happened, for people: pruned after a while, and read by nothing that decides.

use std::collections::BTreeMap;

use rusqlite::{Row, params};
use twinline_model::ConnectionId;
use twinline_model::view::{ActivityKind, Direction};

use crate::codec::{Json, Word, id};
use crate::{Result, Tx};

/// A line of the activity log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActivityRow {
    /// Its number, for paging; ignored when a line is added.
    pub id: i64,
    /// When, on our clock.
    pub at_ms: i64,
    /// On which connection.
    pub connection: ConnectionId,
    /// Which way.
    pub direction: Direction,
    /// About what.
    pub kind: ActivityKind,
    /// Our key.
    pub ours: Option<String>,
    /// Their key.
    pub theirs: Option<String>,
    /// Id of the sentence in the catalogue.
    pub message: String,
    /// Facts for the sentence.
    pub facts: BTreeMap<String, String>,
}

pub(crate) const PAGE_OF: &str =
    "SELECT id, at_ms, connection, direction, kind, ours, theirs, message, facts FROM activity
    WHERE connection = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
pub(crate) const PAGE: &str =
    "SELECT id, at_ms, connection, direction, kind, ours, theirs, message, facts FROM activity
    WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
/// Without these messages of these connections.
pub(crate) const PAGE_WITHOUT: &str =
    "SELECT id, at_ms, connection, direction, kind, ours, theirs, message, facts FROM activity
    WHERE id < ?1 AND NOT (message IN (SELECT value FROM json_each(?3))
        AND connection IN (SELECT value FROM json_each(?4)))
    ORDER BY id DESC LIMIT ?2";

/// Clock hours, as the index counts them.
pub(crate) const HOURS: &str = "SELECT at_ms / 3600000 AS hour,
        sum(direction = 'in') AS incoming, sum(direction = 'out') AS outgoing
    FROM activity WHERE connection = ?1 AND at_ms / 3600000 >= ?2 AND at_ms / 3600000 < ?3
    GROUP BY at_ms / 3600000";
const HOUR_MS: i64 = 3_600_000;

/// What crossed in one hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HourCount {
    /// Which hour after the first that was asked for, from 0.
    pub hour: u32,
    /// Lines of what came from the partner.
    pub incoming: u32,
    /// Lines of what went there.
    pub outgoing: u32,
}

/// Lines are numbered as they happen, so the oldest stand first, and no index by time is needed for them. One that a wrong clock
/// put into the future holds up no other.
pub(crate) const PRUNE: &str =
    "DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE at_ms < ?1 ORDER BY id LIMIT ?2)";

fn read(row: &Row<'_>) -> rusqlite::Result<ActivityRow> {
    Ok(ActivityRow {
        id: row.get("id")?,
        at_ms: row.get("at_ms")?,
        connection: id(row, "connection")?,
        direction: row.get::<_, Word<_>>("direction")?.0,
        kind: row.get::<_, Word<_>>("kind")?.0,
        ours: row.get("ours")?,
        theirs: row.get("theirs")?,
        message: row.get("message")?,
        facts: row.get::<_, Json<_>>("facts")?.0,
    })
}

impl Tx<'_> {
    /// Adds a line and tells its number.
    pub fn add_activity(&mut self, line: &ActivityRow) -> Result<i64> {
        self.insert(
            "INSERT INTO activity (at_ms, connection, direction, kind, ours, theirs, message, facts)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                line.at_ms,
                line.connection.as_str(),
                Word(line.direction),
                Word(line.kind),
                line.ours,
                line.theirs,
                line.message,
                Json(&line.facts)
            ],
        )
    }

    /// A page of one connection or of all, the newest first, behind the line `before`.
    pub fn activity_page(
        &self,
        connection: Option<&ConnectionId>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ActivityRow>> {
        let before = before.unwrap_or(i64::MAX);
        match connection {
            Some(one) => self.rows("activity", PAGE_OF, params![one.as_str(), before, limit], read),
            None => self.rows("activity", PAGE, params![before, limit], read),
        }
    }

    /// A page of all, the newest first, behind the line `before`, but for certain messages of certain connections.
    pub fn activity_page_without(
        &self,
        messages: &[&str],
        connections: &[&str],
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ActivityRow>> {
        let before = before.unwrap_or(i64::MAX);
        self.rows("activity", PAGE_WITHOUT, params![before, limit, Json(messages), Json(connections)], read)
    }

    /// How much crossed on a connection in the clock hours (UTC) from one time to another; an hour without anything is left out.
    pub fn activity_hours(
        &self,
        connection: &ConnectionId,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<Vec<HourCount>> {
        let first = from_ms / HOUR_MS;
        self.rows("activity", HOURS, params![connection.as_str(), first, until_ms / HOUR_MS], |row| {
            let hour = u32::try_from(row.get::<_, i64>(0)? - first).unwrap_or(u32::MAX);
            Ok(HourCount { hour, incoming: row.get(1)?, outgoing: row.get(2)? })
        })
    }

    /// Forgets what happened before a time, of the oldest `limit` lines alone, so that nobody waits long for it; tells how
    /// many lines that were.
    pub fn prune_activity(&mut self, before_ms: i64, limit: u32) -> Result<usize> {
        self.run(PRUNE, params![before_ms, limit])
    }
}
