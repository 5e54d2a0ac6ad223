//! JQL: read into a tree, then turned into a condition in SQL.

mod parse;
mod sql;
mod structure;

pub(crate) use parse::parse;
pub(crate) use sql::{Known, compile};
pub(crate) use structure::{encoded, structure};

#[cfg(test)]
mod tests;
