//! What a look at an issue means for one connection, in the transaction that writes it down.

use twinline_engine::join::is_another;
use twinline_engine::{
    Admission, Eyes, Outcome, admit, landed, leaves_open, not_visible, observe, recalled, settle,
    take_another,
};
use twinline_model::connection::Connection;
use twinline_model::intent::Write;
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{OurIssue, Pair, PairState, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::rules::RuleDirection;
use twinline_model::{NodeId, Origin};
use twinline_store::{StoreError, Tx};

use crate::foreign::is_anothers_twin;
use crate::forms::Shapes;
use crate::rows::{keep_lost, note, raise, report, rules, save, unlink};
use crate::scripted::{Ruled, Script, ran_through, stop, tell_partner};

/// With what an issue is looked at.
pub(crate) struct Look<'a> {
    pub(crate) me: &'a NodeId,
    pub(crate) site: &'a str,
    pub(crate) shapes: &'a Shapes,
    /// The connection's rules, in Script mode.
    pub(crate) script: Option<&'a Script>,
    /// The connection's filter lets it in.
    pub(crate) matches: bool,
    /// Both sides of the connection agree on what was said so far.
    pub(crate) agreed: bool,
    pub(crate) leap: u64,
    /// When this run began, ms, the tracker's clock.
    pub(crate) begun: i64,
    pub(crate) now: i64,
}

/// What a look at an issue came to on one connection.
pub(crate) struct Observed {
    pub(crate) changed: bool,
    /// Something of it has to wait until both sides agree.
    pub(crate) left_open: bool,
    /// It took the place of its copy.
    pub(crate) anew: bool,
}

/// Lets the pair of a connection observe the issue; `None`: it has none.
pub(crate) fn observe_on(
    tx: &mut Tx<'_>,
    connection: &Connection,
    issue: &ObservedIssue,
    look: &Look<'_>,
) -> Result<Option<Observed>, StoreError> {
    let now = look.now;
    let Some(mut pair) = pair_for(tx, connection, issue, look)? else { return Ok(None) };
    if pair.joined.is_some() && pair.local.is_none() {
        let foreign = is_anothers_twin(tx, connection, look.site, issue)?;
        if is_another(&pair, issue, foreign) {
            unlink(tx, &mut pair, "changed", "activity-unlinked-changed", now)?;
            return Ok(Some(Observed { changed: true, left_open: false, anew: false }));
        }
    }
    if issue.project != connection.project {
        unlink(tx, &mut pair, "moved", "activity-unlinked-moved", now)?;
        return Ok(Some(Observed { changed: true, left_open: false, anew: false }));
    }
    let open = tx.intents_of(pair.id)?;
    let before = pair.clone();
    let anew = pair.whole && pair.local.is_none();
    let rules = rules(tx, connection)?;
    // What is no longer synced needs no rules.
    let script = look.script.filter(|_| pair.state == PairState::Active);
    let leaving = match script.map(|script| script.leaving(issue.clone())) {
        None => None,
        Some(Ok(leaving)) => {
            ran_through(tx, &pair)?;
            Some(leaving)
        }
        Some(Err(fault)) => {
            pair.ours =
                Some(OurIssue { id: issue.id.clone(), key: issue.key.clone(), url: issue.url.clone() });
            stop(tx, &pair, RuleDirection::Outgoing, &fault, now)?;
            save(tx, &pair, None)?;
            return Ok(Some(Observed { changed: true, left_open: false, anew }));
        }
    };
    let issue = leaving.as_ref().unwrap_or(issue);
    // Both may agree before the search index shows what an earlier run wrote, and forgot.
    let until = if look.agreed { look.begun } else { i64::MAX };
    let remembered = match is_of_this_connection(connection, issue, &pair) {
        true => recalled(&pair, issue, until),
        false => Vec::new(),
    };
    let ruled = Ruled::to_compare(&pair, look.shapes, script);
    let eyes = Eyes {
        rules: &rules,
        node: look.me,
        site: look.site,
        forms: ruled.forms(),
        // An issue that took the place of its copy: nobody knows what of it was told, and the one change counts for many.
        settled: look.agreed && !anew,
        leap: look.leap,
    };
    let lost = observe(&mut pair, issue.clone(), &open, eyes);
    tell_partner(script, &mut pair, &lost);
    keep_lost(tx, &pair, [remembered, lost].concat(), now)?;
    note(tx, &pair, not_visible(&before, &pair), now)?;
    let changed = pair != before;
    save(tx, &pair, changed.then_some(now))?;
    Ok(Some(Observed { changed, left_open: leaves_open(&pair, issue), anew }))
}

/// All of the issue's changelog since the pair last saw it was written while it was synced, or could have been.
fn is_of_this_connection(connection: &Connection, issue: &ObservedIssue, pair: &Pair) -> bool {
    let born_since =
        || !connection.existing && connection.above.is_some_and(|above| issue.key.number() > above);
    // What stood in an issue before it was connected with the partner's is not of this connection.
    let twin = pair.owner == Side::Theirs && pair.joined.is_none();
    pair.local.is_some() || twin || born_since()
}

/// The pair of an issue: the one that is there, or the one that it starts or belongs to.
fn pair_for(
    tx: &mut Tx<'_>,
    connection: &Connection,
    issue: &ObservedIssue,
    look: &Look<'_>,
) -> Result<Option<Pair>, StoreError> {
    let (me, now) = (look.me, look.now);
    if let Some(pair) = tx.pair_of_issue(&connection.id, &issue.id)? {
        return Ok(Some(pair));
    }
    // The twin of one connection is not born here for another: what came from one partner is not passed on.
    if is_anothers_twin(tx, connection, look.site, issue)? {
        return Ok(None);
    }
    let marked = match &issue.marker {
        Some(marker) => tx.pair_of_origin(&connection.id, &marker.origin)?,
        None => None,
    };
    let admission = admit(connection, issue, issue.marker.as_ref(), marked.as_ref());
    if let Some(pair) = marked.as_ref().filter(|pair| admission != Admission::Late && is_older(issue, pair)) {
        return swap(tx, connection, pair.clone(), issue).map(Some);
    }
    match admission {
        Admission::No => Ok(None),
        Admission::Late => {
            if let Some(pair) = &marked {
                set_apart(tx, pair, issue, now)?;
            }
            Ok(None)
        }
        Admission::Born if !look.matches => Ok(None),
        Admission::Born => {
            let origin = Origin::of_issue(me, look.site, &issue.id);
            tx.new_pair(&connection.id, &origin, Side::Ours).map(Some)
        }
        Admission::Twin(origin) => {
            let pair = match marked {
                Some(pair) => pair,
                None => tx.new_pair(&connection.id, &origin, Side::Theirs)?,
            };
            found_twin(tx, pair, issue, now).map(Some)
        }
    }
}

/// Whether the pair's issue was copied from this one: a copy carries the marker too, and is the younger of the two. It is
/// met first after a database was set back, and where the index shows it before a twin whose create had no answer (F55).
fn is_older(issue: &ObservedIssue, pair: &Pair) -> bool {
    let other = pair.ours.as_ref().is_some_and(|ours| ours.id != issue.id);
    other && pair.local.as_ref().is_some_and(|local| issue.created_ms < local.created_ms)
}

/// A second twin, which landed when its create had been given up and repeated: people decide what becomes of it (F71).
fn set_apart(tx: &mut Tx<'_>, pair: &Pair, issue: &ObservedIssue, now: i64) -> Result<(), StoreError> {
    raise(tx, pair, &Trouble::new(ProblemCode::TwinTwice).with("other", issue.key.as_str()), now)
}

/// The true twin takes its place; the copy will be met again, as an issue of its own.
fn swap(
    tx: &mut Tx<'_>,
    connection: &Connection,
    mut pair: Pair,
    issue: &ObservedIssue,
) -> Result<Pair, StoreError> {
    let ours = OurIssue { id: issue.id.clone(), key: issue.key.clone(), url: issue.url.clone() };
    // What is under way, or was looked for, went to the copy: its answer says nothing of this issue.
    for intent in tx.intents_of(pair.id)? {
        tx.remove_intent(intent.id)?;
    }
    take_another(&mut pair, ours, issue.marker.as_ref().map(|marker| marker.attempt));
    save(tx, &pair, None)?;
    tx.forget_seen(&connection.account)?;
    report(tx, &pair)?;
    Ok(pair)
}

/// The create that made this twin took effect, whatever became of its answer (F03, F04, F69).
fn found_twin(tx: &mut Tx<'_>, mut pair: Pair, issue: &ObservedIssue, now: i64) -> Result<Pair, StoreError> {
    let ours = OurIssue { id: issue.id.clone(), key: issue.key.clone(), url: issue.url.clone() };
    let attempt = issue.marker.as_ref().map_or(0, |marker| marker.attempt);
    let open = tx.intents_of(pair.id)?;
    if !open.iter().any(|intent| matches!(intent.write, Write::CreateIssue { .. })) {
        let notes = landed(&mut pair, &ours, attempt);
        note(tx, &pair, notes, now)?;
    }
    for intent in open {
        if matches!(intent.write, Write::CreateIssue { .. }) {
            let settled = settle(&mut pair, &intent, &Outcome::Met(ours.clone(), attempt));
            note(tx, &pair, settled.notes, now)?;
            tx.remove_intent(intent.id)?;
        }
    }
    pair.ours = Some(ours);
    report(tx, &pair)?;
    Ok(pair)
}
