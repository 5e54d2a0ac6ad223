//! Small helpers to take an answer of Jira apart.

use serde_json::Value;

use crate::ReadError;

/// The text, or nothing.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// An id, which Jira writes as text here and as a number there.
pub(crate) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A number that may be written as text.
pub(crate) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A list that has to be there.
pub(crate) fn list<'a>(body: &'a Value, name: &str) -> Result<&'a [Value], ReadError> {
    body[name]
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| ReadError::Odd(format!("an answer without {name}")))
}
