//! Issues that a person asked to have looked at now: read by their ids in the next round, past the search index.

use twinline_model::connection::Connection;

use crate::Machine;
use crate::census::look_at;
use crate::poll::Failure;
use crate::reading::Reading;

/// Wishes that are granted in one round.
const AT_ONCE: u32 = 50;

/// Reads what somebody wished for. What is not there is left to the look at all issues: one that is only hidden for a moment
/// must not be let go because somebody was in a hurry.
pub(crate) async fn look<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
) -> Result<(), Failure> {
    let id = connection.id.clone();
    let wished = reading.machine.read(move |tx| tx.wished(&id, AT_ONCE)).await?;
    if wished.is_empty() {
        return Ok(());
    }
    let issues = wished.iter().map(|wish| wish.issue.clone()).collect();
    match look_at(reading, issues).await {
        Err(Failure::Read(error)) => {
            tracing::info!(%error, "what somebody wished for cannot be read yet");
            return Ok(());
        }
        other => other?,
    };
    reading.machine.write("wished", move |tx| wished.iter().try_for_each(|wish| tx.grant_wish(wish))).await?;
    Ok(())
}
