//! One connection's worker: hands pairs that have something to do to a few lanes.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use twinline_engine::bug;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use twinline_model::problem::Trouble;
use twinline_model::{ConnectionId, IssueId, PairId};

use crate::desk::{Desk, Found, LANES, doubt, next_pairs};
use crate::work::{Came, tell_when_idle, work_pair};
use crate::{Machine, blobs, inbox, looks, probe};

/// So long an issue waits at most to be looked at together with others: a person may wait for what comes after it.
const LOOK_WITHIN: Duration = Duration::from_secs(1);

type Lane = Pin<Box<dyn Future<Output = Done> + Send>>;

/// What a lane came to.
enum Done {
    /// A pair can go no further for now.
    Pair(PairId, Came),
    /// These pairs' issues were looked at; the second may go on.
    Looks(BTreeMap<PairId, IssueId>, BTreeSet<PairId>),
    /// All probes that were due have been made.
    Probes,
}

/// The lanes of one connection. One pair is in at most one of them: its writes keep their order (I12).
#[derive(Default)]
struct Lanes {
    running: FuturesUnordered<Lane>,
    /// In a lane, or to be looked at.
    busy: BTreeSet<PairId>,
    /// Their issues are to be looked at; of those that are just looked at, the next field tells how many.
    to_look: BTreeMap<PairId, IssueId>,
    /// Since when (awake) the first of them waits.
    look_since: Duration,
    looking: usize,
    /// Probes take turns in a lane of their own, so that a slow one holds up nothing else.
    probing: bool,
    /// Pairs that could not go on: looked at again when something happened.
    resting: BTreeSet<PairId>,
}

/// What a look at the connection found.
enum Looked<M> {
    /// The connection is no longer connected.
    Ended,
    /// Nothing that may be done now.
    Nothing,
    /// Pairs for lanes that are free, and when the next probe is due (zero: now).
    Work { desk: Arc<Desk<M>>, pairs: Vec<PairId>, next_probe: Option<Duration> },
}

/// Works until the connection is no longer connected, or the program stops.
pub async fn run<M: Machine>(machine: Arc<M>, id: ConnectionId) {
    let room = machine.room(&id);
    let mut bell = room.work.listen();
    let mut lanes = Lanes::default();
    loop {
        // A ring during the last look: whoever rested may go on now.
        if bell.has_changed().unwrap_or(false) {
            lanes.resting.clear();
        }
        bell.mark_unchanged();
        let free = lanes.free();
        let look = look(&machine, &id, free, lanes.busy.clone(), lanes.resting.clone(), lanes.probing);
        let (looked, ended) = beside(&mut lanes.running, look).await;
        let mut next_probe = None;
        if machine.is_stopping() {
            return lanes.hear_out().await;
        }
        match looked {
            Ok(Looked::Ended) => return,
            Ok(Looked::Nothing) => {}
            Ok(Looked::Work { desk, pairs, next_probe: probe }) => {
                next_probe = lanes.probe(&desk, probe);
                // Together, unless nothing else is to be begun meanwhile.
                let many = lanes.to_look.len() >= machine.at_once();
                let waited = machine.awake().saturating_sub(lanes.look_since) > LOOK_WITHIN;
                if pairs.len() < free.max(1) || many || waited {
                    lanes.look(&desk);
                }
                pairs.into_iter().for_each(|pair| lanes.take(&desk, pair));
            }
            Err(trouble) => tracing::warn!(%trouble, "work waits"),
        }
        // Their pairs counted as busy in this look: the next one begins at once.
        if !ended.is_empty() {
            ended.into_iter().for_each(|done| lanes.finished(done, machine.awake()));
            if lanes.running.is_empty() {
                tell_when_idle(machine.as_ref(), &room, &id).await;
            }
            continue;
        }
        let every = machine.check_every();
        let next_write = room.memory().next_write(machine.awake());
        let tick = machine.sleep(next_probe.into_iter().chain(next_write).fold(every, Duration::min));
        tokio::select! {
            biased;
            () = machine.stopped() => return lanes.hear_out().await,
            Some(done) = lanes.running.next(), if !lanes.running.is_empty() => {
                lanes.finished(done, machine.awake());
                if lanes.running.is_empty() {
                    tell_when_idle(machine.as_ref(), &room, &id).await;
                }
            }
            _ = bell.changed() => lanes.resting.clear(),
            () = tick => lanes.resting.clear(),
        }
    }
}

/// Does `work` while the lanes go on, which a look at the database would otherwise hold up each time that one of them ends;
/// also tells which ended meanwhile.
async fn beside<T>(running: &mut FuturesUnordered<Lane>, work: impl Future<Output = T>) -> (T, Vec<Done>) {
    let (mut work, mut ended) = (pin!(work), Vec::new());
    loop {
        tokio::select! {
            biased;
            value = &mut work => return (value, ended),
            Some(done) = running.next(), if !running.is_empty() => ended.push(done),
        }
    }
}

/// What there is to do for so many `free` lanes; what the partner sent is worked in first.
async fn look<M: Machine>(
    machine: &Arc<M>,
    id: &ConnectionId,
    free: usize,
    busy: BTreeSet<PairId>,
    resting: BTreeSet<PairId>,
    probing: bool,
) -> Result<Looked<M>, Trouble> {
    let desk = loop {
        if let Err(trouble) = blobs::offer_missed(machine.as_ref(), id).await {
            tracing::warn!(%trouble, "files");
        }
        match Desk::look(machine, id).await? {
            Found::Messages => inbox::drain(machine.as_ref(), id).await?,
            Found::Ended => return Ok(Looked::Ended),
            Found::Nothing => return Ok(Looked::Nothing),
            Found::Work(desk) => break desk,
        }
    };
    if let Err(trouble) = doubt(&desk, &busy).await {
        tracing::error!(%trouble, "intents could not be read");
    }
    let next_probe = if probing { None } else { probe::next(&desk).await };
    let pairs = next_pairs(machine.as_ref(), id, free, &busy, &resting).await.unwrap_or_else(|trouble| {
        tracing::error!(%trouble, "pairs could not be read");
        Vec::new()
    });
    Ok(Looked::Work { desk, pairs, next_probe })
}

impl Lanes {
    /// What is on its way when the program stops; the node waits for at most five seconds.
    async fn hear_out(&mut self) {
        while self.running.next().await.is_some() {}
    }

    fn finished(&mut self, done: Done, awake: Duration) {
        match done {
            Done::Probes => self.probing = false,
            Done::Pair(pair, Came::Look(issue)) => {
                if self.to_look.is_empty() {
                    self.look_since = awake;
                }
                self.to_look.insert(pair, issue);
            }
            Done::Pair(pair, came) => {
                self.busy.remove(&pair);
                if matches!(came, Came::Nothing) {
                    self.resting.insert(pair);
                }
            }
            Done::Looks(asked, looked) => {
                self.looking = 0;
                for pair in asked.into_keys() {
                    self.busy.remove(&pair);
                    if !looked.contains(&pair) {
                        self.resting.insert(pair);
                    }
                }
            }
        }
    }

    /// How many lanes no pair is in.
    fn free(&self) -> usize {
        LANES.saturating_sub(self.busy.len().saturating_sub(self.to_look.len() + self.looking))
    }

    /// Looks at issues, a question's worth, unless that is being done.
    fn look<M: Machine>(&mut self, desk: &Arc<Desk<M>>) {
        if self.looking > 0 || self.to_look.is_empty() {
            return;
        }
        let mut asked = std::mem::take(&mut self.to_look);
        if let Some((next, _)) = asked.iter().nth(desk.machine.at_once()) {
            let next = *next;
            self.to_look = asked.split_off(&next);
        }
        self.looking = asked.len();
        let desk = desk.clone();
        self.running.push(Box::pin(async move {
            let looked = looks::look(&desk, &asked).await.unwrap_or_else(|trouble| {
                tracing::error!(%trouble, "pairs wait");
                BTreeSet::new()
            });
            Done::Looks(asked, looked)
        }));
    }

    /// Starts the probes that are due; tells when the next one is.
    fn probe<M: Machine>(&mut self, desk: &Arc<Desk<M>>, next: Option<Duration>) -> Option<Duration> {
        if next.is_some_and(|next| next.is_zero()) {
            self.probing = true;
            let desk = desk.clone();
            self.running.push(Box::pin(async move {
                probe::make(&desk).await;
                Done::Probes
            }));
            return None;
        }
        next
    }

    /// Begins to work on a pair.
    fn take<M: Machine>(&mut self, desk: &Arc<Desk<M>>, pair: PairId) {
        let desk = desk.clone();
        if !bug!(AnyLane) {
            self.busy.insert(pair);
        }
        self.running.push(Box::pin(async move {
            let came = work_pair(&desk, pair).await.unwrap_or_else(|trouble| {
                tracing::error!(%trouble, pair = pair.0, "pair waits");
                Came::Nothing
            });
            Done::Pair(pair, came)
        }));
    }
}
