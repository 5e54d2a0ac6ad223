//! SQLite: the only place that knows SQL. Typed rows in and out.
//!
//! What belongs together is written in one transaction: [`Store::write`] commits all of a closure's work or none of
//! it. Every method is on [`Tx`], one module per table family; reads take `&Tx`, writes `&mut Tx`.
//!
//! Never here: a clock, randomness, a decision about sync, a secret. Times, ids and numbers come from the caller. A row
//! that this version cannot read is a [`StoreError::Row`] that names its table, never a panic. A damaged file is replaced
//! by a backup ([`open_or_restore`], [`backups`]). Begin reading in `migrations/0001_first.sql`, then [`pairs`].

pub mod accounts;
pub mod activity;
pub mod backups;
pub mod blobs;
mod choices;
mod codec;
pub mod conflicts;
pub mod connections;
mod error;
mod facts;
mod files;
mod health;
mod held_up;
pub mod inbox;
pub mod intents;
pub mod invitations;
pub mod links;
mod memory;
mod meta;
mod migrations;
mod notified;
pub mod outbox;
pub mod pairs;
pub mod problems;
mod questions;
mod recent;
mod restore;
mod rules;
mod stops;
mod store;
#[cfg(test)]
mod tests;
mod tx;
mod wipe;
mod wishes;

pub use accounts::Account;
pub use activity::{ActivityRow, HourCount};
pub use backups::Backup;
pub use blobs::Blob;
pub use conflicts::ConflictRow;
pub use error::{Result, StoreError};
pub use facts::DatabaseFacts;
pub use inbox::InRow;
pub use invitations::{Invited, InvitedState};
pub use links::{Holder, LinkState};
pub use notified::Notified;
pub use outbox::OutRow;
pub use pairs::{Leaf, PairCounts, PairFlags, Progress};
pub use problems::ProblemRow;
pub use restore::{Opened, Restored, open_or_restore};
pub use rules::RulesRow;
pub use stops::Stops;
pub use store::{Fresh, Store};
pub use tx::Tx;
pub use wishes::Wish;
