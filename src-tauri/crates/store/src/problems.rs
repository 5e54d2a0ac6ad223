//! What stands in *Needs attention*: one row for each cause and thing it concerns.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use rusqlite::{Row, params};
use serde::Serialize;
use twinline_model::{ConnectionId, PairId};

use crate::codec::{Json, id_or_none};
use crate::{Result, Tx};

/// A problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProblemRow {
    /// Its number.
    pub id: i64,
    /// The stable code; one of a newer version is kept as it is.
    pub code: String,
    /// Which connection, if one.
    pub connection: Option<ConnectionId>,
    /// Which pair, if one.
    pub pair: Option<PairId>,
    /// Our key of the issue, for people.
    pub issue: Option<String>,
    /// Facts for the sentence.
    pub facts: BTreeMap<String, String>,
    /// When it was raised first.
    pub since_ms: i64,
    /// When it was raised last.
    pub last_ms: i64,
    /// How often.
    pub count: u32,
    /// A person said to leave it.
    pub skipped: bool,
}

const COLUMNS: &str = "id, code, connection, pair, issue, facts, since_ms, last_ms, count, skipped";

fn read(row: &Row<'_>) -> rusqlite::Result<ProblemRow> {
    Ok(ProblemRow {
        id: row.get("id")?,
        code: row.get("code")?,
        connection: id_or_none(row, "connection")?,
        pair: row.get::<_, Option<i64>>("pair")?.map(PairId),
        issue: row.get("issue")?,
        facts: row.get::<_, Json<_>>("facts")?.0,
        since_ms: row.get("since_ms")?,
        last_ms: row.get("last_ms")?,
        count: row.get("count")?,
        skipped: row.get("skipped")?,
    })
}

impl Tx<'_> {
    /// Raises a problem, or counts it once more if it is there for the same connection, pair and thing (`facts["file"]`, or
    /// another issue in `facts["other"]`).
    /// A skipped one stays skipped. Tells its number.
    pub fn raise<K: Borrow<str> + Ord + Serialize>(
        &mut self,
        code: &str,
        connection: Option<&ConnectionId>,
        pair: Option<PairId>,
        issue: Option<&str>,
        facts: &BTreeMap<K, String>,
        now_ms: i64,
    ) -> Result<i64> {
        let subject = facts.get("file").or_else(|| facts.get("other"));
        let subject = subject.map(String::as_str).unwrap_or_default();
        let connection = connection.map(ConnectionId::as_str);
        let pair = pair.map(|p| p.0);
        self.run(
            "INSERT INTO problem (code, connection, pair, subject, issue, facts, since_ms, last_ms, count, skipped)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1, 0)
             ON CONFLICT (code, ifnull(connection, ''), ifnull(pair, 0), subject) DO UPDATE
             SET issue = excluded.issue, facts = excluded.facts, last_ms = excluded.last_ms, count = count + 1",
            params![code, connection, pair, subject, issue, Json(facts), now_ms],
        )?;
        let found = self.row(
            "problem",
            "SELECT id FROM problem WHERE code = ?1 AND ifnull(connection, '') = ifnull(?2, '')
                 AND ifnull(pair, 0) = ifnull(?3, 0) AND subject = ?4",
            params![code, connection, pair, subject],
            |r| r.get(0),
        )?;
        found.ok_or(crate::StoreError::Missing { table: "problem" })
    }

    /// Removes every problem that fits all that is given; `None` fits any. Without anything given, none. Tells how
    /// many went.
    pub fn settle_problem(
        &mut self,
        code: Option<&str>,
        connection: Option<&ConnectionId>,
        pair: Option<PairId>,
    ) -> Result<usize> {
        self.run(
            "DELETE FROM problem
             WHERE (?1 IS NULL OR code = ?1) AND (?2 IS NULL OR connection = ?2) AND (?3 IS NULL OR pair = ?3)
                 AND NOT (?1 IS NULL AND ?2 IS NULL AND ?3 IS NULL)",
            params![code, connection.map(ConnectionId::as_str), pair.map(|p| p.0)],
        )
    }

    /// All of them, the oldest first.
    pub fn problems(&self) -> Result<Vec<ProblemRow>> {
        self.rows("problem", &format!("SELECT {COLUMNS} FROM problem ORDER BY id"), [], read)
    }

    /// One.
    pub fn problem(&self, problem: i64) -> Result<Option<ProblemRow>> {
        self.row("problem", &format!("SELECT {COLUMNS} FROM problem WHERE id = ?1"), [problem], read)
    }

    /// The codes of those of a connection that a person has to look at; skipped ones are left out.
    pub fn open_problems(&self, connection: &ConnectionId) -> Result<Vec<String>> {
        self.rows(
            "problem",
            "SELECT code FROM problem WHERE connection = ?1 AND skipped = 0 ORDER BY id",
            [connection.as_str()],
            |r| r.get(0),
        )
    }

    /// Those of a pair, the oldest first.
    pub fn problems_of_pair(&self, pair: PairId) -> Result<Vec<ProblemRow>> {
        self.rows(
            "problem",
            &format!("SELECT {COLUMNS} FROM problem WHERE pair = ?1 ORDER BY id"),
            [pair.0],
            read,
        )
    }

    /// Removes one.
    pub fn remove_problem(&mut self, problem: i64) -> Result<()> {
        self.run("DELETE FROM problem WHERE id = ?1", [problem])?;
        Ok(())
    }

    /// A person said to leave it, or took that back; everything else of it stays.
    pub fn skip_problem(&mut self, problem: i64, skipped: bool) -> Result<()> {
        self.must("problem", "UPDATE problem SET skipped = ?2 WHERE id = ?1", params![problem, skipped])
    }
}
