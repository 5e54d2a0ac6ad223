//! Trackers: the trait [`Tracker`] and its adapters.
//!
//! An adapter turns a tracker's API into the words of the model: issues as observations, rich text as the neutral
//! document, every answer to a write as *applied*, *not applied* or *unknown*. It decides nothing about sync,
//! keeps no state but its connections and limits, and never sees the database. Begin reading at [`Tracker`].

pub mod error;
pub mod jira_cloud;
pub mod markdown;
pub mod tracker;

pub use error::{NotApplied, ReadError, WriteError};
pub use tracker::{
    ByteStream, ChangeQuery, CreatedIssue, Divided, Found, Headline, IssueDraft, IssueEdit, NewestChanges,
    ProjectStanding, Tracker, UploadFile,
};
