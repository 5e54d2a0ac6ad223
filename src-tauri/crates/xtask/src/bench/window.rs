//! The window and the tray: measured by `benches/window`, which drives the real app on a private desktop, and the size of the
//! window's code.

use clap::ValueEnum;
use serde_json::Value;

use super::Row;
use crate::tool::{self, Failed, Tool, fail};

/// What the measurement needs besides the app.
pub const PROGRAMS: [&str; 5] =
    ["Xvfb", "dbus-daemon", "gnome-keyring-daemon", "WebKitWebDriver", "pkg-config"];
const MOST_CODE_KB: f64 = 150.0;

/// What is measured apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Part {
    /// From the start to the painted list
    Start,
    /// How long commands take to answer, and how smooth a long list is
    Answers,
    /// Memory with and without the window
    Memory,
    /// Wake-ups while there is nothing to do
    Idle,
    /// Compressed JavaScript
    Size,
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Runs it on the build that is there.
pub fn measure(tool: &Tool, idle: u64, only: &[Part]) -> Result<Vec<Row>, Failed> {
    let parts = if only.is_empty() { Part::value_variants() } else { only };
    let mut rows = Vec::new();
    if parts.contains(&Part::Size) {
        let said = tool::output("Measuring the size of the UI", tool.npm("test").args(["--", "size"]))?;
        let Some(kb) = code_kb(&said) else {
            return fail("The test of the size did not say how large it is.");
        };
        rows.push(
            Row::new("JavaScript before the window shows itself, compressed", kb, "kB").at_most(MOST_CODE_KB),
        );
    }
    let driven: Vec<String> = parts.iter().filter(|part| **part != Part::Size).map(|p| p.name()).collect();
    if driven.is_empty() {
        return Ok(rows);
    }
    let out = tool.target.join("bench-window.json");
    // What drives is a debug build always; what is driven is the build that was asked for.
    let mut bench = tool.cargo(&["bench", "--locked", "--profile", "dev", "--bench", "window", "--"]);
    bench.arg("--out").arg(&out).args(["--idle", &idle.to_string(), "--only", &driven.join(",")]);
    tool::run("Measuring the window", bench.env("TWINLINE_APP", tool.program("twinline", tool.release)))?;
    let wrong = |e: &dyn std::fmt::Display| Failed(format!("{} cannot be read: {e}.", out.display()));
    let text = std::fs::read_to_string(&out).map_err(|e| wrong(&e))?;
    let told: Value = serde_json::from_str(&text).map_err(|e| wrong(&e))?;
    rows.extend(told["rows"].as_array().into_iter().flatten().filter_map(row));
    for note in told["notes"].as_array().into_iter().flatten() {
        println!("  {}", note.as_str().unwrap_or_default());
    }
    Ok(rows)
}

fn row(told: &Value) -> Option<Row> {
    let row = Row::new(told["what"].as_str()?, told["value"].as_f64()?, told["unit"].as_str()?);
    Some(match told["target"].as_f64() {
        Some(target) => row.at_most(target),
        None => row,
    })
}

/// The figure in "JavaScript: 147.3 kB compressed".
fn code_kb(said: &str) -> Option<f64> {
    said.split_once("JavaScript: ")?.1.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_measurement_tells_is_understood() {
        let told = row(&json!({"what": "start", "value": 1.6, "unit": "x", "target": 1.5})).expect("a row");
        assert!(told.line().ends_with("MISSED") && told.line().contains("start"));
        let told = row(&json!({"what": "start", "value": 1.6, "unit": "x", "target": null})).expect("a row");
        assert_eq!(told.target, None);
        assert!(row(&json!({"what": "start", "unit": "x"})).is_none());
        assert_eq!(code_kb("stdout | x\nJavaScript: 147.3 kB compressed\n"), Some(147.3));
        assert_eq!(code_kb("JavaScript: none"), None);
    }
}
