//! How many calls a synced change costs at the tracker that receives it, and at the one where it was made.

use std::time::Duration;

use serde_json::json;

use super::Row;
use crate::demo::Folder;
use crate::demo::pair::Two;
use crate::practice::{Calls, Counts};
use crate::stop::until;
use crate::tool::{Failed, Tool};

/// Changes of each kind; more only take longer.
const CHANGES: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(180);

/// Makes changes of one kind at a time at ACME and counts what both trackers see until Globex has them.
pub fn measure(tool: &Tool) -> Result<Vec<Row>, Failed> {
    let folder = Folder::new(false)?;
    let mut two = Two::start(tool, &folder, 0, "2s")?;
    two.connect(PATIENCE)?;

    let text = super::text("A description.");
    let mut rows = Vec::new();
    let mut keys = Vec::new();
    count(&mut rows, &mut two, "created twin", 1.0, |two| {
        for number in 0..CHANGES {
            keys.push(two.acme.jira.create("SUP", "Task", &format!("Issue {number}"), &text)?);
        }
        Ok(())
    })?;
    count(&mut rows, &mut two, "edited summary", 1.0, |two| {
        keys.iter().try_for_each(|key| two.acme.jira.edit(key, &json!({"summary": format!("Edited {key}")})))
    })?;
    count(&mut rows, &mut two, "comment", 1.0, |two| {
        keys.iter().try_for_each(|key| two.acme.jira.comment(key, "ana", &text))
    })?;
    count(&mut rows, &mut two, "attachment", 2.0, |two| {
        keys.iter().try_for_each(|key| two.acme.jira.attach(key, "a.txt", "text/plain", key.as_bytes()))
    })?;
    rows.extend(nothing_changed(&mut two)?);
    rows.extend(super::peaks(&two));
    Ok(rows)
}

/// Ten more looks of each side while nobody does anything.
fn nothing_changed(two: &mut Two) -> Result<[Row; 2], Failed> {
    let before = (two.acme.jira.calls()?, two.globex.jira.calls()?);
    let polls = (two.acme.jira.polls()?, two.globex.jira.polls()?);
    until("Ten more looks", PATIENCE, || {
        two.acme.must_run()?;
        two.globex.must_run()?;
        let enough = two.acme.jira.polls()? >= polls.0 + 10 && two.globex.jira.polls()? >= polls.1 + 10;
        Ok(enough.then_some(()))
    })?;
    let after = (two.acme.jira.calls()?, two.globex.jira.calls()?);
    let both = |of: fn(&Calls) -> u64| (of(&after.0) - of(&before.0)) + (of(&after.1) - of(&before.1));
    let number = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    Ok([
        Row::new(
            "writes while nothing changed, both sides, 10 looks",
            number(both(|c| writes(&c.writes))),
            "calls",
        )
        .at_most(0.0),
        Row::new("other calls while nothing changed, both sides, polls apart", number(both(reads)), "calls")
            .at_most(0.0),
    ])
}

fn count(
    rows: &mut Vec<Row>,
    two: &mut Two,
    what: &str,
    floor: f64,
    make: impl FnOnce(&Two) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let before = (two.acme.jira.calls()?, two.globex.jira.calls()?);
    let expected = writes(&before.1.writes) + u64::from(CHANGES);
    make(two)?;
    // Our own hands make one write each at ACME; all others are Twinline's.
    until(what, PATIENCE, || {
        two.acme.must_run()?;
        two.globex.must_run()?;
        Ok((two.globex.jira.writes()? >= expected).then_some(()))
    })?;
    // Whatever follows a change (a link for people, an echo) is counted as well.
    let polls = two.globex.jira.polls()?;
    until("Three more looks", PATIENCE, || Ok((two.globex.jira.polls()? >= polls + 3).then_some(())))?;
    two.up_to_date(PATIENCE)?;
    let after = (two.acme.jira.calls()?, two.globex.jira.calls()?);
    let per = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX)) / f64::from(CHANGES);
    let receiving = (writes(&after.1.writes) - writes(&before.1.writes), reads(&after.1) - reads(&before.1));
    rows.push(Row::new(format!("writes per {what}, receiving side"), per(receiving.0), "calls"));
    rows.push(Row::new(
        format!("other calls per {what}, receiving side, polls apart"),
        per(receiving.1),
        "calls",
    ));
    let origin = (writes(&after.0.writes) - writes(&before.0.writes)).saturating_sub(u64::from(CHANGES));
    rows.push(Row::new(format!("writes per {what}, side of origin"), per(origin), "calls"));
    rows.push(Row::new(
        format!("other calls per {what}, side of origin, polls apart"),
        per(reads(&after.0) - reads(&before.0)),
        "calls",
    ));
    // The design counts what a change costs at both trackers, polls apart.
    let all: f64 = rows[rows.len() - 4..].iter().map(|row| row.value).sum();
    for (before, after) in [(&before.0, &after.0), (&before.1, &after.1)] {
        for (operation, n) in others(after) {
            let more = n - others(before).find(|(o, _)| *o == operation).map_or(0, |(_, n)| n);
            if more > 0 {
                rows.push(Row::new(format!("  of these {operation}"), per(more), "calls"));
            }
        }
    }
    rows.push(Row::new(format!("all calls per {what}"), all, "calls").at_most(floor));
    Ok(())
}

fn writes(by_operation: &Counts) -> u64 {
    by_operation.values().sum()
}

/// Neither writes nor what a poll round asks whether something changed or not.
fn reads(calls: &Calls) -> u64 {
    others(calls).map(|(_, n)| n).sum()
}

/// The same, by operation.
fn others(calls: &Calls) -> impl Iterator<Item = (&str, u64)> {
    let polled = |operation: &str| ["search/jql", "myself"].iter().any(|poll| operation.contains(poll));
    let others = calls.all.iter().filter(move |(operation, _)| !polled(operation));
    others.map(|(operation, n)| {
        (operation.as_str(), n - calls.writes.get(operation).copied().unwrap_or(0).min(*n))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_and_writes_are_not_counted_as_reads() {
        let all = [("POST /search/jql", 9), ("GET /myself", 9), ("POST /issue", 2), ("GET /issue/{id}", 3)];
        let all: Counts = all.iter().map(|(o, n)| ((*o).to_owned(), *n)).collect();
        let writes = Counts::from([("POST /issue".to_owned(), 2)]);
        assert_eq!(reads(&Calls { all, writes }), 3);
    }
}
