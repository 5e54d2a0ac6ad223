//! Once a day each synced issue is looked at by its id, past the search index, and each number that no pair has by its key:
//! what the index never showed is found, and what is no longer there is noticed.

use std::collections::BTreeSet;

use twinline_engine::bug;

use twinline_model::connection::Connection;
use twinline_model::pair::PairState;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::Receipt;
use twinline_model::{ConnectionId, IssueId, Origin, PairId};
use twinline_store::{Account, StoreError, Tx};
use twinline_trackers::{ReadError, Tracker};

use crate::poll::Failure;
use crate::reading::Reading;
use crate::rows::{UNLINKED, push_receipt, raise_for};
use crate::take_in::take_all;
use crate::{Machine, again, closed, questions, unlisted, wished};

/// How often; the wall clock only says when it is worth looking again.
const EVERY_MS: i64 = 24 * 60 * 60_000;
/// Issues in one question.
const PAGE: u32 = 100;
/// More than this many at once is no accident of single issues.
pub(crate) const MANY: usize = 5;
/// Nor is more than one in ten, where there are enough to say so.
const SOME: usize = 3;

/// How far a census is.
#[derive(Default)]
pub struct Walk {
    /// Whether internal comments leave, as it began: what was looked at with other eyes is looked at anew.
    internal: bool,
    /// Which issues it looks for that no pair has, as it began.
    filter: Option<String>,
    /// By which rules, as it began.
    rules: u64,
    after: Option<PairId>,
    all: usize,
    missing: Vec<(PairId, IssueId)>,
    /// Every pair was looked at: what follows are the numbers that none has.
    pairs_done: bool,
    /// Key numbers that a pair has.
    pub(crate) known: BTreeSet<u64>,
    /// The last number that was asked for.
    pub(crate) number: u64,
}

/// Looks at the next issues of a connection, if it is time: a page in each round of the poll, so that changes do not wait.
pub(crate) async fn take<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
) -> Result<(), Failure> {
    let machine = reading.machine;
    let (id, now) = (connection.id.clone(), machine.now_ms());
    let last = machine.read(move |tx| tx.census_ms(&id)).await?;
    // A clock that was set back must not put it off for years.
    if last.is_some_and(|last| (last..last.saturating_add(EVERY_MS)).contains(&now)) {
        return Ok(());
    }
    let room = machine.room(&connection.id);
    let (internal, filter, rules) =
        (connection.internal_comments, connection.filter.clone(), connection.rules);
    let same = |walk: &Walk| walk.internal == internal && walk.filter == filter && walk.rules == rules;
    if !same(&room.memory().census) {
        room.memory().census = Walk { internal, filter, rules, ..Walk::default() };
    }
    let begins = room.memory().census.after.is_none();
    let through = go_on(reading, connection).await;
    if begins && through.is_err() {
        // What broke off in its first round is worth little: by the next one there may be more pairs.
        room.memory().census = Walk::default();
    }
    if !through? {
        return Ok(());
    }
    let walk = std::mem::take(&mut room.memory().census);
    if !miss(reading, connection, walk.missing, walk.all).await? {
        return Ok(());
    }
    let id = connection.id.clone();
    machine
        .write("census", move |tx| {
            tx.forget_accepted_loss(&id)?;
            // Somebody wants all of them looked at again since it began.
            match tx.census_ms(&id)? == last {
                true => tx.set_census_ms(&id, now),
                false => Ok(()),
            }
        })
        .await?;
    Ok(())
}

/// Goes on with the walk; true: it is through.
async fn go_on<M: Machine>(reading: Reading<'_, M>, connection: &Connection) -> Result<bool, Failure> {
    let room = reading.machine.room(&connection.id);
    if !room.memory().census.pairs_done {
        let done = next_pairs(reading, connection).await?;
        room.memory().census.pairs_done = done;
        if !done {
            return Ok(false);
        }
    }
    unlisted::look(reading, connection).await
}

/// Looks at the next pairs' issues; true: these were the last.
async fn next_pairs<M: Machine>(reading: Reading<'_, M>, connection: &Connection) -> Result<bool, Failure> {
    let room = reading.machine.room(&connection.id);
    let (id, after) = (connection.id.clone(), room.memory().census.after.unwrap_or(PairId(0)));
    let page = reading
        .machine
        .read(move |tx| {
            let read = |pair| match tx.pair(pair) {
                // One that is damaged holds up no other.
                Err(error) if error.is_of_one_row() => Ok((pair, None)),
                read => Ok((pair, read?)),
            };
            tx.pair_ids(&id, PAGE, after)?.into_iter().map(read).collect::<Result<Vec<_>, StoreError>>()
        })
        .await?;
    let is_last = page.len() < PAGE as usize;
    let end = page.last().map(|(pair, _)| *pair);
    let numbers: Vec<u64> = page
        .iter()
        .filter_map(|(_, pair)| pair.as_ref()?.ours.as_ref())
        .filter(|ours| ours.key.is_of(&connection.project))
        .map(|ours| ours.key.number())
        .collect();
    let synced: Vec<(PairId, IssueId)> = page
        .into_iter()
        .filter_map(|(id, pair)| pair.filter(|p| p.state == PairState::Active).map(|p| (id, p)))
        .filter_map(|(id, pair)| pair.ours.map(|ours| (id, ours.id)))
        .collect();
    let ids = synced.iter().map(|(_, issue)| issue.clone()).collect();
    let missing = look_at(reading, ids).await?;
    let mut memory = room.memory();
    memory.census.after = end;
    memory.census.all += synced.len();
    memory.census.missing.extend(synced.into_iter().filter(|(_, id)| missing.contains(id)));
    memory.census.known.extend(numbers);
    Ok(is_last)
}

/// Reads issues by their ids and takes in what is there; which are not.
pub(crate) async fn look_at<M: Machine>(
    reading: Reading<'_, M>,
    mut ids: Vec<IssueId>,
) -> Result<Vec<IssueId>, Failure> {
    if ids.is_empty() {
        return Ok(ids);
    }
    let found = reading.tracker.issues_by_id(&ids).await?;
    ids.retain(|id| !found.iter().any(|f| f.id == *id));
    take_all(reading, found, true).await?;
    Ok(ids)
}

/// Issues of `all` that a look at them did not find: asked for once more, and then believed or not. False: nothing is believed now,
/// and it is looked again.
pub(crate) async fn miss<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
    missing: Vec<(PairId, IssueId)>,
    all: usize,
) -> Result<bool, Failure> {
    let Reading { machine, account, tracker, .. } = reading;
    let ids: Vec<IssueId> = missing.iter().map(|(_, id)| id.clone()).collect();
    let gone = match ids.is_empty() || bug!(EmptyIsGone) {
        true => ids,
        false => still_missing(tracker.as_ref(), &ids).await?,
    };
    let lost = missing.into_iter().filter(|(_, id)| gone.contains(id)).map(|(pair, _)| pair).collect();
    Ok(believe(machine.as_ref(), account, tracker.as_ref(), connection, lost, all).await?)
}

/// Single issues are let go; many at once are no accident, and wait for a person, unless one has said that they are gone.
/// False: nothing is believed now, and it is looked again.
async fn believe<M: Machine>(
    machine: &M,
    account: &Account,
    tracker: &dyn Tracker,
    connection: &Connection,
    missing: Vec<PairId>,
    all: usize,
) -> Result<bool, Trouble> {
    if missing.is_empty() {
        return Ok(true);
    }
    // With its project they may come back.
    if !closed::standing(machine, account, tracker, connection).await?.is_open() {
        return Ok(false);
    }
    let many = missing.len() > MANY || (missing.len() >= SOME && missing.len() * 10 > all);
    let id = connection.id.clone();
    match many && !machine.read(move |tx| tx.is_loss_accepted(&id)).await? {
        true => hold(machine, connection, missing.len()).await?,
        // Whoever was asked about many knows of each.
        false => let_go(machine, missing, !many).await?,
    }
    Ok(true)
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
pub(crate) async fn hold<M: Machine>(
    machine: &M,
    connection: &Connection,
    many: usize,
) -> Result<(), Trouble> {
    let id = connection.id.clone();
    machine.write("hold", move |tx| tx.set_held(&id, Some(ProblemCode::MassLoss.as_str()))).await?;
    let trouble = Trouble::new(ProblemCode::MassLoss)
        .with("project", connection.project.as_str())
        .with("count", many.to_string());
    raise_for(machine, &connection.id, trouble).await
}

/// What a person says of issues that vanished at once: all are looked at again, and where they are `gone` for good, what is still
/// missing then is no longer synced.
///
/// # Errors
/// Those of the database.
pub fn answer_loss(tx: &mut Tx<'_>, connection: &ConnectionId, gone: bool) -> Result<(), StoreError> {
    if gone {
        tx.accept_loss(connection)?;
    }
    tx.set_held(connection, None)?;
    tx.set_census_ms(connection, 0)
}

/// Single issues that are no longer there: unlinked, and the twins stay (F52).
async fn let_go<M: Machine>(machine: &M, pairs: Vec<PairId>, ask: bool) -> Result<(), Trouble> {
    let now = machine.now_ms();
    machine
        .write("unlink", move |tx| {
            for id in pairs {
                // A person may have stopped syncing it meanwhile.
                if let Some(mut pair) = tx.pair(id)?.filter(|pair| pair.state == PairState::Active) {
                    again::let_go(tx, &mut pair, ask, now)?;
                }
            }
            Ok(())
        })
        .await?;
    machine.changed();
    Ok(())
}

/// Looks at what a person asked for; and again, once both sides agree, at issues that were not fully taken in before.
pub(crate) async fn complete<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
) -> Result<(), Failure> {
    questions::look(reading, connection).await?;
    wished::look(reading, connection).await?;
    let room = reading.machine.room(&connection.id);
    {
        let mut memory = room.memory();
        if !memory.agreed || !std::mem::take(&mut memory.left_open) {
            return Ok(());
        }
    }
    let done = take_unseen(reading, &connection.id).await;
    room.memory().left_open |= done.is_err();
    done
}

async fn take_unseen<M: Machine>(reading: Reading<'_, M>, id: &ConnectionId) -> Result<(), Failure> {
    let mut after = PairId(0);
    loop {
        let (id, account_id) = (id.clone(), reading.account.id.clone());
        let page = reading.machine.read(move |tx| tx.unseen(&id, &account_id, PAGE, after)).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        let ids: Vec<IssueId> = page.into_iter().map(|(_, issue)| issue).collect();
        look_at(reading, ids).await?;
    }
}

/// Looks for issues that were born here and that our database forgot: they are taken in again, or the partner is told that
/// they are no longer synced.
pub(crate) async fn remember<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
) -> Result<(), Failure> {
    let Reading { machine, account, tracker, .. } = reading;
    let room = machine.room(&connection.id);
    let forgotten: Vec<_> = room.memory().forgotten.iter().cloned().collect();
    if forgotten.is_empty() {
        return Ok(());
    }
    let named: Vec<(Origin, Option<IssueId>)> =
        forgotten.into_iter().map(|origin| (origin.clone(), own_issue(&origin, &account.site))).collect();
    let ids = named.iter().filter_map(|(_, id)| id.clone()).collect();
    let missing = look_at(reading, ids).await?;
    // What was only hidden for a moment is found in the next round.
    let gone =
        if missing.is_empty() { Vec::new() } else { still_missing(tracker.as_ref(), &missing).await? };
    if !gone.is_empty() {
        // With its project they may come back.
        let found = closed::standing(machine.as_ref(), account, tracker.as_ref(), connection).await?;
        if !found.is_open() {
            return Ok(());
        }
    }
    for (origin, id) in named {
        let hidden = id.is_some_and(|id| missing.contains(&id) && !gone.contains(&id));
        if !hidden {
            settle_forgotten(machine.as_ref(), &connection.id, &origin).await?;
            room.memory().forgotten.remove(&origin);
            room.news.ring();
        }
    }
    Ok(())
}

/// Our tracker's id of an issue that was born here, and of nothing else that a partner might name.
fn own_issue(origin: &Origin, site: &str) -> Option<IssueId> {
    let id = origin.item.strip_prefix(site)?.strip_prefix("/i/")?;
    (!id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| IssueId::new(id))
}

/// What was not taken in again is no longer synced: the partner is told.
async fn settle_forgotten<M: Machine>(
    machine: &M,
    id: &ConnectionId,
    origin: &Origin,
) -> Result<(), Trouble> {
    let (id, gone) = (id.clone(), origin.clone());
    machine
        .write("remember", move |tx| match tx.pair_of_origin(&id, &gone)? {
            Some(_) => Ok(()),
            None => push_receipt(tx, &id, &Receipt::Rejected { origin: gone, code: UNLINKED.to_owned() }),
        })
        .await
}
