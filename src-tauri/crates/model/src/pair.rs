//! A pair: an issue, its twin at the partner, and the three trees that all work is derived from.
//!
//! `local` is what we last saw in our tracker, `remote` what we last received, `base` what was last agreed: a
//! pair of values per field, because two trackers normalise differently. What is to be done is a pure function
//! of the three (crate `engine`); nothing here is a to-do list that could go stale.

use serde::{Deserialize, Serialize};

use crate::observed::ObservedIssue;
use crate::replica::{Version, Versioned};
use crate::{AttachmentId, BlobHash, CommentId, ConnectionId, Document, IssueId, IssueKey, Origin, PairId};

/// One of the two sides, seen from here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// This node.
    Ours,
    /// The partner.
    Theirs,
}

/// An issue and its twin on one connection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pair {
    /// Our row for it.
    pub id: PairId,
    /// The connection it belongs to.
    pub connection: ConnectionId,
    /// Where the issue was born.
    pub origin: Origin,
    /// On which side that is; the owner merges conflicts.
    pub owner: Side,
    /// Our issue, once it exists.
    pub ours: Option<OurIssue>,
    /// The partner's issue, as far as they told us.
    pub theirs: Option<TheirIssue>,
    /// Whether it is synced.
    pub state: PairState,
    /// The local tree: our issue as we last saw it.
    pub local: Option<ObservedIssue>,
    /// The summary's trees.
    pub summary: Field<String>,
    /// The description's trees.
    pub description: Field<Document>,
    /// The type's trees (names).
    pub issue_type: Field<String>,
    /// Comments of both sides that may travel, in the order in which they became known.
    pub comments: Vec<Comment>,
    /// Attachments of both sides, in the order in which they became known.
    pub attachments: Vec<Attachment>,
    /// Comments that a late write of ours made a second time: they are known, and never travel.
    #[serde(default)]
    pub strays: Vec<CommentId>,
}

/// An issue of our tracker.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OurIssue {
    /// The tracker's id.
    pub id: IssueId,
    /// Its key of today.
    pub key: IssueKey,
    /// Where people read it.
    pub url: String,
}

/// An issue of the partner's tracker: words for people, never used to call anything.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TheirIssue {
    /// Their key.
    pub key: String,
    /// Where their people read it.
    pub link: String,
}

/// Whether a pair is synced.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PairState {
    /// It is.
    Active,
    /// No longer; both issues stay.
    Unlinked {
        /// A stable word for the reason (`deleted`, `moved`, `stopped`).
        reason: String,
    },
}

/// The trees of one field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Field<T> {
    /// The version that `base_local` and `base_remote` stand for.
    pub version: Version,
    /// The newest version that was put into a replica for the partner.
    pub sent: Version,
    /// What stands in our tracker for `version`, as we read it back. `None` before the first.
    pub base_local: Option<T>,
    /// The partner's form (or the form we sent) of the same version.
    pub base_remote: Option<T>,
    /// Received, and not yet applied.
    pub remote: Option<Versioned<T>>,
    /// We wrote it, and have not read back what the tracker made of it.
    pub unread: Option<Unread>,
}

/// A write of ours whose read-back is still to come. It is believed to be ours only if nobody wrote in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unread {
    /// The newest changelog entry known before the write; 0 for a create.
    pub after: u64,
    /// How many entries about the field our own write makes: none for a create, one for an edit.
    pub entries: u32,
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self {
            version: Version::default(),
            sent: Version::default(),
            base_local: None,
            base_remote: None,
            remote: None,
            unread: None,
        }
    }
}

/// A comment of either side.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Comment {
    /// Where it was born.
    pub origin: Origin,
    /// Which side wrote it; only that side changes it.
    pub author: Side,
    /// Our tracker's comment, once it exists.
    pub ours: Option<CommentId>,
    /// The newest version known here, at least 1.
    pub version: u64,
    /// Ours: the newest version put into a replica. Theirs: the version that stands in our tracker.
    pub done: u64,
    /// Hash of the body for `version` as our tracker has it, to notice an edit.
    pub base_hash: String,
    /// Theirs: what is to be written, until it is.
    pub incoming: Option<IncomingComment>,
}

/// The partner's comment, waiting to be written here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IncomingComment {
    /// The author's display name.
    pub author: String,
    /// When it was written, ms since 1970.
    pub created_ms: i64,
    /// What it says.
    pub body: Document,
}

/// An attachment of either side. Bytes never change; an edit is a new attachment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// Where it was born.
    pub origin: Origin,
    /// Which side it was born on.
    pub born: Side,
    /// Our tracker's attachment, once it exists.
    pub ours: Option<AttachmentId>,
    /// Cleaned (`text::clean_file_name`).
    pub file_name: String,
    /// MIME type.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// Known once the bytes went through our hands, or from the replica.
    pub sha256: Option<BlobHash>,
    /// Who uploaded it, for people.
    pub author: String,
    /// Ours: it was put into a replica.
    pub sent: bool,
    /// It can never be synced here (too large, refused): the code of the problem.
    pub stopped: Option<String>,
}

impl Pair {
    /// A pair that nothing is known of yet.
    pub fn new(id: PairId, connection: ConnectionId, origin: Origin, owner: Side) -> Self {
        Self {
            id,
            connection,
            origin,
            owner,
            ours: None,
            theirs: None,
            state: PairState::Active,
            local: None,
            summary: Field::default(),
            description: Field::default(),
            issue_type: Field::default(),
            comments: Vec::new(),
            attachments: Vec::new(),
            strays: Vec::new(),
        }
    }
}
