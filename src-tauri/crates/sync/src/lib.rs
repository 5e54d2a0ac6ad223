//! What a node does, without the machine it runs on.
//!
//! | loop | one per | does |
//! |---|---|---|
//! | [`poll`] | account | reads what changed in our tracker, and lets the engine observe it |
//! | [`worker`] | connection | plans each pair and writes to our tracker, intent first; probes what is unknown |
//! | [`caller`] | private connection | starts every exchange with the partner |
//! | [`exchange`] | public connection | answers one |
//!
//! All of it is written against a [`Machine`] (database, spool, clocks, keys) and the trait `Tracker`: the node runs it with
//! tokio, sockets and files; the simulator runs the very same code on one thread and in virtual time. No loop holds a list:
//! each asks the database for the next few rows.
//!
//! Never here: a thread, a timer, a socket, a file, a clock, randomness; a decision about what is synced (that is the
//! engine's). Begin reading at [`work`].

pub mod again;
mod blobs;
pub mod caller;
mod census;
mod changes;
mod closed;
mod compare;
mod concerned;
pub mod desk;
pub mod exchange;
mod first;
pub mod foreign;
mod forms;
mod hear;
pub mod held_up;
mod inbox;
mod lately;
mod looks;
pub mod machine;
mod mark;
mod nonces;
mod observed;
mod perform;
pub mod poll;
mod probe;
pub mod questions;
mod reading;
pub mod recorded;
mod refusal;
mod renamed;
pub mod room;
pub mod rows;
pub mod scripted;
mod speak;
mod stops;
mod sweep;
mod take_in;
pub mod trial;
mod unlisted;
mod wished;
mod work;
pub mod worker;

pub use census::answer_loss;
pub use first::is_settled;
pub use inbox::trust_again;
pub use machine::Machine;
pub use speak::CORRECTED_MS;
