//! How often trackers are asked, and when not: what a person chose, and what follows from it at a given time.
//!
//! [`judge`] is the whole of it, without a clock; `pace/keep.rs` is the node's part: it keeps the choice, and holds the connections
//! to it.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use twinline_model::pause::Pause;
use twinline_model::view::{PaceSettings, Power, Weekday, WorkingHours};

mod keep;

pub(crate) use keep::Kept;

/// As often as this on battery, at most.
const ON_BATTERY: Duration = Duration::from_secs(60);

/// How a node is to look, at one time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pace {
    /// How often trackers are asked.
    pub(crate) every: Duration,
    /// Outside working hours: until when.
    pub(crate) rests_until: Option<i64>,
    /// When this may be another one, as far as the clock decides it.
    pub(crate) changes_ms: Option<i64>,
}

/// What the pace follows from, beside the time.
#[derive(Clone, Debug)]
pub(crate) struct Given<'a> {
    /// What a person chose.
    pub(crate) chosen: &'a PaceSettings,
    /// How often it is where nothing was chosen.
    pub(crate) started_with: Duration,
    /// A person works outside the hours, for so long.
    pub(crate) lifted: Option<Pause>,
    /// What the computer runs on.
    pub(crate) power: Power,
}

/// What follows from the choice at `now_ms`, in the computer's time zone.
pub(crate) fn judge(given: &Given<'_>, now_ms: i64, zone: &TimeZone) -> Pace {
    let chosen = given.chosen;
    let wished = chosen.check_every.map_or(given.started_with, |e| Duration::from_secs(e.seconds().into()));
    let slow = chosen.slower_on_battery && given.power == Power::Battery;
    let every = if slow { wished.max(ON_BATTERY) } else { wished };
    let (open, next) = hours(&chosen.hours, now_ms, zone);
    let lifted = given.lifted.and_then(|lifted| lifted.at(now_ms)).and_then(Pause::ends_ms);
    match (open, lifted) {
        (true, _) => Pace { every, rests_until: None, changes_ms: next },
        (false, Some(ends)) => Pace { every, rests_until: None, changes_ms: Some(ends) },
        (false, None) => Pace { every, rests_until: next, changes_ms: next },
    }
}

/// Whether it is within the hours, and when that changes.
fn hours(hours: &WorkingHours, now_ms: i64, zone: &TimeZone) -> (bool, Option<i64>) {
    if !hours.on || hours.days.is_empty() {
        return (true, None);
    }
    let at = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let today = at.to_zoned(zone.clone()).date();
    // Yesterday's may last over midnight; the same day of the next week is the furthest there is.
    for offset in -1..=7_i64 {
        let Ok(date) = today.checked_add(offset.days()) else { continue };
        if !hours.days.contains(&weekday(date)) {
            continue;
        }
        let ends_on = if hours.to > hours.from { date } else { date.tomorrow().unwrap_or(date) };
        let (from, to) = (moment(date, hours.from, zone), moment(ends_on, hours.to, zone));
        if (from..to).contains(&now_ms) {
            return (true, Some(to));
        }
        if from > now_ms {
            return (false, Some(from));
        }
    }
    (true, None)
}

/// A time of a day; where that day has no such time, the next one that there is.
fn moment(date: Date, minutes: u16, zone: &TimeZone) -> i64 {
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    let small = |n: u16| i8::try_from(n).unwrap_or_default();
    let at = date.at(small(hour), small(minute), 0, 0);
    zone.to_timestamp(at).map_or(i64::MAX, Timestamp::as_millisecond)
}

fn weekday(date: Date) -> Weekday {
    let monday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
    Weekday::ALL.get(monday).copied().unwrap_or(Weekday::Mon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::rfc3339;
    use twinline_model::view::CheckEvery;

    /// Central European time, as its rule says it.
    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn ms(at: &str) -> i64 {
        at.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn office() -> WorkingHours {
        WorkingHours { on: true, ..WorkingHours::default() }
    }

    fn at(hours: WorkingHours, lifted: Option<Pause>, now: &str, zone: &TimeZone) -> Pace {
        let chosen = PaceSettings { hours, ..PaceSettings::default() };
        let started_with = Duration::from_secs(10);
        judge(&Given { chosen: &chosen, started_with, lifted, power: Power::Mains }, ms(now), zone)
    }

    /// Until when it rests; empty: it does not.
    fn rests(hours: WorkingHours, now: &str, zone: &TimeZone) -> String {
        at(hours, None, now, zone).rests_until.map(rfc3339).unwrap_or_default()
    }

    #[test]
    fn how_often_follows_from_the_choice_and_from_the_battery() {
        use CheckEvery as C;
        use Power::{Battery, Mains, Unknown};
        for (check_every, slower_on_battery, power, seconds) in [
            (None, false, Mains, 7),
            (None, true, Battery, 60),
            (Some(C::TenSeconds), false, Battery, 10),
            (Some(C::TenSeconds), true, Battery, 60),
            (Some(C::TenSeconds), true, Mains, 10),
            (Some(C::TenSeconds), true, Unknown, 10),
            (Some(C::FifteenSeconds), false, Mains, 15),
            (Some(C::ThirtySeconds), true, Battery, 60),
            (Some(C::Minute), true, Battery, 60),
            (Some(C::FiveMinutes), true, Battery, 300),
        ] {
            let chosen = PaceSettings { check_every, slower_on_battery, ..PaceSettings::default() };
            let started_with = Duration::from_secs(7);
            let given = Given { chosen: &chosen, started_with, lifted: None, power };
            let pace = judge(&given, 0, &TimeZone::UTC);
            assert_eq!(pace.every.as_secs(), seconds, "{chosen:?} {power:?}");
            assert_eq!((pace.rests_until, pace.changes_ms), (None, None), "no hours were chosen");
        }
    }

    #[test]
    fn outside_the_hours_it_rests_until_they_begin() {
        // 26 November 2026 is a Thursday; Berlin is an hour ahead.
        for (now, until) in [
            ("2026-11-26T06:59:59Z", "2026-11-26T07:00:00Z"),
            ("2026-11-26T07:00:00Z", ""),
            ("2026-11-26T16:59:59Z", ""),
            ("2026-11-26T17:00:00Z", "2026-11-27T07:00:00Z"),
            // Friday evening until Monday.
            ("2026-11-27T17:00:00Z", "2026-11-30T07:00:00Z"),
            ("2026-11-28T11:00:00Z", "2026-11-30T07:00:00Z"),
            // The clocks are put forward, or back, during that weekend.
            ("2027-03-26T18:00:00Z", "2027-03-29T06:00:00Z"),
            ("2026-10-23T18:00:00Z", "2026-10-26T07:00:00Z"),
        ] {
            assert_eq!(rests(office(), now, &berlin()), until, "{now}");
        }
        // Who travels has the same hours by the clock of the place.
        assert_eq!(rests(office(), "2026-11-26T23:00:00Z", &TimeZone::posix("JST-9").unwrap()), "");
        let ends = at(office(), None, "2026-11-26T12:00:00Z", &berlin()).changes_ms;
        assert_eq!(ends.map(rfc3339).unwrap(), "2026-11-26T17:00:00Z");
    }

    #[test]
    fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
        let night = WorkingHours { days: vec![Weekday::Thu], from: 22 * 60, to: 6 * 60, ..office() };
        for (now, until) in [
            ("2026-11-26T21:59:00Z", "2026-11-26T22:00:00Z"),
            ("2026-11-26T22:00:00Z", ""),
            ("2026-11-27T05:59:00Z", ""),
            ("2026-11-27T06:00:00Z", "2026-12-03T22:00:00Z"),
            ("2026-11-26T03:00:00Z", "2026-11-26T22:00:00Z"),
        ] {
            assert_eq!(rests(night.clone(), now, &TimeZone::UTC), until, "{now}");
        }
        // From eight to eight is the whole day.
        let whole = WorkingHours { days: vec![Weekday::Thu], from: 480, to: 480, ..office() };
        assert_eq!(rests(whole.clone(), "2026-11-27T07:59:00Z", &TimeZone::UTC), "");
        assert_eq!(rests(whole, "2026-11-27T08:00:00Z", &TimeZone::UTC), "2026-12-03T08:00:00Z");
    }

    #[test]
    fn who_works_late_lifts_it_for_a_while() {
        let evening = "2026-11-26T20:00:00Z";
        let lifted = |minutes: i64| {
            Some(Pause::Until { since_ms: ms(evening), until_ms: ms(evening) + minutes * 60_000 })
        };
        let pace = at(office(), lifted(10), evening, &berlin());
        assert_eq!((pace.rests_until, pace.changes_ms), (None, Some(ms(evening) + 600_000)));
        let after = at(office(), lifted(10), "2026-11-26T20:10:00Z", &berlin());
        assert_eq!(after.rests_until.map(rfc3339).unwrap(), "2026-11-27T07:00:00Z");
        // Within the hours it is of no account.
        let noon = at(office(), lifted(10), "2026-11-26T11:00:00Z", &berlin());
        assert_eq!(noon, at(office(), None, "2026-11-26T11:00:00Z", &berlin()));
    }

    #[test]
    fn no_choice_is_too_odd() {
        let odd = WorkingHours { days: Vec::new(), ..office() };
        assert_eq!(rests(odd, "2026-11-28T11:00:00Z", &berlin()), "", "never is no working hours");
        let odd = WorkingHours { from: u16::MAX, to: u16::MAX, ..office() };
        for now in [i64::MIN, 0, i64::MAX] {
            let _ = hours(&odd, now, &berlin());
        }
    }
}
