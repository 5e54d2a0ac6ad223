//! How many calls left for a site in the last hour, and how near they came to what it allows. For people; nothing is decided by it.
//!
//! Pure: time is a value.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// What was asked of a site in the last hour, or for as long as this process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastHour {
    /// Calls that left.
    pub calls: u32,
    /// How full the fullest of the site's limits was at any time, in per cent.
    pub fullest: u32,
    /// How often the site asked to slow down.
    pub slowed: u32,
}

/// By minute.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    minutes: VecDeque<(Instant, LastHour)>,
}

impl Calls {
    /// A call leaves; so full are the limits that count it.
    pub(crate) fn count(&mut self, now: Instant, fullest: u32) {
        let minute = self.minute(now);
        minute.calls = minute.calls.saturating_add(1);
        minute.fullest = minute.fullest.max(fullest);
    }

    /// The site asked to slow down.
    pub(crate) fn slowed(&mut self, now: Instant) {
        let minute = self.minute(now);
        minute.slowed = minute.slowed.saturating_add(1);
    }

    /// Everything of the last hour, to the minute.
    pub(crate) fn last_hour(&mut self, now: Instant) -> LastHour {
        self.forget(now);
        self.minutes.iter().fold(LastHour::default(), |all, (_, minute)| LastHour {
            calls: all.calls.saturating_add(minute.calls),
            fullest: all.fullest.max(minute.fullest),
            slowed: all.slowed.saturating_add(minute.slowed),
        })
    }

    fn minute(&mut self, now: Instant) -> &mut LastHour {
        self.forget(now);
        let begun = self.minutes.back().is_some_and(|(began, _)| now < *began + MINUTE);
        let at = if begun { self.minutes.len() - 1 } else { self.minutes.len() };
        if !begun {
            self.minutes.push_back((now, LastHour::default()));
        }
        // The one that is there, or was added just now.
        &mut self.minutes[at].1
    }

    fn forget(&mut self, now: Instant) {
        while self.minutes.front().is_some_and(|(began, _)| *began + HOUR <= now) {
            self.minutes.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_an_hour_does_not_count() {
        let (mut calls, begun) = (Calls::default(), Instant::now());
        let minutes = |n: u32| begun + n * MINUTE;
        assert_eq!(calls.last_hour(begun), LastHour::default());
        calls.count(begun, 40);
        calls.count(begun + Duration::from_secs(59), 10);
        calls.slowed(begun);
        calls.count(minutes(30), 7);
        assert_eq!(calls.last_hour(minutes(59)), LastHour { calls: 3, fullest: 40, slowed: 1 });
        assert_eq!(calls.last_hour(minutes(60)), LastHour { calls: 1, fullest: 7, slowed: 0 });
        assert_eq!(calls.last_hour(minutes(90)), LastHour::default());
        (0..100).for_each(|n| calls.count(minutes(100 + n), 1));
        assert!(calls.minutes.len() <= 60, "no more is kept than is told: {}", calls.minutes.len());
    }
}
