//! Questions whether two issues that exist already become a pair: those that wait, and those whose answer may have to be told again.

use rusqlite::{Row, params};
use twinline_model::ConnectionId;
use twinline_model::question::Kept;

use crate::codec::{Json, Word, id_or_none, number};
use crate::{Result, Tx};

const COLUMNS: &str =
    "id, asked_by, state, issue, ours, title, url, theirs, rules, reason, told, at_ms, body";

fn read(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let rules = row.get::<_, Option<i64>>("rules")?;
    Ok(Kept {
        question: row.get::<_, Json<_>>("body")?.0,
        by: row.get::<_, Word<_>>("asked_by")?.0,
        state: row.get::<_, Word<_>>("state")?.0,
        issue: id_or_none(row, "issue")?,
        ours: row.get("ours")?,
        title: row.get("title")?,
        url: row.get("url")?,
        theirs: row.get("theirs")?,
        rules: rules.and_then(|version| u64::try_from(version).ok()),
        reason: row.get("reason")?,
        told: row.get("told")?,
        at_ms: row.get("at_ms")?,
    })
}

impl Tx<'_> {
    /// Keeps a question as it stands now, in place of what was kept under its id.
    pub fn keep_question(&mut self, connection: &ConnectionId, kept: &Kept) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO question (connection, id, asked_by, state, issue, ours, title, url, theirs, rules,
                 reason, told, at_ms, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                connection.as_str(),
                kept.question.id,
                Word(kept.by),
                Word(kept.state),
                kept.issue.as_ref().map(|issue| issue.as_str()),
                kept.ours,
                kept.title,
                kept.url,
                kept.theirs,
                kept.rules.map(number).transpose()?,
                kept.reason,
                kept.told,
                kept.at_ms,
                Json(&kept.question),
            ],
        )?;
        Ok(())
    }

    /// One of a connection.
    pub fn question(&self, connection: &ConnectionId, id: &str) -> Result<Option<Kept>> {
        let sql = format!("SELECT {COLUMNS} FROM question WHERE connection = ?1 AND id = ?2");
        self.row("question", &sql, [connection.as_str(), id], read)
    }

    /// All of a connection, the oldest first. There are some hundreds at most.
    pub fn questions(&self, connection: &ConnectionId) -> Result<Vec<Kept>> {
        let sql = format!("SELECT {COLUMNS} FROM question WHERE connection = ?1 ORDER BY at_ms, id");
        self.rows("question", &sql, [connection.as_str()], read)
    }

    /// Those of which the partner has not been told how they stand; what sets them free goes before what asks anew.
    pub fn questions_to_tell(&self, connection: &ConnectionId) -> Result<Vec<Kept>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM question
             WHERE connection = ?1 AND told = 0 AND state NOT IN ('arrived', 'open')
             ORDER BY state = 'asked', at_ms, id"
        );
        self.rows("question", &sql, [connection.as_str()], read)
    }

    /// The numbers begin anew: how each of them stands is told once more.
    pub fn untell_questions(&mut self, connection: &ConnectionId) -> Result<()> {
        self.run("UPDATE question SET told = 0 WHERE connection = ?1", [connection.as_str()])?;
        Ok(())
    }

    /// Nobody needs it any more.
    pub fn remove_question(&mut self, connection: &ConnectionId, id: &str) -> Result<()> {
        self.run("DELETE FROM question WHERE connection = ?1 AND id = ?2", [connection.as_str(), id])?;
        Ok(())
    }
}
