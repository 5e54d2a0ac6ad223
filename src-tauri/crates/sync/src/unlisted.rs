//! The second half of the daily look at all issues: key numbers of our project that no pair has, asked for by key. So an
//! issue that the search index never shows is found all the same (F74).

use twinline_model::IssueKey;
use twinline_model::connection::Connection;

use crate::Machine;
use crate::poll::Failure;
use crate::reading::Reading;
use crate::sweep::WINDOW;
use crate::take_in::take_all;

/// Looks at the next numbers; true: these were the last. One question to the tracker, or more where each finds something.
///
/// A filter is left alone: it asks the index as well, and what the index never shows can never match.
pub(crate) async fn look<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
) -> Result<bool, Failure> {
    let Reading { machine, tracker, .. } = reading;
    let room = machine.room(&connection.id);
    let (Some(above), None) = (connection.above, &connection.filter) else { return Ok(true) };
    loop {
        let id = connection.id.clone();
        let top = machine.read(move |tx| tx.highest_number(&id)).await?;
        let (top, end, keys) = {
            let memory = room.memory();
            let top = top.max(memory.highest);
            let from = memory.census.number.max(above) + 1;
            // Beyond the highest number there may be some as well.
            let numbers = (from..=top.saturating_add(WINDOW)).filter(|n| !memory.census.known.contains(n));
            let numbers: Vec<u64> = numbers.take(usize::try_from(WINDOW).unwrap_or(usize::MAX)).collect();
            let end = numbers.last().copied().unwrap_or(from);
            let keys: Vec<IssueKey> =
                numbers.iter().map(|n| IssueKey::new(format!("{}-{n}", connection.project))).collect();
            (top, end, keys)
        };
        let found = tracker.issues_by_key(&keys).await?;
        let more = !found.is_empty();
        take_all(reading, found, false).await?;
        room.memory().census.number = end;
        match (more, end > top) {
            (_, false) => return Ok(false),
            (false, true) => return Ok(true),
            // Where something was found beyond it, more may lie behind.
            (true, true) => {}
        }
    }
}
