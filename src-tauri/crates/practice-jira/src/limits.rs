//! Jira's rate limits: per operation and second, and per issue for writes.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::state::lock;

/// Why a call is refused, and for how long.
pub(crate) struct Refused {
    pub reason: String,
    /// The text of `Retry-After`; none leaves the header out.
    pub retry_after: Option<String>,
    pub limit: u64,
}

/// What is left of an operation's limit after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub limit: u64,
    pub remaining: u64,
}

impl Left {
    /// Less than a fifth is left.
    pub fn is_near(self) -> bool {
        self.remaining * 5 < self.limit
    }
}

#[derive(Default)]
pub(crate) struct Limits {
    on: AtomicBool,
    operations: Mutex<HashMap<String, VecDeque<Instant>>>,
    issues: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl Limits {
    pub fn new(on: bool) -> Self {
        Self { on: AtomicBool::new(on), ..Self::default() }
    }

    pub fn switch(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// Whether this call may go on, and how many more of its kind; `issue` is given for writes to an issue.
    pub fn admit(&self, operation: &str, issue: Option<&str>) -> Result<Option<Left>, Refused> {
        self.admit_at(Instant::now(), operation, issue)
    }

    /// The strictest reading of Jira's limits: no second, wherever it begins, holds more calls than the limit.
    fn admit_at(&self, now: Instant, operation: &str, issue: Option<&str>) -> Result<Option<Left>, Refused> {
        if !self.on.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let limit: u64 = match operation.split(' ').next() {
            Some("PUT" | "DELETE") => 50,
            _ if operation.starts_with("GET ") && operation.ends_with("/issue/{issueIdOrKey}") => 150,
            _ => 100,
        };
        let mut operations = lock(&self.operations);
        let calls = operations.entry(operation.to_owned()).or_default();
        while calls.front().is_some_and(|t| now.duration_since(*t) >= Duration::from_secs(1)) {
            calls.pop_front();
        }
        let Some(remaining) = limit.checked_sub(calls.len() as u64 + 1) else {
            let reason = "jira-burst-based".to_owned();
            return Err(Refused { reason, retry_after: Some("1".to_owned()), limit });
        };
        calls.push_back(now);
        drop(operations);
        let left = Some(Left { limit, remaining });
        let Some(issue) = issue else { return Ok(left) };
        let mut issues = lock(&self.issues);
        let times = issues.entry(issue.to_owned()).or_default();
        while times.front().is_some_and(|t| now.duration_since(*t) > Duration::from_secs(30)) {
            times.pop_front();
        }
        let recent =
            times.iter().rev().take_while(|t| now.duration_since(**t) < Duration::from_secs(2)).count();
        if recent >= 20 || times.len() >= 100 {
            let (wait, limit) = if recent >= 20 { ("2", 20) } else { ("30", 100) };
            let reason = "jira-per-issue-on-write".to_owned();
            return Err(Refused { reason, retry_after: Some(wait.to_owned()), limit });
        }
        times.push_back(now);
        if issues.len() > 10_000 {
            issues.retain(|_, t| t.back().is_some_and(|t| now.duration_since(*t) < Duration::from_secs(30)));
        }
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_that_begins_anywhere_holds_a_hundred() {
        let (limits, start, operation) = (Limits::new(true), Instant::now(), "POST /rest/api/3/issue");
        let at = |ms| start + Duration::from_millis(ms);
        let left = |ms| limits.admit_at(at(ms), operation, None).map_err(|r| r.reason);
        assert_eq!(left(0), Ok(Some(Left { limit: 100, remaining: 99 })));
        for n in 0..99 {
            let left = left(900).expect("within the limit").expect("limited");
            assert_eq!((left.remaining, left.is_near()), (98 - n, 98 - n < 20));
        }
        assert_eq!(left(999), Err("jira-burst-based".to_owned()));
        assert!(left(1000).is_ok(), "the first is a second old");
        assert_eq!(left(1001), Err("jira-burst-based".to_owned()), "the others are not");
        assert!(limits.admit_at(at(1001), "GET /rest/api/3/myself", None).is_ok());
    }

    #[test]
    fn twenty_writes_to_one_issue_in_two_seconds() {
        let limits = Limits::new(true);
        for _ in 0..20 {
            assert!(limits.admit("PUT /rest/api/3/issue/{issueIdOrKey}", Some("10001")).is_ok());
        }
        let refused = limits.admit("PUT /rest/api/3/issue/{issueIdOrKey}", Some("10001")).err();
        assert_eq!(refused.map(|r| r.reason).as_deref(), Some("jira-per-issue-on-write"));
        assert!(limits.admit("PUT /rest/api/3/issue/{issueIdOrKey}", Some("10002")).is_ok());
        limits.switch(false);
        assert!(limits.admit("PUT /rest/api/3/issue/{issueIdOrKey}", Some("10001")).is_ok());
    }
}
