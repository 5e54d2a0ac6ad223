//! Invariants that are asserted while things happen, and the facts that those at rest are judged by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use twinline_link::exchange::Envelope;
use twinline_model::intent::{IntentState, Write};
use twinline_model::{AttachmentId, ConnectionId, Origin};
use twinline_store::Store;

use crate::machine::SETTLE;
use crate::site::Site;

/// An invariant that does not hold.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Violation {
    /// As engine.md numbers it: `I1`.
    pub invariant: &'static str,
    /// What is wrong.
    pub detail: String,
}

/// Sees everything that people and nodes do.
#[derive(Default)]
pub struct Witness {
    facts: Mutex<Facts>,
}

/// Where writes go one after the other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// A twin that is not there yet: its create.
    Twin(Origin),
    /// An issue, by its number: everything of it.
    Issue(u64),
}

/// A write that a process waits for, until this is dropped: it was answered, it was given up, or the process is gone.
pub struct UnderWay {
    witness: Arc<Witness>,
    process: usize,
    place: Place,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.witness.facts().under_way.remove(&(self.process, self.place.clone()));
    }
}

/// What was seen.
#[derive(Default, Debug)]
pub struct Facts {
    /// Marks that people wrote, by token: (side, issue).
    pub written: BTreeMap<u64, (usize, u64)>,
    /// Tokens that a person could see when they changed or removed them.
    pub superseded: BTreeSet<u64>,
    /// Tokens that people wrote with the very account that the node is signed in with.
    pub masked: BTreeSet<u64>,
    /// How often people changed a field of an issue: (side, issue, field).
    pub edits: BTreeMap<(usize, u64, String), u64>,
    /// Sides whose database was set back, or went on from a copy.
    pub set_back: BTreeSet<usize>,
    /// Tokens that must never leave their side.
    pub secret: BTreeSet<u64>,
    /// Issues that people deleted or moved away.
    pub removed: BTreeSet<(usize, u64)>,
    /// Issues that people stopped syncing, and on which side they said so.
    pub stopped: BTreeSet<(usize, Origin)>,
    /// A person copied the twin that a node had made, marker and all.
    pub twin_copied: bool,
    /// Files that people took away, by their bytes.
    pub detached: BTreeSet<Vec<u8>>,
    /// Processes that live.
    pub alive: BTreeSet<usize>,
    /// Which processes ever began a write, by side.
    pub writers: BTreeMap<usize, BTreeSet<usize>>,
    /// Writes whose answer a process waits for.
    pub under_way: BTreeSet<(usize, Place)>,
    /// Creates that nobody knows the outcome of, by side, and since when, ms.
    pub unanswered: BTreeMap<(usize, Origin), u64>,
    /// What does not hold.
    pub violations: BTreeSet<Violation>,
}

impl Witness {
    /// The facts, locked for a moment.
    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something does not hold.
    pub fn violated(&self, invariant: &'static str, detail: String) {
        self.facts().violations.insert(Violation { invariant, detail });
    }

    /// A person wrote a text that carries a mark.
    pub fn person_wrote(&self, side: usize, number: u64, token: u64) {
        self.facts().written.insert(token, (side, number));
    }

    /// A person wrote something that must not leave.
    pub fn person_hid(&self, token: u64) {
        self.facts().secret.insert(token);
    }

    /// A person saw a text and changed it or took it away.
    pub fn person_saw(&self, text: &str) {
        self.facts().superseded.extend(tokens(text));
    }

    /// A person took a file away.
    pub fn person_detached(&self, bytes: Vec<u8>) {
        self.facts().detached.insert(bytes);
    }

    /// A person copied an issue that a node had made: its marker too.
    pub fn person_copied_twin(&self) {
        self.facts().twin_copied = true;
    }

    /// A person deleted an issue, or moved it away.
    pub fn person_removed(&self, side: usize, number: u64) {
        self.facts().removed.insert((side, number));
    }

    /// A node is about to write: its intent is durable (I3), and no other living copy of it writes (I20).
    pub fn begins(&self, side: usize, process: usize, store: &Store, fits: impl Fn(&Write) -> bool) {
        let intents = store.read(|tx| tx.all_intents()).unwrap_or_default();
        if !intents.iter().any(|i| i.state == IntentState::Sent && fits(&i.write)) {
            self.violated("I3", format!("side {side} writes without an intent"));
        }
        let mut facts = self.facts();
        let alive = facts.alive.clone();
        let writers = facts.writers.entry(side).or_default();
        writers.insert(process);
        if writers.iter().filter(|w| alive.contains(w)).count() > 1 {
            drop(facts);
            self.violated("I20", format!("two copies of side {side} write"));
        }
    }

    /// A process sends a write: the one before it in the same place was answered or given up (I12).
    pub fn sends(self: &Arc<Self>, process: usize, place: Place) -> UnderWay {
        if !self.facts().under_way.insert((process, place.clone())) {
            self.violated("I12", format!("process {process} has two writes under way: {place:?}"));
        }
        UnderWay { witness: self.clone(), process, place }
    }

    /// A node is about to create a twin: if it never heard what became of the last time, then it has looked for it for as
    /// long as a node must (I4). Not after its database was set back: the last time is forgotten, and it looks in other ways.
    pub fn creates(&self, side: usize, origin: &Origin, now_ms: u64) {
        let mut facts = self.facts();
        let before = facts.unanswered.insert((side, origin.clone()), now_ms);
        let early = before.filter(|then| now_ms.saturating_sub(*then) < SETTLE.as_millis() as u64);
        if let Some(then) = early
            && !facts.set_back.contains(&side)
        {
            drop(facts);
            let after = now_ms - then;
            self.violated("I4", format!("side {side}: {origin} is created again {after} ms after no answer"));
        }
    }

    /// A create was answered, or its client gave up.
    pub fn created(&self, side: usize, origin: &Origin, now_ms: u64, answered: bool) {
        let mut facts = self.facts();
        match answered {
            true => facts.unanswered.remove(&(side, origin.clone())),
            false => facts.unanswered.insert((side, origin.clone()), now_ms),
        };
    }

    /// A write of a node has just taken effect: nothing stands there twice (I1, I2).
    pub fn node_wrote(&self, side: usize, site: &Site) {
        let mut issues: BTreeMap<&Origin, u64> = BTreeMap::new();
        for (number, issue) in site.issues.iter().filter(|(_, i)| i.twin && !i.deleted) {
            let Some(marker) = &issue.seen.marker else { continue };
            if let Some(other) =
                issues.insert(&marker.origin, *number).filter(|_| !site.late.contains(&marker.origin))
            {
                let what = format!("side {side}: issues {other} and {number} are twins of {}", marker.origin);
                self.violated("I2", what);
            }
            let mut comments = BTreeSet::new();
            for comment in issue.seen.comments.iter().filter(|c| c.by_us) {
                if let Some(marker) = &comment.marker
                    && !comments.insert(&marker.origin)
                {
                    self.violated("I2", format!("side {side}: two comments are twins of {}", marker.origin));
                }
            }
        }
    }

    /// A node takes a file away: a person did so on the other side (I8).
    pub fn deletes(&self, side: usize, site: &Site, attachment: &AttachmentId) {
        let fine = site.files.get(attachment).is_none_or(|bytes| self.facts().detached.contains(bytes));
        if !fine {
            self.violated("I8", format!("side {side} takes away a file that nobody took away"));
        }
    }

    /// A node speaks: what it acks is durable (I5), its queues are bounded (I11).
    pub fn speaks(&self, side: usize, store: &Store, said: &Envelope) {
        let id = ConnectionId::new(crate::sim::CONNECTION);
        let found = store.read(|tx| Ok((tx.link(&id)?, tx.out_len(&id)?)));
        let Ok((link, queued)) = found else { return };
        if link.incarnation == said.incarnation && said.ack.seq > link.received.0 {
            self.violated("I5", format!("side {side} acks {} and holds {}", said.ack.seq, link.received.0));
        }
        if queued > 400 {
            self.violated("I11", format!("side {side} holds {queued} messages"));
        }
    }
}

/// The tokens in a text.
pub fn tokens(text: &str) -> BTreeSet<u64> {
    text.split('<').filter_map(|part| part.split_once('>')?.0.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(witness: &Witness) -> Vec<&'static str> {
        witness.facts().violations.iter().map(|v| v.invariant).collect()
    }

    fn twin(item: &str) -> Origin {
        Origin { node: twinline_model::NodeId::new("a"), item: item.to_owned() }
    }

    #[test]
    fn writes_to_one_issue_go_one_after_the_other() {
        let witness = Arc::new(Witness::default());
        let first = witness.sends(0, Place::Issue(2));
        let others = [witness.sends(0, Place::Issue(3)), witness.sends(0, Place::Twin(twin("1")))];
        let elsewhere = witness.sends(1, Place::Issue(2));
        drop(first);
        let next = witness.sends(0, Place::Issue(2));
        assert!(broken(&witness).is_empty());
        let at_once = witness.sends(0, Place::Issue(2));
        assert_eq!(broken(&witness), ["I12"]);
        drop((others, elsewhere, next, at_once));
        assert!(witness.facts().under_way.is_empty());
    }

    #[test]
    fn one_twin_is_created_once_at_a_time_and_others_beside_it() {
        let witness = Arc::new(Witness::default());
        let creates = [witness.sends(0, Place::Twin(twin("1"))), witness.sends(0, Place::Twin(twin("2")))];
        assert!(broken(&witness).is_empty());
        let again = witness.sends(0, Place::Twin(twin("1")));
        assert_eq!(broken(&witness), ["I12"]);
        drop((creates, again));
    }

    #[test]
    fn a_create_without_an_answer_is_not_sent_again_before_it_was_looked_for() {
        let (settle, twin) = (SETTLE.as_millis() as u64, twin("2"));
        let witness = Witness::default();
        // Refused, and sent again.
        witness.creates(0, &twin, 1_000);
        witness.created(0, &twin, 1_100, true);
        witness.creates(0, &twin, 1_200);
        // Given up, and sent again after the whole time.
        witness.created(0, &twin, 31_200, false);
        witness.creates(0, &twin, 31_200 + settle);
        assert!(broken(&witness).is_empty());
        // Its process was gone before an answer: the next one looks just as long.
        witness.creates(0, &twin, 31_200 + 2 * settle - 1);
        assert_eq!(broken(&witness), ["I4"]);
    }
}
