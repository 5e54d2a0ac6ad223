//! Installs what a command needs and is not there. Quick when everything is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::servers;
use crate::tool::{self, Failed, Tool, fail, on_path};

/// What a command is going to use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Rust alone: the nodes without a window, the practice Jiras.
    Rust,
    /// The desktop window: WebKit and the built UI.
    Window,
    /// All that the tests use.
    Everything,
}

/// To build and run the window. The tray needs the library behind the second at run time; the bundler needs the -dev.
const WINDOW: [&str; 4] =
    ["libwebkit2gtk-4.1-dev", "libayatana-appindicator3-dev", "pkg-config", "fonts-dejavu-core"];

/// To drive the real window, a browser, a keychain and an independent client in tests.
const TESTS: [&str; 10] = [
    "xvfb",
    "xauth",
    "webkit2gtk-driver",
    "gnome-keyring",
    "dbus",
    "chromium",
    "xclip",
    "python3-venv",
    "fonts-noto-core",
    "git",
];

/// The package with the schema, in the version that the tests were written for.
const ADF_SCHEMA: &str = "@atlaskit/adf-schema@57.7.22";

const NODE: (u32, u32) = (20, 19);
const CARGO: (u32, u32) = (1, 95);

/// Sees to it that everything is there; with `speak` also says what was there already.
pub fn ensure(tool: &Tool, needs: Needs, speak: bool) -> Result<(), Failed> {
    let cargo = tool::output("Asking cargo's version", &mut tool.cargo(&["--version"]))?;
    if version(&cargo).is_none_or(|v| v < CARGO) {
        return fail(format!(
            "Rust {}.{} or newer is needed; update it with `rustup update`.",
            CARGO.0, CARGO.1
        ));
    }
    if needs >= Needs::Everything {
        for part in ["fmt", "clippy"] {
            if tool
                .cargo(&[part, "--version"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|s| !s.success())
            {
                return fail(format!(
                    "`cargo {part}` is missing; add it with `rustup component add rustfmt clippy`."
                ));
            }
        }
    }
    if needs >= Needs::Window {
        let mut wanted = WINDOW.to_vec();
        if needs == Needs::Everything {
            wanted.extend(TESTS);
        }
        debian(tool, &wanted, speak)?;
        node_is_new_enough(tool)?;
        npm_packages(tool, speak)?;
        built_ui(tool, speak)?;
    }
    if needs >= Needs::Everything {
        servers::ensure(tool, speak)?;
        adf_schema(tool, speak)?;
    }
    if speak {
        println!("Everything is there.");
    }
    Ok(())
}

fn debian(tool: &Tool, wanted: &[&str], speak: bool) -> Result<(), Failed> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if !on_path("dpkg-query") || !on_path("apt-get") {
        println!("This is not a Debian: install yourself what corresponds to {}.", wanted.join(", "));
        return Ok(());
    }
    let output =
        tool.command("dpkg-query").args(["-W", "-f=${Package} ${db:Status-Status}\\n"]).args(wanted).output();
    let output = output.map_err(|e| Failed(format!("dpkg-query cannot be started: {e}.")))?;
    let missing = missing(wanted, &String::from_utf8_lossy(&output.stdout));
    if missing.is_empty() {
        if speak {
            println!("Debian packages: all {} are there.", wanted.len());
        }
        return Ok(());
    }
    println!("Installing Debian packages: {}", missing.join(" "));
    let sudo = !is_root();
    if sudo && !on_path("sudo") {
        return fail(format!(
            "These Debian packages are missing and only root can install them: run `apt-get install {}` as root.",
            missing.join(" ")
        ));
    }
    refresh_lists(tool)?;
    let mut install = apt(tool, &["install", "-y", "--no-install-recommends"]);
    tool::output("apt-get install", install.args(&missing)).map(drop)
}

/// Asks Debian which packages there are now.
pub fn refresh_lists(tool: &Tool) -> Result<(), Failed> {
    tool::output("apt-get update", &mut apt(tool, &["update"])).map(drop)
}

fn apt(tool: &Tool, arguments: &[&str]) -> Command {
    let sudo = !is_root();
    let mut command = tool.command(if sudo { "sudo" } else { "env" });
    if sudo {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]).args(arguments);
    command
}

/// The wanted packages that dpkg-query did not call installed.
fn missing<'a>(wanted: &[&'a str], answer: &str) -> Vec<&'a str> {
    let there = |package: &str| answer.lines().any(|line| line.strip_suffix(" installed") == Some(package));
    wanted.iter().copied().filter(|package| !there(package)).collect()
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // Our own /proc entry belongs to whom we act as.
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn node_is_new_enough(tool: &Tool) -> Result<(), Failed> {
    let wanted = format!("Node {}.{} or newer", NODE.0, NODE.1);
    if !on_path("node") || !on_path("npm") {
        return fail(format!(
            "{wanted} with npm is needed to build the window; install it from your system or nodejs.org."
        ));
    }
    let text = tool::output("Asking Node's version", tool.command("node").arg("--version"))?;
    match version(&text) {
        Some(found) if found >= NODE => Ok(()),
        _ => fail(format!("{wanted} is needed to build the window; this is {}.", text.trim())),
    }
}

/// Major and minor of the first word that begins like a version.
fn version(text: &str) -> Option<(u32, u32)> {
    let word = text
        .split_whitespace()
        .map(|w| w.trim_start_matches('v'))
        .find(|w| w.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut numbers = word.split('.').map(|n| n.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn npm_packages(tool: &Tool, speak: bool) -> Result<(), Failed> {
    let ui = tool.root.join("ui");
    let installed = changed(&ui.join("node_modules/.package-lock.json"));
    if installed.is_some_and(|at| changed(&ui.join("package-lock.json")).is_some_and(|lock| lock <= at)) {
        if speak {
            println!("npm packages: all there.");
        }
        return Ok(());
    }
    println!("Installing npm packages");
    let mut command = tool.command("npm");
    tool::output("npm ci", command.args(["--prefix", "ui", "ci", "--no-audit", "--no-fund"])).map(drop)
}

/// Atlassian's schema of rich text, for the tests of `trackers` and `practice-jira`. One file of a package that would
/// bring fifty others along, so it is fetched (`npm pack`, 300 KB) and not installed. Its checksum stands in the
/// crate adf-schema, which refuses another file.
fn adf_schema(tool: &Tool, speak: bool) -> Result<(), Failed> {
    let folder = tool.target.join("npm/adf-schema-57.7.22");
    if folder.join("full.json").is_file() {
        if speak {
            println!("The schema of rich text is there.");
        }
        return Ok(());
    }
    println!("Fetching the schema of rich text");
    let made = std::fs::create_dir_all(&folder);
    made.map_err(|e| Failed(format!("{} cannot be made: {e}.", folder.display())))?;
    let mut pack = tool.command("npm");
    pack.args(["pack", "--silent", ADF_SCHEMA, "--pack-destination"]).arg(&folder);
    let name = tool::output("npm pack", &mut pack)?;
    let archive = folder.join(name.trim());
    let mut unpack = tool.command("tar");
    unpack.arg("-xzf").arg(&archive).arg("-C").arg(&folder);
    tool::output(
        "Unpacking it",
        unpack.args(["--strip-components=4", "package/dist/json-schema/v1/full.json"]),
    )?;
    let removed = std::fs::remove_file(&archive);
    removed.map_err(|e| Failed(format!("{} cannot be removed: {e}.", archive.display())))
}

fn built_ui(tool: &Tool, speak: bool) -> Result<(), Failed> {
    let ui = tool.root.join("ui");
    let page = ui.join("dist/index.html");
    // build.rs leaves a page without scripts where nobody has built the UI yet.
    let real = ui.join("dist/assets").is_dir();
    let newest = ui_sources(&ui).iter().filter_map(|file| changed(file)).max();
    if real && changed(&page).is_some_and(|built| newest.is_none_or(|source| source <= built)) {
        if speak {
            println!("The UI is built.");
        }
        return Ok(());
    }
    println!("Building the UI");
    tool::output("npm run build", &mut tool.npm("build")).map(drop)
}

/// What goes into the built UI: its sources, and the settings and pages beside them.
fn ui_sources(ui: &Path) -> Vec<PathBuf> {
    let mut files = tool::files_below(&ui.join("src"));
    files.extend(tool::files_below(&ui.join("public")));
    let beside = std::fs::read_dir(ui).into_iter().flatten().flatten().map(|entry| entry.path());
    files.extend(beside.filter(|path| {
        path.extension().is_some_and(|e| ["json", "js", "ts", "html"].iter().any(|known| e == *known))
    }));
    files
}

fn changed(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|m| m.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("cargo 1.95.0 (f2d3ce0bd 2026-03-21)"), Some((1, 95)));
        assert_eq!(version("nothing here"), None);
        assert!(version("v20.9.0") < Some(NODE), "nine is less than nineteen");
    }

    #[test]
    fn only_installed_packages_count() {
        let answer = "xvfb installed\nxauth config-files\n";
        assert_eq!(missing(&["xvfb", "xauth", "chromium"], answer), ["xauth", "chromium"]);
    }

    #[test]
    fn settings_beside_the_sources_count_as_sources() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["vite.config.ts", "index.html", "notes.md"] {
            std::fs::write(folder.path().join(name), "x").expect("written");
        }
        let found = ui_sources(folder.path());
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
