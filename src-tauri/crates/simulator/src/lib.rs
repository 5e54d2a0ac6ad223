//! The simulator: two humans, two fake trackers, two nodes that run the real core on real SQLite, a carrier that loses,
//! repeats, delays and reorders, and crashes at every effect boundary. Seeds in, invariants out.
//!
//! One thread, virtual time. A run is a function of its [`plan::Plan`]: run twice, it tells the same story to the last event.
//! It is a test in the shape of a program: what its own world owes (a database in memory that answers, say) it takes for granted
//! with `expect`, and a panic anywhere counts as a broken promise of that seed.
//!
//! It must never look into the core to make it pass; what it checks are the promises (`rest.rs`, `check.rs`), named as in
//! docs/correctness.md. Begin reading at [`sim`].

pub mod carrier;
pub mod check;
pub mod clicks;
pub mod machine;
pub mod people;
pub mod plan;
pub mod rest;
pub mod shelf;
pub mod shrink;
pub mod sim;
pub mod site;
pub mod swarm;
pub mod tasks;
pub mod tracker;
pub mod world;
