//! What the window and the tray cost, as ratios within one run: `cargo xtask bench window` builds the app and runs this.
//!
//! It drives the real app on a private desktop, as `tests/desktop` does, and with its pieces. `TWINLINE_APP` names the build
//! that is measured.

// A measurement may fail where it stands.
#![allow(clippy::unwrap_used)]

mod answers;
mod bare;
mod idle;
mod memory;
mod proc;
mod rows;
mod seeded;
mod start;
mod world;

// What the tests have and a measurement does not need.
#[allow(dead_code)]
#[path = "../../tests/desktop/desktop.rs"]
mod desktop;
#[allow(dead_code)]
#[path = "../../tests/desktop/keyboard.rs"]
mod keyboard;
#[allow(dead_code)]
#[path = "../../tests/common/ports.rs"]
mod ports;
#[allow(dead_code)]
#[path = "../../tests/desktop/sites.rs"]
mod sites;
#[allow(dead_code)]
#[path = "../../tests/desktop/status_notifier.rs"]
mod status_notifier;
#[allow(dead_code)]
#[path = "../../tests/desktop/window.rs"]
mod window;
#[allow(dead_code)]
#[path = "../../tests/desktop/x11.rs"]
mod x11;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// Measures the window and the tray.
#[derive(Parser)]
struct Args {
    /// Where the figures are written, as JSON
    #[arg(long)]
    out: PathBuf,
    /// For how long the idle app is looked at, in seconds
    #[arg(long, default_value_t = 600)]
    idle: u64,
    /// Only these parts
    #[arg(long, value_delimiter = ',', default_value = "start,answers,memory,idle")]
    only: Vec<String>,
    /// Cargo says so
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let wants = |part: &str| args.only.iter().any(|only| only == part);
    let mut report = rows::Report::default();
    let bare = bare::Bare::build();
    if wants("start") || wants("answers") {
        let mut desktop = desktop::Desktop::start();
        let seeded = seeded::Seeded::make(&desktop).await;
        if wants("start") {
            start::measure(&mut desktop, &bare, &seeded, &mut report).await;
        }
        if wants("answers") {
            answers::measure(&mut desktop, &seeded, &mut report).await;
        }
    }
    if wants("memory") || wants("idle") {
        let mut desktop = desktop::Desktop::start();
        let world = world::World::make(&desktop).await;
        if wants("memory") {
            let partner = world.globex.here().await;
            memory::measure(&mut desktop, &bare, &world.acme, &mut report).await;
            partner.stop().await;
        }
        if wants("idle") {
            idle::measure(&mut desktop, &world, Duration::from_secs(args.idle), &mut report).await;
        }
    }
    std::fs::write(&args.out, report.json().to_string()).unwrap();
}
