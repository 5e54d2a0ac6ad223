//! Answers that fail, and answers that are spoiled on their way.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

use crate::call::Call;
use crate::error::ApiError;
use crate::faults::{Rule, Status, downloads};
use crate::record::Spoiled;
use crate::state::{Site, lock};

/// Notes that the answer is none that Jira would give.
fn spoiled(mut response: Response) -> Response {
    response.extensions_mut().insert(Spoiled);
    response
}

/// The faults that spoil an answer on its way.
pub(crate) async fn spoil(site: &Site, call: &Call, response: Response) -> Response {
    let strike = |kind: &str| {
        let mut faults = lock(&site.faults);
        faults.strikes(kind, call)
    };
    if downloads(&call.operation)
        && response.status().is_success()
        && let Some(rule) = strike("download_truncated")
    {
        return spoiled(shortened(response, rule.value.as_u64()));
    }
    if let Some(rule) = strike("truncated_body") {
        let (mut parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap_or_default();
        parts.headers.remove(header::CONTENT_LENGTH);
        let keep = rule.value.as_u64().map_or(bytes.len() / 2, |n| usize::try_from(n).unwrap_or(0));
        return spoiled(Response::from_parts(parts, Body::from(bytes.slice(..keep.min(bytes.len())))));
    }
    if let Some(rule) = strike("drop_connection_at_byte") {
        if rule.number() == 0 {
            call.cut();
            return response;
        }
        return spoiled(broken_at(response, rule.number()));
    }
    if let Some(rule) = strike("slow_bytes_per_s") {
        return spoiled(slow(response, rule.number().max(1)));
    }
    response
}

/// At most `left` bytes of what comes.
fn first<E>(mut left: usize) -> impl FnMut(Result<Bytes, E>) -> Result<Bytes, E> {
    move |chunk| {
        let chunk = chunk?;
        let some = chunk.slice(..left.min(chunk.len()));
        left -= some.len();
        Ok(some)
    }
}

/// A file that ends too early, though the answer is in order: its length is told as it is sent.
fn shortened(response: Response, keep: Option<u64>) -> Response {
    let (mut parts, body) = response.into_parts();
    let told = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
    let length: u64 = told.and_then(|v| v.parse().ok()).unwrap_or(0);
    let keep = keep.unwrap_or(length / 2).min(length);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(keep));
    let kept = body.into_data_stream().map(first(usize::try_from(keep).unwrap_or(usize::MAX)));
    Response::from_parts(parts, Body::from_stream(kept))
}

/// The answer breaks off after `at` bytes of its body: the connection is closed without an end.
///
/// A body that is not longer than that comes whole.
fn broken_at(response: Response, at: u64) -> Response {
    let (parts, body) = response.into_parts();
    let left = usize::try_from(at).unwrap_or(usize::MAX);
    let stream = futures_util::stream::unfold((body.into_data_stream(), left, false), |state| async move {
        let (mut chunks, left, over) = state;
        if over {
            // A waiting body lets the server send what it holds; only then the connection goes.
            tokio::task::yield_now().await;
            return Some((Err(dropped()), (chunks, 0, true)));
        }
        let piece = match chunks.next().await? {
            Ok(chunk) if chunk.len() <= left => (Ok(chunk.clone()), (chunks, left - chunk.len(), false)),
            Ok(chunk) => (Ok(chunk.slice(..left)), (chunks, 0, true)),
            Err(_) => (Err(dropped()), (chunks, 0, true)),
        };
        Some(piece)
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

fn dropped() -> std::io::Error {
    std::io::Error::other("the practice fault drops the connection here")
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

/// A failure of the given status; 0 resets the connection before any answer.
pub(crate) async fn failure(call: &Call, rule: &Rule, status: Status) -> Response {
    let status = match status {
        Status::Hang => std::future::pending().await,
        Status::Number(0) => {
            call.cut();
            return spoiled(StatusCode::BAD_GATEWAY.into_response());
        }
        Status::Number(status) => status,
    };
    if status < 500 || rule.options.get("json").is_some_and(|j| j == true) {
        let status = u16::try_from(status).ok().and_then(|s| StatusCode::from_u16(s).ok());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return spoiled(ApiError::new(status, "The practice fault refused this.").into_response());
    }
    html(status)
}

/// The page of a proxy.
pub(crate) fn html(status: u64) -> Response {
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
    spoiled((status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response())
}

/// The page of a site that is being worked on.
pub(crate) fn maintenance(retry_after: Option<String>) -> Response {
    const PAGE: &str = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Jira is unavailable</h1>\
        <p>This practice site is down for maintenance. It will be back soon.</p></body></html>";
    let head = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let mut response = spoiled((StatusCode::SERVICE_UNAVAILABLE, head, PAGE).into_response());
    if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}
