//! What every call of the Jira API passes: sign-in, limits, faults, counting.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::api::GATEWAY;
use crate::call::{Call, during};
use crate::db;
use crate::deeds;
use crate::error::ApiError;
use crate::faults::{DEEDS, Rule, writes};
use crate::limits::{Left, Refused};
use crate::spoil::{failure, html, maintenance, spoil};
use crate::state::{Site, User, lock};
use crate::wire::Wire;

/// The person a call is made by.
#[derive(Clone)]
pub(crate) struct Caller(pub User);

enum SignIn {
    Anonymous,
    Wrong,
    Expired,
    Known(User),
}

fn sign_in(site: &Site, headers: &HeaderMap, at_gateway: bool) -> SignIn {
    let Some(given) = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()) else {
        return SignIn::Anonymous;
    };
    let pair = given
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, coded)| STANDARD.decode(coded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((email, token)) = pair.as_deref().and_then(|p| p.split_once(':')) else { return SignIn::Wrong };
    let Some(user) = site.all_users().into_iter().find(|u| u.email.eq_ignore_ascii_case(email)) else {
        return SignIn::Wrong;
    };
    if user.token.as_deref().unwrap_or(&site.token) != token {
        return SignIn::Wrong;
    }
    if user.scoped != at_gateway {
        return SignIn::Wrong;
    }
    if user.expired { SignIn::Expired } else { SignIn::Known(user) }
}

/// What the path says after `/NAME/`, if the operation has a parameter there.
fn segment<'a>(template: &str, path: &'a str, parameter: &str) -> Option<&'a str> {
    let at = template.split('/').position(|part| part == parameter)?;
    path.split('/').nth(at)
}

/// Key and id of the issue a call is about, where a rule wants to know.
fn issue_of(site: &Site, template: &str, path: &str) -> Option<(String, String)> {
    if !lock(&site.faults).any_about_issues() {
        return None;
    }
    let number = |parameter: &str| segment(template, path, parameter)?.parse::<i64>().ok();
    let found = site.read(|conn| {
        if let Some(named) = segment(template, path, "{issueIdOrKey}") {
            return db::issue(conn, named);
        }
        let owner = if let Some(id) = number("{commentId}") {
            db::comment(conn, id)?.map(|c| c.issue_id)
        } else if template.contains("/attachment/") {
            number("{id}").map(|id| db::attachment(conn, id)).transpose()?.flatten().map(|a| a.issue_id)
        } else {
            None
        };
        owner.map_or(Ok(None), |id| db::issue_by_id(conn, id))
    });
    found.ok().flatten().map(|i| (i.key, i.id.to_string()))
}

pub(crate) async fn gate(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let template = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    // The router strips its own prefix from the path, but not from the template.
    let path = request
        .extensions()
        .get::<axum::extract::OriginalUri>()
        .map_or_else(|| request.uri().path().to_owned(), |uri| uri.path().to_owned());
    // The same operations, whichever way they are called.
    let beyond =
        |path: &str| Some(format!("/rest/api/{}", path.strip_prefix(GATEWAY)?.split_once("/rest/api/")?.1));
    let at_gateway = path.starts_with(GATEWAY);
    let (template, path) = (beyond(&template).unwrap_or(template), beyond(&path).unwrap_or(path));
    let operation =
        format!("{} {}", request.method(), if template.is_empty() { "unknown" } else { &template });
    let issue = issue_of(&site, &template, &path);
    let wire = request.extensions().get::<ConnectInfo<Wire>>().map(|c| c.0.clone());
    let call = Call::new(operation, issue, wire);
    let written = segment(&template, &path, "{issueIdOrKey}").filter(|_| writes(&call.operation));
    let written = written.map(str::to_owned);
    if let Some(response) = led_away(&site, &call, &request) {
        site.count(&call.operation, response.status().as_u16(), false);
        return stamped(&site, None, response);
    }
    let who = sign_in(&site, request.headers(), at_gateway);
    during(call.clone(), pass(site, call, who, written, request, next)).await
}

/// The answer to whoever calls a renamed site by its old name, whoever that is.
fn led_away(site: &Site, call: &Call, request: &Request) -> Option<Response> {
    let by = request.headers().get(header::HOST)?.to_str().ok()?.to_owned();
    let is_new =
        |rule: &Rule| rule.value.as_str().and_then(|new| new.split_once("://")).is_some_and(|n| n.1 == by);
    let rule = lock(&site.faults).strikes_if("renamed", call, |rule| !is_new(rule))?;
    if rule.options.get("gone") == Some(&Value::Bool(true)) {
        return Some(html(404));
    }
    let uri = request.extensions().get::<axum::extract::OriginalUri>().map_or(request.uri(), |uri| &uri.0);
    let rest = uri.path_and_query().map_or("/", |rest| rest.as_str());
    let there = HeaderValue::from_str(&format!("{}{rest}", rule.value.as_str()?)).ok()?;
    Some((StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, there)]).into_response())
}

async fn pass(
    site: Arc<Site>,
    call: Arc<Call>,
    who: SignIn,
    written: Option<String>,
    mut request: Request,
    next: Next,
) -> Response {
    let latency = site.latency_ms.load(Ordering::Relaxed);
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let counted = |response: Response| {
        site.count(&call.operation, response.status().as_u16(), false);
        response
    };
    let user = match who {
        SignIn::Known(user) => Some(user),
        SignIn::Anonymous if call.operation.ends_with("/serverInfo") => None,
        SignIn::Expired | SignIn::Anonymous | SignIn::Wrong => {
            return stamped(&site, None, counted(ApiError::unauthorized().into_response()));
        }
    };
    let expired = lock(&site.faults).strikes("expired_token", &call);
    if let Some(rule) = expired {
        let response = match rule.value.as_str() {
            Some("empty_200") => empty(&call.operation),
            _ => ApiError::unauthorized().into_response(),
        };
        // Whoever has no valid sign-in is nobody: the answer names no account.
        return stamped(&site, None, counted(response));
    }
    let left = match site.limits.admit(&call.operation, written.as_deref()) {
        Ok(left) => left,
        Err(refused) => return stamped(&site, user.as_ref(), counted(too_many(&site, &refused))),
    };
    let limited = lock(&site.faults).strikes("rate_limit_reason", &call);
    if let Some(rule) = limited {
        let reason = rule.value.as_str().unwrap_or("jira-burst-based").to_owned();
        let refused = Refused { reason, retry_after: retry_after(&site, &rule, Some(2)), limit: 100 };
        return stamped(&site, user.as_ref(), counted(too_many(&site, &refused)));
    }
    if let Some(response) = before(&site, &call).await {
        return stamped(&site, user.as_ref(), counted(response));
    }
    if let Some(user) = &user {
        request.extensions_mut().insert(Caller(user.clone()));
    }
    let late =
        if writes(&call.operation) { lock(&site.faults).strikes("late_effect_ms", &call) } else { None };
    if let Some(rule) = late {
        let response = land_later(site.clone(), call, rule, request, next).await;
        return stamped(&site, user.as_ref(), response);
    }
    let response = next.run(request).await;
    let status = response.status();
    site.count(&call.operation, status.as_u16(), status.is_success() && writes(&call.operation));
    deeds_around(&site, &call, true);
    let failed =
        if status.is_success() { lock(&site.faults).strikes("fail_after_effect", &call) } else { None };
    let response = match failed {
        Some(rule) => failure(&call, &rule, rule.status(500)).await,
        None => spoil(&site, &call, response).await,
    };
    stamped(&site, user.as_ref(), with_room(left, response))
}

/// As Jira does, an answer says how much is left of the limit.
fn with_room(left: Option<Left>, mut response: Response) -> Response {
    if let Some(left) = left {
        let headers = response.headers_mut();
        headers.insert("x-ratelimit-limit", left.limit.into());
        headers.insert("x-ratelimit-remaining", left.remaining.into());
        headers.insert(
            "x-ratelimit-nearlimit",
            HeaderValue::from_static(if left.is_near() { "true" } else { "false" }),
        );
    }
    response
}

/// The faults that keep a call from having an effect, for the API and for files alike.
pub(crate) async fn before(site: &Site, call: &Call) -> Option<Response> {
    let strike = |kind: &str| lock(&site.faults).strikes(kind, call);
    if let Some(rule) = strike("delay_ms") {
        tokio::time::sleep(Duration::from_millis(rule.number())).await;
    }
    if let Some(rule) = strike("maintenance") {
        return Some(maintenance(retry_after(site, &rule, None)));
    }
    if let Some(rule) = strike("html_error") {
        let status = rule.option_u64("status").or(rule.value.as_u64()).unwrap_or(503);
        return Some(html(status));
    }
    if let Some(rule) = strike("fail_before_effect") {
        return Some(failure(call, &rule, rule.status(500)).await);
    }
    deeds_around(site, call, false);
    None
}

/// Deeds that waited for such a call.
fn deeds_around(site: &Site, call: &Call, after: bool) {
    for deed in DEEDS {
        let rule = lock(&site.faults).strikes_if(deed, call, |r| (r.value["at"] == "after") == after);
        let Some(rule) = rule else { continue };
        if let Err(error) = deeds::perform(site, deed, &rule.value) {
            tracing::warn!(deed, problem = %error.messages.join(" "), "the deed could not be done");
        }
    }
}

/// What the client is told at once; what it asked for happens later.
async fn land_later(site: Arc<Site>, call: Arc<Call>, rule: Rule, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // The body must be here before the client is told that nothing came of it.
    let Ok(bytes) = axum::body::to_bytes(body, 64 << 20).await else { return html(413) };
    let answer = match rule.options.get("status") {
        Some(_) => rule.status(504),
        None => crate::faults::Status::Number(504),
    };
    let (later, wait) = (call.clone(), Duration::from_millis(rule.number()));
    let others = rule.option_u64("after_writes").unwrap_or(0) + site.writes_of(&call.operation);
    let mut events = site.events();
    tokio::spawn(during(call.clone(), async move {
        while site.writes_of(&later.operation) < others {
            // The sender lives as long as the site does.
            let _ = events.changed().await;
        }
        tokio::time::sleep(wait).await;
        let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
        let wrote = response.status().is_success();
        site.count(&later.operation, response.status().as_u16(), wrote);
    }));
    failure(&call, &rule, answer).await
}

/// What Jira answers to an expired token where reading without sign-in is allowed: nothing, politely.
fn empty(operation: &str) -> Response {
    let page = json!({"startAt": 0, "maxResults": 50, "total": 0, "isLast": true, "values": []});
    match operation.replace("/rest/api/2/", "/rest/api/3/").as_str() {
        "POST /rest/api/3/search/jql" | "GET /rest/api/3/search/jql" => {
            Json(json!({"issues": [], "isLast": true})).into_response()
        }
        "GET /rest/api/3/project/search" => Json(page).into_response(),
        "GET /rest/api/3/project" => Json(json!([])).into_response(),
        "POST /rest/api/3/issue/bulkfetch" => Json(json!({"issues": [], "issueErrors": []})).into_response(),
        "POST /rest/api/3/search/approximate-count" => Json(json!({"count": 0})).into_response(),
        "POST /rest/api/3/comment/list" => Json(page).into_response(),
        "POST /rest/api/3/permissions/check" => {
            Json(json!({"globalPermissions": [], "projectPermissions": []})).into_response()
        }
        other if other.contains("/createmeta/") => ApiError::issue_not_found().into_bad().into_response(),
        other if other.starts_with("GET /rest/api/3/issue/") || other.contains("/project/") => {
            ApiError::issue_not_found().into_response()
        }
        _ => ApiError::unauthorized().into_response(),
    }
}

/// The text of `Retry-After` that a rule asks for; none: the header is left out.
fn retry_after(site: &Site, rule: &Rule, default: Option<u64>) -> Option<String> {
    let given = rule.options.get("retry_after").or(rule.options.get("retry_after_s"));
    match given {
        None => default.map(|s| s.to_string()),
        Some(Value::Null) => None,
        Some(Value::String(text)) if text == "none" => None,
        Some(Value::String(text)) => match text.strip_prefix("date:").and_then(|s| s.parse::<i64>().ok()) {
            Some(seconds) => Some(http_date(site.now_ms() + seconds * 1000)),
            None => Some(text.clone()),
        },
        Some(other) => Some(other.to_string()),
    }
}

fn http_date(ms: i64) -> String {
    let seconds = u64::try_from(ms / 1000).unwrap_or(0);
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(seconds))
}

fn too_many(site: &Site, refused: &Refused) -> Response {
    let mut error =
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded. Please wait before trying again.");
    let wait = refused.retry_after.as_deref().and_then(|s| s.parse::<i64>().ok()).unwrap_or(1);
    let reset = jiff::Timestamp::from_second(site.now_ms() / 1000 + wait).unwrap_or_default();
    if let Some(text) = &refused.retry_after {
        error.headers.push(("retry-after", text.clone()));
    }
    error.headers.push(("ratelimit-reason", refused.reason.clone()));
    error.headers.push(("x-ratelimit-limit", refused.limit.to_string()));
    error.headers.push(("x-ratelimit-remaining", "0".to_owned()));
    error.headers.push(("x-ratelimit-nearlimit", "true".to_owned()));
    error.headers.push(("x-ratelimit-reset", reset.to_string()));
    error.into_response()
}

fn stamped(site: &Site, user: Option<&User>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    if let Some(value) = user.and_then(|u| HeaderValue::from_str(&u.account_id).ok()) {
        headers.insert("x-aaccountid", value);
    }
    if let Ok(value) = HeaderValue::from_str(&http_date(site.now_ms())) {
        headers.insert(header::DATE, value);
    }
    response
}
