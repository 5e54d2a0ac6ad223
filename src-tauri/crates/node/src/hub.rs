//! What the loops share in memory: trackers by account, keys by connection, bells, and what this run has seen.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use twinline_link::marker::MarkerKey;
use twinline_link::seal::Channel;
use twinline_model::observed::IssueTypes;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{AccountId, ConnectionId, ProjectKey};
use twinline_store::Account;
use twinline_sync::room::Room;
use twinline_trackers::Tracker;
use twinline_trackers::jira_cloud::{JiraCloud, JiraSite, LastHour, SiteLimits};

use crate::keys;
use crate::secrets::Secrets;
use crate::watched::Watched;

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
    /// By site: they outlive a sign-in, and two accounts of one site share them.
    limits: BTreeMap<String, SiteLimits>,
    rooms: BTreeMap<ConnectionId, Arc<Room>>,
    lines: BTreeMap<ConnectionId, Arc<Line>>,
}

/// A connection's keys once they were read from the keychain, and its sockets.
#[derive(Default)]
pub(crate) struct Line {
    /// Held while the partner is asked to let us in: an invitation works once.
    pub(crate) pairing: tokio::sync::Mutex<()>,
    memory: Mutex<LineMemory>,
}

/// The memory of a [`Line`].
#[derive(Default)]
pub(crate) struct LineMemory {
    /// The key of this connection's markers.
    pub(crate) marker_key: Option<MarkerKey>,
    /// The connection's keys.
    pub(crate) channel: Option<Arc<Channel>>,
    /// Private side: the client whose sockets are used again.
    pub(crate) caller: Option<twinline_link::carriers::Caller>,
}

impl Line {
    /// The memory, locked for a moment: never across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'_, LineMemory> {
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

    /// The line of a connection.
    pub(crate) fn line(&self, id: &ConnectionId) -> Arc<Line> {
        self.inner().lines.entry(id.clone()).or_default().clone()
    }

    /// Rings all bells.
    pub(crate) fn ring_all(&self) {
        for room in self.inner().rooms.values() {
            room.work.ring();
            room.news.ring();
        }
    }

    /// This run ends once every partner has heard words from after this time (awake); `None`: something is left to do.
    pub(crate) fn last_word(&self, at: Option<std::time::Duration>) {
        for room in self.inner().rooms.values() {
            room.memory().last_word = at;
            if at.is_some() {
                room.news.ring();
            }
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
        let tracker = self.tracker_with(account, token)?;
        self.inner().trackers.insert(account.id.clone(), tracker.clone());
        Ok(tracker)
    }

    /// A tracker with a token that is not kept, or not yet.
    pub(crate) fn tracker_with(
        &self,
        account: &Account,
        token: SecretString,
    ) -> Result<Arc<dyn Tracker>, Trouble> {
        let broken = |detail: String| {
            Trouble::new(ProblemCode::TrackerOdd).with("site", &account.site).with("detail", detail)
        };
        let site = JiraSite::kept(&account.site, &account.base_url).map_err(|e| broken(e.to_string()))?;
        let jira = JiraCloud::new(site, &account.email, token, Some(account.user.clone()))
            .map_err(|e| broken(e.to_string()))?;
        let limits = self.inner().limits.entry(account.site.clone()).or_default().clone();
        Ok(Arc::new(Watched(Arc::new(jira.within(limits)))))
    }

    /// What was asked of a site in the last hour.
    pub(crate) fn last_hour(&self, site: &str) -> LastHour {
        let limits = self.inner().limits.get(site).cloned();
        limits.map(|limits| limits.last_hour()).unwrap_or_default()
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
    line: &Line,
    id: &ConnectionId,
    their_key: &str,
) -> Result<Arc<Channel>, Trouble> {
    if let Some(channel) = &line.memory().channel {
        return Ok(channel.clone());
    }
    let ours = keys::key(secrets, id).await?;
    let psk = keys::psk(secrets, id).await?;
    let theirs = their_key
        .parse()
        .map_err(|_| Trouble::new(ProblemCode::SecretMissing).with("what", "partner's key"))?;
    let channel = Arc::new(Channel { connection: id.clone(), ours, theirs, psk });
    line.memory().channel = Some(channel.clone());
    Ok(channel)
}

/// The key of a connection's markers.
pub(crate) async fn marker_key(
    secrets: &Secrets,
    line: &Line,
    id: &ConnectionId,
) -> Result<MarkerKey, Trouble> {
    if let Some(key) = &line.memory().marker_key {
        return Ok(key.clone());
    }
    let key = MarkerKey::derive(&keys::psk(secrets, id).await?);
    line.memory().marker_key = Some(key.clone());
    Ok(key)
}
