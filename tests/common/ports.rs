//! Ports for nodes that are told where to listen.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below those that systems give to whoever asks for any (Linux: from 32768 on, `ip_local_port_range` of ip(7)): between the
/// moment in which a port is found free and the one in which a node listens there, nobody else gets it by chance.
const FIRST: u16 = 20_000;
const MANY: u16 = 12_000;

/// A port that nobody uses now; another one each time.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another process of tests begins elsewhere.
    let begin = std::process::id().wrapping_mul(97) % u32::from(MANY);
    for _ in 0..MANY {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = FIRST + ((begin + step) % u32::from(MANY)) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free between {FIRST} and {}", FIRST + MANY);
}
