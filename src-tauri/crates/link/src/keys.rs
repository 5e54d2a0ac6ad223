//! Keys of a connection. They live in the OS keychain and nowhere else: no `Debug`, no `Serialize`, wiped on drop.

use std::fmt;

use secrecy::SecretString;
use snow::params::DHChoice;
use snow::resolvers::{CryptoResolver, DefaultResolver};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Why a key cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is not what `to_secret_string` writes.
    #[error("not a key")]
    NotAKey,
    /// The operating system gives no random bytes.
    #[error("no random bytes from the system")]
    NoRandomness,
}

/// An X25519 private key of ours, made for one connection.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct StaticKey([u8; 32]);

impl StaticKey {
    /// A fresh one.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self(random()?))
    }
    /// The key that may be told.
    pub fn public(&self) -> PublicKey {
        let mut public = [0; 32];
        // The default resolver is compiled in with Curve25519, so it always resolves.
        let mut dh = DefaultResolver.resolve_dh(&DHChoice::Curve25519).expect("Curve25519 is compiled in");
        dh.set(&self.0);
        public.copy_from_slice(dh.pubkey());
        PublicKey(public)
    }
    /// For the keychain: 64 hexadecimal digits.
    pub fn to_secret_string(&self) -> SecretString {
        to_hex(&self.0)
    }
    /// From the keychain.
    pub fn from_secret_str(text: &str) -> Result<Self, KeyError> {
        from_hex(text).map(Self)
    }
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// An X25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PublicKey(pub [u8; 32]);

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::str::FromStr for PublicKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        from_hex(text).map(Self)
    }
}

/// The connection's pre-shared key, drawn by the public side when the invitation is accepted.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Psk([u8; 32]);

impl Psk {
    /// A fresh one.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self(random()?))
    }
    /// For the keychain: 64 hexadecimal digits.
    pub fn to_secret_string(&self) -> SecretString {
        to_hex(&self.0)
    }
    /// From the keychain.
    pub fn from_secret_str(text: &str) -> Result<Self, KeyError> {
        from_hex(text).map(Self)
    }
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    #[cfg(test)]
    if let Some(fixed) = chance::next() {
        bytes.copy_from_slice(&fixed[..N]);
        return Ok(bytes);
    }
    getrandom::fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}

/// What chance gives to the test vectors: the same each time. No such thing exists in the product.
#[cfg(test)]
pub(crate) mod chance {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    thread_local! {
        static FIXED: RefCell<VecDeque<[u8; 32]>> = const { RefCell::new(VecDeque::new()) };
    }

    /// What is drawn next on this thread.
    pub(crate) fn fix(draws: &[[u8; 32]]) {
        FIXED.with_borrow_mut(|fixed| fixed.extend(draws));
    }

    /// Takes it; `None` where nothing was fixed.
    pub(crate) fn next() -> Option<[u8; 32]> {
        FIXED.with_borrow_mut(VecDeque::pop_front)
    }
}

pub(crate) fn to_hex(bytes: &[u8]) -> SecretString {
    SecretString::from(hex::encode(bytes))
}

pub(crate) fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], KeyError> {
    let bytes = Zeroizing::new(hex::decode(text.trim()).map_err(|_| KeyError::NotAKey)?);
    bytes.as_slice().try_into().map_err(|_| KeyError::NotAKey)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn the_public_key_is_that_of_rfc_7748() {
        // RFC 7748, section 6.1, Alice.
        let alice =
            StaticKey::from_secret_str("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        let public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a".parse();
        assert!(alice.unwrap().public() == public.unwrap());
    }

    #[test]
    fn keys_come_back_from_the_keychain() {
        let key = StaticKey::generate().unwrap();
        let text = key.to_secret_string();
        assert!(StaticKey::from_secret_str(text.expose_secret()).unwrap().public() == key.public());
        let psk = Psk::generate().unwrap();
        let back = Psk::from_secret_str(psk.to_secret_string().expose_secret()).unwrap();
        assert!(psk.bytes() == back.bytes());
        assert!(Psk::from_secret_str("abc").is_err());
        assert!(StaticKey::generate().unwrap().public() != key.public());
    }
}
