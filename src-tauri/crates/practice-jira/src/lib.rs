//! A stand-in for Jira Cloud: REST v3 subset, faults, limits, and a small web page to look at issues.
//!
//! ```no_run
//! # async fn example() -> Result<(), practice_jira::Error> {
//! let acme = practice_jira::Site::start(practice_jira::Options { site: "acme".into(), ..Default::default() }).await?;
//! println!("{} {} {}", acme.url, acme.email, acme.token);
//! acme.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod adf;
mod adf_check;
mod adf_grammar;
mod api;
mod automation;
mod beans;
mod call;
mod control;
mod custom;
mod db;
mod deeds;
mod error;
mod faults;
mod fields;
mod files;
mod gate;
mod given;
mod history;
mod jql;
mod ledger;
mod limits;
mod ops;
mod options;
mod record;
mod seed;
mod site;
mod spoil;
mod state;
mod ui;
mod wire;

pub use api::operations;
pub use error::Error;
pub use options::{Options, ProjectSpec};
pub use site::{Running, Site};
