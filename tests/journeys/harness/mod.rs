//! Two companies and what a test needs to watch them.

pub mod certificates;
pub mod company;
pub mod database;
pub mod documents;
pub mod hostile;
pub mod jira;
pub mod keeper;
pub mod node;
pub mod processes;
pub mod proxy;
pub mod random;
pub mod servers;
pub mod turn;
pub mod two;
pub mod wait;
pub mod world;

pub use company::Company;
pub use keeper::Keeper;
pub use two::{How, Two};
pub use wait::{LONG, wait_for};
