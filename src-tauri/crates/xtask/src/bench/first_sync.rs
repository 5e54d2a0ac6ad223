//! The first sync of a project that has issues already: each becomes a twin, at Jiras with latency and limits.

use std::time::{Duration, Instant};

use super::Row;
use super::reading::LATENCY;
use crate::demo::Folder;
use crate::demo::pair::{Approval, Two};
use crate::stop::until;
use crate::tool::{Failed, Tool};

/// The design asks for 10,000; a run with so many would take more than a quarter of an hour.
const ISSUES: u32 = 500;
/// Pairs that a connection works at, at once.
const LANES: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(900);

/// From the start of the partner's node to the last twin.
pub fn measure(tool: &Tool) -> Result<Vec<Row>, Failed> {
    let folder = Folder::new(false)?;
    let mut two = Two::start(tool, &folder, 0, "10s")?;
    for number in 0..ISSUES {
        let summary = format!("Issue {number} of before");
        two.acme.jira.create(two.acme.project, "Task", &summary, &super::text("It was there already."))?;
    }
    two.acme.sign_in()?;
    two.globex.sign_in()?;
    for jira in [&two.acme.jira, &two.globex.jira] {
        jira.set_pace(LATENCY, true)?;
    }
    let code = two.initiate(Approval::CodeHolder, true)?;
    two.run_acme()?;
    two.accept(&code)?;
    let start = Instant::now();
    two.run_globex()?;
    let twins = |two: &mut Two, wanted: u64| {
        until("The first sync", PATIENCE, || {
            two.acme.must_run()?;
            two.globex.must_run()?;
            Ok((two.globex.jira.writes()? >= wanted).then(Instant::now))
        })
    };
    let first = twins(&mut two, 1)?;
    let last = twins(&mut two, u64::from(ISSUES))?;
    two.up_to_date(PATIENCE)?;
    let made = two.globex.jira.writes()?;
    let whole = (last - start).as_secs_f64();
    let creating = (last - first).as_secs_f64();
    let floor = f64::from(ISSUES.div_ceil(LANES)) * LATENCY.as_secs_f64();
    let one_by_one = f64::from(ISSUES) * LATENCY.as_secs_f64();
    let mut rows = vec![
        Row::new(
            format!("first sync of {ISSUES} issues, of {LANES} creates at a time"),
            whole / floor,
            "times",
        )
        .at_most(1.15),
        Row::new("the creates alone, of one create at a time", creating / one_by_one, "times"),
        Row::new("from the start of the partner's node to the last twin", whole, "s"),
        Row::new(
            "writes per twin",
            f64::from(u32::try_from(made).unwrap_or(u32::MAX)) / f64::from(ISSUES),
            "calls",
        )
        .at_most(1.0),
    ];
    rows.extend(super::peaks(&two));
    Ok(rows)
}
