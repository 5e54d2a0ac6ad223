//! What a running site holds: database, people, clock, faults, counters.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use rusqlite::{Connection, Transaction};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::error::ApiResult;
use crate::faults::{Faults, Lag};
use crate::limits::Limits;

/// Statuses of every project: id, name, category key.
pub(crate) const STATUSES: [(i64, &str, &str); 3] =
    [(1, "To Do", "new"), (2, "In Progress", "indeterminate"), (3, "Done", "done")];

/// A person of the site.
#[derive(Clone)]
pub(crate) struct User {
    pub account_id: String,
    pub email: String,
    pub name: String,
    pub time_zone: String,
    /// Own token; none means the site's.
    pub token: Option<String>,
    pub expired: bool,
    /// The token has scopes: it is accepted at the gateway, and only there.
    pub scoped: bool,
}

impl User {
    pub fn new(site: &str, local: &str, name: &str, time_zone: &str) -> Self {
        let email = format!("{local}@{site}.example");
        let hash = hex::encode(Sha256::digest(email.as_bytes()));
        Self {
            account_id: format!("5b10{}", &hash[..20]),
            email,
            name: name.to_owned(),
            time_zone: time_zone.to_owned(),
            token: None,
            expired: false,
            scoped: false,
        }
    }
}

/// Calls of the Jira API, counted.
#[derive(Default)]
pub(crate) struct Calls {
    pub by_operation: BTreeMap<String, u64>,
    pub by_status: BTreeMap<u16, u64>,
    pub writes_by_operation: BTreeMap<String, u64>,
    pub since_ms: i64,
}

/// Pages of a search that were not fetched yet.
pub(crate) struct PendingSearch {
    pub ids: Vec<i64>,
    /// How far behind the index was when the search began.
    pub lag: Lag,
    pub issued_ms: i64,
    pub order: u64,
}

pub(crate) struct Site {
    pub name: String,
    pub url: String,
    pub files_url: String,
    pub folder: PathBuf,
    pub token: String,
    pub latency_ms: AtomicU64,
    pub upload_limit: AtomicU64,
    pub users: RwLock<Vec<User>>,
    pub faults: Mutex<Faults>,
    pub limits: Limits,
    pub searches: Mutex<HashMap<String, PendingSearch>>,
    pub signing: [u8; 32],
    calls: Mutex<Calls>,
    db: Mutex<Connection>,
    clock_ms: AtomicI64,
    version: AtomicU64,
    /// Told after each write and each counted call.
    events: watch::Sender<()>,
    /// Issues that the transaction under way touched, for the automation.
    touched: Mutex<Vec<i64>>,
    me: Weak<Self>,
}

/// A poisoned lock means a handler panicked; what it guards is still whole, since SQLite rolled back.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct SiteParts {
    pub name: String,
    pub url: String,
    pub files_url: String,
    pub folder: PathBuf,
    pub token: String,
    pub latency_ms: u64,
    pub limits: bool,
    pub upload_limit: u64,
    pub db: Connection,
}

impl Site {
    pub fn new(parts: SiteParts) -> Arc<Self> {
        Arc::new_cyclic(|me| Self::made(parts, me.clone()))
    }

    fn made(parts: SiteParts, me: Weak<Self>) -> Self {
        let mut signing = [0u8; 32];
        // Links of a practice site are not secret; without randomness they are only guessable.
        let _ = getrandom::fill(&mut signing);
        let users = vec![
            User::new(&parts.name, "ana", "Ana Ruiz", "Europe/Madrid"),
            User::new(&parts.name, "partner-admin", "Pat Smith", "America/New_York"),
            User::new(&parts.name, "ben", "Ben Okoro", "Etc/UTC"),
        ];
        let site = Self {
            name: parts.name,
            url: parts.url,
            files_url: parts.files_url,
            folder: parts.folder,
            token: parts.token,
            latency_ms: AtomicU64::new(parts.latency_ms),
            upload_limit: AtomicU64::new(parts.upload_limit),
            users: RwLock::new(users),
            faults: Mutex::new(Faults::default()),
            limits: Limits::new(parts.limits),
            searches: Mutex::new(HashMap::new()),
            signing,
            calls: Mutex::new(Calls::default()),
            db: Mutex::new(parts.db),
            clock_ms: AtomicI64::new(0),
            version: AtomicU64::new(1),
            events: watch::Sender::new(()),
            touched: Mutex::default(),
            me,
        };
        lock(&site.calls).since_ms = site.now_ms();
        site
    }

    /// The site's time, which practice may move.
    pub fn now_ms(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond()
            + self.clock_ms.load(Ordering::Relaxed)
            + lock(&self.faults).clock_skew_ms()
    }

    pub fn set_clock(&self, offset_ms: i64) {
        self.clock_ms.store(offset_ms, Ordering::Relaxed);
        self.bump();
    }

    pub fn clock(&self) -> i64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    pub fn bump(&self) {
        self.version.fetch_add(1, Ordering::Relaxed);
        self.events.send_replace(());
    }

    /// Something that waits for the next write or counted call.
    pub fn events(&self) -> watch::Receiver<()> {
        self.events.subscribe()
    }

    /// The same site, for what goes on after a call.
    pub fn shared(&self) -> Arc<Self> {
        // Whoever calls this holds the site by the very pointer that is asked for here.
        self.me.upgrade().expect("the site is alive while it is used")
    }

    /// The account that rules of the site write by.
    pub fn robot(&self) -> User {
        User::new(&self.name, "automation", "Automation for Jira", "Etc/UTC")
    }

    /// The issue is part of the transaction under way, changed by `who`.
    pub fn touches(&self, issue: i64, who: &User) {
        let mut touched = lock(&self.touched);
        if !touched.contains(&issue) && !who.email.starts_with("automation@") {
            touched.push(issue);
        }
    }

    pub fn read<T>(&self, with: impl FnOnce(&Connection) -> ApiResult<T>) -> ApiResult<T> {
        with(&lock(&self.db))
    }

    /// All or nothing: an error takes back what `with` had written.
    pub fn write<T>(&self, with: impl FnOnce(&Transaction<'_>) -> ApiResult<T>) -> ApiResult<T> {
        let mut db = lock(&self.db);
        lock(&self.touched).clear();
        let transaction = db.transaction()?;
        let value = with(&transaction)?;
        transaction.commit()?;
        let touched = std::mem::take(&mut *lock(&self.touched));
        drop(db);
        self.bump();
        crate::automation::react(self, &touched);
        Ok(value)
    }

    pub fn all_users(&self) -> Vec<User> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn user(&self, who: &str) -> Option<User> {
        self.all_users().into_iter().find(|u| u.account_id == who || u.email.eq_ignore_ascii_case(who))
    }

    pub fn count(&self, operation: &str, status: u16, wrote: bool) {
        let mut calls = lock(&self.calls);
        *calls.by_operation.entry(operation.to_owned()).or_default() += 1;
        *calls.by_status.entry(status).or_default() += 1;
        if wrote {
            *calls.writes_by_operation.entry(operation.to_owned()).or_default() += 1;
        }
        drop(calls);
        self.events.send_replace(());
    }

    /// How many writes of this operation had an effect.
    pub fn writes_of(&self, operation: &str) -> u64 {
        lock(&self.calls).writes_by_operation.get(operation).copied().unwrap_or(0)
    }

    pub fn calls(&self) -> Value {
        let calls = lock(&self.calls);
        let by_status: BTreeMap<String, u64> =
            calls.by_status.iter().map(|(k, v)| (k.to_string(), *v)).collect();
        json!({
            "calls": calls.by_operation,
            "total": calls.by_operation.values().sum::<u64>(),
            "writes": calls.writes_by_operation.values().sum::<u64>(),
            "writesByOperation": calls.writes_by_operation,
            "statuses": by_status,
            "since": crate::beans::time(calls.since_ms),
        })
    }

    pub fn reset_calls(&self) {
        let now = self.now_ms();
        *lock(&self.calls) = Calls { since_ms: now, ..Calls::default() };
    }

    /// The signature of a link to a file.
    pub fn sign(&self, uuid: &str, until_ms: i64) -> String {
        let mut hash = Sha256::new();
        hash.update(self.signing);
        hash.update(uuid.as_bytes());
        hash.update(until_ms.to_be_bytes());
        hash.update(self.signing);
        format!("{until_ms}.{}", hex::encode(&hash.finalize()[..16]))
    }

    pub fn signed(&self, uuid: &str, token: &str) -> bool {
        let until = token.split('.').next().and_then(|t| t.parse::<i64>().ok()).unwrap_or(0);
        until > self.now_ms() && self.sign(uuid, until) == token
    }
}
