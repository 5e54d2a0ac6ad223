//! What the sync loops need of the machine they run on: a database, a spool, clocks, keys. The node has the real ones; a
//! simulator has its own, and runs the same code.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use twinline_link::exchange::Envelope;
use twinline_link::marker::MarkerKey;
use twinline_model::connection::Connection;
use twinline_model::notice::Says;
use twinline_model::observed::IssueTypes;
use twinline_model::problem::Trouble;
use twinline_model::{AccountId, BlobHash, ConnectionId, ProjectKey};
use twinline_store::{Account, StoreError, Tx};
use twinline_trackers::{ByteStream, Tracker};

use crate::room::Room;

/// As many issues as a page has, or a question by key: each page is one transaction.
pub const AT_ONCE: usize = 100;

/// The longest wait for the partner's news, as a rule: below the 25 s at which proxies begin to cut.
pub const LONG_POLL: Duration = Duration::from_secs(20);

/// The machine. Everything that can fail, wait or end the program goes through it.
#[async_trait]
pub trait Machine: Send + Sync + Sized + 'static {
    /// Where attachments lie on their way.
    type Spool: Spool;

    /// One transaction that only reads.
    async fn read<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static;

    /// One transaction that writes; durable when it answers. `step` is its stable name: what a crash is aimed at.
    async fn write<T, F>(&self, step: &'static str, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static;

    /// The spool.
    fn spool(&self) -> &Self::Spool;

    /// What the loops of a connection share in memory.
    fn room(&self, id: &ConnectionId) -> Arc<Room>;

    /// The key of a connection's markers.
    async fn marker_key(&self, id: &ConnectionId) -> Result<MarkerKey, Trouble>;

    /// Wall-clock time for people, ms since 1970. Decides nothing.
    fn now_ms(&self) -> i64;

    /// How long this run has been awake: monotonic, and standing still while the computer sleeps.
    fn awake(&self) -> Duration;

    /// 32 hexadecimal digits by chance.
    fn random_hex(&self) -> String;

    /// Names this run of the program; another one at each start.
    fn run(&self) -> &str;

    /// Names the place that it runs from (computer and folder): two runs of one place never overlap.
    fn place(&self) -> &str;

    /// How long an unknown create is probed before it is tried again.
    fn settle(&self) -> Duration;

    /// How often trackers are asked for changes.
    fn check_every(&self) -> Duration;

    /// It is outside working hours: trackers are not asked, and nothing is sent.
    fn rests(&self) -> bool {
        false
    }

    /// The longest wait for the partner's news.
    fn long_poll(&self) -> Duration {
        LONG_POLL
    }

    /// How many issues of a page are taken in in one transaction, and asked for by their ids in one question, at most.
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    /// Waits.
    async fn sleep(&self, time: Duration);

    /// The program is about to end: start nothing new.
    fn is_stopping(&self) -> bool;

    /// Waits until the program is about to end.
    async fn stopped(&self);

    /// Hears when somebody asks to look at everything now.
    fn pokes(&self) -> watch::Receiver<u64>;

    /// Something that is shown has changed.
    fn changed(&self);

    /// Wakes every loop now.
    fn wake(&self);

    /// The tracker of an account, signed in.
    async fn tracker(&self, account: &Account) -> Result<Arc<dyn Tracker>, Trouble>;

    /// The types of a project; may be some minutes old.
    async fn types(&self, account: &Account, project: &ProjectKey) -> Result<IssueTypes, Trouble>;

    /// Private side: asks the partner, and waits for the answer.
    async fn call(&self, connection: &Connection, request: Envelope) -> Result<Envelope, Trouble>;

    /// Private side: asks for the pairing that an invitation promises.
    async fn pair(&self, connection: &Connection) -> Result<(), Trouble>;

    /// The sign-in of an account is no longer believed: it is read anew.
    fn forget_tracker(&self, account: &AccountId);

    /// The partner's name as it goes into our tracker: in the same words whatever language people read.
    fn partner_words(&self, connection: &Connection) -> String;

    /// What follows the author's name above a comment of the partner's: "(Globex) wrote 12 Nov 2026, 14:03 UTC".
    fn attribution(&self, partner: &str, created_ms: i64) -> String;

    /// What stands in place of a comment that the partner's people no longer show.
    fn withdrawn_words(&self, partner: &str) -> String;

    /// What stands in place of a file of the partner's that our tracker does not take; `size` as people say it.
    fn notice_words(&self, partner: &str, file: &str, size: &str, says: Says) -> String;

    /// What stands behind the beginning of a description that goes on in a file of this name.
    fn goes_on_words(&self, file: &str) -> String;

    /// What stands behind the beginning of a comment of the partner's that is longer than our tracker takes.
    fn cut_words(&self, partner: &str) -> String;

    /// What this computer's clock shows, as the fact `time` of a problem; empty where nobody reads it.
    fn time_words(&self) -> String {
        String::new()
    }

    /// Where the data lies, for people.
    fn folder(&self) -> String;
}

/// What was taken into the spool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// SHA-256 of the bytes.
    pub sha256: BlobHash,
    /// How many.
    pub size: u64,
}

/// Attachments' bytes on their way, named by their SHA-256 and never by a name from outside.
#[async_trait]
pub trait Spool: Send + Sync {
    /// Takes a whole stream in under the hash that comes of it. `scratch` names the unfinished file.
    async fn take(&self, bytes: ByteStream, scratch: &str) -> std::io::Result<Taken>;

    /// Writes a piece at its place; true once all `total` bytes are there and the hash fits. A file whose hash does not
    /// fit is removed: `Err` with `InvalidData`.
    async fn put(&self, sha256: &BlobHash, offset: u64, bytes: Vec<u8>, total: u64) -> std::io::Result<bool>;

    /// At most `most` bytes from `offset` on.
    async fn get(&self, sha256: &BlobHash, offset: u64, most: usize) -> std::io::Result<Vec<u8>>;

    /// All bytes as a stream that is read as it is consumed.
    async fn stream(&self, sha256: &BlobHash) -> std::io::Result<ByteStream>;

    /// How many bytes of it lie here.
    async fn size(&self, sha256: &BlobHash) -> u64;

    /// Removes it; it need not be there.
    async fn remove(&self, sha256: &BlobHash) -> std::io::Result<()>;
}
