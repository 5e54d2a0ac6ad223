//! A person takes a text back from the record of conflicts: it becomes the current one on both sides.

use serde_json::Value;
use twinline_engine::{ChooseError, Lost, choose};
use twinline_model::json;
use twinline_model::pair::{Field, Pair, PairState, Side};
use twinline_store::{ConflictRow, StoreError, Tx};

use crate::rows::{keep_lost, save};
use crate::scripted::{Script, tell_partner};

/// Why a text is not taken; nothing has changed then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The issue is no longer synced.
    Unlinked,
    /// The record cannot be read.
    Unreadable,
    /// The outgoing rules of Script mode keep it here, or nobody has looked yet what of the issue they let leave.
    Kept,
}

/// Takes the text of one side back. The partner is told of it as the outgoing rules of `script`, if there are any, let it leave.
/// The record is settled; what stood until now and is in no record gets one, on both sides.
///
/// # Errors
/// Those of the database.
pub fn take_back(
    tx: &mut Tx<'_>,
    pair: &mut Pair,
    script: Option<&Script>,
    row: &ConflictRow,
    whose: Side,
    now_ms: i64,
) -> Result<Result<(), Refused>, StoreError> {
    let text = text_of(row, whose);
    let told = match script.filter(|_| pair.state == PairState::Active) {
        None => None,
        Some(script) => {
            let told = pair.local.as_ref().and_then(|seen| script.passes(seen, &row.field, text));
            match told {
                None => return Ok(Err(Refused::Kept)),
                told => told,
            }
        }
    };
    let stood = standing(pair, &row.field);
    let open = tx.intents_of(pair.id)?;
    if let Err(error) = choose(pair, &open, &row.field, text, told.as_deref()) {
        return Ok(Err(match error {
            ChooseError::Unlinked => Refused::Unlinked,
            ChooseError::Unreadable => Refused::Unreadable,
        }));
    }
    let known =
        |stood: &Value| [&row.kept, &row.lost].iter().any(|text| parsed(text).as_ref() == Some(stood));
    let stood = stood.filter(|stood| !known(stood)).map(|stood| stood.to_string());
    let lost =
        stood.map(|lost| Lost { field: row.field.clone(), ours_won: true, kept: text.to_owned(), lost });
    let lost: Vec<Lost> = lost.into_iter().collect();
    tell_partner(script, pair, &lost);
    save(tx, pair, Some(now_ms))?;
    tx.settle_conflict(row.id, now_ms)?;
    keep_lost(tx, pair, lost, now_ms)?;
    Ok(Ok(()))
}

/// What a side wrote, as the record keeps it (JSON).
pub fn text_of(row: &ConflictRow, whose: Side) -> &str {
    if row.winner == whose { &row.kept } else { &row.lost }
}

/// The text of a field that stands, or is on its way to our tracker.
pub fn standing(pair: &Pair, field: &str) -> Option<Value> {
    fn newest<T: serde::Serialize>(field: &Field<T>) -> Option<Value> {
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

fn parsed(text: &str) -> Option<Value> {
    json::read(text).ok()
}
