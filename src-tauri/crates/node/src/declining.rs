//! Declining an invitation: the private side says no before anything of it is known, the public side notes it.
//!
//! It is a pairing with another word in it, sealed alike, so that only who holds the code can decline. It consumes the
//! invitation: the code lets nobody in afterwards, and a decline that is repeated gets the same answer.

use twinline_link::carriers::Caller;
use twinline_link::exchange::PROTOCOL;
use twinline_link::invitation::Invitation;
use twinline_link::keys::StaticKey;
use twinline_link::pairing::{Decline, PairAnswer};
use twinline_link::seal::start_pairing;
use twinline_model::connection::Stage;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::InvitedState;

use crate::inviting::internal;
use crate::node::Node;
use crate::trouble;

impl Node {
    /// Tells the inviter's node that nobody here accepts; the code works no more. Answers the company that invited. Where it
    /// cannot be told, nothing has happened, and the code can still be accepted.
    pub async fn decline(&self, text: &str) -> Result<String, Trouble> {
        let invitation = Invitation::read(text).map_err(|e| trouble::from_invitation(&e))?;
        self.judge_invitation(&invitation).await?;
        let way = self.way_to(&invitation)?;
        let company = invitation.issuer.company.clone();
        let with_facts = |code| Trouble::new(code).with("partner", &company).with("address", way.shown());
        // A key of this moment: nothing links the decline to anything else of this node.
        let ours = StaticKey::generate().map_err(|e| internal(&e))?;
        let body = Decline::new(PROTOCOL).encode();
        let (frame, waiting) = start_pairing(&invitation, &ours, &body).map_err(|e| internal(&e))?;
        let caller = Caller::new(&way).map_err(|e| internal(&e))?;
        let answer = caller.pair(&invitation.id(), frame).await.map_err(|error| {
            tracing::info!(%error, "a decline did not arrive");
            with_facts(ProblemCode::DeclineUntold)
        })?;
        let untold = || with_facts(ProblemCode::DeclineUntold);
        let opened = waiting.open(&answer).map_err(|_| untold())?;
        match PairAnswer::decode(&opened.body).map_err(|_| untold())? {
            PairAnswer::Declined => Ok(company),
            PairAnswer::Refused { code } => {
                Err(with_facts(ProblemCode::parse(&code).unwrap_or(ProblemCode::DeclineUntold)))
            }
            // It was asked for nothing of the kind.
            PairAnswer::Accepted { .. } => Err(with_facts(ProblemCode::PartnerInvalid)),
        }
    }

    /// Public side: somebody who holds the code declines it.
    pub(crate) async fn declined(&self, invitation: &str) -> Result<PairAnswer, Trouble> {
        let name = invitation.to_owned();
        let refused = |code: ProblemCode| PairAnswer::Refused { code: code.as_str().to_owned() };
        self.db
            .write(move |tx| {
                let Some(invited) = tx.invited(&name)? else {
                    return Ok(refused(ProblemCode::InvitationUnknown));
                };
                match invited.state {
                    // A lost answer is asked for again.
                    InvitedState::Declined => return Ok(PairAnswer::Declined),
                    InvitedState::Withdrawn => return Ok(refused(ProblemCode::InvitationWithdrawn)),
                    // Who has accepted is not put out again by whoever else saw the code.
                    InvitedState::Used { .. } => return Ok(refused(ProblemCode::InvitationUsed)),
                    InvitedState::Open => {}
                }
                tx.set_invited_state(&name, &InvitedState::Declined)?;
                if let Some(mut row) =
                    tx.connection(&invited.connection)?.filter(|c| c.stage == Stage::Invited)
                {
                    row.stage = Stage::Declined;
                    tx.update_connection(&row)?;
                }
                Ok(PairAnswer::Declined)
            })
            .await
    }
}
