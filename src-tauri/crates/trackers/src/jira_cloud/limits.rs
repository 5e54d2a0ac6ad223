//! The limits of one site, shared by all who call it: the pace that is kept, and what a 429 closed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::answer::Answer;
use super::calls::{Calls, LastHour};
use super::gate::{Gate, Scope, retry_after};
use super::pace::{Full, Kind, Pace};
use crate::error::NotApplied;

/// The limits of one site. Cloning shares them: whatever calls the same site should hold the same.
#[derive(Clone, Debug, Default)]
pub struct SiteLimits {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Told with each answer.
    answered: Notify,
}

#[derive(Debug, Default)]
struct State {
    pace: Pace,
    gate: Gate,
    calls: Calls,
}

/// A call may not leave within the time that its caller has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooSoon {
    pub(crate) wait: Duration,
    /// Only the writes of the call's own issue have to wait.
    pub(crate) issue_only: bool,
}

impl From<TooSoon> for NotApplied {
    fn from(TooSoon { wait, issue_only }: TooSoon) -> Self {
        Self::SlowDown { wait, issue_only }
    }
}

/// A call's place in the windows; given back with its answer, or when nobody waits for it any more.
#[derive(Debug)]
pub(crate) struct Place {
    limits: SiteLimits,
    kind: Kind,
}

impl SiteLimits {
    /// Waits for a place, at most `patience`, which it takes from.
    pub(crate) async fn enter(&self, kind: Kind, patience: &mut Duration) -> Result<Place, TooSoon> {
        loop {
            let answered = self.shared.answered.notified();
            let now = Instant::now();
            let full = {
                let mut state = self.state();
                if let Some((wait, scope)) = state.gate.wait(now, &kind) {
                    (Full::For(wait), scope == Scope::Issue)
                } else {
                    match state.pace.enter(now, &kind) {
                        Ok(()) => {
                            let fullest = state.pace.fullest(&kind);
                            state.calls.count(now, fullest);
                            return Ok(Place { limits: self.clone(), kind });
                        }
                        Err(full) => (full, state.pace.only_the_issue_waits(now, &kind)),
                    }
                }
            };
            match full {
                (Full::For(wait), issue_only) if wait > *patience => {
                    return Err(TooSoon { wait, issue_only });
                }
                (Full::For(wait), _) => tokio::time::sleep(wait).await,
                (Full::UntilAnswered, issue_only) => {
                    if tokio::time::timeout(*patience, answered).await.is_err() {
                        return Err(TooSoon { wait: Duration::from_secs(1), issue_only });
                    }
                }
            }
            *patience = patience.saturating_sub(now.elapsed());
        }
    }

    /// What was asked of the site in the last hour.
    pub fn last_hour(&self) -> LastHour {
        self.state().calls.last_hour(Instant::now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Counts and times: a panic elsewhere cannot leave them half written.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Reads from an answer how near the limit is, and what a 429 asks: the wait, and whether for one issue only. `now_ms` is
    /// the tracker's clock, for a date in `Retry-After`.
    pub(crate) fn learn(&self, answer: &Answer, now_ms: i64) -> Option<TooSoon> {
        let (now, mut state) = (Instant::now(), self.limits.state());
        if answer.status != reqwest::StatusCode::TOO_MANY_REQUESTS {
            let near =
                answer.header("x-ratelimit-nearlimit").is_some_and(|near| near.eq_ignore_ascii_case("true"));
            let remaining = answer.header("x-ratelimit-remaining").and_then(|text| text.trim().parse().ok());
            match (remaining, near) {
                (Some(remaining), _) => state.pace.adopt(now, &self.kind, remaining),
                (None, true) => state.pace.near_limit(now, &self.kind),
                (None, false) => {}
            }
            return None;
        }
        state.calls.slowed(now);
        let wait = retry_after(answer.header("retry-after"), now_ms, chance());
        let scope = Scope::of(answer.header("ratelimit-reason").unwrap_or_default(), &self.kind);
        state.gate.close(now, scope, &self.kind, wait);
        Some(TooSoon { wait, issue_only: scope == Scope::Issue })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.limits.state().pace.leave(Instant::now(), &self.kind);
        self.limits.shared.answered.notify_waiters();
    }
}

/// From 0 to 1. Without randomness waits are as long as asked.
fn chance() -> f64 {
    let mut bytes = [0u8; 4];
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
