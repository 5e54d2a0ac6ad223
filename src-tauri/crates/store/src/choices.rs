//! What our tracker demands in new issues, and what our people chose for it.

use rusqlite::params;
use twinline_model::asked::{AskedField, AskedKind, ChosenField, FieldValue};
use twinline_model::{ConnectionId, PairId};

use crate::codec::Json;
use crate::{Result, Tx};

impl Tx<'_> {
    /// Keeps how the tracker describes a field that it demands in issues of a type; replaces what it said before.
    pub fn keep_asked(
        &mut self,
        connection: &ConnectionId,
        issue_type: &str,
        field: &AskedField,
    ) -> Result<()> {
        // A screen that could not be read says nothing of a field that was read before.
        if field.kind == AskedKind::Other && self.asked(connection, issue_type, &field.id)?.is_some() {
            return Ok(());
        }
        // Many issues may wait for one field: what is the same is not written again.
        self.run(
            "INSERT INTO asked_field (connection, issue_type, field, description) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (connection, issue_type, field) DO UPDATE SET description = excluded.description
             WHERE description <> excluded.description",
            params![connection.as_str(), issue_type, field.id, Json(field)],
        )?;
        Ok(())
    }

    /// How the tracker described a field last; `None`: it never demanded it.
    pub fn asked(
        &self,
        connection: &ConnectionId,
        issue_type: &str,
        field: &str,
    ) -> Result<Option<AskedField>> {
        self.row(
            "asked_field",
            "SELECT description FROM asked_field WHERE connection = ?1 AND issue_type = ?2 AND field = ?3",
            params![connection.as_str(), issue_type, field],
            |r| Ok(r.get::<_, Json<AskedField>>(0)?.0),
        )
    }

    /// Keeps what was chosen for a field: for one pair, or (`None`) for all synced issues of the type.
    pub fn keep_choice(
        &mut self,
        connection: &ConnectionId,
        issue_type: &str,
        pair: Option<PairId>,
        chosen: &ChosenField,
    ) -> Result<()> {
        self.run(
            "INSERT INTO choice (connection, issue_type, field, pair, value) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (connection, issue_type, field, ifnull(pair, 0)) DO UPDATE SET value = excluded.value",
            params![
                connection.as_str(),
                issue_type,
                chosen.field,
                pair.map(|p| p.0),
                Json(&chosen.value)
            ],
        )?;
        Ok(())
    }

    /// Forgets what was chosen for a field of this pair alone.
    pub fn forget_choice(&mut self, pair: PairId, field: &str) -> Result<()> {
        self.run("DELETE FROM choice WHERE pair = ?1 AND field = ?2", params![pair.0, field])?;
        Ok(())
    }

    /// What a new issue of this type is given for this pair: its own choices go before those for all. By field.
    pub fn choices(
        &self,
        connection: &ConnectionId,
        issue_type: &str,
        pair: PairId,
    ) -> Result<Vec<ChosenField>> {
        let mut found = self.rows(
            "choice",
            "SELECT field, value FROM choice
             WHERE connection = ?1 AND issue_type = ?2 AND ifnull(pair, 0) IN (0, ?3)
             ORDER BY field, pair DESC NULLS LAST",
            params![connection.as_str(), issue_type, pair.0],
            |r| Ok(ChosenField { field: r.get(0)?, value: r.get::<_, Json<FieldValue>>(1)?.0 }),
        )?;
        found.dedup_by(|later, first| later.field == first.field);
        Ok(found)
    }
}
