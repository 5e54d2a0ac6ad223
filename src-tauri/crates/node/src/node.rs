//! A node: what the window, the tray and the command line talk to.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use twinline_model::ConnectionId;
use twinline_model::connection::{Role, Stage};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::{Notified, ProblemRow};

use crate::db::Db;
use crate::folder;
use crate::hub::Hub;
use crate::options::{Options, SecretsChoice};
use crate::pace::Kept;
use crate::pausing::is_paused;
use crate::secrets::Secrets;
use crate::spool::Spool;
use crate::status::Runs;
use crate::sync;
use crate::time::now_ms;

/// How long a run that has nothing left to do waits for its last word to be heard, beside three checks.
const LAST_WORD: Duration = Duration::from_secs(5);

/// A connection that is synced now, and when both trackers were read, ms; 0: never.
struct LiveLink {
    id: ConnectionId,
    checked_ms: i64,
    partner_checked_ms: i64,
}

/// One running installation of Twinline.
pub struct Node {
    pub(crate) options: Options,
    pub(crate) db: Db,
    pub(crate) secrets: Secrets,
    pub(crate) spool: Spool,
    pub(crate) hub: Hub,
    pub(crate) changes: watch::Sender<u64>,
    /// The listener's state, for people: where it listens, or why it does not.
    pub(crate) listening: Mutex<Option<Result<std::net::SocketAddr, String>>>,
    /// Where we answer at relays: whether each has us now.
    pub(crate) relays: Mutex<BTreeMap<String, bool>>,
    /// "Sync now", or the set of loops may have changed.
    pub(crate) poke: watch::Sender<u64>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) running: Mutex<Option<File>>,
    /// How often it is looked, and when not.
    pub(crate) kept: Mutex<Kept>,
    /// How often the process that ran the loops when this one was opened looks at Jira; `None`: there was none.
    elsewhere: Option<Duration>,
    pub(crate) started: Instant,
    /// What the desktop was told and could not be written down.
    pub(crate) notified: Mutex<Notified>,
    /// Partners who could not be told that their connection ended, when everything was to be deleted.
    pub(crate) untold: Mutex<Vec<String>>,
    /// This run, among all that the node ever has.
    pub(crate) run: String,
    /// The computer and the folder.
    pub(crate) place: String,
}

impl Node {
    /// Opens the data folder: database, secrets, spool. Opens no socket and starts no loop.
    pub async fn open(options: Options) -> Result<Arc<Node>, Trouble> {
        let folder = options.data.display().to_string();
        let unusable = |e: std::io::Error| {
            let code = match e.kind() {
                std::io::ErrorKind::StorageFull => ProblemCode::DiskFull,
                _ => ProblemCode::FolderUnusable,
            };
            Trouble::new(code).with("folder", &folder).with("detail", e.to_string())
        };
        folder::make(&options.data).map_err(unusable)?;
        crate::logs::start(&options.data);
        // Until the database is open: the one who reads all of it may put another in its place.
        let opening = folder::opening(&options.data).await;
        // Held while all is read: nothing is put in the place of a database that another process uses.
        let lock = folder::lock(&options.data);
        let changes = watch::Sender::new(0);
        let db = Db::open(&options.data, lock.is_ok(), changes.clone())?;
        let elsewhere = lock.is_err().then(|| folder::interval(&options.data).unwrap_or(options.check_every));
        drop((lock, opening));
        let spool = Spool::open(&options.data).map_err(unusable)?;
        let node_id = db.read(|tx| tx.node()).await?;
        let secrets = match options.secrets {
            SecretsChoice::File => Secrets::file(&options.data),
            SecretsChoice::Keychain => Secrets::keychain(node_id.as_str()).await,
        };
        let place = crate::machine::place(&options.data);
        Ok(Arc::new(Node {
            options,
            db,
            secrets,
            spool,
            hub: Hub::default(),
            changes,
            listening: Mutex::new(None),
            relays: Mutex::default(),
            poke: watch::Sender::new(0),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            running: Mutex::new(None),
            kept: Mutex::default(),
            elsewhere,
            started: Instant::now(),
            notified: Mutex::default(),
            untold: Mutex::default(),
            run: crate::keys::random_hex(),
            place,
        }))
    }

    /// Starts listening (if a connection needs it) and all loops; returns at once.
    pub async fn start(self: &Arc<Self>) -> Result<(), Trouble> {
        let lock = self.lock_when_free().await?;
        self.hold_pace().await?;
        folder::write_interval(&lock, self.check_every()).map_err(|e| {
            let folder = self.options.data.display().to_string();
            Trouble::new(ProblemCode::FolderUnusable).with("folder", folder).with("detail", e.to_string())
        })?;
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(lock);
        // What an earlier run sent without hearing the answer is unknown now.
        let unknown = self.db.write(|tx| tx.sent_become_unknown()).await?;
        tracing::info!(unknown, version = env!("CARGO_PKG_VERSION"), "node started");
        self.tasks.spawn(sync::supervise(self.clone()));
        self.tasks.spawn(crate::keep::backups(self.clone()));
        self.tasks.spawn(crate::keep::activity(self.clone()));
        self.tasks.spawn(crate::keep::calls(self.clone()));
        Ok(())
    }

    /// A command that only looks holds the folder for a moment: that is waited for.
    async fn lock_when_free(&self) -> Result<File, Trouble> {
        let until = Instant::now() + Duration::from_secs(3);
        loop {
            match folder::lock(&self.options.data) {
                Err(trouble) if trouble.code == ProblemCode::AlreadyRunning && Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                answer => return answer,
            }
        }
    }

    /// Starts, waits until both sides of every connection have nothing left to do, and stops.
    pub async fn run_until_settled(self: &Arc<Self>) -> Result<(), Trouble> {
        self.start().await?;
        let begun_ms = now_ms();
        let mut changes = self.changes.subscribe();
        let mut settled_since: Option<(Instant, i64)> = None;
        loop {
            let before = settled_since;
            settled_since = match self.settled(begun_ms).await? {
                true => before.or_else(|| Some((Instant::now(), now_ms()))),
                false => None,
            };
            if settled_since != before {
                self.hub.last_word(settled_since.map(|(_, at_ms)| at_ms));
            }
            if let Some((since, at_ms)) = settled_since
                && (since.elapsed() > LAST_WORD + 3 * self.check_every() || self.told_since(at_ms).await?)
            {
                break;
            }
            // Also by the clock: a check grows old without anything changing.
            let tick = tokio::time::sleep(self.check_every().min(Duration::from_secs(1)));
            tokio::select! {
                _ = changes.changed() => {}
                () = tick => {}
                () = self.stop.cancelled() => break,
            }
        }
        self.stop().await;
        Ok(())
    }

    /// Stops all loops; what is on its way to a tracker is waited for, at most five seconds.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(Duration::from_secs(5), self.tasks.wait()).await.is_err() {
            tracing::warn!("some work was still under way; it is probed at the next start");
        }
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Who keeps everything in step, as far as this process knows.
    pub(crate) fn runs(&self) -> Runs {
        match self.running.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            true => Runs::Here,
            false => self.elsewhere.map_or(Runs::Nowhere, Runs::Elsewhere),
        }
    }

    /// Counts up whenever something that is shown may have changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Something that is shown has changed.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Lets everybody who follows [`Self::changes`] look anew.
    pub fn tell(&self) {
        self.changed();
    }

    /// Wakes every loop now.
    pub(crate) fn wake(&self) {
        self.poke.send_modify(|count| *count += 1);
        self.hub.ring_all();
    }

    /// Where we listen, or why not; `None`: nothing needs it, or another process runs the node.
    pub(crate) fn listening_view(&self) -> Option<Result<std::net::SocketAddr, String>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether partners find us at a relay now; `None`: we do not answer there.
    pub(crate) fn at_relay(&self, relay: &str) -> Option<bool> {
        self.relays.lock().unwrap_or_else(PoisonError::into_inner).get(relay).copied()
    }

    /// The relays at which partners find this node now.
    pub fn relays(&self) -> Vec<String> {
        let relays = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
        relays.iter().filter(|(_, connected)| **connected).map(|(relay, _)| relay.clone()).collect()
    }

    /// Where this node listens for partners now; `None`: nowhere.
    pub fn listening(&self) -> Option<std::net::SocketAddr> {
        self.listening_view().and_then(Result::ok)
    }

    /// Nothing is left to do on either side of any connection: both trackers were read since `begun_ms`, both sides know
    /// of each other, and nothing waits.
    async fn settled(&self, begun_ms: i64) -> Result<bool, Trouble> {
        use twinline_model::view::{ConnectionState as S, ConnectionView};
        let status = self.status().await;
        let problems = self.db.read(|tx| tx.problems()).await?;
        let stuck = |c: &ConnectionView| {
            problems.iter().any(|p| p.pair.is_none() && !p.skipped && p.connection.as_ref() == Some(&c.id))
        };
        let idle = status.connections.iter().all(|c| match c.state {
            S::Paused | S::Declined | S::Disconnected => true,
            // What waits for a person is not waited for here.
            S::NeedsAttention if stuck(c) => true,
            S::UpToDate | S::Delayed | S::NeedsAttention => c.waiting.r#in == 0 && c.waiting.out == 0,
            // Nobody has accepted yet, or our admin has to approve: there is nothing that this run could do.
            S::WaitingForPartner | S::WaitingForYou => c.role == Role::Public,
            S::FirstSync | S::Checking | S::Syncing | S::Offline => false,
        });
        if !idle {
            let states: Vec<_> = status.connections.iter().map(|c| (c.state, &c.waiting)).collect();
            tracing::debug!(?states, "not at the end yet");
            return Ok(false);
        }
        for live in self.live_links().await? {
            // A partner who began to run after us wants to hear of a look that is younger than that, too.
            let room = self.hub.room(&live.id);
            let (met_ms, unsettled) = {
                let memory = room.memory();
                (memory.met_ms.unwrap_or(begun_ms), memory.partner_unsettled)
            };
            if unsettled {
                tracing::debug!("not at the end yet: the partner is not");
                return Ok(false);
            }
            let (ours, theirs) = (live.checked_ms, live.partner_checked_ms);
            if ours < begun_ms.max(met_ms) || theirs < begun_ms {
                tracing::debug!(begun_ms, met_ms, ours, theirs, "not at the end yet: a look is too old");
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Every partner has heard that we had nothing left to do at `at_ms`. That something came from them since is not enough: it may
    /// answer what we said before.
    async fn told_since(&self, at_ms: i64) -> Result<bool, Trouble> {
        let told =
            |live: &LiveLink| self.hub.room(&live.id).memory().told_ms.is_some_and(|told| told >= at_ms);
        Ok(self.live_links().await?.iter().all(told))
    }

    /// The connections that are synced now, and when both trackers were read. What waits for a person is not waited for.
    async fn live_links(&self) -> Result<Vec<LiveLink>, Trouble> {
        let now = now_ms();
        self.db
            .read(move |tx| {
                let problems = tx.problems()?;
                let mut live = Vec::new();
                for connection in tx.connections()? {
                    let stuck =
                        |p: &ProblemRow| p.pair.is_none() && p.connection.as_ref() == Some(&connection.id);
                    let paused = is_paused(&connection, now) || connection.partner_paused;
                    if connection.stage != Stage::Connected || paused || problems.iter().any(stuck) {
                        continue;
                    }
                    let checked = tx.account(&connection.account)?.and_then(|a| a.checked_ms);
                    live.push(LiveLink {
                        checked_ms: checked.unwrap_or(0),
                        partner_checked_ms: tx.link(&connection.id)?.partner_checked_ms.unwrap_or(0),
                        id: connection.id,
                    });
                }
                Ok(live)
            })
            .await
    }
}
