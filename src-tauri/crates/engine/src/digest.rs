//! Hashes that tell whether something changed.

use serde::Serialize;
use sha2::{Digest, Sha256};
use twinline_model::Document;
use twinline_model::observed::ObservedIssue;

/// SHA-256 of a text's canonical form, hexadecimal.
pub fn body_hash(body: &Document) -> String {
    hash(body)
}

/// SHA-256 over everything that was read of an issue, hexadecimal: the same issue read twice gives the same.
pub fn fingerprint(issue: &ObservedIssue) -> String {
    hash(issue)
}

fn hash(value: &impl Serialize) -> String {
    // Our own types: maps have text keys and no value refuses to serialise.
    let json = serde_json::to_vec(value).unwrap_or_default();
    hex::encode(Sha256::digest(json))
}
