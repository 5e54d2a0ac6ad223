//! The program `twinline-node`: found once, then asked or started as a person would.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use super::wait::wait_for;

/// What a command answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked, without standard input.
    pub asked: String,
    /// The exit status.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Answer {
    /// The answer of a command that did what it was asked.
    pub fn done(self) -> String {
        assert_eq!(self.status, Some(0), "`{}` failed: {}{}", self.asked, self.stdout, self.stderr);
        self.stdout.trim_end().to_owned()
    }

    /// The same, as JSON.
    pub fn json(self) -> Value {
        let asked = self.asked.clone();
        let text = self.done();
        serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("`{asked}` does not answer in JSON ({e}): {text}"))
    }

    /// The one sentence of a command that could not: status 1, nothing on standard output, one line, no debug dump.
    pub fn sentence(&self) -> &str {
        let all = format!("`{}`: status {:?}\n{}{}", self.asked, self.status, self.stdout, self.stderr);
        assert_eq!(self.status, Some(1), "a sentence and status 1 are expected, not {all}");
        assert_eq!(self.stdout, "", "standard output holds only the answer: {all}");
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "one line on standard error: {all}");
        let dumps = [
            "panicked", "unwrap", "Err(", "Some(", "Error {", "Trouble", "::", "problem-", "{ ", "\\n", "0x",
        ];
        for dump in dumps {
            assert!(!lines[0].contains(dump), "{dump:?} is nothing for a person: {all}");
        }
        assert!(lines[0].contains("urn") && lines[0].ends_with(')'), "whose turn is it? {all}");
        let stops = lines[0].matches(['.', '?', '!']).count();
        assert!(stops >= 2, "what happened, and what to do: {all}");
        lines[0]
    }
}

/// A node: a data folder, and every answer it gave.
#[derive(Clone)]
pub struct Node {
    /// Its data folder.
    pub data: PathBuf,
    /// The HOME of its processes.
    home: PathBuf,
    /// Variables of the environment that all its processes have.
    surroundings: Arc<Mutex<Vec<(&'static str, OsString)>>>,
    /// What was asked and answered, in order.
    pub said: Arc<Mutex<Vec<Answer>>>,
}

impl Node {
    /// A node that has never run, in a folder of the test.
    pub fn new(folder: &Path) -> Self {
        let home = folder.join("home");
        std::fs::create_dir_all(&home).expect("the test's folder can be written");
        Self { data: folder.join("data"), home, surroundings: Arc::default(), said: Arc::default() }
    }

    /// From now on its processes have this variable in their environment; the last one of a name counts.
    pub fn surround(&self, name: &'static str, value: impl Into<OsString>) {
        self.surroundings.lock().expect("no test panics here").push((name, value.into()));
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        // Nothing from the tester's own surroundings: no proxy, no keychain, no settings.
        command.env_clear().env("HOME", &self.home).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .env(
                "TWINLINE_LOG",
                "debug,hyper_util=info,rustls_platform_verifier=info,rusqlite_migration=info,\
                 iroh=warn,iroh_relay=warn,iroh_dns=warn,noq=warn,noq_proto=warn,netwatch=warn",
            )
            .env("RUST_BACKTRACE", "1");
        command.envs(self.surroundings.lock().expect("no test panics here").iter().cloned());
        let mut all: Vec<OsString> = vec!["--data".into(), self.data.clone().into_os_string()];
        all.extend(["--secrets", "file", "--practice"].map(OsString::from));
        all.extend(args.iter().map(OsString::from));
        command.args(all).kill_on_drop(true);
        command
    }

    /// Asks one thing, with `input` on standard input.
    pub async fn ask(&self, args: &[&str], input: &str) -> Answer {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("twinline-node starts");
        let mut stdin = child.stdin.take().expect("piped");
        // It may end without having read.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let asked = args.join(" ");
        let ended = tokio::time::timeout(Duration::from_secs(90), child.wait_with_output()).await;
        let output =
            ended.unwrap_or_else(|_| panic!("`{asked}` does not end")).expect("its output can be read");
        let answer = Answer {
            asked,
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("standard output is text"),
            stderr: String::from_utf8(output.stderr).expect("standard error is text"),
        };
        self.said.lock().expect("no test panics here").push(answer.clone());
        answer
    }

    /// Asks for JSON.
    pub async fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        self.ask(&all, "").await.json()
    }

    /// Starts `run` with these options.
    pub fn run(&self, options: &[&str]) -> Running {
        self.run_in(options, &[])
    }

    /// Starts `run` with these options, and these variables of the environment.
    pub fn run_in(&self, options: &[&str], surroundings: &[(&str, String)]) -> Running {
        let number = self.said.lock().expect("no test panics here").len();
        let file = self.home.join(format!("run-{number}-{}.txt", std::process::id()));
        let log = std::fs::File::options().create(true).append(true).open(&file).expect("the test's folder");
        let mut args = vec!["run"];
        args.extend(options);
        let mut command = self.command(&args);
        command.envs(surroundings.iter().map(|(name, value)| (name, value)));
        let output = log.try_clone().expect("a second handle");
        command.stdin(Stdio::null()).stdout(output).stderr(log);
        let child = command.spawn().expect("twinline-node starts");
        Running { child, output: file }
    }

    /// Everything that its processes ever wrote, file by file: data folder, logs, output of `run`.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(&self.data, &mut found);
        collect(&self.home, &mut found);
        found
    }

    /// The newest lines of its logs, for a failing test.
    pub fn log_tail(&self, lines: usize) -> String {
        let mut all = Vec::new();
        for file in self.files().iter().filter(|f| f.starts_with(self.data.join("logs"))) {
            let text = String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned();
            all.extend(text.lines().map(str::to_owned));
        }
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&entry.path(), found),
            Ok(_) => found.push(entry.path()),
            Err(_) => {}
        }
    }
}

/// A node that runs until it is stopped, killed or dropped.
pub struct Running {
    child: Child,
    output: PathBuf,
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// What it wrote to standard output and standard error.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// SIGKILL, as a power cut: nothing is cleaned up.
    pub async fn kill(mut self) {
        self.child.start_kill().expect("it runs");
        self.child.wait().await.expect("it has ended");
    }

    /// Its end, which nobody asked for; may be given up and asked again.
    pub async fn ended(&mut self) -> std::process::ExitStatus {
        self.child.wait().await.expect("its status can be read")
    }

    /// Sends it a signal, as `STOP`.
    pub async fn signal(&self, name: &str) {
        let signal = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status().await;
        assert!(signal.expect("kill is there").success());
    }

    /// SIGTERM; how long the clean stop took, and its status.
    pub async fn stop(mut self) -> (Duration, Option<i32>) {
        let begun = Instant::now();
        self.signal("TERM").await;
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        let status = ended.expect("it stops when asked").expect("its status can be read");
        (begun.elapsed(), status.code())
    }

    /// Waits until something accepts connections at `port`.
    pub async fn listens(&mut self, port: u16) {
        wait_for(&format!("port {port} answers"), Duration::from_secs(60), async || {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!(
                    "it ended with {status}: {}",
                    std::fs::read_to_string(&self.output).unwrap_or_default()
                );
            }
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await;
    }
}

/// The program, built once by cargo: the root package's tests get no path to another package's binary.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(given) = std::env::var_os("TWINLINE_NODE_PROGRAM") {
            return PathBuf::from(given);
        }
        // All default members are selected, so that features are resolved as in `cargo test` and nothing is built twice.
        let mut cargo = std::process::Command::new(env!("CARGO"));
        // What cargo told this test about its own package would make build scripts that look at it (ring's) run again, and
        // everything above them be built anew, each time.
        let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
            cargo.env_remove(name);
        }
        let output = cargo
            .args(["build", "--quiet", "--bin", "twinline-node", "--message-format=json-render-diagnostics"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "twinline-node does not build");
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message["target"]["name"] == "twinline-node")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .expect("cargo names the program")
    })
}

pub use crate::ports::free_port;
