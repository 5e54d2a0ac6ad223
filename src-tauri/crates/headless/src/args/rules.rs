//! `rules …`: the sync rules of a connection.

use std::path::PathBuf;

use clap::{Args as Arguments, Subcommand};

/// What to do with the sync rules.
#[derive(Subcommand, Debug)]
pub enum Rules {
    /// The rules that are in force; in Basic mode, what they would be as text
    #[command(after_help = "Example:\n  twinline-node rules show ID")]
    Show(OneConnection),
    /// Turn the rules of Basic mode into text that does exactly the same, and may be edited
    #[command(after_help = "There is no way back to Basic mode; every version of the rules is kept.\n\n\
                  Example:\n  twinline-node rules upgrade ID --yes")]
    Upgrade(Upgrade),
    /// What other rules would make of the newest 20 issues. Nothing is written
    #[command(after_help = "Example:\n  twinline-node rules try ID --outgoing outgoing.rhai")]
    Try(Texts),
    /// Save other rules: they are in force at once, and apply from an issue's next change on
    #[command(after_help = "Example:\n  twinline-node rules save ID --outgoing outgoing.rhai")]
    Save(Save),
    /// The versions that were saved, the newest first
    #[command(after_help = "Example:\n  twinline-node rules versions ID")]
    Versions(OneConnection),
    /// Put an earlier version in force again, as a new one
    #[command(after_help = "Example:\n  twinline-node rules bring-back ID 3")]
    BringBack(BringBack),
}

/// A connection.
#[derive(Arguments, Debug)]
pub struct OneConnection {
    /// Its id, or the beginning of it, from "connection list"
    pub id: String,
}

/// The upgrade.
#[derive(Arguments, Debug)]
pub struct Upgrade {
    /// Its id, or the beginning of it, from "connection list"
    pub id: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Rules in files.
#[derive(Arguments, Debug)]
pub struct Texts {
    /// Its id, or the beginning of it, from "connection list"
    pub id: String,
    /// What leaves, UTF-8 [default: as in force]
    #[arg(long, value_name = "FILE")]
    pub outgoing: Option<PathBuf>,
    /// What is written here, UTF-8 [default: as in force]
    #[arg(long, value_name = "FILE")]
    pub incoming: Option<PathBuf>,
}

/// Rules to save.
#[derive(Arguments, Debug)]
pub struct Save {
    /// Which, and what
    #[command(flatten)]
    pub texts: Texts,
    /// Only if this is still the newest version
    #[arg(long, value_name = "VERSION")]
    pub based_on: Option<u64>,
}

/// A version.
#[derive(Arguments, Debug)]
pub struct BringBack {
    /// Its id, or the beginning of it, from "connection list"
    pub id: String,
    /// From "rules versions"
    #[arg(value_name = "VERSION")]
    pub number: u64,
}
