//! The public side where it cannot be called: it answers at a relay, while a connection needs that.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use twinline_link::carriers::iroh::server::serve;
use twinline_model::connection::{Connection, Role};
use twinline_model::problem::{ProblemCode, Trouble};

use super::listener::Public;
use super::pause;
use crate::keys;
use crate::node::Node;
use crate::time::now_ms;

/// How long a relay may be away before a person is told: it may be restarted, and so may a network.
const PATIENCE: Duration = Duration::from_secs(120);
/// Our tracker was read within this time, ms: it is not this computer that is offline.
const ONLINE_MS: i64 = 120_000;

/// The relay at which a connection's partner finds us, if that is how we are called.
pub(super) fn of(connection: &Connection) -> Option<String> {
    super::relay(connection).filter(|_| connection.role == Role::Public)
}

/// Answers at one relay while a public connection needs it.
pub(super) async fn run(node: Arc<Node>, relay: String) {
    let mut poke = node.poke.subscribe();
    let key = match keys::endpoint(&node.secrets).await {
        Ok(key) => key,
        Err(trouble) => {
            tracing::error!(%trouble, "cannot answer at the relay");
            pause(&node, &mut poke, Duration::from_secs(30)).await;
            return;
        }
    };
    set(&node, &relay, Some(false));
    let told = |connected| {
        tracing::info!(connected, "relay");
        set(&node, &relay, Some(connected));
    };
    let answerer = Arc::new(Public { node: node.clone() });
    if let Err(error) = serve(&relay, &key, answerer, watch(&node, &relay, poke), told).await {
        tracing::error!(%error, "the relay cannot be used");
        pause(&node, &mut node.poke.subscribe(), Duration::from_secs(30)).await;
    }
    set(&node, &relay, None);
    tell(&node, &relay, false).await;
}

fn set(node: &Node, relay: &str, connected: Option<bool>) {
    let mut relays = node.relays.lock().unwrap_or_else(PoisonError::into_inner);
    match connected {
        Some(connected) => relays.insert(relay.to_owned(), connected),
        None => relays.remove(relay),
    };
    drop(relays);
    node.changed();
}

/// Tells a person when the relay stays away, and ends when no connection needs it, or the node stops.
async fn watch(node: &Node, relay: &str, mut poke: tokio::sync::watch::Receiver<u64>) {
    let (mut away, mut told) = (Instant::now(), false);
    loop {
        if !pause(node, &mut poke, node.options.check_every).await {
            return;
        }
        let read = node.db.read(|tx| Ok((tx.connections()?, tx.accounts()?))).await;
        let (connections, accounts) = read.unwrap_or_default();
        if !connections.iter().any(|c| of(c).as_deref() == Some(relay)) {
            return;
        }
        let connected = node.at_relay(relay) == Some(true);
        if connected {
            away = Instant::now();
        }
        let online = accounts.iter().filter_map(|a| a.checked_ms).any(|read| now_ms() - read <= ONLINE_MS);
        let missed = away.elapsed() >= PATIENCE && online;
        if connected && told || missed && !told {
            told = missed;
            tell(node, relay, missed).await;
        }
    }
}

async fn tell(node: &Node, relay: &str, missed: bool) {
    let trouble = Trouble::new(ProblemCode::RelayUnreachable).with("relay", relay);
    let done = node.db.write(move |tx| {
        let code = trouble.code.as_str();
        match missed {
            true => tx.raise(code, None, None, None, &trouble.facts, now_ms()).map(drop),
            false => tx.settle_problem(Some(code), None, None).map(drop),
        }
    });
    if let Err(trouble) = done.await {
        tracing::error!(%trouble, "relay");
    }
    node.changed();
}
