//! An issue that was there before it became one of a pair gets the pair's marker, so that a node whose database was set back knows
//! it again.
//!
//! No intent stands before this write: the pair itself says that the marker is due, and a marker that is written twice is one.

use std::sync::Arc;
use std::time::Duration;

use twinline_model::problem::Trouble;
use twinline_model::{IssueId, Origin, PairId};
use twinline_trackers::{NotApplied, WriteError};

use crate::Machine;
use crate::desk::Desk;
use crate::rows::save;

/// How long until it is tried again where nobody knows whether it took effect.
const AGAIN: Duration = Duration::from_secs(30);

/// Marks a pair's issue. False: it has to be tried again later.
pub(crate) async fn mark<M: Machine>(
    desk: &Arc<Desk<M>>,
    id: PairId,
    issue: &IssueId,
    origin: &Origin,
) -> Result<bool, Trouble> {
    let key = desk.machine.marker_key(&desk.connection.id).await?;
    let marker = key.mark(&desk.connection.id, origin, 0);
    match desk.tracker.mark_issue(issue, &marker).await {
        Ok(()) => {}
        // It helps after a loss, and nothing rests on it: the pair goes on without.
        Err(WriteError::NotApplied(why)) if !passes(&why) => {
            tracing::warn!(%why, "an issue cannot be marked");
        }
        Err(error) => {
            tracing::info!(%error, "an issue is marked later");
            let (awake, mut memory) = (desk.machine.awake(), desk.room.memory());
            memory.pair_after.retain(|_, until| *until > awake);
            memory.pair_after.insert(id, awake + AGAIN);
            return Ok(false);
        }
    }
    desk.machine
        .write("marked", move |tx| {
            let Some(mut pair) = tx.pair(id)? else { return Ok(()) };
            if let Some(joined) = &mut pair.joined {
                joined.marked = true;
            }
            save(tx, &pair, None)
        })
        .await?;
    Ok(true)
}

/// What keeps the marker away has nothing to do with the issue, and will be over.
fn passes(why: &NotApplied) -> bool {
    matches!(why, NotApplied::NotSent(_) | NotApplied::SignIn | NotApplied::SlowDown { .. })
}
