//! The public side: it answers, and never calls.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use twinline_link::carriers::http::server::{Answerer, serve};
use twinline_link::exchange::Envelope;
use twinline_link::invitation::InvitationId;
use twinline_link::seal::answer_exchange;
use twinline_model::ConnectionId;
use twinline_model::connection::Role;
use twinline_model::problem::{ProblemCode, Trouble};

use super::speak::{has_content, hear, say};
use super::{pairing, pause};
use crate::hub::{self, Room};
use crate::node::Node;

/// Where partners call when nothing else is said.
const PORT: u16 = 7700;

/// Listens while a public connection needs it.
pub(super) async fn run(node: Arc<Node>) {
    let mut poke = node.poke.subscribe();
    let Ok(address) = address(&node).await else { return };
    let listener = match tokio::net::TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%address, %error, "cannot listen");
            *node.listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(Err(error.to_string()));
            raise_port(&node, address, true).await;
            pause(&node, &mut poke, Duration::from_secs(30)).await;
            return;
        }
    };
    let at = listener.local_addr().unwrap_or(address);
    tracing::info!(%at, "listening");
    *node.listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(Ok(at));
    raise_port(&node, address, false).await;
    node.changed();
    let unneeded = no_longer_needed(node.clone(), poke);
    let answerer = Arc::new(Public { node: node.clone() });
    if let Err(error) = serve(listener, answerer, unneeded).await {
        tracing::error!(%error, "the listener ended");
    }
    *node.listening.lock().unwrap_or_else(PoisonError::into_inner) = None;
    node.changed();
}

/// Ends when no public connection is left, or the node stops.
async fn no_longer_needed(node: Arc<Node>, mut poke: tokio::sync::watch::Receiver<u64>) {
    loop {
        if !pause(&node, &mut poke, node.options.check_every).await {
            return;
        }
        let connections = node.db.read(|tx| tx.connections()).await.unwrap_or_default();
        if !connections.iter().any(|c| c.role == Role::Public) {
            return;
        }
    }
}

/// Where to listen: as started with, else what the connections' addresses ask for.
async fn address(node: &Node) -> Result<SocketAddr, Trouble> {
    if let Some(listen) = node.options.listen {
        return Ok(listen);
    }
    let connections = node.db.read(|tx| tx.connections()).await?;
    let url =
        connections.iter().find(|c| c.role == Role::Public).and_then(|c| url::Url::parse(&c.address).ok());
    Ok(match url {
        // http goes straight to us; https ends at a reverse proxy on this computer, which calls our port.
        Some(url) if url.scheme() == "http" => {
            let port = url.port_or_known_default().unwrap_or(PORT);
            let loopback = matches!(url.host(), Some(url::Host::Ipv4(ip)) if ip.is_loopback());
            let ip = if loopback { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
            SocketAddr::new(IpAddr::V4(ip), port)
        }
        _ => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT),
    })
}

async fn raise_port(node: &Node, address: SocketAddr, used: bool) {
    let trouble = Trouble::new(ProblemCode::PortInUse).with("address", address.to_string());
    let done = node.db.write(move |tx| {
        let code = trouble.code.as_str();
        if used {
            tx.raise(code, None, None, None, &trouble.facts, crate::time::now_ms())?;
        } else {
            tx.settle_problem(Some(code), None, None)?;
        }
        Ok(())
    });
    if let Err(trouble) = done.await {
        tracing::error!(%trouble, "listener");
    }
    node.changed();
}

struct Public {
    node: Arc<Node>,
}

#[async_trait]
impl Answerer for Public {
    async fn pair(&self, id: InvitationId, frame: Bytes, _from: SocketAddr) -> Option<Vec<u8>> {
        pairing::answer(&self.node, id, &frame).await.unwrap_or_else(|trouble| {
            tracing::warn!(%trouble, "pairing");
            None
        })
    }

    async fn exchange(&self, id: ConnectionId, frame: Bytes) -> Option<Vec<u8>> {
        answer(&self.node, &id, &frame).await.unwrap_or_else(|trouble| {
            tracing::warn!(%trouble, "exchange");
            None
        })
    }
}

/// Answers one exchange; `None`: whoever called gets what everybody unknown gets.
async fn answer(node: &Arc<Node>, id: &ConnectionId, frame: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
    let wanted = id.clone();
    let known = node
        .db
        .read(move |tx| match tx.connection(&wanted)? {
            Some(c) if c.role == Role::Public => Ok(tx.link(&wanted)?.their_key),
            _ => Ok(None),
        })
        .await?;
    let Some(their_key) = known else { return Ok(None) };
    let room = node.hub.room(id);
    let channel = hub::channel(&node.secrets, &room, id, &their_key).await?;
    let Ok((body, answering)) = answer_exchange(&channel, frame) else { return Ok(None) };
    let Ok(request) = Envelope::decode(&body) else {
        tracing::warn!("the partner's request cannot be read");
        return Ok(None);
    };
    // Before the first look: news that comes from now on wakes us.
    let mut news = room.news.listen();
    let wait = Duration::from_millis(u64::from(request.wait_ms));
    let current = request.echo != 0 && request.echo == room.memory().nonce;
    let heard = hear(node, id, request, current).await?;
    let at_once = heard.content || !heard.asked.is_empty() || !current;
    let mut envelope = say(node, id, &heard.asked).await?;
    if !at_once {
        envelope = wait_for_news(node, id, &room, &mut news, envelope, wait).await?;
    }
    envelope.nonce = nonce(&room);
    room.memory().told_pending = Some(envelope.health.pending);
    Ok(answering.seal(&envelope.encode()).ok())
}

/// Waits until there is something to say, at most as long as the partner asked for.
async fn wait_for_news(
    node: &Arc<Node>,
    id: &ConnectionId,
    room: &Room,
    news: &mut tokio::sync::watch::Receiver<u64>,
    mut envelope: Envelope,
    wait: Duration,
) -> Result<Envelope, Trouble> {
    let until = tokio::time::Instant::now() + wait;
    let generation = envelope.statement.generation;
    let was_busy = room.memory().told_pending.is_some_and(|pending| pending > 0);
    loop {
        let idle_now = was_busy && envelope.health.pending == 0;
        if has_content(&envelope) || idle_now || envelope.statement.generation != generation {
            return Ok(envelope);
        }
        tokio::select! {
            () = node.stop.cancelled() => return Ok(envelope),
            _ = news.changed() => {}
            () = tokio::time::sleep_until(until) => return Ok(envelope),
        }
        envelope = say(node, id, &[]).await?;
    }
}

/// A fresh nonce; the partner's next request echoes it.
fn nonce(room: &Room) -> u64 {
    let mut bytes = [0_u8; 8];
    let mut memory = room.memory();
    memory.nonce = match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes).max(1),
        // Different from the one before is what matters; the seal protects it.
        Err(_) => memory.nonce.wrapping_add(1).max(1),
    };
    memory.nonce
}
