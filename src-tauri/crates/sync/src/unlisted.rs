//! The second half of the daily look at all issues: those of our project that no pair has. Without a filter each key number is
//! asked for by key, so that an issue that the search index never shows is found all the same (F74). With a filter the search is
//! asked what matches it: an issue can come to match without being changed (by the time, or because the filter is another one).

use twinline_model::connection::Connection;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{IssueId, IssueKey};
use twinline_trackers::ReadError;

use crate::Machine;
use crate::poll::Failure;
use crate::reading::Reading;
use crate::rows::raise_for;
use crate::sweep::WINDOW;
use crate::take_in::take_all;

/// Looks at the next ones; true: these were the last. One question to the tracker, or more where each finds something.
pub(crate) async fn look<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
) -> Result<bool, Failure> {
    let Some(above) = connection.above else { return Ok(true) };
    match &connection.filter {
        Some(filter) => look_at_matching(reading, connection, above, filter).await,
        None => look_at_numbers(reading, connection, above).await,
    }
}

/// The next key numbers, and what lies behind the last.
async fn look_at_numbers<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
    above: u64,
) -> Result<bool, Failure> {
    let Reading { machine, tracker, .. } = reading;
    let room = machine.room(&connection.id);
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

/// The next of those that match.
async fn look_at_matching<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
    above: u64,
    filter: &str,
) -> Result<bool, Failure> {
    let Reading { machine, tracker, .. } = reading;
    let room = machine.room(&connection.id);
    let found = match tracker.found(&connection.project, Some(filter)).await {
        Err(ReadError::Refused(detail)) => {
            let trouble = Trouble::new(ProblemCode::FilterRefused).with("filter", filter);
            raise_for(machine.as_ref(), &connection.id, trouble.with("detail", detail)).await?;
            return Ok(true);
        }
        found => found?,
    };
    let next: Vec<(u64, IssueId)> = {
        let memory = room.memory();
        let from = memory.census.number.max(above);
        let of_project = found.into_iter().filter(|issue| issue.key.is_of(&connection.project));
        let mut next: Vec<_> = of_project
            .map(|issue| (issue.key.number(), issue.id))
            .filter(|(number, _)| *number > from && !memory.census.known.contains(number))
            .collect();
        next.sort();
        next.truncate(usize::try_from(WINDOW).unwrap_or(usize::MAX));
        next
    };
    let Some((end, _)) = next.last() else { return Ok(true) };
    let end = *end;
    let ids: Vec<IssueId> = next.into_iter().map(|(_, id)| id).collect();
    take_all(reading, tracker.issues_by_id(&ids).await?, true).await?;
    room.memory().census.number = end;
    Ok(false)
}
