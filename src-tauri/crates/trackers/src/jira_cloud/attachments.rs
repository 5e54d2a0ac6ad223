//! The bytes of attachments, both ways, streamed.

use std::io;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use reqwest::header::{AUTHORIZATION, CONTENT_RANGE, LOCATION, RANGE};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method, RequestBuilder, Response, StatusCode};
use twinline_model::observed::ObservedAttachment;
use twinline_model::{AttachmentId, IssueId};
use url::Url;

use super::json::number;
use super::limits::Place;
use super::projects::segment;
use super::{JiraCloud, answer, observe};
use crate::error::{NotApplied, ReadError, WriteError};
use crate::tracker::{ByteStream, UploadFile};

/// No byte for so long: the connection is dead. A large file may take any time in total.
const IDLE: Duration = Duration::from_secs(60);
/// What a download waits by itself for a place within the limits.
const PATIENCE: Duration = Duration::from_secs(5);
/// The API answers with an address of the file store; one more for a store that moved.
const HOPS: usize = 3;
/// Slower than this an upload is given up.
const SLOWEST_BYTES_PER_S: u64 = 16 * 1024;

impl JiraCloud {
    pub(super) async fn fetch_bytes(
        &self,
        attachment: &AttachmentId,
        offset: u64,
    ) -> Result<ByteStream, ReadError> {
        let own = self.content(attachment)?;
        let place = self.place_for(&own).await?;
        let mut url = own.clone();
        for _ in 0..HOPS {
            let mut request = self.client.bare(Method::GET, url.as_str());
            // Our sign-in is for the site alone: the address of the file store is signed by itself.
            if url.origin() == own.origin() {
                request = request.header(AUTHORIZATION, self.client.authorization());
            }
            if offset > 0 {
                request = request.header(RANGE, format!("bytes={offset}-"));
            }
            let response = self.begun(request).await?;
            if !response.status().is_redirection() {
                return self.bytes_of(&place, response, offset, url.origin() == own.origin()).await;
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            let next = next.ok_or_else(|| ReadError::Odd("a redirect to nowhere".to_owned()))?;
            let secure = next.scheme() == "https" || (next.scheme() == "http" && own.scheme() == "http");
            if !secure {
                return Err(ReadError::Odd("a redirect to an address that is not encrypted".to_owned()));
            }
            url = next;
        }
        Err(ReadError::Odd("too many redirects".to_owned()))
    }

    /// Where the site sends whoever wants the bytes; `None`: it gives them itself. No byte is read.
    pub(super) async fn content_address(&self, attachment: &AttachmentId) -> Result<Option<Url>, ReadError> {
        let own = self.content(attachment)?;
        let place = self.place_for(&own).await?;
        let request = self.client.bare(Method::GET, own.as_str());
        let response = self.begun(request.header(AUTHORIZATION, self.client.authorization())).await?;
        let status = response.status();
        if status.is_redirection() {
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            return Ok(location.and_then(|location| own.join(location).ok()));
        }
        if status.is_success() {
            return Ok(None);
        }
        self.refusal(&place, response).await.map(|_| None)
    }

    fn content(&self, attachment: &AttachmentId) -> Result<Url, ReadError> {
        let (api, id) = (self.client.site.api(), segment(attachment.as_str()));
        parse(&format!("{api}/rest/api/3/attachment/content/{id}"))
    }

    async fn place_for(&self, own: &Url) -> Result<Place, ReadError> {
        let mut patience = PATIENCE;
        let place = self.client.enter(&Method::GET, own, None, &mut patience).await;
        place.map_err(|soon| ReadError::SlowDown { wait: soon.wait })
    }

    /// The beginning of an answer: its head.
    async fn begun(&self, request: RequestBuilder) -> Result<Response, ReadError> {
        match tokio::time::timeout(IDLE, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                Err(ReadError::Unreachable(self.client.words(&error.without_url().to_string())))
            }
            Err(_) => Err(ReadError::Unreachable("no answer in time".to_owned())),
        }
    }

    async fn bytes_of(
        &self,
        place: &Place,
        response: Response,
        offset: u64,
        from_site: bool,
    ) -> Result<ByteStream, ReadError> {
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
                if range.and_then(range_start) != Some(offset) {
                    return Err(ReadError::Odd("another part of the file than we asked for".to_owned()));
                }
                Ok(watched(response, 0))
            }
            // Ranges may be ignored: what we have already is passed over.
            StatusCode::OK => Ok(watched(response, offset)),
            StatusCode::NO_CONTENT if offset == 0 => Ok(Box::pin(stream::empty())),
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
                match range.and_then(|range| range.rsplit('/').next()?.parse::<u64>().ok()) {
                    // Nothing is left: all bytes were there already.
                    Some(size) if size == offset => Ok(Box::pin(stream::empty())),
                    _ => Err(ReadError::Odd("the file is shorter than what we have of it".to_owned())),
                }
            }
            StatusCode::NOT_FOUND if !from_site => Err(ReadError::NotFound),
            // An address that ran out, or trouble in the store: the next attempt gets a new address.
            status if !from_site => {
                Err(ReadError::Unreachable(format!("the file store: status {}", status.as_u16())))
            }
            _ => self.refusal(place, response).await,
        }
    }

    async fn refusal(&self, place: &Place, response: Response) -> Result<ByteStream, ReadError> {
        let answer = self.client.finish(place, response).await?;
        answer::read(&answer)?;
        Err(ReadError::Odd(format!("status {} for a file", answer.status.as_u16())))
    }

    pub(super) async fn send_file(
        &self,
        issue: &IssueId,
        file: UploadFile,
    ) -> Result<ObservedAttachment, WriteError> {
        let user = self.client.user().await?;
        let size = file.size;
        let part =
            Part::stream_with_length(Body::wrap_stream(file.bytes), file.size).file_name(file.file_name);
        let mime = if file.mime.is_empty() { "application/octet-stream" } else { &file.mime };
        let part = part
            .mime_str(mime)
            .map_err(|_| NotApplied::NotSent("the file's type is no MIME type".to_owned()))?;
        let path = format!("issue/{}/attachments", segment(issue.as_str()));
        let request = self
            .client
            .request(Method::POST, &path)
            .header("X-Atlassian-Token", "no-check")
            .timeout(IDLE * 2 + Duration::from_secs(file.size / SLOWEST_BYTES_PER_S))
            .multipart(Form::new().part("file", part));
        let answer = match self.client.write(request, Some(issue.as_str())).await {
            // The same status for a file that is too large and for an issue that has 2,000 of them.
            Err(WriteError::NotApplied(NotApplied::TooLarge)) if self.takes(size).await => {
                return Err(NotApplied::Full(String::new()).into());
            }
            answer => answer?,
        };
        let kept = observe::attachment(user, &answer.json_of_write()?[0]).map_err(|error| {
            WriteError::Unknown(format!("uploaded, but its answer cannot be read: {error}"))
        })?;
        if kept.size == size {
            return Ok(kept);
        }
        // Half a file under its whole name would deceive people more than none.
        self.remove_file(&kept.id)
            .await
            .map_err(|error| WriteError::Unknown(format!("kept in part, and not removed: {error}")))?;
        Err(NotApplied::Refused(format!("kept {} of {size} bytes", kept.size)).into())
    }

    /// Gone already counts as removed.
    pub(super) async fn remove_file(&self, attachment: &AttachmentId) -> Result<(), WriteError> {
        let request =
            self.client.request(Method::DELETE, &format!("attachment/{}", segment(attachment.as_str())));
        match self.client.write(request, None).await {
            Ok(_) | Err(WriteError::NotApplied(NotApplied::NotFound)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether the site says that it takes files of this size.
    async fn takes(&self, size: u64) -> bool {
        matches!(self.read_upload_limit().await, Ok(Some(limit)) if size <= limit)
    }

    pub(super) async fn read_upload_limit(&self) -> Result<Option<u64>, ReadError> {
        let answer = self.client.get("attachment/meta").await?;
        let body = answer.json()?;
        // Attachments that are switched off take nothing.
        Ok(if body["enabled"] == false { Some(0) } else { number(&body["uploadLimit"]) })
    }
}

fn parse(url: &str) -> Result<Url, ReadError> {
    Url::parse(url).map_err(|_| ReadError::Odd("an address that is none".to_owned()))
}

/// 5 of `bytes 5-9/10`.
fn range_start(range: &str) -> Option<u64> {
    range.trim().strip_prefix("bytes")?.trim().split('-').next()?.parse().ok()
}

/// The body without its first `skip` bytes; silence ends it with an error.
fn watched(response: Response, skip: u64) -> ByteStream {
    let body: std::pin::Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>> =
        Box::pin(response.bytes_stream());
    Box::pin(stream::try_unfold((body, skip), |(mut body, mut skip)| async move {
        loop {
            let next = tokio::time::timeout(IDLE, body.next()).await;
            let part = match next {
                Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, "no byte in time")),
                Ok(None) if skip > 0 => {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the file is shorter than before",
                    ));
                }
                Ok(None) => return Ok(None),
                Ok(Some(part)) => part.map_err(|error| io::Error::other(error.without_url()))?,
            };
            let passed = usize::try_from(skip).unwrap_or(usize::MAX).min(part.len());
            skip -= passed as u64;
            let rest = part.slice(passed..);
            if !rest.is_empty() {
                return Ok(Some((rest, (body, skip))));
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read() {
        assert_eq!(range_start("bytes 5-9/10"), Some(5));
        assert_eq!(range_start("bytes */10"), None);
        assert_eq!(range_start("5-9/10"), None);
    }
}
