//! Received messages: durable before they were acked, worked on one by one. A bad one stops only itself.

use std::sync::Arc;

use twinline_engine::{Note, receive};
use twinline_link::exchange::{Body, Message};
use twinline_model::ConnectionId;
use twinline_model::connection::Connection;
use twinline_model::pair::{Pair, Side, TheirIssue};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::{Receipt, Replica};
use twinline_model::view::{ActivityKind, Direction};
use twinline_store::{InRow, StoreError, Tx};

use super::work::push_receipt;
use super::{blobs, keep_lost, note, rules, save};
use crate::node::Node;
use crate::time::now_ms;

/// Works on everything that waits.
pub(super) async fn drain(node: &Arc<Node>, id: &ConnectionId) -> Result<(), Trouble> {
    let mut any = false;
    loop {
        let wanted = id.clone();
        let rows = node.db.read(move |tx| tx.next_in(&wanted, 50)).await?;
        if rows.is_empty() {
            break;
        }
        any = true;
        let connection = node.connection_row(id).await?;
        for row in rows {
            let connection = connection.clone();
            node.db.write(move |tx| take(tx, &connection, row)).await?;
        }
    }
    if any {
        let room = node.hub.room(id);
        room.work.ring();
        room.news.ring();
        blobs::clean(node).await;
        node.changed();
    }
    Ok(())
}

fn take(tx: &mut Tx<'_>, connection: &Connection, row: InRow) -> Result<(), StoreError> {
    let message = Message { seq: row.seq, critical: false, kind: row.kind, body: row.body };
    match message.decode() {
        Ok(Some(Body::Replica(replica))) => take_replica(tx, connection, replica)?,
        Ok(Some(Body::Receipt(receipt))) => take_receipt(tx, connection, receipt)?,
        Ok(None) => tracing::info!(kind = message.kind, "a message of a later version was skipped"),
        Err(error) => invalid(tx, connection, &error.to_string())?,
    }
    tx.remove_in(&connection.id, message.seq)
}

/// The partner's node sends what it must not: told once, counted, and nothing else stops.
fn invalid(tx: &mut Tx<'_>, connection: &Connection, why: &str) -> Result<(), StoreError> {
    tracing::warn!(why, "the partner sent something invalid");
    let trouble = Trouble::new(ProblemCode::PartnerInvalid);
    tx.raise(trouble.code.as_str(), Some(&connection.id), None, None, &trouble.facts, now_ms())?;
    Ok(())
}

fn take_replica(tx: &mut Tx<'_>, connection: &Connection, replica: Replica) -> Result<(), StoreError> {
    let Some(partner) = connection.partner.as_ref().map(|p| p.node.clone()) else {
        return invalid(tx, connection, "a replica before the pairing");
    };
    let origin = replica.origin.clone();
    let mut pair = match tx.pair_of_origin(&connection.id, &origin)? {
        Some(pair) => pair,
        None if origin.node != partner => return invalid(tx, connection, "an origin that is not theirs"),
        None if !tx.origin_anywhere(&origin)?.is_empty() => {
            // At most one twin per origin over all connections: the second route is refused by name.
            let code = ProblemCode::TwinTwice.as_str().to_owned();
            return push_receipt(tx, &connection.id, &Receipt::Rejected { origin, code });
        }
        None => tx.new_pair(&connection.id, &origin, Side::Theirs)?,
    };
    match receive(&mut pair, replica, &rules(connection), &partner) {
        Ok(lost) => {
            keep_lost(tx, &pair, lost, now_ms())?;
            save(tx, &pair, None)
        }
        Err(twinline_engine::Refusal::Unlinked) => {
            push_receipt(tx, &connection.id, &Receipt::Rejected { origin, code: "unlinked".to_owned() })
        }
        Err(error) => invalid(tx, connection, &error.to_string()),
    }
}

fn take_receipt(tx: &mut Tx<'_>, connection: &Connection, receipt: Receipt) -> Result<(), StoreError> {
    match receipt {
        Receipt::Applied { origin, key, link } => {
            let Some(mut pair) = tx.pair_of_origin(&connection.id, &origin)? else { return Ok(()) };
            let first = pair.theirs.is_none();
            pair.theirs = Some(TheirIssue { key, link });
            if first {
                let line = Note::new(Direction::Out, ActivityKind::Issue, "activity-out-created");
                note(tx, &pair, vec![line], now_ms())?;
            }
            save(tx, &pair, first.then(now_ms))
        }
        Receipt::Parked { origin, .. } => say(tx, connection, &origin, "activity-out-parked"),
        Receipt::Rejected { origin, .. } => say(tx, connection, &origin, "activity-out-rejected"),
        Receipt::BlobApplied { origin, sha256 } => tx.withdraw_offer(&connection.id, &sha256, &origin),
    }
}

fn say(
    tx: &mut Tx<'_>,
    connection: &Connection,
    origin: &twinline_model::Origin,
    message: &'static str,
) -> Result<(), StoreError> {
    let pair: Option<Pair> = tx.pair_of_origin(&connection.id, origin)?;
    let Some(pair) = pair else { return Ok(()) };
    note(tx, &pair, vec![Note::new(Direction::Out, ActivityKind::Issue, message)], now_ms())
}
