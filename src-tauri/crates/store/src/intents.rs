//! Intents: writes to our tracker, recorded before they are sent. A settled one is gone.

use rusqlite::types::Type;
use rusqlite::{Row, params};
use twinline_model::intent::{Intent, IntentState, Write};
use twinline_model::{ConnectionId, IntentId, PairId};

use crate::codec::{Json, check_sum, id, summed};
use crate::{Result, Tx};

const COLUMNS: &str = "id, connection, pair, write, state, clean_probes, sum";

pub(crate) const CREATE_OPEN: &str = "SELECT 1 FROM intent WHERE connection = ?1 AND kind = 'create_issue'";
pub(crate) const OF_PAIR: &str =
    "SELECT id, connection, pair, write, state, clean_probes, sum FROM intent WHERE pair = ?1 ORDER BY id";

fn read(row: &Row<'_>) -> rusqlite::Result<Intent> {
    let word: String = row.get("state")?;
    let state = match word.as_str() {
        "sent" => IntentState::Sent,
        "unknown" => IntentState::Unknown { clean_probes: row.get("clean_probes")? },
        _ => {
            let detail = format!("unknown state {word}");
            return Err(rusqlite::Error::FromSqlConversionFailure(4, Type::Text, detail.into()));
        }
    };
    check_sum(row, "write")?;
    Ok(Intent {
        id: IntentId(row.get("id")?),
        connection: id(row, "connection")?,
        pair: PairId(row.get("pair")?),
        write: row.get::<_, Json<Write>>("write")?.0,
        state,
    })
}

fn kind(write: &Write) -> &'static str {
    match write {
        Write::CreateIssue { .. } => "create_issue",
        Write::EditIssue { .. } => "edit_issue",
        Write::AddComment { .. } => "add_comment",
        Write::EditComment { .. } => "edit_comment",
        Write::AddAttachment { .. } => "add_attachment",
        Write::RemoveAttachment { .. } => "remove_attachment",
    }
}

fn columns(state: &IntentState) -> (&'static str, u32) {
    match state {
        IntentState::Sent => ("sent", 0),
        IntentState::Unknown { clean_probes } => ("unknown", *clean_probes),
    }
}

impl Tx<'_> {
    /// Records a write as sent. Commit before the socket opens.
    pub fn insert_intent(
        &mut self,
        connection: &ConnectionId,
        pair: PairId,
        write: &Write,
        now_ms: i64,
    ) -> Result<IntentId> {
        let (text, sum) = summed(write)?;
        self.insert(
            "INSERT INTO intent (connection, pair, kind, write, state, clean_probes, created_ms, sum)
             VALUES (?1, ?2, ?3, ?4, 'sent', 0, ?5, ?6)",
            params![connection.as_str(), pair.0, kind(write), text, now_ms, sum],
        )
        .map(IntentId)
    }

    /// Those of a pair, the oldest first.
    pub fn intents_of(&self, pair: PairId) -> Result<Vec<Intent>> {
        self.rows("intent", OF_PAIR, [pair.0], read)
    }

    /// Those of a connection, the oldest first.
    pub fn intents(&self, connection: &ConnectionId) -> Result<Vec<Intent>> {
        let sql = format!("SELECT {COLUMNS} FROM intent WHERE connection = ?1 ORDER BY id");
        self.rows("intent", &sql, [connection.as_str()], read)
    }

    /// All of them, the oldest first.
    pub fn all_intents(&self) -> Result<Vec<Intent>> {
        self.rows("intent", &format!("SELECT {COLUMNS} FROM intent ORDER BY id"), [], read)
    }

    /// When an intent was recorded.
    pub fn intent_created_ms(&self, intent: IntentId) -> Result<Option<i64>> {
        self.row("intent", "SELECT created_ms FROM intent WHERE id = ?1", [intent.0], |r| r.get(0))
    }

    /// Notes how far one is; one that was settled meanwhile stays settled.
    pub fn set_intent_state(&mut self, intent: IntentId, state: &IntentState) -> Result<()> {
        let (word, probes) = columns(state);
        self.run(
            "UPDATE intent SET state = ?2, clean_probes = ?3 WHERE id = ?1",
            params![intent.0, word, probes],
        )?;
        Ok(())
    }

    /// One is settled.
    pub fn remove_intent(&mut self, intent: IntentId) -> Result<()> {
        self.run("DELETE FROM intent WHERE id = ?1", [intent.0])?;
        Ok(())
    }

    /// The program started: what was sent is unknown, and clean probes of the run before count for nothing.
    /// Tells how many were sent.
    pub fn sent_become_unknown(&mut self) -> Result<u32> {
        self.run("UPDATE intent SET clean_probes = 0 WHERE state = 'unknown'", [])?;
        let changed =
            self.run("UPDATE intent SET state = 'unknown', clean_probes = 0 WHERE state = 'sent'", [])?;
        Ok(u32::try_from(changed).unwrap_or(u32::MAX))
    }

    /// Whether the creation of an issue is under way or unknown.
    pub fn create_open(&self, connection: &ConnectionId) -> Result<bool> {
        self.any(CREATE_OPEN, [connection.as_str()])
    }
}
