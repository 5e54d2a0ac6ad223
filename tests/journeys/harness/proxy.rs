//! Somebody in between who writes down every byte, and can pull the cable.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A TCP proxy that records.
#[derive(Clone)]
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
    /// Everything that went through, one entry a connection and direction.
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    cut: Arc<AtomicBool>,
}

impl Proxy {
    /// Listens, and passes everything to `target`.
    pub async fn start(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let proxy = Self { port, seen: Arc::default(), cut: Arc::default() };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                if accepting.cut.load(Ordering::SeqCst) {
                    continue;
                }
                let proxy = accepting.clone();
                tokio::spawn(async move {
                    let Ok(callee) = TcpStream::connect(("127.0.0.1", target)).await else { return };
                    let (from_caller, to_caller) = caller.into_split();
                    let (from_callee, to_callee) = callee.into_split();
                    tokio::join!(proxy.pump(from_caller, to_callee), proxy.pump(from_callee, to_caller));
                });
            }
        });
        proxy
    }

    async fn pump(&self, mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf) {
        let slot = {
            let mut seen = self.seen.lock().expect("no task panics here");
            seen.push(Vec::new());
            seen.len() - 1
        };
        let mut buffer = vec![0u8; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            self.seen.lock().expect("no task panics here")[slot].extend_from_slice(&buffer[..length]);
            if self.cut.load(Ordering::SeqCst) || to.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    }

    /// Pulls the cable, or puts it back.
    pub fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }

    /// How many bytes went through.
    pub fn bytes(&self) -> usize {
        self.seen.lock().expect("no task panics here").iter().map(Vec::len).sum()
    }

    /// Whether these bytes were seen, in a row, in one direction of one connection.
    pub fn saw(&self, needle: &[u8]) -> bool {
        self.seen.lock().expect("no task panics here").iter().any(|stream| contains(stream, needle))
    }
}

/// Whether `needle` stands in `bytes`.
pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return true };
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|b| b == first) {
        if bytes[from + at..].starts_with(needle) {
            return true;
        }
        from += at + 1;
    }
    false
}

#[test]
fn a_needle_is_found_wherever_it_stands() {
    assert!(contains(b"aab", b"ab") && contains(b"ab", b"ab") && contains(b"xaby", b"ab"));
    assert!(!contains(b"", b"ab") && !contains(b"a", b"ab") && !contains(b"ba", b"ab"));
}
