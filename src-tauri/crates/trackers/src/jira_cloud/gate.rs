//! Who has to wait after the tracker asked us to slow down.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const LEAST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(3600);
const UNSAID: Duration = Duration::from_secs(30);

/// How long a 429 makes us wait: seconds or a date, bounded; 30 s where it does not say.
pub(crate) fn retry_after(value: Option<&str>, now_ms: i64) -> Duration {
    let Some(value) = value.map(str::trim) else { return UNSAID };
    if let Ok(seconds) = value.parse::<f64>() {
        if seconds.is_nan() {
            return UNSAID;
        }
        return Duration::from_secs_f64(seconds.clamp(LEAST.as_secs_f64(), MOST.as_secs_f64()));
    }
    match super::time::http_date_ms(value) {
        Some(at) => Duration::from_millis(at.saturating_sub(now_ms).max(0).unsigned_abs()).clamp(LEAST, MOST),
        None => UNSAID,
    }
}

/// Closed for the whole site, or for the writes of single issues.
#[derive(Default)]
pub(crate) struct Gate {
    closed: Mutex<Closed>,
}

#[derive(Default)]
struct Closed {
    site: Option<Instant>,
    issues: HashMap<String, Instant>,
}

impl Gate {
    /// Nothing of the site (or no write of the issue) goes out before `wait` is over.
    pub(crate) fn close(&self, issue: Option<&str>, wait: Duration) {
        self.close_at(Instant::now(), issue, wait);
    }

    fn close_at(&self, now: Instant, issue: Option<&str>, wait: Duration) {
        let until = now + wait;
        let mut closed = self.lock();
        match issue {
            Some(issue) => {
                closed.issues.retain(|_, until| *until > now);
                closed.issues.insert(issue.to_owned(), until);
            }
            // An earlier, longer wait stays.
            None => closed.site = Some(closed.site.map_or(until, |before| before.max(until))),
        }
    }

    /// How long a call has to wait; `None`: it may go.
    pub(crate) fn wait(&self, issue: Option<&str>) -> Option<Duration> {
        self.wait_at(Instant::now(), issue)
    }

    fn wait_at(&self, now: Instant, issue: Option<&str>) -> Option<Duration> {
        let closed = self.lock();
        let of_issue = issue.and_then(|issue| closed.issues.get(issue).copied());
        let until = closed.site.max(of_issue)?;
        until.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    fn lock(&self) -> MutexGuard<'_, Closed> {
        // Two plain values: a panic elsewhere cannot leave them half written.
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f67_every_retry_after_is_bounded() {
        let secs = |value| retry_after(value, 1_610_886_840_000).as_secs();
        assert_eq!(secs(None), 30);
        assert_eq!(secs(Some("5")), 5);
        assert_eq!(secs(Some("0")), 1);
        assert_eq!(secs(Some("-7")), 1);
        assert_eq!(secs(Some("10800")), 3600);
        assert_eq!(secs(Some("NaN")), 30);
        assert_eq!(secs(Some("inf")), 3600);
        assert_eq!(secs(Some("later")), 30);
        assert_eq!(secs(Some("Sun, 17 Jan 2021 12:34:20 GMT")), 20);
        assert_eq!(secs(Some("Sun, 17 Jan 2021 12:00:00 GMT")), 1);
    }

    #[test]
    fn j36_only_what_is_named_waits() {
        let (gate, start) = (Gate::default(), Instant::now());
        let seconds = |n| Some(Duration::from_secs(n));
        gate.close_at(start, Some("1"), Duration::from_secs(5));
        assert_eq!(gate.wait_at(start, Some("1")), seconds(5));
        assert_eq!((gate.wait_at(start, Some("2")), gate.wait_at(start, None)), (None, None));
        gate.close_at(start, None, Duration::from_secs(2));
        assert_eq!(gate.wait_at(start, None), seconds(2));
        let later = start + Duration::from_secs(2);
        assert_eq!((gate.wait_at(later, None), gate.wait_at(later, Some("1"))), (None, seconds(3)));
    }
}
