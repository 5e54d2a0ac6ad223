//! The private side: it starts every exchange.

use std::sync::Arc;
use std::time::Duration;

use twinline_link::carriers::http::client::{CallError, HttpCaller};
use twinline_link::exchange::{Envelope, StatedStage};
use twinline_link::seal::start_exchange;
use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Stage};
use twinline_model::problem::{ProblemCode, Trouble};

use super::speak::{has_content, hear, say};
use super::{back_off, note_contact_failure, pairing};
use crate::hub::{self, Room};
use crate::node::Node;

/// The longest wait for news: three requests a minute, and below the 25 s at which proxies begin to cut.
const LONG_POLL: Duration = Duration::from_secs(20);

/// Whether a private connection still has something to say.
pub(super) fn is_needed(node: &Node, connection: &Connection) -> bool {
    connection.stage != Stage::Ended || !node.hub.room(&connection.id).memory().told_the_end
}

/// Calls until the connection has ended and the partner knows.
pub(super) async fn run(node: Arc<Node>, id: ConnectionId) {
    let room = node.hub.room(&id);
    let mut news = room.news.listen();
    loop {
        news.mark_unchanged();
        let Ok(connection) = node.connection_row(&id).await else { return };
        if !is_needed(&node, &connection) {
            return;
        }
        let called = match connection.stage {
            Stage::Invited => pairing::pair(&node, &connection).await.map(|()| true),
            _ => tokio::select! {
                () = node.stop.cancelled() => return,
                called = exchange(&node, &connection, &room, &mut news) => called,
            },
        };
        match called {
            Ok(true) => {
                room.memory().failures = 0;
                if !moved_on(&node, &id, &room).await {
                    // Words that get neither side further are not repeated without a pause.
                    let idle = room.memory().idle_rounds;
                    let mut poke = node.poke.subscribe();
                    tokio::select! {
                        () = node.stop.cancelled() => return,
                        _ = poke.changed() => {}
                        () = tokio::time::sleep(back_off(idle)) => {}
                    }
                }
            }
            // News came while we waited for theirs: speak at once.
            Ok(false) => {}
            Err(trouble) => {
                let failures = {
                    let mut memory = room.memory();
                    memory.failures = memory.failures.saturating_add(1);
                    memory.failures
                };
                tracing::info!(%trouble, failures, "the partner was not reached");
                if let Err(trouble) = failed(&node, &connection, &trouble).await {
                    tracing::error!(%trouble, "contact");
                }
                let mut poke = node.poke.subscribe();
                tokio::select! {
                    () = node.stop.cancelled() => return,
                    _ = poke.changed() => {}
                    () = tokio::time::sleep(back_off(failures)) => {}
                }
            }
        }
    }
}

/// Whether the last exchange was a wait, or got one side further: a number, an ack, bytes of a file. Counts the rounds
/// that did not.
async fn moved_on(node: &Node, id: &ConnectionId, room: &Room) -> bool {
    let wanted = id.clone();
    let Ok(link) = node.db.read(move |tx| tx.link(&wanted)).await else { return true };
    let pieces = room.memory().pieces;
    let mark = (link.sent.0, link.acked, link.received.0, pieces);
    let mut memory = room.memory();
    // The first round after a start only fetches a nonce; one or two more may find nothing yet.
    let stuck = memory.spoke && memory.mark == Some(mark);
    memory.idle_rounds = if stuck { memory.idle_rounds.saturating_add(1) } else { 0 };
    memory.mark = Some(mark);
    memory.idle_rounds < 3
}

/// A pairing that the partner refuses is over; everything else heals by itself.
async fn failed(node: &Node, connection: &Connection, trouble: &Trouble) -> Result<(), Trouble> {
    use ProblemCode as P;
    note_contact_failure(node, &connection.id, trouble.code).await?;
    let refused = matches!(
        trouble.code,
        P::InvitationExpired
            | P::InvitationUsed
            | P::InvitationWithdrawn
            | P::InvitationUnknown
            | P::PartnerRejected
    );
    if connection.stage == Stage::Invited && refused {
        super::raise_for(node, &connection.id, trouble.clone()).await?;
    }
    Ok(())
}

/// One exchange. False: it was given up because we have news ourselves.
async fn exchange(
    node: &Arc<Node>,
    connection: &Connection,
    room: &Arc<Room>,
    news: &mut tokio::sync::watch::Receiver<u64>,
) -> Result<bool, Trouble> {
    let id = &connection.id;
    let link = {
        let id = id.clone();
        node.db.read(move |tx| tx.link(&id)).await?
    };
    let Some(their_key) = link.their_key else {
        return Err(Trouble::new(ProblemCode::SecretMissing).with("what", "partner's key"));
    };
    let channel = hub::channel(&node.secrets, room, id, &their_key).await?;
    let asked = std::mem::take(&mut room.memory().asked);
    let mut envelope = say(node, id, &asked).await?;
    envelope.echo = room.memory().echo;
    let speaks = has_content(&envelope) || envelope.echo == 0;
    let told = envelope.health.pending;
    let interval = node.options.check_every * 2;
    let wait = if speaks { Duration::ZERO } else { LONG_POLL.min(interval.max(Duration::from_secs(5))) };
    envelope.wait_ms = u32::try_from(wait.as_millis()).unwrap_or(0);
    let (frame, waiting) = start_exchange(&channel, &envelope.encode()).map_err(|e| internal(&e))?;
    let call = room_caller(room, &connection.address)?;
    room.memory().told_pending = Some(told);
    let answer = tokio::select! {
        answer = call.exchange(id, frame, envelope.wait_ms) => answer.map_err(|e| call_trouble(&e, connection))?,
        // A wait is given up without harm: what its answer would have carried is said again.
        _ = news.changed(), if !speaks => return Ok(false),
    };
    let opened = waiting.open(&answer).map_err(|_| not_twinline(connection))?;
    let answer = Envelope::decode(&opened.body).map_err(|e| {
        tracing::warn!(%e, "the partner's answer cannot be read");
        Trouble::new(ProblemCode::PartnerInvalid).with("address", &connection.address)
    })?;
    {
        let mut memory = room.memory();
        memory.echo = answer.nonce;
        memory.spoke = speaks;
        // Their answer says so: a statement with a stale echo is not acted on, and is made again.
        memory.told_the_end |= connection.stage == Stage::Ended
            && matches!(answer.statement.stage, StatedStage::Ended | StatedStage::Rejected);
    }
    let heard = hear(node, id, answer, true).await?;
    room.memory().asked = heard.asked;
    Ok(true)
}

/// One client per connection, so that its sockets are used again.
fn room_caller(room: &Room, address: &str) -> Result<HttpCaller, Trouble> {
    let mut memory = room.memory();
    if let Some(kept) = memory.caller.as_ref().filter(|kept| kept.address() == address) {
        return Ok(kept.clone());
    }
    let fresh = HttpCaller::new(address)
        .map_err(|_| Trouble::new(ProblemCode::AddressInvalid).with("address", address))?;
    memory.caller = Some(fresh.clone());
    Ok(fresh)
}

/// What a failed call means for people: a hint, never the partner's word (I7).
pub(super) fn call_trouble(error: &CallError, connection: &Connection) -> Trouble {
    let code = match error {
        CallError::Unreachable(_) | CallError::TooLarge => ProblemCode::PartnerUnreachable,
        CallError::NotTwinline | CallError::ProxySignIn => ProblemCode::PartnerNotTwinline,
        CallError::Unknown404 => match connection.stage {
            Stage::Invited => ProblemCode::InvitationUnknown,
            _ => ProblemCode::PartnerUnreachable,
        },
    };
    tracing::debug!(%error, "call");
    let partner = connection.partner_name().unwrap_or_default();
    Trouble::new(code).with("address", &connection.address).with("partner", partner)
}

fn not_twinline(connection: &Connection) -> Trouble {
    Trouble::new(ProblemCode::PartnerNotTwinline).with("address", &connection.address)
}

fn internal(error: &dyn std::fmt::Display) -> Trouble {
    Trouble::new(ProblemCode::Internal).with("detail", error.to_string())
}
