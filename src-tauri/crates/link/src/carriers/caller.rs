//! Whoever calls, whatever carries.

use twinline_model::ConnectionId;

use super::http::client::HttpCaller;
#[cfg(feature = "iroh")]
use super::iroh::client::RelayCaller;
use crate::address::AddressError;
use crate::invitation::InvitationId;
use crate::way::Way;

/// Why a call brought no frame. Hints for people only: none of it says what the partner wants (I7).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallError {
    /// No connection, no answer in time, or the way is blocked for now; says what was seen, without the address.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// No computer is known under the name in the address.
    #[error("no computer is known under the name")]
    NameUnknown,
    /// The relay in between does not answer, so that nothing is known of the partner.
    #[error("the relay is unreachable: {0}")]
    RelayUnreachable(String),
    /// Something else answers: a proxy's page, a sign-in page, a redirect, another web site.
    #[error("something else than Twinline answers")]
    NotTwinline,
    /// A Twinline answers that does not know the invitation or connection.
    #[error("unknown there")]
    Unknown404,
    /// Our frame or the answer is larger than what is taken.
    #[error("too large")]
    TooLarge,
    /// The network's proxy asks for a sign-in.
    #[error("the proxy asks for a sign-in")]
    ProxySignIn,
    /// Something in between waited for the answer no longer (504, or 524 of Cloudflare).
    #[error("something in between waited no longer: HTTP {0}")]
    CutOff(u16),
    /// Something in between, usually a reverse proxy, takes no request as large as this one.
    #[error("something in between takes nothing as large")]
    LimitBetween,
    /// Whoever answers shows a certificate that this computer does not trust: of an unknown issuer, or for another name.
    #[error("the certificate is not trusted: {0}")]
    Untrusted(String),
    /// The certificate is not valid yet, or no longer, at the time that this computer's clock shows.
    #[error("the certificate does not fit this computer's clock: {0}")]
    OutOfTime(String),
}

/// Calls the public side of one connection. Keeps open what can be used again; cheap to clone.
#[derive(Clone)]
pub enum Caller {
    /// At an address.
    Http(HttpCaller),
    /// Through a relay.
    #[cfg(feature = "iroh")]
    Relay(RelayCaller),
}

impl Caller {
    /// Opens nothing yet.
    pub fn new(way: &Way) -> Result<Self, AddressError> {
        match way {
            Way::Http(address) => HttpCaller::new(address).map(Self::Http),
            #[cfg(feature = "iroh")]
            Way::Relay { endpoint, relay } => RelayCaller::new(endpoint, relay).map(Self::Relay),
            #[cfg(not(feature = "iroh"))]
            Way::Relay { .. } => Err(AddressError::Invalid),
        }
    }

    /// Whether this is the way that it calls.
    pub fn calls(&self, way: &Way) -> bool {
        match (self, way) {
            (Self::Http(caller), Way::Http(address)) => caller.address() == address,
            #[cfg(feature = "iroh")]
            (Self::Relay(caller), way) => caller.way() == *way,
            _ => false,
        }
    }

    /// Carries a pairing's frame there and the answer back.
    pub async fn pair(&self, id: &InvitationId, frame: Vec<u8>) -> Result<Vec<u8>, CallError> {
        match self {
            Self::Http(caller) => caller.pair(id, frame).await,
            #[cfg(feature = "iroh")]
            Self::Relay(caller) => caller.pair(id, frame).await,
        }
    }

    /// Carries an exchange's frame there and the answer back, which may wait for `wait_ms`.
    pub async fn exchange(
        &self,
        id: &ConnectionId,
        frame: Vec<u8>,
        wait_ms: u32,
    ) -> Result<Vec<u8>, CallError> {
        match self {
            Self::Http(caller) => caller.exchange(id, frame, wait_ms).await,
            #[cfg(feature = "iroh")]
            Self::Relay(caller) => caller.exchange(id, frame, wait_ms).await,
        }
    }
}
