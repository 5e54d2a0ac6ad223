//! What an answer of Jira means: the verdict for a read, and the stricter one for a write.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use twinline_model::asked::AskedField;
use twinline_model::json;
use twinline_model::text::clean_line;

use super::asked::{Refusal, unknown};
use super::time::http_date_ms;
use crate::error::{NotApplied, ReadError, WriteError};

/// Jira itself nests a text about this deep at most; deeper would only be an attack on our stack.
const DEEPEST_JSON: usize = 600;

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Option<Value>,
    looks_like_html: bool,
    is_empty: bool,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, bytes: Vec<u8>) -> Self {
        let content_type = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let looks_like_html = content_type.contains("html") || bytes.trim_ascii_start().starts_with(b"<");
        Self {
            status,
            body: decode(&bytes),
            looks_like_html,
            is_empty: bytes.trim_ascii().is_empty(),
            headers,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The tracker's clock when it answered.
    pub(crate) fn date_ms(&self) -> Option<i64> {
        self.header("date").and_then(http_date_ms)
    }

    /// The account that Jira saw; its ids hold colons, which travel encoded.
    pub(crate) fn account(&self) -> Option<String> {
        let raw = self.header("x-aaccountid")?.trim();
        let query = format!("a={raw}");
        let decoded = url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, v)| v.into_owned());
        decoded.filter(|account| !account.is_empty() && account != "anonymous")
    }

    pub(crate) fn json(&self) -> Result<&Value, ReadError> {
        match &self.body {
            Some(body) => Ok(body),
            None if self.looks_like_html => {
                Err(ReadError::Unreachable("a web page instead of data".to_owned()))
            }
            None => Err(ReadError::Odd("an answer that is no JSON".to_owned())),
        }
    }

    /// The data of a write that took effect; without it nobody knows what stands there now.
    pub(crate) fn json_of_write(&self) -> Result<&Value, WriteError> {
        self.body
            .as_ref()
            .ok_or_else(|| WriteError::Unknown("applied, but its answer cannot be read".to_owned()))
    }

    /// An error as Jira writes it, and no proxy does.
    pub(crate) fn is_jira_shaped(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body["errorMessages"].is_array() || body["errors"].is_object())
    }

    /// The gateway accepts the token, and not for this: `{"code":401,"message":"Unauthorized; scope does not match"}`.
    fn lacks_scope(&self) -> bool {
        let says = |body: &Value| body["message"].as_str().is_some_and(|words| words.contains("scope"));
        self.body.as_ref().is_some_and(says)
    }

    /// `errorMessages`, then `errors` as `field: words`.
    fn words(&self) -> String {
        let Some(body) = &self.body else { return format!("status {}", self.status.as_u16()) };
        let mut words: Vec<String> = strings(&body["errorMessages"]);
        for (field, text) in body["errors"].as_object().into_iter().flatten() {
            words.push(format!("{field}: {}", text.as_str().unwrap_or_default()));
        }
        if words.is_empty() {
            words.extend(body["message"].as_str().or(body["errorMessage"].as_str()).map(str::to_owned));
        }
        let words = clean_line(&words.join(" "), 200);
        if words.is_empty() { format!("status {}", self.status.as_u16()) } else { words }
    }

    /// What `errors` says of each field.
    pub(crate) fn errors(&self) -> Refusal {
        let errors = self.body.iter().flat_map(|body| body["errors"].as_object().into_iter().flatten());
        errors
            .map(|(field, text)| (field.clone(), clean_line(text.as_str().unwrap_or_default(), 200)))
            .collect()
    }

    /// The fields that `errors` calls required.
    fn required_fields(&self) -> Vec<AskedField> {
        let errors = self.errors();
        errors.iter().filter(|(_, words)| demanded(words).is_some()).map(|(id, w)| unknown(id, w)).collect()
    }
}

/// The name of the field that Jira's words call required.
pub(crate) fn demanded(words: &str) -> Option<String> {
    let at = words.to_ascii_lowercase().find(" is required")?;
    let name = clean_line(&words[..at], 100);
    (!name.is_empty()).then_some(name)
}

/// The verdict for a read.
pub(crate) fn read(answer: &Answer) -> Result<(), ReadError> {
    let status = answer.status;
    if status.is_success() {
        return Ok(());
    }
    let from_between =
        || ReadError::Unreachable(format!("status {} from something in between", status.as_u16()));
    // Atlassian's own page of a site under maintenance is HTML as well, with 503. Any other page of that kind may be a
    // proxy's that does not reach the site.
    if status.is_server_error() && (!answer.looks_like_html || status.as_u16() == 503) {
        return Err(ReadError::Unavailable(format!("status {}", status.as_u16())));
    }
    if answer.looks_like_html || status.is_redirection() {
        return Err(from_between());
    }
    Err(match status.as_u16() {
        401 if answer.lacks_scope() => ReadError::Forbidden(answer.words()),
        401 => ReadError::SignIn,
        408 => ReadError::Unreachable("status 408".to_owned()),
        _ if answer.body.as_ref().is_none_or(|body| !body.is_object()) => from_between(),
        403 => ReadError::Forbidden(answer.words()),
        404 => ReadError::NotFound,
        400..=499 => ReadError::Refused(answer.words()),
        other => ReadError::Odd(format!("status {other}")),
    })
}

/// The verdict for a write: only what Jira itself refused is known to have had no effect.
pub(crate) fn write(answer: &Answer) -> Result<(), WriteError> {
    let status = answer.status.as_u16();
    if answer.status.is_success() {
        // A proxy's page of status 200 proves nothing.
        return match answer.body.is_some() || answer.is_empty {
            true => Ok(()),
            false => Err(WriteError::Unknown("an answer that cannot be read".to_owned())),
        };
    }
    if status == 413 {
        return Err(NotApplied::TooLarge.into());
    }
    let gateway_401 = || {
        answer.body.as_ref().is_some_and(|body| {
            body["message"].is_string() && (body["status-code"].is_number() || body["code"].is_number())
        })
    };
    let verdict = match status {
        401 if answer.lacks_scope() => NotApplied::Forbidden(answer.words()),
        401 if answer.is_jira_shaped() || gateway_401() => NotApplied::SignIn,
        400 | 403 | 404 | 415 | 422 if answer.is_jira_shaped() => match status {
            403 => NotApplied::Forbidden(answer.words()),
            404 => NotApplied::NotFound,
            _ => match answer.required_fields() {
                fields if status == 400 && !fields.is_empty() => NotApplied::RequiredFields { fields },
                _ => NotApplied::Refused(answer.words()),
            },
        },
        _ => return Err(WriteError::Unknown(format!("status {status}"))),
    };
    Err(verdict.into())
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// serde_json stops at 128 levels, and a list in a list in a list of an issue is deeper.
fn decode(bytes: &[u8]) -> Option<Value> {
    if json::levels(bytes) > DEEPEST_JSON {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    deserializer.disable_recursion_limit();
    let value = Value::deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", content_type.parse().expect("a header"));
        Answer::new(StatusCode::from_u16(status).expect("a status"), headers, body.as_bytes().to_vec())
    }

    const JSON: &str = "application/json";

    #[test]
    fn j37_only_jira_itself_can_say_not_applied() {
        let shaped = r#"{"errorMessages":["No."],"errors":{}}"#;
        for status in [400, 401, 403, 404, 413, 415, 422] {
            assert!(
                matches!(write(&answer(status, JSON, shaped)), Err(WriteError::NotApplied(_))),
                "{status}"
            );
        }
        for status in [301, 303, 402, 405, 407, 408, 409, 410, 500, 502, 503, 504, 520] {
            assert!(matches!(write(&answer(status, JSON, shaped)), Err(WriteError::Unknown(_))), "{status}");
        }
        for (kind, body) in [
            ("text/html", "<html>No</html>"),
            (JSON, r#"{"errorMessages":["No."#),
            (JSON, r#"{"message":"Forbidden"}"#),
            (JSON, ""),
        ] {
            for status in [400, 401, 403, 404, 415, 422] {
                assert!(
                    matches!(write(&answer(status, kind, body)), Err(WriteError::Unknown(_))),
                    "{status} {body}"
                );
            }
        }
        assert!(matches!(write(&answer(200, "text/html", "<html>")), Err(WriteError::Unknown(_))));
        assert!(matches!(write(&answer(201, JSON, r#"{"id":"#)), Err(WriteError::Unknown(_))));
        assert_eq!(write(&answer(204, JSON, "")), Ok(()));
    }

    #[test]
    fn f40_a_proxys_page_is_never_a_verdict() {
        for status in [400, 401, 403, 404, 410, 500, 502, 504] {
            let verdict = read(&answer(status, "text/html", "<h1>no</h1>"));
            assert!(matches!(verdict, Err(ReadError::Unreachable(_))), "{status}");
        }
        assert!(matches!(read(&answer(302, JSON, "{}")), Err(ReadError::Unreachable(_))));
        assert!(matches!(read(&answer(403, JSON, "Denied")), Err(ReadError::Unreachable(_))));
        assert_eq!(read(&answer(401, JSON, r#"{"message":"x","status-code":401}"#)), Err(ReadError::SignIn));
    }

    #[test]
    fn f78_a_site_that_does_not_work_says_so_of_itself() {
        let says_so = |status, kind, body| {
            let verdict = read(&answer(status, kind, body));
            assert!(matches!(verdict, Err(ReadError::Unavailable(_))), "{status} {body}");
        };
        for status in [500, 502, 503, 504] {
            says_so(status, JSON, r#"{"errorMessages":["Later."]}"#);
        }
        says_so(503, "text/html", "<h1>Maintenance</h1>");
    }

    #[test]
    fn j03_f50_a_token_without_the_scope_has_not_expired() {
        let body = r#"{"code":401,"message":"Unauthorized; scope does not match"}"#;
        let words = "Unauthorized; scope does not match".to_owned();
        assert_eq!(read(&answer(401, JSON, body)), Err(ReadError::Forbidden(words.clone())));
        assert_eq!(write(&answer(401, JSON, body)), Err(NotApplied::Forbidden(words).into()));
        let expired = r#"{"code":401,"message":"Unauthorized"}"#;
        assert_eq!(write(&answer(401, JSON, expired)), Err(NotApplied::SignIn.into()));
    }

    #[test]
    fn f56_required_fields_are_named() {
        let body = r#"{"errorMessages":[],"errors":{"customfield_10050":"Team is required.","labels":"Labels is required."}}"#;
        let Err(WriteError::NotApplied(NotApplied::RequiredFields { fields })) =
            write(&answer(400, JSON, body))
        else {
            panic!("not named");
        };
        let named: Vec<_> = fields.iter().map(|f| (f.id.as_str(), f.name.as_str())).collect();
        assert_eq!(named, [("customfield_10050", "Team"), ("labels", "Labels")]);
        let other = r#"{"errorMessages":["Bad."],"errors":{"summary":"Too long."}}"#;
        let words = "Bad. summary: Too long.".to_owned();
        assert_eq!(write(&answer(400, JSON, other)), Err(NotApplied::Refused(words).into()));
    }

    #[test]
    fn deep_json_is_read_and_absurd_json_is_not() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(decode(nested(400).as_bytes()).is_some());
        assert!(decode(nested(100_000).as_bytes()).is_none());
        assert!(decode(br#"{"a":"[[[\"[["}"#).is_some());
    }

    #[test]
    fn an_account_id_travels_encoded() {
        let mut headers = HeaderMap::new();
        headers.insert("x-aaccountid", "712020%3Aabc".parse().expect("a header"));
        let shown = Answer::new(StatusCode::OK, headers, b"{}".to_vec());
        assert_eq!(shown.account().as_deref(), Some("712020:abc"));
    }
}
