//! Looks at issues of ours past the search index, many in one question: what a create made becomes `base` without waiting for
//! the index, an issue may have been moved or deleted since it was made, and after a restore it may hold what we are about
//! to write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use twinline_model::problem::Trouble;
use twinline_model::{IssueId, PairId};

use crate::census::{MANY, hold, still_missing};
use crate::desk::Desk;
use crate::lately::Lately;
use crate::perform::forget_pair;
use crate::poll::Failure;
use crate::reading::Reading;
use crate::take_in::take_all;
use crate::{Machine, closed};

/// What came of a question.
enum Looked {
    /// These pairs may go on.
    Pairs(BTreeSet<PairId>),
    /// The tracker did not answer.
    Unanswered,
    /// It did, but something had to be asked about one of the issues that could not be answered.
    Broken,
}

/// Looks at the issues of these pairs; answers the pairs that may go on. One that is not shown any more is let go.
pub(crate) async fn look<M: Machine>(
    desk: &Arc<Desk<M>>,
    wanted: &BTreeMap<PairId, IssueId>,
) -> Result<BTreeSet<PairId>, Trouble> {
    match together(desk, wanted).await? {
        Looked::Pairs(pairs) => Ok(pairs),
        Looked::Broken if wanted.len() > 1 => one_by_one(desk, wanted).await,
        Looked::Unanswered | Looked::Broken => Ok(BTreeSet::new()),
    }
}

/// So that an issue about which nobody can be asked holds up no other.
async fn one_by_one<M: Machine>(
    desk: &Arc<Desk<M>>,
    wanted: &BTreeMap<PairId, IssueId>,
) -> Result<BTreeSet<PairId>, Trouble> {
    let mut all = BTreeSet::new();
    for (pair, issue) in wanted {
        match together(desk, &BTreeMap::from([(*pair, issue.clone())])).await? {
            Looked::Pairs(pairs) => all.extend(pairs),
            Looked::Unanswered => break,
            Looked::Broken => {}
        }
    }
    Ok(all)
}

async fn together<M: Machine>(
    desk: &Arc<Desk<M>>,
    wanted: &BTreeMap<PairId, IssueId>,
) -> Result<Looked, Trouble> {
    let ids: Vec<IssueId> = wanted.values().cloned().collect();
    let found = match desk.tracker.issues_by_id(&ids).await {
        Ok(found) => found,
        Err(error) => {
            tracing::info!(%error, "issues cannot be looked at yet");
            return Ok(Looked::Unanswered);
        }
    };
    let mut shown: BTreeSet<IssueId> = found.iter().map(|seen| seen.id.clone()).collect();
    let missing: Vec<IssueId> = ids.into_iter().filter(|id| !shown.contains(id)).collect();
    let reading = Reading {
        machine: &desk.machine,
        account: &desk.account,
        tracker: &desk.tracker,
        all: std::slice::from_ref(&desk.connection),
        lately: &Lately::default(),
    };
    match take_all(reading, found, false).await {
        Ok(left) => left.iter().for_each(|id| {
            shown.remove(id);
        }),
        Err(Failure::Trouble(trouble)) => return Err(trouble),
        Err(Failure::Read(error)) => {
            tracing::info!(%error, "issues cannot be taken in yet");
            return Ok(Looked::Broken);
        }
    }
    let looked: BTreeSet<PairId> =
        wanted.iter().filter(|(_, issue)| shown.contains(issue)).map(|(pair, _)| *pair).collect();
    desk.room.memory().looked.extend(&looked);
    let_go(desk, wanted, &missing).await?;
    Ok(Looked::Pairs(looked))
}

/// Of those that were not shown, what is gone indeed; where that is many, a person has to look (F53).
async fn let_go<M: Machine>(
    desk: &Arc<Desk<M>>,
    wanted: &BTreeMap<PairId, IssueId>,
    missing: &[IssueId],
) -> Result<(), Trouble> {
    if missing.is_empty() {
        return Ok(());
    }
    // Nobody can say now: it is looked for again.
    let Ok(gone) = still_missing(desk.tracker.as_ref(), missing).await else { return Ok(()) };
    if gone.len() > MANY && closed::is_open_for(desk).await? {
        return hold(desk.machine.as_ref(), &desk.connection, gone.len()).await;
    }
    for (pair, issue) in wanted.iter().filter(|(_, issue)| gone.contains(issue)) {
        if !forget_pair(desk, *pair, Some(issue.clone())).await? {
            break;
        }
    }
    Ok(())
}
