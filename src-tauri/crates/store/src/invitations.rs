//! Invitations, given and accepted. The rows outlive their connection: a used code stays used.

use rusqlite::types::Type;
use rusqlite::{Row, params};
use twinline_model::ConnectionId;

use crate::codec::id;
use crate::{Result, Tx};

/// An invitation that we gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invited {
    /// Its id, hexadecimal. The code itself is a secret and not here.
    pub id: String,
    /// The connection it makes.
    pub connection: ConnectionId,
    /// What people call it.
    pub label: String,
    /// Until when it works, seconds since 1970.
    pub expires_s: i64,
    /// What became of it.
    pub state: InvitedState,
}

/// What became of an invitation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InvitedState {
    /// It can be accepted.
    Open,
    /// It was accepted.
    Used {
        /// By whom: a public key.
        key: String,
    },
    /// Whoever held it said no.
    Declined,
    /// We took it back.
    Withdrawn,
}

impl InvitedState {
    fn columns(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Open => ("open", None),
            Self::Used { key } => ("used", Some(key)),
            Self::Declined => ("declined", None),
            Self::Withdrawn => ("withdrawn", None),
        }
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Invited> {
    let word: String = row.get("state")?;
    let key: Option<String> = row.get("used_key")?;
    let state = match (word.as_str(), key) {
        ("open", _) => InvitedState::Open,
        ("used", Some(key)) => InvitedState::Used { key },
        ("declined", _) => InvitedState::Declined,
        ("withdrawn", _) => InvitedState::Withdrawn,
        _ => {
            let detail = format!("unknown state {word}");
            return Err(rusqlite::Error::FromSqlConversionFailure(4, Type::Text, detail.into()));
        }
    };
    Ok(Invited {
        id: row.get("id")?,
        connection: id(row, "connection")?,
        label: row.get("label")?,
        expires_s: row.get("expires_s")?,
        state,
    })
}

impl Tx<'_> {
    /// Notes an invitation that we gave.
    pub fn insert_invited(&mut self, invited: &Invited) -> Result<()> {
        let (state, key) = invited.state.columns();
        self.run(
            "INSERT INTO invited (id, connection, label, expires_s, state, used_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![invited.id, invited.connection.as_str(), invited.label, invited.expires_s, state, key],
        )?;
        Ok(())
    }

    /// One that we gave.
    pub fn invited(&self, invitation: &str) -> Result<Option<Invited>> {
        self.row(
            "invited",
            "SELECT id, connection, label, expires_s, state, used_key FROM invited WHERE id = ?1",
            [invitation],
            read,
        )
    }

    /// The newest for a connection.
    pub fn invited_of(&self, connection: &ConnectionId) -> Result<Option<Invited>> {
        self.row(
            "invited",
            "SELECT id, connection, label, expires_s, state, used_key FROM invited WHERE connection = ?1
             ORDER BY rowid DESC LIMIT 1",
            [connection.as_str()],
            read,
        )
    }

    /// Notes what became of one.
    pub fn set_invited_state(&mut self, invitation: &str, state: &InvitedState) -> Result<()> {
        let (state, key) = state.columns();
        self.must(
            "invited",
            "UPDATE invited SET state = ?2, used_key = ?3 WHERE id = ?1",
            params![invitation, state, key],
        )
    }

    /// How many are open, expired ones included.
    pub fn open_invitations(&self) -> Result<u32> {
        let count = self.count("invited", "SELECT count(*) FROM invited WHERE state = 'open'", [])?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// The connections of all invitations of ours, those that are gone too.
    pub fn invited_connections(&self) -> Result<Vec<ConnectionId>> {
        let sql = "SELECT DISTINCT connection FROM invited ORDER BY connection";
        self.rows("invited", sql, [], |r| id(r, "connection"))
    }

    /// Notes that we accepted one.
    pub fn insert_accepted(&mut self, invitation: &str, connection: &ConnectionId) -> Result<()> {
        self.run(
            "INSERT INTO accepted (id, connection) VALUES (?1, ?2)
             ON CONFLICT (id) DO UPDATE SET connection = excluded.connection",
            [invitation, connection.as_str()],
        )?;
        Ok(())
    }

    /// Whether we accepted it, and for which connection, which may be gone by now.
    pub fn accepted(&self, invitation: &str) -> Result<Option<ConnectionId>> {
        self.row("accepted", "SELECT connection FROM accepted WHERE id = ?1", [invitation], |r| {
            id(r, "connection")
        })
    }
}
