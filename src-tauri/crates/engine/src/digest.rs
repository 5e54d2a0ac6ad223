//! Hashes that tell whether something changed, here or between the two sides.

use serde::Serialize;
use sha2::{Digest, Sha256};
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{Attachment, Field, Pair, PairState, Side};
use twinline_model::replica::{Standing, Version};
use twinline_model::{BlobHash, Document, Origin};

/// SHA-256 of a text's canonical form, hexadecimal.
pub fn body_hash(body: &Document) -> String {
    hash(body)
}

/// SHA-256 over everything that was read of an issue, hexadecimal: the same issue read twice gives the same.
pub fn fingerprint(issue: &ObservedIssue) -> String {
    hash(issue)
}

/// Where a pair stands in the tree of digests: 32 hexadecimal digits, the same on both sides.
pub fn place(origin: &Origin) -> String {
    let mut place = hash(origin);
    place.truncate(32);
    place
}

/// What both sides know alike of a pair once nothing is on its way, whatever has been applied: the versions, and the values
/// as they travelled. 64 hexadecimal digits; empty while nothing travelled, or once the pair is no longer synced.
///
/// Nothing local is in it (keys, ids, order, what a tracker made of a text), nothing that must not travel, and nothing that
/// cannot yet (an attachment whose bytes have not been read).
pub fn digest(pair: &Pair) -> String {
    if pair.state != PairState::Active || pair.local.as_ref().is_some_and(|l| l.restricted) {
        return String::new();
    }
    let fields = (known(&pair.summary), known(&pair.description), known(&pair.issue_type));
    let travelled = pair.comments.iter().filter(|c| c.has_travelled());
    let mut comments: Vec<(&Origin, u64, &str)> =
        travelled.map(|c| (&c.origin, c.version, c.name_of_text())).collect();
    comments.sort();
    // What was taken away is left out: a side that never had it need not hear of it.
    let travelled = |a: &&Attachment| a.gone.is_no() && !a.made && (a.born == Side::Theirs || a.sent);
    let mut attachments: Vec<(&Origin, Option<&BlobHash>)> =
        pair.attachments.iter().filter(travelled).map(|a| (&a.origin, a.sha256.as_ref())).collect();
    attachments.sort();
    let extras: Vec<(&String, (Version, String))> =
        pair.extras.iter().filter_map(|(name, field)| Some((name, known(field)?))).collect();
    // Without them it is what it was before there were any.
    if !extras.is_empty() {
        return hash(&(&pair.origin, fields, comments, attachments, extras));
    }
    if fields == (None, None, None) && comments.is_empty() && attachments.is_empty() {
        return String::new();
    }
    hash(&(&pair.origin, fields, comments, attachments))
}

/// The newest version that is known of a field, and the hash of its value as it travelled.
fn known<T: Serialize>(field: &Field<T>) -> Option<(Version, String)> {
    match &field.remote {
        Some(remote) if remote.version.standing(field.version) == Standing::Newer => {
            Some((remote.version, hash(&remote.value)))
        }
        _ if bug!(DigestOfCounters) => field.base_remote.as_ref().map(|_| (field.version, String::new())),
        _ => field.base_remote.as_ref().map(|value| (field.version, hash(value))),
    }
}

fn hash(value: &impl Serialize) -> String {
    // Our own types: maps have text keys and no value refuses to serialise.
    let json = serde_json::to_vec(value).unwrap_or_default();
    hex::encode(Sha256::digest(json))
}
