//! Every check, in the order in which a mistake shows soonest. CI runs exactly this.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::clients;
use crate::setup::{self, Needs};
use crate::simulate::{self, Beside};
use crate::tidy;
use crate::tool::{self, Failed, Tool, fail, spoken};

/// Targets of their own steps: they start real programs and take longer.
const APART: [&str; 2] = ["journeys", "desktop"];

/// Any of this age or newer will do; the newest is installed where none is there.
const DENY: &str = "^0.20";

/// Runs them all and says how long each took; the first that fails ends it.
pub fn run(tool: &Tool, fast: bool) -> Result<(), Failed> {
    let mut report = Report::default();
    let result = steps(tool, fast, &mut report);
    report.print();
    result.map_err(|failed| match tool::full_disk(&tool.target) {
        Some(full) => Failed(format!("{failed} {full}")),
        None => failed,
    })
}

fn steps(tool: &Tool, fast: bool, report: &mut Report) -> Result<(), Failed> {
    report.step("setup", || setup::ensure(tool, Needs::Everything, false))?;
    report.step("format", || tool::run("cargo fmt", &mut tool.cargo(&["fmt", "--all", "--check"])))?;
    report.step("tidy", || tidy::run(tool))?;
    report.step("ui check", || tool::run("svelte-check", &mut tool.npm("check")))?;
    report.step("ui lint", || tool::run("eslint and prettier", &mut tool.npm("lint")))?;
    report.step("ui test", || tool::run("The UI's tests", &mut tool.npm("test")))?;
    report.step("ui e2e", || tool::run("The UI in a browser", &mut tool.npm("e2e")))?;
    report.step("clippy", || {
        let lints = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        tool::run("clippy", &mut tool.cargo(&lints))
    })?;
    report.step("deny", || deny(tool))?;
    let recordings = tool.target.join("contract");
    emptied(&recordings)?;
    report.step("rust tests", || rust_tests(tool, &recordings))?;
    if !fast {
        report.step("protocol", || clients::protocol(tool))?;
        report.step("simulator", || simulate::build(tool))?;
        // A third of an hour of computing; the journeys are mostly waiting.
        let simulated = Beside::start(
            tool,
            &[
                &["--seeds", &simulate::SEEDS.to_string()],
                &["--scripted", "--seeds", &simulate::SCRIPTED.to_string()],
                &["--wide", "--seeds", &simulate::WIDE.to_string()],
            ],
        )?;
        // The journeys start real programs; a build step of its own shows what that costs.
        report.step("build", || {
            tool::run(
                "Building the programs",
                &mut tool.cargo(&["build", "--workspace", "--bins", "--locked"]),
            )
        })?;
        report.step("practice page", || {
            let mut command = tool.npm("e2e:practice");
            command.env("PRACTICE_JIRA", tool.program("practice-jira", false));
            tool::run("The practice Jira's page in a browser", &mut command)
        })?;
        report.step("clients", || {
            clients::python(tool)?;
            clients::proxy(tool).map(drop)
        })?;
        report.step("journeys", || {
            let mut command = tool.cargo(&["test", "--workspace", "--locked", "--test", "journeys"]);
            // They wait most of the time: for a poll, for a change to settle.
            let threads = 2 * std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
            command.args(["--", "--test-threads", &threads.to_string()]);
            command.env("TWINLINE_CLIENT_PYTHON", clients::python(tool)?).env(RECORD, &recordings);
            command.env("TWINLINE_PROXY_PYTHON", clients::proxy(tool)?);
            tool::run("The journeys", &mut command)
        })?;
        report.step("desktop", || {
            let mut command = tool.cargo(&["test", "--workspace", "--locked", "--test", "desktop"]);
            tool::run("The real window", command.env("E2E", "1"))
        })?;
        report.step("simulate", || simulated.finish())?;
    }
    report.step("contract", || {
        let check = ["run", "--locked", "--quiet", "--package", "twinline-contract", "--", "check"];
        tool::run("The contract with Jira", tool.cargo(&check).arg(&recordings))
    })
}

/// Where practice-jira writes down what it is asked and what it answers.
const RECORD: &str = "PRACTICE_JIRA_RECORD";

/// What earlier runs recorded says nothing about this one.
fn emptied(folder: &Path) -> Result<(), Failed> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            fail(format!("Earlier recordings cannot be removed: {error}."))
        }
        _ => Ok(()),
    }
}

/// Units, crates and small targets. Journeys and the window have their own steps, but the same selection of
/// packages: another one would unify features differently and build half of everything twice.
fn rust_tests(tool: &Tool, recordings: &Path) -> Result<(), Failed> {
    let mut command = tool.cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins"]);
    for name in test_targets(&tool.metadata).iter().filter(|name| !APART.contains(&name.as_str())) {
        command.args(["--test", name]);
    }
    tool::run("The Rust tests", command.env(RECORD, recordings))?;
    tool::run(
        "The examples in the documentation",
        &mut tool.cargo(&["test", "--workspace", "--locked", "--doc", "--quiet"]),
    )
}

/// Names of all integration tests of the workspace.
fn test_targets(metadata: &serde_json::Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    let tests =
        targets.filter(|t| t["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == "test")));
    let mut names: Vec<String> = tests.filter_map(|t| t["name"].as_str()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// Licences, bans and sources. The advisories need a database from the network, so they are not part of a test.
fn deny(tool: &Tool) -> Result<(), Failed> {
    let own = tool.target.join("tools/bin/cargo-deny");
    let program = if tool::on_path("cargo-deny") { PathBuf::from("cargo-deny") } else { own.clone() };
    if program == own && !own.is_file() {
        println!("Installing cargo-deny (once, some minutes)");
        let mut command =
            tool.cargo(&["install", "--quiet", "--locked", "--debug", "cargo-deny", "--version", DENY]);
        command.arg("--root").arg(tool.target.join("tools"));
        tool::run("Installing cargo-deny", &mut command)?;
    }
    let mut command = tool.command(&program);
    tool::run("cargo deny", command.args(["--log-level", "error", "check", "licenses", "bans", "sources"]))
}

#[derive(Default)]
struct Report {
    times: Vec<(String, Duration, bool)>,
}

impl Report {
    fn step(&mut self, name: &str, run: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
        println!("\n== {name}");
        let start = Instant::now();
        let result = run();
        let time = start.elapsed();
        self.times.push((name.to_owned(), time, result.is_ok()));
        match result {
            Ok(()) => {
                println!("== {name}: good, {}", spoken(time));
                Ok(())
            }
            Err(failed) => fail(format!("Step \"{name}\" failed: {failed}")),
        }
    }

    fn print(&self) {
        println!("\nTimes");
        for (name, time, good) in &self.times {
            println!("  {name:12} {:>12}  {}", spoken(*time), if *good { "good" } else { "FAILED" });
        }
        println!("  {:12} {:>12}", "together", spoken(self.times.iter().map(|(_, time, _)| *time).sum()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_integration_test_is_found_once() {
        let target = |name: &str, kind: &str| json!({"name": name, "kind": [kind]});
        let metadata = json!({"packages": [
            {"targets": [target("a", "lib"), target("journeys", "test"), target("bindings", "test")]},
            {"targets": [target("bindings", "test"), target("b", "bin")]}]});
        assert_eq!(test_targets(&metadata), ["bindings", "journeys"]);
    }

    #[test]
    fn earlier_recordings_are_gone_and_a_first_run_has_none() {
        let folder = std::env::temp_dir().join(format!("twinline-recordings-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("1-a.jsonl"), "{}\n").expect("a file");
        emptied(&folder).expect("emptied");
        assert!(!folder.exists());
        emptied(&folder).expect("nothing to empty");
    }

    #[test]
    fn a_failing_step_is_named_and_counted() {
        let mut report = Report::default();
        let error = report.step("tidy", || fail("2 things to put right.")).expect_err("fails");
        assert_eq!(error.to_string(), "Step \"tidy\" failed: 2 things to put right.");
        assert!(!report.times[0].2);
    }
}
