//! The answering side, at its relay.
//!
//! Whoever knows the endpoint's key can dial it, so everything is bounded as with HTTP: connections, bodies, time, tries to pair;
//! and whatever is not known gets one and the same answer.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use iroh::Watcher as _;
use iroh::endpoint::{Connection, Endpoint, Incoming, RecvStream, SendStream, VarInt};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use twinline_model::ConnectionId;

use super::{BUSY, EXCHANGE, EndpointKey, FAREWELL, FRAME, HEAD, PAIR, Relay, TOO_LARGE, UNKNOWN};
use crate::address::AddressError;
use crate::carriers::limit::Limit;
use crate::carriers::{Answerer, SLOWEST_BYTES_PER_S};
use crate::exchange::MAX_FRAME_BYTES;
use crate::invitation::InvitationId;
use crate::pairing::MAX_PAIR_BYTES;

/// With the four requests of each and what waits to be read, strangers fill a bounded part of our memory.
const MAX_CONNECTIONS: usize = 64;
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection is kept that asks nothing. A caller has a long poll in it.
const IDLE: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_secs(30);
/// How long the relay may be away before all is made anew: iroh waits longer and longer between its own tries.
const FRESH: Duration = Duration::from_secs(15);
const MAX_PAIR_FRAME: usize = MAX_PAIR_BYTES + 512;
/// Bodies above this size share a few places, so that strangers cannot fill our memory.
const LARGE: usize = 256 * 1024;
const LARGE_PLACES: usize = 8;
/// Pairings that are computed at the same time.
const PAIRINGS: usize = 4;
const PIECE: usize = 64 * 1024;

struct Shared {
    answerer: Arc<dyn Answerer>,
    limit: Limit,
    pairings: Semaphore,
    large: Semaphore,
    places: Arc<Semaphore>,
}

/// Answers at a relay until `stop` is ready. `told` hears whether the relay has us, at each change.
pub async fn serve(
    relay: &str,
    key: &EndpointKey,
    answerer: Arc<dyn Answerer>,
    stop: impl Future<Output = ()>,
    told: impl Fn(bool),
) -> Result<(), AddressError> {
    let relay = Relay::new(relay)?;
    let shared = Arc::new(Shared {
        answerer,
        limit: Limit::new(),
        pairings: Semaphore::new(PAIRINGS),
        large: Semaphore::new(LARGE_PLACES),
        places: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
    });
    tokio::pin!(stop);
    loop {
        let bound = tokio::select! {
            () = &mut stop => return Ok(()),
            bound = relay.bind(Some(key)) => bound,
        };
        let endpoint = match bound {
            Ok(endpoint) => endpoint,
            Err(error) => {
                tracing::debug!(%error, "no endpoint");
                told(false);
                tokio::select! {
                    () = &mut stop => return Ok(()),
                    () = sleep(FRESH) => continue,
                }
            }
        };
        let stopped = tokio::select! {
            () = &mut stop => true,
            () = answer_until_lost(&endpoint, &shared, &told) => false,
        };
        // Whatever still runs is dropped; the same key comes back once the relay has forgotten it.
        let _late = timeout(FAREWELL, endpoint.close()).await;
        if stopped {
            return Ok(());
        }
    }
}

/// Ends when the relay has been away for a while.
async fn answer_until_lost(endpoint: &Endpoint, shared: &Arc<Shared>, told: &impl Fn(bool)) {
    let mut status = endpoint.home_relay_status();
    let mut connections = JoinSet::new();
    let mut away = Some(Instant::now());
    loop {
        while connections.try_join_next().is_some() {}
        let connected = status.get().iter().any(|relay| relay.is_connected());
        if connected != away.is_none() {
            away = (!connected).then(Instant::now);
            told(connected);
        }
        let lost = away.map_or_else(|| Instant::now() + FRESH, |since| since + FRESH);
        tokio::select! {
            changed = status.updated() => if changed.is_err() { return },
            incoming = endpoint.accept() => {
                let Some(incoming) = incoming else { return };
                match shared.places.clone().try_acquire_owned() {
                    Ok(place) => {
                        let shared = shared.clone();
                        connections.spawn(async move {
                            converse(incoming, shared).await;
                            drop(place);
                        });
                    }
                    Err(_) => incoming.refuse(),
                }
            }
            () = sleep_until(lost) => if away.is_some() {
                told(false);
                return;
            },
        }
    }
}

/// Answers what a connection asks, until it ends or asks nothing more. How a stranger's connection ends is nobody's concern.
async fn converse(incoming: Incoming, shared: Arc<Shared>) {
    let Ok(accepting) = incoming.accept() else { return };
    let Ok(Ok(connection)) = timeout(HANDSHAKE, accepting).await else { return };
    let mut asked = JoinSet::new();
    loop {
        tokio::select! {
            stream = connection.accept_bi() => match stream {
                Ok((send, receive)) => {
                    let (shared, connection) = (shared.clone(), connection.clone());
                    asked.spawn(async move { answer(send, receive, &shared, &connection).await });
                }
                Err(_) => return,
            },
            Some(_) = asked.join_next() => {}
            () = sleep(IDLE), if asked.is_empty() => {
                connection.close(VarInt::from(0_u8), b"");
                return;
            }
        }
    }
}

async fn answer(mut send: SendStream, mut receive: RecvStream, shared: &Shared, connection: &Connection) {
    let answered = asked(&mut receive, shared).await;
    let (word, frame) = match answered {
        Ok(Some(frame)) => (FRAME, frame),
        Ok(None) => (UNKNOWN, Vec::new()),
        Err(word) => (word, Vec::new()),
    };
    // What was refused is not read to its end.
    let _refused = receive.stop(VarInt::from(word));
    let patience = GRACE + Duration::from_secs(frame.len() as u64 / SLOWEST_BYTES_PER_S);
    let written = timeout(patience, async {
        send.write_all(&[word]).await.ok()?;
        send.write_all(&frame).await.ok()?;
        send.finish().ok()
    });
    if written.await.is_err() {
        connection.close(VarInt::from(0_u8), b"");
    }
}

/// What is answered; `Err`: the word of a refusal.
async fn asked(receive: &mut RecvStream, shared: &Shared) -> Result<Option<Vec<u8>>, u8> {
    let mut head = [0; HEAD];
    match timeout(GRACE, receive.read_exact(&mut head)).await {
        Ok(Ok(())) => {}
        _ => return Err(UNKNOWN),
    }
    let mut id = [0; HEAD - 1];
    id.copy_from_slice(&head[1..]);
    match head[0] {
        PAIR => {
            // Keys to dial with cost nothing: whoever comes through the relay shares one bucket.
            if !shared.limit.take(IpAddr::V4(Ipv4Addr::UNSPECIFIED), std::time::Instant::now()) {
                return Err(BUSY);
            }
            let frame = read(receive, shared, MAX_PAIR_FRAME).await?;
            let _place = shared.pairings.try_acquire().map_err(|_| BUSY)?;
            Ok(shared.answerer.pair(InvitationId(id), frame).await)
        }
        EXCHANGE => {
            let frame = read(receive, shared, MAX_FRAME_BYTES).await?;
            Ok(shared.answerer.exchange(ConnectionId::new(hex::encode(id)), frame).await)
        }
        _ => Ok(None),
    }
}

async fn read(receive: &mut RecvStream, shared: &Shared, limit: usize) -> Result<Bytes, u8> {
    let begin = Instant::now();
    let mut frame = Vec::new();
    let mut place = None;
    loop {
        let deadline = begin + GRACE + Duration::from_secs(frame.len() as u64 / SLOWEST_BYTES_PER_S);
        let piece = match timeout_at(deadline, receive.read_chunk(PIECE)).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => return Ok(frame.into()),
            Ok(Err(_)) | Err(_) => return Err(BUSY),
        };
        if frame.len() + piece.len() > limit {
            return Err(TOO_LARGE);
        }
        if frame.len() + piece.len() > LARGE && place.is_none() {
            let taken = timeout(GRACE, shared.large.acquire()).await;
            place = Some(taken.ok().and_then(Result::ok).ok_or(BUSY)?);
        }
        frame.extend_from_slice(&piece);
    }
}
