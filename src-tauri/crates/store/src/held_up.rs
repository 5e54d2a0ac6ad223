//! What holds up a side as a whole: our tracker is away, or the partner said what their side waits for. For people;
//! nothing is decided by it.

use twinline_model::{AccountId, ConnectionId};

use crate::{Result, Tx};

fn away(account: &AccountId) -> String {
    format!("away {account}")
}

fn partner(connection: &ConnectionId) -> String {
    format!("partner-held-up {connection}")
}

impl Tx<'_> {
    /// Since when (our clock, ms) the account's site says of itself that it does not work now; `None`: it works.
    pub fn away_since(&self, account: &AccountId) -> Result<Option<i64>> {
        Ok(self.setting(&away(account))?.and_then(|at| at.parse().ok()))
    }

    /// The site is away; the first time counts until it is back.
    pub fn set_away(&mut self, account: &AccountId, now_ms: i64) -> Result<()> {
        match self.away_since(account)? {
            Some(_) => Ok(()),
            None => self.set_setting(&away(account), &now_ms.to_string()),
        }
    }

    /// The site is back.
    pub fn forget_away(&mut self, account: &AccountId) -> Result<()> {
        self.forget_setting(&away(account))
    }

    /// What the partner's side waits for, as they last said; `None`: nothing.
    pub fn partner_held_up(&self, connection: &ConnectionId) -> Result<Option<String>> {
        self.setting(&partner(connection))
    }

    /// The partner said what their side waits for; empty: nothing. Writes only what is new.
    pub fn set_partner_held_up(&mut self, connection: &ConnectionId, why: &str) -> Result<()> {
        match self.partner_held_up(connection)?.unwrap_or_default() == why {
            true => Ok(()),
            false if why.is_empty() => self.forget_setting(&partner(connection)),
            false => self.set_setting(&partner(connection), why),
        }
    }

    /// The codes of the problems of a whole connection, the oldest first.
    pub fn problem_codes_of(&self, connection: &ConnectionId) -> Result<Vec<String>> {
        self.rows(
            "problem",
            "SELECT code FROM problem WHERE connection = ?1 AND pair IS NULL ORDER BY id",
            [connection.as_str()],
            |row| row.get(0),
        )
    }
}
