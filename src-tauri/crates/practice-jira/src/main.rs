//! practice-jira: a stand-in for Jira Cloud on this computer.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use practice_jira::{Error, Options, Site};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Limits {
    Real,
    None,
}

/// A stand-in for Jira Cloud on this computer, with a small web page to look at and change issues.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example: practice-jira --site acme --port 7801 --memory --seed-issues 4",
    after_long_help = concat!(
        "Example: practice-jira --site acme --port 7801 --memory --seed-issues 4\n\n",
        include_str!("faults.md")
    )
)]
struct Arguments {
    /// Name of the site; acme and globex have their own projects
    #[arg(long)]
    site: String,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Keep the state in this file (attachments beside it)
    #[arg(long, conflicts_with = "memory")]
    data: Option<PathBuf>,
    /// Keep the state in memory; this is the default
    #[arg(long)]
    memory: bool,
    /// How many issues a new site starts with
    #[arg(long, default_value_t = 0)]
    seed_issues: u32,
    /// Each answer of the API comes this much later
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Whether Jira's rate limits are applied
    #[arg(long, value_enum, default_value = "none")]
    limits: Limits,
    /// JSON with fault switches, as for PUT /practice/faults
    #[arg(long)]
    faults: Option<PathBuf>,
    /// The API token; else one is made (and kept with --data)
    #[arg(long)]
    token: Option<String>,
    /// Record what is asked and answered in this folder; PRACTICE_JIRA_RECORD does the same
    #[arg(long)]
    record: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("practice-jira cannot start: {error}.");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let faults = match &arguments.faults {
        None => None,
        Some(path) => {
            let wrong = |e: &dyn std::fmt::Display| {
                Error::Option(format!("The faults in {} cannot be read: {e}.", path.display()))
            };
            let text = std::fs::read_to_string(path).map_err(|e| wrong(&e))?;
            Some(serde_json::from_str::<serde_json::Value>(&text).map_err(|e| wrong(&e))?)
        }
    };
    let running = Site::start(Options {
        site: arguments.site,
        port: arguments.port,
        data: arguments.data,
        seed_issues: arguments.seed_issues,
        latency_ms: arguments.latency_ms,
        limits: arguments.limits == Limits::Real,
        token: arguments.token,
        record: arguments.record,
        ..Options::default()
    })
    .await?;
    if let Some(faults) = faults {
        running.set_faults(&faults)?;
    }
    println!(
        "practice Jira \"{}\" on {} · e-mail {} · API token {}",
        running.site, running.url, running.email, running.token
    );
    wait_for_the_end().await;
    running.shutdown().await;
    Ok(())
}

#[cfg(unix)]
async fn wait_for_the_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {} _ = terminate.recv() => {} }
        }
        Err(_) => drop(interrupt.await),
    }
}

#[cfg(not(unix))]
async fn wait_for_the_end() {
    let _ = tokio::signal::ctrl_c().await;
}
