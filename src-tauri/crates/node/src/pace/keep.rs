//! The node's part: what was chosen is kept, and holds at once.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use twinline_model::ConnectionId;
use twinline_model::connection::Stage;
use twinline_model::pause::Pause;
use twinline_model::problem::Trouble;
use twinline_model::view::{CheckEvery, PaceSettings, PaceView, Power, WorkingHours};
use twinline_store::{StoreError, Tx};

use super::{Given, Pace, judge};
use crate::folder;
use crate::node::Node;
use crate::time::{now_ms, rfc3339, until_words};
use crate::words::say;

/// Their names among the settings.
const EVERY: &str = "check-every";
const HOURS: &str = "working-hours";
const BATTERY: &str = "on-battery";
/// Since when and until when a person works outside the hours, ms.
const LIFTED: &str = "hours-lifted";

/// *Sync now* outside the hours: long enough for changes to go over and come back.
const A_WHILE_MS: i64 = 10 * 60_000;

/// What is in force in this process.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    chosen: PaceSettings,
    lifted: Option<Pause>,
    power: Power,
    /// What was last held to; `None`: nothing yet.
    held: Option<(Duration, bool)>,
    /// Since when it is looked so often: nothing older is to be expected of anybody.
    since: Option<Instant>,
}

impl Node {
    /// What was chosen, and what follows from it now.
    pub async fn pace(&self) -> Result<PaceView, Trouble> {
        self.read_pace().await?;
        let (pace, chosen, power) =
            (self.pace_now(), self.kept(|kept| kept.chosen.clone()), self.power().await);
        let slowed = chosen.slower_on_battery && power == Power::Battery;
        let until = pace.rests_until.map(until_words).unwrap_or_default();
        let seconds = pace.every.as_secs().max(1);
        let (id, count) = match (pace.rests_until, seconds) {
            (Some(_), _) => ("pace-rests", 0),
            (None, 60..) if slowed => ("pace-battery", seconds / 60),
            (None, 60..) => ("pace-minutes", seconds / 60),
            (None, _) => ("pace-seconds", seconds),
        };
        let sentence = say(id, &[("count", &count.to_string()), ("until", &until)]);
        let started_with = CheckEvery::ALL.iter().copied();
        let unchosen = |e: &CheckEvery| Duration::from_secs(e.seconds().into()) == self.options.check_every;
        let check_every = chosen.check_every.or_else(|| started_with.clone().find(unchosen));
        Ok(PaceView {
            every_s: u32::try_from(seconds).unwrap_or(u32::MAX),
            power,
            rests_until: pace.rests_until.map(rfc3339),
            sentence,
            chosen: PaceSettings { check_every, ..chosen },
        })
    }

    /// Keeps the choice; it holds at once.
    pub async fn set_pace(&self, wanted: PaceSettings) -> Result<PaceView, Trouble> {
        let mut hours = wanted.hours;
        hours.days.sort_unstable();
        hours.days.dedup();
        // Hours without a day would be no hours at all: nobody means that.
        hours.on &= !hours.days.is_empty();
        (hours.from, hours.to) = (hours.from.min(24 * 60 - 1), hours.to.min(24 * 60 - 1));
        let every = wanted.check_every;
        let battery = if wanted.slower_on_battery { "slower" } else { "same" };
        let words = serde_json::to_string(&hours).map_err(|e| {
            Trouble::new(twinline_model::problem::ProblemCode::Internal).with("detail", e.to_string())
        })?;
        self.db
            .write(move |tx| {
                if let Some(every) = every {
                    tx.set_setting(EVERY, every.as_str())?;
                }
                // Other hours are to be kept, however late somebody wanted to work by the ones before.
                if tx.setting(HOURS)?.is_none_or(|kept| kept != words) {
                    tx.set_setting(HOURS, &words)?;
                    tx.set_setting(LIFTED, "")?;
                }
                tx.set_setting(BATTERY, battery)
            })
            .await?;
        self.hold_pace().await?;
        self.wake();
        self.changed();
        self.pace().await
    }

    /// How often trackers are asked now.
    pub(crate) fn check_every(&self) -> Duration {
        self.pace_now().every
    }

    /// Whether it is outside working hours.
    pub(crate) fn rests(&self) -> bool {
        self.pace_now().rests_until.is_some()
    }

    /// For how long this process has looked so often.
    pub(crate) fn steady_for(&self) -> Duration {
        let up = self.started.elapsed();
        self.kept(|kept| kept.since).map_or(up, |since| since.elapsed().min(up))
    }

    /// A person wants it now, though it is outside working hours: for a while, or (`whole`) until they begin again.
    pub(crate) async fn lift_hours(&self, whole: bool) -> Result<(), Trouble> {
        self.read_pace().await?;
        let now = now_ms();
        let Some(begin) = self.pace_now().rests_until else { return Ok(()) };
        let until = if whole { begin } else { begin.min(now.saturating_add(A_WHILE_MS)) };
        self.db.write(move |tx| tx.set_setting(LIFTED, &format!("{now} {until}"))).await?;
        self.hold_pace().await.map(drop)
    }

    /// Holds every connection to what was chosen; how long it is until that is another thing by the clock.
    pub(crate) async fn hold_pace(&self) -> Result<Option<Duration>, Trouble> {
        self.read_pace().await?;
        if self.kept(|kept| kept.chosen.slower_on_battery) {
            let power = self.power().await;
            self.kept(|kept| kept.power = power);
        }
        let (pace, now) = (self.pace_now(), now_ms());
        let held = (pace.every, pace.rests_until.is_some());
        let before = self.kept(|kept| kept.held.replace(held));
        for connection in self.db.read(|tx| tx.connections()).await? {
            let wanted = rest(connection.paused, pace.rests_until);
            if connection.stage == Stage::Connected && wanted != connection.paused {
                self.rest(&connection.id, pace.rests_until).await?;
            }
        }
        if let Some((every, rested)) = before.filter(|before| *before != held) {
            let sooner = pace.every < every || (rested && !held.1);
            tracing::info!(every_ms = pace.every.as_millis(), rests = held.1, "another pace");
            if sooner {
                self.kept(|kept| kept.since = Some(Instant::now()));
            }
            self.say_interval();
            // Whoever sleeps by the one before looks again.
            self.wake();
            self.changed();
        }
        Ok(pace.changes_ms.map(|at| Duration::from_millis(at.saturating_sub(now).max(0).unsigned_abs())))
    }

    /// Tells those who only look how often it is looked here.
    fn say_interval(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(error)) =
            running.as_ref().map(|lock| folder::write_interval(lock, self.check_every()))
        {
            tracing::warn!(%error, "the interval could not be told");
        }
    }

    async fn rest(&self, id: &ConnectionId, rests_until: Option<i64>) -> Result<(), Trouble> {
        // Judged again in the transaction: a person may have been quicker.
        self.change(id, move |c| {
            if c.stage == Stage::Connected {
                c.paused = rest(c.paused, rests_until);
            }
        })
        .await
    }

    async fn read_pace(&self) -> Result<(), Trouble> {
        let (chosen, lifted) = self.db.read(|tx| Ok((chosen(tx)?, lifted(tx)?))).await?;
        self.kept(|kept| (kept.chosen, kept.lifted) = (chosen, lifted));
        Ok(())
    }

    /// Asks the system, which may take a moment.
    async fn power(&self) -> Power {
        let source = self.options.power.clone();
        tokio::task::spawn_blocking(move || source.power()).await.unwrap_or_default()
    }

    fn pace_now(&self) -> Pace {
        self.kept(|kept| {
            let given = Given {
                chosen: &kept.chosen,
                started_with: self.options.check_every,
                lifted: kept.lifted,
                power: kept.power,
            };
            judge(&given, now_ms(), &TimeZone::system())
        })
    }

    fn kept<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a connection's pause is to be: a person's stands, whatever the hours are.
fn rest(paused: Option<Pause>, rests_until: Option<i64>) -> Option<Pause> {
    match paused {
        Some(pause) if pause.is_a_persons() => Some(pause),
        _ => rests_until.map(|until_ms| Pause::Hours { until_ms }),
    }
}

/// What a person chose; a word of a newer version counts as no choice.
fn chosen(tx: &Tx<'_>) -> Result<PaceSettings, StoreError> {
    let hours = tx.setting(HOURS)?.and_then(|words| serde_json::from_str::<WorkingHours>(&words).ok());
    Ok(PaceSettings {
        check_every: tx.setting(EVERY)?.as_deref().and_then(CheckEvery::parse),
        hours: hours.unwrap_or_default(),
        slower_on_battery: tx.setting(BATTERY)?.as_deref() == Some("slower"),
    })
}

fn lifted(tx: &Tx<'_>) -> Result<Option<Pause>, StoreError> {
    let words = tx.setting(LIFTED)?.unwrap_or_default();
    Ok(words.split_once(' ').and_then(|(since, until)| {
        Some(Pause::Until { since_ms: since.parse().ok()?, until_ms: until.parse().ok()? })
    }))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
