//! One connection's worker: hands pairs that have something to do to a few lanes.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use twinline_engine::bug;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use twinline_model::problem::Trouble;
use twinline_model::{ConnectionId, PairId};

use crate::desk::{Desk, Found, LANES, doubt, next_pairs};
use crate::work::{tell_when_idle, work_pair};
use crate::{Machine, blobs, inbox, probe};

type Lane = Pin<Box<dyn Future<Output = Done> + Send>>;

/// What a lane came to.
enum Done {
    /// A pair can go no further for now; whether something was done.
    Pair(PairId, bool),
    /// All probes that were due have been made.
    Probes,
}

/// The lanes of one connection. One pair is in at most one of them: its writes keep their order (I12).
#[derive(Default)]
struct Lanes {
    running: FuturesUnordered<Lane>,
    busy: BTreeSet<PairId>,
    /// Probes take turns in a lane of their own, so that a slow one holds up nothing else.
    probing: bool,
    /// Pairs that could not go on: looked at again when something happened.
    resting: BTreeSet<PairId>,
}

/// Works until the connection is no longer connected, or the program stops.
pub async fn run<M: Machine>(machine: Arc<M>, id: ConnectionId) {
    let room = machine.room(&id);
    let mut bell = room.work.listen();
    let mut lanes = Lanes::default();
    loop {
        bell.mark_unchanged();
        if let Err(trouble) = blobs::offer_missed(machine.as_ref(), &id).await {
            tracing::warn!(%trouble, "files");
        }
        let found = match Desk::look(&machine, &id).await {
            Ok(Found::Messages) => match inbox::drain(machine.as_ref(), &id).await {
                Ok(()) => continue,
                Err(trouble) => Err(trouble),
            },
            found => found,
        };
        let mut next_probe = None;
        match found {
            Ok(Found::Ended) => return,
            Ok(Found::Nothing | Found::Messages) => {}
            Ok(Found::Work(desk)) => next_probe = lanes.work(&desk).await,
            Err(trouble) => tracing::warn!(%trouble, "work waits"),
        }
        let every = machine.check_every();
        let next_write = room.memory().next_write(machine.awake());
        let tick = machine.sleep(next_probe.into_iter().chain(next_write).fold(every, Duration::min));
        tokio::select! {
            biased;
            () = machine.stopped() => {
                // What is on its way is heard out; the node waits for at most five seconds.
                while lanes.running.next().await.is_some() {}
                return;
            }
            Some(done) = lanes.running.next(), if !lanes.running.is_empty() => {
                lanes.finished(done);
                if lanes.running.is_empty() {
                    tell_when_idle(machine.as_ref(), &room, &id).await;
                }
            }
            _ = bell.changed() => lanes.resting.clear(),
            () = tick => lanes.resting.clear(),
        }
    }
}

impl Lanes {
    fn finished(&mut self, done: Done) {
        match done {
            Done::Probes => self.probing = false,
            Done::Pair(pair, progress) => {
                self.busy.remove(&pair);
                if !progress {
                    self.resting.insert(pair);
                }
            }
        }
    }

    /// Hands out what there is to do; tells when the next probe is due.
    async fn work<M: Machine>(&mut self, desk: &Arc<Desk<M>>) -> Option<Duration> {
        if let Err(trouble) = doubt(desk, &self.busy).await {
            tracing::error!(%trouble, "intents could not be read");
        }
        let next_probe = self.probe(desk).await;
        if let Err(trouble) = self.fill(desk).await {
            tracing::error!(%trouble, "pairs could not be read");
        }
        next_probe
    }

    /// Starts the probes that are due; tells when the next one is.
    async fn probe<M: Machine>(&mut self, desk: &Arc<Desk<M>>) -> Option<Duration> {
        if self.probing {
            return None;
        }
        let next = probe::next(desk).await?;
        if next.is_zero() {
            self.probing = true;
            let desk = desk.clone();
            self.running.push(Box::pin(async move {
                probe::make(&desk).await;
                Done::Probes
            }));
            return None;
        }
        Some(next)
    }

    async fn fill<M: Machine>(&mut self, desk: &Arc<Desk<M>>) -> Result<(), Trouble> {
        let free = LANES.saturating_sub(self.busy.len());
        let machine = desk.machine.as_ref();
        for pair in next_pairs(machine, &desk.connection.id, free, &self.busy, &self.resting).await? {
            let desk = desk.clone();
            if !bug!(AnyLane) {
                self.busy.insert(pair);
            }
            self.running.push(Box::pin(async move {
                let progress = work_pair(&desk, pair).await.unwrap_or_else(|trouble| {
                    tracing::error!(%trouble, pair = pair.0, "pair waits");
                    false
                });
                Done::Pair(pair, progress)
            }));
        }
        Ok(())
    }
}
