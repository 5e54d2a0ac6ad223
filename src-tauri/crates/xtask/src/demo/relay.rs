//! A practice relay as a program: where two companies meet of which neither can be called.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::stop::Program;
use crate::tool::{Failed, Tool, fail};

/// A relay that runs until this value goes.
pub struct Relay {
    /// Where it is.
    pub url: String,
    program: Program,
}

impl Relay {
    /// Starts one on a free port and waits for its first line.
    pub fn start(tool: &Tool) -> Result<Self, Failed> {
        Self::start_at(tool, "0")
    }

    /// Ends it, and starts it again at the same place.
    pub fn restart(self, tool: &Tool) -> Result<Self, Failed> {
        let Self { url, program } = self;
        drop(program);
        let port = url.rsplit(':').next().unwrap_or_default().to_owned();
        Self::start_at(tool, &port)
    }

    /// Fails if it has ended.
    pub fn must_run(&mut self) -> Result<(), Failed> {
        self.program.must_run()
    }

    fn start_at(tool: &Tool, port: &str) -> Result<Self, Failed> {
        let mut command = tool.command(tool.program("practice-relay", tool.release));
        let mut program = Program::spawn("practice-relay", command.arg(port).stdout(Stdio::piped()))?;
        let Some(out) = program.child().stdout.take() else {
            return fail("The relay's output cannot be read.");
        };
        // It says one line, or ends.
        let mut line = String::new();
        let read = BufReader::new(out).read_line(&mut line);
        match line.trim() {
            url if read.is_ok() && url.starts_with("http://") => Ok(Self { url: url.to_owned(), program }),
            _ => fail("The practice relay did not start."),
        }
    }
}
