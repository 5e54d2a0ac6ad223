//! practice-relay: iroh's relay on this computer, for the demo. `practice-relay [PORT]` says where it is, and runs until it is
//! stopped.

use std::process::ExitCode;

use practice_relay::Relay;

#[tokio::main]
async fn main() -> ExitCode {
    let port = match std::env::args().nth(1).map(|port| port.parse()) {
        None => 0,
        Some(Ok(port)) => port,
        Some(Err(_)) => {
            eprintln!("Usage: practice-relay [PORT]");
            return ExitCode::FAILURE;
        }
    };
    match Relay::start(port).await {
        Ok(relay) => {
            println!("{}", relay.url());
            std::future::pending::<()>().await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("practice-relay cannot start: {error}.");
            ExitCode::FAILURE
        }
    }
}
