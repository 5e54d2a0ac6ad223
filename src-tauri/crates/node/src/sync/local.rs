//! The way between two projects of this app: the private side's request is answered at once by what answers partners.
//! Nothing leaves the process, so nothing is sealed and no port is opened. All else is as between two companies.

use twinline_link::exchange::Envelope;
use twinline_model::ConnectionId;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_sync::exchange;

use crate::crash::{Moment, point};
use crate::node::Node;

/// Asks the other side, and waits for the answer.
pub(super) async fn ask(node: &Node, other: &ConnectionId, request: Envelope) -> Result<Envelope, Trouble> {
    point("exchange", "request", Moment::Before);
    let request = carried(&request)?;
    point("exchange", "answer", Moment::Before);
    let answer = exchange::answer(node, other, request).await?;
    point("exchange", "answer", Moment::After);
    let answer = carried(&answer)?;
    point("exchange", "request", Moment::After);
    Ok(answer)
}

/// As it comes out of the bytes that would travel: the limits and the cleaning of the protocol hold here too.
fn carried(envelope: &Envelope) -> Result<Envelope, Trouble> {
    Envelope::decode(&envelope.encode())
        .map_err(|e| Trouble::new(ProblemCode::Internal).with("detail", e.to_string()))
}
