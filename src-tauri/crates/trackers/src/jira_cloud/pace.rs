//! Jira's rate limits, kept before they are met.
//!
//! What is counted (Atlassian, *Rate limiting*, developer.atlassian.com/cloud/jira/platform/rate-limiting/): calls per
//! second of one method at one endpoint of a site, and writes to one issue in 2 and in 30 seconds.
//!
//! A call counts from before it leaves until its window is over *after its answer*: wherever between the two the
//! tracker counted it, and however its windows are aligned, no window of its holds more than the limit. A slow network or
//! a slow machine cannot change that, which a count of departures alone could not promise.
//!
//! Pure: time is a value.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// One call, as the limits see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Method and endpoint, as `PUT issue/{}`.
    pub(crate) operation: String,
    /// The issue that is written to, by the name that the call uses.
    pub(crate) issue: Option<String>,
}

impl Kind {
    /// From a method, a path below `/rest/api/3/`, and the issue where it is a write to one.
    pub(crate) fn new(method: &str, path: &str, issue: Option<&str>) -> Self {
        let parts = path.split('/').filter(|part| !part.is_empty());
        let parts: Vec<_> = parts.map(|part| if is_word(part) { part } else { "{}" }).collect();
        Self { operation: format!("{method} {}", parts.join("/")), issue: issue.map(str::to_owned) }
    }

    /// Calls of this kind in a second.
    fn per_second(&self) -> usize {
        match self.operation.split_once(' ') {
            Some(("PUT" | "DELETE", _)) => 50,
            Some(("GET", "issue/{}")) => 150,
            _ => 100,
        }
    }
}

/// Jira's own words begin small and hold no digit; keys, ids and escapes do not.
fn is_word(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_lowercase())
        && part.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
}

/// Why a call may not leave yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// There is room after so long, if nobody else takes it.
    For(Duration),
    /// Everything is under way: the next answer tells.
    UntilAnswered,
}

/// At most `limit` calls in `span`.
#[derive(Debug)]
struct Window {
    limit: usize,
    span: Duration,
    under_way: usize,
    /// When the answers came, oldest first.
    ended: VecDeque<Instant>,
}

impl Window {
    fn new(limit: usize, span: Duration) -> Self {
        Self { limit, span, under_way: 0, ended: VecDeque::new() }
    }

    fn full(&mut self, now: Instant) -> Option<Full> {
        self.forget(now);
        // So many must have left the window before one more fits.
        let over = (self.under_way + self.ended.len() + 1).checked_sub(self.limit).filter(|n| *n > 0)?;
        Some(match self.ended.get(over - 1) {
            Some(ended) => Full::For((*ended + self.span).saturating_duration_since(now)),
            None => Full::UntilAnswered,
        })
    }

    fn end(&mut self, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        self.ended.push_back(now);
    }

    /// The tracker counted more than we did: what others used counts like our own.
    fn adopt(&mut self, now: Instant, remaining: usize) {
        self.forget(now);
        let ours = self.under_way + self.ended.len();
        let others = self.limit.saturating_sub(remaining).saturating_sub(ours);
        self.ended.extend(std::iter::repeat_n(now, others));
    }

    fn forget(&mut self, now: Instant) {
        while self.ended.front().is_some_and(|ended| *ended + self.span <= now) {
            self.ended.pop_front();
        }
    }

    fn is_idle(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.under_way == 0 && self.ended.is_empty()
    }
}

/// The windows of one site.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    operations: BTreeMap<String, Window>,
    issues: BTreeMap<String, [Window; 2]>,
}

impl Pace {
    /// Takes a place in every window that counts the call, or in none.
    pub(crate) fn enter(&mut self, now: Instant, kind: &Kind) -> Result<(), Full> {
        self.tidy(now);
        let mut windows = self.windows(kind);
        let full = windows.iter_mut().filter_map(|window| window.full(now));
        // An unknown wait is no shorter than a known one: both have to be over.
        let longest = full.max_by_key(|full| match full {
            Full::For(wait) => (1, *wait),
            Full::UntilAnswered => (0, Duration::ZERO),
        });
        match longest {
            Some(full) => Err(full),
            None => {
                windows.iter_mut().for_each(|window| window.under_way += 1);
                Ok(())
            }
        }
    }

    /// How full the fullest window is that counts the call, in per cent.
    pub(crate) fn fullest(&mut self, kind: &Kind) -> u32 {
        let full = |window: &mut Window| (window.under_way + window.ended.len()) * 100 / window.limit.max(1);
        let fullest = self.windows(kind).into_iter().map(full).max().unwrap_or(0);
        u32::try_from(fullest).unwrap_or(u32::MAX)
    }

    /// Whether a call that did not fit would have fitted for another issue.
    pub(crate) fn only_the_issue_waits(&mut self, now: Instant, kind: &Kind) -> bool {
        kind.issue.is_some() && self.operation(kind).full(now).is_none()
    }

    /// The answer is here, or nobody waits for it any more.
    pub(crate) fn leave(&mut self, now: Instant, kind: &Kind) {
        self.windows(kind).into_iter().for_each(|window| window.end(now));
    }

    /// What `X-RateLimit-Remaining` said of the operation.
    pub(crate) fn adopt(&mut self, now: Instant, kind: &Kind, remaining: usize) {
        self.operation(kind).adopt(now, remaining);
    }

    /// What `X-RateLimit-NearLimit` alone says: less than a fifth is left.
    pub(crate) fn near_limit(&mut self, now: Instant, kind: &Kind) {
        self.operation(kind).adopt(now, kind.per_second() / 5);
    }

    fn operation(&mut self, kind: &Kind) -> &mut Window {
        let new = || Window::new(kind.per_second(), SECOND);
        self.operations.entry(kind.operation.clone()).or_insert_with(new)
    }

    fn windows(&mut self, kind: &Kind) -> Vec<&mut Window> {
        let new = || Window::new(kind.per_second(), SECOND);
        let mut windows = vec![self.operations.entry(kind.operation.clone()).or_insert_with(new)];
        if let Some(issue) = &kind.issue {
            let new = || [Window::new(20, 2 * SECOND), Window::new(100, 30 * SECOND)];
            windows.extend(self.issues.entry(issue.clone()).or_insert_with(new));
        }
        windows
    }

    /// A site has more issues than are worth remembering.
    fn tidy(&mut self, now: Instant) {
        if self.issues.len() > 1000 {
            self.issues.retain(|_, windows| !windows.iter_mut().all(|window| window.is_idle(now)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(issue: &str) -> Kind {
        Kind::new("PUT", &format!("issue/{issue}"), Some(issue))
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn an_operation_is_a_method_and_an_endpoint() {
        let name = |method, path| Kind::new(method, path, None).operation;
        assert_eq!(name("PUT", "issue/10001"), "PUT issue/{}");
        assert_eq!(name("GET", "issue/SUP-7/comment/10"), "GET issue/{}/comment/{}");
        assert_eq!(name("POST", "issue/bulkfetch"), "POST issue/bulkfetch");
        assert_eq!(name("GET", "project/SUP"), "GET project/{}");
        assert_eq!(
            name("GET", "issue/createmeta/SUP/issuetypes/10001"),
            "GET issue/createmeta/{}/issuetypes/{}"
        );
        assert_eq!(name("GET", "issue/%2E%2E"), "GET issue/{}");
        assert_eq!(name("POST", "search/approximate-count"), "POST search/approximate-count");
    }

    #[test]
    fn j36_each_operation_has_its_own_second() {
        for (method, path, limit) in [
            ("GET", "myself", 100),
            ("POST", "issue", 100),
            ("PUT", "issue/1", 50),
            ("DELETE", "attachment/1", 50),
            ("GET", "issue/1", 150),
        ] {
            let (mut pace, start, kind) = (Pace::default(), Instant::now(), Kind::new(method, path, None));
            for _ in 0..limit {
                assert_eq!(pace.enter(start, &kind), Ok(()));
                pace.leave(start, &kind);
            }
            assert_eq!(pace.enter(start + ms(1), &kind), Err(Full::For(ms(999))), "{method} {path}");
            assert_eq!(pace.enter(start, &Kind::new("GET", "serverInfo", None)), Ok(()));
            assert_eq!(pace.enter(start + ms(1000), &kind), Ok(()));
        }
    }

    #[test]
    fn j36_one_issue_takes_20_writes_in_2_s_and_100_in_30_s() {
        let (mut pace, start, mut at, mut sent) = (Pace::default(), Instant::now(), ms(0), Vec::new());
        while sent.len() < 230 {
            match pace.enter(start + at, &edit("1")) {
                Ok(()) => {
                    pace.leave(start + at, &edit("1"));
                    sent.push(at);
                }
                Err(Full::For(wait)) => at += wait,
                Err(Full::UntilAnswered) => panic!("all was answered"),
            }
        }
        for (limit, span) in [(20, ms(2000)), (100, ms(30_000))] {
            let close = sent.windows(limit + 1).find(|w| w[limit] - w[0] < span);
            assert_eq!(close, None, "more than {limit} in {span:?}");
        }
        assert_eq!(sent.last(), Some(&ms(62_000)), "not slower than the limits either");
        assert_eq!(pace.enter(start + at, &edit("2")), Ok(()), "another issue");
    }

    #[test]
    fn j36_what_is_under_way_counts_until_its_answer_is_a_window_old() {
        let (mut pace, start, kind) = (Pace::default(), Instant::now(), Kind::new("PUT", "issue/1", None));
        for _ in 0..50 {
            assert_eq!(pace.enter(start, &kind), Ok(()));
        }
        // The tracker may count them at any time until it answers, however long ago they left.
        assert_eq!(pace.enter(start + ms(5000), &kind), Err(Full::UntilAnswered));
        pace.leave(start + ms(6000), &kind);
        assert_eq!(pace.enter(start + ms(6400), &kind), Err(Full::For(ms(600))));
        assert_eq!(pace.enter(start + ms(7000), &kind), Ok(()));
    }

    #[test]
    fn j36_a_call_that_does_not_fit_takes_no_place() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for _ in 0..20 {
            assert_eq!(pace.enter(start, &edit("1")), Ok(()));
            pace.leave(start, &edit("1"));
        }
        for _ in 0..100 {
            assert_eq!(pace.enter(start, &edit("1")), Err(Full::For(ms(2000))));
            assert!(pace.only_the_issue_waits(start, &edit("1")));
        }
        for issue in 2..32 {
            assert_eq!(
                pace.enter(start, &edit(&issue.to_string())),
                Ok(()),
                "30 of 50 are left for the others"
            );
        }
    }

    #[test]
    fn j36_what_other_programs_used_counts_too() {
        let (mut pace, start, kind) = (Pace::default(), Instant::now(), Kind::new("POST", "issue", None));
        let free = |pace: &mut Pace, at| (0..).take_while(|_| pace.enter(at, &kind).is_ok()).count();
        assert_eq!(pace.enter(start, &kind), Ok(()));
        pace.leave(start, &kind);
        pace.adopt(start, &kind, 3);
        assert_eq!(free(&mut pace, start), 3);
        let (mut pace, later) = (Pace::default(), start + ms(1000));
        pace.near_limit(start, &kind);
        assert_eq!(free(&mut pace, start), 20);
        (0..20).for_each(|_| pace.leave(start, &kind));
        assert_eq!(free(&mut pace, later), 100, "it is for the window only");
    }

    #[test]
    fn issues_long_past_are_forgotten() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for issue in 0..1100 {
            let kind = Kind::new("POST", "issue/1/comment", Some(&issue.to_string()));
            let at = start + ms(20 * issue);
            assert_eq!(pace.enter(at, &kind), Ok(()));
            pace.leave(at, &kind);
        }
        let kind = Kind::new("POST", "issue/1/comment", Some("x"));
        assert_eq!(pace.enter(start + ms(60_000), &kind), Ok(()));
        assert_eq!(pace.issues.len(), 1);
    }
}
