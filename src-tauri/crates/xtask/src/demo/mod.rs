//! Two companies on this computer: each with a practice Jira and Twinline.
//!
//! [`story`] goes through everything without a window and checks what arrived; [`windows`] lets a person do it.

pub mod compare;
mod content;
pub mod pair;
mod relay;
mod story;
mod windows;

use std::path::Path;

use clap::Args;

use crate::setup::{self, Needs};
use crate::stop;
use crate::tool::{Failed, Tool};

/// How the demo is to be.
#[derive(Args)]
pub struct Options {
    /// Without windows: go through the whole story and check what arrives
    #[arg(long)]
    headless: bool,
    /// Without windows: neither company can be called, and both meet at a relay
    #[arg(long, requires = "headless")]
    no_url: bool,
    /// With windows: start with the connection made
    #[arg(long, conflicts_with = "headless")]
    connected: bool,
    /// Keep the two data folders afterwards, and say where they are
    #[arg(long)]
    keep: bool,
}

/// Runs the demo; without a display it goes through the story.
pub fn run(tool: &Tool, options: &Options) -> Result<(), Failed> {
    stop::listen()?;
    let display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    let folder = Folder::new(options.keep)?;
    if options.headless || !display {
        setup::ensure(tool, Needs::Rust, false)?;
        let programs = ["practice-jira", "twinline-headless", "practice-relay"];
        // The relay is built only where it is wanted: it takes a while.
        tool.build(&programs[..if options.no_url { 3 } else { 2 }], false)?;
        return story::run(tool, &folder, options.no_url);
    }
    setup::ensure(tool, Needs::Window, false)?;
    tool.build(&["practice-jira", "twinline-headless", "twinline"], false)?;
    windows::run(tool, &folder, options.connected)
}

/// Where both companies' data lie; goes away with the demo unless it is kept.
pub struct Folder {
    temporary: tempfile::TempDir,
}

impl Folder {
    /// A new, empty one.
    pub fn new(keep: bool) -> Result<Self, Failed> {
        let made = tempfile::Builder::new().prefix("twinline-demo-").disable_cleanup(keep).tempdir();
        let temporary = made.map_err(|e| Failed(format!("A temporary folder cannot be made: {e}.")))?;
        if keep {
            println!("The data stays in {}", temporary.path().display());
        }
        Ok(Self { temporary })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.temporary.path()
    }
}
