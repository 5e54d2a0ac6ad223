//! Two issues that exist already become a pair: asked over the link, answered by a person of the other side.
//!
//! | step | where | does |
//! |---|---|---|
//! | asked | asker | a row; it travels once the partner's version understands it ([`told`]) |
//! | arrived | receiver | a row; the next round reads which issue of ours it names ([`look`]) |
//! | open | receiver | it stands in *Needs attention* |
//! | agreed | receiver | a person said yes, and the issue is still the one that they saw ([`answer`]); told |
//! | made | asker | the pair is made, if the question is still open ([`heard`]); the `applied` receipt tells it |
//! | made | receiver | with that receipt, or the first replica, the pair is made there too |
//!
//! Each message says how a question stands, and may come twice. What cannot be made on both sides is made on none: whoever hears
//! of a pair that it cannot have says so, and the other lets it go.

mod answer;
mod asked;
mod heard;
mod look;
mod made;
mod told;

use std::collections::BTreeMap;

use twinline_model::connection::{Connection, Stage};
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::PairState;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::question::{Kept, QuestionState};
use twinline_model::view::{ActivityKind, Direction};
use twinline_store::{ActivityRow, StoreError, Tx};

use crate::foreign::why_not;

pub use answer::{agree, decline, withdraw};
pub use asked::{Leaves, ask, leaves};
pub(crate) use heard::{answered, confirm, hear, hear_joined};
pub(crate) use look::look;
pub(crate) use told::{to_tell, waiting};

/// Why an issue of ours cannot be connected with one of the partner's; `None`: it can. `but`: the question that this is about.
///
/// # Errors
/// Those of the database.
pub fn why_not_connected(
    tx: &Tx<'_>,
    connection: &Connection,
    site: &str,
    issue: &ObservedIssue,
    but: Option<&str>,
) -> Result<Option<ProblemCode>, StoreError> {
    if let Some(code) = why_not(tx, connection, site, issue)? {
        return Ok(Some(code));
    }
    if is_shared(tx, connection, site, issue)? {
        return Ok(Some(ProblemCode::ConnectShared));
    }
    let asked = tx.questions(&connection.id)?.into_iter().any(|kept| {
        kept.is_open() && kept.issue.as_ref() == Some(&issue.id) && Some(kept.question.id.as_str()) != but
    });
    Ok(asked.then_some(ProblemCode::ConnectAsked))
}

/// Whether the issue is synced on another connection: what this one's partner wrote would go there.
fn is_shared(
    tx: &Tx<'_>,
    connection: &Connection,
    site: &str,
    issue: &ObservedIssue,
) -> Result<bool, StoreError> {
    for (other, _) in tx.pairs_of_issue_anywhere(site, &issue.id)? {
        let lives = other != connection.id
            && tx.connection(&other)?.is_some_and(|c| !c.stage.is_over())
            && tx.pair_of_issue(&other, &issue.id)?.is_some_and(|p| p.state == PairState::Active);
        if lives {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Keeps a question in another state, of which the partner has yet to be told, and in *Needs attention* while it waits for our people.
fn keep(tx: &mut Tx<'_>, connection: &Connection, kept: &Kept, now: i64) -> Result<(), StoreError> {
    tx.keep_question(&connection.id, kept)?;
    if kept.state != QuestionState::Open {
        return settle(tx, connection, &kept.question.id);
    }
    let trouble = Trouble::new(ProblemCode::QuestionWaits)
        // One row for each question.
        .with("other", &kept.question.id)
        .with("theirs", &kept.theirs)
        .with("title", &kept.title)
        .with("shared", if kept.question.summary.is_some() { "yes" } else { "no" })
        .with("summary", kept.question.summary.as_deref().unwrap_or_default());
    let (id, issue) = (Some(&connection.id), Some(kept.ours.as_str()));
    tx.raise(trouble.code.as_str(), id, None, issue, &trouble.facts, now).map(drop)
}

/// Forgets a question.
fn remove(tx: &mut Tx<'_>, connection: &Connection, id: &str) -> Result<(), StoreError> {
    settle(tx, connection, id)?;
    tx.remove_question(&connection.id, id)
}

/// The connection has ended: nobody has to answer any more.
///
/// # Errors
/// Those of the database.
pub fn end(tx: &mut Tx<'_>, connection: &Connection) -> Result<(), StoreError> {
    tx.settle_problem(Some(ProblemCode::QuestionWaits.as_str()), Some(&connection.id), None).map(drop)
}

/// It needs nobody's attention any more.
fn settle(tx: &mut Tx<'_>, connection: &Connection, id: &str) -> Result<(), StoreError> {
    let code = ProblemCode::QuestionWaits.as_str();
    let rows = tx.problems()?.into_iter().filter(|row| {
        row.code == code
            && row.connection.as_ref() == Some(&connection.id)
            && row.facts.get("other").is_some_and(|other| other == id)
    });
    rows.map(|row| row.id).collect::<Vec<_>>().into_iter().try_for_each(|row| tx.remove_problem(row))
}

/// A line for people about a question.
fn note(
    tx: &mut Tx<'_>,
    connection: &Connection,
    kept: &Kept,
    message: &str,
    now: i64,
) -> Result<(), StoreError> {
    tx.add_activity(&ActivityRow {
        id: 0,
        at_ms: now,
        connection: connection.id.clone(),
        direction: Direction::In,
        kind: ActivityKind::Issue,
        ours: Some(kept.ours.clone()),
        theirs: Some(kept.theirs.clone()),
        message: message.to_owned(),
        facts: BTreeMap::new(),
    })
    .map(drop)
}

/// The connection as it is now, if questions may be asked and answered on it.
fn connected(tx: &Tx<'_>, connection: &Connection) -> Result<Option<Connection>, StoreError> {
    Ok(tx.connection(&connection.id)?.filter(|now| now.stage == Stage::Connected))
}
