//! What happens by itself.
//!
//! | loop | one per | does |
//! |---|---|---|
//! | [`poll`] | account | reads what changed in our tracker, and lets the engine observe it |
//! | [`work`] | connection | plans each pair and writes to our tracker, intent first; probes what is unknown |
//! | [`caller`] | private connection | starts every exchange with the partner |
//! | [`listener`] | node | answers partners, while a public connection needs it |
//!
//! [`supervise`] starts what is missing; a loop ends by itself when its subject is gone. [`speak`] is both sides' half
//! of an exchange. No loop holds a list: each asks the database for the next few rows.

mod blobs;
mod caller;
mod inbox;
mod listener;
mod pairing;
mod poll;
mod probe;
mod speak;
mod take_in;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use twinline_engine::{Lost, Note, Rules, flags};
use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::pair::{Pair, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{AccountId, ConnectionId};
use twinline_store::{ActivityRow, ConflictRow, PairFlags, StoreError, Tx};

use crate::node::Node;
use crate::time::now_ms;

pub(crate) use pairing::pair;

/// The rules of a connection.
fn rules(_: &Connection) -> Rules {
    // Script mode brings rules of its own; Basic rules are the same for everybody.
    Rules::basic()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Poll(AccountId),
    Work(ConnectionId),
    Call(ConnectionId),
    Listen,
}

/// Starts the loops that the connections need, until the node stops.
pub(crate) async fn supervise(node: Arc<Node>) {
    let mut loops: BTreeMap<Subject, AbortHandle> = BTreeMap::new();
    let mut poke = node.poke.subscribe();
    loop {
        loops.retain(|_, handle| !handle.is_finished());
        match node.db.read(|tx| tx.connections()).await {
            Ok(connections) => start_missing(&node, &connections, &mut loops),
            Err(trouble) => tracing::error!(%trouble, "connections could not be read"),
        }
        tokio::select! {
            () = node.stop.cancelled() => return,
            _ = poke.changed() => {}
            () = tokio::time::sleep(node.options.check_every) => {}
        }
    }
}

fn start_missing(node: &Arc<Node>, connections: &[Connection], loops: &mut BTreeMap<Subject, AbortHandle>) {
    let mut start = |subject: Subject, task: futures_util::future::BoxFuture<'static, ()>| {
        loops.entry(subject).or_insert_with(|| node.tasks.spawn(task).abort_handle());
    };
    for connection in connections {
        let id = connection.id.clone();
        if connection.stage == Stage::Connected {
            let account = connection.account.clone();
            start(Subject::Poll(account.clone()), Box::pin(poll::run(node.clone(), account)));
            start(Subject::Work(id.clone()), Box::pin(work::run(node.clone(), id.clone())));
        }
        if connection.role == Role::Private && caller::is_needed(node, connection) {
            start(Subject::Call(id.clone()), Box::pin(caller::run(node.clone(), id)));
        }
    }
    if connections.iter().any(|c| c.role == Role::Public) {
        start(Subject::Listen, Box::pin(listener::run(node.clone())));
    }
}

/// Stores a pair with what follows from it for the lists.
pub(crate) fn save(tx: &mut Tx<'_>, pair: &Pair, changed_ms: Option<i64>) -> Result<(), StoreError> {
    let open = tx.intents_of(pair.id)?;
    // A file's problem stops that file alone.
    let stopped = tx.problems_of_pair(pair.id)?.iter().any(|p| !p.facts.contains_key("file"));
    let (to_send, to_do, standing) = flags(pair, &open, stopped);
    tx.save_pair(pair, PairFlags { to_send, to_do: to_do && !stopped, standing }, changed_ms)
}

/// Writes lines for people.
fn note(tx: &mut Tx<'_>, pair: &Pair, notes: Vec<Note>, now_ms: i64) -> Result<(), StoreError> {
    for note in notes {
        tx.add_activity(&ActivityRow {
            id: 0,
            at_ms: now_ms,
            connection: pair.connection.clone(),
            direction: note.direction,
            kind: note.kind,
            ours: pair.ours.as_ref().map(|o| o.key.to_string()),
            theirs: pair.theirs.as_ref().map(|t| t.key.clone()),
            message: note.message.to_owned(),
            facts: note.facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        })?;
    }
    Ok(())
}

/// Keeps texts that lost a conflict, and tells people.
fn keep_lost(tx: &mut Tx<'_>, pair: &Pair, lost: Vec<Lost>, now_ms: i64) -> Result<(), StoreError> {
    use twinline_model::view::{ActivityKind, Direction};
    for text in lost {
        tx.add_conflict(&ConflictRow {
            connection: pair.connection.clone(),
            pair: pair.id,
            field: text.field.to_owned(),
            at_ms: now_ms,
            winner: if text.ours_won { Side::Ours } else { Side::Theirs },
            kept: text.kept,
            lost: text.lost,
        })?;
        let message = if text.ours_won { "activity-conflict-ours" } else { "activity-conflict-theirs" };
        let line = Note::new(Direction::In, ActivityKind::Change, message).with("field", text.field);
        note(tx, pair, vec![line], now_ms)?;
    }
    Ok(())
}

/// Notes that the partner could not be reached.
pub(crate) async fn note_contact_failure(
    node: &Node,
    id: &ConnectionId,
    code: ProblemCode,
) -> Result<(), Trouble> {
    let id = id.clone();
    node.db
        .write(move |tx| {
            let mut link = tx.link(&id)?;
            link.last_error = Some(code.as_str().to_owned());
            tx.set_link(&id, &link)
        })
        .await?;
    node.changed();
    Ok(())
}

/// A pause that grows with each failure, with full jitter: between 0 and `2^failures` seconds, at most 5 minutes, at
/// least 200 ms.
fn back_off(failures: u32) -> Duration {
    let most = 1_000_u64.saturating_mul(1 << failures.min(9)).min(300_000);
    let mut bytes = [0_u8; 8];
    // Without random bytes the pause is the longest: later than needed, never a storm.
    let random = if getrandom::fill(&mut bytes).is_ok() { u64::from_le_bytes(bytes) } else { most };
    Duration::from_millis((random % (most + 1)).max(200))
}

/// Sleeps until the time is up, a bell rings, somebody pokes, or the node stops; true: go on.
async fn pause(node: &Node, bell: &mut tokio::sync::watch::Receiver<u64>, most: Duration) -> bool {
    tokio::select! {
        () = node.stop.cancelled() => false,
        _ = bell.changed() => true,
        () = tokio::time::sleep(most) => true,
    }
}

/// Raises a problem of one pair in a transaction that also saves the pair.
fn raise(tx: &mut Tx<'_>, pair: &Pair, trouble: &Trouble, now_ms: i64) -> Result<(), StoreError> {
    let issue = pair.ours.as_ref().map(|o| o.key.to_string());
    let issue = issue.or_else(|| pair.theirs.as_ref().map(|t| t.key.clone()));
    tx.raise(
        trouble.code.as_str(),
        Some(&pair.connection),
        Some(pair.id),
        issue.as_deref(),
        &trouble.facts,
        now_ms,
    )?;
    Ok(())
}

/// Raises a problem of a whole connection.
async fn raise_for(node: &Node, id: &ConnectionId, trouble: Trouble) -> Result<(), Trouble> {
    let id = id.clone();
    node.db
        .write(move |tx| tx.raise(trouble.code.as_str(), Some(&id), None, None, &trouble.facts, now_ms()))
        .await?;
    node.changed();
    Ok(())
}
