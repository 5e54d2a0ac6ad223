//! The signature on what we leave in the tracker: nobody without the connection's key can forge a twin.
//!
//! `mac` = HMAC-BLAKE2s-256 in hexadecimal, label `twinline marker v1`, parts: version as u32 big-endian, connection,
//! the origin's node, the origin's item, and, unless it is 0, the attempt as u32 big-endian.

use hmac::Mac;
use secrecy::SecretString;
use twinline_model::observed::Marker;
use twinline_model::{ConnectionId, Origin};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hash::{self, Hmac};
use crate::keys::{KeyError, Psk, from_hex, to_hex};

const VERSION: u32 = 1;

/// Signs and recognises the markers of one connection.
///
/// It is derived once, from the key that the pairing gave, and then kept of its own: keys are rotated, markers stay.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MarkerKey([u8; 32]);

impl MarkerKey {
    /// From the connection's first key (label `twinline marker key v1`).
    pub fn derive(psk: &Psk) -> Self {
        Self(hash::keyed(psk.bytes(), "twinline marker key v1", &[]))
    }
    /// For the keychain: 64 hexadecimal digits.
    pub fn to_secret_string(&self) -> SecretString {
        to_hex(&self.0)
    }
    /// From the keychain.
    pub fn from_secret_str(text: &str) -> Result<Self, KeyError> {
        from_hex(text).map(Self)
    }

    /// A marker for the twin of `origin`, made by the create of this number; 0 for a comment.
    pub fn mark(&self, connection: &ConnectionId, origin: &Origin, attempt: u32) -> Marker {
        let (connection, origin) = (connection.clone(), origin.clone());
        let unsigned = Marker { v: VERSION, connection, origin, attempt, mac: String::new() };
        let mac = hex::encode(self.mac(&unsigned).finalize().into_bytes());
        Marker { mac, ..unsigned }
    }

    /// Whether we wrote it; in constant time.
    pub fn is_ours(&self, marker: &Marker) -> bool {
        let Ok(mac) = hex::decode(&marker.mac) else { return false };
        marker.v == VERSION && self.mac(marker).verify_slice(&mac).is_ok()
    }

    fn mac(&self, marker: &Marker) -> Hmac {
        let parts = [
            &marker.v.to_be_bytes()[..],
            marker.connection.as_str().as_bytes(),
            marker.origin.node.as_str().as_bytes(),
            marker.origin.item.as_bytes(),
            &marker.attempt.to_be_bytes()[..],
        ];
        // The first attempt is signed as before there were numbers.
        let parts = if marker.attempt == 0 { &parts[..4] } else { &parts[..] };
        hash::keyed_mac(&self.0, "twinline marker v1", parts)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use twinline_model::NodeId;

    use super::*;

    #[test]
    fn a_marker_is_ours_until_anything_of_it_changes() {
        let key = MarkerKey::derive(&Psk::generate().unwrap());
        let origin = Origin { node: NodeId::new("n1"), item: "acme/i/1".into() };
        let marker = key.mark(&ConnectionId::new("c1"), &origin, 0);
        assert!(key.is_ours(&marker));
        let kept = MarkerKey::from_secret_str(key.to_secret_string().expose_secret()).unwrap();
        assert!(kept.is_ours(&marker));

        let later = key.mark(&ConnectionId::new("c1"), &origin, 1);
        assert!(key.is_ours(&later) && !key.is_ours(&Marker { attempt: 0, ..later.clone() }));

        let forged: [fn(&mut Marker); 8] = [
            |m| m.v = 2,
            |m| m.connection = ConnectionId::new("c2"),
            |m| m.origin.node = NodeId::new("n"),
            |m| m.origin.item.push('0'),
            |m| m.attempt = 1,
            |m| m.mac.clear(),
            |m| m.mac.truncate(62),
            |m| m.mac.replace_range(0..1, if m.mac.starts_with('0') { "1" } else { "0" }),
        ];
        for (number, change) in forged.iter().enumerate() {
            let mut other = marker.clone();
            change(&mut other);
            assert!(!key.is_ours(&other), "forgery {number}");
        }
        assert!(!MarkerKey::derive(&Psk::generate().unwrap()).is_ours(&marker));
    }
}
