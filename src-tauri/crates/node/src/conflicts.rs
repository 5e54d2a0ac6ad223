//! Conflict records: both texts where both sides changed one, and a person's choice between them.

use twinline_engine::{ChooseError, choose};
use twinline_model::extra::Extra;
use twinline_model::pair::{Field, Pair, PairState, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{ConflictView, TextOf};
use twinline_model::{ConnectionId, Document, PairId};
use twinline_store::{ConflictRow, StoreError, Tx};

use crate::node::Node;
use crate::time::{now_ms, rfc3339};
use crate::words::say;

/// Rows in one page, at most.
const MAX_PAGE: u32 = 200;

impl Node {
    /// The records of a pair, the newest first; settled ones included.
    pub async fn conflicts(&self, pair: &str) -> Result<Vec<ConflictView>, Trouble> {
        let Ok(id) = pair.parse().map(PairId) else { return Ok(Vec::new()) };
        let rows = self.db.read(move |tx| with_pairs(tx, tx.conflicts_of(id)?)).await?;
        let mut views = self.views(rows).await?;
        // The store gives the oldest first.
        views.reverse();
        Ok(views)
    }

    /// A page of a connection's records, the newest first, behind `after`; settled ones included.
    pub async fn conflicts_page(
        &self,
        connection: &ConnectionId,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<ConflictView>, Trouble> {
        self.connection_row(connection).await?;
        let id = connection.clone();
        let after = after.and_then(|a| a.parse().ok());
        let limit = limit.clamp(1, MAX_PAGE);
        let rows = self.db.read(move |tx| with_pairs(tx, tx.conflicts_page(&id, after, limit)?)).await?;
        self.views(rows).await
    }

    /// Makes one text of a record the newest on both sides; the other one stays in the record.
    pub async fn use_conflict(&self, id: &str, text: TextOf) -> Result<(), Trouble> {
        let row = self.conflict_row(id).await?;
        let now = now_ms();
        let done = self
            .db
            .write(move |tx| {
                // As it stands now: whoever looked at the record saw an earlier moment.
                let Some(mut pair) = tx.pair(row.pair)? else {
                    return Ok(Err((ChooseError::Unlinked, None)));
                };
                let key = pair.ours.as_ref().map(|o| o.key.to_string());
                if let Err(error) = choose(&mut pair, &row.field, json_of(&row, text)) {
                    return Ok(Err((error, key)));
                }
                twinline_sync::rows::save(tx, &pair, Some(now))?;
                tx.settle_conflict(row.id, now)?;
                Ok(Ok(()))
            })
            .await?;
        done.map_err(|(error, key)| match error {
            ChooseError::Unlinked => Trouble::new(ProblemCode::ConflictUnlinked)
                .with("issue", key.unwrap_or_else(|| say("key-unknown", &[]))),
            ChooseError::Unreadable => Trouble::new(ProblemCode::Internal).with("detail", error.to_string()),
        })?;
        self.wake();
        self.changed();
        Ok(())
    }

    /// Leaves everything as it is; the record stays readable.
    pub async fn dismiss_conflict(&self, id: &str) -> Result<(), Trouble> {
        let row = self.conflict_row(id).await?;
        let now = now_ms();
        self.db.write(move |tx| tx.settle_conflict(row.id, now)).await?;
        self.changed();
        Ok(())
    }

    async fn conflict_row(&self, id: &str) -> Result<ConflictRow, Trouble> {
        let unknown = || Trouble::new(ProblemCode::ConflictUnknown).with("conflict", id);
        let number: i64 = id.parse().map_err(|_| unknown())?;
        self.db.read(move |tx| tx.conflict(number)).await?.ok_or_else(unknown)
    }

    async fn views(&self, rows: Vec<(ConflictRow, Option<Pair>)>) -> Result<Vec<ConflictView>, Trouble> {
        let connections = self.db.read(|tx| tx.connections()).await?;
        let partner = |id: &ConnectionId| {
            let connection = connections.iter().find(|c| c.id == *id);
            connection.map_or_else(|| say("partner-unknown", &[]), |c| self.partner_words(c))
        };
        Ok(rows.into_iter().map(|(row, pair)| view(&row, pair.as_ref(), partner(&row.connection))).collect())
    }
}

fn with_pairs(tx: &Tx<'_>, rows: Vec<ConflictRow>) -> Result<Vec<(ConflictRow, Option<Pair>)>, StoreError> {
    rows.into_iter()
        .map(|row| {
            let pair = tx.pair(row.pair)?;
            Ok((row, pair))
        })
        .collect()
}

fn view(row: &ConflictRow, pair: Option<&Pair>, partner_name: String) -> ConflictView {
    let current = pair.and_then(|pair| {
        let stands = standing(pair, &row.field)?;
        [TextOf::Ours, TextOf::Theirs]
            .into_iter()
            .find(|text| parsed(json_of(row, *text)) == Some(stands.clone()))
    });
    ConflictView {
        id: row.id.to_string(),
        connection: row.connection.clone(),
        partner_name,
        issue: pair.and_then(|p| p.ours.as_ref()).map(|o| o.key.to_string()),
        twin: pair.and_then(|p| p.theirs.as_ref()).map(|t| t.key.clone()),
        at: rfc3339(row.at_ms),
        field: say("conflict-field", &[("field", &row.field)]),
        ours: readable(&row.field, json_of(row, TextOf::Ours)),
        theirs: readable(&row.field, json_of(row, TextOf::Theirs)),
        current,
        settled: row.settled_ms.is_some(),
        usable: pair.is_some_and(|p| p.state == PairState::Active),
    }
}

/// What a side wrote, as the record keeps it.
fn json_of(row: &ConflictRow, text: TextOf) -> &str {
    match (row.winner, text) {
        (Side::Ours, TextOf::Ours) | (Side::Theirs, TextOf::Theirs) => &row.kept,
        _ => &row.lost,
    }
}

/// The text of a field that stands, or is on its way to our tracker.
fn standing(pair: &Pair, field: &str) -> Option<serde_json::Value> {
    fn newest<T: serde::Serialize>(field: &Field<T>) -> Option<serde_json::Value> {
        let value = field.remote.as_ref().map(|waiting| &waiting.value).or(field.base_remote.as_ref())?;
        serde_json::to_value(value).ok()
    }
    match field {
        "summary" => newest(&pair.summary),
        "description" => newest(&pair.description),
        "issuetype" => newest(&pair.issue_type),
        extra => newest(pair.extras.get(extra)?),
    }
}

fn parsed(json: &str) -> Option<serde_json::Value> {
    twinline_model::json::read(json).ok()
}

/// A record's text for people; what cannot be understood is shown as it is, for it may hold somebody's words.
fn readable(field: &str, json: &str) -> String {
    let text = match field {
        "description" => twinline_model::json::read::<Option<Document>>(json)
            .ok()
            .map(|d| d.unwrap_or_default().to_plain_text()),
        "summary" | "issuetype" => {
            twinline_model::json::read::<Option<String>>(json).ok().map(Option::unwrap_or_default)
        }
        _ => twinline_model::json::read::<Extra>(json).ok().map(|value| value.words()),
    };
    text.unwrap_or_else(|| json.to_owned())
}

#[cfg(test)]
mod tests;
