//! Two connections between the same two projects: people are told of it at the newer one (F96). An issue has one twin over all
//! connections, so nothing is doubled; but over which of them it is synced is chance.

use twinline_model::connection::{Connection, Stage};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::{StoreError, Tx};

/// Tells it of a connection whose partner has just become known.
pub(super) fn tell(tx: &mut Tx<'_>, row: &Connection, now_ms: i64) -> Result<(), StoreError> {
    let doubled = is_doubled(&tx.connections()?, row);
    let Some(partner) = row.partner.as_ref().filter(|_| doubled) else { return Ok(()) };
    let trouble = Trouble::new(ProblemCode::ConnectionDoubled).with("theirs", &partner.project);
    tx.raise(trouble.code.as_str(), Some(&row.id), None, None, &trouble.facts, now_ms).map(drop)
}

/// A connection has ended or gone: what was told of another for its sake is over.
pub(crate) fn settle(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let rows = tx.connections()?;
    for problem in tx.problems()?.into_iter().filter(|p| p.code == ProblemCode::ConnectionDoubled.as_str()) {
        let row = rows.iter().find(|row| Some(&row.id) == problem.connection.as_ref());
        if !row.is_some_and(|row| is_doubled(&rows, row)) {
            tx.remove_problem(problem.id)?;
        }
    }
    Ok(())
}

fn is_doubled(all: &[Connection], row: &Connection) -> bool {
    let ends = |one: &Connection| {
        let partner = one.partner.as_ref().filter(|_| !one.stage.is_over() && one.stage != Stage::Invited)?;
        let theirs = (partner.node.clone(), partner.site.clone(), partner.project.clone());
        Some((one.account.clone(), one.project.clone(), theirs))
    };
    ends(row).is_some_and(|mine| {
        all.iter().any(|other| other.id != row.id && ends(other).is_some_and(|theirs| theirs == mine))
    })
}
