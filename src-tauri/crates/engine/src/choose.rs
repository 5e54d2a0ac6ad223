//! A person takes a text from the record of conflicts: it becomes the current one on both sides.

use serde::Serialize;
use serde::de::DeserializeOwned;
use twinline_model::extra::Extra;
use twinline_model::json;
use twinline_model::pair::{Field, Pair, PairState, Side};

use crate::conflict::{bump, remember};
use crate::merge::Mergeable;
use crate::note::as_json;

/// Why a text cannot be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChooseError {
    /// The issue is no longer synced.
    #[error("the issue is no longer synced")]
    Unlinked,
    /// No such field, or a text that cannot be read.
    #[error("the record cannot be read")]
    Unreadable,
}

/// Makes `value` (JSON, as a record keeps it) the newest text of a field, as if our people had written it now. It is
/// still to be written to our tracker, and goes to the partner: as `told` (JSON too), where that is something else.
pub fn choose(pair: &mut Pair, field: &str, value: &str, told: Option<&str>) -> Result<(), ChooseError> {
    if pair.state != PairState::Active {
        return Err(ChooseError::Unlinked);
    }
    let owner = pair.owner;
    match field {
        "summary" => take(&mut pair.summary, value, told, owner),
        "description" => take(&mut pair.description, value, told, owner),
        "issuetype" => take(&mut pair.issue_type, value, told, owner),
        extra => {
            let field = pair.extras.get_mut(extra).ok_or(ChooseError::Unreadable)?;
            // A changelog tells several texts in one line.
            let shaped = |value: &str| {
                let value: Extra = json::read(value).map_err(|_| ChooseError::Unreadable)?;
                Ok(as_json(Some(&value.shaped(extra))))
            };
            let told = told.map(shaped).transpose()?;
            take(field, &shaped(value)?, told.as_deref(), owner)
        }
    }
}

fn take<T: Clone + PartialEq + Serialize + DeserializeOwned + Mergeable>(
    field: &mut Field<T>,
    value: &str,
    told: Option<&str>,
    owner: Side,
) -> Result<(), ChooseError> {
    let read = |value: &str| json::read::<T>(value).map_err(|_| ChooseError::Unreadable);
    let (value, told) = (read(value)?, told.map(read).transpose()?);
    // What waits from the partner was there when the person chose: the choice has seen it.
    let waiting = field.remote.take();
    if let Some(waiting) = &waiting {
        field.version = field.version.join(waiting.version);
    }
    remember(field);
    field.there = waiting.map(|waiting| waiting.value).or(field.there.take());
    field.missing.clear();
    bump(field, owner);
    // A text that says that it goes on, as our tracker showed it once, goes on as the one that stands here now.
    let whole = |value: T| match &field.rest {
        Some(rest) if value.tells(rest) => value.whole(rest),
        _ => value,
    };
    let (value, told) = (whole(value), told.map(whole));
    let stands = field.rest.is_none() && field.base_local.as_ref() == Some(&value);
    field.chosen = (!stands).then(|| value.clone());
    field.base_remote = Some(told.unwrap_or(value));
    Ok(())
}
