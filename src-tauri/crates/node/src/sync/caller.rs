//! The private side's way to the partner: a sealed request over HTTP, and its answer.

use twinline_link::carriers::http::client::{CallError, HttpCaller};
use twinline_link::exchange::Envelope;
use twinline_link::seal::start_exchange;
use twinline_model::connection::{Connection, Stage};
use twinline_model::problem::{ProblemCode, Trouble};

use crate::crash::{Moment, point};
use crate::hub::{self, Line};
use crate::node::Node;

/// Asks, and waits for the answer.
pub(crate) async fn call(
    node: &Node,
    connection: Connection,
    request: Envelope,
) -> Result<Envelope, Trouble> {
    let id = &connection.id;
    let wanted = id.clone();
    let link = node.db.read(move |tx| tx.link(&wanted)).await?;
    let Some(their_key) = link.their_key else {
        return Err(Trouble::new(ProblemCode::SecretMissing).with("what", "partner's key"));
    };
    let line = node.hub.line(id);
    let channel = hub::channel(&node.secrets, &line, id, &their_key).await?;
    let (frame, waiting) = start_exchange(&channel, &request.encode()).map_err(|e| internal(&e))?;
    let caller = caller(&line, &connection.address)?;
    point("exchange", "request", Moment::Before);
    let answer = caller.exchange(id, frame, request.wait_ms).await;
    point("exchange", "request", Moment::After);
    let answer = answer.map_err(|e| call_trouble(&e, &connection))?;
    let opened = waiting.open(&answer).map_err(|_| not_twinline(&connection))?;
    Envelope::decode(&opened.body).map_err(|e| {
        tracing::warn!(%e, "the partner's answer cannot be read");
        Trouble::new(ProblemCode::PartnerInvalid).with("address", &connection.address)
    })
}

/// One client per connection, so that its sockets are used again.
fn caller(line: &Line, address: &str) -> Result<HttpCaller, Trouble> {
    let mut memory = line.memory();
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
