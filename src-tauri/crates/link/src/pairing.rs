//! What the two sides say to each other once, when an invitation is accepted: CBOR maps inside the pairing's seal.
//!
//! Unknown fields are ignored. Everything in it is *claimed* by the partner; text is cleaned before anybody sees it.
//!
//! Pairing is idempotent: the public side binds the invitation to the first static key that proved the secret and
//! gives the same key the same answer again; another key is told `invitation-used`.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;
use twinline_model::NodeId;
use twinline_model::connection::Mode;
use twinline_model::text::clean_line;
use zeroize::Zeroizing;

use crate::keys::Psk;
use crate::wire::{self, WireError};

/// Bytes of a pairing's body that are taken.
pub const MAX_PAIR_BYTES: usize = 4 * 1024;

const MAX_FEATURES: usize = 32;

/// The private side introduces itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PairRequest {
    /// Oldest and newest protocol that the sender speaks.
    pub protocol: (u32, u32),
    /// The sender's version, as `0.1.0`.
    pub app: String,
    /// The sender's node.
    pub node: NodeId,
    /// The sender's company, as they call it.
    pub company: String,
    /// The sender's site, as `globex.atlassian.net`.
    pub site: String,
    /// Who accepted.
    pub person: String,
    /// The sender's project, for people.
    pub project: String,
    /// What else the sender can do, by name.
    #[serde(default)]
    pub features: Vec<String>,
}

impl PairRequest {
    /// The body's bytes.
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads and cleans.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_PAIR_BYTES {
            return Err(WireError::TooLarge("pairing"));
        }
        let raw: Self = wire::decode(bytes)?;
        if raw.features.len() > MAX_FEATURES {
            return Err(WireError::TooLarge("features"));
        }
        Ok(Self {
            protocol: raw.protocol,
            app: clean_line(&raw.app, 40),
            node: checked_node(raw.node)?,
            company: clean_line(&raw.company, 80),
            site: clean_line(&raw.site, 120),
            person: clean_line(&raw.person, 80),
            project: clean_line(&raw.project, 80),
            features: raw.features.iter().map(|f| clean_line(f, 40)).collect(),
        })
    }
}

/// The private side says no instead. Nothing of who they are is told: who was invited, the inviter knows.
///
/// It has none of the fields of a [`PairRequest`], and is read before one: neither can be taken for the other, also by a
/// version that knows no decline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decline {
    /// Oldest and newest protocol that the sender speaks.
    pub protocol: (u32, u32),
    declined: bool,
}

impl Decline {
    /// Of a sender that speaks these protocols.
    pub fn new(protocol: (u32, u32)) -> Self {
        Self { protocol, declined: true }
    }

    /// The body's bytes.
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// `None`: the bytes are something else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let raw: Self = wire::decode(bytes.get(..bytes.len().min(MAX_PAIR_BYTES))?).ok()?;
        raw.declined.then_some(raw)
    }
}

/// The public side's answer. No `Debug`: it may hold the connection's key.
#[derive(Clone)]
pub enum PairAnswer {
    /// The connection exists, or waits for the admin's approval.
    Accepted {
        /// The connection's key, drawn once per invitation.
        psk: Psk,
        /// The public side's node.
        node: NodeId,
        /// Its company.
        company: String,
        /// Its site.
        site: String,
        /// Who invited.
        person: String,
        /// Its project, for people.
        project: String,
        /// Which rules.
        mode: Mode,
        /// The admin's word was given already, or is not needed.
        approved: bool,
    },
    /// The decline is noted: nobody can use the invitation any more.
    Declined,
    /// No connection.
    Refused {
        /// Why: a problem's code, as `invitation-used`. Unknown words come from a later version.
        code: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Accepted {
    psk: ByteArray<32>,
    node: NodeId,
    company: String,
    site: String,
    person: String,
    project: String,
    mode: Mode,
    approved: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Accepted(Accepted),
    Declined,
    Refused { code: String },
}

impl PairAnswer {
    /// The body's bytes; wiped when dropped, because the key is in them.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let answer = match self.clone() {
            Self::Accepted { psk, node, company, site, person, project, mode, approved } => {
                let psk = ByteArray::new(*psk.bytes());
                Answer::Accepted(Accepted { psk, node, company, site, person, project, mode, approved })
            }
            Self::Declined => Answer::Declined,
            Self::Refused { code } => Answer::Refused { code },
        };
        Zeroizing::new(wire::encode(&answer))
    }

    /// Reads and cleans.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_PAIR_BYTES {
            return Err(WireError::TooLarge("pairing"));
        }
        Ok(match wire::decode(bytes)? {
            Answer::Accepted(raw) => Self::Accepted {
                psk: Psk::from_bytes(raw.psk.into_array()),
                node: checked_node(raw.node)?,
                company: clean_line(&raw.company, 80),
                site: clean_line(&raw.site, 120),
                person: clean_line(&raw.person, 80),
                project: clean_line(&raw.project, 80),
                mode: raw.mode,
                approved: raw.approved,
            },
            Answer::Declined => Self::Declined,
            Answer::Refused { code } => Self::Refused { code: clean_line(&code, 60) },
        })
    }

    /// Whether the bytes are an acceptance: only then the seal opens its commitment (see [`crate::seal`]).
    pub(crate) fn is_acceptance(bytes: &[u8]) -> bool {
        matches!(Self::decode(bytes), Ok(Self::Accepted { .. }))
    }
}

fn checked_node(node: NodeId) -> Result<NodeId, WireError> {
    if wire::is_hex(node.as_str(), 32) { Ok(node) } else { Err(WireError::Invalid("node")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> PairRequest {
        PairRequest {
            protocol: (1, 1),
            app: "0.1.0".into(),
            node: NodeId::new("0123456789abcdef0123456789abcdef"),
            company: "Globex".into(),
            site: "globex.atlassian.net".into(),
            person: "P. Smith".into(),
            project: "SUP".into(),
            features: vec!["later".into()],
        }
    }

    #[test]
    fn a_request_comes_back() {
        assert_eq!(PairRequest::decode(&request().encode()).unwrap(), request());
    }

    #[test]
    fn an_answer_comes_back() {
        let psk = Psk::generate().unwrap();
        let answer = PairAnswer::Accepted {
            psk: psk.clone(),
            node: NodeId::new("0123456789abcdef0123456789abcdef"),
            company: "ACME".into(),
            site: "acme.atlassian.net".into(),
            person: "A. Jones".into(),
            project: "DEV".into(),
            mode: Mode::Basic,
            approved: false,
        };
        let bytes = answer.encode();
        assert!(PairAnswer::is_acceptance(&bytes));
        let PairAnswer::Accepted { psk: back, company, mode, approved, .. } =
            PairAnswer::decode(&bytes).unwrap()
        else {
            panic!("not accepted");
        };
        assert!(back.bytes() == psk.bytes());
        assert_eq!((company.as_str(), mode, approved), ("ACME", Mode::Basic, false));

        let refused = PairAnswer::Refused { code: "invitation-used".into() }.encode();
        assert!(!PairAnswer::is_acceptance(&refused));
        assert!(
            matches!(PairAnswer::decode(&refused), Ok(PairAnswer::Refused { code }) if code == "invitation-used")
        );
    }

    #[test]
    fn a_decline_is_no_acceptance_and_an_acceptance_no_decline() {
        let decline = Decline::new((1, 1));
        assert_eq!(Decline::decode(&decline.encode()), Some(decline));
        assert!(PairRequest::decode(&decline.encode()).is_err(), "an older version reads nothing in it");
        assert_eq!(Decline::decode(&request().encode()), None);
        assert_eq!(Decline::decode(&wire::encode(&Decline { declined: false, ..decline })), None);
        let noted = PairAnswer::Declined.encode();
        assert!(!PairAnswer::is_acceptance(&noted));
        assert!(matches!(PairAnswer::decode(&noted), Ok(PairAnswer::Declined)));
    }

    #[test]
    fn f112_names_lose_what_could_deceive() {
        let raw = PairRequest { company: format!("A\u{202e}\0{}", "x".repeat(500)), ..request() };
        let company = PairRequest::decode(&raw.encode()).unwrap().company;
        assert_eq!(company.chars().count(), 80);
        assert!(company.starts_with("Ax"));
    }

    #[test]
    fn f89_a_body_that_is_too_large_or_names_no_node_is_refused() {
        let large = PairRequest { company: "x".repeat(5000), ..request() };
        assert_eq!(PairRequest::decode(&large.encode()), Err(WireError::TooLarge("pairing")));
        let nobody = PairRequest { node: NodeId::new("../../x"), ..request() };
        assert_eq!(PairRequest::decode(&nobody.encode()), Err(WireError::Invalid("node")));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        #[derive(Serialize)]
        struct Later {
            #[serde(flatten)]
            request: PairRequest,
            novelty: Vec<u32>,
        }
        let bytes = wire::encode(&Later { request: request(), novelty: vec![1, 2] });
        assert_eq!(PairRequest::decode(&bytes).unwrap(), request());
    }
}
