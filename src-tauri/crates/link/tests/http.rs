//! The HTTP carrier over loopback: frames there and back, limits, and answers that are none.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "http")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use twinline_link::address::AddressError;
use twinline_link::carriers::http::client::HttpCaller;
use twinline_link::carriers::http::server::serve;
use twinline_link::carriers::{Answerer, CallError};
use twinline_link::exchange::MAX_FRAME_BYTES;
use twinline_link::invitation::InvitationId;
use twinline_model::ConnectionId;

const KNOWN: InvitationId = InvitationId([0x11; 16]);

fn known() -> ConnectionId {
    ConnectionId::new("22".repeat(16))
}

/// Answers with the frame, backwards.
#[derive(Default)]
struct Mirror {
    calls: AtomicUsize,
}

#[async_trait]
impl Answerer for Mirror {
    async fn pair(&self, id: InvitationId, frame: Bytes) -> Option<Vec<u8>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        (id == KNOWN).then(|| frame.iter().rev().copied().collect())
    }
    async fn exchange(&self, id: ConnectionId, frame: Bytes) -> Option<Vec<u8>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if frame.as_ref() == b"wait for ever" {
            std::future::pending::<()>().await;
        }
        (id == known()).then(|| frame.iter().rev().copied().collect())
    }
}

struct Server {
    address: SocketAddr,
    mirror: Arc<Mirror>,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn server() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let mirror = Arc::new(Mirror::default());
    let answerer = mirror.clone();
    let task = tokio::spawn(async move {
        let stopped = async {
            let _dropped = stopped.await;
        };
        serve(listener, answerer, stopped).await
    });
    Server { address, mirror, stop, task }
}

fn caller(address: SocketAddr) -> HttpCaller {
    HttpCaller::new(&format!("http://{address}/")).unwrap()
}

/// Sends raw bytes and gives the raw answer.
async fn raw(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    let _reset = read.expect("an answer in time");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A server that says the same to everybody.
async fn says(answer: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _request = stream.read(&mut head).await;
                let _sent = stream.write_all(answer.as_bytes()).await;
                let _end = stream.shutdown().await;
            });
        }
    });
    address
}

#[tokio::test]
async fn frames_go_there_and_back() {
    let server = server().await;
    let caller = caller(server.address);
    assert_eq!(caller.probe().await, Ok(true));
    assert_eq!(caller.pair(&KNOWN, b"abc".to_vec()).await, Ok(b"cba".to_vec()));
    assert_eq!(caller.exchange(&known(), vec![], 0).await, Ok(vec![]));
    let large: Vec<u8> = (0..5 << 20).map(|i: u32| (i % 251) as u8).collect();
    let mut answer = caller.exchange(&known(), large.clone(), 1000).await.unwrap();
    answer.reverse();
    assert!(answer == large);
    server.stop.send(()).unwrap();
    timeout(Duration::from_secs(10), server.task).await.unwrap().unwrap().unwrap();
    assert!(matches!(caller.probe().await, Err(CallError::Unreachable(_))));
}

#[tokio::test]
async fn a_prefix_that_a_reverse_proxy_leaves_in_the_path_does_no_harm() {
    let server = server().await;
    let caller = HttpCaller::new(&format!("http://{}/some/where/", server.address)).unwrap();
    assert_eq!(caller.probe().await, Ok(true));
    assert_eq!(caller.exchange(&known(), b"ab".to_vec(), 0).await, Ok(b"ba".to_vec()));
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_long_poll() {
    let server = server().await;
    let caller = caller(server.address);
    let waiting =
        tokio::spawn(async move { caller.exchange(&known(), b"wait for ever".to_vec(), 25_000).await });
    while server.mirror.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    server.stop.send(()).unwrap();
    timeout(Duration::from_secs(10), server.task).await.expect("it stops soon").unwrap().unwrap();
    assert!(matches!(waiting.await.unwrap(), Err(CallError::Unreachable(_))));
}

#[tokio::test]
async fn everything_unknown_gets_the_same_404() {
    let server = server().await;
    let caller = caller(server.address);
    assert_eq!(caller.pair(&InvitationId([9; 16]), vec![1]).await, Err(CallError::Unknown404));
    let other = ConnectionId::new("33".repeat(16));
    assert_eq!(caller.exchange(&other, vec![1], 0).await, Err(CallError::Unknown404));

    let id = "33".repeat(16);
    let frame = "content-type: application/octet-stream\r\ncontent-length: 1\r\n\r\nx";
    let mut answers = std::collections::BTreeSet::new();
    for (line, rest) in [
        (format!("POST /v1/connections/{id}/exchange"), frame),
        (format!("POST /v1/invitations/{id}/pair"), frame),
        ("POST /v1/connections/../exchange".into(), frame),
        ("POST /v1/connections/XYZ/exchange".into(), frame),
        (format!("GET /v1/connections/{}/exchange", known()), "\r\n"),
        (
            format!("POST /v1/connections/{}/exchange", known()),
            "content-type: text/html\r\ncontent-length: 1\r\n\r\nx",
        ),
        ("GET /".into(), "\r\n"),
        ("DELETE /v1/twinline".into(), "\r\n"),
        ("GET /admin".into(), "\r\n"),
    ] {
        let answer = raw(
            server.address,
            format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{rest}").as_bytes(),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{line}: {answer}");
        let same: Vec<&str> = answer.lines().filter(|line| !line.starts_with("date:")).collect();
        answers.insert(same.join("\n"));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers.first().unwrap().contains("cache-control: no-store"));
}

#[tokio::test]
async fn f32_bodies_above_the_limit_are_refused_while_they_stream() {
    let server = server().await;
    let caller = caller(server.address);
    let too_much = caller.exchange(&known(), vec![0; MAX_FRAME_BYTES + 1], 0).await;
    assert_eq!(too_much, Err(CallError::TooLarge));
    // Whoever does not check before sending: told while sending, or cut off.
    let answered = caller.pair(&KNOWN, vec![0; 1 << 20]).await;
    assert!(matches!(answered, Err(CallError::TooLarge | CallError::Unreachable(_))), "{answered:?}");
    let head = format!(
        "POST /v1/invitations/{KNOWN}/pair HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n"
    );
    let chunked = format!(
        "{head}transfer-encoding: chunked\r\n\r\n{}",
        format!("400\r\n{}\r\n", "x".repeat(1024)).repeat(6)
    );
    assert!(raw(server.address, chunked.as_bytes()).await.starts_with("HTTP/1.1 413 "));
    assert_eq!(server.mirror.calls.load(Ordering::SeqCst), 0);
    let headers = format!("{head}x: {}\r\n\r\n", "y".repeat(200_000));
    assert!(!raw(server.address, headers.as_bytes()).await.contains(" 200 "));
}

#[tokio::test]
async fn f111_wrong_pairings_are_limited_and_exchanges_go_on() {
    let server = server().await;
    let caller = caller(server.address);
    let mut limited = 0;
    for _ in 0..60 {
        match caller.pair(&InvitationId([9; 16]), vec![1]).await {
            Err(CallError::Unreachable(text)) if text == "HTTP 429" => limited += 1,
            Err(CallError::Unknown404) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(limited >= 30, "{limited}");
    assert_eq!(server.mirror.calls.load(Ordering::SeqCst), 60 - limited);
    assert_eq!(caller.exchange(&known(), b"ab".to_vec(), 0).await, Ok(b"ba".to_vec()));
}

#[tokio::test]
async fn f35_f40_a_page_is_never_taken_for_an_answer() {
    let page = "<html>sign in</html>";
    let with = |head: &str| {
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}", page.len())
    };
    use CallError::*;
    for (head, want) in [
        ("200 OK\r\ncontent-type: text/html", NotTwinline),
        ("200 OK\r\ncontent-type: application/octet-stream", NotTwinline),
        ("200 OK\r\ntwinline: 1\r\ncontent-type: text/html", NotTwinline),
        ("200 OK\r\ntwinline: 2\r\ncontent-type: application/octet-stream", NotTwinline),
        (
            "200 OK\r\ntwinline: 1\r\ncontent-type: application/octet-stream\r\ncontent-encoding: gzip",
            NotTwinline,
        ),
        ("302 Found\r\nlocation: http://127.0.0.1:1/", NotTwinline),
        ("401 Unauthorized", NotTwinline),
        ("403 Forbidden", NotTwinline),
        ("404 Not Found", NotTwinline),
        ("410 Gone", NotTwinline),
        ("500 Internal Server Error", NotTwinline),
        ("407 Proxy Authentication Required", ProxySignIn),
        ("502 Bad Gateway", Unreachable("HTTP 502".into())),
        ("524 A Timeout Occurred", CutOff(524)),
        ("504 Gateway Timeout", CutOff(504)),
        ("413 Request Entity Too Large", LimitBetween),
        ("404 Not Found\r\ntwinline: 1", Unknown404),
        ("413 Payload Too Large\r\ntwinline: 1", TooLarge),
        ("503 Service Unavailable\r\ntwinline: 1", Unreachable("HTTP 503".into())),
    ] {
        let caller = caller(says(with(head)).await);
        assert_eq!(caller.exchange(&known(), vec![1], 0).await, Err(want), "{head}");
        assert_eq!(caller.probe().await, Ok(false), "{head}");
    }
}

#[tokio::test]
async fn f32_an_answer_without_end_or_larger_than_agreed_is_given_up() {
    let head = "HTTP/1.1 200 OK\r\ntwinline: 1\r\ncontent-type: application/octet-stream\r\n";
    let large = caller(says(format!("{head}content-length: 999999999\r\n\r\nx")).await);
    assert_eq!(large.exchange(&known(), vec![1], 0).await, Err(CallError::TooLarge));
    let cut = caller(says(format!("{head}content-length: 100\r\n\r\nx")).await);
    assert!(matches!(cut.exchange(&known(), vec![1], 0).await, Err(CallError::Unreachable(_))));

    // Accepts and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let caller = caller(silent.local_addr().unwrap()).with_patience(Duration::from_millis(200));
    let answered = timeout(Duration::from_secs(10), caller.exchange(&known(), vec![1], 100)).await;
    assert_eq!(answered.unwrap(), Err(CallError::Unreachable("no answer in time".into())));
}

#[tokio::test]
async fn f106_a_caller_is_made_for_addresses_only_that_may_be_called() {
    let error = |address| HttpCaller::new(address).err();
    assert_eq!(error("http://169.254.169.254"), Some(AddressError::Forbidden));
    assert_eq!(error("http://example.com"), Some(AddressError::NeedsHttps));
    assert_eq!(error("ftp://example.com"), Some(AddressError::Invalid));
    let server = server().await;
    let named = HttpCaller::new(&format!("http://localhost:{}", server.address.port())).unwrap();
    assert_eq!(named.probe().await, Ok(true));
}
