//! D8: somebody else's clients work at one Jira, and find the twin at the other.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::harness::{Two, turn};

#[tokio::test(flavor = "multi_thread")]
async fn d8_an_independent_client() {
    works_at_both("jira_client.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_another_independent_client() {
    works_at_both("atlassian_client.py").await;
}

async fn works_at_both(script: &str) {
    let _turn = turn::together().await;
    let python = python().await;
    let two = Two::connected().await;
    let side = |company: &crate::harness::Company| {
        json!({"url": company.jira.url, "email": company.jira.email, "token": company.jira.token,
            "project": company.project})
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    let mut child = Command::new(python)
        .arg(script)
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("Python starts");
    let input = json!({"here": side(&two.acme), "there": side(&two.globex), "seconds": 90}).to_string();
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).await.expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().await.expect("it ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{errors}\n{}\n{}",
        two.acme.explain().await,
        two.globex.explain().await
    );
    let said: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    println!("d8: {said}");
    let whole = |text: &Value, part: &str| text.as_str().is_some_and(|t| t.contains(part));
    assert_eq!(said["type"], "Improvement");
    assert!(whole(&said["description"], "Made by an independent client."), "{said}");
    assert!(whole(&said["comments"][0], "A comment by an independent client."), "{said}");
    assert_eq!(said["sent_sha256"], said["received_sha256"], "{said}");
    assert!(said["received_sha256"].is_string(), "{said}");
}

/// A Python that has the clients.
async fn python() -> PathBuf {
    let packages = ["jira==3.10.5", "atlassian-python-api==5.0.5"];
    let proof = "import jira, atlassian; assert jira.__version__ == '3.10.5'";
    python_with("TWINLINE_CLIENT_PYTHON", "clients-venv", &packages, proof).await
}

/// A Python that has these packages: given by xtask, or made once below the target folder.
pub async fn python_with(given: &str, folder: &str, packages: &[&str], proof: &str) -> PathBuf {
    if let Some(given) = std::env::var_os(given) {
        return PathBuf::from(given);
    }
    // Journeys that need the same one make it one after the other.
    static MAKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _one_at_a_time = MAKING.lock().await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let python = folder.join("bin/python");
    let has = |python: &Path| Command::new(python).args(["-c", proof]).stderr(Stdio::null()).status();
    if !python.exists() || !has(&python).await.is_ok_and(|status| status.success()) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).await;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(Command::new(&python).args(install).args(packages)).await;
    }
    python
}

async fn run(command: &mut Command) {
    let output = command.output().await.expect("Python is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {errors}", command.as_std());
}
