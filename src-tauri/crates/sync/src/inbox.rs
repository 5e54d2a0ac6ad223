//! Received messages: durable before they were acked, worked on in their order. A bad one stops only itself; one whose pair
//! cannot be read holds up those behind it.

use twinline_engine::bug;

use twinline_engine::{Eyes, Note, receive};
use twinline_link::exchange::{Body, Message};
use twinline_model::connection::Connection;
use twinline_model::pair::{Pair, PairState, Side, Stop, TheirIssue};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::{Receipt, Replica};
use twinline_model::view::{ActivityKind, Direction};
use twinline_model::{ConnectionId, Origin};
use twinline_store::{InRow, StoreError, Tx};

use crate::again::{give_up, take_up};
use crate::forms::Shapes;
use crate::rows::{UNLINKED, keep_lost, note, push_receipt, rules, save, unlink};
use crate::scripted::{Ruled, Script, Source};
use crate::{Machine, again, blobs, questions, stops};

/// Messages that are worked on at once: while they are, no lane of the worker goes on.
const AT_ONCE: u32 = 50;
/// Bytes of them: one message of the largest size, or many small ones.
const BYTES_AT_ONCE: usize = 8 << 20;
/// Issues that are looked for at once.
const FORGOTTEN: usize = 100;

/// How the partner's values look here, and the connection's rules in Script mode.
type By<'a> = (&'a Shapes, Option<&'a Script>);

/// Works on everything that waits, some messages in one transaction.
pub async fn drain<M: Machine>(machine: &M, id: &ConnectionId) -> Result<(), Trouble> {
    let (mut any, mut at_once) = (false, AT_ONCE);
    loop {
        let wanted = id.clone();
        let found = machine
            .read(move |tx| Ok((tx.next_in(&wanted, BYTES_AT_ONCE, at_once)?, tx.connection(&wanted)?)))
            .await?;
        let (rows, Some(connection)) = found else { return Ok(()) };
        if rows.is_empty() {
            break;
        }
        any = true;
        let (shapes, now) = (Shapes::of(machine, &connection).await, machine.now_ms());
        let source = Source::of(machine, &connection);
        let taken = machine
            .write("inbox", move |tx| {
                let script = source.script(tx, &connection)?;
                let take = |row| take(tx, &connection, row, (&shapes, script.as_ref()), now);
                rows.into_iter().map(take).collect::<Result<Vec<_>, _>>()
            })
            .await;
        match taken {
            Ok(taken) => {
                let room = machine.room(id);
                let mut memory = room.memory();
                for origin in taken.into_iter().flatten() {
                    // The comparison tells the rest again.
                    if memory.forgotten.len() < FORGOTTEN {
                        memory.forgotten.insert(origin);
                    }
                }
            }
            // One of them may be to blame: those before it do not wait for it.
            Err(trouble) if trouble.code == ProblemCode::Database && at_once > 1 => at_once = 1,
            Err(trouble) => return Err(trouble),
        }
    }
    if any {
        let room = machine.room(id);
        room.work.ring();
        room.news.ring();
        blobs::clean(machine).await;
        machine.changed();
    }
    Ok(())
}

/// Works on everything that waits, within a transaction. What was forgotten shows again when all is compared.
pub(crate) fn take_all(
    tx: &mut Tx<'_>,
    source: &Source,
    connection: &Connection,
    now: i64,
) -> Result<(), StoreError> {
    let (shapes, script) = (Shapes::none(), source.script(tx, connection)?);
    loop {
        let rows = tx.next_in(&connection.id, BYTES_AT_ONCE, AT_ONCE)?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            take(tx, connection, row, (&shapes, script.as_ref()), now)?;
        }
    }
}

fn take(
    tx: &mut Tx<'_>,
    connection: &Connection,
    row: InRow,
    by: By<'_>,
    now: i64,
) -> Result<Option<Origin>, StoreError> {
    let message = Message { seq: row.seq, critical: false, kind: row.kind, body: row.body };
    let mut forgotten = None;
    match message.decode() {
        Ok(Some(Body::Replica(replica))) if bug!(InboxForgets) && replica.comments.is_empty() => {
            drop(replica)
        }
        Ok(Some(Body::Replica(replica))) if joins(tx, connection, &replica, now)? => {
            take_replica(tx, connection, replica, by, now)?;
        }
        Ok(Some(Body::Replica(replica))) if is_forgotten(tx, connection, &replica.origin)? => {
            forgotten = Some(replica.origin);
        }
        Ok(Some(Body::Replica(replica))) => take_replica(tx, connection, replica, by, now)?,
        Ok(Some(Body::Question(said))) => {
            if let Some(why) = questions::hear(tx, connection, said, now)? {
                invalid(tx, connection, why, now)?;
            }
        }
        Ok(Some(Body::Receipt(receipt))) => forgotten = take_receipt(tx, connection, receipt, by.0, now)?,
        Ok(None) => tracing::info!(kind = message.kind, "a message of a later version was skipped"),
        Err(error) => invalid(tx, connection, &error.to_string(), now)?,
    }
    tx.remove_in(&connection.id, message.seq)?;
    Ok(forgotten)
}

/// A replica of two issues that were there before they became a pair makes the pair here too, if it was agreed on. It never makes a
/// twin.
fn joins(tx: &mut Tx<'_>, connection: &Connection, replica: &Replica, now: i64) -> Result<bool, StoreError> {
    let Some(question) = &replica.joined else { return Ok(false) };
    match tx.pair_of_origin(&connection.id, &replica.origin)? {
        // A database that was set back may have found the pair by its marker, and not that the question was answered.
        Some(_) => questions::answered(tx, connection, question).map(|()| false),
        None => questions::hear_joined(tx, connection, question, replica, now),
    }
}

/// An issue that was born here and that we know nothing of: our database was set back. It is looked for by its id.
pub(crate) fn is_forgotten(
    tx: &Tx<'_>,
    connection: &Connection,
    origin: &Origin,
) -> Result<bool, StoreError> {
    Ok(origin.node == tx.speaks_as(connection)? && tx.pair_of_origin(&connection.id, origin)?.is_none())
}

/// So often the partner's node may send what it must not before a person is asked.
const INVALID: u32 = 20;

/// The partner's node sends what it must not: told once and counted; nothing else stops before it has happened too often (F89).
fn invalid(tx: &mut Tx<'_>, connection: &Connection, why: &str, now: i64) -> Result<(), StoreError> {
    tracing::warn!(why, "the partner sent something invalid");
    let (id, code) = (&connection.id, ProblemCode::PartnerInvalid);
    let told = tx
        .problems()?
        .into_iter()
        .find(|row| row.code == code.as_str() && row.connection.as_ref() == Some(id));
    if told.is_some_and(|row| row.count + 1 >= INVALID) && tx.held(id)?.is_none() {
        tx.set_held(id, Some(code.as_str()))?;
    }
    let stopped = tx.held(id)?.as_deref() == Some(code.as_str());
    let trouble = Trouble::new(code).with("stopped", if stopped { "yes" } else { "no" });
    tx.raise(code.as_str(), Some(id), None, None, &trouble.facts, now).map(drop)
}

/// A person lets a connection go on whose partner sent what it must not.
///
/// # Errors
/// Those of the database.
pub fn trust_again(tx: &mut Tx<'_>, connection: &ConnectionId) -> Result<(), StoreError> {
    match tx.held(connection)?.as_deref() == Some(ProblemCode::PartnerInvalid.as_str()) {
        true => tx.set_held(connection, None),
        false => Ok(()),
    }
}

fn take_replica(
    tx: &mut Tx<'_>,
    connection: &Connection,
    replica: Replica,
    (shapes, script): By<'_>,
    now: i64,
) -> Result<(), StoreError> {
    let Some(partner) = connection.partner.as_ref().map(|p| p.node.clone()) else {
        return invalid(tx, connection, "a replica before the pairing", now);
    };
    let origin = replica.origin.clone();
    let mut pair = match tx.pair_of_origin(&connection.id, &origin)? {
        Some(pair) => pair,
        None if origin.node != partner => {
            return invalid(tx, connection, "an origin that is not theirs", now);
        }
        None if replica.joined.is_some() => {
            // Agreed on by nobody that is remembered here: there is no pair on either side then.
            return push_receipt(
                tx,
                &connection.id,
                &Receipt::Rejected { origin, code: UNLINKED.to_owned() },
            );
        }
        None if !tx.twins_anywhere(&origin)?.is_empty() => {
            // At most one twin per origin over all connections: the second route is refused by name.
            let code = ProblemCode::TwinTwice.as_str().to_owned();
            return push_receipt(tx, &connection.id, &Receipt::Rejected { origin, code });
        }
        None => tx.new_pair(&connection.id, &origin, Side::Theirs)?,
    };
    let again = take_up(&mut pair);
    let (me, rules) = (tx.speaks_as(connection)?, rules(tx, connection)?);
    let site = tx.account(&connection.account)?.map(|a| a.site).unwrap_or_default();
    let settled = !tx.link(&connection.id)?.reconciling;
    // Rules that break off are told where something would be written: what was received is kept all the same.
    let ruled = Ruled::to_compare(&pair, shapes, script);
    let eyes = Eyes { rules: &rules, node: &me, site: &site, forms: ruled.forms(), settled, leap: 1 };
    match receive(&mut pair, replica, &partner, eyes) {
        Ok(lost) => {
            if again {
                tx.settle_problem(
                    Some(ProblemCode::TwinDeleted.as_str()),
                    Some(&pair.connection),
                    Some(pair.id),
                )?;
            }
            keep_lost(tx, &pair, lost, now)?;
            save(tx, &pair, None)
        }
        Err(twinline_engine::Refusal::Unlinked) => {
            push_receipt(tx, &connection.id, &Receipt::Rejected { origin, code: UNLINKED.to_owned() })
        }
        Err(error) => invalid(tx, connection, &error.to_string(), now),
    }
}

fn take_receipt(
    tx: &mut Tx<'_>,
    connection: &Connection,
    receipt: Receipt,
    shapes: &Shapes,
    now: i64,
) -> Result<Option<Origin>, StoreError> {
    match receipt {
        Receipt::Applied { origin, key, link } => {
            let Some(mut pair) = tx.pair_of_origin(&connection.id, &origin)? else {
                // Of two issues that people have agreed on: now the asker has the pair.
                questions::confirm(tx, connection, &origin, now)?;
                return Ok(None);
            };
            let first = pair.theirs.is_none();
            pair.theirs = Some(TheirIssue { key, link });
            if first {
                let line = Note::new(Direction::Out, ActivityKind::Issue, "activity-out-created");
                note(tx, &pair, vec![line], now)?;
            }
            save(tx, &pair, first.then_some(now))?;
        }
        Receipt::Parked { origin, .. } => return take_stop(tx, connection, origin, Some(Stop::Waits), now),
        Receipt::Skipped { origin } => return take_stop(tx, connection, origin, Some(Stop::Skipped), now),
        Receipt::Resumed { origin } => return take_stop(tx, connection, origin, None, now),
        Receipt::Rejected { origin, code } if code == UNLINKED => {
            let Some(mut pair) = tx.pair_of_origin(&connection.id, &origin)? else { return Ok(None) };
            give_up(tx, &mut pair)?;
            unlink(tx, &mut pair, "partner", "activity-unlinked-partner", now)?;
        }
        Receipt::Rejected { origin, .. } => say(tx, connection, &origin, "activity-out-rejected", now)?,
        Receipt::Again { origin } => return again::hear(tx, connection, origin, shapes, now),
        Receipt::BlobApplied { origin, sha256 } => tx.withdraw_offer(&connection.id, &sha256, &origin)?,
    }
    Ok(None)
}

/// What waits at the partner. Where it is an issue of ours that is not synced any more, or was forgotten, the partner still has
/// to be told.
fn take_stop(
    tx: &mut Tx<'_>,
    connection: &Connection,
    origin: Origin,
    theirs: Option<Stop>,
    now: i64,
) -> Result<Option<Origin>, StoreError> {
    match tx.pair_of_origin(&connection.id, &origin)? {
        None => return Ok(is_forgotten(tx, connection, &origin)?.then_some(origin)),
        Some(pair) if pair.state == PairState::Active => stops::hear(tx, connection, &origin, theirs, now)?,
        Some(_) => {
            push_receipt(tx, &connection.id, &Receipt::Rejected { origin, code: UNLINKED.to_owned() })?
        }
    }
    Ok(None)
}

fn say(
    tx: &mut Tx<'_>,
    connection: &Connection,
    origin: &twinline_model::Origin,
    message: &'static str,
    now: i64,
) -> Result<(), StoreError> {
    let pair: Option<Pair> = tx.pair_of_origin(&connection.id, origin)?;
    let Some(pair) = pair else { return Ok(()) };
    note(tx, &pair, vec![Note::new(Direction::Out, ActivityKind::Issue, message)], now)
}
