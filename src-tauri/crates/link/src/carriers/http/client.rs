//! The calling side.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use tokio::time::{Instant, timeout, timeout_at};
use twinline_model::ConnectionId;
use twinline_model::text::clean_line;
use url::Url;

use super::{FRAME_TYPE, HEADER, HEADER_VALUE};
use crate::address::{AddressError, check_address, is_loopback, may_connect};
use crate::carriers::{CallError, SLOWEST_BYTES_PER_S};
use crate::exchange::MAX_FRAME_BYTES;
use crate::invitation::InvitationId;

const CONNECT: Duration = Duration::from_secs(10);
const GRACE: Duration = Duration::from_secs(30);
/// Shorter than the serving side's patience with an idle connection.
const IDLE: Duration = Duration::from_secs(20);
const PROBE_BYTES: usize = 1024;

/// Calls one address. Keeps connections open between calls; cheap to clone.
#[derive(Clone)]
pub struct HttpCaller {
    client: Client,
    address: String,
    grace: Duration,
}

impl HttpCaller {
    /// For an address as it stands in an invitation. Whether it may be this computer (practice mode) is the caller's
    /// question to [`check_address`]; a name that resolves to what must not be called is refused here.
    pub fn new(address: &str) -> Result<Self, AddressError> {
        Self::with_lookup(address, |name| {
            Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect()) })
        })
    }

    fn with_lookup(address: &str, lookup: Lookup) -> Result<Self, AddressError> {
        let address = check_address(address, true)?;
        let url = Url::parse(&address).map_err(|_| AddressError::Invalid)?;
        let loopback = is_loopback(&url);
        let resolver = Guard {
            host: url.host_str().unwrap_or_default().into(),
            loopback,
            plain: url.scheme() == "http",
            lookup,
        };
        let mut builder = Client::builder()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .dns_resolver(Arc::new(resolver));
        if loopback {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|_| AddressError::Invalid)?;
        Ok(Self { client, address, grace: GRACE })
    }

    /// The address as it is called.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Gives up earlier than after 30 s beyond the wait: for networks that are known to be cut early.
    #[must_use]
    pub fn with_patience(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Carries a pairing's frame there and the answer back.
    pub async fn pair(&self, id: &InvitationId, frame: Vec<u8>) -> Result<Vec<u8>, CallError> {
        self.post(&format!("{}/v1/invitations/{id}/pair", self.address), frame, 0).await
    }

    /// Carries an exchange's frame there and the answer back, which may wait for `wait_ms`.
    pub async fn exchange(
        &self,
        id: &ConnectionId,
        frame: Vec<u8>,
        wait_ms: u32,
    ) -> Result<Vec<u8>, CallError> {
        self.post(&format!("{}/v1/connections/{id}/exchange", self.address), frame, wait_ms).await
    }

    /// Whether Twinline answers at the address; `false`: something else does.
    pub async fn probe(&self) -> Result<bool, CallError> {
        let request = self.client.request(Method::GET, format!("{}/v1/twinline", self.address));
        let answer = match self.send(request, self.grace).await {
            Ok(answer) => answer,
            Err(CallError::NotTwinline) => return Ok(false),
            Err(error) => return Err(error),
        };
        if !is_ours(&answer) || answer.status() != StatusCode::OK {
            return Ok(false);
        }
        match self.read(answer, PROBE_BYTES).await {
            Ok(body) => Ok(body.starts_with(b"{\"twinline\":")),
            Err(CallError::TooLarge) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn post(&self, url: &str, frame: Vec<u8>, wait_ms: u32) -> Result<Vec<u8>, CallError> {
        if frame.len() > MAX_FRAME_BYTES {
            return Err(CallError::TooLarge);
        }
        let upload = Duration::from_secs(frame.len() as u64 / SLOWEST_BYTES_PER_S);
        let patience = Duration::from_millis(wait_ms.into()) + self.grace + upload;
        let request = self.client.request(Method::POST, url).header(CONTENT_TYPE, FRAME_TYPE).body(frame);
        let answer = self.send(request, patience).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => return Err(CallError::ProxySignIn),
            StatusCode::NOT_FOUND if is_ours(&answer) => return Err(CallError::Unknown404),
            StatusCode::PAYLOAD_TOO_LARGE if is_ours(&answer) => return Err(CallError::TooLarge),
            StatusCode::PAYLOAD_TOO_LARGE => return Err(CallError::LimitBetween),
            status if !is_ours(&answer) && matches!(status.as_u16(), 504 | 524) => {
                return Err(CallError::CutOff(status.as_u16()));
            }
            status if is_ours(&answer) || is_gateway(status) => {
                return Err(CallError::Unreachable(format!("HTTP {}", status.as_u16())));
            }
            _ => return Err(CallError::NotTwinline),
        }
        let frame_type = answer.headers().get(CONTENT_TYPE).is_some_and(|value| value == FRAME_TYPE);
        let encoded = answer.headers().get(CONTENT_ENCODING).is_some_and(|value| value != "identity");
        if !is_ours(&answer) || !frame_type || encoded {
            return Err(CallError::NotTwinline);
        }
        self.read(answer, MAX_FRAME_BYTES).await
    }

    async fn send(&self, request: RequestBuilder, patience: Duration) -> Result<Response, CallError> {
        match timeout(patience, request.send()).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(classify(error)),
            Err(_) => Err(CallError::Unreachable("no answer in time".to_owned())),
        }
    }

    async fn read(&self, mut answer: Response, limit: usize) -> Result<Vec<u8>, CallError> {
        if answer.content_length().is_some_and(|length| length > limit as u64) {
            return Err(CallError::TooLarge);
        }
        let begin = Instant::now();
        let mut body = Vec::new();
        loop {
            let allowed = self.grace + Duration::from_secs(body.len() as u64 / SLOWEST_BYTES_PER_S);
            let chunk = match timeout_at(begin + allowed, answer.chunk()).await {
                Ok(chunk) => chunk.map_err(classify)?,
                Err(_) => return Err(CallError::Unreachable("the answer came too slowly".to_owned())),
            };
            let Some(chunk) = chunk else { return Ok(body) };
            if body.len() + chunk.len() > limit {
                return Err(CallError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
    }
}

fn is_ours(answer: &Response) -> bool {
    answer.headers().get(HEADER).is_some_and(|value| value == HEADER_VALUE)
}

/// A reverse proxy says that what is behind it does not answer; those above 504 are Cloudflare's.
fn is_gateway(status: StatusCode) -> bool {
    matches!(status.as_u16(), 502..=504 | 520..=524)
}

fn classify(error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        if let Some(NameError::Unknown) = inner.downcast_ref() {
            return CallError::NameUnknown;
        }
        text = inner.to_string();
        // hyper-util names a CONNECT that was answered with 407 in words only.
        if text.contains("proxy authorization required") || text.contains("proxy authentication required") {
            return CallError::ProxySignIn;
        }
        if text.contains("invalid peer certificate") {
            let words = clean_line(&text, 200);
            return if blames_clock(&text) {
                CallError::OutOfTime(words)
            } else {
                CallError::Untrusted(words)
            };
        }
        source = inner.source();
    }
    CallError::Unreachable(clean_line(&text, 200))
}

/// Whether a certificate is refused for the sake of the time alone, in the words of rustls.
/// <https://docs.rs/rustls/0.23/rustls/enum.CertificateError.html>
fn blames_clock(words: &str) -> bool {
    ["Expired", "NotValidYet", "certificate expired", "certificate not valid yet"]
        .iter()
        .any(|reason| words.contains(reason))
}

/// How the system finds the addresses of a name.
type Lookup = fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Why a name was not followed.
#[derive(Debug, thiserror::Error)]
enum NameError {
    #[error("no computer is known under the name")]
    Unknown,
    #[error("the name leads to an address that must not be called")]
    Refused,
}

/// Whether nobody could be asked for a name, as without a network: then nothing is known of it. Resolvers say so in words alone.
/// <https://man7.org/linux/man-pages/man3/getaddrinfo.3.html> (`EAI_AGAIN`)
fn nobody_was_asked(error: &io::Error) -> bool {
    /// `WSATRY_AGAIN`, <https://learn.microsoft.com/en-us/windows/win32/winsock/windows-sockets-error-codes-2>
    const TRY_AGAIN: i32 = 11002;
    let words = error.to_string().to_lowercase();
    error.raw_os_error() == Some(TRY_AGAIN)
        || ["temporary failure", "temporarily", "try again"].iter().any(|again| words.contains(again))
}

/// Resolves names as the system does, and refuses what the partner's name must not lead to. Names of proxies, which our
/// own settings name, pass.
struct Guard {
    host: String,
    loopback: bool,
    plain: bool,
    lookup: Lookup,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let ours = name != self.host;
        let (loopback, plain, lookup) = (self.loopback, self.plain, self.lookup);
        Box::pin(async move {
            let all = match lookup(name).await {
                Ok(all) => all,
                // The name of a proxy is not the partner's.
                Err(error) if ours || nobody_was_asked(&error) => return Err(error.into()),
                Err(_) => return Err(NameError::Unknown.into()),
            };
            let fit: Vec<_> =
                all.into_iter().filter(|to| ours || may_connect(to.ip(), loopback, plain)).collect();
            if fit.is_empty() {
                return Err(NameError::Refused.into());
            }
            Ok(Box::new(fit.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn tried(lookup: Lookup) -> CallError {
        let caller = HttpCaller::with_lookup("https://sync.acme.example:7700", lookup).expect("an address");
        caller.probe().await.expect_err("nobody is there")
    }

    #[tokio::test]
    async fn f39_a_name_that_leads_nowhere_is_told_from_a_network_that_is_away() {
        let unknown = tried(|_| {
            let words = "failed to lookup address information: Name or service not known";
            Box::pin(async move { Err(io::Error::other(words)) })
        });
        assert_eq!(unknown.await, CallError::NameUnknown);
        let offline = tried(|_| {
            let words = "failed to lookup address information: Temporary failure in name resolution";
            Box::pin(async move { Err(io::Error::other(words)) })
        });
        let offline = offline.await;
        assert!(
            matches!(&offline, CallError::Unreachable(seen) if seen.contains("Temporary")),
            "{offline:?}"
        );
        let refused = tried(|_| Box::pin(async { Ok(vec![SocketAddr::from(([169, 254, 169, 254], 0))]) }));
        let refused = refused.await;
        assert!(matches!(&refused, CallError::Unreachable(seen) if seen.contains("must not")), "{refused:?}");
    }
}
