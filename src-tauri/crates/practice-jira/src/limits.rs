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

#[derive(Default)]
pub(crate) struct Limits {
    on: AtomicBool,
    seconds: Mutex<HashMap<String, (Instant, u64)>>,
    issues: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl Limits {
    pub fn new(on: bool) -> Self {
        Self { on: AtomicBool::new(on), ..Self::default() }
    }

    pub fn switch(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// Whether this call may go on; `issue` is given for writes to an issue.
    pub fn admit(&self, operation: &str, issue: Option<&str>) -> Result<(), Refused> {
        if !self.on.load(Ordering::Relaxed) {
            return Ok(());
        }
        let now = Instant::now();
        let limit = match operation.split(' ').next() {
            Some("PUT" | "DELETE") => 50,
            _ if operation.starts_with("GET ") && operation.ends_with("/issue/{issueIdOrKey}") => 150,
            _ => 100,
        };
        {
            let mut seconds = lock(&self.seconds);
            let slot = seconds.entry(operation.to_owned()).or_insert((now, 0));
            if now.duration_since(slot.0) >= Duration::from_secs(1) {
                *slot = (now, 0);
            }
            if slot.1 >= limit {
                let reason = "jira-burst-based".to_owned();
                return Err(Refused { reason, retry_after: Some("1".to_owned()), limit });
            }
            slot.1 += 1;
        }
        let Some(issue) = issue else { return Ok(()) };
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
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
