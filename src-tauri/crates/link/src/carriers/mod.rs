//! Carriers move opaque sealed frames in one round trip. They know nothing of what is inside, and nothing that goes
//! wrong in them says anything about the partner (invariant I7).

#[cfg(feature = "http")]
pub mod http;
