//! iroh: the private side dials a key, and a relay that both reach passes the packets on. Neither side needs an address.
//!
//! | the caller's stream | the answer |
//! |---|---|
//! | kind (1: pairing, 2: exchange), id (16 bytes), the frame up to the stream's end | a word (0: a frame follows, 1: unknown, 2: too large, 3: busy), the frame |
//!
//! Each request is a stream of its own in a QUIC connection that stays open. QUIC is encrypted end to end by itself; nothing
//! here relies on that, since frames are sealed before. Only the relay that the invitation names is contacted: no UDP socket, no
//! discovery service, no other relay, no port mapping.

pub mod client;
mod resolver;
pub mod server;

use std::time::Duration;

use iroh::dns::DnsResolver;
use iroh::endpoint::{Endpoint, IdleTimeout, QuicTransportConfig, VarInt, presets};
use iroh::tls::CaTlsConfig;
use iroh::{NetReportConfig, RelayConfig, RelayMap, RelayMode, RelayUrl, SecretKey};
use secrecy::SecretString;
use tokio::time::timeout;
use url::Url;
use zeroize::{Zeroize, ZeroizeOnDrop};

use self::resolver::Guard;
use super::CallError;
use crate::address::{AddressError, check_address, is_loopback};
use crate::keys::{KeyError, from_hex, random, to_hex};

/// What is spoken, as QUIC's handshake names it: another version of this use of iroh gets another name.
const ALPN: &[u8] = b"twinline/1";
const PAIR: u8 = 1;
const EXCHANGE: u8 = 2;
const FRAME: u8 = 0;
const UNKNOWN: u8 = 1;
const TOO_LARGE: u8 = 2;
const BUSY: u8 = 3;
/// Kind and id.
const HEAD: usize = 17;
/// How long the relay has to take us in.
const RELAY: Duration = Duration::from_secs(10);
/// Nothing was heard of the other side, not even a sign of life, which comes each 5 s.
const SILENCE_MS: u32 = 15_000;
/// Requests at a time in one connection, and what of them waits to be read.
const STREAMS: u8 = 4;
const WINDOW: u32 = 1 << 20;
/// For a farewell; the relay forgets us without it, too.
const FAREWELL: Duration = Duration::from_secs(1);

/// The key by which the public side is found at a relay. It proves nothing else: the connection's own keys do.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct EndpointKey([u8; 32]);

impl EndpointKey {
    /// A fresh one.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self(random()?))
    }
    /// What an invitation names.
    pub fn id(&self) -> [u8; 32] {
        *self.secret().public().as_bytes()
    }
    /// For the keychain: 64 hexadecimal digits.
    pub fn to_secret_string(&self) -> SecretString {
        to_hex(&self.0)
    }
    /// From the keychain.
    pub fn from_secret_str(text: &str) -> Result<Self, KeyError> {
        from_hex(text).map(Self)
    }
    fn secret(&self) -> SecretKey {
        SecretKey::from_bytes(&self.0)
    }
}

/// Whether a relay takes us in: asked before anything is promised.
pub async fn probe(relay: &str) -> Result<(), CallError> {
    let relay = Relay::new(relay).map_err(|error| CallError::RelayUnreachable(error.to_string()))?;
    let endpoint = relay.bind(None).await?;
    let online = is_online(&endpoint).await;
    part(endpoint);
    online
}

/// A relay that may be used.
#[derive(Clone)]
struct Relay {
    address: String,
    url: Url,
}

impl Relay {
    /// For an address as it stands in an invitation; whether it may be this computer is the caller's question.
    fn new(address: &str) -> Result<Self, AddressError> {
        let address = check_address(address, true)?;
        let url = Url::parse(&address).map_err(|_| AddressError::Invalid)?;
        Ok(Self { address, url })
    }

    fn url(&self) -> RelayUrl {
        RelayUrl::from(self.url.clone())
    }

    /// An endpoint of this relay alone; without a key, one of this moment.
    async fn bind(&self, key: Option<&EndpointKey>) -> Result<Endpoint, CallError> {
        let loopback = is_loopback(&self.url);
        let transport = QuicTransportConfig::builder()
            .max_concurrent_bidi_streams(VarInt::from(STREAMS))
            .max_concurrent_uni_streams(VarInt::from(0_u8))
            .datagram_receive_buffer_size(None)
            .stream_receive_window(VarInt::from(WINDOW))
            .receive_window(VarInt::from(WINDOW))
            .max_idle_timeout(Some(IdleTimeout::from(VarInt::from(SILENCE_MS))))
            .build();
        let mut report = NetReportConfig::minimal();
        // How a relay is chosen; there is one.
        report.https_probes = true;
        // Without a configuration for QUIC: the relay would be asked over UDP how we are seen from outside.
        let relays = RelayMap::from_iter([RelayConfig::new(self.url(), None)]);
        let mut builder = Endpoint::builder(presets::Minimal)
            .relay_mode(RelayMode::Custom(relays))
            .clear_ip_transports()
            .transport_config(transport)
            .net_report_config(report)
            .dns_resolver(DnsResolver::custom(Guard::of(&self.url)));
        if self.url.scheme() == "https" {
            builder = builder.ca_tls_config(CaTlsConfig::system());
        }
        if let Some(key) = key {
            builder = builder.secret_key(key.secret()).alpns(vec![ALPN.to_vec()]);
        }
        if !loopback {
            builder = builder.proxy_from_env();
        }
        builder.bind().await.map_err(|error| CallError::RelayUnreachable(error.to_string()))
    }
}

/// Waits until the relay has taken the endpoint in.
async fn is_online(endpoint: &Endpoint) -> Result<(), CallError> {
    let silent = |_| CallError::RelayUnreachable("no answer in time".to_owned());
    timeout(RELAY, endpoint.online()).await.map_err(silent)
}

/// Says goodbye, beside everything else.
fn part(endpoint: Endpoint) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move { timeout(FAREWELL, endpoint.close()).await });
    }
}
