//! `twinline-node` as a person at a terminal uses it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::stop::Program;
use crate::tool::{Failed, Tool, fail};

/// One company's node: its data folder, and the process that runs on it.
pub struct Node {
    /// As people call the company.
    pub company: String,
    /// Its data folder.
    pub data: PathBuf,
    program: PathBuf,
    root: PathBuf,
    running: Option<Program>,
}

impl Node {
    /// Nothing runs yet.
    pub fn new(tool: &Tool, company: &str, data: PathBuf) -> Self {
        let program = tool.program("twinline-node", tool.release);
        Self { company: company.to_owned(), data, program, root: tool.root.clone(), running: None }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.root).arg("--data").arg(&self.data).args([
            "--secrets",
            "file",
            "--practice",
        ]);
        command.args(arguments);
        command
    }

    /// Runs one command; `input` goes to its standard input, what it prints is returned.
    pub fn say(&self, arguments: &[&str], input: &str) -> Result<String, Failed> {
        let what = format!("{}: twinline-node {}", self.company, spoken(arguments));
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|e| Failed(format!("{what} cannot be started: {e}.")))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ends without reading has its own reason to give.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output().map_err(|e| Failed(format!("{what} broke off: {e}.")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        fail(format!("{what} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }

    /// Runs one reading command and returns its JSON.
    pub fn ask(&self, arguments: &[&str]) -> Result<Value, Failed> {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let text = self.say(&arguments, "")?;
        serde_json::from_str(&text).map_err(|e| {
            Failed(format!("{}: twinline-node {} did not print JSON: {e}.", self.company, spoken(&arguments)))
        })
    }

    /// Starts `run` in the background; its words go to `log`.
    pub fn run(&mut self, arguments: &[&str], log: &Path) -> Result<(), Failed> {
        let mut all = vec!["run"];
        all.extend(arguments);
        let name = format!("{}'s twinline-node", self.company);
        self.running = Some(Program::start(&name, &mut self.command(&all), log)?);
        Ok(())
    }

    /// Fails if the process of [`Self::run`] has ended.
    pub fn must_run(&mut self) -> Result<(), Failed> {
        self.running.as_mut().map_or(Ok(()), Program::must_run)
    }

    /// The most memory that the process of [`Self::run`] ever had resident, in MiB (`VmHWM`: Linux alone tells).
    pub fn peak_mib(&self) -> Option<f64> {
        self.memory_mib("VmHWM:")
    }

    /// The memory that it has resident now, in MiB.
    pub fn resident_mib(&self) -> Option<f64> {
        self.memory_mib("VmRSS:")
    }

    fn memory_mib(&self, which: &str) -> Option<f64> {
        let id = self.running.as_ref()?.id();
        let text = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(which))?;
        let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kib / 1024.0)
    }

    /// Ends the process of [`Self::run`].
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// The overall word of `status --json`.
    pub fn overall(&self) -> Result<String, Failed> {
        let status = self.ask(&["status"])?;
        Ok(status["overall"].as_str().unwrap_or_default().to_owned())
    }

    /// The only connection, as JSON.
    pub fn connection(&self) -> Result<Option<Value>, Failed> {
        let answer = self.ask(&["connection", "list"])?;
        Ok(rows(&answer, "connections").first().cloned())
    }

    /// Every pair of which both keys are known.
    pub fn pairs(&self, connection: &str) -> Result<Vec<Pair>, Failed> {
        let answer = self.ask(&["pairs", "--connection", connection])?;
        let pairs = rows(&answer, "pairs").iter().filter_map(|pair| {
            let key = |name: &str| pair[name].as_str().map(str::to_owned);
            Some(Pair { ours: key("ours")?, theirs: key("theirs")?, from_us: pair["direction"] == "out" })
        });
        Ok(pairs.collect())
    }
}

/// An issue and its twin, as `pairs --json` says it.
pub struct Pair {
    /// Our key.
    pub ours: String,
    /// The partner's key.
    pub theirs: String,
    /// Whether it was born on our side.
    pub from_us: bool,
}

/// A list stands alone or under its name.
fn rows<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer.as_array().or_else(|| answer[name].as_array()).map_or(&[], Vec::as_slice)
}

/// The words that say what was asked, without values.
fn spoken(arguments: &[&str]) -> String {
    let words: Vec<&str> = arguments.iter().copied().take_while(|a| !a.starts_with("--")).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_read_with_and_without_a_name() {
        assert_eq!(rows(&json!([1, 2]), "pairs").len(), 2);
        assert_eq!(rows(&json!({"pairs": [1]}), "pairs").len(), 1);
        assert!(rows(&json!({}), "pairs").is_empty());
    }

    #[test]
    fn an_error_names_the_command_and_no_value() {
        assert_eq!(spoken(&["connection", "accept", "--account", "a1"]), "connection accept");
    }
}
