//! A node: what the window, the tray and the command line talk to.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::Notified;

use crate::db::Db;
use crate::folder;
use crate::hub::Hub;
use crate::options::{Options, SecretsChoice};
use crate::pace::Kept;
use crate::secrets::Secrets;
use crate::spool::Spool;
use crate::status::Runs;
use crate::sync;

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
    /// This run ends by itself once nothing is left to do.
    pub(crate) ends: AtomicBool,
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
            ends: AtomicBool::new(false),
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
}
