//! The answering side.
//!
//! It stands open to the internet: everything is bounded (connections, headers, bodies, time, tries to pair), and
//! whatever is not known gets one and the same 404, so that nobody learns which ids exist.

#[cfg(test)]
mod fuzz;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use twinline_model::ConnectionId;

use super::{FRAME_TYPE, HEADER, HEADER_VALUE};
use crate::carriers::limit::Limit;
use crate::carriers::{Answerer, SLOWEST_BYTES_PER_S};
use crate::exchange::{MAX_FRAME_BYTES, PROTOCOL};
use crate::invitation::InvitationId;
use crate::pairing::MAX_PAIR_BYTES;
use crate::wire::is_hex;

const MAX_CONNECTIONS: usize = 512;
const MAX_HEADERS: usize = 64 * 1024;
/// For a request's headers; also how long an idle connection is kept.
const HEADERS: Duration = Duration::from_secs(30);
const GRACE: Duration = Duration::from_secs(30);
/// A pairing's frame: the body and what the seal adds.
const MAX_PAIR_FRAME: usize = MAX_PAIR_BYTES + 512;
/// Bodies above this size share a few places, so that strangers cannot fill our memory.
const LARGE: usize = 256 * 1024;
const LARGE_PLACES: usize = 8;
/// Pairings that are computed at the same time.
const PAIRINGS: usize = 4;
/// How long running answers have when we stop.
const FAREWELL: Duration = Duration::from_secs(1);

struct Shared {
    answerer: Arc<dyn Answerer>,
    limit: Limit,
    pairings: Semaphore,
    large: Semaphore,
}

/// Serves until `stop` is ready; then running answers get a second to finish.
pub async fn serve(
    listener: TcpListener,
    answerer: Arc<dyn Answerer>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let shared = Arc::new(Shared {
        answerer,
        limit: Limit::new(),
        pairings: Semaphore::new(PAIRINGS),
        large: Semaphore::new(LARGE_PLACES),
    });
    let router = Router::new().fallback(handle).with_state(shared);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(16)
        .max_header_list_size(MAX_HEADERS as u32);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, from, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Of one connection, or no file handles for now; the listener itself stays.
                tracing::debug!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(router.clone().layer(Extension(from)));
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            // How a stranger's connection ends is nobody's concern.
            let _ended = connection.await;
            drop(place);
        });
    }
    drop(listener);
    // Whatever still runs is dropped with the set.
    let _late = timeout(FAREWELL, graceful.shutdown()).await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, from) = listener.accept().await?;
    // Frames are written whole; waiting for more would only delay them.
    stream.set_nodelay(true)?;
    Ok((stream, from, place))
}

enum Asked {
    Pair(InvitationId),
    Exchange(ConnectionId),
    Probe,
}

/// The last part of the path decides, so that it does not matter whether a reverse proxy strips its prefix.
fn asked(method: &Method, path: &str) -> Option<Asked> {
    let parts: Vec<&str> = path.rsplit('/').take(4).collect();
    match (method, parts.as_slice()) {
        (&Method::POST, ["pair", id, "invitations", "v1"]) if is_hex(id, 32) => {
            id.parse().ok().map(Asked::Pair)
        }
        (&Method::POST, ["exchange", id, "connections", "v1"]) if is_hex(id, 32) => {
            Some(Asked::Exchange(ConnectionId::new(*id)))
        }
        (&Method::GET, ["twinline", "v1", ..]) => Some(Asked::Probe),
        _ => None,
    }
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    Extension(from): Extension<SocketAddr>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Some(asked) = asked(&head.method, head.uri.path()) else { return unknown() };
    if let Asked::Probe = asked {
        let (oldest, newest) = PROTOCOL;
        return answer(StatusCode::OK, "application/json", format!("{{\"twinline\":[{oldest},{newest}]}}\n"));
    }
    let is_frame = head.headers.get(CONTENT_TYPE).is_some_and(|value| value == FRAME_TYPE);
    if !is_frame || head.headers.get(CONTENT_ENCODING).is_some_and(|value| value != "identity") {
        return unknown();
    }
    let answered = match asked {
        Asked::Pair(id) => {
            if !shared.limit.take(from.ip(), std::time::Instant::now()) {
                return plain(StatusCode::TOO_MANY_REQUESTS);
            }
            let frame = match read(&shared, body, MAX_PAIR_FRAME).await {
                Ok(frame) => frame,
                Err(status) => return plain(status),
            };
            let Ok(_place) = shared.pairings.try_acquire() else {
                return plain(StatusCode::TOO_MANY_REQUESTS);
            };
            shared.answerer.pair(id, frame).await
        }
        Asked::Exchange(id) => match read(&shared, body, MAX_FRAME_BYTES).await {
            Ok(frame) => shared.answerer.exchange(id, frame).await,
            Err(status) => return plain(status),
        },
        Asked::Probe => None,
    };
    match answered {
        Some(frame) => answer(StatusCode::OK, FRAME_TYPE, frame),
        None => unknown(),
    }
}

async fn read(shared: &Shared, body: Body, limit: usize) -> Result<Bytes, StatusCode> {
    let begin = Instant::now();
    let mut stream = body.into_data_stream();
    let mut frame = Vec::new();
    let mut place = None;
    loop {
        let deadline = begin + GRACE + Duration::from_secs(frame.len() as u64 / SLOWEST_BYTES_PER_S);
        let piece = match timeout_at(deadline, stream.next()).await {
            Ok(Some(piece)) => piece.map_err(|_| StatusCode::BAD_REQUEST)?,
            Ok(None) => return Ok(frame.into()),
            Err(_) => return Err(StatusCode::REQUEST_TIMEOUT),
        };
        if frame.len() + piece.len() > limit {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if frame.len() + piece.len() > LARGE && place.is_none() {
            let taken = timeout(GRACE, shared.large.acquire()).await;
            place = Some(taken.ok().and_then(Result::ok).ok_or(StatusCode::SERVICE_UNAVAILABLE)?);
        }
        frame.extend_from_slice(&piece);
    }
}

/// The one answer for everything that is not known here.
fn unknown() -> Response {
    plain(StatusCode::NOT_FOUND)
}

fn plain(status: StatusCode) -> Response {
    answer(status, "text/plain", format!("{}\n", status.as_u16()))
}

fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    headers.insert(HEADER, axum::http::HeaderValue::from_static(HEADER_VALUE));
    response
}
