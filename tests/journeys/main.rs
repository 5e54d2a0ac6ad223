//! The promises of the README, each as a journey: two companies with a practice Jira of their own, two real
//! `twinline-node` programs, HTTP between them, and whatever can happen to them.
//!
//! A test's name begins with the promise (`d5_`) or the fault of the catalogue (`f82_`) that it holds. The
//! practice sites live in the test; the nodes are child processes, because some of them are killed.

// The whole crate is a test: it may fail where it stands.
#![allow(clippy::unwrap_used)]

mod harness;

mod again;
mod arriving;
mod calls;
mod client;
mod comments;
mod compare;
mod crash_matrix;
mod crashes;
mod declining;
mod edits;
mod existing;
mod files;
mod first_sync;
mod first_sync_shown;
mod hostile;
mod hours;
mod local;
mod long_texts;
mod mistakes;
mod one_issue;
mod outages;
mod pauses;
mod pictures;
#[path = "../common/ports.rs"]
mod ports;
mod proxies;
mod relay;
mod required;
mod restore;
mod reverse_proxies;
mod rules;
mod scope;
mod sealed;
mod secrets;
mod shapes;
mod stops;
mod vanishing;
mod what;
