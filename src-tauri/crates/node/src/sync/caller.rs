//! The private side's way to the partner: a sealed request, at an address or through a relay, and its answer.

use twinline_link::carriers::{CallError, Caller};
use twinline_link::exchange::Envelope;
use twinline_link::seal::start_exchange;
use twinline_link::way::Way;
use twinline_model::connection::{Connection, Stage};
use twinline_model::problem::{ProblemCode, Trouble};

use super::local;
use crate::crash::{Moment, point};
use crate::hub::{self, Line};
use crate::node::Node;

/// Asks, and waits for the answer.
pub(crate) async fn call(
    node: &Node,
    connection: Connection,
    request: Envelope,
) -> Result<Envelope, Trouble> {
    if let Some(other) = connection.other_side() {
        return local::ask(node, &other, request).await;
    }
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
        Trouble::new(ProblemCode::PartnerInvalid).with("address", shown(&connection))
    })
}

/// One client per connection, so that its sockets are used again.
pub(super) fn caller(line: &Line, address: &str) -> Result<Caller, Trouble> {
    let refused = |_| Trouble::new(ProblemCode::AddressInvalid).with("address", address);
    // Whether it may be this computer was asked when it came in.
    let way = Way::parse(address, true).map_err(refused)?;
    let mut memory = line.memory();
    if let Some(kept) = memory.caller.as_ref().filter(|kept| kept.calls(&way)) {
        return Ok(kept.clone());
    }
    let fresh = Caller::new(&way).map_err(refused)?;
    memory.caller = Some(fresh.clone());
    Ok(fresh)
}

/// What a failed call means for people: a hint, never the partner's word (I7).
pub(super) fn call_trouble(error: &CallError, connection: &Connection) -> Trouble {
    let relay = relay(connection).is_some();
    let code = match error {
        CallError::RelayUnreachable(_) => ProblemCode::RelayUnreachable,
        CallError::CutOff(_) => ProblemCode::PartnerUnreachable,
        CallError::Unreachable(_) if relay => ProblemCode::PartnerNotAtRelay,
        CallError::Unreachable(_) | CallError::TooLarge => ProblemCode::PartnerUnreachable,
        CallError::NameUnknown => ProblemCode::PartnerNameUnknown,
        CallError::NotTwinline => ProblemCode::PartnerNotTwinline,
        CallError::ProxySignIn => ProblemCode::ProxySignIn,
        CallError::LimitBetween => ProblemCode::ProxyLimit,
        CallError::Untrusted(_) => ProblemCode::CertificateUntrusted,
        CallError::OutOfTime(_) => ProblemCode::CertificateTime,
        CallError::Unknown404 => match connection.stage {
            Stage::Invited => ProblemCode::InvitationUnknown,
            _ => ProblemCode::PartnerUnreachable,
        },
    };
    tracing::debug!(%error, "call");
    let partner = connection.partner_name().unwrap_or_default();
    let shown = shown(connection);
    let time = crate::time::minute(crate::time::now_ms());
    Trouble::new(code)
        .with("address", &shown)
        .with("relay", &shown)
        .with("partner", partner)
        .with("time", time)
        .with("cut_off", if matches!(error, CallError::CutOff(_)) { "yes" } else { "no" })
}

/// The relay where both meet, if they do.
pub(crate) fn relay(connection: &Connection) -> Option<String> {
    let way = Way::parse(&connection.address, true).ok()?;
    way.relay().map(str::to_owned)
}

/// Where we call, as people know it; nothing where both sides are in this node.
pub(crate) fn shown(connection: &Connection) -> String {
    if connection.other_side().is_some() {
        return String::new();
    }
    let way = Way::parse(&connection.address, true);
    way.map_or_else(|_| connection.address.clone(), |way| way.shown().to_owned())
}

fn not_twinline(connection: &Connection) -> Trouble {
    Trouble::new(ProblemCode::PartnerNotTwinline).with("address", shown(connection))
}

fn internal(error: &dyn std::fmt::Display) -> Trouble {
    Trouble::new(ProblemCode::Internal).with("detail", error.to_string())
}
