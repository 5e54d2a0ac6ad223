//! Recording what a site is asked and what it answers, for the contract check.
//!
//! With [`Options::record`](crate::Options::record), or the variable `PRACTICE_JIRA_RECORD`, each process writes a file
//! of its own into that folder: one JSON object per line (see [`Exchange`]). An exchange is written only if it holds
//! something new about its operation: a place that was not there before, another JSON type, another set of keys,
//! another word. So a whole run of tests leaves a few megabytes, and nothing that a schema could object to is lost.
//!
//! Only JSON bodies are kept. Documents are shown without their content (the schema of documents is another one), and
//! headers are not kept at all, so that no sign-in can be.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use axum::body::Body;
use axum::extract::{MatchedPath, OriginalUri, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use crate::state::lock;

/// The variable that names the folder where the options name none.
pub(crate) const VARIABLE: &str = "PRACTICE_JIRA_RECORD";

/// No body of the API is larger, requests and answers alike.
const LARGEST: usize = 64 << 20;

/// Places deeper than this are below any schema of the API.
const DEEPEST: usize = 16;

/// On an answer that a fault switch made or spoiled: it is not what Jira would say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spoiled;

/// One line of a recording.
#[derive(Serialize)]
struct Exchange {
    /// The operation as the site serves it, such as `GET /rest/api/3/issue/{issueIdOrKey}`; none if it has no such.
    operation: Option<String>,
    method: String,
    path: String,
    /// Names and values as they were sent, in their order.
    query: Vec<(String, String)>,
    /// The program that asked, as its `User-Agent` names it before the first slash.
    by: String,
    request_type: Option<String>,
    /// The JSON that was sent; none if it was something else, or cannot be read.
    request: Option<Value>,
    status: u16,
    answer_type: Option<String>,
    answer: Option<Value>,
    /// Whether a fault switch made or spoiled the answer.
    spoiled: bool,
}

/// The file of this process in one folder.
pub(crate) struct Recorder {
    path: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Opened with the first line, so that a process which is never asked leaves nothing.
    file: Option<File>,
    known: HashSet<u64>,
}

/// The recorder of a folder; all sites of a process share it.
pub(crate) fn recorder(folder: &Path) -> Arc<Recorder> {
    static ALL: OnceLock<Mutex<HashMap<PathBuf, Arc<Recorder>>>> = OnceLock::new();
    let mut all = lock(ALL.get_or_init(Mutex::default));
    let one = all.entry(folder.to_owned()).or_insert_with(|| {
        // A process id may come again in the course of a run.
        let unique = crate::files::uuid().unwrap_or_default();
        let name = format!("{}-{unique}.jsonl", std::process::id());
        Arc::new(Recorder { path: folder.join(name), kept: Mutex::default() })
    });
    one.clone()
}

impl Recorder {
    fn note(&self, exchange: &Exchange) {
        let mut found = Vec::new();
        facts_of(exchange, &mut found);
        let mut kept = lock(&self.kept);
        let mut new = false;
        for fact in found {
            new |= kept.known.insert(fact);
        }
        if !new {
            return;
        }
        if let Err(error) = self.append(&mut kept, exchange) {
            tracing::error!(%error, path = %self.path.display(), "the exchange cannot be recorded");
        }
    }

    /// One write per line, so that a killed process leaves at most its last line unfinished.
    fn append(&self, kept: &mut Kept, exchange: &Exchange) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(exchange)?;
        line.push(b'\n');
        if kept.file.is_none() {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            kept.file = Some(File::options().create(true).append(true).open(&self.path)?);
        }
        kept.file.as_mut().map_or(Ok(()), |file| file.write_all(&line))
    }
}

/// Around everything that answers a call.
pub(crate) async fn record(
    State(recorder): State<Arc<Recorder>>,
    mut request: Request,
    next: Next,
) -> Response {
    let uri = request.extensions().get::<OriginalUri>().map_or_else(|| request.uri(), |original| &original.0);
    let query =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let path = uri.path().to_owned();
    let method = request.method().to_string();
    let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let operation = template.map(|template| format!("{method} {template}"));
    let by = text(request.headers(), &header::USER_AGENT).unwrap_or_default();
    let by = by.split('/').next().unwrap_or_default().to_owned();
    let request_type = text(request.headers(), &header::CONTENT_TYPE);
    let mut sent = Read::Nothing;
    if is_json(request_type.as_deref()) {
        let (parts, body) = request.into_parts();
        // Whoever breaks off while sending gets no answer anyway.
        let Ok(bytes) = axum::body::to_bytes(body, LARGEST).await else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        sent = read(&bytes);
        request = Request::from_parts(parts, Body::from(bytes));
    }

    let mut response = next.run(request).await;

    let spoiled = response.extensions().get::<Spoiled>().is_some();
    let answer_type = text(response.headers(), &header::CONTENT_TYPE);
    let mut answered = Read::Nothing;
    if !spoiled && is_json(answer_type.as_deref()) {
        let (parts, body) = response.into_parts();
        let Ok(bytes) = axum::body::to_bytes(body, LARGEST).await else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        answered = read(&bytes);
        response = Response::from_parts(parts, Body::from(bytes));
    }
    if let (Some(request), Some(answer)) = (sent.shown(), answered.shown()) {
        let status = response.status().as_u16();
        recorder.note(&Exchange {
            operation,
            method,
            path,
            query,
            by,
            request_type,
            request,
            status,
            answer_type,
            answer,
            spoiled,
        });
    }
    response
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn is_json(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|t| t.split(';').next().is_some_and(|t| t.trim() == "application/json"))
}

enum Read {
    Nothing,
    Json(Value),
    /// Nested deeper than any answer of Jira: a test of ours, and nothing that a schema speaks about.
    TooDeep,
}

impl Read {
    /// What the line says; none if the exchange is not to be written.
    fn shown(self) -> Option<Option<Value>> {
        match self {
            Self::Nothing => Some(None),
            Self::Json(mut value) => {
                empty_documents(&mut value);
                Some(Some(value))
            }
            Self::TooDeep => None,
        }
    }
}

fn read(bytes: &[u8]) -> Read {
    match serde_json::from_slice(bytes) {
        Ok(value) => Read::Json(value),
        Err(error) if error.to_string().starts_with("recursion limit") => Read::TooDeep,
        Err(_) => Read::Nothing,
    }
}

/// Takes the content out of every document.
fn empty_documents(value: &mut Value) {
    match value {
        Value::Object(map) if map.get("type").is_some_and(|kind| kind == "doc") => {
            if let Some(Value::Array(content)) = map.get_mut("content") {
                content.clear();
            }
        }
        Value::Object(map) => map.values_mut().for_each(empty_documents),
        Value::Array(all) => all.iter_mut().for_each(empty_documents),
        _ => {}
    }
}

fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// What this exchange shows of its operation.
fn facts_of(exchange: &Exchange, found: &mut Vec<u64>) {
    let Exchange { operation, status, by, spoiled, request_type, answer_type, .. } = exchange;
    let base = hash((operation, &exchange.method, status, by, spoiled, request_type, answer_type));
    found.push(base);
    for (name, value) in &exchange.query {
        found.push(hash((base, "query", name, kind_of_text(value))));
    }
    for (side, body) in [("request", &exchange.request), ("answer", &exchange.answer)] {
        match body {
            Some(body) => facts(body, hash((base, side)), 0, found),
            None => found.push(hash((base, side, "nothing"))),
        }
    }
}

/// Each place of a body with what stands there; the items of a list are one place.
fn facts(value: &Value, place: u64, depth: usize, found: &mut Vec<u64>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Null => found.push(hash((place, "null"))),
        Value::Bool(_) => found.push(hash((place, "bool"))),
        Value::Number(n) => {
            let small = n.as_i64().map(|n| i32::try_from(n).is_ok());
            found.push(hash((place, "number", small, n.as_i64().map(i64::signum))));
        }
        Value::String(text) => found.push(hash((place, "string", kind_of_text(text)))),
        Value::Array(items) => {
            found.push(hash((place, "array", items.is_empty())));
            items.iter().for_each(|item| facts(item, hash((place, "item")), depth + 1, found));
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            found.push(hash((place, "object", keys)));
            map.iter().for_each(|(key, value)| facts(value, hash((place, key)), depth + 1, found));
        }
    }
}

/// A word stands for itself, as it may be one of a few that are allowed; a time for its form; the rest is text.
fn kind_of_text(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphabetic() || c == '-' || c == '_';
    if text.len() <= 24 && text.chars().all(word) {
        return text.to_owned();
    }
    if text.len() <= 40 && text.contains(':') && text.starts_with(|c: char| c.is_ascii_digit()) {
        return text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    }
    "text".to_owned()
}
