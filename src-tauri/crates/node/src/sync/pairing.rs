//! Pairing: the private side proves the invitation's secret, the public side learns who accepted.
//!
//! It may be repeated: the same invitation and the same key get the same answer, so that a lost answer or a crash at any
//! step is healed by asking again (F09).

use std::sync::Arc;

use twinline_link::exchange::PROTOCOL;
use twinline_link::invitation::InvitationId;
use twinline_link::keys::Psk;
use twinline_link::pairing::{Decline, PairAnswer, PairRequest};
use twinline_link::seal::{answer_pairing, comparison_number, start_pairing};
use twinline_model::NodeId;
use twinline_model::connection::{Approval, Connection, Partner, Stage};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::{Account, InvitedState};

use super::caller::{call_trouble, caller, shown};
use super::{doubled, tried};
use crate::inviting::kept_invitation;
use crate::keys;
use crate::node::Node;
use crate::time::now_ms;

/// The caller's loop pairs as long as the connection is only invited.
pub(crate) async fn pair_with(node: &Node, connection: Connection) -> Result<(), Trouble> {
    pair(node, &connection).await
}

/// Private side: asks the partner's node to be let in. `Ok`: it answered, and the row says how far we are.
pub(crate) async fn pair(node: &Node, connection: &Connection) -> Result<(), Trouble> {
    let id = &connection.id;
    let line = node.hub.line(id);
    let _one_at_a_time = line.pairing.lock().await;
    if node.connection_row(id).await?.stage != Stage::Invited {
        return Ok(());
    }
    let invitation = kept_invitation(&keys::code(&node.secrets, id).await?)?;
    let ours = keys::key(&node.secrets, id).await?;
    let account = node.account(&connection.account).await?;
    let request = PairRequest {
        protocol: PROTOCOL,
        app: env!("CARGO_PKG_VERSION").to_owned(),
        node: node.db.read(|tx| tx.node()).await?,
        company: node.company(&account).await?,
        site: account.site,
        person: account.display_name,
        project: connection.project.to_string(),
        features: Vec::new(),
    };
    let (frame, waiting) = start_pairing(&invitation, &ours, &request.encode()).map_err(|e| internal(&e))?;
    let caller = caller(&line, &connection.address).map_err(|_| {
        Trouble::new(ProblemCode::InvitationAddressRefused).with("address", shown(connection))
    })?;
    let invitation_id = invitation.id();
    let answer = tokio::select! {
        answer = caller.pair(&invitation_id, frame) => answer.map_err(|e| call_trouble(&e, connection))?,
        () = node.stop.cancelled() => {
            return Err(Trouble::new(ProblemCode::PartnerUnreachable).with("address", shown(connection)));
        }
    };
    let invalid = || Trouble::new(ProblemCode::PartnerNotTwinline).with("address", shown(connection));
    let opened = waiting.open(&answer).map_err(|_| invalid())?;
    match PairAnswer::decode(&opened.body).map_err(|_| invalid())? {
        // It was asked for nothing of the kind.
        PairAnswer::Declined => Err(invalid()),
        PairAnswer::Refused { code } => {
            let code = ProblemCode::parse(&code).unwrap_or(ProblemCode::PartnerRejected);
            Err(Trouble::new(code).with("partner", connection.partner_name().unwrap_or_default()))
        }
        PairAnswer::Accepted { psk, node: partner, company, site, person, project, mode, approved } => {
            keys::keep_psk(&node.secrets, id, &psk).await?;
            let partner = Partner { node: partner, name: company, site, person, project };
            let (id, their_key) = (id.clone(), invitation.key.to_string());
            let comparison = comparison_number(&opened.handshake);
            node.db
                .write(move |tx| {
                    let Some(mut row) = tx.connection(&id)? else { return Ok(()) };
                    row.partner = Some(partner);
                    row.mode = mode;
                    row.stage = if approved { Stage::Connected } else { Stage::AwaitingApproval };
                    tx.update_connection(&row)?;
                    // What an earlier try was refused for is over.
                    tx.settle_problem(None, Some(&row.id), None)?;
                    doubled::tell(tx, &row, now_ms())?;
                    let mut link = tx.link(&row.id)?;
                    link.their_key = Some(their_key);
                    link.comparison = Some(comparison);
                    link.last_contact_ms = Some(now_ms());
                    link.last_error = None;
                    link.statement_generation += 1;
                    tx.set_link(&row.id, &link)
                })
                .await?;
            node.wake();
            node.changed();
            Ok(())
        }
    }
}

/// Public side: answers whoever proves an invitation's secret; `None` for everybody else.
pub(super) async fn answer(
    node: &Arc<Node>,
    invitation: InvitationId,
    frame: &[u8],
) -> Result<Option<Vec<u8>>, Trouble> {
    let name = invitation.to_string();
    let Some(invited) = node.db.read(move |tx| tx.invited(&name)).await? else { return Ok(None) };
    let id = invited.connection.clone();
    let ours = keys::key(&node.secrets, &id).await?;
    let secret = keys::invitation_secret(&node.secrets, &id).await?;
    let Ok((body, their_key, answering)) = answer_pairing(&ours, &secret, frame) else { return Ok(None) };
    let line = node.hub.line(&id);
    let _one_at_a_time = line.pairing.lock().await;
    if Decline::decode(&body).is_some() {
        let answer = node.declined(&invited.id).await?;
        node.wake();
        node.changed();
        return Ok(answering.seal(&answer.encode()).ok());
    }
    let Ok(request) = PairRequest::decode(&body) else { return Ok(None) };
    let their_key = their_key.to_string();
    let answer = match admit(node, &invited.id, &request, &their_key).await? {
        Err(code) => {
            tried::tell(node, &invited, &request, &their_key, code).await?;
            PairAnswer::Refused { code: code.as_str().to_owned() }
        }
        Ok((connection, account)) => {
            let psk = shared_key(node, &connection).await?;
            let comparison = comparison_number(&answering.handshake());
            let partner = Partner {
                node: request.node.clone(),
                name: request.company.clone(),
                site: request.site.clone(),
                person: request.person.clone(),
                project: request.project.clone(),
            };
            let approved = let_in(node, &invited.id, &connection, partner, their_key, comparison).await?;
            PairAnswer::Accepted {
                psk,
                node: node.db.read(|tx| tx.node()).await?,
                company: node.company(&account).await?,
                site: account.site,
                person: account.display_name,
                project: connection.project.to_string(),
                mode: connection.mode,
                approved,
            }
        }
    };
    node.wake();
    node.changed();
    Ok(answering.seal(&answer.encode()).ok())
}

/// Whether an invitation still lets this key in; our own clock alone judges its expiry.
async fn admit(
    node: &Node,
    invitation: &str,
    request: &PairRequest,
    their_key: &str,
) -> Result<Result<(Connection, Account), ProblemCode>, Trouble> {
    let ours: NodeId = node.db.read(|tx| tx.node()).await?;
    if request.node == ours {
        return Ok(Err(ProblemCode::InvitationOwn));
    }
    if request.protocol.0 > PROTOCOL.1 {
        return Ok(Err(ProblemCode::PartnerOlder));
    }
    if request.protocol.1 < PROTOCOL.0 {
        return Ok(Err(ProblemCode::PartnerNewer));
    }
    let name = invitation.to_owned();
    let (invited, connection, account) = node
        .db
        .read(move |tx| {
            let invited = tx.invited(&name)?;
            let connection = match &invited {
                Some(invited) => tx.connection(&invited.connection)?,
                None => None,
            };
            let account = match &connection {
                Some(connection) => tx.account(&connection.account)?,
                None => None,
            };
            Ok((invited, connection, account))
        })
        .await?;
    let Some(invited) = invited else { return Ok(Err(ProblemCode::InvitationUnknown)) };
    match &invited.state {
        InvitedState::Declined => return Ok(Err(ProblemCode::InvitationDeclined)),
        InvitedState::Withdrawn => return Ok(Err(ProblemCode::InvitationWithdrawn)),
        InvitedState::Used { key } if key != their_key => return Ok(Err(ProblemCode::InvitationUsed)),
        InvitedState::Open if now_ms() / 1000 > invited.expires_s => {
            return Ok(Err(ProblemCode::InvitationExpired));
        }
        InvitedState::Used { .. } | InvitedState::Open => {}
    }
    match (connection, account) {
        (Some(connection), Some(account)) if !connection.stage.is_over() => Ok(Ok((connection, account))),
        (Some(_), _) => Ok(Err(ProblemCode::PartnerRejected)),
        _ => Ok(Err(ProblemCode::InvitationWithdrawn)),
    }
}

/// Drawn once per connection.
async fn shared_key(node: &Node, connection: &Connection) -> Result<Psk, Trouble> {
    match keys::psk(&node.secrets, &connection.id).await {
        Ok(psk) => Ok(psk),
        Err(trouble) if trouble.code == ProblemCode::SecretMissing => {
            let psk = Psk::generate().map_err(|e| internal(&e))?;
            keys::keep_psk(&node.secrets, &connection.id, &psk).await?;
            Ok(psk)
        }
        Err(trouble) => Err(trouble),
    }
}

/// Binds the invitation to the key that proved it. True: no admin has to approve.
async fn let_in(
    node: &Node,
    invitation: &str,
    connection: &Connection,
    partner: Partner,
    their_key: String,
    comparison: String,
) -> Result<bool, Trouble> {
    let (invitation, id) = (invitation.to_owned(), connection.id.clone());
    node.db
        .write(move |tx| {
            let Some(mut row) = tx.connection(&id)? else { return Ok(false) };
            row.partner = Some(partner);
            if row.stage == Stage::Invited {
                row.stage = match row.approval {
                    Approval::Ask => Stage::AwaitingApproval,
                    Approval::CodeHolder => Stage::Connected,
                };
            }
            tx.update_connection(&row)?;
            doubled::tell(tx, &row, now_ms())?;
            tx.set_invited_state(&invitation, &InvitedState::Used { key: their_key.clone() })?;
            let mut link = tx.link(&id)?;
            link.their_key = Some(their_key);
            link.comparison = Some(comparison);
            link.last_contact_ms = Some(now_ms());
            link.statement_generation += 1;
            tx.set_link(&id, &link)?;
            Ok(row.stage == Stage::Connected)
        })
        .await
}

fn internal(error: &dyn std::fmt::Display) -> Trouble {
    Trouble::new(ProblemCode::Internal).with("detail", error.to_string())
}
