//! The one way in which this crate derives values: labelled, with lengths, so that no two inputs look alike.

use blake2::Blake2s256;
use hmac::digest::Digest;
use hmac::{Mac, SimpleHmac};

/// HMAC-BLAKE2s-256, ready to be finished or compared.
pub(crate) type Hmac = SimpleHmac<Blake2s256>;

/// `BLAKE2s-256(label || 0 || (length, part)*)`.
pub(crate) fn hash(label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Blake2s256::new();
    feed(label, parts, |bytes| Digest::update(&mut hasher, bytes));
    hasher.finalize().into()
}

/// The same under a key.
pub(crate) fn keyed(key: &[u8; 32], label: &str, parts: &[&[u8]]) -> [u8; 32] {
    keyed_mac(key, label, parts).finalize().into_bytes().into()
}

/// The same under a key, not yet finished, for a comparison in constant time.
pub(crate) fn keyed_mac(key: &[u8; 32], label: &str, parts: &[&[u8]]) -> Hmac {
    // HMAC takes keys of any length, so this constructor never fails.
    let mut mac = <Hmac as Mac>::new_from_slice(key).expect("HMAC takes any key");
    feed(label, parts, |bytes| Mac::update(&mut mac, bytes));
    mac
}

fn feed(label: &str, parts: &[&[u8]], mut update: impl FnMut(&[u8])) {
    update(label.as_bytes());
    update(&[0]);
    for part in parts {
        update(&(part.len() as u32).to_be_bytes());
        update(part);
    }
}

/// The first 16 bytes of a hash, where 128 bits are enough.
pub(crate) fn first16(hash: [u8; 32]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&hash[..16]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_labels_cannot_be_mistaken_for_each_other() {
        assert_ne!(hash("a", &[b"bc"]), hash("a", &[b"b", b"c"]));
        assert_ne!(hash("a", &[b"b"]), hash("ab", &[]));
        assert_ne!(keyed(&[1; 32], "a", &[]), keyed(&[2; 32], "a", &[]));
    }
}
