//! The public side: it answers, and never calls.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use twinline_link::carriers::Answerer;
use twinline_link::carriers::http::server::serve;
use twinline_link::exchange::Envelope;
use twinline_link::invitation::InvitationId;
use twinline_link::seal::answer_exchange;
use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Role};
use twinline_model::problem::{ProblemCode, Trouble};

use twinline_sync::exchange;

use super::{pairing, pause, relays};
use crate::crash::{Moment, point};
use crate::hub;
use crate::node::Node;

/// Where partners call when nothing else is said.
const PORT: u16 = 7700;

/// Whether a connection needs a port of ours: whoever is met at a relay needs none, nor does a side in this very node.
pub(super) fn needs(connection: &Connection) -> bool {
    connection.role == Role::Public && connection.other_side().is_none() && relays::of(connection).is_none()
}

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
        if !pause(&node, &mut poke, node.check_every()).await {
            return;
        }
        let connections = node.db.read(|tx| tx.connections()).await.unwrap_or_default();
        if !connections.iter().any(needs) {
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
    let url = connections.iter().find(|c| needs(c)).and_then(|c| url::Url::parse(&c.address).ok());
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

/// Answers partners, whatever carried their frames here.
pub(super) struct Public {
    pub(super) node: Arc<Node>,
}

#[async_trait]
impl Answerer for Public {
    async fn pair(&self, id: InvitationId, frame: Bytes) -> Option<Vec<u8>> {
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
            // Nobody outside takes part where both sides are in this node.
            Some(c) if c.role == Role::Public && c.other_side().is_none() => Ok(tx.link(&wanted)?.their_key),
            _ => Ok(None),
        })
        .await?;
    let Some(their_key) = known else { return Ok(None) };
    let channel = hub::channel(&node.secrets, &node.hub.line(id), id, &their_key).await?;
    let Ok((body, answering)) = answer_exchange(&channel, frame) else { return Ok(None) };
    let Ok(request) = Envelope::decode(&body) else {
        tracing::warn!("the partner's request cannot be read");
        return Ok(None);
    };
    point("exchange", "answer", Moment::Before);
    let envelope = exchange::answer(node.as_ref(), id, request).await?;
    point("exchange", "answer", Moment::After);
    Ok(answering.seal(&envelope.encode()).ok())
}
