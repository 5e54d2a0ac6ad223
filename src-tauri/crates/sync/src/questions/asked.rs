//! Our people ask.

use twinline_model::Origin;
use twinline_model::connection::Connection;
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::Side;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::question::{Kept, MOST_QUESTIONS, Question, QuestionState};
use twinline_model::rules::RuleDirection;
use twinline_store::{StoreError, Tx};

use super::{connected, keep, remove, why_not_connected};
use crate::scripted::{Source, trouble};

/// What the partner reads of our issue before they say yes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaves {
    /// The summary, where the rules let it leave.
    pub summary: Option<String>,
    /// Which version of the rules of Script mode said so; `None`: Basic mode.
    pub rules: Option<u64>,
}

/// What of an issue the outgoing rules let leave with a question.
///
/// # Errors
/// Those of the database. Inside: the rules broke off, or keep the whole issue here.
pub fn leaves(
    tx: &Tx<'_>,
    source: &Source,
    connection: &Connection,
    issue: &ObservedIssue,
) -> Result<Result<Leaves, Trouble>, StoreError> {
    if issue.restricted {
        return Ok(Err(Trouble::new(ProblemCode::AddRestricted)));
    }
    let Some(script) = source.script(tx, connection)? else {
        return Ok(Ok(Leaves { summary: Some(issue.summary.clone()), rules: None }));
    };
    Ok(match script.leaving(issue.clone()) {
        Err(fault) => Err(trouble(RuleDirection::Outgoing, &fault)),
        Ok(left) if left.restricted => Err(Trouble::new(ProblemCode::AddRestricted)),
        Ok(left) => {
            let summary = left.leaving.and_then(|leaving| leaving.summary);
            Ok(Leaves { summary, rules: Some(script.version()) })
        }
    })
}

/// Asks the partner whether our issue and theirs of this key are one. `id` is drawn at random.
///
/// # Errors
/// Those of the database. Inside: why it cannot be asked.
#[allow(clippy::too_many_arguments)]
pub fn ask(
    tx: &mut Tx<'_>,
    source: &Source,
    connection: &Connection,
    site: &str,
    issue: &ObservedIssue,
    wanted: &str,
    id: &str,
    now: i64,
) -> Result<Result<(), Trouble>, StoreError> {
    let Some(connection) = connected(tx, connection)? else {
        return Ok(Err(Trouble::new(ProblemCode::PairEnded)));
    };
    if let Some(code) = why_not_connected(tx, &connection, site, issue, None)? {
        return Ok(Err(Trouble::new(code)));
    }
    let all = tx.questions(&connection.id)?;
    let mine = all.iter().filter(|kept| kept.by == Side::Ours);
    if mine.clone().filter(|kept| kept.is_open()).count() >= MOST_QUESTIONS {
        let limit = MOST_QUESTIONS.to_string();
        return Ok(Err(Trouble::new(ProblemCode::ConnectFull).with("limit", limit)));
    }
    let left = match leaves(tx, source, &connection, issue)? {
        Ok(left) => left,
        Err(trouble) => return Ok(Err(trouble)),
    };
    // What was answered with no before is asked anew.
    let over = mine.filter(|k| k.issue.as_ref() == Some(&issue.id) && k.state == QuestionState::Refused);
    for old in over {
        remove(tx, &connection, &old.question.id)?;
    }
    let question = Question {
        id: id.to_owned(),
        origin: Origin::of_issue(&tx.speaks_as(&connection)?, site, &issue.id),
        key: issue.key.to_string(),
        link: issue.url.clone(),
        summary: left.summary,
        wanted: wanted.to_owned(),
    };
    let kept = Kept {
        by: Side::Ours,
        state: QuestionState::Asked,
        issue: Some(issue.id.clone()),
        ours: issue.key.to_string(),
        title: issue.summary.clone(),
        url: issue.url.clone(),
        theirs: wanted.to_owned(),
        rules: left.rules,
        reason: String::new(),
        told: false,
        at_ms: now,
        question,
    };
    keep(tx, &connection, &kept, now).map(Ok)
}
