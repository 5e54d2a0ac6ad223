//! The language as people write it: what each name and helper does, the rules of Basic mode, and what a mistake is told as.

// The whole target is a test: it may fail where it stands.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;

mod basic;
mod faults;
mod fields;
mod language;
mod mangled;
