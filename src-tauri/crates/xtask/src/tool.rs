//! Where the project is, and how other programs are run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// One sentence about what could not be done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(pub String);

/// `Err` with a sentence.
pub fn fail<T>(sentence: impl Into<String>) -> Result<T, Failed> {
    Err(Failed(sentence.into()))
}

/// The project on this machine.
#[derive(Clone)]
pub struct Tool {
    /// The folder with the root Cargo.toml.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// What `cargo metadata --no-deps` says.
    pub metadata: Value,
    /// Whether nodes and practice Jiras are run as release builds.
    pub release: bool,
}

impl Tool {
    /// Looks upwards from the current folder, as cargo does.
    pub fn find() -> Result<Self, Failed> {
        let here = std::env::current_dir()
            .map_err(|e| Failed(format!("The current folder cannot be read: {e}.")))?;
        let Some(root) =
            here.ancestors().find(|f| f.join("tauri.conf.json").exists() && f.join("Cargo.toml").exists())
        else {
            return fail("This is not inside the Twinline project: change to its folder and try again.");
        };
        let mut tool = Self {
            root: root.to_owned(),
            target: root.join("target"),
            metadata: Value::Null,
            release: false,
        };
        let mut command = tool.cargo(&["metadata", "--no-deps", "--format-version", "1"]);
        let text = output("Reading the workspace", &mut command)?;
        tool.metadata =
            serde_json::from_str(&text).map_err(|e| Failed(format!("cargo metadata is not JSON: {e}.")))?;
        if let Some(target) = tool.metadata["target_directory"].as_str() {
            tool.target = PathBuf::from(target);
        }
        Ok(tool)
    }

    /// A program, started in the project's folder.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        // `cargo run` describes xtask in these; another cargo or a build script must not take them for its own.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "OUT_DIR" {
                command.env_remove(&*name);
            }
        }
        command
    }

    /// Cargo with these arguments: the same cargo that started us.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(cargo);
        command.args(arguments);
        command
    }

    /// `npm run SCRIPT` in ui/.
    pub fn npm(&self, script: &str) -> Command {
        let mut command = self.command("npm");
        command.args(["--prefix", "ui", "run", "--silent", script]);
        command
    }

    /// A program of this workspace, as `cargo build` leaves it.
    pub fn program(&self, name: &str, release: bool) -> PathBuf {
        self.target.join(if release { "release" } else { "debug" }).join(name)
    }

    /// Builds programs of these packages, showing cargo's own words.
    pub fn build(&self, packages: &[&str], release: bool) -> Result<(), Failed> {
        let mut command = self.cargo(&["build", "--locked", "--bins"]);
        for package in packages {
            command.args(["-p", package]);
        }
        if release {
            command.arg("--release");
        }
        run("Building the programs", &mut command)
    }
}

/// Runs it; what it prints is shown.
pub fn run(what: &str, command: &mut Command) -> Result<(), Failed> {
    let status = command.stdin(Stdio::null()).status().map_err(|e| cannot_start(what, command, &e))?;
    if status.success() { Ok(()) } else { fail(format!("{what} failed ({status}).")) }
}

/// Runs it and returns its standard output; what it prints is shown only if it fails.
pub fn output(what: &str, command: &mut Command) -> Result<String, Failed> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| cannot_start(what, command, &e))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    eprint!("{text}{}", String::from_utf8_lossy(&output.stderr));
    fail(format!("{what} failed ({}).", output.status))
}

fn cannot_start(what: &str, command: &Command, error: &std::io::Error) -> Failed {
    let program = command.get_program().to_string_lossy();
    if error.kind() == std::io::ErrorKind::NotFound {
        return Failed(format!("{what} needs the program \"{program}\", which is not installed."));
    }
    Failed(format!("{what} failed: \"{program}\" cannot be started: {error}."))
}

/// Whether a program of that name is on the PATH.
pub fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Below this many MiB free, whatever failed has most likely failed for lack of space.
const FULL_MIB: u64 = 500;

/// A sentence about the disk that a folder lies on, if it is as good as full: what fails then often says something else.
pub fn full_disk(folder: &Path) -> Option<String> {
    let listed = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    no_room(&String::from_utf8_lossy(&listed.stdout), folder)
}

/// The same of what `df -Pk` says: a heading, then size, used and available in KiB (POSIX, df).
fn no_room(listed: &str, folder: &Path) -> Option<String> {
    // Before the column in per cent: a file system's name may have blanks.
    let columns: Vec<&str> = listed.lines().nth(1)?.split_whitespace().collect();
    let capacity = columns.iter().position(|column| column.ends_with('%'))?;
    let available = columns.get(capacity.checked_sub(1)?)?.parse::<u64>().ok()? / 1024;
    let free = || format!("{available} MiB are free where {} lies", folder.display());
    (available < FULL_MIB).then(|| format!("The disk is nearly full, which may be why: {}.", free()))
}

/// As a person says it: `0.4 s`, `12 s`, `3 min 20 s`.
pub fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// Every file below a folder, the ones that tools make left out; sorted.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    const MADE: [&str; 7] = ["target", "node_modules", "dist", "gen", ".git", "test-output", ".svelte-kit"];
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                if !MADE.iter().any(|made| entry.file_name() == *made) {
                    folders.push(path);
                }
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spoken_as_people_say_them() {
        assert_eq!(spoken(Duration::from_millis(440)), "0.4 s");
        assert_eq!(spoken(Duration::from_secs(12)), "12 s");
        assert_eq!(spoken(Duration::from_secs(200)), "3 min 20 s");
    }

    #[test]
    fn a_full_disk_is_named() {
        let listed = |available: u32| {
            let sizes = format!("map auto_home 264000000 90000000 {available} 99% /");
            format!("Filesystem 1024-blocks Used Available Capacity Mounted on\n{sizes}\n")
        };
        let target = Path::new("/twinline/target");
        assert_eq!(
            no_room(&listed(20_480), target).as_deref(),
            Some("The disk is nearly full, which may be why: 20 MiB are free where /twinline/target lies.")
        );
        assert_eq!(no_room(&listed(2_048_000), target), None);
        assert_eq!(no_room("", target), None);
        assert!(full_disk(Path::new("/no/such/folder")).is_none());
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run("Painting", &mut Command::new("no-such-program-anywhere")).expect_err("must fail");
        assert_eq!(
            error.to_string(),
            "Painting needs the program \"no-such-program-anywhere\", which is not installed."
        );
    }
}
