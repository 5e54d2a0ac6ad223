//! The only build tool: everything a newcomer or the CI runs is a sub-command of `cargo xtask`.
//!
//! It knows the other crates by their programs and their files alone, so that it builds in seconds on a bare machine
//! and can then install what the rest needs. Begin reading at [`test`] for what is checked, at [`demo`] for what the
//! product does, and at [`tidy`] for the rules of the house.

mod bench;
mod clients;
mod demo;
mod http;
mod line;
mod node;
mod practice;
mod servers;
mod setup;
mod simulate;
mod stop;
mod test;
mod tidy;
mod tool;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::setup::Needs;
use crate::tool::{Failed, Tool};

const EXAMPLES: &str = "Examples:
  cargo xtask demo                 two companies, two windows, practice Jiras
  cargo xtask demo --headless      the same story in the terminal; --no-url: through a relay
  cargo xtask test                 everything that CI checks
  cargo xtask test --fast          the same without the window and the journeys";

/// Twinline's build tool.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing: Debian packages, npm packages, the built UI. Never Rust or Node.
    #[command(after_help = "Example: cargo xtask setup")]
    Setup,
    /// Two companies on this computer, each with a practice Jira and Twinline.
    #[command(after_help = "Example: cargo xtask demo --headless")]
    Demo(demo::Options),
    /// Every check, in the order in which they fail soonest.
    #[command(after_help = "Example: cargo xtask test --fast")]
    Test {
        /// Leave out the window and the journeys.
        #[arg(long)]
        fast: bool,
    },
    /// Run the sync core in a simulated world, seed by seed: faults, crashes, restored databases.
    #[command(after_help = "Example: cargo xtask simulate --seed 7 --trace")]
    Simulate(simulate::Options),
    /// The rules of the house: arrows between crates, imports, sentences, file sizes, foreign paths.
    #[command(after_help = "Example: cargo xtask tidy")]
    Tidy,
    /// Write ui/src/bindings.ts anew from the Rust commands and types.
    #[command(after_help = "Example: cargo xtask bindings")]
    Bindings,
    /// Measure what the design promises, and what independent clients make of the practice Jira.
    #[command(
        after_help = "Examples:\n  cargo xtask bench calls\n  cargo xtask bench --release reading first-sync"
    )]
    Bench(bench::Options),
    /// Build .deb and .rpm.
    #[command(after_help = "Example: cargo xtask bundle")]
    Bundle,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("{failed}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failed> {
    let tool = Tool::find()?;
    match command {
        Command::Setup => setup::ensure(&tool, Needs::Everything, true),
        Command::Demo(options) => demo::run(&tool, &options),
        Command::Test { fast } => test::run(&tool, fast),
        Command::Simulate(options) => simulate::run(&tool, &options),
        Command::Tidy => tidy::run(&tool),
        Command::Bindings => bindings(&tool),
        Command::Bench(options) => bench::run(&tool, &options),
        Command::Bundle => bundle(&tool),
    }
}

fn bindings(tool: &Tool) -> Result<(), Failed> {
    setup::ensure(tool, Needs::Window, false)?;
    let mut command = tool.cargo(&["test", "--test", "bindings"]);
    tool::run("Writing ui/src/bindings.ts", command.env("UPDATE_BINDINGS", "1"))
}

fn bundle(tool: &Tool) -> Result<(), Failed> {
    setup::ensure(tool, Needs::Window, false)?;
    let cli = tool.root.join("ui/node_modules/.bin/tauri");
    let mut command = tool.command(&cli);
    tool::run("Building the packages", command.args(["build", "--bundles", "deb,rpm"]))?;
    println!("The packages are in {}.", tool.target.join("release/bundle").display());
    Ok(())
}
