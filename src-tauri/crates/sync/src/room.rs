//! What the loops of one connection share in memory: bells, and what this run has seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use twinline_link::exchange::{Compare, Want};
use twinline_model::observed::IssueTypes;
use twinline_model::{AttachmentId, BlobHash, IntentId, Origin, PairId, ProjectKey};

use crate::census::Walk;
use crate::nonces::Nonces;
use crate::scripted::Compiled;

/// Wakes whoever listens; a ring is never lost between two looks.
pub struct Bell(watch::Sender<u64>);

impl Default for Bell {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Bell {
    /// Wakes all listeners.
    pub fn ring(&self) {
        self.0.send_modify(|count| *count += 1);
    }
    /// Hears every ring from now on.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

/// What the loops of one connection share. It is gone with the run.
#[derive(Default)]
pub struct Room {
    /// Something may be written to our tracker.
    pub work: Bell,
    /// There may be something to say to the partner.
    pub news: Bell,
    memory: Mutex<Memory>,
}

/// How far the probes of an intent are; both in time awake.
#[derive(Clone, Copy, Debug)]
pub struct Probing {
    /// Since when.
    pub since: Duration,
    /// When the last one was begun.
    pub last: Option<Duration>,
}

/// What this run has seen.
#[derive(Default)]
pub struct Memory {
    /// The project was swept for twins that nobody knows of, and all changes were read: creates may start.
    pub swept: bool,
    /// The project was swept; the changes may still have to be read.
    pub keys_read: bool,
    /// Where the sweep begins: above the highest key number that was known when this run began, or when an earlier one began
    /// whose sweep did not come to its end.
    pub sweep_from: Option<u64>,
    /// Where a sweep of this run goes on that broke off.
    pub sweep_at: Option<u64>,
    /// Once the partner's node said so: this run, and no other of our node, may write (I20).
    pub granted: bool,
    /// Meanwhile another copy of our data wrote: what it made is looked for before anything is created here.
    pub elsewhere: bool,
    /// The rules of Script mode that were run last.
    pub(crate) rules: Option<Arc<Compiled>>,
    /// In Script mode: the types of our project, as the worker saw them last.
    pub(crate) types: Option<IssueTypes>,
    /// In this run the partner said how far it is, and it fits what we know.
    pub agreed: bool,
    /// Of some issue something was left for later, until both sides agree: each that was not fully taken in is looked at
    /// again then.
    pub left_open: bool,
    /// Pairs whose issue was read past the search index in this run, or made in it.
    pub looked: BTreeSet<PairId>,
    /// A person said that this computer shall go on instead of another one.
    pub take_over: bool,
    /// The project's key, where this run found that it has another one than before.
    pub key: Option<ProjectKey>,
    /// The highest key number that a poll showed in the project.
    pub highest: u64,
    /// When edits of this run were sent at the earliest whose answers were lost: ms, by the tracker's clock.
    pub sent: BTreeMap<IntentId, i64>,
    /// The unknown intents that are probed in this run.
    pub probing: BTreeMap<IntentId, Probing>,
    /// Our tracker asked to wait, or could not be reached: no writes before (awake).
    pub writes_after: Option<Duration>,
    /// Our tracker asked to leave single issues alone: no writes to them before (awake).
    pub pair_after: BTreeMap<PairId, Duration>,
    /// Since when (awake) a comment of these pairs waits for the files that it shows.
    pub shown_later: BTreeMap<PairId, Duration>,
    /// When (awake) the digests were last compared.
    pub compared: Option<Duration>,
    /// How often in a row the comparison found a difference.
    pub unequal: u32,
    /// When (awake) the partner was last asked for its digests.
    pub asked_compare: Option<Duration>,
    /// How often that happened since both were last equal.
    pub questions: u32,
    /// Public side: what tells words of now from old ones.
    pub(crate) nonces: Nonces,
    /// Private side: the last nonce seen.
    pub echo: u64,
    /// What the partner asked for and has not got yet.
    pub asked: Vec<Want>,
    /// What is to be said of the digests in the next envelope.
    pub comparing: Option<Compare>,
    /// The partner was told these many pending changes.
    pub told_pending: Option<u32>,
    /// The partner has not found yet that both sides know the same.
    pub partner_unsettled: bool,
    /// Which run of the partner's was heard last.
    pub(crate) partner_run: Option<String>,
    /// Since when (ms) the partner's run is heard in this one.
    pub met_ms: Option<i64>,
    /// Private side: the last request was answered.
    pub(crate) answered: bool,
    /// When (awake) we last began to say something that the partner acts on, if it arrives.
    pub(crate) saying: Option<Duration>,
    /// When (awake) the newest words were said of which it is known that the partner's run heard them.
    pub told: Option<Duration>,
    /// This run ends once the partner has heard words from after this time (awake): nothing is left to do here.
    pub last_word: Option<Duration>,
    /// The partner knows that we ended the connection.
    pub told_the_end: bool,
    /// How far the look at all issues is.
    pub census: Walk,
    /// When (awake) single issues were let go.
    pub let_go: Vec<Duration>,
    /// Issues born here that the partner knows and we do not: a poll looks for them.
    pub forgotten: BTreeSet<Origin>,
    /// Files that the partner asked for and that lie here no more: after a restore they are read again.
    pub missed: BTreeSet<BlobHash>,
    /// When (awake) they were last searched for.
    pub searched: Option<Duration>,
    /// How often each file of ours came cut short.
    pub cut_short: BTreeMap<AttachmentId, u32>,
    /// When (awake) there was last no room on the disk for a file of ours.
    pub disk_full: Option<Duration>,
    /// Pieces of files that went or came in this run.
    pub pieces: u64,
    /// Private side: something in front of the partner refused a request for its size. From then on they are small ones.
    pub narrow: bool,
}

impl Memory {
    /// A run of the partner's was heard, and said whether it has found that both sides know the same.
    pub(crate) fn meets(&mut self, run: &str, unsettled: bool, now_ms: i64) {
        self.partner_unsettled = unsettled;
        if self.partner_run.as_deref() != Some(run) {
            self.partner_run = Some(run.to_owned());
            // What an earlier run of theirs heard, this one does not know.
            (self.met_ms, self.told) = (Some(now_ms), None);
        }
    }

    /// The partner's run has heard what we said last.
    pub(crate) fn heard(&mut self) {
        self.told = self.saying.max(self.told);
    }

    /// The partner has still to hear that this run has nothing left to do: what is said for it is not held back.
    pub(crate) fn owes_last_word(&self) -> bool {
        self.last_word.is_some_and(|at| self.told.is_none_or(|told| told < at))
    }
}

impl Room {
    /// The memory, locked for a moment: never across an await.
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Both sides are compared as soon as nothing is on its way, whenever that was done last.
    pub fn compare_anew(&self) {
        let mut memory = self.memory();
        (memory.compared, memory.asked_compare, memory.questions) = (None, None, 0);
        drop(memory);
        self.news.ring();
    }
}

impl Memory {
    /// How long until our tracker may be written to again, or a single issue of it; `None`: nothing is held back.
    pub(crate) fn next_write(&self, awake: Duration) -> Option<Duration> {
        let held = self.writes_after.into_iter().chain(self.pair_after.values().copied());
        held.filter(|until| *until > awake).min().map(|until| until - awake)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn the_last_word_counts_when_the_run_that_is_there_now_has_heard_it() {
        let mut memory = Memory::default();
        assert!(!memory.owes_last_word(), "no run that ends by itself owes one");
        memory.meets("one", true, 1_000);
        (memory.last_word, memory.saying) = (at(5), at(4));
        memory.heard();
        assert!(memory.owes_last_word(), "what was said before is no last word");
        memory.saying = at(6);
        memory.heard();
        assert!(!memory.owes_last_word());
        memory.saying = None;
        memory.heard();
        assert!(!memory.owes_last_word(), "what may not have been acted on takes nothing back");

        memory.meets("one", false, 2_000);
        assert_eq!((memory.met_ms, memory.partner_unsettled), (Some(1_000), false), "the same run");
        memory.meets("two", false, 3_000);
        assert_eq!(memory.met_ms, Some(3_000));
        assert!(memory.owes_last_word(), "their new run has heard nothing");
    }
}
