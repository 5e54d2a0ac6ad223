//! `twinline-node run`: keeps everything in step until a signal, or with `--once` until nothing is left to do.

use std::sync::Arc;
use std::time::Duration;

use twinline_node::Node;
use twinline_node::words::say;

use crate::args::Run;
use crate::{Failure, print};

/// A clean stop takes less; after that the process ends anyway, as a crash would, which loses nothing.
const STOP: Duration = Duration::from_millis(4_500);

/// Runs the node. Standard output stays empty; what happens is told on standard error.
pub async fn run(node: &Arc<Node>, args: Run) -> Result<(), Failure> {
    // Before anything starts, so that an early signal is not missed.
    let mut stop = Stop::new()?;
    if args.take_over {
        for connection in node.connections().await? {
            node.take_over(&connection.id).await?;
        }
    }
    if args.once {
        let settled = tokio::select! {
            result = node.run_until_settled() => Some(result),
            () = stop.asked() => None,
        };
        return match settled {
            Some(result) => Ok(result?),
            None => {
                let _ = tokio::time::timeout(STOP, node.stop()).await;
                Err(Failure::Said(say("cli-once-stopped", &[])))
            }
        };
    }
    node.start().await?;
    let mut changes = node.changes();
    let (mut told, mut listening, mut relays) = (String::new(), None, Vec::new());
    loop {
        // Said once the port is really open; a port that another program holds is told as a problem.
        if listening != node.listening() {
            listening = node.listening();
            if let Some(address) = listening {
                tell(&say("cli-listening", &[("address", &address.to_string())]));
            }
        }
        let now = node.relays();
        for relay in now.iter().filter(|relay| !relays.contains(*relay)) {
            tell(&say("cli-at-relay", &[("relay", relay)]));
        }
        relays = now;
        let sentence = node.status().await.sentence;
        if sentence != told {
            tell(&sentence);
            told = sentence;
        }
        tokio::select! {
            () = stop.asked() => break,
            changed = changes.changed() => if changed.is_err() { break },
        }
    }
    let _ = tokio::time::timeout(STOP, node.stop()).await;
    Ok(())
}

fn tell(text: &str) {
    use std::io::Write;
    // Nobody listens any more: no reason to stop syncing.
    let _ = writeln!(std::io::stderr().lock(), "{}", print::plain(text));
}

/// SIGTERM, SIGINT, or the like.
struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn new() -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    async fn asked(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}
