//! A run that ends by itself (`--once`): when nothing is left to do on either side of any connection, and every partner has
//! heard so. What waits for a person is not waited for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use twinline_model::ConnectionId;
use twinline_model::connection::{Role, Stage};
use twinline_model::problem::Trouble;
use twinline_model::view::{ConnectionState, ConnectionView};
use twinline_store::ProblemRow;

use crate::node::Node;
use crate::pausing::is_paused;
use crate::time::now_ms;

/// How long a run that has nothing left to do waits for its last word to be heard; the partner may have gone already.
const LAST_WORD: Duration = Duration::from_secs(20);
/// How long a partner is waited for who says that they are not done, while nothing of theirs is known to be left.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a partner's answer is waited for in such a run: what it says of their side is as old as that.
pub(crate) const SHORT_POLL: Duration = Duration::from_secs(1);

/// How far a run is from its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Standing {
    /// Something is left to do, or to be looked at.
    Busy,
    /// Nothing is left here; the partner says that they do not know yet that both sides know the same.
    PartnerBusy,
    /// Nothing is left.
    Done,
}

/// A connection, as far as its end is concerned.
struct Side {
    id: ConnectionId,
    state: ConnectionState,
    role: Role,
    /// A problem of the whole connection waits for a person.
    stuck: bool,
    /// Something is on its way, or has to be written.
    waits: bool,
    /// Of one that is synced now.
    live: Option<Live>,
}

/// What both sides know of each other; times in ms.
#[derive(Clone, Copy, Debug)]
struct Live {
    /// When our tracker was read; 0: never.
    checked_ms: i64,
    /// When theirs was, as they said; 0: never.
    partner_checked_ms: i64,
    /// When the run of theirs that we talk with was first heard in this run.
    met_ms: Option<i64>,
    /// We know that both sides know the same.
    settled: bool,
    /// They do not, as they said.
    partner_unsettled: bool,
}

impl Side {
    fn standing(&self, begun_ms: i64) -> Standing {
        use ConnectionState as S;
        match (self.state, self.live) {
            (S::Paused | S::Declined | S::Disconnected, _) => Standing::Done,
            (S::NeedsAttention, _) if self.stuck => Standing::Done,
            // Nobody has accepted yet, or our admin has to approve: there is nothing that this run could do.
            (S::WaitingForPartner | S::WaitingForYou, _) if self.role == Role::Public => Standing::Done,
            (S::WaitingForPartner | S::WaitingForYou | S::FirstSync | S::Syncing, _) => Standing::Busy,
            _ if self.waits => Standing::Busy,
            (S::NeedsAttention | S::Delayed, live) => {
                live.map_or(Standing::Done, |live| live.looked(begun_ms))
            }
            (S::UpToDate, live) => live.map_or(Standing::Done, |live| live.standing(begun_ms)),
            // The partner may have gone, now that nothing is left: then it is silent, and their look grows old.
            (S::Offline | S::Checking, Some(live)) if live.settled => live.standing(begun_ms),
            (S::Offline | S::Checking, _) => Standing::Busy,
        }
    }
}

impl Live {
    /// Both trackers were read in this run, ours also since the partner's run began, which wants to hear of that.
    fn looked(self, begun_ms: i64) -> Standing {
        let ours = self.checked_ms >= begun_ms.max(self.met_ms.unwrap_or(begun_ms));
        if ours && self.partner_checked_ms >= begun_ms { Standing::Done } else { Standing::Busy }
    }

    fn standing(self, begun_ms: i64) -> Standing {
        match self.looked(begun_ms) {
            Standing::Done if self.partner_unsettled => Standing::PartnerBusy,
            looked => looked,
        }
    }
}

impl Node {
    /// Starts, waits until both sides of every connection have nothing left to do, and stops.
    ///
    /// # Errors
    /// It cannot start, or its database cannot be read.
    pub async fn run_until_settled(self: &Arc<Self>) -> Result<(), Trouble> {
        self.ends.store(true, Ordering::Relaxed);
        self.start().await?;
        let begun_ms = now_ms();
        let mut changes = self.changes.subscribe();
        let (mut idle_since, mut done_since): (Option<Instant>, Option<Duration>) = (None, None);
        loop {
            let sides = self.sides().await?;
            let standing = sides.iter().map(|side| side.standing(begun_ms)).min().unwrap_or(Standing::Done);
            idle_since = (standing > Standing::Busy).then(|| idle_since.unwrap_or_else(Instant::now));
            let patient = idle_since.is_some_and(|since| since.elapsed() < PATIENCE);
            let done = standing == Standing::Done || (standing == Standing::PartnerBusy && !patient);
            let before = done_since;
            done_since = done.then(|| before.unwrap_or_else(|| self.started.elapsed()));
            if done_since != before {
                self.hub.last_word(done_since);
            }
            if let Some(since) = done_since
                && (self.started.elapsed() > since + LAST_WORD || self.told_since(&sides, since))
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

    /// Every partner has heard that we had nothing left to do at `since`. That something came from them is not enough: it may
    /// answer what we said before.
    fn told_since(&self, sides: &[Side], since: Duration) -> bool {
        let told = |side: &Side| self.hub.room(&side.id).memory().told.is_some_and(|told| told >= since);
        sides.iter().filter(|side| side.live.is_some()).all(told)
    }

    async fn sides(&self) -> Result<Vec<Side>, Trouble> {
        let views = self.status().await.connections;
        let now = now_ms();
        let (mut sides, problems) = self
            .db
            .read(move |tx| {
                let problems = tx.problems()?;
                let mut sides = Vec::new();
                for view in views {
                    let Some(connection) = tx.connection(&view.id)? else { continue };
                    let paused = is_paused(&connection, now) || connection.partner_paused;
                    let stuck = problems.iter().any(|problem| is_of_all(problem, &view.id));
                    let mut side = Side::of(&view);
                    if connection.stage == Stage::Connected && !paused && !stuck {
                        let (account, link) = (tx.account(&connection.account)?, tx.link(&view.id)?);
                        side.live = Some(Live {
                            checked_ms: account.and_then(|a| a.checked_ms).unwrap_or(0),
                            partner_checked_ms: link.partner_checked_ms.unwrap_or(0),
                            met_ms: None,
                            settled: twinline_sync::is_settled(tx, &view.id, &link)?,
                            partner_unsettled: false,
                        });
                    }
                    sides.push(side);
                }
                Ok((sides, problems))
            })
            .await?;
        for side in &mut sides {
            side.stuck = problems.iter().any(|problem| !problem.skipped && is_of_all(problem, &side.id));
            if let Some(live) = &mut side.live {
                let room = self.hub.room(&side.id);
                let memory = room.memory();
                (live.met_ms, live.partner_unsettled) = (memory.met_ms, memory.partner_unsettled);
            }
        }
        tracing::debug!(sides = ?sides.iter().map(|s| (s.state, s.waits, s.live)).collect::<Vec<_>>(), "the end");
        Ok(sides)
    }
}

impl Side {
    fn of(view: &ConnectionView) -> Self {
        Self {
            id: view.id.clone(),
            state: view.state,
            role: view.role,
            stuck: false,
            waits: view.waiting.r#in + view.waiting.out > 0,
            live: None,
        }
    }
}

/// A problem of the whole connection, not of one issue.
fn is_of_all(problem: &ProblemRow, id: &ConnectionId) -> bool {
    problem.pair.is_none() && problem.connection.as_ref() == Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConnectionState as S;

    const BEGUN: i64 = 1_000;

    fn side(state: ConnectionState, live: Live) -> Side {
        let id = ConnectionId::new("c");
        Side { id, state, role: Role::Private, stuck: false, waits: false, live: Some(live) }
    }

    /// Both looked, both know.
    const WELL: Live = Live {
        checked_ms: BEGUN + 500,
        partner_checked_ms: BEGUN + 300,
        met_ms: Some(BEGUN + 100),
        settled: true,
        partner_unsettled: false,
    };

    #[test]
    fn it_ends_when_both_have_looked_and_both_know_the_same() {
        assert_eq!(side(S::UpToDate, WELL).standing(BEGUN), Standing::Done);
        let not_yet = [
            Live { checked_ms: BEGUN - 1, ..WELL },
            Live { partner_checked_ms: BEGUN - 1, ..WELL },
            // Their run began after our look, and wants to hear of a younger one; also where they began anew.
            Live { met_ms: Some(BEGUN + 501), ..WELL },
        ];
        for live in not_yet {
            assert_eq!(side(S::UpToDate, live).standing(BEGUN), Standing::Busy, "{live:?}");
        }
        let unsettled = Live { partner_unsettled: true, ..WELL };
        assert_eq!(side(S::UpToDate, unsettled).standing(BEGUN), Standing::PartnerBusy);
    }

    #[test]
    fn a_partner_who_has_gone_is_not_waited_for_once_nothing_is_left() {
        for state in [S::Offline, S::Checking] {
            assert_eq!(side(state, WELL).standing(BEGUN), Standing::Done, "{state:?}");
            assert_eq!(
                side(state, Live { settled: false, ..WELL }).standing(BEGUN),
                Standing::Busy,
                "{state:?}"
            );
            let waits = Side { waits: true, ..side(state, WELL) };
            assert_eq!(waits.standing(BEGUN), Standing::Busy, "{state:?}");
        }
    }

    #[test]
    fn what_waits_for_a_person_is_not_waited_for() {
        // A difference that stays: neither side will ever know that both know the same.
        let differs = Live { settled: false, partner_unsettled: true, ..WELL };
        for state in [S::NeedsAttention, S::Delayed] {
            assert_eq!(side(state, differs).standing(BEGUN), Standing::Done, "{state:?}");
        }
        let stuck = Side { stuck: true, waits: true, live: None, ..side(S::NeedsAttention, WELL) };
        assert_eq!(stuck.standing(BEGUN), Standing::Done);
    }
}
