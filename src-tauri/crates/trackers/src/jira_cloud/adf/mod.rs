//! Atlassian Document Format and the neutral document, both ways.
//!
//! [`read`] is canonical: what Jira adds or reorders when it stores a text does not show. [`write()`] gives only
//! what Jira accepts; [`as_written`] is what comes back.

mod cost;
mod divide;
mod inline;
mod media;
mod read;
mod text;
mod write;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod travels;

pub(crate) use divide::divide;
pub(crate) use media::{name_files, shown_files};
pub(crate) use read::read;
pub(crate) use text::summary;
pub(crate) use write::{write, write_showing};

use twinline_model::Document;

/// The document as it comes back after it was written.
pub(crate) fn as_written(document: &Document) -> Document {
    read(&write(document))
}
