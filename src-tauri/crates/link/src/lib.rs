//! The link between two nodes: invitation, pairing, seal (Noise), exchange, carriers.
//!
//! It is the only crate with cryptography, and it treats everything that arrives as hostile: every decoder is
//! total (no panic on any bytes), bounded before it allocates or recurses, and cleans text that people will see.
//!
//! | layer | module | what passes |
//! |---|---|---|
//! | the code in a mail | [`invitation`] | bech32m text, read from almost any mail |
//! | seal | [`seal`] | one HTTP round trip = one Noise handshake; [`keys`] |
//! | bodies | [`pairing`], [`exchange`] | CBOR inside the seal; [`inbox`] accepts numbered messages |
//! | carrier | [`carriers`] | opaque frames over HTTP or through a relay; [`way`] and [`address`] say whom we call |
//!
//! [`marker`] signs what we leave in the tracker. Begin reading in [`exchange`], then [`seal`].
//!
//! Never here: SQL, files, the keychain, a decision about sync. A carrier's failure is a hint for people; it never
//! says anything about the partner's will (invariant I7).
//!
//! `docs/protocol.md` tells all of it from outside, so that another implementation can be written; its test vectors are
//! in `tests/vectors`, made and compared by `seal/vectors`.
//!
//! # Hashes
//! All derived values are BLAKE2s-256 over `label || 0x00 || for each part: length as u32 big-endian || part`,
//! plain or as HMAC-BLAKE2s-256 under a key; where fewer bytes are needed, the first ones. Each label is used for
//! one purpose only and stands beside its use.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod address;
pub mod carriers;
pub mod exchange;
#[cfg(test)]
mod fuzz;
mod hash;
pub mod inbox;
pub mod invitation;
mod invitation_text;
pub mod keys;
pub mod marker;
mod message;
pub mod pairing;
pub mod seal;
pub mod way;
mod wire;

pub use wire::WireError;
