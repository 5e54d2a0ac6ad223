//! The words of the domain.
//!
//! Everything that more than one room of the house must be able to name lives here: ids, the neutral
//! document, what a tracker showed us, the pair and its three trees, the replica that travels, intents,
//! connections, problems, and the views that the window and the command line show.
//!
//! Never here: I/O, a clock, randomness, a decision about sync. Begin reading in [`pair`].

pub mod asked;
pub mod compare;
pub mod connection;
pub mod document;
pub mod extra;
pub mod ids;
pub mod intent;
pub mod json;
pub mod notice;
pub mod notification;
pub mod observed;
pub mod pair;
pub mod pause;
pub mod problem;
pub mod question;
pub mod replica;
pub mod rest;
pub mod rules;
pub mod text;
pub mod view;

pub use document::Document;
pub use ids::{
    AccountId, AttachmentId, BlobHash, CommentId, ConnectionId, IntentId, IssueId, IssueKey, NodeId, Origin,
    PairId, ProjectKey,
};
pub use rest::Rest;

/// Whether a number need not be stored: it is what is read where it is missing.
fn is_zero(number: &u32) -> bool {
    *number == 0
}
