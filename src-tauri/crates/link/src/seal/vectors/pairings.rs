//! Both messages of a pairing, with each of its three answers.

use super::*;
use crate::keys::chance;
use crate::pairing::{Decline, PairRequest};

#[derive(Serialize)]
struct Pairing {
    noise: &'static str,
    issuer_private: String,
    issuer_public: String,
    partner_private: String,
    partner_public: String,
    secret: String,
    invitation_id: String,
    connection_id: String,
    opening: String,
    commitment: String,
    psk: String,
    prologue: String,
    exchanges: Vec<Paired>,
}

#[derive(Serialize)]
struct Paired {
    name: &'static str,
    request: Sealed,
    answer: Sealed,
    /// Of an acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<Comparison>,
}

#[derive(Serialize)]
struct Comparison {
    value: String,
    digits: String,
}

fn introduction() -> PairRequest {
    PairRequest {
        protocol: (1, 1),
        app: "0.1.0".into(),
        node: node("b"),
        company: "Globex".into(),
        site: "globex.atlassian.net".into(),
        person: "P. Smith".into(),
        project: "GX".into(),
        features: vec!["later".into()],
    }
}

fn accepted() -> PairAnswer {
    PairAnswer::Accepted {
        psk: Psk::from_bytes(seq(0x60)),
        node: node("a"),
        company: "ACME".into(),
        site: "acme.atlassian.net".into(),
        person: "Ana Ruiz".into(),
        project: "SUP".into(),
        mode: Mode::Basic,
        approved: false,
    }
}

fn paired(name: &'static str, draws: [[u8; 32]; 2], request: &[u8], answer: &[u8]) -> Paired {
    let (issuer, partner, invitation) = (key(0x01), key(0x21), usual());
    chance::fix(&draws);
    let (frame, waiting) = start_pairing(&invitation, &partner, request).unwrap();
    let (body, theirs, answering) = answer_pairing(&issuer, &invitation.secret, &frame).unwrap();
    assert!(body == request && theirs == partner.public());
    let value = answering.handshake();
    let back = answering.seal(answer).unwrap();
    let opened = waiting.open(&back).unwrap();
    assert!(opened.body == answer);
    let accepted = PairAnswer::is_acceptance(answer);
    assert_eq!(opened.handshake == value, accepted);
    let comparison = Comparison { value: hex::encode(value), digits: comparison_number(&value) };
    Paired {
        name,
        request: Sealed::new(draws[0], request, &frame),
        answer: Sealed::new(draws[1], answer, &back),
        comparison: accepted.then_some(comparison),
    }
}

#[test]
fn vectors_of_a_pairing() {
    let (issuer, partner, invitation) = (key(0x01), key(0x21), usual());
    let mut padded = [0; 32];
    padded[..16].copy_from_slice(invitation.secret.bytes());
    let request = introduction().encode();
    let refused = PairAnswer::Refused { code: "invitation-used".into() };
    let [request, decline] = [request, Decline::new((1, 1)).encode()];
    let exchanges = vec![
        paired("accepted", [seq(0x41), seq(0x51)], &request, &accepted().encode()),
        paired("refused", [seq(0x42), seq(0x52)], &request, &refused.encode()),
        paired("declined", [seq(0x43), seq(0x53)], &decline, &PairAnswer::Declined.encode()),
    ];
    let pairing = Pairing {
        noise: PAIRING,
        issuer_private: hex::encode(issuer.bytes()),
        issuer_public: issuer.public().to_string(),
        partner_private: hex::encode(partner.bytes()),
        partner_public: partner.public().to_string(),
        secret: hex::encode(invitation.secret.bytes()),
        invitation_id: invitation.id().to_string(),
        connection_id: invitation.connection_id().to_string(),
        opening: hex::encode(*opening(&issuer, &invitation.secret)),
        commitment: hex::encode(invitation.commitment.0),
        psk: hex::encode(keyed(&padded, "twinline pairing psk v1", &[])),
        prologue: hex::encode([b"twinline pairing\0\x01", &invitation.id().0[..]].concat()),
        exchanges,
    };
    compare("pairing.json", &pairing);
}
