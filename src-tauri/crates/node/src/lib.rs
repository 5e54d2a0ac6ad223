//! The runtime: accounts, keychain, connections, loops; one API for the window, the tray and the headless node.
//!
//! A [`Node`] owns the database, the secrets and the tasks. Everything a person can ask for is a method of it and
//! answers a view or a [`Trouble`](twinline_model::problem::Trouble); everything that happens by itself is in
//! [`sync`]: one poll loop per account, one worker per connection, one caller per private connection, one listener.
//!
//! It brings what the steps of the crate `twinline-sync` need: threads, timers, sockets, files, keys. It knows nothing of Tauri, and decides nothing
//! about sync that the engine could decide. Begin reading at [`Node`], then [`sync`].

mod accounts;
mod adding;
mod away;
mod calls;
mod choices;
mod compare;
mod conflicts;
mod connecting;
mod connections;
mod crash;
mod db;
mod declining;
mod diagnostics;
mod export;
mod folder;
mod hub;
mod inviting;
mod keep;
mod keys;
mod language;
mod leaving;
mod lists;
mod local;
mod logs;
mod machine;
mod node;
mod notifications;
mod options;
mod pace;
mod pairs;
mod pausing;
mod power;
mod privacy;
mod problems;
mod queue;
mod request;
mod rules;
#[cfg(test)]
mod samples;
mod secrets;
mod space;
mod spool;
mod status;
pub mod sync;
mod time;
mod token;
mod trouble;
mod watched;
mod what;
pub mod words;

pub use adding::Added;
pub use connecting::Asked;
pub use diagnostics::Diagnostics;
pub use folder::make as make_folder;
pub use node::Node;
pub use options::{Options, SecretsChoice, default_data_folder};
pub use power::{PowerSource, SystemPower};
pub use status::{Moment, Runs};
pub use token::{ApiToken, TokenEnds};
