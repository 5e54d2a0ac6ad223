//! What is known to differ from the description, and why.

use std::cell::Cell;

use serde::Deserialize;
use serde_json::Value;

use crate::{Error, Violation};

/// More would mean that the description is not what we hold ourselves to.
const AT_MOST: usize = 10;

/// The deliberate exceptions, and which of them were needed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exceptions {
    /// Formats that are written in another way than the description's word means.
    pub formats: Vec<Format>,
    /// Schemas of the description that contradict themselves.
    #[serde(default)]
    pub repairs: Vec<Repair>,
    /// Rules that do not hold.
    pub rules: Vec<Exception>,
}

/// A format that Jira writes in its own way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// The word of the description, such as `date-time`.
    pub format: String,
    /// How it is really written, in the manner of `strftime`.
    pub written: String,
    /// Why, with the source.
    pub reason: String,
}

/// A schema that is read without one of its keywords.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    /// Its name among the components.
    pub schema: String,
    /// The keyword.
    pub without: String,
    /// Why.
    pub reason: String,
}

/// A rule that does not hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The operation, such as `GET /rest/api/3/myself`; none: all.
    #[serde(default)]
    pub operation: Option<String>,
    /// The rule as [`Violation::rule`] names it; `*` stands for one part between slashes.
    pub rule: String,
    /// How what the library says has to begin; none: whatever it says.
    #[serde(default)]
    pub said: Option<String>,
    /// Why, with the source.
    pub reason: String,
    #[serde(skip)]
    used: Cell<usize>,
}

impl Exceptions {
    /// Those in `exceptions.json`.
    pub fn of_this_house() -> Result<Self, Error> {
        Self::parse(include_str!("../exceptions.json"))
    }

    /// Reads them; too many, or one without a reason, are an error.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |what: String| Error::Content("exceptions.json".to_owned(), what);
        let all: Self = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if all.count() > AT_MOST {
            return Err(wrong(format!("{} exceptions are more than {AT_MOST}", all.count())));
        }
        let formats = all.formats.iter().map(|f| &f.reason);
        let repairs = all.repairs.iter().map(|r| &r.reason);
        let mut reasons = formats.chain(repairs).chain(all.rules.iter().map(|r| &r.reason));
        if reasons.any(|reason| reason.trim().is_empty()) {
            return Err(wrong("each exception needs a reason".to_owned()));
        }
        Ok(all)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.formats.len() + self.repairs.len() + self.rules.len()
    }

    /// The description without what contradicts itself; a repair that repairs nothing is an error.
    pub(crate) fn repaired(&self, document: &Value) -> Result<Value, String> {
        let mut document = document.clone();
        for Repair { schema, without, .. } in &self.repairs {
            let found = document["components"]["schemas"][schema].as_object_mut();
            if found.and_then(|found| found.remove(without)).is_none() {
                return Err(format!("the schema {schema} has no {without} that could be left out"));
            }
        }
        Ok(document)
    }

    /// Whether one of them speaks of this; it counts as needed from then on.
    pub(crate) fn allow(&self, violation: &Violation) -> bool {
        let found = self.rules.iter().find(|one| one.speaks_of(violation));
        if let Some(one) = found {
            one.used.set(one.used.get() + 1);
        }
        found.is_some()
    }

    /// Rules that no violation needed.
    pub fn unused(&self) -> Vec<&str> {
        self.rules.iter().filter(|one| one.used.get() == 0).map(|one| one.rule.as_str()).collect()
    }
}

impl Exception {
    fn speaks_of(&self, violation: &Violation) -> bool {
        let here = self.operation.as_ref().is_none_or(|operation| *operation == violation.operation)
            && self.said.as_ref().is_none_or(|said| violation.said.starts_with(said));
        let (wanted, found) = (self.rule.split('/'), violation.rule.split('/'));
        here && wanted.clone().count() == found.clone().count()
            && wanted.zip(found).all(|(wanted, found)| wanted == "*" || wanted == found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(operation: &str, rule: &str) -> Violation {
        Violation {
            operation: operation.to_owned(),
            side: "answer",
            place: "/a".to_owned(),
            rule: rule.to_owned(),
            said: "no".to_owned(),
        }
    }

    #[test]
    fn an_exception_speaks_of_its_rule_alone_and_is_told_when_nothing_needs_it() {
        let all = Exceptions::parse(
            r#"{"formats": [], "rules": [
                {"rule": "ChangeDetails/properties/*/type", "reason": "r"},
                {"operation": "GET /a", "rule": "status/404", "reason": "r"}]}"#,
        );
        let all = all.expect("readable");
        assert!(all.allow(&violation("GET /b", "ChangeDetails/properties/from/type")));
        assert!(!all.allow(&violation("GET /b", "ChangeDetails/properties/from/enum")));
        assert!(!all.allow(&violation("GET /b", "ChangeDetails/properties/from/items/type")));
        assert!(!all.allow(&violation("GET /b", "status/404")));
        assert_eq!(all.unused(), ["status/404"]);
        assert!(all.allow(&violation("GET /a", "status/404")));
        assert!(all.unused().is_empty());
    }

    #[test]
    fn a_repair_leaves_a_keyword_out_and_is_told_when_there_is_none() {
        let text =
            r#"{"formats": [], "rules": [], "repairs": [{"schema": "A", "without": "b", "reason": "r"}]}"#;
        let all = Exceptions::parse(text).expect("readable");
        let document = |schema: Value| serde_json::json!({"components": {"schemas": {"A": schema}}});
        let with = document(serde_json::json!({"b": false, "c": 1}));
        assert_eq!(all.repaired(&with), Ok(document(serde_json::json!({"c": 1}))));
        assert!(all.repaired(&document(serde_json::json!({"c": 1}))).is_err());
        assert!(all.repaired(&serde_json::json!({"components": {"schemas": {}}})).is_err());
    }

    #[test]
    fn an_exception_without_a_reason_or_the_eleventh_is_refused() {
        let rules = |n: usize, reason: &str| {
            let one = format!(r#"{{"rule": "a", "reason": "{reason}"}}"#);
            Exceptions::parse(&format!(r#"{{"formats": [], "rules": [{}]}}"#, vec![one; n].join(",")))
        };
        assert!(rules(10, "because").is_ok());
        assert!(rules(11, "because").is_err());
        assert!(rules(1, " ").is_err());
    }
}
