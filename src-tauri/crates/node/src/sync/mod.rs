//! What happens by itself: the loops of the crate `twinline-sync`, each started where its subject is there, and the
//! listener, which answers partners while a public connection needs it, at an address or at a relay.
//!
//! [`supervise`] starts what is missing; a loop ends by itself when its subject is gone.

mod caller;
pub(crate) mod doubled;
mod listener;
mod local;
mod pairing;
mod relays;
mod tried;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::{AccountId, ConnectionId};

use twinline_sync::caller::is_needed;

use crate::node::Node;
use crate::time::now_ms;

pub(crate) use caller::{call, relay, shown};
pub(crate) use pairing::{pair, pair_with};

/// However seldom trackers are asked, it is looked so often whether something else is wanted.
const TICK: Duration = Duration::from_secs(15);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Poll(AccountId),
    Work(ConnectionId),
    Call(ConnectionId),
    Listen,
    Relay(String),
}

/// Starts the loops that the connections need, until the node stops.
pub(crate) async fn supervise(node: Arc<Node>) {
    let mut loops: BTreeMap<Subject, AbortHandle> = BTreeMap::new();
    let mut poke = node.poke.subscribe();
    loop {
        loops.retain(|_, handle| !handle.is_finished());
        let changes_in = node.hold_pace().await.unwrap_or_else(|trouble| {
            tracing::error!(%trouble, "the pace could not be read");
            None
        });
        let ends_in = node.end_pauses(now_ms()).await.unwrap_or_else(|trouble| {
            tracing::error!(%trouble, "pauses could not be read");
            None
        });
        if let Err(trouble) = node.watch_partners(now_ms(), node.started.elapsed()).await {
            tracing::error!(%trouble, "who is away could not be looked at");
        }
        match node.db.glance(|tx| tx.connections()).await {
            Ok(connections) => start_missing(&node, &connections, &mut loops),
            Err(trouble) => tracing::error!(%trouble, "connections could not be read"),
        }
        tokio::select! {
            () = node.stop.cancelled() => return,
            _ = poke.changed() => {}
            // Never for longer than a check: what the computer slept through is not counted by this sleep, and another
            // process may have paused, or chosen another pace.
            () = tokio::time::sleep([Some(node.check_every()), ends_in, changes_in].into_iter().flatten().fold(TICK, Duration::min)) => {}
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
            if !node.rests() {
                start(
                    Subject::Poll(account.clone()),
                    Box::pin(twinline_sync::poll::run(node.clone(), account)),
                );
            }
            start(Subject::Work(id.clone()), Box::pin(twinline_sync::worker::run(node.clone(), id.clone())));
        }
        if connection.role == Role::Private && is_needed(node.as_ref(), connection) {
            start(Subject::Call(id.clone()), Box::pin(twinline_sync::caller::run(node.clone(), id)));
        }
    }
    if connections.iter().any(listener::needs) {
        start(Subject::Listen, Box::pin(listener::run(node.clone())));
    }
    for relay in connections.iter().filter_map(relays::of) {
        start(Subject::Relay(relay.clone()), Box::pin(relays::run(node.clone(), relay)));
    }
}

/// Sleeps until the time is up, a bell rings, somebody pokes, or the node stops; true: go on.
async fn pause(node: &Node, bell: &mut tokio::sync::watch::Receiver<u64>, most: Duration) -> bool {
    tokio::select! {
        () = node.stop.cancelled() => false,
        _ = bell.changed() => true,
        () = tokio::time::sleep(most) => true,
    }
}
