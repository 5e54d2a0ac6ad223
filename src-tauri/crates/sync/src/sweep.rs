//! What stands above the highest key number: twins that nobody knows of, looked for past the search index.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use twinline_engine::bug;
use twinline_model::connection::Connection;
use twinline_model::observed::{Marker, ObservedIssue};
use twinline_model::problem::Trouble;
use twinline_model::{IssueKey, ProjectKey};
use twinline_trackers::{ReadError, Tracker};

use crate::Machine;
use crate::lately::Lately;
use crate::poll::{Failure, Left, leave_out};
use crate::reading::Reading;
use crate::take_in::{eyes, take_all, verify_markers};

/// Keys in one probe above the highest number known.
pub(crate) const WINDOW: u64 = 100;

/// Probes that a sweep makes at once, at most.
const AT_ONCE: u64 = 4;

/// Sweeps each connection's project; those that cannot be read are left out of the rest of the round.
pub(crate) async fn each<M: Machine>(
    reading: Reading<'_, M>,
    connections: &mut Vec<Connection>,
) -> Result<Left, Failure> {
    let mut left = Left::default();
    connections.clear();
    for connection in reading.all {
        let made = match make(reading, connection).await {
            // An issue that went away between two of its pages is not there any more the second time.
            Err(Failure::Read(ReadError::NotFound)) => make(reading, connection).await,
            made => made,
        };
        match made {
            Ok(()) => connections.push(connection.clone()),
            Err(failure) => {
                leave_out(reading, connection, failure, &mut left).await?;
            }
        }
    }
    Ok(left)
}

/// Once a run, before the search is asked: looks above the highest key number for twins that we made and do not know of, past
/// the search index. One that breaks off goes on in the next round; in the next run it begins anew where it began.
///
/// The oldest comes first: a twin that people copied, marker and all, is older than its copy. The search may show the copy
/// alone, and then it would be taken for the twin, and the partner would be told what people do to it.
pub(crate) async fn make<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
) -> Result<(), Failure> {
    let Reading { machine, tracker, all, lately, .. } = reading;
    let room = machine.room(&connection.id);
    if bug!(NoSweep) {
        room.memory().keys_read = true;
    }
    if room.memory().keys_read {
        return Ok(());
    }
    let broke_off = room.memory().sweep_at;
    let mut from = match broke_off {
        Some(at) => at,
        None => begins_at(machine.as_ref(), connection).await?,
    };
    let mut taken = 0;
    loop {
        // Where much was found, more is likely to follow: as many again are asked for at once, up to a few.
        let mut asked = FuturesOrdered::new();
        for window in 0..taken.clamp(1, AT_ONCE) {
            let keys = keys_from(&connection.project, from + window * WINDOW);
            asked.push_back(reading.asked(async move { tracker.issues_by_key(&keys).await }));
        }
        while let Some(found) = asked.next().await {
            let (at_ms, mut found) = found?;
            if found.is_empty() {
                room.memory().keys_read = true;
                return Ok(());
            }
            found.sort_by_key(|issue| (issue.created_ms, issue.key.number()));
            let mut marks = Lately::marks(&found);
            let left = take_all(reading, found, false).await?;
            marks.retain(|(id, _)| !left.contains(id));
            lately.note(&eyes(all), at_ms, marks);
            (from, taken) = (from + WINDOW, taken + 1);
            room.memory().sweep_at = Some(from);
        }
    }
}

/// The keys above the highest number and all changes were read: issues may be created. Not before: a database that was
/// rolled back must not create twice.
pub(crate) async fn end<M: Machine>(machine: &M, connection: &Connection) -> Result<(), Trouble> {
    let room = machine.room(&connection.id);
    {
        let memory = room.memory();
        // Both sides' numbers began anew meanwhile: the next round sweeps once more.
        if memory.swept || !memory.keys_read {
            return Ok(());
        }
    }
    let id = connection.id.clone();
    machine.write("swept", move |tx| tx.set_sweep_from(&id, None)).await?;
    let again = {
        let mut memory = room.memory();
        memory.swept = memory.keys_read;
        memory.sweep_from.filter(|_| !memory.swept)
    };
    if again.is_some() {
        // The numbers began anew while it was written down that the sweep is through: where the next one begins stays.
        let id = connection.id.clone();
        machine.write("sweep-from", move |tx| tx.set_sweep_from(&id, again)).await?;
    }
    room.work.ring();
    Ok(())
}

/// The next keys of a project, whether there are such issues or not.
pub(crate) fn keys_from(project: &ProjectKey, from: u64) -> Vec<IssueKey> {
    (from..from + WINDOW).map(|number| IssueKey::new(format!("{project}-{number}"))).collect()
}

/// What a poll meets before the sweep is through does not count: a database that was set back may lack what lies before it.
/// It is written down before anything is read, since what is read is durable even if this run ends in between.
pub(crate) async fn begins_at<M: Machine>(machine: &M, connection: &Connection) -> Result<u64, Trouble> {
    let room = machine.room(&connection.id);
    if let Some(from) = room.memory().sweep_from {
        return Ok(from);
    }
    let (id, above) = (connection.id.clone(), connection.above.unwrap_or(0));
    let from = machine
        .write("sweep-from", move |tx| match tx.sweep_from(&id)? {
            Some(begun) => Ok(begun),
            None => {
                let from = tx.highest_number(&id)?.max(above) + 1;
                tx.set_sweep_from(&id, Some(from))?;
                Ok(from)
            }
        })
        .await?;
    room.memory().sweep_from = Some(from);
    Ok(from)
}

/// The issue that a create made, where the search shows another one with its marker: people copied the twin before its
/// answer was known. The twin is older, so its number is one of those between, or, where the copy stands in another project,
/// any above. `None`: it is the one that was shown.
///
/// `above` is the number above which the create looks for its issue.
pub(crate) async fn original<M: Machine>(
    machine: &Arc<M>,
    tracker: &Arc<dyn Tracker>,
    connections: &[Connection],
    shown: &ObservedIssue,
    above: u64,
) -> Result<Option<ObservedIssue>, Failure> {
    let Some(marker) = &shown.marker else { return Ok(None) };
    let Some(home) = connections.iter().find(|c| c.id == marker.connection) else { return Ok(None) };
    let last = (home.project == shown.project).then(|| shown.key.number());
    let same = |other: &Marker| other.connection == marker.connection && other.origin == marker.origin;
    let mut from = above + 1;
    while last.is_none_or(|last| from < last) {
        let mut found = tracker.issues_by_key(&keys_from(&home.project, from)).await?;
        if found.is_empty() && last.is_none() {
            break;
        }
        found.sort_by_key(|issue| (issue.created_ms, issue.key.number()));
        for mut issue in found {
            if issue.id == shown.id || !issue.marker.as_ref().is_some_and(same) {
                continue;
            }
            verify_markers(machine.as_ref(), connections, &mut issue).await?;
            if issue.marker.is_some() && issue.created_ms <= shown.created_ms {
                return Ok(Some(issue));
            }
        }
        from += WINDOW;
    }
    Ok(None)
}
