//! A process of a node: the machine that the sync steps run on, in virtual time, over a disk that survives it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use twinline_link::exchange::Envelope;
use twinline_link::keys::Psk;
use twinline_link::marker::MarkerKey;
use twinline_model::connection::Connection;
use twinline_model::notice::Says;
use twinline_model::observed::IssueTypes;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{AccountId, BlobHash, ConnectionId, ProjectKey};
use twinline_store::{Account, Store, StoreError, Tx};
use twinline_sync::machine::{AT_ONCE, Machine, Spool, Taken};
use twinline_sync::room::Room;
use twinline_trackers::{ByteStream, Tracker};

use crate::carrier::Carrier;
use crate::shelf::Borrowed;
use crate::swarm::Swarm;
use crate::tracker::FakeTracker;
use crate::world::{World, Yield};

/// What survives a process: the database as of its last commit, and the spool.
pub struct Disk {
    /// The database.
    pub store: Borrowed,
    /// Files by hash.
    pub files: Mutex<BTreeMap<BlobHash, Vec<u8>>>,
    /// Earlier commits, to set the database back to.
    pub images: Mutex<Vec<Vec<u8>>>,
    /// Names the place.
    pub place: String,
}

impl Disk {
    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }
    /// Files by hash.
    pub fn files(&self) -> MutexGuard<'_, BTreeMap<BlobHash, Vec<u8>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Earlier commits.
    pub fn images(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One run of a node.
pub struct Process {
    /// Which process of the world.
    pub number: usize,
    /// 0: ACME, public. 1: Globex, private.
    pub side: usize,
    /// Clock and tapes.
    pub world: Arc<World>,
    /// What survives.
    pub disk: Arc<Disk>,
    /// What goes wrong how often.
    pub swarm: Swarm,
    /// Its tracker.
    pub tracker: Arc<FakeTracker>,
    /// The way to the partner.
    pub carrier: Arc<Carrier>,
    run: String,
    started_ms: u64,
    rooms: Mutex<BTreeMap<ConnectionId, Arc<Room>>>,
    pokes: watch::Sender<u64>,
    spool: FakeSpool,
    key: MarkerKey,
}

/// How often a poll looks.
pub const CHECK_EVERY: Duration = Duration::from_secs(60);
/// How long an unknown create is probed.
pub const SETTLE: Duration = Duration::from_secs(180);

impl Process {
    /// Starts a run over a disk.
    pub fn new(
        number: usize,
        side: usize,
        world: &Arc<World>,
        disk: &Arc<Disk>,
        swarm: Swarm,
        tracker: FakeTracker,
        carrier: &Arc<Carrier>,
    ) -> Arc<Self> {
        Arc::new(Self {
            number,
            side,
            world: world.clone(),
            disk: disk.clone(),
            swarm,
            tracker: Arc::new(tracker),
            carrier: carrier.clone(),
            run: world.hex(),
            started_ms: world.now_ms(),
            rooms: Mutex::default(),
            pokes: watch::Sender::new(0),
            spool: FakeSpool(disk.clone()),
            key: MarkerKey::derive(&Psk::from_secret_str(&"07".repeat(32)).expect("64 digits")),
        })
    }

    /// A chance to end before or after a commit.
    async fn may_end(&self, step: &'static str, moment: &'static str) {
        if self.world.goes_wrong(self.swarm.crash_commit) {
            self.world.tell("crash-at", self.number as u64, || {
                format!("process {} is killed {moment} commit \"{step}\"", self.number)
            });
            self.world.crash(self.number);
            std::future::pending::<()>().await;
        }
    }

    fn keep_image(&self) {
        if self.swarm.rollback + self.swarm.copy > 0 && self.world.is_chaos() && self.world.order(12) == 0 {
            let image = self.disk.store().image().expect("an image of a database in memory");
            let mut images = self.disk.images();
            if images.len() >= 12 {
                let drop = self.world.order(12) as usize;
                images.remove(drop);
            }
            images.push(image);
        }
    }
}

#[async_trait]
impl Machine for Process {
    type Spool = FakeSpool;

    async fn read<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        if self.world.order(4) == 0 {
            Yield::default().await;
        }
        self.disk.store().read(work).map_err(|e| panic!("database: {e}"))
    }

    async fn write<T, F>(&self, step: &'static str, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        if self.world.order(4) == 0 {
            Yield::default().await;
        }
        self.may_end(step, "before").await;
        if self.world.goes_wrong(self.swarm.disk_full) {
            self.world.tell("disk-full", self.number as u64, || {
                format!("process {}: no room for commit \"{step}\"", self.number)
            });
            return Err(Trouble::new(ProblemCode::DiskFull));
        }
        let answer = self.disk.store().write(work).map_err(|e| panic!("database, step {step}: {e}"));
        self.keep_image();
        self.may_end(step, "after").await;
        answer
    }

    fn spool(&self) -> &FakeSpool {
        &self.spool
    }
    fn room(&self, id: &ConnectionId) -> Arc<Room> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.entry(id.clone()).or_default().clone()
    }
    async fn marker_key(&self, _: &ConnectionId) -> Result<MarkerKey, Trouble> {
        Ok(self.key.clone())
    }
    fn now_ms(&self) -> i64 {
        let now = self.world.now_ms() as i64;
        match self.swarm.wild_clock {
            0 => now,
            // Ten years back or forth, another time at each look (F18).
            _ => now + (self.world.order(20) as i64 - 10) * 31_557_600_000,
        }
    }
    fn awake(&self) -> Duration {
        Duration::from_millis(self.world.now_ms() - self.started_ms)
    }
    fn random_hex(&self) -> String {
        self.world.hex()
    }
    fn run(&self) -> &str {
        &self.run
    }
    fn place(&self) -> &str {
        &self.disk.place
    }
    fn settle(&self) -> Duration {
        SETTLE
    }
    fn check_every(&self) -> Duration {
        CHECK_EVERY
    }
    fn long_poll(&self) -> Duration {
        CHECK_EVERY
    }
    fn at_once(&self) -> usize {
        usize::try_from(self.swarm.few).ok().filter(|few| *few > 0).unwrap_or(AT_ONCE)
    }
    async fn sleep(&self, time: Duration) {
        self.world.sleep(time).await
    }
    fn is_stopping(&self) -> bool {
        false
    }
    async fn stopped(&self) {
        std::future::pending().await
    }
    fn pokes(&self) -> watch::Receiver<u64> {
        self.pokes.subscribe()
    }
    fn changed(&self) {}
    fn wake(&self) {
        self.pokes.send_modify(|count| *count += 1);
        for room in self.rooms.lock().unwrap_or_else(PoisonError::into_inner).values() {
            room.work.ring();
            room.news.ring();
        }
    }
    async fn tracker(&self, _: &Account) -> Result<Arc<dyn Tracker>, Trouble> {
        Ok(self.tracker.clone())
    }
    async fn types(&self, _: &Account, project: &ProjectKey) -> Result<IssueTypes, Trouble> {
        Ok(self.tracker.issue_types(project).await.unwrap_or_default())
    }
    async fn call(&self, connection: &Connection, request: Envelope) -> Result<Envelope, Trouble> {
        self.carrier.call(self.disk.clone(), connection.clone(), request).await
    }
    async fn pair(&self, _: &Connection) -> Result<(), Trouble> {
        Ok(())
    }
    fn forget_tracker(&self, _: &AccountId) {}
    fn partner_words(&self, _: &Connection) -> String {
        "Partner".to_owned()
    }
    fn attribution(&self, partner: &str, _: i64) -> String {
        format!("({partner}) wrote")
    }
    fn withdrawn_words(&self, partner: &str) -> String {
        format!("{partner} no longer shows this comment.")
    }
    fn notice_words(&self, partner: &str, file: &str, size: &str, says: Says) -> String {
        format!("{file} ({size}) of {partner}: {says:?}")
    }
    fn goes_on_words(&self, file: &str) -> String {
        format!("It goes on in {file}.")
    }
    fn cut_words(&self, partner: &str) -> String {
        format!("{partner} has the rest.")
    }
    fn folder(&self) -> String {
        self.disk.place.clone()
    }
}

/// Files in memory; they survive the process as files do.
pub struct FakeSpool(Arc<Disk>);

fn hash(bytes: &[u8]) -> BlobHash {
    BlobHash::new(hex::encode(Sha256::digest(bytes)))
}

#[async_trait]
impl Spool for FakeSpool {
    async fn take(&self, mut bytes: ByteStream, _: &str) -> std::io::Result<Taken> {
        let mut whole = Vec::new();
        while let Some(piece) = bytes.next().await {
            whole.extend_from_slice(&piece?);
        }
        let taken = Taken { sha256: hash(&whole), size: whole.len() as u64 };
        self.0.files().insert(taken.sha256.clone(), whole);
        Ok(taken)
    }

    async fn put(&self, sha256: &BlobHash, offset: u64, bytes: Vec<u8>, total: u64) -> std::io::Result<bool> {
        let mut files = self.0.files();
        let file = files.entry(sha256.clone()).or_default();
        file.resize(usize::try_from(offset).unwrap_or(0), 0);
        file.extend_from_slice(&bytes);
        if file.len() as u64 != total {
            return Ok(false);
        }
        if hash(file) == *sha256 {
            return Ok(true);
        }
        files.remove(sha256);
        Err(std::io::Error::from(std::io::ErrorKind::InvalidData))
    }

    async fn get(&self, sha256: &BlobHash, offset: u64, most: usize) -> std::io::Result<Vec<u8>> {
        let files = self.0.files();
        let file = files.get(sha256).ok_or(std::io::ErrorKind::NotFound)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(file.len());
        Ok(file[from..].iter().copied().take(most).collect())
    }

    async fn stream(&self, sha256: &BlobHash) -> std::io::Result<ByteStream> {
        let file = self.0.files().get(sha256).cloned().ok_or(std::io::ErrorKind::NotFound)?;
        Ok(Box::pin(stream::once(async move { Ok(Bytes::from(file)) })))
    }

    async fn size(&self, sha256: &BlobHash) -> u64 {
        self.0.files().get(sha256).map_or(0, |file| file.len() as u64)
    }

    async fn remove(&self, sha256: &BlobHash) -> std::io::Result<()> {
        self.0.files().remove(sha256);
        Ok(())
    }
}
