//! Conflict records: both texts where both sides changed one, and a person's choice between them.

use twinline_model::extra::Extra;
use twinline_model::pair::{Pair, PairState, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{ConflictView, TextOf};
use twinline_model::{ConnectionId, Document, PairId};
use twinline_store::{ConflictRow, StoreError, Tx};
use twinline_sync::recorded::{Refused, standing, take_back, text_of};
use twinline_sync::scripted::Source;

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

    /// Makes one text of a record the newest on both sides; the other one stays in the record. In Script mode the partner is told
    /// of it as the outgoing rules let it leave.
    ///
    /// # Errors
    /// `conflict-unknown`, `conflict-unlinked`; `conflict-kept`: the outgoing rules keep that text here, and nothing changes.
    pub async fn use_conflict(&self, id: &str, text: TextOf) -> Result<(), Trouble> {
        let row = self.conflict_row(id).await?;
        let now = now_ms();
        let connection = self.connection_row(&row.connection).await?;
        let (rules, partner) = (Source::of(self, &connection), self.partner_words(&connection));
        let done = self
            .db
            .write(move |tx| {
                // As it stands now: whoever looked at the record saw an earlier moment.
                let Some(mut pair) = tx.pair(row.pair)? else {
                    return Ok(Err((Refused::Unlinked, None)));
                };
                let key = pair.ours.as_ref().map(|o| o.key.to_string());
                let script = rules.script(tx, &connection)?;
                let taken = take_back(tx, &mut pair, script.as_ref(), &row, side(text), now)?;
                Ok(taken.map_err(|refused| (refused, key)))
            })
            .await?;
        done.map_err(|(refused, key)| {
            let of_issue =
                |code| Trouble::new(code).with("issue", key.unwrap_or_else(|| say("key-unknown", &[])));
            match refused {
                Refused::Unlinked => of_issue(ProblemCode::ConflictUnlinked),
                Refused::Kept => of_issue(ProblemCode::ConflictKept).with("partner", partner),
                Refused::Unreadable => {
                    Trouble::new(ProblemCode::Internal).with("detail", "the record cannot be read")
                }
            }
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
    text_of(row, side(text))
}

fn side(text: TextOf) -> Side {
    match text {
        TextOf::Ours => Side::Ours,
        TextOf::Theirs => Side::Theirs,
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
