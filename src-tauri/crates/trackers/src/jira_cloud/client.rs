//! One connection pool to one site: sign-in, limits, time-outs, and what an answer means.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::Instant;
use twinline_model::observed::Identity;
use twinline_model::text::clean_line;
use url::Url;

use super::answer::{self, Answer};
use super::json;
use super::limits::{Place, SiteLimits, TooSoon};
use super::pace::Kind;
use super::site::JiraSite;
use super::time::http_date_ms;
use crate::ReadError;
use crate::error::{NotApplied, WriteError};

/// An ordinary call, its whole answer included.
const CALL: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(15);
/// What a read waits by itself where it has to slow down.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a write waits by itself for a place within the limits; it may have been recorded as sent already.
const PATIENCE_OF_WRITES: Duration = Duration::from_secs(5);
/// No answer of the API is larger; more is not kept in memory.
const LARGEST_ANSWER: usize = 64 << 20;

/// The client cannot be made from what was given.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// E-mail or token hold what no header can carry.
    #[error("the e-mail address or the API token holds characters that cannot be sent")]
    Credentials,
    /// The TLS library or the like did not start.
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
}

pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) site: JiraSite,
    authorization: HeaderValue,
    token: SecretString,
    /// The account we must be; known from the start or learned from the first `/myself`.
    user: OnceLock<String>,
    limits: SiteLimits,
    clock: Mutex<Option<Clock>>,
}

/// The tracker's clock as the newest answer told it.
#[derive(Clone, Copy)]
struct Clock {
    theirs_ms: i64,
    mono: Instant,
    wall: SystemTime,
}

impl Client {
    pub(crate) fn new(
        site: JiraSite,
        email: &str,
        token: SecretString,
        user: Option<String>,
    ) -> Result<Self, SetupError> {
        let token = SecretString::from(token.expose_secret().trim().to_owned());
        let authorization = basic(email.trim(), token.expose_secret())?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("Twinline/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .tcp_keepalive(Duration::from_secs(30))
            .pool_idle_timeout(Duration::from_secs(90));
        if site.is_loopback() {
            // A proxy could not reach this machine's loopback.
            builder = builder.no_proxy();
        }
        let http =
            builder.build().map_err(|error| SetupError::Client(clean_line(&error.to_string(), 200)))?;
        let known = OnceLock::new();
        if let Some(user) = user {
            // A fresh cell is empty.
            let _ = known.set(user);
        }
        Ok(Self {
            http,
            site,
            authorization,
            token,
            user: known,
            limits: SiteLimits::default(),
            clock: Mutex::new(None),
        })
    }

    /// A call of the API; `path` begins behind `/rest/api/3/`.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, &format!("{}/rest/api/3/{path}", self.site.api()))
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json")
            .timeout(CALL)
    }

    /// A call without our sign-in and time-out.
    pub(crate) fn bare(&self, method: Method, url: &str) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// The header that signs us in.
    pub(crate) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }

    /// Keeps the limits together with everybody who holds them too.
    pub(crate) fn share(&mut self, limits: SiteLimits) {
        self.limits = limits;
    }

    /// A place within the limits for this call.
    pub(crate) async fn enter(
        &self,
        method: &Method,
        url: &Url,
        issue: Option<&str>,
        patience: &mut Duration,
    ) -> Result<Place, TooSoon> {
        let path = url.path();
        let path = path.split_once("/rest/api/3/").map_or(path, |(_, path)| path);
        self.limits.enter(Kind::new(method.as_str(), path, issue), patience).await
    }

    /// Reads; a pause of up to 30 s is waited here.
    pub(crate) async fn read(&self, request: RequestBuilder) -> Result<Answer, ReadError> {
        let mut patience = PATIENCE;
        loop {
            let attempt = request
                .try_clone()
                .ok_or_else(|| ReadError::Odd("a request that cannot be sent twice".to_owned()))?;
            let (place, answer) = self.exchange(attempt, &mut patience).await?;
            match self.judge_read(&place, answer).await {
                Err(ReadError::SlowDown { wait }) if wait <= patience => {}
                result => return result,
            }
        }
    }

    /// Sends a read when there is room for it, and takes its whole answer.
    async fn exchange(
        &self,
        request: RequestBuilder,
        patience: &mut Duration,
    ) -> Result<(Place, Answer), ReadError> {
        let (http, request) = request.build_split();
        let request = request.map_err(|error| self.lost(error))?;
        let place = self.enter(request.method(), request.url(), None, patience).await;
        let place = place.map_err(|TooSoon { wait, .. }| ReadError::SlowDown { wait })?;
        let response = http.execute(request).await.map_err(|error| self.lost(error))?;
        Ok((place, self.take(response).await.map_err(ReadError::Unreachable)?))
    }

    /// Fetches once, whatever the answer says; a 429 is one to wait for.
    pub(crate) async fn fetch(&self, request: RequestBuilder) -> Result<Answer, ReadError> {
        let mut patience = PATIENCE;
        let (place, answer) = self.exchange(request, &mut patience).await?;
        match self.asked_to_wait(&place, &answer) {
            Some(TooSoon { wait, .. }) => Err(ReadError::SlowDown { wait }),
            None => Ok(answer),
        }
    }

    async fn judge_read(&self, place: &Place, answer: Answer) -> Result<Answer, ReadError> {
        if let Some(TooSoon { wait, .. }) = self.asked_to_wait(place, &answer) {
            return Err(ReadError::SlowDown { wait });
        }
        let result = self.verdict(&answer);
        match &result {
            Ok(()) => self.check_account(&answer)?,
            Err(ReadError::NotFound | ReadError::Forbidden(_)) => {
                self.check_account(&answer)?;
                // To a stranger Jira hides things the same way.
                self.trust(&answer).await?;
            }
            Err(_) => {}
        }
        result.map(|()| answer)
    }

    /// What the answer to a read means, where the site was renamed as well.
    fn verdict(&self, answer: &Answer) -> Result<(), ReadError> {
        if let Some(site) = self.renamed(answer) {
            return Err(ReadError::Moved(site.host().to_owned()));
        }
        answer::read(answer).map_err(|error| self.scrub_read(error))
    }

    /// The site that an answer leads to, if ours was renamed. It is not followed here: our sign-in goes to no other host.
    pub(crate) fn renamed(&self, answer: &Answer) -> Option<JiraSite> {
        // 303 leads to the bytes of a file, for as long as a minute.
        let moved = matches!(answer.status.as_u16(), 301 | 302 | 307 | 308);
        self.site.renamed(answer.header("location").filter(|_| moved)?)
    }

    /// Reads an answer in which nothing is what we did not expect.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, ReadError> {
        self.read(self.request(Method::GET, path)).await
    }

    /// Asks with a body.
    pub(crate) async fn ask(&self, path: &str, body: &Value) -> Result<Answer, ReadError> {
        self.read(self.request(Method::POST, path).json(body)).await
    }

    /// Writes, once; `issue` is whose own limit may be closed.
    pub(crate) async fn write(
        &self,
        request: RequestBuilder,
        issue: Option<&str>,
    ) -> Result<Answer, WriteError> {
        self.write_seen(request, issue, |_| ()).await
    }

    /// As `write`, and shows the answer before it is judged.
    pub(crate) async fn write_seen(
        &self,
        request: RequestBuilder,
        issue: Option<&str>,
        mut seen: impl FnMut(&Answer) + Send,
    ) -> Result<Answer, WriteError> {
        let (http, request) = request.build_split();
        let request =
            request.map_err(|error| NotApplied::NotSent(self.words(&chain(&error.without_url()))))?;
        let mut patience = PATIENCE_OF_WRITES;
        let place = self.enter(request.method(), request.url(), issue, &mut patience).await;
        let place = place.map_err(|soon| WriteError::NotApplied(soon.into()))?;
        let response = http.execute(request).await.map_err(|error| {
            // Nothing was written to a connection that never stood.
            let unsent = error.is_connect() || error.is_builder();
            let words = self.words(&chain(&error.without_url()));
            if unsent {
                WriteError::NotApplied(NotApplied::NotSent(words))
            } else {
                WriteError::Unknown(words)
            }
        })?;
        let answer = self.take(response).await.map_err(WriteError::Unknown)?;
        seen(&answer);
        let soon = self.asked_to_wait(&place, &answer);
        if let Some(soon) = soon
            && (answer.is_jira_shaped() || answer.header("retry-after").is_some())
        {
            return Err(WriteError::NotApplied(soon.into()));
        }
        let result = answer::write(&answer).map_err(|error| self.scrub_write(error));
        if let Err(WriteError::NotApplied(NotApplied::NotFound | NotApplied::Forbidden(_))) = &result
            && (self.check_account(&answer).is_err() || self.trust(&answer).await == Err(ReadError::SignIn))
        {
            return Err(NotApplied::SignIn.into());
        }
        result.map(|()| answer)
    }

    /// Who we are; an answer for somebody else than we must be is no sign-in.
    pub(crate) async fn myself(&self) -> Result<Identity, ReadError> {
        let answer = self.fetch(self.request(Method::GET, "myself")).await?;
        self.verdict(&answer)?;
        let body = answer.json()?;
        let user = json::text(&body["accountId"]);
        if user.is_empty() {
            return Err(ReadError::SignIn);
        }
        if self.user.get_or_init(|| user.clone()) != &user {
            return Err(ReadError::SignIn);
        }
        Ok(Identity { user, name: clean_line(&json::text(&body["displayName"]), 200) })
    }

    /// Our account's id.
    pub(crate) async fn user(&self) -> Result<&str, ReadError> {
        if self.user.get().is_none() {
            self.myself().await?;
        }
        self.user.get().map(String::as_str).ok_or(ReadError::SignIn)
    }

    /// Before an answer is believed that shows nothing: was it really for us?
    pub(crate) async fn trust(&self, answer: &Answer) -> Result<(), ReadError> {
        match answer.account() {
            Some(_) => self.check_account(answer),
            None => self.myself().await.map(|_| ()),
        }
    }

    fn check_account(&self, answer: &Answer) -> Result<(), ReadError> {
        match (answer.account(), self.user.get()) {
            (Some(shown), Some(user)) if shown != *user => Err(ReadError::SignIn),
            _ => Ok(()),
        }
    }

    /// The tracker's clock now; asks if no answer told it yet.
    pub(crate) async fn now_ms(&self) -> Result<i64, ReadError> {
        if self.clock().is_none() {
            self.myself().await?;
        }
        let clock = self.clock();
        Ok(clock.map_or_else(|| wall_ms(SystemTime::now()), |clock| clock.now_ms()))
    }

    fn clock(&self) -> Option<Clock> {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The wait of a 429, and the gate closed for what it names.
    fn asked_to_wait(&self, place: &Place, answer: &Answer) -> Option<TooSoon> {
        let now = answer.date_ms().unwrap_or_else(|| wall_ms(SystemTime::now()));
        let soon = place.learn(answer, now)?;
        let reason = clean_line(answer.header("ratelimit-reason").unwrap_or_default(), 60);
        tracing::info!(site = self.site.host(), reason, wait = ?soon.wait, "asked to slow down");
        Some(soon)
    }

    /// The whole answer; the words of what went wrong where it did not come.
    async fn take(&self, response: Response) -> Result<Answer, String> {
        let (status, headers) = (response.status(), response.headers().clone());
        self.note_clock(&headers);
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(part) = stream.next().await {
            let part = part.map_err(|error| self.words(&chain(&error.without_url())))?;
            if body.len() + part.len() > LARGEST_ANSWER {
                return Err("the answer is too large".to_owned());
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer::new(status, headers, body))
    }

    /// Reads an answer to its end and closes the gate if it asks to.
    pub(crate) async fn finish(&self, place: &Place, response: Response) -> Result<Answer, ReadError> {
        let answer = self.take(response).await.map_err(ReadError::Unreachable)?;
        match self.asked_to_wait(place, &answer) {
            Some(TooSoon { wait, .. }) => Err(ReadError::SlowDown { wait }),
            None => Ok(answer),
        }
    }

    fn note_clock(&self, headers: &HeaderMap) {
        let date = headers.get("date").and_then(|value| value.to_str().ok()).and_then(http_date_ms);
        if let Some(theirs_ms) = date {
            let clock = Clock { theirs_ms, mono: Instant::now(), wall: SystemTime::now() };
            *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(clock);
        }
    }

    fn lost(&self, error: reqwest::Error) -> ReadError {
        let words = self.words(&chain(&error.without_url()));
        if blames_clock(&words) {
            ReadError::Clock(words)
        } else if blames_proxy(&words) {
            ReadError::ProxySignIn
        } else if words.contains("invalid peer certificate") {
            ReadError::Untrusted(words)
        } else {
            ReadError::Unreachable(words)
        }
    }

    /// Words for people and logs: one short line without the token.
    pub(crate) fn words(&self, text: &str) -> String {
        let token = self.token.expose_secret();
        let text = if token.is_empty() { text.to_owned() } else { text.replace(token, "***") };
        clean_line(&text, 200)
    }

    fn scrub_read(&self, error: ReadError) -> ReadError {
        match error {
            ReadError::Forbidden(words) => ReadError::Forbidden(self.words(&words)),
            ReadError::Refused(words) => ReadError::Refused(self.words(&words)),
            ReadError::Unreachable(words) => ReadError::Unreachable(self.words(&words)),
            ReadError::Unavailable(words) => ReadError::Unavailable(self.words(&words)),
            ReadError::Clock(words) => ReadError::Clock(self.words(&words)),
            ReadError::Untrusted(words) => ReadError::Untrusted(self.words(&words)),
            ReadError::Odd(words) => ReadError::Odd(self.words(&words)),
            other => other,
        }
    }

    fn scrub_write(&self, error: WriteError) -> WriteError {
        match error {
            WriteError::NotApplied(NotApplied::Forbidden(words)) => {
                NotApplied::Forbidden(self.words(&words)).into()
            }
            WriteError::NotApplied(NotApplied::Refused(words)) => {
                NotApplied::Refused(self.words(&words)).into()
            }
            WriteError::Unknown(words) => WriteError::Unknown(self.words(&words)),
            other => other,
        }
    }
}

impl Clock {
    fn now_ms(&self) -> i64 {
        // A machine that slept: its monotonic clock stood still, its wall clock did not.
        let mono = self.mono.elapsed();
        let wall = self.wall.elapsed().unwrap_or_default();
        self.theirs_ms.saturating_add(i64::try_from(mono.max(wall).as_millis()).unwrap_or(i64::MAX))
    }
}

fn wall_ms(at: SystemTime) -> i64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// reqwest says "error sending request"; the cause is further down.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words.push_str(": ");
            words.push_str(&cause_words);
        }
        source = cause.source();
    }
    words
}

fn basic(email: &str, token: &str) -> Result<HeaderValue, SetupError> {
    use base64::Engine as _;
    if email.is_empty() || token.is_empty() || email.contains([':', '\n', '\r']) {
        return Err(SetupError::Credentials);
    }
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{email}:{token}"));
    let mut value = HeaderValue::try_from(format!("Basic {pair}")).map_err(|_| SetupError::Credentials)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether TLS failed for the sake of the time alone, in the words of rustls. The certificates of Jira Cloud are renewed
/// long before they expire: then this computer's clock is wrong.
/// <https://docs.rs/rustls/0.23/rustls/enum.CertificateError.html>
fn blames_clock(words: &str) -> bool {
    let reasons = [
        "certificate expired",
        "certificate not valid yet",
        "certificate: Expired",
        "certificate: NotValidYet",
    ];
    reasons.iter().any(|reason| words.contains(reason))
}

/// Whether the proxy answered 407 when a tunnel to the site was asked for, which hyper-util says in words only.
fn blames_proxy(words: &str) -> bool {
    words.contains("proxy authorization required") || words.contains("proxy authentication required")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f18_a_certificate_that_does_not_fit_the_time_is_told_from_every_other() {
        use rustls::CertificateError as Why;
        let words = |why: Why| rustls::Error::InvalidCertificate(why).to_string();
        let now = rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(1_000_000));
        let later = rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(2_000_000));
        for why in [
            Why::Expired,
            Why::NotValidYet,
            Why::ExpiredContext { time: later, not_after: now },
            Why::NotValidYetContext { time: now, not_before: later },
        ] {
            assert!(blames_clock(&words(why.clone())), "{}", words(why));
        }
        for why in [Why::UnknownIssuer, Why::BadSignature, Why::Revoked, Why::NotValidForName] {
            assert!(!blames_clock(&words(why.clone())), "{}", words(why));
        }
    }
}
