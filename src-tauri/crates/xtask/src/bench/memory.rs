//! Memory (proportional set size of the process and all its children) and start to first paint, on a display of our own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::Row;
use crate::demo::Folder;
use crate::stop::{Program, until};
use crate::tool::{Failed, Tool, fail};

/// Memory is read after the app has had this long to become calm.
const CALM: Duration = Duration::from_secs(10);
const STARTS: usize = 5;

/// Starts the app with and without its window.
pub fn measure(tool: &Tool, release: bool) -> Result<Vec<Row>, Failed> {
    let folder = Folder::new(false)?;
    let display = Display::start(tool)?;
    let mut rows = Vec::new();
    {
        let app = App::start(tool, &display, folder.path(), "tray", true, release)?;
        rows.push(Row::new("memory, tray only (--hidden)", app.calm_memory()?, "MB PSS"));
    }
    let mut paints = Vec::new();
    for number in 0..STARTS {
        let name = format!("window-{number}");
        let app = App::start(tool, &display, folder.path(), &name, false, release)?;
        paints.push(app.first_paint()?);
        if number == 0 {
            rows.push(Row::new("memory, window open", app.calm_memory()?, "MB PSS"));
        }
    }
    rows.push(Row::new("start to first paint, first run", paints[0], "ms"));
    paints.sort_by(f64::total_cmp);
    rows.push(Row::new(format!("start to first paint, median of {STARTS}"), paints[STARTS / 2], "ms"));
    Ok(rows)
}

/// An X server of our own.
struct Display {
    number: String,
    _server: Program,
}

impl Display {
    fn start(tool: &Tool) -> Result<Self, Failed> {
        let mut command = tool.command("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = Program::spawn("Xvfb", &mut command)?;
        let mut number = String::new();
        if let Some(out) = server.child().stdout.take() {
            let _ = BufReader::new(out).read_line(&mut number);
        }
        match number.trim() {
            "" => fail("Xvfb did not start."),
            number => Ok(Self { number: format!(":{number}"), _server: server }),
        }
    }
}

struct App {
    program: Program,
    data: std::path::PathBuf,
}

impl App {
    /// With a bus and a home of its own, so that no other Twinline answers and nothing of it is found later.
    fn start(
        tool: &Tool,
        display: &Display,
        folder: &Path,
        name: &str,
        hidden: bool,
        release: bool,
    ) -> Result<Self, Failed> {
        let data = folder.join(name);
        let home = folder.join(format!("{name}-home"));
        std::fs::create_dir_all(&home)
            .map_err(|e| Failed(format!("A home for the app cannot be made: {e}.")))?;
        let mut command = tool.command("dbus-run-session");
        command.arg("--").arg(tool.program("twinline", release)).arg("--data").arg(&data);
        command.args(["--secrets", "file", "--practice", "--listen", "127.0.0.1:0"]);
        if hidden {
            command.arg("--hidden");
        }
        command
            .env("DISPLAY", &display.number)
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", &home)
            .env("NO_AT_BRIDGE", "1");
        command.env_remove("WAYLAND_DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS");
        let log = folder.join(format!("{name}.log"));
        Ok(Self { program: Program::start("The app", &mut command, &log)?, data })
    }

    /// After a while of calm, in MB; the bus daemon is not the app's.
    fn calm_memory(mut self) -> Result<f64, Failed> {
        let end = Instant::now() + CALM;
        until("Calm", CALM * 2, || {
            self.program.must_run()?;
            Ok((Instant::now() > end).then_some(()))
        })?;
        let parents = parents();
        let app = parents.keys().copied().find(|&process| {
            descends(process, self.program.id(), &parents) && command_name(process) == "twinline"
        });
        let Some(app) = app else { return fail("The app is not running.") };
        let all = parents.keys().copied().filter(|&process| descends(process, app, &parents));
        Ok(all.map(proportional_kb).sum::<f64>() / 1000.0)
    }

    /// What the app itself logged: from its start to the page's first frame, in ms.
    fn first_paint(&self) -> Result<f64, Failed> {
        until("The first paint", Duration::from_secs(30), || {
            let logs = std::fs::read_dir(self.data.join("logs")).into_iter().flatten().flatten();
            let text: String = logs.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
            Ok(text.lines().find(|line| line.contains("first frame painted")).and_then(milliseconds))
        })
    }
}

/// The figure after `app_ms=`.
fn milliseconds(line: &str) -> Option<f64> {
    let rest = line.split_once("app_ms")?.1.trim_start_matches(['=', '"', ':', ' ']);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Parent of every process.
fn parents() -> HashMap<u32, u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name stands in parentheses and may hold anything.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        Some((id, parent))
    })
    .collect()
}

fn descends(process: u32, from: u32, parents: &HashMap<u32, u32>) -> bool {
    let mut at = Some(process);
    // No longer than there are processes: ids may be reused while we look.
    for _ in 0..=parents.len() {
        match at {
            Some(id) if id == from => return true,
            Some(id) => at = parents.get(&id).copied(),
            None => return false,
        }
    }
    false
}

fn command_name(process: u32) -> String {
    std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default().trim().to_owned()
}

fn proportional_kb(process: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_line_of_the_app_is_understood() {
        let line = "INFO twinline::commands: app_started: first frame painted app_ms=512 page_ms=80.0";
        assert_eq!(milliseconds(line), Some(512.0));
        assert_eq!(milliseconds("INFO something else"), None);
    }

    #[test]
    fn children_of_children_count() {
        let parents = HashMap::from([(5, 4), (4, 2), (2, 1), (9, 1)]);
        assert!(descends(5, 2, &parents) && descends(2, 2, &parents));
        assert!(!descends(9, 2, &parents));
    }
}
