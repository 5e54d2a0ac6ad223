//! A person takes a text from the record of conflicts: it becomes the current one on both sides.

use serde::Serialize;
use serde::de::DeserializeOwned;
use twinline_model::extra::Extra;
use twinline_model::intent::{Intent, Write};
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
/// still to be written to our tracker, and goes to the partner: as `told` (JSON too), where that is something else. `open` are the
/// pair's intents: an edit that is on its way may land after the choice, which is then written over it.
pub fn choose(
    pair: &mut Pair,
    open: &[Intent],
    field: &str,
    value: &str,
    told: Option<&str>,
) -> Result<(), ChooseError> {
    if pair.state != PairState::Active {
        return Err(ChooseError::Unlinked);
    }
    let how = How { told, owner: pair.owner, on_its_way: open.iter().any(|intent| edits(intent, field)) };
    match field {
        "summary" => take(&mut pair.summary, value, how),
        "description" => take(&mut pair.description, value, how),
        "issuetype" => take(&mut pair.issue_type, value, how),
        extra => {
            let field = pair.extras.get_mut(extra).ok_or(ChooseError::Unreadable)?;
            // A changelog tells several texts in one line.
            let shaped = |value: &str| {
                let value: Extra = json::read(value).map_err(|_| ChooseError::Unreadable)?;
                Ok(as_json(Some(&value.shaped(extra))))
            };
            let told = told.map(shaped).transpose()?;
            take(field, &shaped(value)?, How { told: told.as_deref(), ..how })
        }
    }
}

/// How a text is taken.
#[derive(Clone, Copy)]
struct How<'a> {
    told: Option<&'a str>,
    owner: Side,
    /// An edit of the field has been sent, and may take effect yet.
    on_its_way: bool,
}

fn edits(intent: &Intent, field: &str) -> bool {
    let Write::EditIssue { fields, .. } = &intent.write else { return false };
    match field {
        "summary" => fields.summary.is_some(),
        "description" => fields.description.is_some(),
        "issuetype" => fields.issue_type.is_some(),
        extra => fields.extras.contains_key(extra),
    }
}

fn take<T: Clone + PartialEq + Serialize + DeserializeOwned + Mergeable>(
    field: &mut Field<T>,
    value: &str,
    how: How<'_>,
) -> Result<(), ChooseError> {
    let read = |value: &str| json::read::<T>(value).map_err(|_| ChooseError::Unreadable);
    let (value, told) = (read(value)?, how.told.map(read).transpose()?);
    // What waits from the partner was there when the person chose: the choice has seen it.
    let waiting = field.remote.take();
    if let Some(waiting) = &waiting {
        field.version = field.version.join(waiting.version);
    }
    remember(field);
    field.there = waiting.map(|waiting| waiting.value).or(field.there.take());
    field.missing.clear();
    bump(field, how.owner);
    // A text that says that it goes on, as our tracker showed it once, goes on as the one that stands here now.
    let whole = |value: T| match &field.rest {
        Some(rest) if value.tells(rest) => value.whole(rest),
        _ => value,
    };
    let (value, told) = (whole(value), told.map(whole));
    let stands = field.rest.is_none() && !how.on_its_way && field.base_local.as_ref() == Some(&value);
    field.chosen = (!stands).then(|| value.clone());
    field.base_remote = Some(told.unwrap_or(value));
    Ok(())
}
