//! What the desktop was told by notifications, and when.

use std::collections::BTreeMap;

use rusqlite::params;
use twinline_model::notification::{Fact, Kind};

use crate::codec::{Json, Word};
use crate::{Result, Tx};

/// All that was told, in ms since 1970.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Notified {
    /// When each thing was told last.
    pub facts: BTreeMap<Fact, i64>,
    /// When there was a notification of each kind last.
    pub kinds: BTreeMap<Kind, i64>,
}

impl Tx<'_> {
    /// What was told.
    pub fn notified(&self) -> Result<Notified> {
        let facts = self.rows("notified", "SELECT fact, at_ms FROM notified", [], |r| {
            Ok((r.get::<_, Json<_>>(0)?.0, r.get(1)?))
        })?;
        let kinds = self.rows("notified_kind", "SELECT kind, at_ms FROM notified_kind", [], |r| {
            Ok((r.get::<_, Word<_>>(0)?.0, r.get(1)?))
        })?;
        Ok(Notified { facts: facts.into_iter().collect(), kinds: kinds.into_iter().collect() })
    }

    /// Replaces what was told: there are a few rows for each connection.
    pub fn set_notified(&mut self, notified: &Notified) -> Result<()> {
        self.run("DELETE FROM notified", [])?;
        self.run("DELETE FROM notified_kind", [])?;
        for (fact, at) in &notified.facts {
            self.note_known(fact, *at)?;
        }
        for (kind, at) in &notified.kinds {
            let sql = "INSERT INTO notified_kind (kind, at_ms) VALUES (?1, ?2)";
            self.run(sql, params![Word(*kind), at])?;
        }
        Ok(())
    }

    /// A person knows it without having been told, since they did it themselves.
    pub fn note_known(&mut self, fact: &Fact, now_ms: i64) -> Result<()> {
        self.run(
            "INSERT INTO notified (fact, at_ms) VALUES (?1, ?2) ON CONFLICT (fact) DO UPDATE SET at_ms = excluded.at_ms",
            params![Json(fact), now_ms],
        )?;
        Ok(())
    }
}
