//! The switches of `PUT /practice/faults`: what they are and when one strikes.

use serde_json::{Map, Value};

use crate::error::Error;

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
    "late_effect_ms",
    "fail_before_effect",
    "fail_after_effect",
    "drop_connection_at_byte",
    "page_token_ttl_ms",
    "expired_token",
    "rate_limit_reason",
    "html_error",
    "truncated_body",
    "slow_bytes_per_s",
    "clock_skew_s",
    "forbid",
    "hide_issue",
    "normalise",
    "delay_ms",
];

/// Switches that do something once, at the moment they are put.
pub(crate) const DEEDS: &[&str] =
    &["required_field", "remove_type", "move_issue", "clone_issue", "delete_issue", "archive_project"];

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub kind: String,
    pub value: Value,
    pub options: Map<String, Value>,
    operation: Option<String>,
    issue: Option<String>,
    left: Option<u64>,
    probability: f64,
}

impl Rule {
    pub fn number(&self) -> u64 {
        self.value.as_u64().unwrap_or(0)
    }

    pub fn option_u64(&self, key: &str) -> Option<u64> {
        self.options.get(key).and_then(Value::as_u64)
    }
}

/// The call a rule is held against.
pub(crate) struct Call<'a> {
    /// `POST /rest/api/3/issue`.
    pub operation: &'a str,
    /// Key and id of the issue it is about.
    pub issue: Option<(String, String)>,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    raw: Value,
    random: u64,
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
            if kind == "seed" || DEEDS.contains(&kind.as_str()) {
                continue;
            }
            if !SWITCHES.contains(&kind.as_str()) {
                return Err(wrong(format!(
                    "There is no fault switch '{kind}'. Known: {}, {}.",
                    SWITCHES.join(", "),
                    DEEDS.join(", ")
                )));
            }
            // A list is several rules, except where the plain value is itself a list.
            let plain_list = matches!(kind.as_str(), "forbid" | "hide_issue");
            match value {
                Value::Array(list) if !plain_list || list.iter().all(Value::is_object) => {
                    rules.extend(list.iter().map(|one| rule(kind, one)));
                }
                one => rules.push(rule(kind, one)),
            }
        }
        rules.retain(|r| !matches!(r.value, Value::Null | Value::Bool(false)));
        Ok(Self { rules, raw: body.clone(), random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 })
    }

    pub fn raw(&self) -> Value {
        if self.raw.is_null() { Value::Object(Map::new()) } else { self.raw.clone() }
    }

    /// Whether a rule of this kind exists at all, whatever it is limited to.
    pub fn any_about_issues(&self) -> bool {
        self.rules.iter().any(|r| r.issue.is_some())
    }

    /// The rule of this kind that strikes this call, if one does; its count goes down.
    pub fn strikes(&mut self, kind: &str, call: &Call<'_>) -> Option<Rule> {
        for n in 0..self.rules.len() {
            let rule = &self.rules[n];
            if rule.kind != kind || rule.left == Some(0) || !rule.fits(call) {
                continue;
            }
            if rule.probability < 1.0 {
                let chance = rule.probability;
                if self.dice() >= chance {
                    continue;
                }
            }
            let rule = &mut self.rules[n];
            if let Some(left) = &mut rule.left {
                *left -= 1;
            }
            return Some(rule.clone());
        }
        None
    }

    fn dice(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        #[allow(clippy::cast_precision_loss)]
        let share = (self.random >> 11) as f64 / (1u64 << 53) as f64;
        share
    }

    fn of(&self, kind: &str) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |r| r.kind == kind)
    }

    pub fn clock_skew_ms(&self) -> i64 {
        self.of("clock_skew_s").filter_map(|r| r.value.as_i64()).sum::<i64>() * 1000
    }

    pub fn search_lag_ms(&self) -> i64 {
        self.of("search_lag_ms").filter_map(|r| r.value.as_i64()).max().unwrap_or(0)
    }

    pub fn page_token_ttl_ms(&self) -> i64 {
        self.of("page_token_ttl_ms").filter_map(|r| r.value.as_i64()).min().unwrap_or(7 * 86_400_000)
    }

    pub fn normalise(&self) -> Normalise {
        match self.of("normalise").next().and_then(|r| r.value.as_str()) {
            Some("off") => Normalise::Off,
            Some("heavy") => Normalise::Heavy,
            _ => Normalise::Light,
        }
    }

    pub fn hides(&self, id: i64, key: &str) -> bool {
        let id = id.to_string();
        self.of("hide_issue").any(|r| names(&r.value).any(|n| n == id || n.eq_ignore_ascii_case(key)))
    }

    pub fn hides_any(&self) -> bool {
        self.of("hide_issue").next().is_some()
    }

    pub fn forbids(&self, permission: &str, project: &str, email: &str) -> bool {
        self.of("forbid").any(|r| {
            names(&r.value).any(|n| n == permission)
                && r.options.get("project").and_then(Value::as_str).is_none_or(|p| p == project)
                && r.options.get("user").and_then(Value::as_str).is_none_or(|u| email.starts_with(u))
        })
    }
}

fn names(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().map_or(&[][..], Vec::as_slice);
    many.iter().chain(std::iter::once(value)).filter_map(Value::as_str)
}

fn rule(kind: &str, given: &Value) -> Rule {
    let options = given.as_object().cloned().unwrap_or_default();
    let value = match given {
        Value::Object(map) => ["value", "status", "reason", "permissions", "issues", "ms"]
            .iter()
            .find_map(|k| map.get(*k).cloned())
            .unwrap_or(Value::Bool(true)),
        plain => plain.clone(),
    };
    let text = |key: &str| options.get(key).and_then(Value::as_str).map(str::to_owned);
    let probability =
        ["probability", "share"].iter().find_map(|k| options.get(*k).and_then(Value::as_f64)).unwrap_or(1.0);
    Rule {
        kind: kind.to_owned(),
        value,
        operation: text("operation"),
        issue: text("issue"),
        left: options.get("times").and_then(Value::as_u64),
        probability,
        options,
    }
}

impl Rule {
    fn fits(&self, call: &Call<'_>) -> bool {
        if let Some(wanted) = &self.operation {
            let write = writes(call.operation);
            let fits = match wanted.as_str() {
                "*" => true,
                "writes" => write,
                "reads" => !write,
                one => plain(one) == plain(call.operation),
            };
            if !fits {
                return false;
            }
        }
        match (&self.issue, &call.issue) {
            (None, _) => true,
            (Some(wanted), Some((key, id))) => wanted.eq_ignore_ascii_case(key) || wanted == id,
            (Some(_), None) => false,
        }
    }
}

/// An operation without API prefix and without the names of its parameters.
fn plain(operation: &str) -> String {
    let (method, path) = operation.split_once(' ').unwrap_or(("", operation));
    let path = path.trim_start_matches("/rest/api/3").trim_start_matches("/rest/api/2");
    let parts: Vec<&str> = path
        .split('/')
        .filter(|p| !p.is_empty())
        .map(|p| if p.starts_with('{') { "{}" } else { p })
        .collect();
    format!("{} {}", method.to_ascii_uppercase(), parts.join("/"))
}

/// Whether an operation changes something in the tracker when it succeeds.
pub(crate) fn writes(operation: &str) -> bool {
    let plain = plain(operation);
    if plain.starts_with("GET ") {
        return false;
    }
    !matches!(
        plain.as_str(),
        "POST search/jql"
            | "POST search/approximate-count"
            | "POST issue/bulkfetch"
            | "POST comment/list"
            | "POST permissions/check"
            | "POST changelog/bulkfetch"
            | "POST jql/parse"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(operation: &str) -> Call<'_> {
        Call { operation, issue: None }
    }

    #[test]
    fn rules_are_limited_by_operation_and_times() {
        let rules = json!({"fail_after_effect": {"status": 502, "operation": "POST /issue", "times": 2}});
        let mut faults = Faults::read(&rules).expect("readable");
        assert!(faults.strikes("fail_after_effect", &call("PUT /rest/api/3/issue/{issueIdOrKey}")).is_none());
        for _ in 0..2 {
            let rule = faults.strikes("fail_after_effect", &call("POST /rest/api/3/issue")).expect("strikes");
            assert_eq!(rule.number(), 502);
        }
        assert!(faults.strikes("fail_after_effect", &call("POST /rest/api/3/issue")).is_none());
    }

    #[test]
    fn a_share_is_seeded() {
        let body = json!({"seed": 5, "fail_before_effect": {"status": 500, "share": 0.5}});
        let series = || {
            let mut f = Faults::read(&body).expect("readable");
            (0..40).map(|_| f.strikes("fail_before_effect", &call("GET /x")).is_some()).collect::<Vec<_>>()
        };
        let one = series();
        assert_eq!(one, series());
        let hits = one.iter().filter(|h| **h).count();
        assert!((8..33).contains(&hits), "{hits} of 40");
    }

    #[test]
    fn unknown_switches_are_named_and_writes_are_known() {
        assert!(Faults::read(&json!({"sleepy": 1})).expect_err("refused").to_string().contains("'sleepy'"));
        assert!(writes("POST /rest/api/2/issue/{issueIdOrKey}/comment"));
        assert!(!writes("POST /rest/api/3/search/jql"));
        assert!(!writes("GET /rest/api/3/issue/{issueIdOrKey}"));
    }
}
