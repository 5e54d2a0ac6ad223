//! A pause of our side's, which may end by itself. Nothing here has a clock: whoever asks says what time it is.
//!
//! An end is a moment, not a number of minutes that are counted: it is the same one after the program was off, the computer
//! slept, or the time zone changed.

use serde::{Deserialize, Serialize};

/// A clock that shows so much less than when the pause began was set back; less than that is a small correction, ms.
const CORRECTION_MS: i64 = 60_000;

/// A pause. Times are ms since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Pause {
    /// Until a person resumes.
    Open,
    /// It ends by itself.
    Until {
        /// What the clock showed when it was begun.
        since_ms: i64,
        /// When it ends.
        until_ms: i64,
    },
    /// Nobody's wish for this connection: it is outside working hours.
    Hours {
        /// When they begin.
        until_ms: i64,
    },
}

/// Until when a person wants to pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum PauseUntil {
    /// Until somebody resumes.
    Resumed,
    /// Tomorrow at 08:00, as this computer's clock shows it.
    Tomorrow,
    /// For so long.
    Seconds(u32),
}

impl Pause {
    /// What is left of it at `now_ms`; `None`: it is over.
    ///
    /// Where the clock was set back to before it began, the end that it showed means nothing any more: the pause then
    /// lasts, from now on, as long as it was meant to.
    pub fn at(self, now_ms: i64) -> Option<Self> {
        match self {
            Pause::Open => Some(self),
            Pause::Until { since_ms, until_ms } if now_ms < since_ms.saturating_sub(CORRECTION_MS) => {
                let length = until_ms.saturating_sub(since_ms);
                Some(Pause::Until { since_ms: now_ms, until_ms: now_ms.saturating_add(length) })
            }
            Pause::Until { until_ms, .. } | Pause::Hours { until_ms } => (now_ms < until_ms).then_some(self),
        }
    }

    /// When it ends by itself.
    pub fn ends_ms(self) -> Option<i64> {
        match self {
            Pause::Open => None,
            Pause::Until { until_ms, .. } | Pause::Hours { until_ms } => Some(until_ms),
        }
    }

    /// Whether a person wished it, and may be asked why.
    pub fn is_a_persons(self) -> bool {
        !matches!(self, Pause::Hours { .. })
    }

    /// The one that lasts longer: who pauses everything shortens no pause that stands already.
    pub fn longer(self, other: Self) -> Self {
        let (mine, theirs) = (self.ends_ms().unwrap_or(i64::MAX), other.ends_ms().unwrap_or(i64::MAX));
        if mine >= theirs { self } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn until(since_ms: i64, until_ms: i64) -> Pause {
        Pause::Until { since_ms, until_ms }
    }

    #[test]
    fn a_pause_lasts_until_its_end_and_not_a_moment_longer() {
        let pause = until(1_000_000, 1_000_000 + HOUR);
        for now in [1_000_000, 1_000_000 + HOUR - 1] {
            assert_eq!(pause.at(now), Some(pause));
        }
        // Also after a sleep of days.
        for now in [1_000_000 + HOUR, 1_000_000 + 90 * HOUR] {
            assert_eq!(pause.at(now), None);
        }
        assert_eq!(Pause::Open.at(i64::MAX), Some(Pause::Open));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_pause_longer_than_it_was_meant() {
        let pause = until(900 * HOUR, 901 * HOUR);
        let back = pause.at(10 * HOUR).expect("not over");
        assert_eq!(back, until(10 * HOUR, 11 * HOUR));
        // Kept like that, it ends by the clock as it is now.
        assert_eq!(back.at(10 * HOUR + HOUR / 2), Some(back));
        assert_eq!(back.at(11 * HOUR), None);
        // A correction of seconds moves no end that people were told.
        assert_eq!(pause.at(900 * HOUR - 5_000), Some(pause));
        // Back, but not to before it began: it ends when the clock shows what people were told.
        assert_eq!(pause.at(900 * HOUR + 1), Some(pause));
    }

    #[test]
    fn working_hours_begin_at_their_time_whatever_the_clock_showed_before() {
        let rest = Pause::Hours { until_ms: 8 * HOUR };
        assert_eq!((rest.at(-90 * HOUR), rest.at(8 * HOUR - 1)), (Some(rest), Some(rest)));
        assert_eq!((rest.at(8 * HOUR), rest.ends_ms()), (None, Some(8 * HOUR)));
        assert!(!rest.is_a_persons() && Pause::Open.is_a_persons() && until(0, 1).is_a_persons());
    }

    #[test]
    fn of_two_pauses_the_longer_one_stands() {
        let (short, long) = (until(0, HOUR), until(5, 2 * HOUR));
        assert_eq!((short.longer(long), long.longer(short)), (long, long));
        assert_eq!((short.longer(Pause::Open), Pause::Open.longer(short)), (Pause::Open, Pause::Open));
    }

    #[test]
    fn no_time_is_too_odd() {
        for (since, end, now) in [(i64::MIN, i64::MAX, 0), (i64::MAX, i64::MAX, i64::MIN), (0, -1, 0)] {
            let _ = until(since, end).at(now);
        }
    }
}
