//! The first sync: from a connection's start until everything that existed at either side was taken over.

use twinline_model::connection::{Connection, Stage};
use twinline_model::{ConnectionId, PairId};
use twinline_store::{LinkState, StoreError, Tx};

use crate::compare::on_their_way;

/// Writes down, once, that the first sync is over: both sides have read their trackers since the connection began, nothing is
/// on its way or waits to be written on either side, and both were found to know the same.
///
/// What needs a person does not count: it is named, and may last for weeks.
pub(crate) fn end(
    tx: &Tx<'_>,
    connection: &Connection,
    link: &mut LinkState,
    now_ms: i64,
) -> Result<(), StoreError> {
    let begun = connection.stage == Stage::Connected
        && connection.above.is_some()
        && link.partner_checked_ms.is_some();
    let equal = link.compared_ms.is_some() && !link.reconciling && link.partner_pending == 0;
    if link.first_synced_ms.is_some() || !begun || !equal {
        return Ok(());
    }
    let id = &connection.id;
    if on_their_way(tx, id)? == 0 && tx.waiting(id)?.1 == 0 {
        link.first_synced_ms = Some(now_ms);
    }
    Ok(())
}

/// Whether we know that both sides know the same; where nothing is synced yet there is nothing to know.
///
/// # Errors
/// When the database cannot be read.
pub fn is_settled(tx: &Tx<'_>, id: &ConnectionId, link: &LinkState) -> Result<bool, StoreError> {
    let known = link.compared_ms.is_some() && link.first_synced_ms.is_some();
    // A database that was set back may have forgotten issues.
    Ok(!link.reconciling && (known || tx.pair_ids(id, 1, PairId(0))?.is_empty()))
}
