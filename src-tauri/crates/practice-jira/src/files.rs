//! Attachments as files: streamed in, streamed out, never whole in memory.

use std::io::SeekFrom;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::extract::multipart::Field;
use axum::extract::{ConnectInfo, Multipart, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

use crate::call::{self, Call};
use crate::db::{self, Attachment};
use crate::error::{ApiError, ApiResult};
use crate::spoil::spoil;
use crate::state::{Site, lock};
use crate::wire::Wire;

/// A file in the folder that no issue knows yet.
pub(crate) struct Stored {
    pub uuid: String,
    pub filename: String,
    pub mime: String,
    pub size: u64,
    pub sha256: String,
}

pub(crate) fn uuid() -> ApiResult<String> {
    let mut b = [0u8; 16];
    getrandom::fill(&mut b).map_err(ApiError::internal)?;
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let h = hex::encode(b);
    Ok(format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..]))
}

/// Writes every `file` part of a request into the folder.
pub(crate) async fn receive(site: &Site, mut form: Multipart) -> ApiResult<Vec<Stored>> {
    let mut stored = Vec::new();
    let result = receive_all(site, &mut form, &mut stored).await;
    match result {
        Ok(()) if stored.is_empty() => {
            Err(ApiError::bad("No file was attached: the part must be named 'file'."))
        }
        Ok(()) => Ok(stored),
        Err(error) => {
            for file in &stored {
                remove(site, &file.uuid);
            }
            Err(error)
        }
    }
}

async fn receive_all(site: &Site, form: &mut Multipart, stored: &mut Vec<Stored>) -> ApiResult<()> {
    let broken =
        |e: axum::extract::multipart::MultipartError| ApiError::bad(format!("The upload broke off: {e}"));
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.name() != Some("file") {
            continue;
        }
        if stored.len() >= 60 {
            return Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The number of attachments exceeds the limit of 60 files for one request.",
            ));
        }
        stored.push(one(site, field).await?);
    }
    Ok(())
}

async fn one(site: &Site, mut field: Field<'_>) -> ApiResult<Stored> {
    let filename = field.file_name().filter(|n| !n.is_empty()).unwrap_or("file").to_owned();
    let given = field.content_type().map(str::to_owned).filter(|m| m != "application/octet-stream");
    let mime = given
        .or_else(|| mime_guess::from_path(&filename).first_raw().map(str::to_owned))
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    let uuid = uuid()?;
    let limit = site.upload_limit.load(Ordering::Relaxed);
    let path = site.folder.join(&uuid);
    let mut file = tokio::fs::File::create(&path).await?;
    let mut hash = Sha256::new();
    let mut size = 0u64;
    let cut = lock(&site.faults).strikes_now("upload_cut_at_byte").map(|rule| rule.number());
    let outcome = loop {
        if cut.is_some_and(|at| size >= at) {
            break Err(cut_off());
        }
        match field.chunk().await {
            Ok(None) if cut.is_some() => break Err(cut_off()),
            Ok(Some(chunk)) => {
                size += chunk.len() as u64;
                if size > limit {
                    break Err(ApiError::new(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        format!("The file '{filename}' exceeds its maximum permitted size of {limit} bytes."),
                    ));
                }
                hash.update(&chunk);
                if let Err(error) = file.write_all(&chunk).await {
                    break Err(error.into());
                }
            }
            Ok(None) => break file.flush().await.map_err(ApiError::from),
            Err(error) => break Err(ApiError::bad(format!("The upload broke off: {error}"))),
        }
    };
    if let Err(error) = outcome {
        remove(site, &uuid);
        return Err(error);
    }
    let stored = Stored { uuid, filename, mime, size, sha256: hex::encode(hash.finalize()) };
    let struck = lock(&site.faults).strikes_now("upload_truncated");
    match struck {
        Some(rule) => shortened(site, stored, rule.value.as_u64()).await,
        None => Ok(stored),
    }
}

/// The connection goes in the middle of an upload; whoever sends it hears no answer.
fn cut_off() -> ApiError {
    if let Some(call) = call::current() {
        call.cut();
    }
    ApiError::bad("The upload broke off.")
}

/// The site lost the end of what was sent, and takes what it has for the whole.
async fn shortened(site: &Site, file: Stored, keep: Option<u64>) -> ApiResult<Stored> {
    let size = keep.unwrap_or(file.size / 2).min(file.size);
    let path = site.folder.join(&file.uuid);
    let on_disk = tokio::fs::OpenOptions::new().write(true).open(&path).await?;
    on_disk.set_len(size).await?;
    let mut rest = tokio::fs::File::open(&path).await?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0u8; 64 * 1024]);
    loop {
        match rest.read(&mut piece).await? {
            0 => break,
            n => hash.update(&piece[..n]),
        }
    }
    Ok(Stored { size, sha256: hex::encode(hash.finalize()), ..file })
}

/// Puts bytes that the program itself made into the folder.
pub(crate) fn store_bytes(site: &Site, filename: &str, mime: &str, bytes: &[u8]) -> ApiResult<Stored> {
    let uuid = uuid()?;
    std::fs::write(site.folder.join(&uuid), bytes)?;
    Ok(Stored {
        uuid,
        filename: filename.to_owned(),
        mime: mime.to_owned(),
        size: bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(bytes)),
    })
}

/// A file that is gone already is what was wanted.
pub(crate) fn remove(site: &Site, uuid: &str) {
    let _ = std::fs::remove_file(site.folder.join(uuid));
}

/// The file itself, or the part of it that `Range` asks for.
pub(crate) async fn send(site: &Site, a: &Attachment, headers: &HeaderMap) -> ApiResult<Response> {
    let mut file = tokio::fs::File::open(site.folder.join(&a.uuid))
        .await
        .map_err(|_| ApiError::not_found("The attachment's file is gone."))?;
    let size = file.metadata().await?.len();
    let wanted = headers.get(header::RANGE).and_then(|r| r.to_str().ok()).and_then(|r| range(r, size));
    let (status, from, length) = match wanted {
        Some(Err(())) => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            put(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok(response);
        }
        Some(Ok((from, to))) => (StatusCode::PARTIAL_CONTENT, from, to + 1 - from),
        None => (StatusCode::OK, 0, size),
    };
    file.seek(SeekFrom::Start(from)).await?;
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(length), 64 * 1024));
    let mut response = (status, body).into_response();
    put(&mut response, header::CONTENT_LENGTH, &length.to_string());
    put(&mut response, header::CONTENT_TYPE, &a.mime);
    put(&mut response, header::ACCEPT_RANGES, "bytes");
    put(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let image = matches!(a.mime.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp");
    let shown = if image { "inline" } else { "attachment" };
    let name = encode(&a.filename);
    put(&mut response, header::CONTENT_DISPOSITION, &format!("{shown}; filename*=UTF-8''{name}"));
    if status == StatusCode::PARTIAL_CONTENT {
        put(&mut response, header::CONTENT_RANGE, &format!("bytes {from}-{}/{size}", from + length - 1));
    }
    Ok(response)
}

fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// `bytes=10-`, `bytes=10-20`, `bytes=-5`; anything else is ignored, what lies outside is refused.
fn range(text: &str, size: u64) -> Option<Result<(u64, u64), ()>> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = match (from.trim(), to.trim()) {
        ("", last) => (size.saturating_sub(last.parse().ok()?), size.checked_sub(1)?),
        (from, "") => (from.parse().ok()?, size.saturating_sub(1)),
        (from, to) => (from.parse().ok()?, to.parse::<u64>().ok()?.min(size.saturating_sub(1))),
    };
    Some(if from >= size || from > to { Err(()) } else { Ok((from, to)) })
}

/// A text as it may stand in an address or a header.
pub(crate) fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The signed address of a file on the second port.
pub(crate) fn signed_url(site: &Site, a: &Attachment) -> String {
    let token = site.sign(&a.uuid, site.now_ms() + 600_000);
    format!("{}/file/{}/binary?token={token}&name={}", site.files_url, a.uuid, encode(&a.filename))
}

#[derive(Deserialize)]
struct Signed {
    #[serde(default)]
    token: String,
}

/// What answers on the second port: files, by signed address, without sign-in.
pub(crate) fn router(site: Arc<Site>) -> Router {
    Router::new().route("/file/{uuid}/binary", get(binary)).with_state(site)
}

async fn binary(
    State(site): State<Arc<Site>>,
    Path(uuid): Path<String>,
    Query(signed): Query<Signed>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    if !site.signed(&uuid, &signed.token) {
        return Err(ApiError::forbidden("The signature of this address is wrong or has expired."));
    }
    let found = site.read(|conn| db::attachment_by_uuid(conn, &uuid))?;
    let found = found.ok_or_else(|| ApiError::not_found("The file does not exist."))?;
    let issue = site.read(|conn| db::issue_by_id(conn, found.issue_id))?;
    let issue = issue.map(|i| (i.key, i.id.to_string()));
    let call = Call::new("GET /file/{uuid}/binary".to_owned(), issue, Some(wire));
    if let Some(failed) = crate::gate::before(&site, &call).await {
        return Ok(failed);
    }
    let response = send(&site, &found, &headers).await?;
    Ok(spoil(&site, &call, response).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(range("bytes=0-9", 100), Some(Ok((0, 9))));
        assert_eq!(range("bytes=90-", 100), Some(Ok((90, 99))));
        assert_eq!(range("bytes=-10", 100), Some(Ok((90, 99))));
        assert_eq!(range("bytes=90-500", 100), Some(Ok((90, 99))));
        assert_eq!(range("bytes=100-", 100), Some(Err(())));
        assert_eq!(range("pages=1-2", 100), None);
    }
}
