//! Clients that share nothing with us, so that we do not only test ourselves against ourselves: those of Jira, and one of our own
//! protocol. Each is installed once, in a folder of its own, from the registry that this computer's `pip` or `npm` uses.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::tool::{self, Failed, Tool, fail};

/// For the journeys and the measures: each reads and writes.
const PYTHON: [&str; 2] = ["jira==3.10.5", "atlassian-python-api==5.0.5"];
/// Reads only. It insists on https, so a library that makes certificates comes along.
const TAP: [&str; 2] = ["tap-jira==2.6.0", "trustme==1.2.1"];
/// A company's proxy, for the journeys; the newest that Python 3.11 can run.
const PROXY: [&str; 1] = ["mitmproxy==11.0.2"];
/// Keys and ciphers for the protocol's test vectors; the rest of the protocol is in the script.
const CRYPTOGRAPHY: [&str; 1] = ["cryptography==50.0.2"];
/// The newest that Node 20 can run: 6 needs 22.
const NODE: &str = "jira.js@5.4.0";

/// A Python with the clients of the journeys.
pub fn python(tool: &Tool) -> Result<PathBuf, Failed> {
    venv(tool, "clients-venv", &PYTHON)
}

/// A Python with tap-jira alone: what it trusts is changed there, and it wants old versions of what others use too.
pub fn tap(tool: &Tool) -> Result<PathBuf, Failed> {
    venv(tool, "tap-venv", &TAP)
}

/// A Python with mitmproxy, alone: it names the versions of what it needs.
pub fn proxy(tool: &Tool) -> Result<PathBuf, Failed> {
    venv(tool, "proxy-venv", &PROXY)
}

/// Computes the test vectors of `docs/protocol.md` with a client that shares no code with ours, and compares.
pub fn protocol(tool: &Tool) -> Result<(), Failed> {
    let python = venv(tool, "protocol-venv", &CRYPTOGRAPHY)?;
    let mut client = tool.command(&python);
    client.arg(tool.root.join("tests/clients/protocol.py"));
    client.arg(tool.root.join("src-tauri/crates/link/tests/vectors"));
    tool::run("The independent client of the protocol", &mut client)
}

/// A folder with the clients from npm.
pub fn node(tool: &Tool) -> Result<PathBuf, Failed> {
    let folder = tool.target.join("clients-npm");
    once(&folder, &[NODE], || {
        let made = std::fs::create_dir_all(&folder);
        made.map_err(|e| Failed(format!("{} cannot be made: {e}.", folder.display())))?;
        let mut npm = tool.command("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--save-exact", "--prefix"]);
        tool::output("Installing the clients from npm", npm.arg(&folder).arg(NODE)).map(drop)
    })?;
    Ok(folder)
}

fn venv(tool: &Tool, name: &str, packages: &[&str]) -> Result<PathBuf, Failed> {
    let folder = tool.target.join(name);
    let python = folder.join("bin/python");
    once(&folder, packages, || {
        let mut venv = tool.command("python3");
        tool::output("Making a Python environment", venv.args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = tool.command(&python);
        pip.args(["-m", "pip", "install", "--quiet"]).args(packages);
        tool::output("Installing the Python clients", &mut pip).map(drop)
    })?;
    Ok(python)
}

/// Notes what was installed in the folder; the same is not installed again.
fn once(folder: &Path, what: &[&str], install: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
    let ready = folder.join("ready");
    if std::fs::read_to_string(&ready).is_ok_and(|there| there == what.join(" ")) {
        return Ok(());
    }
    install()?;
    let noted = std::fs::write(&ready, what.join(" "));
    noted.map_err(|e| Failed(format!("{} cannot be written: {e}.", ready.display())))
}

/// Runs one with its task on standard input (a token does not belong on a command line); what it prints is JSON.
pub fn run(name: &str, command: &mut Command, task: &Value) -> Result<Value, Failed> {
    let wrong = |e: &dyn std::fmt::Display| Failed(format!("{name} cannot be run: {e}."));
    let piped = command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.stderr(Stdio::piped()).spawn().map_err(|e| wrong(&e))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends without reading has its own reason to give.
        let _ = stdin.write_all(task.to_string().as_bytes());
    }
    let output = child.wait_with_output().map_err(|e| wrong(&e))?;
    if !output.status.success() {
        return fail(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| wrong(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_in_this_version_is_not_installed_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut installed = 0;
        for version in ["a@1", "a@1", "a@2"] {
            let count = || {
                installed += 1;
                Ok(())
            };
            once(folder.path(), &[version], count).expect("installed");
        }
        assert_eq!(installed, 2);
        once(folder.path(), &["a@3"], || fail("no network")).expect_err("told");
        assert_eq!(std::fs::read_to_string(folder.path().join("ready")).expect("a note"), "a@2");
    }

    #[cfg(unix)]
    #[test]
    fn a_client_gets_its_task_and_its_failure_is_told() {
        let task = serde_json::json!({"seconds": 3});
        assert_eq!(run("cat", &mut Command::new("cat"), &task).expect("it answers"), task);
        let mut failing = Command::new("sh");
        let error = run("sh", failing.args(["-c", "echo no twin >&2; exit 1"]), &task).expect_err("it fails");
        assert_eq!(error.to_string(), "sh failed: no twin");
    }
}
