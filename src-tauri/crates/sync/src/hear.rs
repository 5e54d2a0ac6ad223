//! What we make of what the partner says.
//!
//! Numbers count for a pair of incarnations: each envelope names the sender's, and the receiver's that it was made for.
//! Whoever sees that the two no longer agree (an ack that goes back, one for what was never sent, a chain that does not
//! fit) renews its own: both sides begin at one, and compare their digests at once (F83-F85).

use std::cmp::Ordering;
use std::sync::Arc;

use twinline_engine::bug;
use twinline_link::exchange::{Body, Envelope, Mark, Message, QUESTIONS, StatedStage, Want};
use twinline_link::inbox::accept;
use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::{ConnectionId, PairId};
use twinline_store::{Holder, LinkState, StoreError, Tx};

use crate::nonces::Said;
use crate::room::Room;
use crate::rows::{raise_for, save, settle_on_the_way};
use crate::scripted::Source;
use crate::{Machine, blobs, compare, first, inbox, questions, stops};

/// Rows that are read at once.
const PAGE: u32 = 200;
/// Bytes of messages that are.
const PAGE_BYTES: usize = 4 << 20;

/// What came of the partner's words.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// They sent messages or pieces of files: they want to know that these arrived.
    pub(crate) content: bool,
    /// What they want of our files.
    pub(crate) asked: Vec<Want>,
}

/// What changed in the database.
#[derive(Default)]
struct Taken {
    /// The connection's stage, or its being paused.
    stage: bool,
    /// The numbers begin anew.
    renumbered: bool,
    /// Both sides count alike.
    agreed: bool,
    /// New messages came.
    messages: bool,
    /// The partner's run is the one that we granted writes to.
    holds: bool,
}

/// Takes in what the partner said. Anything but messages and acks is acted on only if it was said now, and not repeated.
pub(crate) async fn hear<M: Machine>(
    machine: &M,
    id: &ConnectionId,
    envelope: Envelope,
    said: Said,
) -> Result<Heard, Trouble> {
    let room = machine.room(id);
    let current = said == Said::Now;
    let content = !envelope.messages.is_empty() || !envelope.chunks.is_empty() || envelope.compare.is_some();
    let (wanted, now, fresh) = (id.clone(), machine.now_ms(), machine.random_hex());
    let Envelope { chunks, want: asked, compare: compared, .. } = envelope.clone();
    let (quiet, unsettled, run) = (envelope.quiet, envelope.health.unsettled, envelope.runner.run.clone());
    let holder = Holder { run: envelope.holder.clone(), place: envelope.holder_place.clone() };
    let sweep_from = room.memory().sweep_from;
    let place = room.clone();
    let taken = machine
        .write("hear", move |tx| {
            let Some(mut connection) = tx.connection(&wanted)? else { return Ok(Taken::default()) };
            let mut link = tx.link(&wanted)?;
            let (before, link_before) = (connection.clone(), link.clone());
            if envelope.protocols().is_ne() {
                // Nothing of it is relied on. Whatever it said is said again once one of the two is updated.
                if current {
                    tell_versions(tx, &wanted, envelope.protocols(), now)?;
                }
                return Ok(Taken::default());
            }
            let mut taken = Taken { holds: grant(&mut link, &envelope, current), ..Taken::default() };
            if taken.holds {
                taken.renumbered =
                    current && agree_on_numbers(tx, &place, &connection, &mut link, &envelope, fresh, now)?;
                if taken.renumbered && sweep_from.is_some() {
                    // It is made once more, in the next run if not in this one.
                    tx.set_sweep_from(&wanted, sweep_from)?;
                }
                taken.agreed = current
                    && !taken.renumbered
                    && envelope.to == link.incarnation
                    && link.partner_incarnation.as_deref() == Some(&envelope.incarnation);
                if taken.agreed && envelope.reconciling && !link.reconciling {
                    doubt(tx, &wanted, &mut link)?;
                }
                let before = link.received.0;
                let beyond_us = take_messages(tx, &connection, &mut link, &envelope)?;
                if current {
                    let theirs = if beyond_us { Ordering::Greater } else { Ordering::Equal };
                    tell_versions(tx, &wanted, theirs, now)?;
                }
                taken.messages = link.received.0 > before;
                taken.stage = current && take_head(&mut connection, &mut link, &envelope, now);
                if current {
                    tx.set_partner_held_up(&wanted, &envelope.health.held_up)?;
                }
            }
            // Old words are no sign that anybody is there.
            if current {
                link.last_contact_ms = Some(now);
                settle_on_the_way(tx, &wanted, &link, None)?;
                link.last_error = None;
            }
            first::end(tx, &connection, &mut link, now)?;
            if link != link_before {
                tx.set_link(&wanted, &link)?;
            }
            if connection != before {
                tx.update_connection(&connection)?;
                if connection.stage.is_over() {
                    questions::end(tx, &connection)?;
                }
            }
            Ok(taken)
        })
        .await?;
    if current {
        room.memory().meets(&run, unsettled, now);
        hear_grant(machine, id, &holder).await?;
    }
    if taken.renumbered {
        let mut memory = room.memory();
        (memory.swept, memory.keys_read, memory.sweep_at) = (false, false, None);
        (memory.compared, memory.comparing) = (None, None);
        (memory.asked_compare, memory.questions, memory.unequal) = (None, 0, 0);
    }
    let mut first = false;
    if taken.agreed {
        let mut memory = room.memory();
        let before = memory.agreed;
        // Two databases that were both set back to nothing agree on nothing: our tracker must have been read first.
        memory.agreed = memory.swept;
        first = memory.agreed && !before;
        memory.left_open |= first;
    }
    if taken.renumbered || taken.stage || first {
        machine.wake();
    }
    if !taken.holds {
        return Ok(Heard { content, asked: Vec::new() });
    }
    if let Some(theirs) = compared.filter(|_| current && !taken.renumbered) {
        compare::hear(machine, id, theirs, quiet && !taken.messages).await?;
    }
    take_chunks(machine, id, if current { chunks } else { Vec::new() }).await?;
    // Before our tracker was read in this run, what stands there may be newer than what we know of it.
    if taken.messages && room.memory().swept {
        inbox::drain(machine, id).await?;
    }
    machine.changed();
    Ok(Heard { content, asked: if said == Said::Earlier { Vec::new() } else { asked } })
}

/// Whether the partner's run may speak for its node; a run of the same place takes over by itself, one of another place
/// only when its people say so (I20).
fn grant(link: &mut LinkState, said: &Envelope, current: bool) -> bool {
    let run = &said.runner;
    match &link.holder {
        Some(holder) if holder.run == run.run => true,
        Some(holder) if holder.place != run.place && !run.take_over && !bug!(AnyRunWrites) => false,
        _ if current => {
            link.holder = Some(Holder { run: run.run.clone(), place: run.place.clone() });
            true
        }
        // Old words may come again; a grant is given only to what is said now.
        _ => false,
    }
}

/// What the partner says of us: whether it is this run that may write.
async fn hear_grant<M: Machine>(machine: &M, id: &ConnectionId, holder: &Holder) -> Result<(), Trouble> {
    let room = machine.room(id);
    let granted = holder.run == machine.run();
    // Nobody is named before our first words were heard, and an earlier run of ours gives way with the next ones: only a
    // run at another place is another copy.
    let other = !granted && !holder.run.is_empty() && holder.place != machine.place();
    let (was, asked, again) = {
        let mut memory = room.memory();
        let was = memory.granted;
        memory.granted &= granted;
        let asked = memory.take_over;
        memory.take_over &= !granted;
        memory.elsewhere |= other;
        (was, asked, memory.sweep_from.filter(|_| memory.elsewhere))
    };
    if granted && !was {
        let id = id.clone();
        machine
            .write("granted", move |tx| {
                if again.is_some() {
                    tx.set_sweep_from(&id, again)?;
                }
                tx.settle_problem(Some(ProblemCode::AnotherCopy.as_str()), Some(&id), None).map(drop)
            })
            .await?;
        // Only now: where there is no room for this, there is none for an intent either, and it is said again.
        let mut memory = room.memory();
        if std::mem::take(&mut memory.elsewhere) {
            (memory.swept, memory.keys_read, memory.sweep_at) = (false, false, None);
        }
        memory.granted = true;
        drop(memory);
        room.work.ring();
    }
    if other && !asked {
        raise_for(machine, id, Trouble::new(ProblemCode::AnotherCopy)).await?;
    }
    Ok(())
}

/// Brings both sides' numbering together, by what the partner says now. True: it begins anew.
fn agree_on_numbers(
    tx: &mut Tx<'_>,
    room: &Arc<Room>,
    connection: &Connection,
    link: &mut LinkState,
    said: &Envelope,
    fresh: String,
    now: i64,
) -> Result<bool, StoreError> {
    let known = link.partner_incarnation.as_deref() == Some(&said.incarnation);
    if !known {
        let first = link.partner_incarnation.is_none();
        link.partner_incarnation = Some(said.incarnation.clone());
        if first {
            return Ok(false);
        }
        tracing::warn!("the partner's numbers begin anew");
        renumber(tx, room, connection, link, now)?;
        return Ok(true);
    }
    if said.to != link.incarnation || fits(tx, &connection.id, link, &said.ack)? {
        return Ok(false);
    }
    tracing::warn!("one of the two databases was set back: our numbers begin anew");
    link.incarnation = fresh;
    renumber(tx, room, connection, link, now)?;
    Ok(true)
}

/// Whether the partner's ack is one that it can have given for what we sent.
fn fits(tx: &Tx<'_>, id: &ConnectionId, link: &LinkState, ack: &Mark) -> Result<bool, StoreError> {
    if bug!(AnyAckFits) {
        return Ok(true);
    }
    if ack.seq < link.acked || ack.seq > link.sent.0 {
        return Ok(false);
    }
    let chain = match ack.seq == link.acked {
        true => Some(link.acked_chain.clone()),
        false => tx.chain_at(id, ack.seq)?,
    };
    // A database of an earlier version kept no chain.
    Ok(chain.is_none_or(|chain| chain.is_empty() || chain == ack.chain))
}

/// Begins at one in both directions. What was numbered and not acked is derived again from the pairs: both sides compare
/// all of them.
fn renumber(
    tx: &mut Tx<'_>,
    room: &Arc<Room>,
    connection: &Connection,
    link: &mut LinkState,
    now: i64,
) -> Result<(), StoreError> {
    let id = &connection.id;
    // What was acked before is worked on first: its numbers would stand in the way.
    inbox::take_all(tx, &Source::of_paired(room.clone(), connection), connection, now)?;
    if !bug!(OutboxSurvives) {
        untell_overruled(tx, id, link.acked)?;
        tx.clear_out(id)?;
    }
    link.sent = (0, String::new());
    link.acked = 0;
    link.acked_chain = String::new();
    link.received = (0, String::new());
    link.reconciling = true;
    doubt_what_waits(tx, id)?;
    tx.untell_questions(id)?;
    stops::tell_again(tx, id)
}

/// Texts of the partner's that we overruled, and whose message goes with its number, are told again with the pair: they stand in
/// no tree, and our own record may be gone before the partner has one (I14).
fn untell_overruled(tx: &mut Tx<'_>, id: &ConnectionId, acked: u64) -> Result<(), StoreError> {
    let mut after = acked;
    loop {
        let page = tx.out_from(id, after, PAGE_BYTES, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        for row in page {
            let message = Message { seq: row.seq, critical: row.critical, kind: row.kind, body: row.body };
            // Written by us a moment ago; one that cannot be read is of no use to anybody.
            let Ok(Some(Body::Replica(replica))) = message.decode() else { continue };
            if replica.overruled.is_empty() {
                continue;
            }
            if let Ok(Some(mut pair)) = tx.pair_of_origin(id, &replica.origin) {
                pair.overruled.extend(replica.overruled);
                save(tx, &pair, None)?;
            }
        }
    }
}

/// The partner counts anew and found our numbers to fit: ours may be those of a database that was set back to before a time
/// which only the partner remembers. What stands here is no more certain than what stands there, until the digests are equal.
fn doubt(tx: &mut Tx<'_>, id: &ConnectionId, link: &mut LinkState) -> Result<(), StoreError> {
    link.reconciling = true;
    doubt_what_waits(tx, id)
}

/// What came before this moment, and was not written yet, was taken for new.
fn doubt_what_waits(tx: &mut Tx<'_>, id: &ConnectionId) -> Result<(), StoreError> {
    for urgent in [true, false] {
        let mut after = PairId(0);
        loop {
            let page = tx.pairs_to_do(id, urgent, PAGE, after)?;
            let Some(last) = page.last() else { break };
            after = *last;
            for pair in page {
                // A damaged pair is named where it is worked on.
                let Ok(Some(mut pair)) = tx.pair(pair) else { continue };
                if twinline_engine::doubt_what_waits(&mut pair) {
                    save(tx, &pair, None)?;
                }
            }
        }
    }
    Ok(())
}

/// Says which of the two has to be updated, as long as one of them has to.
fn tell_versions(tx: &mut Tx<'_>, id: &ConnectionId, theirs: Ordering, now: i64) -> Result<(), StoreError> {
    let said = match theirs {
        Ordering::Less => Some(ProblemCode::PartnerOlder),
        Ordering::Equal => None,
        Ordering::Greater => Some(ProblemCode::PartnerNewer),
    };
    for code in [ProblemCode::PartnerOlder, ProblemCode::PartnerNewer] {
        if said == Some(code) {
            let trouble = Trouble::new(code);
            tx.raise(code.as_str(), Some(id), None, None, &trouble.facts, now)?;
        } else {
            tx.settle_problem(Some(code.as_str()), Some(id), None)?;
        }
    }
    Ok(())
}

/// Inbox: committed here, acked with the next envelope. True: the next one must be understood, and is not.
fn take_messages(
    tx: &mut Tx<'_>,
    connection: &Connection,
    link: &mut LinkState,
    said: &Envelope,
) -> Result<bool, StoreError> {
    let id = &connection.id;
    let ours = said.to == link.incarnation;
    let theirs = link.partner_incarnation.as_deref() == Some(&said.incarnation);
    if !ours || !theirs {
        // Made for numbers of before.
        return Ok(false);
    }
    if said.ack.seq > link.acked && fits(tx, id, link, &said.ack)? {
        link.acked = said.ack.seq;
        link.acked_chain.clone_from(&said.ack.chain);
        tx.acked(id, said.ack.seq)?;
    }
    if connection.stage != Stage::Connected {
        return Ok(false);
    }
    let mark = Mark { seq: link.received.0, chain: link.received.1.clone() };
    let (take, after) = accept(&mark, &said.messages);
    for index in take {
        let message: &Message = &said.messages[index];
        tx.push_in(id, message.seq, &message.kind, &message.body)?;
    }
    link.received = (after.seq, after.chain);
    let next = said.messages.iter().find(|message| Some(message.seq) == link.received.0.checked_add(1));
    Ok(next.is_some_and(Message::is_beyond_us))
}

/// The partner's statement and health. True: the connection's stage changed.
fn take_head(connection: &mut Connection, link: &mut LinkState, said: &Envelope, now: i64) -> bool {
    link.partner_pending = said.health.pending;
    link.partner_unsent = said.health.unsent;
    link.partner_interval_ms = said.health.interval_ms;
    link.partner_asks = Some(said.features.iter().any(|feature| feature == QUESTIONS));
    let before = if bug!(ProblemsStay) { link.partner_problems } else { 0 };
    link.partner_problems = said.health.problems.max(before);
    link.partner_checked_ms =
        said.health.checked_ago_ms.map(|ago| now - i64::try_from(ago).unwrap_or(i64::MAX / 2));
    if let Some(partner) = &mut connection.partner {
        if !said.project.is_empty() {
            partner.project.clone_from(&said.project);
        }
        if !said.person.is_empty() {
            partner.person.clone_from(&said.person);
        }
    }
    if said.statement.generation < link.partner_generation {
        return false;
    }
    link.partner_generation = said.statement.generation;
    let before = (connection.stage, connection.partner_paused);
    connection.partner_paused = said.statement.paused;
    connection.stage = match (connection.stage, said.statement.stage) {
        // The public side approved; it alone can.
        (Stage::AwaitingApproval, StatedStage::Connected) if connection.role == Role::Private => {
            Stage::Connected
        }
        // An end before it began is a "no".
        (Stage::AwaitingApproval, StatedStage::Ended | StatedStage::Rejected) => Stage::Declined,
        (Stage::Connected, StatedStage::Ended | StatedStage::Rejected) => Stage::Ended,
        (stage, _) => stage,
    };
    (connection.stage, connection.partner_paused) != before
}

async fn take_chunks<M: Machine>(
    machine: &M,
    id: &ConnectionId,
    chunks: Vec<twinline_link::exchange::Chunk>,
) -> Result<(), Trouble> {
    if chunks.is_empty() {
        return Ok(());
    }
    match blobs::take(machine, id, chunks).await {
        Ok(complete) => {
            if complete {
                machine.room(id).work.ring();
            }
            disk_works(machine, id).await
        }
        // A full disk stops the files, not the words.
        Err(trouble) => raise_for(machine, id, trouble).await,
    }
}

/// The spool could be written: what was said of a full disk is over.
pub(crate) async fn disk_works<M: Machine>(machine: &M, id: &ConnectionId) -> Result<(), Trouble> {
    let wanted = id.clone();
    let told = machine
        .read(move |tx| {
            let codes = [ProblemCode::DiskFull.as_str(), ProblemCode::FolderUnusable.as_str()];
            Ok(tx
                .problems()?
                .iter()
                .any(|p| codes.contains(&p.code.as_str()) && p.connection.as_ref() == Some(&wanted)))
        })
        .await?;
    if !told {
        return Ok(());
    }
    let id = id.clone();
    machine
        .write("disk-works", move |tx| {
            for code in [ProblemCode::DiskFull, ProblemCode::FolderUnusable] {
                tx.settle_problem(Some(code.as_str()), Some(&id), None)?;
            }
            Ok(())
        })
        .await
}
