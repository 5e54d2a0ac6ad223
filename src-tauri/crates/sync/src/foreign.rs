//! Whether an issue of ours may begin to be synced on a connection: what came from one partner is not passed on to another.

use twinline_model::Origin;
use twinline_model::connection::Connection;
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{PairState, Side};
use twinline_model::problem::ProblemCode;
use twinline_store::{StoreError, Tx};

/// Whether the issue holds the words of another connection's partner: it is the twin of one of theirs, by its marker or by its pair,
/// or it was connected with one of theirs.
///
/// # Errors
/// Those of the database.
pub fn is_anothers_twin(
    tx: &Tx<'_>,
    connection: &Connection,
    site: &str,
    issue: &ObservedIssue,
) -> Result<bool, StoreError> {
    if issue.marker.as_ref().is_some_and(|marker| marker.connection != connection.id) {
        return Ok(true);
    }
    for (other, born) in tx.pairs_of_issue_anywhere(site, &issue.id)? {
        if other == connection.id {
            continue;
        }
        let joined = || tx.pair_of_issue(&other, &issue.id).map(|p| p.is_some_and(|p| p.joined.is_some()));
        if born == Side::Theirs || joined()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Why an issue that a person named cannot begin to be synced on a connection; `None`: it can. Its marker need not be verified: one
/// that is forged keeps the issue out as well.
///
/// # Errors
/// Those of the database.
pub fn why_not(
    tx: &Tx<'_>,
    connection: &Connection,
    site: &str,
    issue: &ObservedIssue,
) -> Result<Option<ProblemCode>, StoreError> {
    if issue.project != connection.project {
        return Ok(Some(ProblemCode::AddElsewhere));
    }
    if issue.restricted {
        return Ok(Some(ProblemCode::AddRestricted));
    }
    if let Some(pair) = tx.pair_of_issue(&connection.id, &issue.id)? {
        return Ok(Some(match pair.state {
            PairState::Active => ProblemCode::AddSynced,
            PairState::Unlinked { .. } => ProblemCode::AddStopped,
        }));
    }
    // A twin that this connection has forgotten still carries its mark. A copy of one that is known carries it too, and is an issue
    // of its own.
    let forgotten = match &issue.marker {
        Some(marker) => tx.pair_of_origin(&connection.id, &marker.origin)?.is_none(),
        None => false,
    };
    if forgotten || is_anothers_twin(tx, connection, site, issue)? {
        return Ok(Some(ProblemCode::AddForeign));
    }
    let origin = Origin::of_issue(&tx.speaks_as(connection)?, site, &issue.id);
    let stopped = tx.pair_of_origin(&connection.id, &origin)?.is_some();
    Ok(stopped.then_some(ProblemCode::AddStopped))
}
