//! JQL: read into a tree, then turned into a condition in SQL.

mod parse;
mod sql;

pub(crate) use parse::parse;
pub(crate) use sql::{Known, compile};

#[cfg(test)]
mod tests;
