//! Who came with an invitation that lets nobody in any more: our people are told, so that a code that got around is noticed.

use twinline_link::pairing::PairRequest;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::Invited;

use crate::node::Node;
use crate::time::now_ms;

/// As many are listed. A flood of keys, each of which is somebody else, tells no more than these.
const MOST: usize = 20;

/// Notes whoever proved the secret and was refused with `refusal`; each key once.
pub(super) async fn tell(
    node: &Node,
    invited: &Invited,
    request: &PairRequest,
    their_key: &str,
    refusal: ProblemCode,
) -> Result<(), Trouble> {
    let why = match refusal {
        ProblemCode::InvitationUsed => "used",
        ProblemCode::InvitationExpired => "expired",
        ProblemCode::InvitationWithdrawn => "withdrawn",
        ProblemCode::InvitationDeclined => "declined",
        _ => return Ok(()),
    };
    let trouble = Trouble::new(ProblemCode::InvitationTried)
        .with("why", why)
        .with("company", &request.company)
        .with("site", &request.site)
        .with("person", &request.person)
        // Tells one from another.
        .with("other", their_key);
    let (id, key) = (invited.connection.clone(), their_key.to_owned());
    node.db
        .write(move |tx| {
            let code = trouble.code.as_str();
            // A withdrawn invitation has no connection any more.
            let connection = tx.connection(&id)?.map(|connection| connection.id);
            let rows = tx.problems()?.into_iter().filter(|row| row.code == code).collect::<Vec<_>>();
            let listed = rows.iter().any(|row| row.facts.get("other") == Some(&key));
            if listed || rows.len() < MOST {
                tx.raise(code, connection.as_ref(), None, None, &trouble.facts, now_ms())?;
            }
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use twinline_model::{ConnectionId, NodeId};
    use twinline_store::InvitedState;

    use super::*;
    use crate::samples::{LINK, open};

    #[tokio::test]
    async fn f116_who_tries_a_code_that_is_over_is_listed_once_each_and_twenty_at_most() {
        let folder = tempfile::tempdir().expect("a folder");
        let node = open(folder.path()).await;
        let invited = Invited {
            id: "1".repeat(32),
            connection: ConnectionId::new(LINK),
            label: "ACME".to_owned(),
            expires_s: 1,
            state: InvitedState::Open,
        };
        let request = PairRequest {
            protocol: (1, 1),
            app: "0.1.0".to_owned(),
            node: NodeId::new("b".repeat(32)),
            company: "Globex".to_owned(),
            site: "globex.example".to_owned(),
            person: "P. Smith".to_owned(),
            project: "GX".to_owned(),
            features: vec![],
        };
        let comes = async |key: usize, refusal| {
            tell(&node, &invited, &request, &format!("key {key}"), refusal).await.expect("noted");
            node.problems().await.expect("problems")
        };
        assert!(comes(0, ProblemCode::PartnerOlder).await.is_empty(), "it is no use to know of these");
        comes(1, ProblemCode::InvitationExpired).await;
        let one = comes(1, ProblemCode::InvitationExpired).await.remove(0);
        assert_eq!((one.code.as_str(), one.count), ("invitation-tried", 2));
        assert_eq!(
            one.sentence,
            "Globex (P. Smith, globex.example) tried an invitation of yours that has expired. They were not let in."
        );
        for key in 2..=MOST + 5 {
            comes(key, ProblemCode::InvitationExpired).await;
        }
        let all = comes(1, ProblemCode::InvitationExpired).await;
        assert_eq!((all.len(), all[0].count), (MOST, 3), "a flood hides none of the first");
    }
}
