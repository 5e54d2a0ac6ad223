//! What every call of the Jira API passes: sign-in, limits, faults, counting.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use serde_json::json;

use crate::error::ApiError;
use crate::faults::{Call, Rule, writes};
use crate::limits::Refused;
use crate::state::{Site, User, lock};

/// The person a call is made by.
#[derive(Clone)]
pub(crate) struct Caller(pub User);

enum SignIn {
    Anonymous,
    Wrong,
    Expired,
    Known(User),
}

fn sign_in(site: &Site, headers: &HeaderMap) -> SignIn {
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
    if user.expired { SignIn::Expired } else { SignIn::Known(user) }
}

/// The segment after `/issue/`, if the operation has an issue there.
fn issue_segment<'a>(template: &str, path: &'a str) -> Option<&'a str> {
    if !template.contains("/issue/{issueIdOrKey}") {
        return None;
    }
    path.split("/issue/").nth(1)?.split('/').next()
}

pub(crate) async fn gate(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let template = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let operation =
        format!("{} {}", request.method(), if template.is_empty() { "unknown" } else { &template });
    let segment = issue_segment(&template, request.uri().path()).map(str::to_owned);
    let latency = site.latency_ms.load(Ordering::Relaxed);
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let user = match sign_in(&site, request.headers()) {
        SignIn::Known(user) => Some(user),
        SignIn::Anonymous if template.ends_with("/serverInfo") => None,
        SignIn::Expired | SignIn::Anonymous | SignIn::Wrong => {
            site.count(&operation, 401, false);
            return stamped(&site, None, ApiError::unauthorized().into_response());
        }
    };
    let issue = match &segment {
        Some(segment) if lock(&site.faults).any_about_issues() => site
            .read(|conn| crate::db::issue(conn, segment))
            .ok()
            .flatten()
            .map(|i| (i.key, i.id.to_string())),
        _ => None,
    };
    let call = Call { operation: &operation, issue };
    let expired = lock(&site.faults).strikes("expired_token", &call);
    if let Some(rule) = expired {
        let response = match rule.value.as_str() {
            Some("empty_200") => empty(call.operation),
            _ => ApiError::unauthorized().into_response(),
        };
        site.count(&operation, response.status().as_u16(), false);
        // Whoever has no valid sign-in is nobody: the answer names no account.
        return stamped(&site, None, response);
    }
    if let Some(response) = before(&site, &call, segment.as_deref()).await {
        site.count(&operation, response.status().as_u16(), false);
        return stamped(&site, user.as_ref(), response);
    }
    if let Some(user) = &user {
        request.extensions_mut().insert(Caller(user.clone()));
    }
    let strike = |kind: &str| lock(&site.faults).strikes(kind, &call);
    if let Some(rule) = strike("late_effect_ms") {
        return late(site.clone(), operation, rule, request, next).await;
    }
    let response = next.run(request).await;
    let status = response.status();
    let wrote = status.is_success() && writes(&operation);
    site.count(&operation, status.as_u16(), wrote);
    let response = match strike("fail_after_effect").filter(|_| status.is_success()) {
        Some(rule) => failure(rule.number()),
        None => spoil(&site, &call, response).await,
    };
    stamped(&site, user.as_ref(), response)
}

/// The faults and limits that keep a call from having an effect.
async fn before(site: &Arc<Site>, call: &Call<'_>, segment: Option<&str>) -> Option<Response> {
    let strike = |kind: &str| lock(&site.faults).strikes(kind, call);
    if let Some(rule) = strike("delay_ms") {
        tokio::time::sleep(Duration::from_millis(rule.number())).await;
    }
    let written = segment.filter(|_| writes(call.operation));
    if let Err(refused) = site.limits.admit(call.operation, written) {
        return Some(too_many(&refused));
    }
    if let Some(rule) = strike("rate_limit_reason") {
        let reason = rule.value.as_str().unwrap_or("jira-burst-based").to_owned();
        let retry_after_s = rule.option_u64("retry_after_s").unwrap_or(2);
        return Some(too_many(&Refused { reason, retry_after_s, limit: 100 }));
    }
    if let Some(rule) = strike("html_error") {
        let status = rule.option_u64("status").or(rule.value.as_u64()).unwrap_or(503);
        return Some(html(status));
    }
    strike("fail_before_effect").map(|rule| failure(rule.number()))
}

/// The client gets a time-out now; what it asked for happens later.
async fn late(site: Arc<Site>, operation: String, rule: Rule, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // The body must be here before the client is told that nothing came of it.
    let Ok(bytes) = axum::body::to_bytes(body, 64 << 20).await else { return html(413) };
    let status = rule.option_u64("status").unwrap_or(504);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(rule.number())).await;
        let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
        let wrote = response.status().is_success() && writes(&operation);
        site.count(&operation, response.status().as_u16(), wrote);
    });
    failure(status)
}

/// The faults that spoil an answer on its way.
pub(crate) async fn spoil(site: &Site, call: &Call<'_>, response: Response) -> Response {
    let strike = |kind: &str| {
        let mut faults = lock(&site.faults);
        faults.strikes(kind, call)
    };
    if let Some(rule) = strike("truncated_body") {
        let (mut parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap_or_default();
        parts.headers.remove(header::CONTENT_LENGTH);
        let keep = rule.value.as_u64().map_or(bytes.len() / 2, |n| usize::try_from(n).unwrap_or(0));
        return Response::from_parts(parts, Body::from(bytes.slice(..keep.min(bytes.len()))));
    }
    if let Some(rule) = strike("drop_connection_at_byte") {
        return broken_at(response, rule.number());
    }
    if let Some(rule) = strike("slow_bytes_per_s") {
        return slow(response, rule.number().max(1));
    }
    response
}

/// The answer breaks off after `at` bytes: the connection is closed without an end.
fn broken_at(response: Response, at: u64) -> Response {
    let (parts, body) = response.into_parts();
    let mut left = usize::try_from(at).unwrap_or(usize::MAX);
    let mut done = false;
    let end = futures_util::stream::once(async { Ok(Bytes::new()) });
    let stream = body.into_data_stream().chain(end).map(move |chunk| match chunk {
        Ok(chunk) if !done && chunk.len() < left => {
            left -= chunk.len();
            Ok(chunk)
        }
        Ok(chunk) if !done && left > 0 => {
            done = true;
            Ok(chunk.slice(..left.min(chunk.len())))
        }
        _ => Err(std::io::Error::other("the practice fault drops the connection here")),
    });
    let stream = stream.then(move |piece| async move {
        if piece.is_err() && at > 0 {
            // What was let through must be on its way before the connection goes.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        piece
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

fn slow(response: Response, per_second: u64) -> Response {
    let (parts, body) = response.into_parts();
    let piece = usize::try_from((per_second / 10).clamp(1, 64 * 1024)).unwrap_or(1);
    #[allow(clippy::cast_precision_loss)]
    let pause = Duration::from_secs_f64(piece as f64 / per_second as f64);
    let stream = body.into_data_stream().flat_map(move |chunk| {
        let pieces: Vec<Result<Bytes, axum::Error>> = match chunk {
            Ok(chunk) => (0..chunk.len())
                .step_by(piece)
                .map(|at| Ok(chunk.slice(at..(at + piece).min(chunk.len()))))
                .collect(),
            Err(error) => vec![Err(error)],
        };
        futures_util::stream::iter(pieces).then(move |piece| async move {
            tokio::time::sleep(pause).await;
            piece
        })
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

/// A failure of the given status; 0 is a connection that breaks before any answer could be read.
fn failure(status: u64) -> Response {
    match status {
        0 | 1 => broken_at(Json(json!({"errorMessages": [], "errors": {}})).into_response(), 0),
        400 | 409 => {
            let status = StatusCode::from_u16(u16::try_from(status).unwrap_or(400)).unwrap_or_default();
            ApiError::new(status, "The practice fault refused this.").into_response()
        }
        status => html(status),
    }
}

fn html(status: u64) -> Response {
    let status = u16::try_from(status)
        .ok()
        .and_then(|s| StatusCode::from_u16(s).ok())
        .unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let reason = status.canonical_reason().unwrap_or("Error");
    let page = format!(
        "<!DOCTYPE html><html><head><title>{} {reason}</title></head><body><h1>{} {reason}</h1><p>practice proxy</p></body></html>",
        status.as_u16(),
        status.as_u16()
    );
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
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
        other if other.starts_with("GET /rest/api/3/issue/") || other.contains("/project/") => {
            ApiError::issue_not_found().into_response()
        }
        _ => ApiError::unauthorized().into_response(),
    }
}

fn too_many(refused: &Refused) -> Response {
    let mut error =
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded. Please wait before trying again.");
    let reset = jiff::Timestamp::now().as_second() + i64::try_from(refused.retry_after_s).unwrap_or(0);
    error.headers.push(("retry-after", refused.retry_after_s.to_string()));
    error.headers.push(("ratelimit-reason", refused.reason.clone()));
    error.headers.push(("x-ratelimit-limit", refused.limit.to_string()));
    error.headers.push(("x-ratelimit-remaining", "0".to_owned()));
    error.headers.push(("x-ratelimit-nearlimit", "true".to_owned()));
    error
        .headers
        .push(("x-ratelimit-reset", jiff::Timestamp::from_second(reset).unwrap_or_default().to_string()));
    error.into_response()
}

fn stamped(site: &Site, user: Option<&User>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    if let Some(value) = user.and_then(|u| HeaderValue::from_str(&u.account_id).ok()) {
        headers.insert("x-aaccountid", value);
    }
    let seconds = u64::try_from(site.now_ms() / 1000).unwrap_or(0);
    let date = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
    if let Ok(value) = HeaderValue::from_str(&httpdate::fmt_http_date(date)) {
        headers.insert(header::DATE, value);
    }
    response
}
