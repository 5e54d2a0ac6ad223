//! The node as the machine that the sync steps run on.

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
use twinline_model::{AccountId, ConnectionId, ProjectKey};
use twinline_store::{Account, StoreError, Tx};
use twinline_sync::Machine;
use twinline_sync::room::Room;
use twinline_trackers::Tracker;

use crate::hub;
use crate::keys::random_hex;
use crate::node::Node;
use crate::spool::Spool;
use crate::time::{day_utc, minute, now_ms};
use crate::words::written;

#[async_trait]
impl Machine for Node {
    type Spool = Spool;

    async fn read<T, F>(&self, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        // The loops read a page of rows at most.
        self.db.glance(work).await
    }
    async fn write<T, F>(&self, step: &'static str, work: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.db.step(step, work).await
    }
    fn spool(&self) -> &Spool {
        &self.spool
    }
    fn room(&self, id: &ConnectionId) -> Arc<Room> {
        self.hub.room(id)
    }
    async fn marker_key(&self, id: &ConnectionId) -> Result<MarkerKey, Trouble> {
        hub::marker_key(&self.secrets, &self.hub.line(id), id).await
    }
    fn now_ms(&self) -> i64 {
        now_ms()
    }
    fn awake(&self) -> Duration {
        // CLOCK_MONOTONIC on Linux, mach_absolute_time on macOS: neither counts while the computer sleeps
        // (clock_gettime(2); std::time::Instant, "Underlying System calls").
        self.started.elapsed()
    }
    fn random_hex(&self) -> String {
        random_hex()
    }
    fn run(&self) -> &str {
        &self.run
    }
    fn place(&self) -> &str {
        &self.place
    }
    fn settle(&self) -> Duration {
        self.options.settle
    }
    fn check_every(&self) -> Duration {
        Node::check_every(self)
    }
    fn rests(&self) -> bool {
        Node::rests(self)
    }
    fn long_poll(&self) -> Duration {
        match self.ends.load(std::sync::atomic::Ordering::Relaxed) {
            true => crate::leaving::SHORT_POLL,
            false => twinline_sync::machine::LONG_POLL,
        }
    }
    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await
    }
    fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }
    async fn stopped(&self) {
        self.stop.cancelled().await
    }
    fn pokes(&self) -> watch::Receiver<u64> {
        self.poke.subscribe()
    }
    fn changed(&self) {
        Node::changed(self);
    }
    fn wake(&self) {
        Node::wake(self);
    }
    async fn tracker(&self, account: &Account) -> Result<Arc<dyn Tracker>, Trouble> {
        self.hub.tracker(account, &self.secrets).await
    }
    async fn types(&self, account: &Account, project: &ProjectKey) -> Result<IssueTypes, Trouble> {
        let tracker = self.hub.tracker(account, &self.secrets).await?;
        let types = self.hub.types(&account.id, tracker.as_ref(), project).await;
        types.map_err(|e| crate::trouble::from_read(&e, &account.site))
    }
    async fn call(&self, connection: &Connection, request: Envelope) -> Result<Envelope, Trouble> {
        crate::sync::call(self, connection.clone(), request).await
    }
    async fn pair(&self, connection: &Connection) -> Result<(), Trouble> {
        crate::sync::pair_with(self, connection.clone()).await
    }
    fn partner_words(&self, connection: &Connection) -> String {
        connection.partner_name().map_or_else(|| written("partner-unknown", &[]), str::to_owned)
    }
    fn forget_tracker(&self, account: &AccountId) {
        self.hub.forget_tracker(account);
    }
    fn attribution(&self, partner: &str, created_ms: i64) -> String {
        written("comment-attribution", &[("company", partner), ("time", &day_utc(created_ms))])
    }
    fn withdrawn_words(&self, partner: &str) -> String {
        written("comment-withdrawn", &[("company", partner)])
    }
    fn notice_words(&self, partner: &str, file: &str, size: &str, says: Says) -> String {
        let words = match says {
            Says::Stays => "notice-file-stays",
            Says::Came => "notice-file-came",
            Says::Gone => "notice-file-gone",
        };
        written(words, &[("company", partner), ("file", file), ("size", size)])
    }
    fn goes_on_words(&self, file: &str) -> String {
        written("text-goes-on", &[("file", file)])
    }
    fn cut_words(&self, partner: &str) -> String {
        written("comment-goes-on", &[("company", partner)])
    }
    fn time_words(&self) -> String {
        minute(now_ms())
    }
    fn folder(&self) -> String {
        self.options.data.display().to_string()
    }
}

/// Names the computer and the folder: a copy of the data elsewhere has another name. 32 hexadecimal digits.
pub(crate) fn place(data: &std::path::Path) -> String {
    use sha2::{Digest as _, Sha256};
    // machine-id(5); elsewhere the computer's name has to do.
    let computer = std::fs::read_to_string("/etc/machine-id")
        .ok()
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .unwrap_or_default();
    let folder = std::fs::canonicalize(data).unwrap_or_else(|_| data.to_path_buf());
    let mut hash = Sha256::new();
    hash.update(computer.trim().as_bytes());
    hash.update([0]);
    hash.update(folder.as_os_str().as_encoded_bytes());
    hex::encode(&hash.finalize()[..16])
}
