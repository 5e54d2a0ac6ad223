//! An issue was read from our tracker: every connection that it concerns observes it.

use std::sync::Arc;
use twinline_engine::bug;

use twinline_engine::{
    Admission, Eyes, Outcome, admit, fingerprint, landed, leaves_open, needs_markers, not_visible, observe,
    recalled, settle, take_another, tell_partner,
};
use twinline_model::NodeId;
use twinline_model::connection::Connection;
use twinline_model::intent::Write;
use twinline_model::observed::{Marker, ObservedIssue};
use twinline_model::pair::{OurIssue, Pair, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{ConnectionId, Origin};
use twinline_store::{Account, StoreError, Tx};
use twinline_trackers::{ReadError, Tracker};

use crate::forms::Shapes;
use crate::poll::Failure;
use crate::renamed::with_todays_keys;
use crate::rows::{keep_lost, leap, note, raise, raise_for, report, rules, save, unlink};
use crate::{Machine, sweep};

/// Lets the account's connections observe an issue, in one transaction. `indexed`: the search index showed it.
pub async fn take_in<M: Machine>(
    machine: &Arc<M>,
    account: &Account,
    tracker: &Arc<dyn Tracker>,
    connections: &[Connection],
    mut issue: ObservedIssue,
    indexed: bool,
) -> Result<(), Failure> {
    // Who looked is part of it, and with which eyes: another connection on the same project has not seen the issue yet, nor
    // has one since whose internal comments leave or stay.
    let looked =
        connections.iter().flat_map(|c| [c.id.as_str(), if c.internal_comments { "internal" } else { "" }]);
    let looked: Vec<_> = looked.filter(|word| !word.is_empty()).collect();
    let print = format!("{} {}", fingerprint(&issue), looked.join(" "));
    let concerned = Concerned::of(machine.as_ref(), account, connections, &issue, &print).await?;
    if concerned.seen_before {
        note_highest(machine.as_ref(), connections, &issue);
        return Ok(());
    }
    let paired = &concerned.paired;
    let connections = &with_todays_keys(machine, tracker, connections, &issue, paired, indexed).await?;
    note_highest(machine.as_ref(), connections, &issue);
    let marked = issue.marker.is_some();
    verify_markers(machine.as_ref(), connections, &mut issue).await?;
    if let Some(above) = concerned.created_above.filter(|_| indexed)
        && let Some(twin) = sweep::original(machine, tracker, connections, &issue, above).await?
    {
        // It settles the create; what the search shows is an issue of its own then.
        Box::pin(take_in(machine, account, tracker, connections, twin, false)).await?;
    }
    // Somebody's twin, of a connection that is no more: it is not born here.
    let foreign = marked && issue.marker.is_none();
    if concerned.needs_markers {
        match tracker.comments_with_markers(&issue.id).await {
            Ok(comments) => issue.comments = comments,
            // It went away, or was hidden, since it was listed: this issue alone is left for the next poll.
            Err(ReadError::NotFound | ReadError::Forbidden(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        verify_markers(machine.as_ref(), connections, &mut issue).await?;
    }
    let (mut wanted, mut settled) = (Vec::new(), true);
    for connection in connections {
        let matches = match &connection.filter {
            Some(filter) if !concerned.paired.contains(&connection.id) => {
                match tracker.matching(std::slice::from_ref(&issue.id), filter).await {
                    Ok(found) => !found.is_empty(),
                    Err(ReadError::Refused(detail)) => {
                        // A field that the filter names went away: this connection alone is told.
                        let trouble = Trouble::new(ProblemCode::FilterRefused);
                        let trouble = trouble.with("filter", filter).with("detail", detail);
                        raise_for(machine.as_ref(), &connection.id, trouble).await?;
                        false
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            _ => true,
        };
        // The filter asks the search index, which may lag behind an issue that was read by its key: asked again then.
        settled &= matches || indexed;
        wanted.push((connection.clone(), matches));
    }
    let (site, account_id) = (account.site.clone(), account.id.clone());
    let (shapes, now) = (Shapes::from(machine.as_ref(), tracker), machine.now_ms());
    let leap = leap(machine.as_ref());
    let agreed: Vec<_> =
        connections.iter().filter(|c| machine.room(&c.id).memory().agreed).map(|c| c.id.clone()).collect();
    let (touched, settled, anew) = machine
        .write("observe", move |tx| {
            let me = tx.node()?;
            let mut touched = Vec::new();
            let (mut settled, mut anew) = (settled, Vec::new());
            for (connection, matches) in &wanted {
                let agreed = agreed.contains(&connection.id) && !tx.link(&connection.id)?.reconciling;
                let look = Look {
                    me: &me,
                    site: &site,
                    shapes: &shapes,
                    matches: *matches && !foreign,
                    agreed,
                    leap,
                    now,
                };
                let Some(observed) = observe_on(tx, connection, &issue, &look)? else { continue };
                if observed.changed {
                    touched.push(connection.id.clone());
                }
                if observed.anew {
                    anew.push(connection.id.clone());
                }
                settled &= bug!(SeenTooEarly) || !observed.left_open;
            }
            match settled {
                true => tx.set_seen(&account_id, &issue.id, &print)?,
                false => tx.forget_seen_issue(&account_id, &issue.id)?,
            }
            Ok((touched, settled, anew))
        })
        .await?;
    if !settled {
        connections.iter().for_each(|c| machine.room(&c.id).memory().left_open = true);
    }
    for id in &anew {
        // What the partner was told of the copy is found by comparing, and not only when it is time for that again.
        machine.room(id).memory().compared = None;
    }
    for id in &touched {
        let room = machine.room(id);
        room.work.ring();
        room.news.ring();
    }
    if !touched.is_empty() {
        machine.changed();
    }
    Ok(())
}

/// Above it the probe of a create begins to look.
fn note_highest<M: Machine>(machine: &M, connections: &[Connection], issue: &ObservedIssue) {
    for connection in connections.iter().filter(|c| c.project == issue.project) {
        let room = machine.room(&connection.id);
        let highest = &mut room.memory().highest;
        *highest = (*highest).max(issue.key.number());
    }
}

/// What is known of an issue before anything is asked.
struct Concerned {
    seen_before: bool,
    needs_markers: bool,
    paired: Vec<ConnectionId>,
    /// It has the marker of a create whose outcome nobody knows, which looks above this number.
    created_above: Option<u64>,
}

impl Concerned {
    async fn of<M: Machine>(
        machine: &M,
        account: &Account,
        connections: &[Connection],
        issue: &ObservedIssue,
        print: &str,
    ) -> Result<Self, Failure> {
        let ids: Vec<_> = connections.iter().map(|c| c.id.clone()).collect();
        let (account, issue, print) = (account.id.clone(), issue.clone(), print.to_owned());
        let concerned = machine
            .read(move |tx| {
                let seen_before = tx.seen(&account, &issue.id)?.as_deref() == Some(&print);
                if seen_before {
                    // Nothing else is asked: most issues of a poll were seen by the one before.
                    let (needs_markers, paired, created_above) = (false, Vec::new(), None);
                    return Ok(Self { seen_before, needs_markers, paired, created_above });
                }
                // An issue that we do not know may hold comments of ours already: before our database was set back.
                let by_us = issue.comments.iter().any(|c| c.by_us);
                let (mut needs, mut paired) = (false, Vec::new());
                let marker = issue.marker.as_ref().filter(|m| ids.contains(&m.connection));
                let created_above = marker.map(|marker| unanswered(tx, marker)).transpose()?.flatten();
                for id in ids {
                    if let Some(pair) = tx.pair_of_issue(&id, &issue.id)? {
                        needs |= needs_markers(&pair, &issue);
                        paired.push(id);
                    }
                }
                let needs_markers = if paired.is_empty() { by_us } else { needs };
                Ok(Self { seen_before, needs_markers, paired, created_above })
            })
            .await?;
        Ok(concerned)
    }
}

/// Above which number the open create of a marker's issue looks for it.
fn unanswered(tx: &Tx<'_>, marker: &Marker) -> Result<Option<u64>, StoreError> {
    let Some(pair) = tx.pair_of_origin(&marker.connection, &marker.origin)? else { return Ok(None) };
    let open = tx.intents_of(pair.id)?;
    Ok(open.into_iter().find_map(|intent| match intent.write {
        Write::CreateIssue { above, .. } => Some(above),
        _ => None,
    }))
}

/// A marker that none of our keys made is none: it goes, so that nobody can forge a twin.
pub(crate) async fn verify_markers<M: Machine>(
    machine: &M,
    connections: &[Connection],
    issue: &mut ObservedIssue,
) -> Result<(), Failure> {
    let mut keys = Vec::new();
    let marked = issue.marker.iter().chain(issue.comments.iter().filter_map(|c| c.marker.as_ref()));
    let named: Vec<_> = marked.map(|m| m.connection.clone()).collect();
    for connection in connections.iter().filter(|c| named.contains(&c.id)) {
        keys.push((connection.id.clone(), machine.marker_key(&connection.id).await?));
    }
    let genuine = |m: &Marker| keys.iter().any(|(id, key)| *id == m.connection && key.is_ours(m));
    issue.marker = issue.marker.take().filter(genuine);
    for comment in &mut issue.comments {
        comment.marker = comment.marker.take().filter(genuine);
    }
    Ok(())
}

/// With what an issue is looked at.
struct Look<'a> {
    me: &'a NodeId,
    site: &'a str,
    shapes: &'a Shapes,
    /// The connection's filter lets it in.
    matches: bool,
    /// Both sides of the connection agree on what was said so far.
    agreed: bool,
    leap: u64,
    now: i64,
}

/// What a look at an issue came to on one connection.
struct Observed {
    changed: bool,
    /// Something of it has to wait until both sides agree.
    left_open: bool,
    /// It took the place of its copy.
    anew: bool,
}

/// Lets the pair of a connection observe the issue; `None`: it has none.
fn observe_on(
    tx: &mut Tx<'_>,
    connection: &Connection,
    issue: &ObservedIssue,
    look: &Look<'_>,
) -> Result<Option<Observed>, StoreError> {
    let now = look.now;
    let Some(mut pair) = pair_for(tx, connection, issue, look)? else { return Ok(None) };
    if issue.project != connection.project {
        unlink(tx, &mut pair, "moved", "activity-unlinked-moved", now)?;
        return Ok(Some(Observed { changed: true, left_open: false, anew: false }));
    }
    let open = tx.intents_of(pair.id)?;
    let before = pair.clone();
    let anew = pair.whole && pair.local.is_none();
    let rules = rules(connection);
    let eyes = Eyes {
        rules: &rules,
        node: look.me,
        site: look.site,
        forms: look.shapes,
        // An issue that took the place of its copy: nobody knows what of it was told, and the one change counts for many.
        settled: look.agreed && !anew,
        leap: look.leap,
    };
    let remembered = match !look.agreed && is_of_this_connection(connection, issue, &pair) {
        true => recalled(&pair, issue),
        false => Vec::new(),
    };
    let lost = observe(&mut pair, issue.clone(), &open, eyes);
    tell_partner(&mut pair, &lost);
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
    pair.local.is_some() || pair.owner == Side::Theirs || born_since()
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
    if issue.marker.as_ref().is_some_and(|m| m.connection != connection.id) {
        return Ok(None);
    }
    let elsewhere = tx.pairs_of_issue_anywhere(&issue.id)?;
    if elsewhere.iter().any(|(id, origin)| *id != connection.id && origin.node != *me) {
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
    take_another(&mut pair, ours);
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
