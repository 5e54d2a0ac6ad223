//! What several rooms write in a transaction: a pair with what follows from it, lines for people, problems.

use twinline_engine::bug;
use twinline_engine::{Lost, Note, Rules, digest, flags, place};
use twinline_model::connection::Connection;
use twinline_model::intent::Write;
use twinline_model::pair::{Attachment, Pair, PairState, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::{Receipt, Version};
use twinline_model::view::{ActivityKind, Direction};
use twinline_model::{ConnectionId, Origin};
use twinline_store::{ActivityRow, ConflictRow, LinkState, PairFlags, ProblemRow, StoreError, Tx};

use crate::scripted::{in_force, is_outgoing_fault};
use crate::{Machine, stops};

/// The rules of a connection, as they are in force now.
///
/// # Errors
/// Those of the database.
pub fn rules(tx: &Tx<'_>, connection: &Connection) -> Result<Rules, StoreError> {
    Ok(rules_of(connection, in_force(tx, connection)?))
}

/// In Script mode, by a version of its rules: the outgoing ones say which comments stay. Basic rules are the same for everybody,
/// but for what the wizard asks.
pub fn rules_of(connection: &Connection, script: Option<u64>) -> Rules {
    let internal_comments = connection.internal_comments || script.is_some();
    Rules { internal_comments, script, ..Rules::basic() }
}

/// Stores a pair with what follows from it for the lists.
pub fn save(tx: &mut Tx<'_>, pair: &Pair, changed_ms: Option<i64>) -> Result<(), StoreError> {
    if let Some(field) = &pair.drift
        && tx.problems_of_pair(pair.id)?.is_empty()
    {
        raise(tx, pair, &Trouble::new(ProblemCode::Drift).with("field", field), changed_ms.unwrap_or(0))?;
    }
    let open = tx.intents_of(pair.id)?;
    let uploads = |of: &Origin| {
        open.iter().any(|i| matches!(&i.write, Write::AddAttachment { origin, .. } if origin == of))
    };
    // What was made here and is not wanted any more need not lie in the spool.
    for file in pair.attachments.iter().filter(|a| a.made && !a.gone.is_no() && !uploads(&a.origin)) {
        if let Some(sha256) = &file.sha256 {
            tx.withdraw_want(&pair.connection, sha256, &file.origin)?;
        }
    }
    let mut problems = tx.problems_of_pair(pair.id)?;
    for row in problems.extract_if(.., |row| is_over(row, pair)) {
        tx.remove_problem(row.id)?;
    }
    problems.retain(|row| stops::holds_up(&row.code));
    // A file's problem stops that file alone, and a full issue only what it takes no more of.
    let alone = |p: &ProblemRow| p.facts.contains_key("file") || p.code == ProblemCode::IssueFull.as_str();
    let stopped = problems.iter().any(|p| !alone(p));
    let (to_send, to_do, own) = flags(pair, &open, stopped);
    // What the outgoing rules broke off at may be an issue that the partner never hears of.
    let blocked = problems.iter().any(is_outgoing_fault);
    let unheard =
        pair.owner == Side::Ours && pair.theirs.is_none() && pair.summary.sent == Version::default();
    let told: Vec<_> = problems.iter().filter(|row| !(unheard && is_outgoing_fault(row))).cloned().collect();
    let theirs = stops::tell(tx, pair, &told)?;
    let flags = PairFlags {
        to_send: to_send && !blocked,
        to_do: to_do && !stopped,
        standing: stops::standing(own, stops::stop_of(&problems), theirs),
        urgent: pair.ours.is_some() && pair.theirs.is_some(),
        place: place(&pair.origin),
        digest: digest(pair),
    };
    tx.save_pair(pair, flags, changed_ms)
}

/// A file was refused that came after all, or that people took away: nobody has to do anything about it.
fn is_over(row: &ProblemRow, pair: &Pair) -> bool {
    let refusals = [ProblemCode::AttachmentTooLarge, ProblemCode::AttachmentRefused];
    let Some(name) = row.facts.get("file").filter(|_| refusals.iter().any(|c| c.as_str() == row.code)) else {
        return false;
    };
    let refused = |a: &Attachment| a.file_name == *name && a.stopped.is_some() && a.gone.is_no();
    !pair.attachments.iter().any(refused)
}

/// Writes lines for people.
pub fn note(tx: &mut Tx<'_>, pair: &Pair, notes: Vec<Note>, now_ms: i64) -> Result<(), StoreError> {
    for note in notes {
        tx.add_activity(&ActivityRow {
            id: 0,
            at_ms: now_ms,
            connection: pair.connection.clone(),
            direction: note.direction,
            kind: note.kind,
            ours: pair.ours.as_ref().map(|o| o.key.to_string()),
            theirs: pair.theirs.as_ref().map(|t| t.key.clone()),
            message: note.message.to_owned(),
            facts: note.facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        })?;
    }
    Ok(())
}

/// Keeps texts that lost a conflict, and tells people.
pub fn keep_lost(tx: &mut Tx<'_>, pair: &Pair, lost: Vec<Lost>, now_ms: i64) -> Result<(), StoreError> {
    if lost.is_empty() {
        return Ok(());
    }
    let mut kept = tx.conflicts_of(pair.id)?;
    for text in lost {
        // Both sides may notice the same conflict, and tell each other.
        if kept.iter().any(|k| k.field == text.field && k.lost == text.lost && k.kept == text.kept) {
            continue;
        }
        let row = ConflictRow {
            id: 0,
            settled_ms: None,
            connection: pair.connection.clone(),
            pair: pair.id,
            field: text.field.to_owned(),
            at_ms: now_ms,
            winner: if text.ours_won { Side::Ours } else { Side::Theirs },
            kept: text.kept,
            lost: text.lost,
        };
        tx.add_conflict(&row)?;
        kept.push(row);
        let message = if text.ours_won { "activity-conflict-ours" } else { "activity-conflict-theirs" };
        let line = Note::new(Direction::In, ActivityKind::Change, message).with("field", text.field);
        note(tx, pair, vec![line], now_ms)?;
    }
    Ok(())
}

/// Raises a problem of one pair in a transaction that also saves the pair.
pub fn raise(tx: &mut Tx<'_>, pair: &Pair, trouble: &Trouble, now_ms: i64) -> Result<(), StoreError> {
    let issue = pair.ours.as_ref().map(|o| o.key.to_string());
    let issue = issue.or_else(|| pair.theirs.as_ref().map(|t| t.key.clone()));
    tx.raise(
        trouble.code.as_str(),
        Some(&pair.connection),
        Some(pair.id),
        issue.as_deref(),
        &trouble.facts,
        now_ms,
    )?;
    Ok(())
}

/// Raises a problem of a whole connection.
pub async fn raise_for<M: Machine>(machine: &M, id: &ConnectionId, trouble: Trouble) -> Result<(), Trouble> {
    let (id, now) = (id.clone(), machine.now_ms());
    machine
        .write("problem", move |tx| {
            tx.raise(trouble.code.as_str(), Some(&id), None, None, &trouble.facts, now)
        })
        .await?;
    machine.changed();
    Ok(())
}

/// What the partner is told of an issue that is no longer synced here.
pub(crate) const UNLINKED: &str = "unlinked";

/// Stops syncing a pair, tells our people why, and the partner that it is so; both issues stay. `message` names the
/// sentence.
pub(crate) fn unlink(
    tx: &mut Tx<'_>,
    pair: &mut Pair,
    reason: &str,
    message: &'static str,
    now_ms: i64,
) -> Result<(), StoreError> {
    if pair.state != PairState::Active {
        return Ok(());
    }
    pair.state = PairState::Unlinked { reason: reason.to_owned() };
    if reason == "deleted" {
        // Nobody can look any more what became of them.
        for intent in tx.intents_of(pair.id)? {
            tx.remove_intent(intent.id)?;
        }
    }
    tx.settle_problem(None, Some(&pair.connection), Some(pair.id))?;
    let direction = if reason == "partner" { Direction::In } else { Direction::Out };
    note(tx, pair, vec![Note::new(direction, ActivityKind::Issue, message)], now_ms)?;
    save(tx, pair, Some(now_ms))?;
    if reason == "partner" || bug!(UnlinkedUntold) {
        return Ok(());
    }
    let (origin, code) = (pair.origin.clone(), UNLINKED.to_owned());
    push_receipt(tx, &pair.connection, &Receipt::Rejected { origin, code })
}

/// A person here wants a pair synced no longer: nothing is deleted, both issues stay, and the partner is told. What is under way
/// to our tracker comes to its end. False: it was not synced any more.
///
/// # Errors
/// Those of the database.
pub fn stop_syncing(tx: &mut Tx<'_>, pair: &mut Pair, now_ms: i64) -> Result<bool, StoreError> {
    if pair.state != PairState::Active {
        return Ok(false);
    }
    unlink(tx, pair, "stopped", "activity-unlinked-here", now_ms)?;
    tx.forget_wish(pair.id)?;
    Ok(true)
}

/// Tells the partner which issue stands for theirs.
pub fn report(tx: &mut Tx<'_>, pair: &Pair) -> Result<(), StoreError> {
    let Some(ours) = &pair.ours else { return Ok(()) };
    let receipt =
        Receipt::Applied { origin: pair.origin.clone(), key: ours.key.to_string(), link: ours.url.clone() };
    push_receipt(tx, &pair.connection, &receipt)
}

/// Queues a receipt; it gets its number when it is sent.
pub fn push_receipt(tx: &mut Tx<'_>, connection: &ConnectionId, receipt: &Receipt) -> Result<(), StoreError> {
    // Our own type: it always serialises.
    let json = serde_json::to_string(receipt).unwrap_or_default();
    tx.push_receipt(connection, &json)
}

/// Notes that the partner could not be reached.
pub async fn note_contact_failure<M: Machine>(
    machine: &M,
    id: &ConnectionId,
    code: ProblemCode,
) -> Result<(), Trouble> {
    let id = id.clone();
    machine
        .write("contact", move |tx| {
            let mut link = tx.link(&id)?;
            settle_on_the_way(tx, &id, &link, Some(code))?;
            link.last_error = Some(code.as_str().to_owned());
            tx.set_link(&id, &link)
        })
        .await?;
    machine.changed();
    Ok(())
}

/// What stands between us and the partner until somebody does something about it. What heals by itself is not among it.
pub(crate) const ON_THE_WAY: [ProblemCode; 4] = [
    ProblemCode::ProxySignIn,
    ProblemCode::ProxyLimit,
    ProblemCode::CertificateUntrusted,
    ProblemCode::CertificateTime,
];

/// What stood on the way by the last failure is over: the partner was heard, or something else is the matter now.
pub(crate) fn settle_on_the_way(
    tx: &mut Tx<'_>,
    id: &ConnectionId,
    link: &LinkState,
    now: Option<ProblemCode>,
) -> Result<(), StoreError> {
    let before = link.last_error.as_deref().and_then(ProblemCode::parse);
    let Some(over) = before.filter(|before| ON_THE_WAY.contains(before) && Some(*before) != now) else {
        return Ok(());
    };
    // What stands on the way to our tracker has `other`.
    let mine = tx.problems()?.into_iter().filter(|row| {
        row.code == over.as_str() && row.connection.as_ref() == Some(id) && !row.facts.contains_key("other")
    });
    mine.map(|row| row.id).collect::<Vec<_>>().into_iter().try_for_each(|row| tx.remove_problem(row))
}

/// When this run began by the tracker's clock, ms. Time asleep does not count: then it is later.
pub(crate) fn began<M: Machine>(machine: &M, clock_ms: i64) -> i64 {
    clock_ms.saturating_sub(i64::try_from(machine.awake().as_millis()).unwrap_or(i64::MAX))
}

/// How much a change counts that is met before both sides agree: see `twinline_engine::Eyes::leap`.
pub(crate) fn leap<M: Machine>(machine: &M) -> u64 {
    let drawn = u64::from_str_radix(machine.random_hex().get(..8).unwrap_or_default(), 16);
    (1 << 20) + drawn.unwrap_or(1)
}
