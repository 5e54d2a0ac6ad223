//! Whether a practice Jira stays fast when it is full: what its page and Twinline's poll cost with many issues, as a multiple
//! of what they cost with few, in one run.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Row;
use crate::practice::Practice;
use crate::tool::{Failed, Tool};

const FEW: u32 = 100;
const MANY: u32 = 2_000;
/// The fastest of so many counts: what else the computer does can only slow a call down.
const TRIES: usize = 20;

/// Fills a site, and asks it at both sizes.
pub fn measure(tool: &Tool) -> Result<Vec<Row>, Failed> {
    let site = Practice::start(tool, "acme", 0)?;
    let mut times = Vec::new();
    let mut filled = 0;
    for size in [FEW, MANY] {
        for number in filled..size {
            site.create("SUP", "Task", &format!("Issue {number}"), &Value::Null)?;
        }
        filled = size;
        times.push([fastest(|| site.page())?, fastest(|| poll(&site))?]);
    }
    let names = ["page of the issue list", "poll"];
    let rows = names.iter().zip(times[0].iter().zip(&times[1])).map(|(name, (few, many))| {
        Row::new(
            format!("{name} with {MANY} issues, of that with {FEW}"),
            many.as_secs_f64() / few.as_secs_f64(),
            "times",
        )
    });
    Ok(rows.collect())
}

/// What a node asks in each round.
fn poll(site: &Practice) -> Result<(), Failed> {
    site.search(&json!({
        "jql": "project in (SUP, OPS) AND updated >= -15m ORDER BY updated ASC, key ASC",
        "maxResults": 50,
        "fields": ["summary", "description", "issuetype", "updated"],
        "properties": ["twinline"],
    }))
    .map(drop)
}

fn fastest(mut ask: impl FnMut() -> Result<(), Failed>) -> Result<Duration, Failed> {
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let start = Instant::now();
        ask()?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}
