//! How long 10,000 changed issues take to be read, at a Jira with latency and limits: as a multiple of what the latency of their
//! pages alone takes, one after the other, and of what tap-jira takes for the same in the same run.

use std::time::{Duration, Instant};

use super::{Row, clients};
use crate::clients as installed;
use crate::demo::Folder;
use crate::demo::pair::Two;
use crate::stop::until;
use crate::tool::{Failed, Tool, fail};

const ISSUES: u32 = 10_000;
/// As many as the product asks for at once, and Jira gives with fields.
const PAGE: u32 = 100;
/// As many as Jira gives to whoever does not say, and tap-jira does not.
const TAP_PAGE: u32 = 50;
/// Of each answer of a Jira.
pub const LATENCY: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(600);

/// Both are measured from start to end of the program at one site, one after the other; ours ends when each issue is known, also
/// those that the search index does not show.
pub fn measure(tool: &Tool) -> Result<Vec<Row>, Failed> {
    let tap = installed::tap(tool)?;
    let folder = Folder::new(false)?;
    let mut two = Two::start(tool, &folder, 0, "1s")?;
    two.connect(PATIENCE)?;
    two.acme.node.stop();
    two.globex.node.stop();
    for number in 0..ISSUES {
        let summary = format!("Issue {number} of many");
        two.acme.jira.create(
            two.acme.project,
            "Task",
            &summary,
            &super::text("What happened, in a few words."),
        )?;
    }
    two.acme.jira.set_pace(LATENCY, true)?;

    // One look, which finds them all; the partner is away, so nothing else is done.
    two.check_every = "10h";
    let before = two.acme.jira.calls()?;
    let checked_before = two.acme.node.connection()?.unwrap_or_default()["last_checked_at"].clone();
    let begun = Instant::now();
    two.run_acme()?;
    let known = until("Every issue being known", PATIENCE, || {
        two.acme.must_run()?;
        let connection = two.acme.node.connection()?.unwrap_or_default();
        let waits = connection["waiting"]["out"].as_u64();
        Ok(waits.filter(|n| *n >= u64::from(ISSUES)).map(|_| Instant::now()))
    })?;
    let ours = (known - begun).as_secs_f64();
    // Then it asks what the search says of them: the round is over.
    until("The round's end", PATIENCE, || {
        two.acme.must_run()?;
        let checked = two.acme.node.connection()?.unwrap_or_default()["last_checked_at"].clone();
        Ok((checked != checked_before).then_some(()))
    })?;
    let calls: u64 = two.acme.jira.calls()?.all.values().sum::<u64>() - before.all.values().sum::<u64>();
    let peaks = super::peaks(&two);
    two.acme.node.stop();

    let said = clients::read(tool, &tap, &two.acme)?;
    let Some(theirs) = said["seconds"].as_f64().filter(|_| said["issues"] == ISSUES) else {
        return fail(format!("tap-jira did not read {ISSUES} issues: {said}"));
    };
    let floor = |page: u32| f64::from(ISSUES.div_ceil(page)) * LATENCY.as_secs_f64();
    let cpu = said["cpu_seconds"].as_f64().unwrap_or(0.0);
    let pages = ISSUES.div_ceil(PAGE);
    let mut rows = vec![
        Row::new(format!("{ISSUES} issues read, of their pages' latency"), ours / floor(PAGE), "times")
            .at_most(1.15),
        Row::new(format!("{ISSUES} issues read, of tap-jira's time"), ours / theirs, "times").at_most(0.35),
        Row::new("calls per page", count(calls) / f64::from(pages), "calls").at_most(1.05),
        Row::new("from the node's start until each issue is known to wait", ours, "s"),
        Row::new("tap-jira, from its start to its end", theirs, "s"),
        Row::new("tap-jira, of the latency of its pages", theirs / floor(TAP_PAGE), "times"),
        Row::new("tap-jira, processor time", cpu, "s"),
    ];
    rows.extend(peaks);
    Ok(rows)
}

fn count(n: u64) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
