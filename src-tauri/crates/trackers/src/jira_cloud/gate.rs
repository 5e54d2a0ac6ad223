//! Who has to wait after the tracker asked us to slow down.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::pace::Kind;

const LEAST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(3600);
const UNSAID: Duration = Duration::from_secs(30);
/// The largest part of a wait that chance adds to it.
const JITTER: f64 = 0.2;

/// How long a 429 makes us wait: seconds or a date, bounded; 30 s where it does not say.
///
/// `chance`, from 0 to 1, adds up to a fifth: who was refused together must not come back together. Never less than
/// what was asked for.
pub(crate) fn retry_after(value: Option<&str>, now_ms: i64, chance: f64) -> Duration {
    asked(value, now_ms).mul_f64(1.0 + JITTER * chance.clamp(0.0, 1.0))
}

fn asked(value: Option<&str>, now_ms: i64) -> Duration {
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

/// What a 429 is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The writes of one issue.
    Issue,
    /// One method at one endpoint.
    Operation,
    /// Every call of the site.
    Site,
}

impl Scope {
    /// What `RateLimit-Reason` names: a burst limit is one of method and endpoint, the quotas are the site's. Who does not
    /// say it may mean everything.
    pub(crate) fn of(reason: &str, kind: &Kind) -> Self {
        match reason {
            "jira-per-issue-on-write" if kind.issue.is_some() => Self::Issue,
            "jira-per-issue-on-write" | "jira-burst-based" => Self::Operation,
            _ => Self::Site,
        }
    }
}

/// Closed for the whole site, for single operations, or for the writes of single issues.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    site: Option<Instant>,
    operations: BTreeMap<String, Instant>,
    issues: BTreeMap<String, Instant>,
}

impl Gate {
    /// Nothing of that scope goes out before `wait` is over; an earlier, longer wait stays.
    pub(crate) fn close(&mut self, now: Instant, scope: Scope, kind: &Kind, wait: Duration) {
        self.operations.retain(|_, until| *until > now);
        self.issues.retain(|_, until| *until > now);
        let until = now + wait;
        let later = |before: &mut Instant| *before = (*before).max(until);
        match (scope, &kind.issue) {
            (Scope::Issue, Some(issue)) => {
                self.issues.entry(issue.clone()).and_modify(later).or_insert(until);
            }
            (Scope::Site, _) => self.site = self.site.max(Some(until)),
            (Scope::Issue | Scope::Operation, _) => {
                self.operations.entry(kind.operation.clone()).and_modify(later).or_insert(until);
            }
        }
    }

    /// How long a call has to wait, and whether for its issue alone; `None`: it may go.
    pub(crate) fn wait(&self, now: Instant, kind: &Kind) -> Option<(Duration, Scope)> {
        let of_issue = kind.issue.as_ref().and_then(|issue| self.issues.get(issue));
        let of_operation = self.operations.get(&kind.operation);
        let closed = [
            (self.site, Scope::Site),
            (of_operation.copied(), Scope::Operation),
            (of_issue.copied(), Scope::Issue),
        ];
        let (until, scope) = closed
            .into_iter()
            .filter_map(|(until, scope)| Some((until?, scope)))
            .max_by_key(|(until, _)| *until)?;
        let wait = until.checked_duration_since(now).filter(|wait| !wait.is_zero())?;
        Some((wait, scope))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f67_every_retry_after_is_bounded() {
        let secs = |value| retry_after(value, 1_610_886_840_000, 0.0).as_secs();
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
    fn f67_chance_lengthens_a_wait_and_never_shortens_it() {
        let ms = |value, chance| retry_after(value, 0, chance).as_millis();
        assert_eq!((ms(Some("10"), 0.0), ms(Some("10"), 0.5), ms(Some("10"), 1.0)), (10_000, 11_000, 12_000));
        assert_eq!((ms(None, 1.0), ms(Some("10800"), 1.0)), (36_000, 4_320_000));
        assert_eq!((ms(Some("10"), -3.0), ms(Some("10"), 7.0)), (10_000, 12_000));
    }

    #[test]
    fn j36_a_reason_names_what_waits() {
        let create = Kind::new("POST", "issue", None);
        let edit = |issue| Kind::new("PUT", &format!("issue/{issue}"), Some(issue));
        let comment = |issue| Kind::new("POST", &format!("issue/{issue}/comment"), Some(issue));
        // (reason, who was refused, who may go on, who may not)
        for (reason, on, off) in [
            ("jira-per-issue-on-write", vec![edit("2"), create.clone()], vec![edit("1"), comment("1")]),
            ("jira-burst-based", vec![comment("1"), create.clone()], vec![edit("1"), edit("2")]),
            ("jira-quota-tenant-based", vec![], vec![edit("1"), comment("2"), create.clone()]),
            ("jira-quota-global-based", vec![], vec![edit("1"), comment("2"), create.clone()]),
            ("", vec![], vec![edit("1"), comment("2"), create.clone()]),
        ] {
            let (mut gate, now, five) = (Gate::default(), Instant::now(), Duration::from_secs(5));
            gate.close(now, Scope::of(reason, &edit("1")), &edit("1"), five);
            for kind in on {
                assert_eq!(gate.wait(now, &kind), None, "{reason} {kind:?}");
            }
            for kind in off {
                assert_eq!(gate.wait(now, &kind).map(|(wait, _)| wait), Some(five), "{reason} {kind:?}");
                assert_eq!(gate.wait(now + five, &kind), None);
            }
        }
        assert_eq!(
            Scope::of("jira-per-issue-on-write", &create),
            Scope::Operation,
            "which issue is not known"
        );
    }

    #[test]
    fn j36_a_longer_wait_stays() {
        let (mut gate, now, kind) = (Gate::default(), Instant::now(), Kind::new("PUT", "issue/1", Some("1")));
        let seconds = Duration::from_secs;
        for scope in [Scope::Issue, Scope::Operation, Scope::Site] {
            gate.close(now, scope, &kind, seconds(9));
            gate.close(now, scope, &kind, seconds(2));
            assert_eq!(gate.wait(now, &kind).map(|(wait, _)| wait), Some(seconds(9)), "{scope:?}");
        }
    }
}
