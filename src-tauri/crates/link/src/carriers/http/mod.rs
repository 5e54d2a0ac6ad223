//! HTTP and HTTPS: the public side serves, the private side calls.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST {address}/v1/invitations/{id}/pair` | sealed, small | sealed |
//! | `POST {address}/v1/connections/{id}/exchange` | sealed | sealed, after at most the wait that the request asks for |
//! | `GET {address}/v1/twinline` | | `{"twinline":[1,1]}`: something that speaks our protocol is here |
//!
//! Frames are `application/octet-stream` without content encoding, answers carry `twinline: 1` and `no-store`. Whatever
//! is unknown gets one and the same 404. No redirects, no WebSocket: corporate proxies hold or break them.

pub mod client;
pub mod server;

/// The header that each answer of ours carries, so that a proxy's page is never taken for one.
pub(crate) const HEADER: &str = "twinline";
/// Its value: the version of this use of HTTP.
pub(crate) const HEADER_VALUE: &str = "1";
/// The type of a frame.
pub(crate) const FRAME_TYPE: &str = "application/octet-stream";
