//! One file a command family: arguments in, one call of the node, the answer out.

pub mod account;
pub mod conflict;
pub mod connection;
pub mod diagnostics;
pub mod pair;
pub mod problem;
pub mod project;
pub mod question;
pub mod rules;
pub mod run;
pub mod settings;
pub mod show;
pub mod what;
