//! Intents: a write to our tracker, recorded before it is sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::extra::Extra;
use crate::replica::Version;
use crate::{AttachmentId, BlobHash, CommentId, ConnectionId, Document, IntentId, Origin, PairId, Rest};

/// A write to our tracker and how far it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Intent {
    /// Our row.
    pub id: IntentId,
    /// The connection that causes it.
    pub connection: ConnectionId,
    /// The pair it writes to.
    pub pair: PairId,
    /// What is written.
    pub write: Write,
    /// How far it is.
    pub state: IntentState,
}

/// How far an intent is. There is no state for "done": a settled intent is gone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum IntentState {
    /// The request may be on its way in this very run of the program.
    Sent,
    /// Nobody knows whether it took effect: the answer was lost, or the program ended. It is probed.
    Unknown {
        /// Probes in this run that found nothing.
        clean_probes: u32,
    },
}

/// What is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "write", rename_all = "snake_case")]
pub enum Write {
    /// Create the twin.
    CreateIssue {
        /// The fields.
        fields: IssueFields,
        /// The highest key number known in the project when it was sent: probes look above it.
        above: u64,
        /// How many creates of this twin were given up before.
        #[serde(default, skip_serializing_if = "crate::is_zero")]
        attempt: u32,
    },
    /// Change fields of our issue.
    EditIssue {
        /// The fields that change.
        fields: IssueFields,
        /// The newest changelog entry known then.
        last_history: u64,
    },
    /// Add the partner's comment.
    AddComment {
        /// The comment.
        origin: Origin,
        /// Its version.
        version: u64,
        /// With the author's line.
        body: Document,
    },
    /// Change a comment that we wrote for the partner.
    EditComment {
        /// The comment.
        origin: Origin,
        /// Ours for it.
        comment: CommentId,
        /// Its version.
        version: u64,
        /// With the author's line.
        body: Document,
    },
    /// Add the partner's attachment.
    AddAttachment {
        /// The attachment.
        origin: Origin,
        /// The bytes, complete in the spool.
        sha256: BlobHash,
        /// Cleaned.
        file_name: String,
        /// MIME type.
        mime: String,
        /// Bytes.
        size: u64,
        /// Attachments that stood there before.
        known: Vec<AttachmentId>,
    },
    /// Take away a twin attachment whose original was taken away.
    RemoveAttachment {
        /// The attachment.
        origin: Origin,
        /// Ours for it.
        attachment: AttachmentId,
    },
}

/// Fields of an issue; `None` leaves one alone.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct IssueFields {
    /// One line.
    pub summary: Option<FieldWrite<String>>,
    /// Rich text.
    pub description: Option<FieldWrite<Document>>,
    /// The type's name at our tracker.
    pub issue_type: Option<FieldWrite<String>>,
    /// Further fields by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extras: BTreeMap<String, FieldWrite<Extra>>,
}

/// A value to write, and which version it stands for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FieldWrite<T> {
    /// The version.
    pub version: Version,
    /// In our tracker's form.
    pub value: T,
    /// As the partner sent it.
    pub theirs: T,
    /// It stands there already (and is written once more for the files that it shows, or with another version): that it
    /// stands there proves nothing, and it is no news.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// What of `theirs` comes after `value`, because our tracker does not take all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
}
