#![doc = include_str!("faults.md")]

mod rule;

use serde_json::{Map, Value};

use crate::call::{self, Call};
use crate::error::Error;
use rule::names;
pub(crate) use rule::{Rule, Status, downloads, writes};

/// How much Jira changes a document when it stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Normalise {
    Off,
    #[default]
    Light,
    Heavy,
}

/// Switches that hold until they are changed, or strike single calls.
const SWITCHES: &[&str] = &[
    "search_lag_ms",
    "index_misses_issue",
    "page_token_ttl_ms",
    "page_most",
    "page_repeats",
    "page_order",
    "late_effect_ms",
    "fail_before_effect",
    "fail_after_effect",
    "drop_connection_at_byte",
    "truncated_body",
    "download_truncated",
    "upload_truncated",
    "upload_cut_at_byte",
    "slow_bytes_per_s",
    "delay_ms",
    "renamed",
    "expired_token",
    "rate_limit_reason",
    "html_error",
    "maintenance",
    "clock_skew_s",
    "forbid",
    "issue_limit",
    "hide_issue",
    "normalise",
    "automation",
];

/// Switches that do something once.
pub(crate) const DEEDS: &[&str] = &[
    "required_field",
    "remove_type",
    "move_issue",
    "clone_issue",
    "delete_issue",
    "archive_project",
    "trash_project",
    "rename_project",
];

/// Whether a deed waits for a call.
pub(crate) fn waits(deed: &Value) -> bool {
    deed["operation"].is_string()
}

/// How far the search index is behind: for all issues, and for single ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lag {
    pub all_ms: i64,
    /// Key or id, and its own lag.
    pub single: Vec<(String, i64)>,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    raw: Value,
}

impl Faults {
    /// Reads the switches; names the one that does not exist.
    pub fn read(body: &Value) -> Result<Self, Error> {
        let wrong = |what: String| Error::Option(what);
        let Some(map) = body.as_object() else {
            return Err(wrong("The faults must be a JSON object of switches.".to_owned()));
        };
        let seed = map.get("seed").and_then(Value::as_u64).unwrap_or(1);
        let mut rules = Vec::new();
        for (kind, value) in map {
            let deed = DEEDS.contains(&kind.as_str());
            if kind == "seed" {
                continue;
            }
            if !deed && !SWITCHES.contains(&kind.as_str()) {
                return Err(wrong(format!(
                    "There is no fault switch '{kind}'. Known: {}, {}.",
                    SWITCHES.join(", "),
                    DEEDS.join(", ")
                )));
            }
            // A list is several rules, except where the plain value is itself a list.
            let plain_list = matches!(kind.as_str(), "forbid" | "hide_issue" | "index_misses_issue");
            let each = match value {
                Value::Array(list) if !plain_list || list.iter().all(Value::is_object) => list.as_slice(),
                one => std::slice::from_ref(one),
            };
            for one in each.iter().filter(|one| !deed || waits(one)) {
                // Each rule has its own series, or two of the same share would strike the same calls.
                let own = seed.wrapping_mul(1000).wrapping_add(rules.len() as u64);
                rules.push(if deed { Self::waiting(kind, one, own) } else { Rule::read(kind, one, own) });
            }
        }
        rules.retain(|r| !matches!(r.value, Value::Null | Value::Bool(false)));
        Ok(Self { rules, raw: body.clone() })
    }

    /// A deed that waits for a call: once, unless `times` says otherwise.
    fn waiting(kind: &str, deed: &Value, seed: u64) -> Rule {
        let mut limits = deed.clone();
        if let Some(map) = limits.as_object_mut() {
            map.entry("times").or_insert(Value::from(1));
            let on_issue = map.remove("on_issue").unwrap_or_default();
            map.insert("issue".to_owned(), on_issue);
        }
        let mut rule = Rule::read(kind, &limits, seed);
        rule.value = deed.clone();
        rule
    }

    pub fn raw(&self) -> Value {
        if self.raw.is_null() { Value::Object(Map::new()) } else { self.raw.clone() }
    }

    /// Whether a rule looks at the issue a call is about.
    pub fn any_about_issues(&self) -> bool {
        self.rules.iter().any(|r| r.issue.is_some())
    }

    /// The rule of this kind that strikes this call, if one does; its count goes down.
    pub fn strikes(&mut self, kind: &str, call: &Call) -> Option<Rule> {
        self.strikes_if(kind, call, |_| true)
    }

    /// The same, among those rules only.
    pub fn strikes_if(&mut self, kind: &str, call: &Call, which: impl Fn(&Rule) -> bool) -> Option<Rule> {
        let mut some = self.rules.iter_mut().filter(|r| r.kind == kind && which(r) && r.fits(call));
        some.find_map(|rule| rule.strike().then(|| rule.clone()))
    }

    /// The same for the call under way; never for what is no call.
    pub fn strikes_now(&mut self, kind: &str) -> Option<Rule> {
        call::current().and_then(|call| self.strikes(kind, &call))
    }

    /// The rules of this kind that hold for the call under way; what counts counts once for each call.
    fn holding<'a>(
        &'a mut self,
        kind: &'a str,
        subject: impl Fn(&Rule) -> bool + 'a,
    ) -> impl Iterator<Item = &'a Rule> {
        let call = if self.rules.iter().any(|r| r.kind == kind) { call::current() } else { None };
        self.rules.iter_mut().filter_map(move |rule| {
            let holds = rule.kind == kind
                && subject(rule)
                && match &call {
                    None => !rule.limited(),
                    Some(call) => {
                        rule.fits(call) && (!rule.counts() || call.decided(rule.id, || rule.strike()))
                    }
                };
            holds.then_some(&*rule)
        })
    }

    pub fn clock_skew_ms(&mut self) -> i64 {
        self.holding("clock_skew_s", |_| true).filter_map(|r| r.value.as_i64()).sum::<i64>() * 1000
    }

    pub fn search_lag(&mut self) -> Lag {
        let mut lag = Lag::default();
        for rule in self.holding("search_lag_ms", |_| true) {
            let ms = rule.value.as_i64().unwrap_or(0);
            match rule.options.get("issue").and_then(Value::as_str) {
                Some(issue) => lag.single.push((issue.to_ascii_uppercase(), ms)),
                None => lag.all_ms = lag.all_ms.max(ms),
            }
        }
        lag
    }

    /// Issues in a page of a search, at most.
    pub fn page_most(&mut self) -> usize {
        let all = self.holding("page_most", |_| true).filter_map(|r| r.value.as_u64());
        all.min().and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
    }

    pub fn page_token_ttl_ms(&mut self) -> i64 {
        let all = self.holding("page_token_ttl_ms", |_| true).filter_map(|r| r.value.as_i64());
        all.min().unwrap_or(7 * 86_400_000)
    }

    pub fn normalise(&mut self) -> Normalise {
        match self.holding("normalise", |_| true).next().and_then(|r| r.value.as_str()) {
            Some("off") => Normalise::Off,
            Some("heavy") => Normalise::Heavy,
            _ => Normalise::Light,
        }
    }

    /// How many `comments` or `attachments` an issue takes.
    /// <https://support.atlassian.com/jira-cloud-administration/docs/what-are-the-limits-for-work-items-in-jira/>
    pub fn issue_limit(&mut self, what: &str) -> usize {
        let told = |r: &Rule| r.options.get(what).or(r.value.get(what)).and_then(Value::as_u64);
        let set = self.holding("issue_limit", |r| told(r).is_some()).find_map(told);
        let usual = if what == "comments" { 5_000 } else { 2_000 };
        set.map_or(usual, |n| usize::try_from(n).unwrap_or(usize::MAX))
    }

    pub fn hides(&mut self, id: i64, key: &str) -> bool {
        self.holding("hide_issue", |r| r.names_issue(id, key)).next().is_some()
    }

    /// Whether a search must leave this issue out.
    pub fn unlisted(&mut self, id: i64, key: &str) -> bool {
        self.hides(id, key) || self.holding("index_misses_issue", |r| r.names_issue(id, key)).next().is_some()
    }

    pub fn any_unlisted(&self) -> bool {
        self.rules.iter().any(|r| matches!(r.kind.as_str(), "hide_issue" | "index_misses_issue"))
    }

    pub fn forbids(&mut self, permission: &str, project: &str, email: &str) -> bool {
        let about = |r: &Rule| {
            names(&r.value).any(|n| n == permission)
                && r.options.get("project").and_then(Value::as_str).is_none_or(|p| p == project)
                && r.options.get("user").and_then(Value::as_str).is_none_or(|u| email.starts_with(u))
        };
        self.holding("forbid", about).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(operation: &str) -> std::sync::Arc<Call> {
        Call::new(operation.to_owned(), None, None)
    }

    fn read(body: &Value) -> Faults {
        Faults::read(body).expect("readable")
    }

    #[test]
    fn rules_are_limited_by_operation_and_times() {
        let mut faults =
            read(&json!({"fail_after_effect": {"status": 502, "operation": "POST /issue", "times": 2}}));
        assert!(faults.strikes("fail_after_effect", &call("PUT /rest/api/3/issue/{issueIdOrKey}")).is_none());
        for _ in 0..2 {
            let rule = faults.strikes("fail_after_effect", &call("POST /rest/api/3/issue")).expect("strikes");
            assert_eq!(rule.status(500), Status::Number(502));
        }
        assert!(faults.strikes("fail_after_effect", &call("POST /rest/api/3/issue")).is_none());
    }

    #[test]
    fn a_share_is_seeded_for_all_or_for_one() {
        let series = |body: &Value| {
            let mut f = read(body);
            (0..40).map(|_| f.strikes("fail_before_effect", &call("GET /x")).is_some()).collect::<Vec<_>>()
        };
        let seeds = [
            json!({"seed": 5, "fail_before_effect": {"status": 500, "share": 0.5}}),
            json!({"seed": 6, "fail_before_effect": {"status": 500, "share": 0.5}}),
            json!({"fail_before_effect": {"status": 500, "probability": 0.5, "seed": 7}}),
        ];
        let all: Vec<Vec<bool>> = seeds.iter().map(series).collect();
        assert_eq!(all, seeds.iter().map(series).collect::<Vec<_>>());
        assert!(all[0] != all[1] && all[1] != all[2]);
        for one in &all {
            let hits = one.iter().filter(|h| **h).count();
            assert!((8..33).contains(&hits), "{hits} of 40");
        }
    }

    #[tokio::test]
    async fn a_call_meets_a_counted_rule_once_and_what_is_no_call_never() {
        let mut faults = read(&json!({"forbid": {"permissions": ["ADD_COMMENTS"], "times": 1}}));
        let forbids = |faults: &mut Faults| faults.forbids("ADD_COMMENTS", "SUP", "ana@acme.example");
        assert!(!forbids(&mut faults));
        let one = Call::new("GET /x".to_owned(), None, None);
        call::during(one.clone(), async {
            assert!(!faults.forbids("EDIT_ISSUES", "SUP", "ana@acme.example"), "another permission");
            assert!(forbids(&mut faults) && forbids(&mut faults));
            assert!(!call::aside(|| forbids(&mut faults)));
        })
        .await;
        let two = Call::new("GET /x".to_owned(), None, None);
        call::during(two, async { assert!(!forbids(&mut faults)) }).await;
    }

    #[test]
    fn a_deed_waits_where_it_names_an_operation() {
        let mut faults = read(&json!({"delete_issue": [{"issue": "SUP-1"},
            {"issue": "SUP-2", "operation": "PUT /issue/{}", "on_issue": "SUP-3"}]}));
        let operation = "PUT /rest/api/3/issue/{issueIdOrKey}";
        assert!(faults.strikes("delete_issue", &call(operation)).is_none());
        let issue = Some(("SUP-3".to_owned(), "10003".to_owned()));
        let put = Call::new(operation.to_owned(), issue, None);
        assert_eq!(faults.strikes("delete_issue", &put).expect("strikes").value["issue"], "SUP-2");
        assert!(faults.strikes("delete_issue", &put).is_none(), "once");
    }

    #[test]
    fn every_switch_and_deed_is_explained() {
        let explained = |name: &&&str| include_str!("faults.md").contains(&format!("| `{name}` | "));
        let silent: Vec<_> = SWITCHES.iter().chain(DEEDS).filter(|name| !explained(name)).collect();
        assert!(silent.is_empty(), "{silent:?}");
    }

    #[test]
    fn unknown_switches_are_named_and_writes_are_known() {
        assert!(Faults::read(&json!({"sleepy": 1})).expect_err("refused").to_string().contains("'sleepy'"));
        assert!(writes("POST /rest/api/2/issue/{issueIdOrKey}/comment"));
        assert!(!writes("POST /rest/api/3/search/jql"));
        assert!(!writes("GET /rest/api/3/issue/{issueIdOrKey}"));
        assert!(downloads("GET /rest/api/3/attachment/content/{id}"));
        assert!(!downloads("GET /rest/api/3/attachment/{id}"));
    }
}
