//! The sync rules of Script mode: a text in a small language (Rhai), compiled and run in a sandbox.
//!
//! The outgoing rules say what of an issue leaves ([`Outgoing`]); the incoming ones what of a replica is written here
//! ([`Incoming`]). Rules see the values that they are given and nothing else; what they may use up is bounded
//! ([`limits`]). `docs/script.md` describes the language for the people who write in it.
//!
//! Never here: I/O, a clock, chance, and a decision about sync: what is done with the answer stands in `engine`. Begin
//! reading in `rules.rs` and [`limits`].

mod basic;
mod fault;
mod incoming;
mod library;
pub mod limits;
mod lists;
mod outgoing;
mod rich;
mod rules;
mod target;
mod texts;
mod things;
mod values;

pub use basic::{basic_incoming, basic_outgoing};
pub use fault::{Fault, FaultKind};
pub use incoming::{Arrived, ArrivedComment, ArrivedFile, Incoming, Written};
pub use outgoing::{Leaves, Outgoing};

/// What surrounds the rules: who we are and what our project offers.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Around {
    /// Our company's name: `company`.
    pub company: String,
    /// The partner's name: `partner`.
    pub partner: String,
    /// Our project's key: `project`.
    pub project: String,
    /// Our project's types, and whether each needs a parent.
    pub types: Vec<(String, bool)>,
    /// The project's default type, where it sets one.
    pub default_type: Option<String>,
}

/// Every name that rules have, in alphabetic order: variables, fields, functions and operators. For completion in an editor.
pub fn names() -> Vec<&'static str> {
    rules::names().into_iter().collect()
}
