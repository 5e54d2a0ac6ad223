//! What independent clients make of the practice Jira: each works at one company as a script of somebody else's would, and finds
//! the twin that Twinline made at the other. What they ask is what Jira's users ask, not what we thought of.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Row;
use crate::clients;
use crate::demo::Folder;
use crate::demo::pair::{Company, Two};
use crate::tool::{Failed, Tool, fail};

const PATIENCE: Duration = Duration::from_secs(180);

/// Runs them one after the other; fails where one cannot do its work.
pub fn measure(tool: &Tool) -> Result<Vec<Row>, Failed> {
    let (python, tap, node) = (clients::python(tool)?, clients::tap(tool)?, clients::node(tool)?);
    let folder = Folder::new(false)?;
    let mut two = Two::start(tool, &folder, 0, "1s")?;
    two.connect(PATIENCE)?;
    let side = |company: &Company| {
        json!({"url": company.jira.url, "email": company.jira.email, "token": company.jira.token,
            "project": company.project})
    };
    let task = json!({"here": side(&two.acme), "there": side(&two.globex), "seconds": PATIENCE.as_secs()});
    let mut rows = Vec::new();
    for (name, script) in [
        ("jira", "jira_client.py"),
        ("atlassian-python-api", "atlassian_client.py"),
        ("jira.js", "jira_js_client.mjs"),
    ] {
        let mut command =
            tool.command(if name == "jira.js" { PathBuf::from("node") } else { python.clone() });
        command.arg(script_of(tool, script)).env("TWINLINE_CLIENT_NODE", &node);
        let start = Instant::now();
        let said = clients::run(name, &mut command, &task)?;
        whole(name, &said)?;
        rows.push(Row::new(
            format!("{name}: from signing in to the whole twin"),
            start.elapsed().as_secs_f64(),
            "s",
        ));
    }
    two.up_to_date(PATIENCE)?;
    let issues = two.acme.jira.keys(two.acme.project)?.len();
    let said = read(tool, &tap, &two.acme)?;
    let read = said["issues"].as_u64().unwrap_or(0);
    if read != issues as u64 || said["records"] != said["issues"] {
        return fail(format!("tap-jira read {said} where there are {issues} issues."));
    }
    let number = f64::from(u32::try_from(read).unwrap_or(u32::MAX));
    rows.push(Row::new("tap-jira: issues read, each once", number, "issues"));
    Ok(rows)
}

/// tap-jira reads every issue of a company's site: `issues`, `records`, `seconds`, `cpu_seconds`.
pub fn read(tool: &Tool, python: &PathBuf, company: &Company) -> Result<Value, Failed> {
    let mut command: Command = tool.command(python);
    command.arg(script_of(tool, "tap_jira_client.py"));
    let jira = &company.jira;
    clients::run(
        "tap-jira",
        &mut command,
        &json!({"url": jira.url, "email": jira.email, "token": jira.token}),
    )
}

fn script_of(tool: &Tool, name: &str) -> PathBuf {
    tool.root.join("tests/clients").join(name)
}

/// What a client found at the other company is what it had made.
fn whole(name: &str, said: &Value) -> Result<(), Failed> {
    let has = |value: &Value, part: &str| value.as_str().is_some_and(|text| text.contains(part));
    let good = said["type"] == "Improvement"
        && has(&said["description"], "Made by an independent client.")
        && has(&said["comments"][0], "A comment by an independent client.")
        && said["sent_sha256"].is_string()
        && said["sent_sha256"] == said["received_sha256"];
    if good { Ok(()) } else { fail(format!("{name} did not find its issue whole: {said}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_twin_is_noticed() {
        let good = json!({"type": "Improvement", "description": "Made by an independent client.",
            "comments": ["Ana: A comment by an independent client."], "sent_sha256": "1", "received_sha256": "1"});
        whole("x", &good).expect("whole");
        for (part, other) in [("type", "Task"), ("description", ""), ("received_sha256", "2")] {
            let mut spoilt = good.clone();
            spoilt[part] = json!(other);
            assert!(whole("x", &spoilt).is_err(), "{part}");
        }
    }
}
