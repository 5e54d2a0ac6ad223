//! What we say in an exchange: numbered messages, what was received, how we are.

use twinline_engine::bug;
use twinline_engine::{Note, compose, may_leave};
use twinline_link::exchange::{
    Body, Credit, Envelope, Health, Mark, Message, PROTOCOL, QUESTIONS, Runner, StatedStage, Statement, Want,
    next_chain,
};
use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Stage};
use twinline_model::pair::Pair;
use twinline_model::pause::Pause;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::{Receipt, Replica};
use twinline_model::view::{ActivityKind, Direction};
use twinline_store::{LinkState, StoreError, Tx};

use crate::rows::{note, rules, save};
use crate::{Machine, blobs, compare, first, held_up, questions, stops};

/// Bytes of messages in one envelope.
const MESSAGE_BYTES: usize = 2 * 1024 * 1024;
/// The same where the way is narrow: with a piece of a file and the rest of the envelope it stays below 1 MiB, which is what
/// nginx takes unless it is told otherwise.
const NARROW_BYTES: usize = 256 * 1024;
/// Messages in one envelope, and numbered ahead of the partner's ack.
const MESSAGES: u32 = 200;
/// By how much a clock is corrected without anybody noticing, ms: a time further ahead was written before the clock was set back.
pub const CORRECTED_MS: i64 = 5_000;

/// What `say` needs beside the database.
struct Saying {
    id: ConnectionId,
    runner: Runner,
    interval_ms: u32,
    now_ms: i64,
    /// Digests are to be compared again, if nothing is on its way.
    compare_due: bool,
    message_bytes: usize,
}

/// Numbers what is new and composes what we say. `asked` is what the partner wants of our files.
pub(crate) async fn say<M: Machine>(
    machine: &M,
    id: &ConnectionId,
    asked: &[Want],
) -> Result<Envelope, Trouble> {
    let room = machine.room(id);
    let saying = {
        let memory = room.memory();
        Saying {
            id: id.clone(),
            runner: Runner {
                run: machine.run().to_owned(),
                place: machine.place().to_owned(),
                take_over: memory.take_over,
            },
            interval_ms: u32::try_from(machine.check_every().as_millis()).unwrap_or(u32::MAX),
            now_ms: machine.now_ms(),
            compare_due: compare::due_in(machine.awake(), &memory).is_zero(),
            message_bytes: if memory.narrow { NARROW_BYTES } else { MESSAGE_BYTES },
        }
    };
    let composed = machine.write("say", move |tx| compose_envelope(tx, &saying)).await?;
    let Some(mut envelope) = composed else {
        return Err(Trouble::new(ProblemCode::ConnectionUnknown).with("connection", id.as_str()));
    };
    {
        let mut memory = room.memory();
        if let Some(answer) = memory.comparing.take() {
            envelope.compare = Some(answer);
        }
        if envelope.compare.is_some() {
            memory.asked_compare = Some(machine.awake());
            memory.questions = memory.questions.saturating_add(1);
        }
    }
    if !asked.is_empty() && envelope.statement.stage == StatedStage::Connected {
        envelope.chunks = blobs::serve(machine, id, asked).await?;
    }
    Ok(envelope)
}

fn compose_envelope(tx: &mut Tx<'_>, saying: &Saying) -> Result<Option<Envelope>, StoreError> {
    let id = &saying.id;
    let Some(connection) = tx.connection(id)? else { return Ok(None) };
    let mut link = tx.link(id)?;
    let connected = connection.stage == Stage::Connected;
    // The partner takes messages only for the incarnation that it knows; before it told us its own there is none.
    let stopped = connection.paused.is_some() || connection.partner_paused || tx.held(id)?.is_some();
    if connected && !stopped && link.partner_incarnation.is_some() {
        number(tx, &connection, &mut link, saying.now_ms)?;
    }
    let rows = match connected && link.partner_incarnation.is_some() {
        true => tx.out_from(id, link.acked, saying.message_bytes, MESSAGES)?,
        false => Vec::new(),
    };
    let account = tx.account(&connection.account)?;
    let checked = account.as_ref().and_then(|a| a.checked_ms);
    let on_their_way = compare::on_their_way(tx, id)?;
    let quiet = connected && on_their_way == 0 && link.partner_incarnation.is_some();
    let compare = match quiet && saying.compare_due && !bug!(NeverCompared) {
        true => Some(compare::ask(tx, id)?),
        false => None,
    };
    Ok(Some(Envelope {
        protocol: PROTOCOL,
        app: env!("CARGO_PKG_VERSION").to_owned(),
        features: vec![QUESTIONS.to_owned()],
        incarnation: link.incarnation.clone(),
        to: link.partner_incarnation.clone().unwrap_or_default(),
        runner: saying.runner.clone(),
        holder: link.holder.as_ref().map(|h| h.run.clone()).unwrap_or_default(),
        holder_place: link.holder.as_ref().map(|h| h.place.clone()).unwrap_or_default(),
        ack: Mark { seq: link.received.0 + u64::from(bug!(AckBeforeCommit)), chain: link.received.1.clone() },
        first_seq: link.acked + 1,
        messages: rows
            .into_iter()
            .map(|r| Message { seq: r.seq, critical: r.critical, kind: r.kind, body: r.body })
            .collect(),
        want: if connected { blobs::wants(tx, id)? } else { Vec::new() },
        quiet,
        reconciling: link.reconciling,
        compare,
        credit: Credit { messages: MESSAGES, bytes: MESSAGE_BYTES as u32 },
        statement: statement(&connection, &link),
        health: Health {
            // The account may have been read for another connection: before it is known where this one begins, nothing of it was.
            checked_ago_ms: checked
                .filter(|_| connection.above.is_some())
                // What lies in the future was seen before the clock was set back: nobody knows when.
                .filter(|at| at - saying.now_ms <= CORRECTED_MS)
                .map(|at| (saying.now_ms - at).max(0).unsigned_abs()),
            pending: u32::try_from(tx.waiting(id)?.1 + on_their_way).unwrap_or(u32::MAX),
            interval_ms: saying.interval_ms,
            problems: stops::our_turn(tx, id)?,
            held_up: held_up::ours(tx, &connection, account.as_ref(), saying.now_ms, saying.interval_ms)?,
            unsent: match link.first_synced_ms {
                Some(_) => 0,
                None => u32::try_from(tx.unsent(id)?).unwrap_or(u32::MAX),
            },
            unsettled: connected && !first::is_settled(tx, id, &link)?,
        },
        project: connection.project.to_string(),
        person: account.map(|a| a.display_name).unwrap_or_default(),
        ..Envelope::default()
    }))
}

/// Whether an envelope says more than that we are there.
pub(crate) fn has_content(envelope: &Envelope) -> bool {
    !envelope.messages.is_empty()
        || !envelope.want.is_empty()
        || !envelope.chunks.is_empty()
        || envelope.compare.is_some()
}

fn statement(connection: &Connection, link: &LinkState) -> Statement {
    let stage = match (connection.stage, link.their_key.is_some()) {
        (Stage::Connected, _) => StatedStage::Connected,
        (Stage::Invited | Stage::AwaitingApproval, _) => StatedStage::Awaiting,
        // An end before issues were ever synced is a "no".
        (Stage::Ended, _) if link.sent.0 == 0 && connection.above.is_none() => StatedStage::Rejected,
        (Stage::Ended | Stage::Declined, _) => StatedStage::Ended,
    };
    // Outside working hours nobody has paused anything: the partner is told that in another way (`held_up`).
    // Where both sides are in one app, both are paused at once: nobody has to be told.
    let told = connection.other_side().is_none();
    let paused = told && connection.paused.is_some_and(Pause::is_a_persons);
    Statement { generation: link.statement_generation, stage, paused }
}

/// Gives numbers to what is new, as far as the outbox is not full already: from then on a message never changes.
fn number(
    tx: &mut Tx<'_>,
    connection: &Connection,
    link: &mut LinkState,
    now_ms: i64,
) -> Result<(), StoreError> {
    let id = &connection.id;
    let room = u64::from(MESSAGES).saturating_sub(tx.out_len(id)?);
    let mut left = u32::try_from(room).unwrap_or(0);
    let before = link.sent.0;
    // Before what says that a pair was made.
    for said in questions::to_tell(tx, connection, link, left, now_ms)? {
        push(tx, id, link, &Body::Question(said))?;
        left = left.saturating_sub(1);
    }
    for json in tx.take_receipts(id, left)? {
        // Written by us a moment ago; a row that cannot be read is of no use to anybody.
        if let Ok(receipt) = serde_json::from_str::<Receipt>(&json) {
            push(tx, id, link, &Body::Receipt(receipt))?;
            left = left.saturating_sub(1);
        }
    }
    let rules = rules(tx, connection)?;
    for pair_id in tx.pairs_to_send(id, left)? {
        let Some(mut pair) = tx.pair(pair_id)? else { continue };
        if !may_leave(&pair, &rules) {
            continue;
        }
        if let Some(replica) = compose(&mut pair, &rules) {
            let lines = told(&pair, &replica);
            push(tx, id, link, &Body::Replica(replica))?;
            note(tx, &pair, lines, now_ms)?;
        }
        save(tx, &pair, Some(now_ms))?;
    }
    if link.sent.0 == before { Ok(()) } else { tx.set_link(id, link) }
}

fn push(tx: &mut Tx<'_>, id: &ConnectionId, link: &mut LinkState, body: &Body) -> Result<(), StoreError> {
    let (kind, bytes) = body.encode();
    let seq = link.sent.0 + 1;
    let chain = next_chain(&link.sent.1, seq, &kind, &bytes);
    tx.push_out(id, seq, false, &kind, &bytes, &chain)?;
    link.sent = (seq, chain);
    Ok(())
}

/// Lines for our people about what goes to the partner. A new issue is told when the partner has it.
fn told(pair: &Pair, replica: &Replica) -> Vec<Note> {
    let mut lines = Vec::new();
    let mut line = |kind, message, fact: Option<(&'static str, &str)>| {
        let line = Note::new(Direction::Out, kind, message);
        lines.push(match fact {
            Some((name, value)) => line.with(name, value),
            None => line,
        });
    };
    if pair.theirs.is_some() {
        let fields = [
            ("summary", replica.summary.is_some()),
            ("description", replica.description.is_some()),
            ("issuetype", replica.issue_type.is_some()),
        ];
        let fields = fields.into_iter().filter(|(_, changed)| *changed).map(|(field, _)| field);
        for field in fields.chain(replica.extras.keys().map(String::as_str)) {
            line(ActivityKind::Change, "activity-out-changed", Some(("field", field)));
        }
    }
    for comment in &replica.comments {
        line(ActivityKind::Comment, "activity-out-comment", Some(("author", &comment.author)));
    }
    for attachment in &replica.attachments {
        line(ActivityKind::Attachment, "activity-out-attachment", Some(("file", &attachment.file_name)));
    }
    lines
}
