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

    let text = json!({"type": "doc", "version": 1, "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "A description."}]}]});
    let mut rows = Vec::new();
    let mut keys = Vec::new();
    count(&mut rows, &mut two, "created twin", |two| {
        for number in 0..CHANGES {
            keys.push(two.acme.jira.create("SUP", "Task", &format!("Issue {number}"), &text)?);
        }
        Ok(())
    })?;
    count(&mut rows, &mut two, "edited summary", |two| {
        keys.iter().try_for_each(|key| two.acme.jira.edit(key, &json!({"summary": format!("Edited {key}")})))
    })?;
    count(&mut rows, &mut two, "comment", |two| {
        keys.iter().try_for_each(|key| two.acme.jira.comment(key, "ana", &text))
    })?;
    count(&mut rows, &mut two, "attachment", |two| {
        keys.iter().try_for_each(|key| two.acme.jira.attach(key, "a.txt", "text/plain", key.as_bytes()))
    })?;
    Ok(rows)
}

fn count(
    rows: &mut Vec<Row>,
    two: &mut Two,
    what: &str,
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
    Ok(())
}

fn writes(by_operation: &Counts) -> u64 {
    by_operation.values().sum()
}

/// Neither writes nor what a poll round asks whether something changed or not.
fn reads(calls: &Calls) -> u64 {
    let polled = |operation: &str| ["search/jql", "myself"].iter().any(|poll| operation.contains(poll));
    let others = calls.all.iter().filter(|(operation, _)| !polled(operation));
    others.map(|(operation, n)| n - calls.writes.get(operation).copied().unwrap_or(0).min(*n)).sum()
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
