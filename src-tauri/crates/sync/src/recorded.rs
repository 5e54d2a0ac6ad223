//! A person takes a text back from the record of conflicts: it becomes the current one on both sides.

use serde_json::Value;
use twinline_engine::{ChooseError, Lost, choose, tell_partner};
use twinline_model::json;
use twinline_model::pair::{Field, Pair, PairState, Side};
use twinline_model::replica::Standing;
use twinline_store::{ConflictRow, StoreError, Tx};

use crate::rows::{keep_lost, save};
use crate::scripted::Script;

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
    let stood = stood(pair, &row.field);
    if let Err(error) = choose(pair, &tx.intents_of(pair.id)?, &row.field, text, told.as_deref()) {
        return Ok(Err(match error {
            ChooseError::Unlinked => Refused::Unlinked,
            ChooseError::Unreadable => Refused::Unreadable,
        }));
    }
    let lost = |kept: &str, stood: Value| {
        let known = [&row.kept, &row.lost].iter().any(|text| parsed(text).as_ref() == Some(&stood));
        let lost =
            Lost { field: row.field.clone(), ours_won: true, kept: kept.to_owned(), lost: stood.to_string() };
        (!known).then_some(lost)
    };
    let there = stood.there.and_then(|there| lost(told.as_deref().unwrap_or(text), there));
    tell_partner(pair, there.as_slice());
    save(tx, pair, Some(now_ms))?;
    tx.settle_conflict(row.id, now_ms)?;
    // What outgoing rules made of it is not what people lose here.
    let here = if script.is_some() { stood.here } else { stood.newest };
    keep_lost(tx, pair, here.and_then(|here| lost(text, here)).into_iter().collect(), now_ms)?;
    Ok(Ok(()))
}

/// What a side wrote, as the record keeps it (JSON).
pub fn text_of(row: &ConflictRow, whose: Side) -> &str {
    if row.winner == whose { &row.kept } else { &row.lost }
}

/// The text of a field that stands, or is on its way to our tracker.
pub fn standing(pair: &Pair, field: &str) -> Option<Value> {
    stood(pair, field).newest
}

/// Texts of a field before another is taken.
#[derive(Default)]
struct Stood {
    /// As between both sides.
    newest: Option<Value>,
    /// As in our tracker.
    here: Option<Value>,
    /// The newest, if the partner knows it: what was never told goes by the rules of the moment in which it is.
    there: Option<Value>,
}

fn stood(pair: &Pair, field: &str) -> Stood {
    fn of<T: serde::Serialize>(field: &Field<T>) -> Stood {
        let json = |value: Option<&T>| value.and_then(|value| serde_json::to_value(value).ok());
        let waiting = field.remote.as_ref().map(|waiting| &waiting.value);
        let newest = json(waiting.or(field.base_remote.as_ref()));
        let is_known = waiting.is_some() || field.version.standing(field.sent) != Standing::Newer;
        Stood { here: json(field.base_local.as_ref()), there: newest.clone().filter(|_| is_known), newest }
    }
    match field {
        "summary" => of(&pair.summary),
        "description" => of(&pair.description),
        "issuetype" => of(&pair.issue_type),
        extra => pair.extras.get(extra).map(of).unwrap_or_default(),
    }
}

fn parsed(text: &str) -> Option<Value> {
    json::read(text).ok()
}
