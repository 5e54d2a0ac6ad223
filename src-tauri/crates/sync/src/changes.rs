//! What changed since the last round. The newest changes come in one answer; where there are more, the search names the rest,
//! and each is read by its id, a few questions at a time, unless it was read lately and has not changed since.

use std::collections::HashSet;

use futures_util::StreamExt as _;
use futures_util::future::join;
use futures_util::stream::FuturesOrdered;
use twinline_engine::bug;
use twinline_model::connection::Connection;
use twinline_model::observed::ObservedIssue;
use twinline_model::{IssueId, ProjectKey};
use twinline_trackers::{ChangeQuery, NewestChanges};

use crate::Machine;
use crate::census::{MANY, still_missing};
use crate::lately::Lately;
use crate::poll::Failure;
use crate::reading::Reading;
use crate::take_in::{eyes, take_all};

/// Questions that wait for their answers at once.
const AT_ONCE: usize = 4;
/// A minute, ms: who looked within the same one asks together what changed since.
const TOGETHER: i64 = 60_000;

/// Reads all changes since the cursor and takes each in; the newest `updated` that was seen.
pub(crate) async fn read<M: Machine>(
    reading: Reading<'_, M>,
    since_ms: Option<i64>,
) -> Result<Option<i64>, Failure> {
    let Reading { tracker, lately, all, .. } = reading;
    let since_ms = since_ms.map(|since| since.saturating_sub(tracker.overlap_ms()));
    let query = ChangeQuery { projects: projects_of(all), since_ms };
    let (begun, newest) = reading.asked(tracker.newest_changes(&query)).await?;
    let seen = newest.issues.iter().map(|issue| issue.updated_ms).max();
    let eyes = eyes(all);
    if !newest.more {
        lately.keep(&eyes, &[]);
        take_all(reading, newest.issues, true).await?;
        return Ok(seen);
    }
    let listed = tracker.changed_ids(&query).await?;
    let unread = unread(reading, &query.projects, &newest, &listed).await?;
    let all_there = read_each(reading, since_ms, &unread).await?;
    take_all(reading, newest.issues, true).await?;
    // What was read by its id may have changed later than what the search was asked for.
    let seen = seen.max(lately.keep(&eyes, &listed)).map(|seen| seen.min(begun));
    // Nothing is listed, and yet there are changes: who is not signed in any more gets such answers.
    Ok(seen.filter(|_| all_there && !listed.is_empty()))
}

fn projects_of(connections: &[Connection]) -> Vec<ProjectKey> {
    let mut projects: Vec<ProjectKey> = connections.iter().map(|c| c.project.clone()).collect();
    projects.sort();
    projects.dedup();
    projects
}

/// Which of the issues that are listed have to be read beside the newest changes.
async fn unread<M: Machine>(
    reading: Reading<'_, M>,
    projects: &[ProjectKey],
    newest: &NewestChanges,
    listed: &[IssueId],
) -> Result<Vec<IssueId>, Failure> {
    let Reading { tracker, lately, all, .. } = reading;
    let shown: HashSet<&IssueId> = newest.issues.iter().map(|issue| &issue.id).collect();
    let rest: Vec<IssueId> = listed.iter().filter(|id| !shown.contains(id)).cloned().collect();
    let (read, mut unread) = lately.divide(&eyes(all), &rest);
    let oldest_shown = newest.issues.iter().map(|issue| issue.updated_ms).min();
    let mut changed: Option<(i64, HashSet<IssueId>)> = None;
    for (at_ms, ids) in read {
        // All that changed since then is among the newest, and these are not.
        if oldest_shown.is_some_and(|oldest| oldest < at_ms) || bug!(ReadForGood) {
            unread.extend(unsettled(reading, ids).await?);
            continue;
        }
        let known = changed.take().filter(|(since, _)| at_ms - since < TOGETHER);
        let (since, since_then) = match known {
            Some(known) => known,
            None => {
                let query = ChangeQuery { projects: projects.to_vec(), since_ms: Some(at_ms) };
                (at_ms, tracker.changed_ids(&query).await?.into_iter().collect())
            }
        };
        let (again, same) = ids.into_iter().partition(|id| since_then.contains(id));
        unread.extend::<Vec<_>>(again);
        unread.extend(unsettled(reading, same).await?);
        changed = Some((since, since_then));
    }
    // In the order of their keys again: the oldest first.
    let unread: HashSet<IssueId> = unread.into_iter().collect();
    Ok(rest.into_iter().filter(|id| unread.contains(id)).collect())
}

/// Those of which something was left for later.
async fn unsettled<M: Machine>(reading: Reading<'_, M>, ids: Vec<IssueId>) -> Result<Vec<IssueId>, Failure> {
    let account = reading.account.id.clone();
    let found = reading
        .machine
        .read(move |tx| {
            let mut left = Vec::new();
            for id in ids {
                match tx.seen(&account, &id) {
                    Ok(Some(_)) => {}
                    Ok(None) => left.push(id),
                    // It is told where it is taken in, and holds up no other.
                    Err(error) if error.is_of_one_row() => left.push(id),
                    Err(error) => return Err(error),
                }
            }
            Ok(left)
        })
        .await?;
    Ok(found)
}

/// Reads issues by their ids and takes them in; false: some may only be hidden from us, and the cursor must not pass them.
async fn read_each<M: Machine>(
    reading: Reading<'_, M>,
    since_ms: Option<i64>,
    ids: &[IssueId],
) -> Result<bool, Failure> {
    let Reading { machine, tracker, lately, all, .. } = reading;
    let mut questions = ids.chunks(machine.at_once());
    let mut answers = FuturesOrdered::new();
    let (mut there, eyes) = (HashSet::new(), eyes(all));
    answers.extend(questions.by_ref().take(AT_ONCE).map(|ids| ask(reading, ids, since_ms)));
    let mut answer = answers.next().await.transpose()?;
    while let Some((at_ms, issues)) = answer {
        answers.extend(questions.next().map(|ids| ask(reading, ids, since_ms)));
        let mut marks = Lately::marks(&issues);
        // The site answers while these are taken in.
        let (taken, next) = join(take_all(reading, issues, true), answers.next()).await;
        there.extend(marks.iter().map(|(id, _)| id.clone()));
        let left = taken?;
        marks.retain(|(id, _)| !left.contains(id));
        lately.note(&eyes, at_ms, marks);
        answer = next.transpose()?;
    }
    let missing: Vec<IssueId> = ids.iter().filter(|id| !there.contains(id)).cloned().collect();
    // A few were deleted since the index saw them. Many at once are no accident: a right was taken away, and may come back.
    let few = missing.len() <= MANY;
    Ok(missing.is_empty() || few && still_missing(tracker.as_ref(), &missing).await?.len() == missing.len())
}

/// When they were asked for, and those that are there, in the order of these ids.
async fn ask<M: Machine>(
    reading: Reading<'_, M>,
    ids: &[IssueId],
    since_ms: Option<i64>,
) -> Result<(i64, Vec<ObservedIssue>), Failure> {
    let (at_ms, mut issues) = reading.asked(reading.tracker.changed_issues(ids, since_ms)).await?;
    issues.sort_by_key(|issue| ids.iter().position(|id| *id == issue.id));
    Ok((at_ms, issues))
}
