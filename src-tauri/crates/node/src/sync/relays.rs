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
/// And before it is written down.
const BLIP: Duration = Duration::from_secs(10);
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
        if set(&node, &relay, Some(connected)) != Some(connected) {
            tracing::info!(connected, "relay");
        }
    };
    let answerer = Arc::new(Public { node: node.clone() });
    if let Err(error) = serve(&relay, &key, answerer, watch(&node, &relay, poke), told).await {
        tracing::error!(%error, "the relay cannot be used");
        pause(&node, &mut node.poke.subscribe(), Duration::from_secs(30)).await;
    }
    set(&node, &relay, None);
    tell(&node, &relay, false).await;
}

/// Answers what was known before.
fn set(node: &Node, relay: &str, connected: Option<bool>) -> Option<bool> {
    let mut relays = node.relays.lock().unwrap_or_else(PoisonError::into_inner);
    let before = match connected {
        Some(connected) => relays.insert(relay.to_owned(), connected),
        None => relays.remove(relay),
    };
    drop(relays);
    node.changed();
    before
}

/// Writes down that the relay is away, tells a person when it stays so, and ends when no connection needs it, or the node stops.
async fn watch(node: &Node, relay: &str, mut poke: tokio::sync::watch::Receiver<u64>) {
    // An earlier run may have noted and told something.
    let (mut away, mut noted, mut told) = (Instant::now(), None, None);
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
        let missed = !connected && away.elapsed() >= BLIP;
        if (connected || missed) && noted != Some(missed) {
            noted = Some(missed);
            note(node, relay, missed).await;
        }
        let online = accounts.iter().filter_map(|a| a.checked_ms).any(|read| now_ms() - read <= ONLINE_MS);
        let missed = away.elapsed() >= PATIENCE && online;
        if (connected || missed) && told != Some(missed) {
            told = Some(missed);
            tell(node, relay, missed).await;
        }
    }
}

/// For whoever looks, in this process or another, at the connections that need the relay.
async fn note(node: &Node, relay: &str, away: bool) {
    let relay = relay.to_owned();
    let done = node.db.write(move |tx| {
        let code = ProblemCode::RelayUnreachable.as_str();
        for connection in tx.connections()?.iter().filter(|c| of(c).as_ref() == Some(&relay)) {
            let mut link = tx.link(&connection.id)?;
            let known = link.last_error.as_deref() == Some(code);
            if known != away {
                link.last_error = away.then(|| code.to_owned());
                tx.set_link(&connection.id, &link)?;
            }
        }
        Ok(())
    });
    if let Err(trouble) = done.await {
        tracing::error!(%trouble, "relay");
    }
    node.changed();
}

async fn tell(node: &Node, relay: &str, missed: bool) {
    // Each relay has a row of its own.
    let trouble = Trouble::new(ProblemCode::RelayUnreachable).with("relay", relay).with("other", relay);
    let relay = relay.to_owned();
    let done = node.db.write(move |tx| {
        let code = trouble.code.as_str();
        match missed {
            true => tx.raise(code, None, None, None, &trouble.facts, now_ms()).map(drop),
            false => {
                let rows = tx.problems()?.into_iter();
                let mine = rows.filter(|row| row.code == code && row.facts.get("relay") == Some(&relay));
                mine.map(|row| row.id)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .try_for_each(|id| tx.remove_problem(id))
            }
        }
    });
    if let Err(trouble) = done.await {
        tracing::error!(%trouble, "relay");
    }
    node.changed();
}
