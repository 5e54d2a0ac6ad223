//! One side's half of an exchange: what we say, and what we make of what the partner says.

use std::sync::Arc;

use twinline_engine::{Note, compose};
use twinline_link::exchange::{
    Body, Credit, Envelope, Health, Mark, Message, PROTOCOL, StatedStage, Statement, Want, next_chain,
};
use twinline_link::inbox::accept;
use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Stage};
use twinline_model::pair::Pair;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::{Receipt, Replica};
use twinline_model::view::{ActivityKind, Direction};
use twinline_store::{LinkState, StoreError, Tx};

use super::{blobs, inbox, note, rules, save};
use crate::node::Node;
use crate::time::now_ms;

/// Bytes of messages in one envelope.
const MESSAGE_BYTES: usize = 2 * 1024 * 1024;
/// Messages in one envelope, and numbered ahead of the partner's ack.
const MESSAGES: u32 = 200;

/// Numbers what is new and composes what we say. `asked` is what the partner wants of our files.
pub(super) async fn say(node: &Arc<Node>, id: &ConnectionId, asked: &[Want]) -> Result<Envelope, Trouble> {
    let wanted = id.clone();
    let interval_ms = u32::try_from(node.options.check_every.as_millis()).unwrap_or(u32::MAX);
    let mut envelope = node
        .db
        .write(move |tx| {
            let Some(connection) = tx.connection(&wanted)? else { return Ok(None) };
            let mut link = tx.link(&wanted)?;
            if connection.stage == Stage::Connected && !connection.paused && !connection.partner_paused {
                number(tx, &connection, &mut link)?;
            }
            let rows = match connection.stage {
                Stage::Connected => tx.out_from(&wanted, link.acked, MESSAGE_BYTES, MESSAGES)?,
                _ => Vec::new(),
            };
            let account = tx.account(&connection.account)?;
            let checked = account.as_ref().and_then(|a| a.checked_ms);
            let counts = tx.counts(&wanted)?;
            let waiting = counts.to_do + counts.to_send + tx.out_len(&wanted)? + tx.in_len(&wanted)?;
            Ok(Some(Envelope {
                protocol: PROTOCOL,
                app: env!("CARGO_PKG_VERSION").to_owned(),
                incarnation: tx.incarnation()?,
                ack: Mark { seq: link.received.0, chain: link.received.1.clone() },
                first_seq: link.acked + 1,
                messages: rows
                    .into_iter()
                    .map(|r| Message { seq: r.seq, critical: r.critical, kind: r.kind, body: r.body })
                    .collect(),
                credit: Credit { messages: MESSAGES, bytes: MESSAGE_BYTES as u32 },
                statement: statement(&connection, &link),
                health: Health {
                    checked_ago_ms: checked.map(|at| (now_ms() - at).max(0).unsigned_abs()),
                    pending: u32::try_from(waiting).unwrap_or(u32::MAX),
                    interval_ms,
                },
                project: connection.project.to_string(),
                person: account.map(|a| a.display_name).unwrap_or_default(),
                ..Envelope::default()
            }))
        })
        .await?
        .ok_or_else(|| Trouble::new(ProblemCode::ConnectionUnknown).with("connection", id.as_str()))?;
    if envelope.statement.stage == StatedStage::Connected {
        envelope.want = blobs::wants(node, id).await?;
        envelope.chunks = blobs::serve(node, id, asked).await?;
    }
    Ok(envelope)
}

/// Whether an envelope says more than that we are there.
pub(super) fn has_content(envelope: &Envelope) -> bool {
    !envelope.messages.is_empty() || !envelope.want.is_empty() || !envelope.chunks.is_empty()
}

fn statement(connection: &Connection, link: &LinkState) -> Statement {
    let stage = match (connection.stage, link.their_key.is_some()) {
        (Stage::Connected, _) => StatedStage::Connected,
        (Stage::Invited | Stage::AwaitingApproval, _) => StatedStage::Awaiting,
        // An end before issues were ever synced is a "no".
        (Stage::Ended, _) if link.sent.0 == 0 && connection.above.is_none() => StatedStage::Rejected,
        (Stage::Ended, _) => StatedStage::Ended,
    };
    Statement { generation: link.statement_generation, stage, paused: connection.paused }
}

/// Gives numbers to what is new, as far as the outbox is not full already: from then on a message never changes.
fn number(tx: &mut Tx<'_>, connection: &Connection, link: &mut LinkState) -> Result<(), StoreError> {
    let id = &connection.id;
    let room = u64::from(MESSAGES).saturating_sub(tx.out_len(id)?);
    let mut left = u32::try_from(room).unwrap_or(0);
    for json in tx.take_receipts(id, left)? {
        // Written by us a moment ago; a row that cannot be read is of no use to anybody.
        if let Ok(receipt) = serde_json::from_str::<Receipt>(&json) {
            push(tx, id, link, &Body::Receipt(receipt))?;
            left = left.saturating_sub(1);
        }
    }
    for pair_id in tx.pairs_to_send(id, left)? {
        let Some(mut pair) = tx.pair(pair_id)? else { continue };
        if let Some(replica) = compose(&mut pair, &rules(connection)) {
            let lines = told(&pair, &replica);
            push(tx, id, link, &Body::Replica(replica))?;
            note(tx, &pair, lines, now_ms())?;
        }
        save(tx, &pair, Some(now_ms()))?;
    }
    tx.set_link(id, link)
}

fn push(tx: &mut Tx<'_>, id: &ConnectionId, link: &mut LinkState, body: &Body) -> Result<(), StoreError> {
    let (kind, bytes) = body.encode();
    let seq = link.sent.0 + 1;
    let chain = next_chain(&link.sent.1, seq, &kind, &bytes);
    tx.push_out(id, seq, false, &kind, &bytes)?;
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
        for (field, _) in fields.into_iter().filter(|(_, changed)| *changed) {
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

/// What came of the partner's words.
pub(super) struct Heard {
    /// They sent messages or pieces of files: they want to know that these arrived.
    pub(super) content: bool,
    /// What they want of our files.
    pub(super) asked: Vec<Want>,
}

/// Takes in what the partner said. `current` says that it was said now, not replayed: only then is anything but
/// messages and acks acted on.
pub(super) async fn hear(
    node: &Arc<Node>,
    id: &ConnectionId,
    envelope: Envelope,
    current: bool,
) -> Result<Heard, Trouble> {
    let content = !envelope.messages.is_empty() || !envelope.chunks.is_empty();
    let Envelope { messages, chunks, want, .. } = &envelope;
    let (messages, chunks, asked) = (messages.clone(), chunks.clone(), want.clone());
    let wanted = id.clone();
    let head = Envelope { messages: Vec::new(), chunks: Vec::new(), want: Vec::new(), ..envelope };
    let changed = node
        .db
        .write(move |tx| {
            let Some(mut connection) = tx.connection(&wanted)? else { return Ok(false) };
            let mut link = tx.link(&wanted)?;
            take_messages(tx, &connection, &mut link, &head, &messages)?;
            let changed = current && take_head(&mut connection, &mut link, &head);
            link.last_contact_ms = Some(now_ms());
            link.last_error = None;
            tx.set_link(&wanted, &link)?;
            tx.update_connection(&connection)?;
            Ok(changed)
        })
        .await?;
    let chunks = if current { chunks } else { Vec::new() };
    let wrote = !chunks.is_empty();
    match blobs::take(node, id, chunks).await {
        Ok(complete) => {
            if complete {
                node.hub.room(id).work.ring();
            }
            if wrote {
                disk_works(node, id).await?;
            }
        }
        // A full disk stops the files, not the words.
        Err(trouble) => super::raise_for(node, id, trouble).await?,
    }
    inbox::drain(node, id).await?;
    if changed {
        node.wake();
    }
    node.changed();
    Ok(Heard { content, asked: if current { asked } else { Vec::new() } })
}

/// The spool could be written: what was said of a full disk is over.
async fn disk_works(node: &Node, id: &ConnectionId) -> Result<(), Trouble> {
    let id = id.clone();
    node.db
        .write(move |tx| {
            for code in [ProblemCode::DiskFull, ProblemCode::FolderUnusable] {
                tx.settle_problem(Some(code.as_str()), Some(&id), None)?;
            }
            Ok(())
        })
        .await
}

/// Inbox: committed here, acked with the next envelope.
fn take_messages(
    tx: &mut Tx<'_>,
    connection: &Connection,
    link: &mut LinkState,
    head: &Envelope,
    messages: &[Message],
) -> Result<(), StoreError> {
    let id = &connection.id;
    if link.partner_incarnation.as_deref() != Some(&head.incarnation) {
        if link.partner_incarnation.is_some() {
            tracing::warn!("the partner's database is another one: its numbers begin anew");
            link.received = (head.first_seq.saturating_sub(1), String::new());
        }
        link.partner_incarnation = Some(head.incarnation.clone());
    }
    if head.ack.seq > link.acked && head.ack.seq <= link.sent.0 {
        link.acked = head.ack.seq;
        tx.acked(id, head.ack.seq)?;
    }
    if connection.stage != Stage::Connected {
        return Ok(());
    }
    let mark = Mark { seq: link.received.0, chain: link.received.1.clone() };
    let (take, after) = accept(&mark, messages);
    for index in take {
        let message = &messages[index];
        tx.push_in(id, message.seq, &message.kind, &message.body)?;
    }
    link.received = (after.seq, after.chain);
    Ok(())
}

/// The partner's statement and health. True: the connection's stage changed.
fn take_head(connection: &mut Connection, link: &mut LinkState, head: &Envelope) -> bool {
    link.partner_pending = head.health.pending;
    link.partner_checked_ms =
        head.health.checked_ago_ms.map(|ago| now_ms() - i64::try_from(ago).unwrap_or(i64::MAX / 2));
    if let Some(partner) = &mut connection.partner {
        if !head.project.is_empty() {
            partner.project.clone_from(&head.project);
        }
        if !head.person.is_empty() {
            partner.person.clone_from(&head.person);
        }
    }
    if head.statement.generation < link.partner_generation {
        return false;
    }
    link.partner_generation = head.statement.generation;
    connection.partner_paused = head.statement.paused;
    let before = connection.stage;
    connection.stage = match (connection.stage, head.statement.stage) {
        // The public side approved; it alone can.
        (Stage::AwaitingApproval, StatedStage::Connected)
            if connection.role == twinline_model::connection::Role::Private =>
        {
            Stage::Connected
        }
        (Stage::Connected | Stage::AwaitingApproval, StatedStage::Ended | StatedStage::Rejected) => {
            Stage::Ended
        }
        (stage, _) => stage,
    };
    connection.stage != before
}
