//! Figures that are measured, never assumed. Each comes from one run, as a table and in `target/bench.json`.

mod arrival;
mod calls;
mod memory;
mod practice;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::setup::{self, Needs};
use crate::stop;
use crate::tool::{Failed, Tool, on_path};

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Which figures; all if none is named
    figures: Vec<Figure>,
    /// Measure release builds of the programs instead of debug ones
    #[arg(long)]
    release: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Figure {
    /// What a large file takes from tracker to tracker, of what a plain client needs to carry it
    Arrival,
    /// Jira calls per created twin, edit, comment and attachment
    Calls,
    /// What the practice Jira's page and a poll cost with many issues, of what they cost with few
    Practice,
    /// Memory with and without the window, and start to first paint
    Memory,
}

/// A measured figure.
pub struct Row {
    /// What was measured.
    pub what: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
}

impl Row {
    /// A row.
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit }
    }
}

/// Measures and reports.
pub fn run(tool: &Tool, options: &Options) -> Result<(), Failed> {
    stop::listen()?;
    let wanted = |figure| options.figures.is_empty() || options.figures.contains(&figure);
    let mut groups = Vec::new();
    if wanted(Figure::Arrival) {
        setup::ensure(tool, Needs::Rust, false)?;
        tool.build(&["practice-jira", "twinline-headless"], false)?;
        groups.push(("arrival", arrival::measure(tool)?));
    }
    if wanted(Figure::Calls) {
        setup::ensure(tool, Needs::Rust, false)?;
        tool.build(&["practice-jira", "twinline-headless"], false)?;
        groups.push(("calls", calls::measure(tool)?));
    }
    if wanted(Figure::Practice) {
        setup::ensure(tool, Needs::Rust, false)?;
        tool.build(&["practice-jira"], false)?;
        groups.push(("practice", practice::measure(tool)?));
    }
    if wanted(Figure::Memory) {
        if on_path("Xvfb") && on_path("dbus-run-session") {
            setup::ensure(tool, Needs::Window, false)?;
            tool.build(&["twinline"], options.release)?;
            groups.push(("memory", memory::measure(tool, options.release)?));
        } else {
            println!(
                "memory: not measured, since Xvfb and dbus-run-session are not installed (cargo xtask setup)"
            );
        }
    }
    let mut report = json!({"build": if options.release { "release" } else { "debug" }});
    for (name, rows) in &groups {
        println!("\n{name}");
        for row in rows {
            println!("  {:64} {:>9.2} {}", row.what, row.value, row.unit);
        }
        let rows = rows.iter().map(|r| json!({"what": r.what, "value": r.value, "unit": r.unit}));
        report[name] = Value::Array(rows.collect());
    }
    let file = tool.target.join("bench.json");
    let text = format!("{report:#}\n");
    std::fs::write(&file, text).map_err(|e| Failed(format!("{} cannot be written: {e}.", file.display())))?;
    println!("\nAlso in {}", file.display());
    Ok(())
}
