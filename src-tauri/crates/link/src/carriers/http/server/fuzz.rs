//! Requests of strangers, without and with a socket.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::fuzz::{altered, fuzz, inputs, run_some};

/// Answers whatever is asked, and counts.
#[derive(Default)]
struct Anybody(AtomicUsize);

#[async_trait]
impl Answerer for Anybody {
    async fn pair(&self, _id: InvitationId, frame: Bytes) -> Option<Vec<u8>> {
        assert!(frame.len() <= MAX_PAIR_FRAME);
        self.0.fetch_add(1, Ordering::SeqCst);
        Some(vec![1])
    }
    async fn exchange(&self, id: ConnectionId, frame: Bytes) -> Option<Vec<u8>> {
        assert!(is_hex(id.as_str(), 32) && frame.len() <= MAX_FRAME_BYTES);
        self.0.fetch_add(1, Ordering::SeqCst);
        Some(vec![2])
    }
}

fn valid() -> Vec<Vec<u8>> {
    let id = "0123456789abcdef".repeat(2);
    let frame = "host: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 5";
    let chunked = "host: x\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked";
    [
        format!("POST /v1/connections/{id}/exchange HTTP/1.1\r\n{frame}\r\n\r\nhello"),
        format!("POST /twinline/v1/invitations/{id}/pair HTTP/1.1\r\n{frame}\r\n\r\nhello"),
        format!("POST /v1/connections/{id}/exchange HTTP/1.1\r\n{chunked}\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        "GET /v1/twinline HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
    ]
    .map(String::into_bytes)
    .into()
}

/// As far as the bytes are a request at all; what is none, the HTTP library refuses (see the other test).
fn request(bytes: &[u8]) -> Option<Request> {
    let split = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(split);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.splitn(3, ' ');
    let mut request = axum::http::Request::builder().method(first.next()?).uri(first.next()?);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        request = request.header(name, value.trim());
    }
    request.body(Body::from(body.get(4..).unwrap_or_default().to_vec())).ok()
}

#[test]
fn fuzz_requests() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let answerer = Arc::new(Anybody::default());
    let shared = Arc::new(Shared {
        answerer: answerer.clone(),
        limit: Limit::new(),
        pairings: Semaphore::new(PAIRINGS),
        large: Semaphore::new(LARGE_PLACES),
    });
    let calls = AtomicU32::new(0);
    let nobody = axum::http::HeaderValue::from_static("no-store");
    fuzz("request", &valid(), |bytes| {
        let Some(request) = request(bytes) else { return false };
        // Everybody has another address: how often one may try is another test's question.
        let from = Ipv4Addr::from(0x0b00_0000 + calls.fetch_add(1, Ordering::SeqCst));
        let from = SocketAddr::V4(SocketAddrV4::new(from, 1));
        let before = answerer.0.load(Ordering::SeqCst);
        let answer = runtime.block_on(handle(State(shared.clone()), Extension(from), request));
        let asked = answerer.0.load(Ordering::SeqCst) - before;
        assert_eq!(answer.headers().get(CACHE_CONTROL), Some(&nobody));
        assert!(answer.headers().contains_key(HEADER));
        match answer.status() {
            StatusCode::OK => true,
            StatusCode::NOT_FOUND | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => {
                assert_eq!(asked, 0);
                false
            }
            other => panic!("{other}"),
        }
    });
}

/// A twentieth of the inputs through a real socket: whatever came, the next one is answered.
#[test]
fn fuzz_sockets() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let serving = serve(listener, Arc::new(Anybody::default()), std::future::pending::<()>());
    let task = runtime.spawn(serving);
    let ask = async |bytes: &[u8]| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // It may have had enough before all was sent.
        let _sent = stream.write_all(bytes).await;
        let _closed = stream.shutdown().await;
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer).await;
        answer
    };
    run_some("socket", inputs().div_ceil(20), &valid(), altered, |bytes| {
        let answer = runtime.block_on(ask(bytes));
        answer.starts_with(b"HTTP/1.1 200 ")
    });
    let probe = runtime.block_on(ask(&valid()[3]));
    assert!(probe.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&probe));
    assert!(!task.is_finished());
}
