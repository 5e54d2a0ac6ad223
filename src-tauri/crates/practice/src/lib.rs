//! A practice world: two made-up companies, ACME and Globex, each with a practice Jira and a node, all in this process, on
//! addresses of this computer alone. The person is at ACME.
//!
//! Everything of it lies in one folder: the sites' and the nodes' databases, and their worthless sign-ins in a file. The
//! keychain and the real node's data are never touched. Nothing of it runs before [`World::start`], nor after
//! [`World::stop`]; [`remove`] takes away the whole folder, and only one that a world was made in.
//!
//! It decides nothing about sync: it does what two people would do in the window, and then the nodes work as ever. Begin
//! reading at [`World`].

mod company;
mod folder;
mod ports;
mod world;

pub use folder::{is_kept, remove};
pub use world::{Site, World};
