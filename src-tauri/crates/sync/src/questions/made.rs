//! Both said yes: the pair is made.

use twinline_engine::join::{join, owner, pair_origin};
use twinline_model::connection::Connection;
use twinline_model::pair::{OurIssue, PairState, Side, TheirIssue};
use twinline_model::question::{Kept, QuestionState, UNAVAILABLE};
use twinline_model::{IssueId, IssueKey, Origin};
use twinline_store::{StoreError, Tx};

use super::answer::{close, take_back};
use super::{note, remove};
use crate::rows::{report, save};

/// The partner's issue of a pair that is to be made.
pub(super) struct Theirs {
    pub(super) origin: Origin,
    pub(super) key: String,
    pub(super) link: String,
}

/// Makes the pair of a question, unless one of its issues has become part of another meanwhile. True: it stands.
///
/// Nothing leaves and nothing is written before the first look has met the issue that people agreed on
/// (`twinline_engine::join::is_another`).
pub(super) fn make(
    tx: &mut Tx<'_>,
    connection: &Connection,
    kept: &Kept,
    ours: &Origin,
    theirs: Theirs,
    now: i64,
) -> Result<bool, StoreError> {
    let Some(issue) = kept.issue.clone() else { return Ok(false) };
    // Under another key it is another issue than the one that our people asked about.
    if kept.by == Side::Ours && theirs.key != kept.question.wanted {
        return Ok(false);
    }
    let origin = pair_origin(ours, &theirs.origin);
    let known = tx.pair_of_issue(&connection.id, &issue)?;
    if let Some(pair) = known.filter(|pair| pair.origin == *origin && pair.state == PairState::Active) {
        // Both asked, and both said yes: it was made already.
        remove(tx, connection, &kept.question.id)?;
        return report(tx, &pair).map(|()| true);
    }
    if !is_free(tx, connection, &issue, origin, &theirs.origin)? {
        return Ok(false);
    }
    let mut pair = tx.new_pair(&connection.id, origin, owner(ours, &theirs.origin))?;
    let ours = OurIssue { id: issue.clone(), key: IssueKey::new(&kept.ours), url: kept.url.clone() };
    join(&mut pair, ours, TheirIssue { key: theirs.key, link: theirs.link }, &kept.question.id);
    save(tx, &pair, Some(now))?;
    // It was seen as none of ours, and may not have changed since.
    tx.forget_seen_issue(&connection.account, &issue)?;
    tx.wish(pair.id, now)?;
    let keys =
        Kept { theirs: pair.theirs.as_ref().map(|t| t.key.clone()).unwrap_or_default(), ..kept.clone() };
    note(tx, connection, &keys, "activity-connected", now)?;
    remove(tx, connection, &kept.question.id)?;
    close_others(tx, connection, &issue, now)?;
    report(tx, &pair)?;
    Ok(true)
}

/// Neither of the two is part of a pair, on any connection.
fn is_free(
    tx: &Tx<'_>,
    connection: &Connection,
    issue: &IssueId,
    origin: &Origin,
    theirs: &Origin,
) -> Result<bool, StoreError> {
    let site = tx.account(&connection.account)?.map(|account| account.site).unwrap_or_default();
    for (other, born) in tx.pairs_of_issue_anywhere(&site, issue)? {
        let lives = |pair: Option<twinline_model::pair::Pair>| {
            pair.is_some_and(|pair| pair.state == PairState::Active || born == Side::Theirs)
        };
        if other == connection.id || lives(tx.pair_of_issue(&other, issue)?) {
            return Ok(false);
        }
    }
    Ok(tx.pair_of_origin(&connection.id, origin)?.is_none() && tx.twins_anywhere(theirs)?.is_empty())
}

/// What else was asked about the issue cannot be any more.
fn close_others(
    tx: &mut Tx<'_>,
    connection: &Connection,
    issue: &IssueId,
    now: i64,
) -> Result<(), StoreError> {
    for kept in tx.questions(&connection.id)? {
        if !kept.is_open() || kept.issue.as_ref() != Some(issue) {
            continue;
        }
        match kept.state {
            QuestionState::Asked => take_back(tx, connection, kept, now)?,
            _ => close(tx, connection, kept, UNAVAILABLE, now)?,
        }
    }
    Ok(())
}
