//! Questions that came in are looked at in our tracker, and those of ours that other rules let leave than those in force.

use twinline_engine::join::{is_mirrored, is_of};
use twinline_model::connection::Connection;
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::PairState;
use twinline_model::question::{Kept, Question, QuestionState, UNAVAILABLE};
use twinline_model::{IssueId, IssueKey, Origin};
use twinline_store::{LinkState, StoreError, Tx};
use twinline_trackers::ReadError;

use super::answer::{answer_mirrored, close, take_back};
use super::told::is_fresh;
use super::{agree, keep, leaves, why_not_connected};
use crate::Machine;
use crate::poll::Failure;
use crate::reading::Reading;
use crate::scripted::{Source, in_force};

/// Questions of one round.
const AT_ONCE: usize = 50;
/// Whoever spoke within this time is there, ms.
const HEARD_MS: i64 = 120_000;

/// Reads the issues that questions name, and judges them.
pub(crate) async fn look<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
) -> Result<(), Failure> {
    let Reading { machine, account, tracker, .. } = reading;
    let (of, now) = (connection.clone(), machine.now_ms());
    let (arrived, outdated) = machine.read(move |tx| due(tx, &of, now)).await?;
    if arrived.is_empty() && outdated.is_empty() {
        return Ok(());
    }
    // Under another key than the one that was typed it counts as another issue.
    let typed = arrived.iter().filter_map(|kept| IssueKey::typed(&kept.question.wanted));
    // The partner has no say about what is read of other projects.
    let keys: Vec<IssueKey> = typed.filter(|key| key.is_of(&connection.project)).collect();
    let ids: Vec<IssueId> = outdated.iter().filter_map(|kept| kept.issue.clone()).collect();
    let read = async {
        let named = if keys.is_empty() { Vec::new() } else { tracker.issues_by_key(&keys).await? };
        let ours = if ids.is_empty() { Vec::new() } else { tracker.issues_by_id(&ids).await? };
        Ok::<_, ReadError>((named, ours))
    };
    let (named, ours) = match read.await {
        Ok(read) => read,
        // What else is looked for must not wait for it.
        Err(error) => {
            tracing::info!(%error, "what a question names cannot be read yet");
            return Ok(());
        }
    };
    let (of, site) = (connection.clone(), account.site.clone());
    let source = Source::of(machine.as_ref(), connection);
    machine
        .write("questions", move |tx| {
            for kept in arrived {
                let key = IssueKey::typed(&kept.question.wanted);
                let issue = named.iter().find(|issue| Some(&issue.key) == key.as_ref());
                judge(tx, &source, &of, &site, kept, issue, now)?;
            }
            for kept in outdated {
                let issue = ours.iter().find(|issue| kept.issue.as_ref() == Some(&issue.id));
                say_anew(tx, &source, &of, &site, kept, issue, now)?;
            }
            Ok(())
        })
        .await?;
    let room = machine.room(&connection.id);
    room.news.ring();
    machine.changed();
    Ok(())
}

/// Those that came in, and those of ours that other rules let leave than those in force, or that were read too long ago.
fn due(tx: &Tx<'_>, connection: &Connection, now: i64) -> Result<(Vec<Kept>, Vec<Kept>), StoreError> {
    let all = tx.questions(&connection.id)?;
    if all.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let rules = in_force(tx, connection)?;
    let arrived = all.iter().filter(|kept| kept.state == QuestionState::Arrived).take(AT_ONCE);
    let tells = is_heard(&tx.link(&connection.id)?, now);
    let old = |kept: &Kept| kept.rules != rules || (tells && !is_fresh(kept, now));
    let outdated = all.iter().filter(|k| k.state == QuestionState::Asked && !k.told && old(k)).take(AT_ONCE);
    Ok((arrived.cloned().collect(), outdated.cloned().collect()))
}

/// Whether the partner is there and would understand a question: before that nothing is read for it.
fn is_heard(link: &LinkState, now: i64) -> bool {
    let lately = |at: i64| now.saturating_sub(at) < HEARD_MS;
    link.partner_asks == Some(true) && link.last_contact_ms.is_some_and(lately)
}

/// A question that came in: it waits for our people, is answered already, or is about nothing that could be connected.
fn judge(
    tx: &mut Tx<'_>,
    source: &Source,
    connection: &Connection,
    site: &str,
    kept: Kept,
    issue: Option<&ObservedIssue>,
    now: i64,
) -> Result<(), StoreError> {
    // Withdrawn while it was looked at.
    let id = kept.question.id.clone();
    let Some(kept) = tx.question(&connection.id, &id)?.filter(|k| k.state == QuestionState::Arrived) else {
        return Ok(());
    };
    let Some(issue) = issue else { return close(tx, connection, kept, UNAVAILABLE, now) };
    let kept = Kept {
        issue: Some(issue.id.clone()),
        ours: issue.key.to_string(),
        title: issue.summary.clone(),
        url: issue.url.clone(),
        ..kept
    };
    // The asker's database was set back, and asks once more what made a pair.
    let pair = tx.pair_of_issue(&connection.id, &issue.id)?;
    if pair.is_some_and(|pair| pair.state == PairState::Active && is_of(&pair, &id)) {
        return keep(tx, connection, &Kept { state: QuestionState::Agreed, ..kept }, now);
    }
    let mirrored = tx.questions(&connection.id)?.into_iter().find(|k| is_mirrored(k, &kept.question, issue));
    if let Some(mine) = &mirrored {
        // Both have asked for the same pair. One of the two questions counts, for both sides the same one (F94).
        let ours = Origin::of_issue(&tx.speaks_as(connection)?, site, &issue.id);
        if ours < kept.question.origin {
            // Ours does, and they will say yes to it: theirs needs no answer.
            let (state, reason) = (QuestionState::Declined, UNAVAILABLE.to_owned());
            return keep(tx, connection, &Kept { state, reason, told: true, ..kept }, now);
        }
        take_back(tx, connection, mine.clone(), now)?;
    }
    if why_not_connected(tx, connection, site, issue, Some(&id))?.is_some() {
        return close(tx, connection, kept, UNAVAILABLE, now);
    }
    // Nobody is asked to connect what our rules keep here.
    if leaves(tx, source, connection, issue)?.is_err() {
        return close(tx, connection, kept, UNAVAILABLE, now);
    }
    keep(tx, connection, &Kept { state: QuestionState::Open, ..kept }, now)?;
    // Our people have said so themselves: by the same question, or because both sides are theirs.
    if mirrored.is_some() || connection.other_side().is_some() {
        agree(tx, source, connection, site, &id, Some(issue), now)?.ok();
    }
    Ok(())
}

/// Asks by the rules that are in force now, about the issue as it is now. One that cannot be connected any more, that they keep here,
/// or that is gone, is not asked about.
fn say_anew(
    tx: &mut Tx<'_>,
    source: &Source,
    connection: &Connection,
    site: &str,
    kept: Kept,
    issue: Option<&ObservedIssue>,
    now: i64,
) -> Result<(), StoreError> {
    let waits = |kept: &Kept| kept.state == QuestionState::Asked && !kept.told;
    let Some(kept) = tx.question(&connection.id, &kept.question.id)?.filter(waits) else { return Ok(()) };
    let open = match issue {
        Some(issue) => why_not_connected(tx, connection, site, issue, Some(&kept.question.id))?
            .is_none()
            .then_some(issue),
        None => None,
    };
    let left = match open {
        Some(issue) => leaves(tx, source, connection, issue)?.ok().map(|left| (issue, left)),
        None => None,
    };
    let Some((issue, left)) = left else {
        // Theirs about the same two waits for an answer no longer.
        answer_mirrored(tx, connection, &kept)?;
        let (state, reason) = (QuestionState::Refused, UNAVAILABLE.to_owned());
        return keep(tx, connection, &Kept { state, reason, told: true, ..kept }, now);
    };
    let (key, link) = (issue.key.to_string(), issue.url.clone());
    let question = Question { key: key.clone(), link: link.clone(), summary: left.summary, ..kept.question };
    let (title, rules) = (issue.summary.clone(), left.rules);
    keep(tx, connection, &Kept { question, ours: key, title, url: link, rules, at_ms: now, ..kept }, now)
}
