//! The replica: the neutral form of an issue that travels between nodes.
//!
//! It is *state*, not a list of edits: each field comes with its version and can be lost, repeated or overtaken
//! without harm. A replica names only what changed since the last one that was sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::extra::Extra;
use crate::{BlobHash, Document, NodeId, Origin};

/// How often a field was changed on either side; the owner is the side where the issue was born.
///
/// A pair of counters and not a clock: neither side's time decides anything.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Version {
    /// Changes accepted on the owner's side.
    pub owner: u64,
    /// Changes accepted on the other side.
    pub other: u64,
}

/// How two versions stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The same.
    Same,
    /// The first has seen all of the second, and more.
    Newer,
    /// The second has seen all of the first, and more.
    Older,
    /// Each has changes that the other has not seen: a conflict.
    Concurrent,
}

impl Version {
    /// How `self` stands to `them`.
    pub fn standing(self, them: Version) -> Standing {
        match (self.owner.cmp(&them.owner), self.other.cmp(&them.other)) {
            (std::cmp::Ordering::Equal, std::cmp::Ordering::Equal) => Standing::Same,
            (a, b) if a.is_ge() && b.is_ge() => Standing::Newer,
            (a, b) if a.is_le() && b.is_le() => Standing::Older,
            _ => Standing::Concurrent,
        }
    }

    /// The smallest version that has seen both.
    pub fn join(self, them: Version) -> Version {
        Version { owner: self.owner.max(them.owner), other: self.other.max(them.other) }
    }
}

/// A value and the version it has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// The version.
    pub version: Version,
    /// The value.
    pub value: T,
}

/// What travels: one issue, or what changed of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Replica {
    /// Where the issue was born.
    pub origin: Origin,
    /// The sender's key for it, for people.
    pub key: String,
    /// Where people of the sender's company read it.
    pub link: String,
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Versioned<String>>,
    /// Rich text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Versioned<Document>>,
    /// The type's name at the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_type: Option<Versioned<String>>,
    /// Further fields by their names, where the sender's rules let them leave.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extras: BTreeMap<String, Versioned<Extra>>,
    /// Comments that are new or changed, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<ReplicaComment>,
    /// Attachments that are new, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<ReplicaAttachment>,
    /// Attachments, of either side, that people of the sender's took away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Origin>,
    /// The receiver's texts that the sender overruled as the issue's owner: both sides keep the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overruled: Vec<Overruled>,
    /// Everything that the sender knows, because the two sides were found to differ: one of the two databases was set back.
    #[serde(default, skip_serializing_if = "is_false")]
    pub whole: bool,
    /// In a whole replica: the receiver's comments and attachments that the sender knows, by version and hash. A database
    /// that was set back counts on from there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<(Origin, u64, String)>,
    /// Nodes that the issue has passed on its way; it never goes back along it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<NodeId>,
    /// Both issues were there before: the question that was answered with yes. Whoever knows no such pair makes no twin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<String>,
}

/// A text that did not win a conflict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Overruled {
    /// Which field, as `summary`.
    pub field: String,
    /// What stands, JSON of the field's value.
    pub kept: String,
    /// What does not.
    pub lost: String,
}

/// A comment as it travels. Only its author's side sends it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReplicaComment {
    /// Where it was born.
    pub origin: Origin,
    /// Grows with each edit; the first is 1.
    pub version: u64,
    /// The author's display name.
    pub author: String,
    /// When it was written, ms since 1970, the sender's tracker's clock: shown to people, decides nothing.
    pub created_ms: i64,
    /// When it was last edited.
    pub updated_ms: i64,
    /// What it says.
    pub body: Document,
    /// What both sides call this text when they compare what they know; see `Comment::name_of_text`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// It may no longer be read by the partner; the body is empty.
    #[serde(default, skip_serializing_if = "is_false")]
    pub withdrawn: bool,
    /// The sender cannot see it any more, for whatever reason; the body is empty, and a twin stays as it is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub absent: bool,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

/// An attachment as it travels; its bytes are asked for by hash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReplicaAttachment {
    /// Where it was born.
    pub origin: Origin,
    /// As the sender's tracker shows it; cleaned by the receiver.
    pub file_name: String,
    /// MIME type.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes.
    pub sha256: BlobHash,
    /// Who uploaded it, for people.
    pub author: String,
}

/// What became of a replica: travels back, so that the sender's people can see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "r", rename_all = "snake_case")]
pub enum Receipt {
    /// The twin stands in the receiver's tracker.
    Applied {
        /// Which issue, by its origin.
        origin: Origin,
        /// The receiver's key for it.
        key: String,
        /// Where the receiver's people read it.
        link: String,
    },
    /// It waits for a person at the receiver.
    Parked {
        /// Which issue.
        origin: Origin,
        /// A stable code of the cause (see `problem`).
        code: String,
    },
    /// A person at the receiver said to leave out what it waited for.
    Skipped {
        /// Which issue.
        origin: Origin,
    },
    /// It waits for nobody any more.
    Resumed {
        /// Which issue.
        origin: Origin,
    },
    /// It will never be applied.
    Rejected {
        /// Which issue.
        origin: Origin,
        /// A stable code of the cause.
        code: String,
    },
    /// Its twin is gone at the sender, whose people want it again: the whole of it is asked for.
    Again {
        /// Which issue.
        origin: Origin,
    },
    /// This attachment is in the receiver's tracker now: its bytes need not be kept for it.
    BlobApplied {
        /// Which attachment, by its origin.
        origin: Origin,
        /// Which bytes.
        sha256: BlobHash,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standing_is_that_of_version_vectors() {
        let v = |owner, other| Version { owner, other };
        assert_eq!(v(1, 1).standing(v(1, 1)), Standing::Same);
        assert_eq!(v(2, 1).standing(v(1, 1)), Standing::Newer);
        assert_eq!(v(1, 1).standing(v(1, 2)), Standing::Older);
        assert_eq!(v(2, 1).standing(v(1, 2)), Standing::Concurrent);
        assert_eq!(v(2, 1).join(v(1, 2)), v(2, 2));
    }
}
