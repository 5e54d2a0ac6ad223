//! What the loops share in memory: trackers by account, keys by connection, bells, and what this run has seen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use twinline_link::marker::MarkerKey;
use twinline_link::seal::Channel;
use twinline_model::observed::IssueTypes;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{AccountId, ConnectionId, IntentId, ProjectKey};
use twinline_store::Account;
use twinline_trackers::Tracker;
use twinline_trackers::jira_cloud::{JiraCloud, JiraSite};

use crate::keys;
use crate::secrets::Secrets;

/// Types are asked for again after this long.
const TYPES_AGE: Duration = Duration::from_secs(300);

/// The shared memory of one run.
#[derive(Default)]
pub(crate) struct Hub {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    trackers: BTreeMap<AccountId, Arc<dyn Tracker>>,
    types: BTreeMap<(AccountId, ProjectKey), (Instant, IssueTypes)>,
    rooms: BTreeMap<ConnectionId, Arc<Room>>,
}

/// Wakes whoever listens; a ring is never lost between two looks.
pub(crate) struct Bell(watch::Sender<u64>);

impl Default for Bell {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Bell {
    /// Wakes all listeners.
    pub(crate) fn ring(&self) {
        self.0.send_modify(|count| *count += 1);
    }
    /// Hears every ring from now on.
    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

/// What the loops of one connection share.
#[derive(Default)]
pub(crate) struct Room {
    /// Something may be written to our tracker.
    pub(crate) work: Bell,
    /// Something may be sent to the partner.
    pub(crate) news: Bell,
    /// One create at a time per project; a connection has one project.
    pub(crate) creating: tokio::sync::Mutex<()>,
    /// One pairing at a time, so that the shared key is drawn once.
    pub(crate) pairing: tokio::sync::Mutex<()>,
    memory: Mutex<RoomMemory>,
}

/// Forgotten when the program ends, on purpose.
#[derive(Default)]
pub(crate) struct RoomMemory {
    /// A complete poll and a key-window probe are through in this run: creates may start.
    pub(crate) swept: bool,
    /// The highest key number that a poll showed in the project.
    pub(crate) highest: u64,
    /// Since when an unknown intent is probed in this run.
    pub(crate) probing: BTreeMap<IntentId, Instant>,
    /// Our tracker asked to wait, or could not be reached: no writes before.
    pub(crate) writes_after: Option<Instant>,
    /// The key of this connection's markers, once it was read from the keychain.
    pub(crate) marker_key: Option<MarkerKey>,
    /// The connection's keys, once they were read from the keychain.
    pub(crate) channel: Option<Arc<Channel>>,
    /// Public side: the nonce of our last answer.
    pub(crate) nonce: u64,
    /// Private side: the last nonce seen.
    pub(crate) echo: u64,
    /// What the partner asked for and has not got yet.
    pub(crate) asked: Vec<twinline_link::exchange::Want>,
    /// How often in a row the partner could not be reached.
    pub(crate) failures: u32,
    /// The partner was told these many pending changes.
    pub(crate) told_pending: Option<u32>,
    /// The last exchange carried more than a wait.
    pub(crate) spoke: bool,
    /// Pieces of files that went or came in this run.
    pub(crate) pieces: u64,
    /// How far both sides were after it: (numbered, acked, received, pieces).
    pub(crate) mark: Option<(u64, u64, u64, u64)>,
    /// How many exchanges in a row spoke and got neither side further.
    pub(crate) idle_rounds: u32,
    /// The partner knows that we ended the connection.
    pub(crate) told_the_end: bool,
    /// Private side: the client whose sockets are used again.
    pub(crate) caller: Option<twinline_link::carriers::http::client::HttpCaller>,
}

impl Room {
    /// The memory, locked for a moment: never across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'_, RoomMemory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The room of a connection.
    pub(crate) fn room(&self, id: &ConnectionId) -> Arc<Room> {
        self.inner().rooms.entry(id.clone()).or_default().clone()
    }

    /// Rings all bells.
    pub(crate) fn ring_all(&self) {
        for room in self.inner().rooms.values() {
            room.work.ring();
            room.news.ring();
        }
    }

    /// The tracker of an account, signed in with the stored token.
    pub(crate) async fn tracker(
        &self,
        account: &Account,
        secrets: &Secrets,
    ) -> Result<Arc<dyn Tracker>, Trouble> {
        if let Some(tracker) = self.inner().trackers.get(&account.id) {
            return Ok(tracker.clone());
        }
        let token = secrets.get(&keys::token_name(&account.id)).await?;
        let broken = |detail: String| {
            Trouble::new(ProblemCode::TrackerOdd).with("site", &account.site).with("detail", detail)
        };
        let site = JiraSite::parse(&account.base_url).map_err(|e| broken(e.to_string()))?;
        let jira = JiraCloud::new(site, &account.email, token, Some(account.user.clone()))
            .map_err(|e| broken(e.to_string()))?;
        let tracker: Arc<dyn Tracker> = Arc::new(jira);
        self.inner().trackers.insert(account.id.clone(), tracker.clone());
        Ok(tracker)
    }

    /// The sign-in changed, or the account is gone.
    pub(crate) fn forget_tracker(&self, account: &AccountId) {
        let mut inner = self.inner();
        inner.trackers.remove(account);
        inner.types.retain(|(id, _), _| id != account);
    }

    /// A project's types, at most five minutes old.
    pub(crate) async fn types(
        &self,
        account: &AccountId,
        tracker: &dyn Tracker,
        project: &ProjectKey,
    ) -> Result<IssueTypes, twinline_trackers::ReadError> {
        let key = (account.clone(), project.clone());
        if let Some((at, types)) = self.inner().types.get(&key)
            && at.elapsed() < TYPES_AGE
        {
            return Ok(types.clone());
        }
        let types = tracker.issue_types(project).await?;
        self.inner().types.insert(key, (Instant::now(), types.clone()));
        Ok(types)
    }
}

/// The channel of a connection that is paired.
pub(crate) async fn channel(
    secrets: &Secrets,
    room: &Room,
    id: &ConnectionId,
    their_key: &str,
) -> Result<Arc<Channel>, Trouble> {
    if let Some(channel) = &room.memory().channel {
        return Ok(channel.clone());
    }
    let ours = keys::key(secrets, id).await?;
    let psk = keys::psk(secrets, id).await?;
    let theirs = their_key
        .parse()
        .map_err(|_| Trouble::new(ProblemCode::SecretMissing).with("what", "partner's key"))?;
    let channel = Arc::new(Channel { connection: id.clone(), ours, theirs, psk });
    room.memory().channel = Some(channel.clone());
    Ok(channel)
}

/// The key of a connection's markers.
pub(crate) async fn marker_key(
    secrets: &Secrets,
    room: &Room,
    id: &ConnectionId,
) -> Result<MarkerKey, Trouble> {
    if let Some(key) = &room.memory().marker_key {
        return Ok(key.clone());
    }
    let key = MarkerKey::derive(&keys::psk(secrets, id).await?);
    room.memory().marker_key = Some(key.clone());
    Ok(key)
}
