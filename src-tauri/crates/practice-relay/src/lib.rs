//! iroh's relay on this computer, without TLS: for tests and the demo, which have no relay of a company.
//!
//! It is the server that `iroh-relay` itself runs, so that what passes here passes there; nothing of ours is in it. It listens
//! on 127.0.0.1 only and lets everybody in: never put it where strangers are. A company's own relay is in `docs/relay.md`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use iroh_relay::server::{RelayConfig, Server, ServerConfig};

/// A relay that runs until it is stopped or dropped.
pub struct Relay {
    server: Server,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

impl Relay {
    /// Starts one; 0 takes a free port.
    pub async fn start(port: u16) -> io::Result<Self> {
        let mut config = ServerConfig::default();
        config.relay = Some(RelayConfig::new(SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
        let server = Server::spawn(config).await.map_err(|e| io::Error::other(e.to_string()))?;
        let at = server.http_addr().ok_or_else(|| io::Error::other("the relay listens nowhere"))?;
        Ok(Self { server, port: at.port() })
    }

    /// Its address, as it stands in an invitation.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it: whoever was connected notices at once.
    pub async fn stop(self) {
        // Whatever it says at its end, it has ended.
        let _ended = self.server.shutdown().await;
    }
}
