//! Figures that are measured, never assumed. Each comes from one run, as a table and in `target/bench.json`: what was measured,
//! and what the design wants where it wants something. A figure that misses its target is printed as such, and is no failure:
//! the table says how things are.

mod arrival;
mod calls;
mod clients;
mod first_sync;
mod large_file;
mod link;
mod practice;
mod reading;
mod window;

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::demo::pair::{Company, Two};
use crate::setup::{self, Needs};
use crate::stop;
use crate::tool::{self, Failed, Tool, on_path};

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Which figures; all if none is named
    figures: Vec<Figure>,
    /// Measure release builds of the programs instead of debug ones
    #[arg(long)]
    release: bool,
    /// For how long the idle app is looked at, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    idle: u64,
    /// Of `window` only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<window::Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Figure {
    /// What a large file takes from tracker to tracker, of what a plain client needs to carry it
    Arrival,
    /// Jira calls per created twin, edit, comment and attachment
    Calls,
    /// What the practice Jira's page and a poll cost with many issues, of what they cost with few
    Practice,
    /// What independent clients from PyPI and npm make of the practice Jira, beside Twinline
    Clients,
    /// Reading 10,000 issues, of the latency of their pages and of what tap-jira takes
    Reading,
    /// The first sync of many issues, of what the latency of its writes takes
    FirstSync,
    /// A file of 2 GiB: its bytes, and the nodes' memory (needs 10 GB of disk)
    LargeFile,
    /// The link: a change, a file, an idle connection (8 minutes)
    Link,
    /// The window: start, answers, long lists, size; the tray: memory and wake-ups beside bare WebKit and Syncthing
    Window,
}

/// A measured figure.
pub struct Row {
    /// What was measured.
    pub what: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: String,
    /// What the design allows at most.
    pub target: Option<f64>,
}

impl Row {
    /// A row.
    pub fn new(what: impl Into<String>, value: f64, unit: impl Into<String>) -> Self {
        Self { what: what.into(), value, unit: unit.into(), target: None }
    }

    /// The same with what it should be at most.
    pub fn at_most(self, target: f64) -> Self {
        Self { target: Some(target), ..self }
    }

    /// As one line of the table.
    fn line(&self) -> String {
        let line = format!("  {:74} {:>9.2} {:6}", self.what, self.value, self.unit);
        match self.target {
            Some(target) if self.value <= target => format!("{line} target {target:>7.2}  met"),
            Some(target) => format!("{line} target {target:>7.2}  MISSED"),
            None => line.trim_end().to_owned(),
        }
    }
}

/// A text of one paragraph.
fn text(words: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": words}]}]})
}

/// The most memory that the node of each company ever had, and what is allowed.
fn peaks(two: &Two) -> Vec<Row> {
    let of = |company: &Company| {
        let peak = company.node.peak_mib()?;
        Some(Row::new(format!("peak memory of {}'s node (VmHWM)", company.name), peak, "MiB").at_most(64.0))
    };
    [&two.acme, &two.globex].into_iter().filter_map(of).collect()
}

/// Measures and reports.
pub fn run(tool: &Tool, options: &Options) -> Result<(), Failed> {
    stop::listen()?;
    let tool = &Tool { release: options.release, ..tool.clone() };
    let figures = if options.figures.is_empty() { Figure::value_variants() } else { &options.figures };
    let mut report = json!({"build": build(tool), "commit": commit(tool), "machine": machine()});
    println!("{} build of {}, {}", build(tool), commit(tool), machine());
    let mut done = BTreeSet::new();
    for figure in figures {
        if done.contains(figure) {
            continue;
        }
        let Some(rows) = measure(tool, *figure, options)? else { continue };
        let name = figure.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned());
        println!("\n{name}");
        rows.iter().for_each(|row| println!("{}", row.line()));
        let rows = rows
            .iter()
            .map(|r| json!({"what": r.what, "value": r.value, "unit": r.unit, "target": r.target}));
        report[name] = Value::Array(rows.collect());
        done.insert(*figure);
        write(tool, &report)?;
    }
    println!("\nAlso in {}", tool.target.join("bench.json").display());
    Ok(())
}

fn measure(tool: &Tool, figure: Figure, options: &Options) -> Result<Option<Vec<Row>>, Failed> {
    if figure == Figure::Window {
        let missing: Vec<_> = window::PROGRAMS.into_iter().filter(|program| !on_path(program)).collect();
        if !missing.is_empty() {
            println!(
                "window: not measured, since this is not installed (cargo xtask setup): {}",
                missing.join(", ")
            );
            return Ok(None);
        }
        setup::ensure(tool, Needs::Window, false)?;
        tool.build(&["twinline"], tool.release)?;
        return window::measure(tool, options.idle, &options.only).map(Some);
    }
    setup::ensure(tool, Needs::Rust, false)?;
    tool.build(&["practice-jira", "twinline-headless"], tool.release)?;
    let measured = match figure {
        Figure::Arrival => arrival::measure(tool),
        Figure::Calls => calls::measure(tool),
        Figure::Practice => practice::measure(tool),
        Figure::Clients => clients::measure(tool),
        Figure::Reading => reading::measure(tool),
        Figure::FirstSync => first_sync::measure(tool),
        Figure::LargeFile => large_file::measure(tool),
        Figure::Link => link::measure(tool),
        Figure::Window => return Ok(None),
    };
    measured.map(Some)
}

fn write(tool: &Tool, report: &Value) -> Result<(), Failed> {
    let file = tool.target.join("bench.json");
    let text = format!("{report:#}\n");
    std::fs::write(&file, text).map_err(|e| Failed(format!("{} cannot be written: {e}.", file.display())))
}

fn build(tool: &Tool) -> &'static str {
    if tool.release { "release" } else { "debug" }
}

/// The commit that was measured; "unknown" where this is no clone.
fn commit(tool: &Tool) -> String {
    let mut describe = tool.command("git");
    describe.args(["describe", "--always", "--dirty", "--abbrev=10"]);
    tool::output("Asking git", &mut describe).map_or_else(|_| "unknown".to_owned(), |t| t.trim().to_owned())
}

/// How many cores, and what else they have to do.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown").to_owned();
    format!("{cores} cores, load {load} when it began")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_is_seen() {
        let row = |value| Row::new("calls", value, "calls").at_most(1.0).line();
        assert!(row(1.0).ends_with("met") && row(1.1).ends_with("MISSED"));
        assert!(!Row::new("calls", 3.0, "calls").line().contains("target"));
    }
}
