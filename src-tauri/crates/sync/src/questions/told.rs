//! The partner is told how questions stand: each message says it whole, so that it may be told twice.

use twinline_engine::join::pair_origin;
use twinline_model::connection::Connection;
use twinline_model::pair::Side;
use twinline_model::question::{Kept, MOST_A_DAY, QuestionState, Said};
use twinline_store::{LinkState, StoreError, Tx};

use super::answer::origins;
use super::remove;
use crate::scripted::in_force;

/// Answers that are kept after they were told: an asker whose database was set back may ask once more.
const ANSWERS: usize = MOST_A_DAY;
/// For how long what was read of an issue is told without another look, ms.
const FRESH_MS: i64 = 120_000;

/// The next words, at most so many; told from here on. Nothing as long as the partner's version would not understand them.
pub(crate) fn to_tell(
    tx: &mut Tx<'_>,
    connection: &Connection,
    link: &LinkState,
    limit: u32,
    now: i64,
) -> Result<Vec<Said>, StoreError> {
    if link.partner_asks != Some(true) {
        return Ok(Vec::new());
    }
    let mut told = Vec::new();
    let ready = ready(tx, connection)?.into_iter().filter(|kept| is_fresh(kept, now));
    for kept in ready.take(limit as usize) {
        let Some(said) = said(tx, connection, &kept)? else { continue };
        told.push(said);
        match kept.state {
            QuestionState::Withdrawn => remove(tx, connection, &kept.question.id)?,
            _ => tx.keep_question(&connection.id, &Kept { told: true, ..kept })?,
        }
    }
    forget_old(tx, connection)?;
    Ok(told)
}

/// How many words are on their way to the partner.
pub(crate) fn waiting(tx: &Tx<'_>, connection: &Connection, link: &LinkState) -> Result<u64, StoreError> {
    match link.partner_asks {
        Some(true) => Ok(ready(tx, connection)?.len() as u64),
        _ => Ok(0),
    }
}

/// Whether what it says of our issue is what stands there: one that waited, because the partner was away, is read again first.
pub(super) fn is_fresh(kept: &Kept, now: i64) -> bool {
    kept.state != QuestionState::Asked || (0..FRESH_MS).contains(&(now - kept.at_ms))
}

/// Those that can be told now. What other rules let leave than those in force waits for the next look.
fn ready(tx: &Tx<'_>, connection: &Connection) -> Result<Vec<Kept>, StoreError> {
    let mut rows = tx.questions_to_tell(&connection.id)?;
    if rows.iter().any(|kept| kept.state == QuestionState::Asked) {
        let rules = in_force(tx, connection)?;
        rows.retain(|kept| kept.state != QuestionState::Asked || kept.rules == rules);
    }
    Ok(rows)
}

fn said(tx: &Tx<'_>, connection: &Connection, kept: &Kept) -> Result<Option<Said>, StoreError> {
    let id = kept.question.id.clone();
    Ok(match (kept.by, kept.state) {
        (Side::Ours, QuestionState::Asked) => Some(Said::Asked(kept.question.clone())),
        // An answer that counts for nothing is answered with this.
        (Side::Ours, _) => Some(Said::Withdrawn { id }),
        (Side::Theirs, QuestionState::Agreed) => {
            let site = tx.account(&connection.account)?.map(|account| account.site).unwrap_or_default();
            origins(tx, connection, &site, kept)?.map(|(origin, theirs)| {
                let pair = pair_origin(&origin, &theirs).clone();
                Said::Agreed { id, origin, pair, key: kept.ours.clone(), link: kept.url.clone() }
            })
        }
        (Side::Theirs, _) => Some(Said::Declined { id, code: kept.reason.clone() }),
    })
}

fn forget_old(tx: &mut Tx<'_>, connection: &Connection) -> Result<(), StoreError> {
    let all = tx.questions(&connection.id)?;
    let over = |kept: &&Kept| kept.by == Side::Theirs && kept.state == QuestionState::Declined && kept.told;
    let answered: Vec<&Kept> = all.iter().filter(over).collect();
    let many = answered.len().saturating_sub(ANSWERS);
    answered.iter().take(many).try_for_each(|kept| tx.remove_question(&connection.id, &kept.question.id))
}

#[cfg(test)]
mod tests {
    use twinline_model::question::Question;
    use twinline_model::{NodeId, Origin};

    use super::*;

    #[test]
    fn what_was_read_long_ago_is_not_told() {
        let question = Question {
            id: String::new(),
            origin: Origin { node: NodeId::new("acme"), item: String::new() },
            key: String::new(),
            link: String::new(),
            summary: None,
            wanted: String::new(),
        };
        let kept = Kept {
            question,
            by: Side::Ours,
            state: QuestionState::Asked,
            issue: None,
            ours: String::new(),
            title: String::new(),
            url: String::new(),
            theirs: String::new(),
            rules: None,
            reason: String::new(),
            told: false,
            at_ms: 1_000,
        };
        assert!(is_fresh(&kept, 1_000) && is_fresh(&kept, FRESH_MS));
        assert!(!is_fresh(&kept, 1_000 + FRESH_MS));
        assert!(!is_fresh(&kept, 999), "the clock was set back: nobody knows how old it is");
        assert!(
            is_fresh(&Kept { state: QuestionState::Withdrawn, ..kept }, i64::MAX),
            "it says nothing of the issue"
        );
    }
}
