//! The test vectors of `docs/protocol.md`: the whole protocol with fixed keys, fixed ephemeral keys and fixed content keys.
//!
//! Each run makes them anew and compares them with the files in `tests/vectors`, byte by byte; `UPDATE_VECTORS=1` writes
//! them, which only a new version of the protocol may do. `tests/clients/protocol.py` computes the same from the same
//! keys and shares no code with us.

mod bodies;
mod codes;
mod exchanges;
mod pairings;

use ciborium::Value;
use serde::Serialize;
use twinline_model::NodeId;
use twinline_model::connection::{Approval, Mode};

use super::*;
use crate::invitation::{Carrier, Issuer};

/// What stands in a file; two files of one name must not differ in a byte.
fn compare(name: &str, vectors: &impl Serialize) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    let made = serde_json::to_string_pretty(vectors).unwrap() + "\n";
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap();
    let differs = there.lines().zip(made.lines()).find(|(a, b)| a != b);
    assert!(there == made, "{name} says something else than the code: {differs:?}");
}

/// 32 bytes that count up from `first`.
fn seq(first: u8) -> [u8; 32] {
    std::array::from_fn(|i| first.wrapping_add(i as u8))
}
fn key(first: u8) -> StaticKey {
    StaticKey::from_secret_str(&hex::encode(seq(first))).unwrap()
}
fn node(digit: &str) -> NodeId {
    NodeId::new(digit.repeat(32))
}

/// A body as it reads: CBOR as JSON, a string of bytes as `0x…`.
fn says(body: &[u8]) -> Value {
    fn readable(value: Value) -> Value {
        match value {
            Value::Bytes(bytes) => Value::Text(format!("0x{}", hex::encode(bytes))),
            Value::Array(items) => Value::Array(items.into_iter().map(readable).collect()),
            Value::Map(pairs) => Value::Map(pairs.into_iter().map(|(k, v)| (k, readable(v))).collect()),
            other => other,
        }
    }
    readable(ciborium::from_reader(body).unwrap())
}

/// A body and the frame that it travels in.
#[derive(Serialize)]
struct Sealed {
    ephemeral_private: String,
    says: Value,
    body: String,
    frame: String,
}

impl Sealed {
    fn new(ephemeral: [u8; 32], body: &[u8], frame: &[u8]) -> Self {
        let [ephemeral_private, frame] = [&ephemeral[..], frame].map(hex::encode);
        Self { ephemeral_private, says: says(body), body: hex::encode(body), frame }
    }
}

fn invitation(carriers: Vec<Carrier>, issuer: [&str; 3], mode: Mode, approval: Approval) -> Invitation {
    let secret = InvitationSecret::from_secret_str(&hex::encode(&seq(0xa0)[..16])).unwrap();
    let [company, person, project] = issuer.map(str::to_owned);
    Invitation {
        version: 1,
        key: key(0x01).public(),
        commitment: Commitment::new(&key(0x01), &secret),
        secret,
        expires_s: 1_796_083_200,
        carriers,
        issuer: Issuer { company, person, project },
        mode,
        approval,
    }
}

fn usual() -> Invitation {
    let url = "https://twinline.acme.example".to_owned();
    let carrier = Carrier::Http { url, certificate: None };
    invitation(vec![carrier], ["ACME", "Ana Ruiz", "SUP"], Mode::Basic, Approval::Ask)
}
