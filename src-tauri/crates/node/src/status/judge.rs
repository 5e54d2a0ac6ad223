//! The judgement: what is known of one connection, and the moment at which it is looked at, make its state. No clock, no database.
//!
//! *Up to date* rests on a successful read of our tracker within two intervals, on the partner's own report of the same,
//! and on digests that were equal on both sides; whatever is older, or was not compared since a database was set back, is
//! *Checking*; what the partner's people have to look at is *Delayed*, and a contact that is overdue is *Offline*; so is a
//! node that nobody runs, once its last look is overdue.

use std::time::Duration;

use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::pause::Pause;
use twinline_model::view::{ConnectionState, FirstSync};
use twinline_store::{Account, ActivityRow, LinkState, PairCounts, Progress};
use twinline_sync::CORRECTED_MS;
use twinline_sync::held_up::{WORKING_HOURS, rests_until};

use crate::pausing::is_paused;

/// A long poll and its answer, and a little for the way.
pub(super) const CONTACT_GRACE_MS: i64 = 30_000;
/// Nobody looks more seldom: what a partner says beyond it is not believed, ms.
const SELDOM_MS: i64 = 600_000;
/// How far back the speed of a first sync is measured, ms.
pub(super) const SPEED_MS: i64 = 300_000;
/// With less behind it, a guess of the rest is worth nothing.
const ENOUGH_MS: i64 = 60_000;
const ENOUGH: u64 = 10;

/// When everything is looked at, and what may be expected of the node by then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The time, ms since 1970.
    pub now_ms: i64,
    /// Who runs the loops.
    pub runs: Runs,
    /// How often this process would look at the trackers.
    pub check_every: Duration,
    /// For how long this process has run, and looked so often.
    pub up: Duration,
}

/// Who runs the loops over a data folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Runs {
    /// This process.
    Here,
    /// Another one, which looks at Jira so often.
    Elsewhere(Duration),
    /// Nobody.
    Nowhere,
}

/// What is known of one connection.
pub(super) struct Facts {
    pub(super) connection: Connection,
    pub(super) account: Option<Account>,
    pub(super) link: LinkState,
    pub(super) counts: PairCounts,
    pub(super) unacked: u64,
    pub(super) unread: u64,
    pub(super) problems: u32,
    pub(super) expires_s: Option<i64>,
    /// What happened last.
    pub(super) newest: Option<ActivityRow>,
    /// Since when our tracker says that it does not work.
    pub(super) away_ms: Option<i64>,
    /// What the partner says that their side waits for.
    pub(super) partner_held_up: Option<String>,
    /// How far the pairs are, as long as the first sync is on.
    pub(super) progress: Option<Progress>,
}

impl Facts {
    /// When our tracker was last read for this connection. An account may have been read for another one alone.
    pub(super) fn checked_ms(&self) -> Option<i64> {
        self.account.as_ref().and_then(|a| a.checked_ms).filter(|_| self.connection.above.is_some())
    }

    /// When our tracker is to be read next. A read that is overdue may be under way: it is due now, unless it is overdue for longer
    /// than one takes: then nobody knows.
    pub(super) fn next_check_ms(&self, at: &Moment) -> Option<i64> {
        let synced = self.connection.stage == Stage::Connected && at.runs != Runs::Nowhere;
        if let Some(Pause::Hours { until_ms }) = self.connection.paused.filter(|_| synced) {
            return Some(until_ms.max(at.now_ms));
        }
        let last = self.checked_ms().filter(|_| synced)?;
        let due = last.saturating_add(at.interval_ms());
        (at.now_ms.saturating_sub(due) <= at.interval_ms()).then(|| due.max(at.now_ms))
    }

    fn waiting(&self) -> u64 {
        let Self { counts, link, .. } = self;
        counts.to_send + counts.to_do + self.unacked + self.unread + u64::from(link.partner_pending)
    }

    /// Our tracker has not been read for a while, and says itself that it does not work.
    pub(super) fn is_away(&self, at: &Moment) -> bool {
        let read = self.account.as_ref().and_then(|a| a.checked_ms);
        self.away_ms.is_some() && at.runs != Runs::Nowhere && at.is_late(at.age(read))
    }

    /// Until when the partner is outside their working hours, as they told.
    pub(super) fn partner_rests_until(&self, at: &Moment) -> Option<i64> {
        let (why, heard) = (self.partner_held_up.as_deref()?, self.link.last_contact_ms?);
        rests_until(why, heard).filter(|until| *until > at.now_ms)
    }

    /// What the partner's side waits for, as far as that is not over by now.
    pub(super) fn partner_held_up(&self, at: &Moment) -> Option<&str> {
        let why = self.partner_held_up.as_deref()?;
        (!why.starts_with(WORKING_HOURS) || self.partner_rests_until(at).is_some()).then_some(why)
    }

    /// How the connection stands.
    pub(super) fn judge(&self, at: &Moment) -> ConnectionState {
        let Self { connection, link, .. } = self;
        match (connection.stage, connection.role) {
            (Stage::Declined, _) => return ConnectionState::Declined,
            (Stage::Ended, _) => return ConnectionState::Disconnected,
            (Stage::AwaitingApproval, Role::Public) => return ConnectionState::WaitingForYou,
            (Stage::Invited | Stage::AwaitingApproval, _) => {
                return match self.problems {
                    0 => ConnectionState::WaitingForPartner,
                    _ => ConnectionState::NeedsAttention,
                };
            }
            (Stage::Connected, _) => {}
        }
        if self.problems > 0 {
            return ConnectionState::NeedsAttention;
        }
        if is_paused(connection, at.now_ms) || connection.partner_paused {
            return ConnectionState::Paused;
        }
        let read = at.age(self.account.as_ref().and_then(|a| a.checked_ms));
        let contact = at.age(link.last_contact_ms);
        let silent =
            at.is_late(contact) || (link.last_error.is_some() && contact.min(at.up_ms()) > CONTACT_GRACE_MS);
        let away = self.is_away(at);
        // Whoever said that they are outside their working hours may be silent until these begin.
        let silent = silent && self.partner_rests_until(at).is_none();
        // What nobody looks at is not in step, however short a time ago it was.
        if silent || (at.is_late(read) && !away) || at.runs == Runs::Nowhere {
            return ConnectionState::Offline;
        }
        if away || self.partner_held_up(at).is_some() {
            return ConnectionState::Delayed;
        }
        let first = self.is_first_sync();
        if self.waiting() > 0 {
            return if first { ConnectionState::FirstSync } else { ConnectionState::Syncing };
        }
        // Their people have to act before the two sides can be in step again.
        if link.partner_problems > 0 {
            return ConnectionState::Delayed;
        }
        match self.is_fresh(at) && compared(link, self.counts.pairs) {
            // What is left of the first sync is that both say so.
            true if !first || (self.counts.pairs == 0 && link.partner_unsent == 0) => {
                ConnectionState::UpToDate
            }
            _ if first && (self.counts.pairs > 0 || self.reads_what_exists()) => ConnectionState::FirstSync,
            _ => ConnectionState::Checking,
        }
    }

    /// Both trackers were read within two intervals of whoever reads them. The partner reports at least once in a long poll;
    /// their own check was fresh when they did.
    fn is_fresh(&self, at: &Moment) -> bool {
        let theirs = match i64::from(self.link.partner_interval_ms) {
            0 => at.interval_ms(),
            told => told.min(SELDOM_MS),
        };
        at.age(self.checked_ms()) <= 2 * at.interval_ms() + 1_000
            && at.age(self.link.partner_checked_ms) <= 2 * theirs + CONTACT_GRACE_MS
    }

    fn is_first_sync(&self) -> bool {
        self.connection.stage == Stage::Connected && self.link.first_synced_ms.is_none()
    }

    /// The issues that existed at our side are still being read.
    fn reads_what_exists(&self) -> bool {
        self.connection.existing && self.connection.above.is_none()
    }

    /// How far the first sync is, as long as it is on and there is something to take over.
    pub(super) fn first_sync(&self, now_ms: i64) -> Option<FirstSync> {
        let progress = self.progress.filter(|_| self.is_first_sync())?;
        let total = progress.pairs + u64::from(self.link.partner_unsent);
        if total == 0 && !self.reads_what_exists() {
            return None;
        }
        // Until both have read all that they have, nobody knows what the whole is.
        let known = total > 0 && self.connection.above.is_some() && self.link.partner_checked_ms.is_some();
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Some(FirstSync {
            done: small(progress.done),
            total: small(total),
            // It is over when both sides were compared, not before.
            percent: known.then(|| small((progress.done * 100 / total.max(1)).min(99))),
            minutes_left: known.then(|| minutes_left(&progress, total, now_ms)).flatten(),
        })
    }
}

/// About how long the rest takes, if it goes on as fast as in the last minutes.
fn minutes_left(progress: &Progress, total: u64, now_ms: i64) -> Option<u32> {
    let since = (now_ms - progress.first_ms?).min(SPEED_MS);
    let left = total.saturating_sub(progress.done);
    if since < ENOUGH_MS || progress.lately < ENOUGH || left == 0 {
        return None;
    }
    let ms = left.saturating_mul(since.unsigned_abs()) / progress.lately;
    u32::try_from(ms.div_ceil(60_000)).ok()
}

impl Moment {
    /// How often whoever runs looks at the trackers, ms.
    pub(super) fn interval_ms(&self) -> i64 {
        ms(match self.runs {
            Runs::Elsewhere(theirs) => theirs,
            Runs::Here | Runs::Nowhere => self.check_every,
        })
    }

    /// Since when. A node that has just been started is checking, not offline; of one that another process runs, or nobody,
    /// this process knows nothing that would excuse it.
    fn up_ms(&self) -> i64 {
        if self.runs == Runs::Here { ms(self.up) } else { i64::MAX }
    }

    /// How long ago something was. What lies in the future was seen before the clock was set back: nobody knows when.
    fn age(&self, at: Option<i64>) -> i64 {
        match at {
            Some(at) if at - self.now_ms <= CORRECTED_MS => (self.now_ms - at).max(0),
            _ => i64::MAX,
        }
    }

    fn is_late(&self, age: i64) -> bool {
        age.min(self.up_ms()) > 3 * self.interval_ms() + CONTACT_GRACE_MS
    }
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 8)
}

/// Both sides' digests were equal, and neither database was set back since. Without an issue there is nothing to compare.
pub(super) fn compared(link: &LinkState, pairs: u64) -> bool {
    !link.reconciling && (pairs == 0 || link.compared_ms.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_looks_excuses_nobody() {
        let [own, theirs, just] = [10, 300, 1].map(Duration::from_secs);
        let at = |runs| {
            let moment = Moment { now_ms: 0, runs, check_every: own, up: just };
            (moment.interval_ms(), moment.up_ms())
        };
        assert_eq!(at(Runs::Here), (10_000, 1_000));
        assert_eq!(at(Runs::Elsewhere(theirs)), (300_000, i64::MAX));
        assert_eq!(at(Runs::Nowhere), (10_000, i64::MAX));
    }

    /// In step a moment before `now`, as far as anybody told.
    fn calm(now: i64) -> Facts {
        let mut connection = crate::samples::connection();
        connection.above = Some(1);
        let fresh = LinkState {
            last_contact_ms: Some(now),
            partner_checked_ms: Some(now),
            partner_interval_ms: 10_000,
            compared_ms: Some(now),
            first_synced_ms: Some(1),
            ..LinkState::default()
        };
        Facts {
            connection,
            account: Some(Account { checked_ms: Some(now), ..crate::samples::account() }),
            link: fresh,
            counts: PairCounts { pairs: 1, ..PairCounts::default() },
            unacked: 0,
            unread: 0,
            problems: 0,
            expires_s: None,
            newest: None,
            away_ms: None,
            partner_held_up: None,
            progress: None,
        }
    }

    const HOUR: i64 = 3_600_000;

    fn at(now_ms: i64, check_every: u64, up: u64) -> Moment {
        let [check_every, up] = [check_every, up].map(Duration::from_secs);
        Moment { now_ms, runs: Runs::Here, check_every, up }
    }

    #[test]
    fn a_partner_outside_their_working_hours_is_no_outage_until_these_begin() {
        let evening = 1_000 * HOUR;
        let mut night = calm(evening);
        night.partner_held_up = Some(format!("{WORKING_HOURS} {}", (evening + 14 * HOUR) / 1_000));
        let state = |facts: &mut Facts, now: i64| {
            facts.account.as_mut().unwrap().checked_ms = Some(now);
            facts.judge(&at(now, 10, 100 * 3_600))
        };
        assert_eq!(
            state(&mut night, evening + HOUR),
            ConnectionState::Delayed,
            "also where their computer sleeps"
        );
        assert_eq!(state(&mut night, evening + 14 * HOUR - 1), ConnectionState::Delayed);
        assert_eq!(
            state(&mut night, evening + 14 * HOUR),
            ConnectionState::Offline,
            "they said that they would be here"
        );
        night.link.last_contact_ms = Some(evening + 14 * HOUR);
        assert_eq!(
            state(&mut night, evening + 14 * HOUR),
            ConnectionState::Checking,
            "they are, and begin to look"
        );
        night.partner_held_up = Some(format!("{WORKING_HOURS} {}", (evening + 1_000 * HOUR) / 1_000));
        night.link.last_contact_ms = Some(evening);
        assert_eq!(state(&mut night, evening + HOUR), ConnectionState::Offline, "nobody rests for so long");
    }

    #[test]
    fn a_partner_who_looks_seldom_is_up_to_date_for_as_long_as_they_said() {
        let now = 1_000 * HOUR;
        let mut seldom = calm(now);
        (seldom.link.partner_interval_ms, seldom.link.partner_checked_ms) = (300_000, Some(now - 290_000));
        assert_eq!(seldom.judge(&at(now, 10, 3_600)), ConnectionState::UpToDate);
        seldom.link.partner_interval_ms = 10_000;
        assert_eq!(seldom.judge(&at(now, 10, 3_600)), ConnectionState::Checking);
    }

    #[test]
    fn who_begins_to_look_more_often_or_at_all_is_not_late_at_once() {
        let morning = 1_000 * HOUR;
        let mut rested = calm(morning);
        rested.account.as_mut().unwrap().checked_ms = Some(morning - 14 * HOUR);
        assert_eq!(rested.judge(&at(morning, 10, 0)), ConnectionState::Checking);
        assert_eq!(rested.judge(&at(morning, 10, 3_600)), ConnectionState::Offline);
        rested.connection.paused = Some(Pause::Hours { until_ms: morning + HOUR });
        assert_eq!(rested.judge(&at(morning, 10, 3_600)), ConnectionState::Paused);
        assert_eq!(rested.next_check_ms(&at(morning, 10, 3_600)), Some(morning + HOUR));
    }

    #[test]
    fn in_step_is_believed_only_after_a_comparison() {
        let never = LinkState::default();
        let once = LinkState { compared_ms: Some(1), ..LinkState::default() };
        let set_back = LinkState { reconciling: true, ..once.clone() };
        assert!(compared(&never, 0), "nothing to compare");
        assert!(!compared(&never, 1));
        assert!(compared(&once, 1));
        assert!(!compared(&set_back, 1));
        assert!(!compared(&set_back, 0), "the partner may have issues that we have forgotten");
    }

    #[test]
    fn the_rest_of_a_first_sync_is_guessed_only_from_what_was_seen() {
        let now = 10 * SPEED_MS;
        let after = |ago: i64, lately, done| {
            let progress = Progress { pairs: 500, done, lately, first_ms: Some(now - ago) };
            minutes_left(&progress, 500, now)
        };
        assert_eq!(after(120_000, 100, 100), Some(8), "50 a minute, 400 to go");
        assert_eq!(after(900_000, 100, 300), Some(10), "only the last five minutes count: 20 a minute");
        assert_eq!(after(30_000, 100, 100), None, "too short a time");
        assert_eq!(after(120_000, 9, 100), None, "too few");
        assert_eq!(after(900_000, 0, 300), None, "nothing moves");
        assert_eq!(after(120_000, 100, 500), None, "nothing is left but the comparison");
        assert_eq!(minutes_left(&Progress::default(), 500, now), None);
    }
}
