//! Small things that others may write: markers in the tracker, and keys that were kept.

use twinline_model::observed::Marker;
use twinline_model::{ConnectionId, NodeId, Origin};

use super::fuzz;
use crate::keys::{Psk, PublicKey};
use crate::marker::MarkerKey;

/// Whoever may edit an issue may edit its marker: none that was changed is taken for ours.
#[test]
fn fuzz_markers() {
    let key = MarkerKey::derive(&Psk::from_bytes([3; 32]));
    let origin = Origin { node: NodeId::new("ab".repeat(16)), item: "acme.atlassian.net/i/1".into() };
    let ours = [0, 1, 70_000].map(|attempt| key.mark(&ConnectionId::new("cd".repeat(16)), &origin, attempt));
    let valid = ours.clone().map(|marker| serde_json::to_vec(&marker).unwrap());
    fuzz("marker", &valid, |bytes| {
        let Ok(marker) = serde_json::from_slice::<Marker>(bytes) else { return false };
        let is_ours = key.is_ours(&marker);
        // Digits of a signature may be written in capitals.
        let known = Marker { mac: marker.mac.to_ascii_lowercase(), ..marker };
        assert_eq!(is_ours, ours.contains(&known), "{known:?}");
        is_ours
    });
}

#[test]
fn fuzz_keys() {
    let valid = [b"85".repeat(32), b"0a".repeat(32)];
    fuzz("key", &valid, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(key) = text.parse::<PublicKey>() else { return false };
        assert_eq!(key.to_string(), text.trim().to_ascii_lowercase());
        true
    });
}
