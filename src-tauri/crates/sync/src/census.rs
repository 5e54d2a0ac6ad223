//! Once a day each synced issue is looked at by its id, past the search index: what the index never showed is found, and
//! what is no longer there is noticed.

use std::sync::Arc;
use twinline_engine::bug;

use twinline_model::connection::Connection;
use twinline_model::pair::PairState;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::Receipt;
use twinline_model::{ConnectionId, IssueId, PairId};
use twinline_store::Account;
use twinline_trackers::{ReadError, Tracker};

use crate::Machine;
use crate::poll::Failure;
use crate::rows::{UNLINKED, push_receipt, raise_for, unlink};
use crate::take_in::take_in;

/// How often; the wall clock only says when it is worth looking again.
const EVERY_MS: i64 = 24 * 60 * 60_000;
/// Issues in one question.
const PAGE: u32 = 100;
/// More than this many at once is no accident of single issues.
const MANY: usize = 5;
/// Nor is more than one in ten, where there are enough to say so.
const SOME: usize = 3;

/// Looks at all issues of a connection, if it is time.
pub(crate) async fn take<M: Machine>(
    machine: &Arc<M>,
    account: &Account,
    tracker: &Arc<dyn Tracker>,
    connection: &Connection,
) -> Result<(), Failure> {
    let (id, now) = (connection.id.clone(), machine.now_ms());
    let last = machine.read(move |tx| tx.census_ms(&id)).await?;
    // A clock that was set back must not put it off for years.
    if last.is_some_and(|last| (last..last.saturating_add(EVERY_MS)).contains(&now)) {
        return Ok(());
    }
    let (mut after, mut missing, mut all) = (PairId(0), Vec::new(), 0_usize);
    loop {
        let id = connection.id.clone();
        let page = machine
            .read(move |tx| {
                let mut page = Vec::new();
                for pair in tx.pair_ids(&id, PAGE, after)? {
                    page.push((pair, tx.pair(pair)?));
                }
                Ok(page)
            })
            .await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        let synced: Vec<(PairId, IssueId)> = page
            .into_iter()
            .filter_map(|(id, pair)| pair.filter(|p| p.state == PairState::Active).map(|p| (id, p)))
            .filter_map(|(id, pair)| pair.ours.map(|ours| (id, ours.id)))
            .collect();
        all += synced.len();
        let ids: Vec<IssueId> = synced.iter().map(|(_, issue)| issue.clone()).collect();
        if ids.is_empty() {
            continue;
        }
        let found = tracker.issues_by_id(&ids).await?;
        missing.extend(synced.into_iter().filter(|(_, id)| !found.iter().any(|f| f.id == *id)));
        for issue in found {
            take_in(machine, account, tracker, std::slice::from_ref(connection), issue, true).await?;
        }
    }
    if !missing.is_empty() {
        let ids: Vec<IssueId> = missing.iter().map(|(_, id)| id.clone()).collect();
        let gone = if bug!(EmptyIsGone) { ids } else { still_missing(tracker.as_ref(), &ids).await? };
        missing.retain(|(_, id)| gone.contains(id));
    }
    if !missing.is_empty() {
        let missing: Vec<PairId> = missing.into_iter().map(|(pair, _)| pair).collect();
        let many = missing.len() > MANY || (missing.len() >= SOME && missing.len() * 10 > all);
        match many {
            true => hold(machine.as_ref(), connection, missing.len()).await?,
            false => let_go(machine.as_ref(), missing).await?,
        }
    }
    let id = connection.id.clone();
    machine.write("census", move |tx| tx.set_census_ms(&id, now)).await?;
    Ok(())
}

/// Which of these are missing even though the tracker knows who we are: an expired sign-in gets empty lists too, and so
/// does everybody while a site is being repaired.
pub(crate) async fn still_missing(tracker: &dyn Tracker, ids: &[IssueId]) -> Result<Vec<IssueId>, ReadError> {
    tracker.identity().await?;
    let found = tracker.issues_by_id(ids).await?;
    tracker.identity().await?;
    Ok(ids.iter().filter(|id| !found.iter().any(|f| f.id == **id)).cloned().collect())
}

/// A wrong token, lost permissions, a deleted project: nothing is believed before a person has looked (F53).
async fn hold<M: Machine>(machine: &M, connection: &Connection, many: usize) -> Result<(), Trouble> {
    let id = connection.id.clone();
    machine.write("hold", move |tx| tx.set_held(&id, Some(ProblemCode::MassLoss.as_str()))).await?;
    let trouble = Trouble::new(ProblemCode::MassLoss)
        .with("project", connection.project.as_str())
        .with("count", many.to_string());
    raise_for(machine, &connection.id, trouble).await
}

/// Single issues that are no longer there: unlinked, and the twins stay (F52).
async fn let_go<M: Machine>(machine: &M, pairs: Vec<PairId>) -> Result<(), Trouble> {
    let now = machine.now_ms();
    machine
        .write("unlink", move |tx| {
            for id in pairs {
                if let Some(mut pair) = tx.pair(id)? {
                    unlink(tx, &mut pair, "deleted", "activity-unlinked-gone", now)?;
                }
            }
            Ok(())
        })
        .await?;
    machine.changed();
    Ok(())
}

/// Looks again, once both sides agree, at issues that were not fully taken in before.
pub(crate) async fn complete<M: Machine>(
    machine: &Arc<M>,
    account: &Account,
    tracker: &Arc<dyn Tracker>,
    connection: &Connection,
    all: &[Connection],
) -> Result<(), Failure> {
    let room = machine.room(&connection.id);
    {
        let mut memory = room.memory();
        if !memory.agreed || !std::mem::take(&mut memory.left_open) {
            return Ok(());
        }
    }
    let done = take_unseen(machine, account, tracker, &connection.id, all).await;
    room.memory().left_open |= done.is_err();
    done
}

async fn take_unseen<M: Machine>(
    machine: &Arc<M>,
    account: &Account,
    tracker: &Arc<dyn Tracker>,
    id: &ConnectionId,
    all: &[Connection],
) -> Result<(), Failure> {
    let mut after = PairId(0);
    loop {
        let (id, account_id) = (id.clone(), account.id.clone());
        let page = machine.read(move |tx| tx.unseen(&id, &account_id, PAGE, after)).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        let ids: Vec<IssueId> = page.into_iter().map(|(_, issue)| issue).collect();
        for issue in tracker.issues_by_id(&ids).await? {
            take_in(machine, account, tracker, all, issue, true).await?;
        }
    }
}

/// Looks for issues that were born here and that our database forgot: they are taken in again, or the partner is told that
/// they are no longer synced.
pub(crate) async fn remember<M: Machine>(
    machine: &Arc<M>,
    account: &Account,
    tracker: &Arc<dyn Tracker>,
    connection: &Connection,
) -> Result<(), Failure> {
    let room = machine.room(&connection.id);
    let forgotten = room.memory().forgotten.clone();
    for origin in forgotten {
        let id = IssueId::new(origin.item.rsplit('/').next().unwrap_or_default());
        let found = tracker.issues_by_id(std::slice::from_ref(&id)).await?;
        let gone =
            found.is_empty() && !still_missing(tracker.as_ref(), std::slice::from_ref(&id)).await?.is_empty();
        if found.is_empty() && !gone {
            // It was hidden for a moment: the next round finds it.
            continue;
        }
        for issue in found {
            take_in(machine, account, tracker, std::slice::from_ref(connection), issue, true).await?;
        }
        let (wanted, gone) = (connection.id.clone(), origin.clone());
        machine
            .write("remember", move |tx| match tx.pair_of_origin(&wanted, &gone)? {
                Some(_) => Ok(()),
                None => {
                    let code = UNLINKED.to_owned();
                    push_receipt(tx, &wanted, &Receipt::Rejected { origin: gone, code })
                }
            })
            .await?;
        room.memory().forgotten.remove(&origin);
        room.news.ring();
    }
    Ok(())
}
