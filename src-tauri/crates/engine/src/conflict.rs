//! Who wins where both sides changed a field.
//!
//! A version is a pair of counters, and no clock decides anything. Only the owner (the side where it was born)
//! merges: the other side sends its version and applies the result, which carries the joined counters, so that the two can
//! never merge differently. The same counters with another value (after a restore) are a conflict like any other.

use serde::Serialize;
use twinline_model::pair::{Field, Side};
use twinline_model::replica::{Standing, Version, Versioned};

use crate::merge::Mergeable;
use crate::note::{Lost, as_json};
use crate::observe::adopt;
use crate::rules::Form;

/// Values before ours that are kept: the partner may have built on any of them.
const ANCESTORS: usize = 4;

/// One more change on our side.
pub(crate) fn bump<T>(field: &mut Field<T>, owner: Side) {
    bump_by(field, owner, 1);
}

/// A change on our side that counts for many; see [`crate::Eyes::leap`]. After our database was set back, what waits may
/// know of more changes on our side than we do: this one is none of them.
pub(crate) fn bump_by<T>(field: &mut Field<T>, owner: Side, by: u64) {
    let known = field.remote.as_ref().map_or(0, |waiting| own(waiting.version, owner));
    let counter = match owner {
        Side::Ours => &mut field.version.owner,
        Side::Theirs => &mut field.version.other,
    };
    *counter = (*counter).max(known).saturating_add(by);
}

/// The value before a change of ours is what the partner may still build on, and what they have until they are told.
pub(crate) fn remember<T: Clone + Mergeable>(field: &mut Field<T>) {
    // Of several changes that were not told, the partner has what stood before the first.
    if field.version.standing(field.sent) != Standing::Newer {
        field.there = field.base_remote.clone();
    }
    if !T::merges() {
        return;
    }
    if let Some(value) = &field.base_remote {
        field.ancestors.push(Versioned { version: field.version, value: value.clone() });
        if field.ancestors.len() > ANCESTORS {
            field.ancestors.remove(0);
        }
    }
}

/// Takes in a value of the partner's. Returns the text that lost, if both sides changed it.
pub(crate) fn receive_field<T: Clone + PartialEq + Serialize + Mergeable>(
    field: &mut Field<T>,
    theirs: Versioned<T>,
    name: &str,
    owner: Side,
    form: &dyn Form<T>,
) -> Option<Lost> {
    if let Some(waiting) = &field.remote
        && matches!(theirs.version.standing(waiting.version), Standing::Older | Standing::Same)
    {
        return None;
    }
    let same = field.base_remote.as_ref() == Some(&theirs.value);
    // What stands here is what our tracker makes of theirs: written by us before a restore, or by a person.
    let shows = field.chosen.is_none()
        && field.base_local.as_ref().is_some_and(|here| same || *here == form.of(&theirs.value));
    // Two texts that begin alike may go on differently.
    let goes_on = field.rest.is_some() && form.rest(&theirs.value).is_some();
    let newer = theirs.version.standing(field.version) == Standing::Newer;
    let stands = shows && (same || newer || !goes_on);
    if !stands && forgot(field, &theirs, owner) {
        return Some(after_amnesia(field, theirs, name, owner));
    }
    match theirs.version.standing(field.version) {
        Standing::Older => None,
        Standing::Same if same || field.base_remote.is_none() => None,
        // Only the counters move, nothing is written.
        Standing::Newer if field.remote.is_none() && stands => {
            if let Some(here) = field.base_local.clone() {
                adopt(field, theirs, &here, form);
            }
            None
        }
        Standing::Newer => {
            field.remote = Some(theirs);
            None
        }
        Standing::Concurrent | Standing::Same if stands => {
            agree(field, theirs, owner, form);
            None
        }
        Standing::Concurrent | Standing::Same => overrule(field, theirs, name, owner),
    }
}

/// The partner knows of changes on our side that we do not: our database was set back, and its counters say less than
/// they should.
fn forgot<T>(field: &Field<T>, theirs: &Versioned<T>, owner: Side) -> bool {
    field.base_local.is_some() && own(theirs.version, owner) > own(field.version, owner)
}

/// The counter of our side.
fn own(version: Version, owner: Side) -> u64 {
    match owner {
        Side::Ours => version.owner,
        Side::Theirs => version.other,
    }
}

/// The counter of the partner's side.
fn other(version: Version, owner: Side) -> u64 {
    match owner {
        Side::Ours => version.other,
        Side::Theirs => version.owner,
    }
}

/// What stands here is not what the partner knows. Did they change it since, theirs stands; otherwise it is an earlier text
/// of our own, and ours stands. The other one is kept.
fn after_amnesia<T: Clone + Serialize>(
    field: &mut Field<T>,
    theirs: Versioned<T>,
    name: &str,
    owner: Side,
) -> Lost {
    let (our_text, their_text) = (as_json(field.base_remote.as_ref()), as_json(Some(&theirs.value)));
    field.ancestors.clear();
    if other(theirs.version, owner) > other(field.version, owner) {
        field.remote = Some(theirs);
        return Lost { field: name.to_owned(), ours_won: false, kept: their_text, lost: our_text };
    }
    field.version = field.version.join(theirs.version);
    bump(field, owner);
    field.remote = None;
    field.missing.clear();
    field.there = Some(theirs.value);
    Lost { field: name.to_owned(), ours_won: true, kept: our_text, lost: their_text }
}

/// Both changed to the same. The owner tells the joined counters, for the partner may have met our version while theirs
/// was still another text; the other side need not, once the owner has its version.
fn agree<T: PartialEq>(field: &mut Field<T>, theirs: Versioned<T>, owner: Side, form: &dyn Form<T>) {
    let told = owner == Side::Theirs && field.sent == field.version;
    field.version = field.version.join(theirs.version);
    // What stands here is only its beginning, whatever we took it for after a restore.
    if field.base_local == Some(form.of(&theirs.value))
        && let Some(rest) = form.rest(&theirs.value)
    {
        field.rest = Some(rest);
        field.base_remote = Some(theirs.value);
    }
    if owner == Side::Ours {
        // Of the two forms of the text one must be what both sides count with: the owner's.
        bump(field, owner);
    }
    if told {
        field.sent = field.version;
    }
}

/// The owner decides: merged where the texts allow it, else its own. The other side waits for that decision.
fn overrule<T: Clone + PartialEq + Serialize + Mergeable>(
    field: &mut Field<T>,
    theirs: Versioned<T>,
    name: &str,
    owner: Side,
) -> Option<Lost> {
    if owner == Side::Theirs && !bug!(BothDecide) {
        // The owner will meet our version, decide, and send the joined result with what did not stand. Our version must get
        // there: after a restore it may count as sent though the owner never had this value.
        if theirs.version.standing(field.version) == Standing::Same {
            field.sent = Default::default();
        }
        field.there = Some(theirs.value);
        return None;
    }
    let their_text = as_json(Some(&theirs.value));
    let merged = ancestor(field, &theirs)
        .zip(field.base_remote.clone())
        .and_then(|(base, ours)| T::merge(&base, &ours, &theirs.value));
    field.version = field.version.join(theirs.version);
    bump(field, owner);
    field.remote = None;
    field.missing.clear();
    field.ancestors.clear();
    let overlaps = merged.as_ref().is_none_or(|m| m.overlaps);
    if let Some(merged) = merged {
        let stands = field.chosen.is_none() && field.base_remote.as_ref() == Some(&merged.value);
        field.chosen = (!stands).then(|| merged.value.clone());
        field.base_remote = Some(merged.value);
    }
    field.there = Some(theirs.value);
    let kept = as_json(field.base_remote.as_ref());
    (overlaps && !bug!(NoConflictRecord)).then_some(Lost {
        field: name.to_owned(),
        ours_won: true,
        kept,
        lost: their_text,
    })
}

/// What the partner's change was made from.
fn ancestor<T: Clone>(field: &Field<T>, theirs: &Versioned<T>) -> Option<T> {
    let fits =
        |v: &&Versioned<T>| v.version.owner == theirs.version.owner && v.version.other < theirs.version.other;
    field.ancestors.iter().rev().find(fits).map(|v| v.value.clone())
}

#[cfg(test)]
mod tests;
