//! Holds what Twinline's adapter asks, and what practice-jira answers, against Atlassian's own description of the API.
//!
//! practice-jira is written by the people who write the adapter, so both could share a mistake. Here a third party
//! decides: practice-jira records its exchanges while tests run ([`Exchange`]), and each is validated by the library
//! `jsonschema` with the schemas of the OpenAPI description ([`Description`]). What is known to differ stands, each with
//! its reason, in `exceptions.json`; an exception that nothing needs any more is an error as well.
//!
//! What is checked of an exchange:
//!
//! - a request of Twinline: that the operation exists, the names and values of its query, the type and the body;
//! - an answer, whoever asked, unless a fault switch spoiled it: that the status is one of the operation's, the type, and
//!   the body. Where no body is described for a failure, it has to be an `ErrorCollection`.
//!
//! This crate must never validate by itself: it finds the schema and says what the library said. It is for tests; no
//! crate of the product uses it. Begin at [`Contract::check`].

mod contract;
mod description;
mod exceptions;
mod exchange;
mod operation;
mod report;
mod schema;

pub use contract::{Contract, Violation};
pub use description::Description;
pub use exceptions::{Exception, Exceptions, Format, Repair};
pub use exchange::{Exchange, read_folder};
pub use report::Report;

/// Why the check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("{0} cannot be read or written: {1}")]
    File(String, std::io::Error),
    /// A file is there, but does not hold what it should.
    #[error("{0} cannot be understood: {1}")]
    Content(String, String),
}
