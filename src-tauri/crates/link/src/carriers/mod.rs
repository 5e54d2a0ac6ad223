//! Carriers move opaque sealed frames in one round trip. They know nothing of what is inside, and nothing that goes
//! wrong in them says anything about the partner (invariant I7).
//!
//! [`http`] calls an address, [`iroh`] a key at a relay; [`Caller`] is the one or the other, as a connection's
//! [`Way`](crate::way::Way) says. Both answer through an [`Answerer`].

#[cfg(feature = "http")]
mod answerer;
#[cfg(feature = "http")]
mod caller;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "iroh")]
pub mod iroh;
#[cfg(feature = "http")]
mod limit;

#[cfg(feature = "http")]
pub use answerer::Answerer;
#[cfg(feature = "http")]
pub use caller::{CallError, Caller};

/// Whoever sends more slowly than this, after a grace of 30 s, is cut off.
#[cfg(feature = "http")]
pub(crate) const SLOWEST_BYTES_PER_S: u64 = 16 * 1024;
