//! Issues that a person asked to have looked at now: read by their ids in the next round, past the search index.

use twinline_model::connection::Connection;
use twinline_store::Wish;

use crate::Machine;
use crate::census::{look_at, miss};
use crate::poll::Failure;
use crate::reading::Reading;

/// Wishes that are granted in one round.
const AT_ONCE: u32 = 50;

/// Reads what somebody wished for. What is not there is asked for once more, as by the look at all issues, and let go if the
/// tracker, which knows us and shows us the project, still has none: one that is only hidden for a moment must not be let go
/// because somebody was in a hurry.
pub(crate) async fn look<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
) -> Result<(), Failure> {
    let id = connection.id.clone();
    let wished = reading.machine.read(move |tx| tx.wished(&id, AT_ONCE)).await?;
    if wished.is_empty() {
        return Ok(());
    }
    match look_and_miss(reading, connection, &wished).await {
        Err(Failure::Read(error)) => {
            tracing::info!(%error, "what somebody wished for cannot be read yet");
            return Ok(());
        }
        other => other?,
    }
    reading.machine.write("wished", move |tx| wished.iter().try_for_each(|wish| tx.grant_wish(wish))).await?;
    Ok(())
}

async fn look_and_miss<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
    wished: &[Wish],
) -> Result<(), Failure> {
    let missing = look_at(reading, wished.iter().map(|wish| wish.issue.clone()).collect()).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let missing = wished.iter().filter(|wish| missing.contains(&wish.issue));
    let missing = missing.map(|wish| (wish.pair, wish.issue.clone())).collect();
    // Of how many these are nobody has counted: more than a few hold the connection, as ever.
    miss(reading, connection, missing, usize::MAX).await?;
    Ok(())
}
