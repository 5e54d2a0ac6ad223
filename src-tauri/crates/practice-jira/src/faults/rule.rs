//! One rule: a switch with its limits.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};

use crate::call::Call;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Switches whose `issue` says what they act on, not which calls they strike.
const ABOUT_ISSUES: [&str; 3] = ["hide_issue", "index_misses_issue", "search_lag_ms"];

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// Never given twice, so that a call under way does not take a new rule for an old one.
    pub id: u64,
    pub kind: String,
    pub value: Value,
    pub options: Map<String, Value>,
    pub operation: Option<String>,
    pub issue: Option<String>,
    left: Option<u64>,
    share: f64,
    random: u64,
}

impl Rule {
    /// A rule from its plain value or its object with limits; `seed` is used where it has none of its own.
    pub fn read(kind: &str, given: &Value, seed: u64) -> Self {
        let options = given.as_object().cloned().unwrap_or_default();
        let value = match given {
            Value::Object(map) => {
                names_of_value(kind).iter().find_map(|k| map.get(*k).cloned()).unwrap_or(Value::Bool(true))
            }
            plain => plain.clone(),
        };
        let text = |key: &str| options.get(key).and_then(Value::as_str).map(str::to_owned);
        let share = ["share", "probability"].iter().find_map(|k| options.get(*k).and_then(Value::as_f64));
        let seed = options.get("seed").and_then(Value::as_u64).unwrap_or(seed);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            kind: kind.to_owned(),
            value,
            operation: text("operation"),
            issue: text("issue").filter(|_| !ABOUT_ISSUES.contains(&kind)),
            left: options.get("times").and_then(Value::as_u64),
            share: share.unwrap_or(1.0),
            // Neighbouring seeds must not give neighbouring series.
            random: (seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03) | 1,
            options,
        }
    }

    pub fn number(&self) -> u64 {
        self.value.as_u64().unwrap_or(0)
    }

    pub fn option_u64(&self, key: &str) -> Option<u64> {
        self.options.get(key).and_then(Value::as_u64)
    }

    /// The status of the answer: `status`, or the value where it is a number; 0 resets the connection.
    pub fn status(&self, default: u64) -> Status {
        let given = self.options.get("status").unwrap_or(&self.value);
        match given.as_str() {
            Some("hang") => Status::Hang,
            _ => Status::Number(given.as_u64().unwrap_or(default)),
        }
    }

    /// Whether the rule's value or `issue` names this issue.
    pub fn names_issue(&self, id: i64, key: &str) -> bool {
        let id = id.to_string();
        let listed = names(&self.value).chain(self.options.get("issue").and_then(Value::as_str));
        listed.into_iter().any(|n| n == id || n.eq_ignore_ascii_case(key))
    }

    /// Whether it strikes some calls only, out of those it fits.
    pub fn counts(&self) -> bool {
        self.left.is_some() || self.share < 1.0
    }

    /// Whether it is limited at all.
    pub fn limited(&self) -> bool {
        self.counts() || self.operation.is_some() || self.issue.is_some()
    }

    /// Throws the dice; its count goes down when it strikes.
    pub fn strike(&mut self) -> bool {
        if self.left == Some(0) || (self.share < 1.0 && self.dice() >= self.share) {
            return false;
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        true
    }

    /// A number of the rule's own series, at least 0 and below 1.
    pub fn dice(&mut self) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        share
    }

    /// The next number of the rule's own series.
    pub fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    pub fn fits(&self, call: &Call) -> bool {
        if let Some(wanted) = &self.operation {
            let known = !call.operation.is_empty();
            let fits = match wanted.as_str() {
                "*" => true,
                "writes" => known && writes(&call.operation),
                "reads" => known && !writes(&call.operation),
                one => known && plain(one) == plain(&call.operation),
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

/// What a struck call is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Number(u64),
    /// No answer ever: the client gives up by itself.
    Hang,
}

/// Under which names the value may stand in an object, the first that is there counts.
fn names_of_value(kind: &str) -> &'static [&'static str] {
    match kind {
        "search_lag_ms" | "late_effect_ms" | "page_token_ttl_ms" | "delay_ms" => &["value", "ms"],
        "fail_before_effect" | "fail_after_effect" | "html_error" | "maintenance" => &["value", "status"],
        "rate_limit_reason" => &["value", "reason"],
        "forbid" => &["value", "permissions", "permission"],
        "hide_issue" | "index_misses_issue" => &["value", "issues", "issue"],
        "drop_connection_at_byte"
        | "truncated_body"
        | "upload_truncated"
        | "upload_cut_at_byte"
        | "download_truncated" => &["value", "bytes"],
        "automation" => &["value", "text"],
        _ => &["value"],
    }
}

/// The texts of a value that is one or a list.
pub(super) fn names(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().map_or(&[][..], Vec::as_slice);
    many.iter().chain(std::iter::once(value)).filter_map(Value::as_str)
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

/// Whether an operation answers with the bytes of an attachment.
pub(crate) fn downloads(operation: &str) -> bool {
    matches!(plain(operation).as_str(), "GET file/{}/binary" | "GET attachment/content/{}")
}
