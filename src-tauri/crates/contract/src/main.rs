//! Holds recordings of practice-jira against the description of the API.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use twinline_contract::{Description, Error, Exceptions, Report, read_folder};

/// Holds what was asked and answered against Atlassian's description of Jira's API.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the recordings in a folder (see PRACTICE_JIRA_RECORD)
    Check {
        /// Folder with recordings
        folder: PathBuf,
        /// Another description than the best that is there
        #[arg(long)]
        description: Option<PathBuf>,
    },
    /// Write what the repository holds of a description
    Essence {
        /// Atlassian's description
        description: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}.");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<bool, Error> {
    match command {
        Command::Check { folder, description } => {
            let description = match description {
                Some(path) => Description::read(&path)?,
                None => Description::best()?,
            };
            let report = Report::of(&description, &Exceptions::of_this_house()?, &read_folder(&folder)?)?;
            println!("{report}");
            Ok(report.good())
        }
        Command::Essence { description } => {
            print!("{}", Description::read(&description)?.essence());
            Ok(true)
        }
    }
}
