//! The calling side. It dials with a key of this moment: two programs of one node may call at a time, and a relay lets in each
//! key once.

use std::sync::Arc;
use std::time::Duration;

use iroh::endpoint::{Connection, Endpoint, RecvStream, VarInt};
use iroh::{EndpointAddr, EndpointId};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};
use twinline_model::ConnectionId;
use twinline_model::text::clean_line;

use super::{ALPN, BUSY, EXCHANGE, FRAME, HEAD, PAIR, Relay, TOO_LARGE, UNKNOWN, is_online, part};
use crate::address::AddressError;
use crate::carriers::{CallError, SLOWEST_BYTES_PER_S};
use crate::exchange::MAX_FRAME_BYTES;
use crate::invitation::InvitationId;
use crate::way::Way;

/// How long the partner has to answer a dial, once the relay has taken us in.
const DIAL: Duration = Duration::from_secs(10);
const GRACE: Duration = Duration::from_secs(30);
const PIECE: usize = 64 * 1024;

/// Calls one endpoint. Keeps its connection open between calls; cheap to clone.
#[derive(Clone)]
pub struct RelayCaller {
    shared: Arc<Shared>,
    grace: Duration,
}

struct Shared {
    relay: Relay,
    partner: EndpointId,
    open: Mutex<Option<Open>>,
}

/// What is used again as long as it lives; after that, everything is made anew.
struct Open {
    endpoint: Endpoint,
    connection: Connection,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(open) = self.open.get_mut().take() {
            open.close();
        }
    }
}

impl Open {
    fn close(self) {
        self.connection.close(VarInt::from(0_u8), b"");
        part(self.endpoint);
    }
}

/// A failed call, and whether what carried it is of further use.
enum Failed {
    /// The other side answered.
    Answered(CallError),
    Broken(String),
}

impl RelayCaller {
    /// For an endpoint and a relay as they stand in an invitation. Whether the relay may be this computer (practice mode) is the
    /// caller's question; a name that resolves to what must not be called leads nowhere.
    pub fn new(endpoint: &[u8; 32], relay: &str) -> Result<Self, AddressError> {
        let partner = EndpointId::from_bytes(endpoint).map_err(|_| AddressError::Invalid)?;
        let shared = Shared { relay: Relay::new(relay)?, partner, open: Mutex::new(None) };
        Ok(Self { shared: Arc::new(shared), grace: GRACE })
    }

    /// The way that it calls.
    pub fn way(&self) -> Way {
        let Shared { relay, partner, .. } = &*self.shared;
        Way::Relay { endpoint: *partner.as_bytes(), relay: relay.address.clone() }
    }

    /// Gives up earlier than after 30 s beyond the wait.
    #[must_use]
    pub fn with_patience(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Carries a pairing's frame there and the answer back.
    pub async fn pair(&self, id: &InvitationId, frame: Vec<u8>) -> Result<Vec<u8>, CallError> {
        self.call(PAIR, id.0, frame, 0).await
    }

    /// Carries an exchange's frame there and the answer back, which may wait for `wait_ms`.
    pub async fn exchange(
        &self,
        id: &ConnectionId,
        frame: Vec<u8>,
        wait_ms: u32,
    ) -> Result<Vec<u8>, CallError> {
        let id = hex::decode(id.as_str()).ok().and_then(|id| id.try_into().ok());
        self.call(EXCHANGE, id.ok_or(CallError::Unknown404)?, frame, wait_ms).await
    }

    async fn call(&self, kind: u8, id: [u8; 16], frame: Vec<u8>, wait_ms: u32) -> Result<Vec<u8>, CallError> {
        if frame.len() > MAX_FRAME_BYTES {
            return Err(CallError::TooLarge);
        }
        let connection = self.connection().await?;
        let upload = Duration::from_secs(frame.len() as u64 / SLOWEST_BYTES_PER_S);
        let patience = Duration::from_millis(wait_ms.into()) + self.grace + upload;
        match self.ask(&connection, kind, id, &frame, patience).await {
            Ok(answer) => Ok(answer),
            Err(Failed::Answered(error)) => Err(error),
            Err(Failed::Broken(seen)) => {
                // The next call dials anew.
                connection.close(VarInt::from(0_u8), b"");
                Err(CallError::Unreachable(clean_line(&seen, 200)))
            }
        }
    }

    /// The open connection, else a new one with an endpoint of its own: one that has lost its relay does not come back soon.
    async fn connection(&self) -> Result<Connection, CallError> {
        let mut open = self.shared.open.lock().await;
        if let Some(kept) = open.as_ref().filter(|kept| kept.connection.close_reason().is_none()) {
            return Ok(kept.connection.clone());
        }
        if let Some(old) = open.take() {
            old.close();
        }
        let endpoint = self.shared.relay.bind(None).await?;
        match self.dial(&endpoint).await {
            Ok(connection) => {
                *open = Some(Open { endpoint, connection: connection.clone() });
                Ok(connection)
            }
            Err(error) => {
                part(endpoint);
                Err(error)
            }
        }
    }

    /// The relay first, so that it can be told which of the two does not answer.
    async fn dial(&self, endpoint: &Endpoint) -> Result<Connection, CallError> {
        is_online(endpoint).await?;
        let partner = EndpointAddr::new(self.shared.partner).with_relay_url(self.shared.relay.url());
        let answer = timeout(DIAL.min(self.grace), endpoint.connect(partner, ALPN)).await;
        let unreachable = |seen: String| CallError::Unreachable(clean_line(&seen, 200));
        answer
            .map_err(|_| unreachable("not at the relay".to_owned()))?
            .map_err(|error| unreachable(error.to_string()))
    }

    async fn ask(
        &self,
        connection: &Connection,
        kind: u8,
        id: [u8; 16],
        frame: &[u8],
        patience: Duration,
    ) -> Result<Vec<u8>, Failed> {
        let broken = |error: &dyn std::fmt::Display| Failed::Broken(error.to_string());
        let until = Instant::now() + patience;
        let word = timeout_at(until, async {
            let (mut send, mut receive) = connection.open_bi().await.map_err(|e| broken(&e))?;
            let mut head = [0; HEAD];
            head[0] = kind;
            head[1..].copy_from_slice(&id);
            // Whoever refuses a frame answers before it is through, and reads no further: the word says why.
            let sent = async {
                send.write_all(&head).await.map_err(|e| broken(&e))?;
                send.write_all(frame).await.map_err(|e| broken(&e))?;
                send.finish().map_err(|e| broken(&e))
            };
            let sent = sent.await;
            let mut word = [0];
            match receive.read_exact(&mut word).await {
                Ok(()) => Ok((word[0], receive)),
                Err(error) => Err(sent.err().unwrap_or_else(|| broken(&error))),
            }
        });
        let (word, receive) = word.await.unwrap_or(Err(Failed::Broken("no answer in time".to_owned())))?;
        match word {
            FRAME => self.read(receive).await,
            UNKNOWN => Err(Failed::Answered(CallError::Unknown404)),
            TOO_LARGE => Err(Failed::Answered(CallError::TooLarge)),
            BUSY => Err(Failed::Answered(CallError::Unreachable("busy".to_owned()))),
            _ => Err(Failed::Answered(CallError::NotTwinline)),
        }
    }

    async fn read(&self, mut receive: RecvStream) -> Result<Vec<u8>, Failed> {
        let begin = Instant::now();
        let mut frame = Vec::new();
        loop {
            let allowed = self.grace + Duration::from_secs(frame.len() as u64 / SLOWEST_BYTES_PER_S);
            let piece = match timeout_at(begin + allowed, receive.read_chunk(PIECE)).await {
                Ok(piece) => piece.map_err(|error| Failed::Broken(error.to_string()))?,
                Err(_) => return Err(Failed::Broken("the answer came too slowly".to_owned())),
            };
            let Some(piece) = piece else { return Ok(frame) };
            if frame.len() + piece.len() > MAX_FRAME_BYTES {
                return Err(Failed::Answered(CallError::TooLarge));
            }
            frame.extend_from_slice(&piece);
        }
    }
}
