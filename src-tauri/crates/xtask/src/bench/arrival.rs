//! How long a large file takes from one tracker to the other, as a multiple of what it takes a plain HTTP client to fetch it
//! here and put it there, in one run.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::Row;
use crate::demo::Folder;
use crate::demo::pair::Two;
use crate::stop::until;
use crate::tool::{Failed, Tool};

const BYTES: usize = 20 << 20;
/// The fastest of so many: what else the computer does can only slow them down.
const TRIES: u64 = 3;
const MIME: &str = "application/octet-stream";
const PATIENCE: Duration = Duration::from_secs(180);

/// Carries files by hand; then attaches others at ACME, and counts the time until Globex's tracker has each.
pub fn measure(tool: &Tool) -> Result<Vec<Row>, Failed> {
    let folder = Folder::new(false)?;
    let mut two = Two::start(tool, &folder, 0, "1s")?;
    let carried = carry(&two)?;
    two.connect(PATIENCE)?;

    let written = two.globex.jira.writes()?;
    let key = two.acme.jira.create("SUP", "Task", "Carries a large file", &Value::Null)?;
    arrived(&mut two, written + 1)?;
    let mut synced = Duration::MAX;
    for number in 1..=TRIES {
        let bytes = file(number);
        two.acme.jira.attach(&key, "core dump.bin", MIME, &bytes)?;
        let start = Instant::now();
        arrived(&mut two, written + 1 + number)?;
        synced = synced.min(start.elapsed());
    }
    Ok(vec![Row::new(
        "20 MiB file, of a plain client's time, with up to 1 s until it is looked for",
        synced.as_secs_f64() / carried.as_secs_f64(),
        "times",
    )])
}

/// The same by hand, between two issues that are older than the connection.
fn carry(two: &Two) -> Result<Duration, Failed> {
    let from = two.acme.jira.create("SUP", "Task", "Carried by hand", &Value::Null)?;
    let to = two.globex.jira.create("GX", "Task", "Carried by hand", &Value::Null)?;
    let mut best = Duration::MAX;
    for number in 1..=TRIES {
        two.acme.jira.attach(&from, "core dump.bin", MIME, &file(number))?;
    }
    for id in two.acme.jira.attachments(&from)? {
        let start = Instant::now();
        let bytes = two.acme.jira.content(&id)?;
        two.globex.jira.attach(&to, "core dump.bin", MIME, &bytes)?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

/// Waits for so many writes at Globex: each is a twin or a file.
fn arrived(two: &mut Two, writes: u64) -> Result<(), Failed> {
    until("What was made at ACME arriving at Globex", PATIENCE, || {
        two.acme.must_run()?;
        two.globex.must_run()?;
        Ok((two.globex.jira.writes()? >= writes).then_some(()))
    })
}

/// Different bytes for each number, so that none is known already.
fn file(number: u64) -> Vec<u8> {
    (0..BYTES as u64).map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(number) >> 8) as u8).collect()
}
