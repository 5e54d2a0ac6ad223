//! Our people answer, or take a question back.

use twinline_model::Origin;
use twinline_model::connection::Connection;
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::Side;
use twinline_model::problem::ProblemCode;
use twinline_model::question::{DECLINED, Kept, QuestionState, UNAVAILABLE};
use twinline_store::{StoreError, Tx};

use super::{connected, keep, leaves, remove, why_not_connected};
use crate::scripted::Source;

/// A person says yes to one question. `issue`: ours, as it was just read by its id.
///
/// The yes counts only if the question is still open, and the issue is still the one that they read of: the same key, in the same
/// project, open to all, nobody's twin, and none that our outgoing rules keep here. Otherwise the question is closed, and the partner is told.
///
/// # Errors
/// Those of the database. Inside: why the yes counts for nothing.
#[allow(clippy::too_many_arguments)]
pub fn agree(
    tx: &mut Tx<'_>,
    source: &Source,
    connection: &Connection,
    site: &str,
    id: &str,
    issue: Option<&ObservedIssue>,
    now: i64,
) -> Result<Result<(), ProblemCode>, StoreError> {
    let Some(connection) = connected(tx, connection)? else { return Ok(Err(ProblemCode::PairEnded)) };
    let open = |kept: &Kept| kept.by == Side::Theirs && kept.state == QuestionState::Open;
    let Some(kept) = tx.question(&connection.id, id)?.filter(open) else {
        return Ok(Err(ProblemCode::QuestionGone));
    };
    let same =
        |seen: &&ObservedIssue| kept.issue.as_ref() == Some(&seen.id) && kept.ours == seen.key.as_str();
    let why = match issue.filter(same) {
        None => Some(ProblemCode::QuestionGone),
        Some(issue) => match why_not_connected(tx, &connection, site, issue, Some(id))? {
            None => leaves(tx, source, &connection, issue)?.err().map(|trouble| trouble.code),
            why => why,
        },
    };
    if let Some(code) = why {
        close(tx, &connection, kept, UNAVAILABLE, now)?;
        return Ok(Err(code));
    }
    keep(tx, &connection, &Kept { state: QuestionState::Agreed, told: false, ..kept }, now).map(Ok)
}

/// A person says no. Also to what they have said yes to, as long as the asker has not confirmed it. False: it is not open.
///
/// # Errors
/// Those of the database.
pub fn decline(tx: &mut Tx<'_>, connection: &Connection, id: &str, now: i64) -> Result<bool, StoreError> {
    let open = |kept: &Kept| kept.by == Side::Theirs && kept.is_open();
    let Some(kept) = tx.question(&connection.id, id)?.filter(open) else { return Ok(false) };
    close(tx, connection, kept, DECLINED, now)?;
    Ok(true)
}

/// Closes a question of the partner's, and tells them.
pub(super) fn close(
    tx: &mut Tx<'_>,
    connection: &Connection,
    kept: Kept,
    reason: &str,
    now: i64,
) -> Result<(), StoreError> {
    let (state, reason) = (QuestionState::Declined, reason.to_owned());
    keep(tx, connection, &Kept { state, reason, told: false, ..kept }, now)
}

/// Our people take a question back, or have read that the answer was no. False: there is none.
///
/// # Errors
/// Those of the database.
pub fn withdraw(tx: &mut Tx<'_>, connection: &Connection, id: &str, now: i64) -> Result<bool, StoreError> {
    let Some(kept) = tx.question(&connection.id, id)?.filter(|kept| kept.by == Side::Ours) else {
        return Ok(false);
    };
    match kept.state {
        // One that never left needs no word.
        QuestionState::Asked if kept.told => {
            answer_mirrored(tx, connection, &kept)?;
            take_back(tx, connection, kept, now)?;
        }
        QuestionState::Asked | QuestionState::Refused => remove(tx, connection, id)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Both had asked for the same pair, and theirs was left without an answer because ours counted.
pub(super) fn answer_mirrored(
    tx: &mut Tx<'_>,
    connection: &Connection,
    mine: &Kept,
) -> Result<(), StoreError> {
    for kept in tx.questions(&connection.id)? {
        if kept.by == Side::Theirs && kept.state == QuestionState::Declined && kept.issue == mine.issue {
            tx.keep_question(&connection.id, &Kept { told: false, ..kept })?;
        }
    }
    Ok(())
}

/// A question of ours counts no more: the partner is told, and then it is forgotten.
pub(super) fn take_back(
    tx: &mut Tx<'_>,
    connection: &Connection,
    kept: Kept,
    now: i64,
) -> Result<(), StoreError> {
    keep(tx, connection, &Kept { state: QuestionState::Withdrawn, told: false, ..kept }, now)
}

/// The origins of both issues of a question of the partner's: ours, theirs.
pub(super) fn origins(
    tx: &Tx<'_>,
    connection: &Connection,
    site: &str,
    kept: &Kept,
) -> Result<Option<(Origin, Origin)>, StoreError> {
    let Some(issue) = &kept.issue else { return Ok(None) };
    let ours = Origin::of_issue(&tx.speaks_as(connection)?, site, issue);
    Ok(Some((ours, kept.question.origin.clone())))
}
