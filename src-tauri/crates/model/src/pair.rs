//! A pair: an issue, its twin at the partner, and the three trees that all work is derived from.
//!
//! `local` is what we last saw in our tracker, `remote` what we last received, `base` what was last agreed: a
//! pair of values per field, because two trackers normalise differently. What is to be done is a pure function
//! of the three (crate `engine`); nothing here is a to-do list that could go stale.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::extra::Extra;
use crate::intent::IssueFields;
use crate::notice::Notice;
use crate::observed::ObservedIssue;
use crate::replica::{Overruled, Version, Versioned};
use crate::{
    AttachmentId, BlobHash, CommentId, ConnectionId, Document, IssueId, IssueKey, Origin, PairId, Rest,
};

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
    /// The number of the create that made our issue; `None`: nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<u32>,
    /// Creates of our issue that were given up; one of them may still land (F71).
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub given_up: u32,
    /// What each of them was to write, by its number, until the twin is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<(u32, IssueFields)>,
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
    /// The trees of further fields, by their names, once one of them travelled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extras: BTreeMap<String, Field<Extra>>,
    /// Comments of both sides that may travel, in the order in which they became known.
    pub comments: Vec<Comment>,
    /// Attachments of both sides, in the order in which they became known.
    pub attachments: Vec<Attachment>,
    /// Comments that a late write of ours made a second time: they are known, and never travel.
    #[serde(default)]
    pub strays: Vec<CommentId>,
    /// Lines in place of files that our tracker refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// Texts that we overruled as the owner, and have not told the partner yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overruled: Vec<Overruled>,
    /// The two sides were found to differ: the next replica is whole.
    #[serde(default, skip_serializing_if = "is_false")]
    pub whole: bool,
    /// Another tool keeps changing this field: it is left alone until a person says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<String>,
    /// Both issues were there before they became a pair, because people of both sides said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Joined>,
}

/// What made a pair of two issues that were there already.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Joined {
    /// The question that was answered with yes.
    pub question: String,
    /// Our issue carries the pair's marker, or needs none because it was born here.
    pub marked: bool,
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

/// What keeps a pair from being in step until a person acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// It waits for that person.
    Waits,
    /// The person said to leave it as it is.
    Skipped,
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
    /// Decided on this side for `version` (merged, or chosen by a person), and still to be written here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<T>,
    /// Files that the text shows and that were not here when we wrote it: their names stand there instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What of `base_remote` does not fit into our tracker: `base_local` is what comes before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// The last values before ours that the partner may have built on, the oldest first; kept only where texts are merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<Versioned<T>>,
    /// What the partner has, as far as we know, while ours is newer and has not got there: to be shown to people, decides
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there: Option<T>,
    /// How often in a row another tool here changed what we had just written.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub rounds: u32,
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
            chosen: None,
            missing: Vec::new(),
            rest: None,
            ancestors: Vec::new(),
            there: None,
            rounds: 0,
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
    /// The author's side no longer shows it: its twin says so instead.
    #[serde(default, skip_serializing_if = "is_false")]
    pub withdrawn: bool,
    /// Ours: it was put into a replica once, whatever `done` says of its newest version.
    #[serde(default, skip_serializing_if = "is_false")]
    pub travelled: bool,
    /// Theirs: it may have been written here before our database was set back. A probe finds out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub doubt: bool,
    /// Theirs: what its author's side calls the text of `version`; empty in a database of before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub heard: String,
    /// Theirs: it cannot be written here (the issue is full): the code of the problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

impl Comment {
    /// A comment that nothing is known of yet.
    pub fn new(origin: Origin, author: Side) -> Self {
        Self {
            origin,
            author,
            ours: None,
            version: 0,
            done: 0,
            base_hash: String::new(),
            incoming: None,
            withdrawn: false,
            travelled: false,
            doubt: false,
            heard: String::new(),
            stopped: None,
        }
    }

    /// What both sides call the text of `version`: after a restore the same version may stand for another text. Nothing is
    /// told of a text that may no longer be read.
    pub fn name_of_text(&self) -> &str {
        match self.author {
            Side::Theirs => &self.heard,
            Side::Ours if self.withdrawn => "withdrawn",
            Side::Ours => &self.base_hash,
        }
    }
    /// Both sides know of it, or are about to.
    pub fn has_travelled(&self) -> bool {
        self.author == Side::Theirs || self.travelled || self.done > 0
    }
}

fn is_false(flag: &bool) -> bool {
    !*flag
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

/// In place of a problem's code: our rules of Script mode leave it out, and nobody has to do anything about it.
pub const LEFT_OUT: &str = "left-out";

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
    /// It can never be synced here (too large, refused): the code of the problem, or [`LEFT_OUT`].
    pub stopped: Option<String>,
    /// Whether somebody took it away.
    #[serde(default, skip_serializing_if = "Gone::is_no")]
    pub gone: Gone,
    /// Theirs: whether it may stand here already.
    #[serde(default, skip_serializing_if = "Doubt::is_none")]
    pub doubt: Doubt,
    /// Theirs: files of our tracker that look like it and hold other bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looked: Vec<AttachmentId>,
    /// Ours: it could not be read at once, and nothing waits for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub late: bool,
    /// Made here from the rest of a text: it stands in our tracker like a file of the partner's, and never travels.
    #[serde(default, skip_serializing_if = "is_false")]
    pub made: bool,
}

impl Attachment {
    /// An attachment that nothing is known of yet.
    pub fn new(origin: Origin, born: Side) -> Self {
        Self {
            origin,
            born,
            ours: None,
            file_name: String::new(),
            mime: String::new(),
            size: 0,
            sha256: None,
            author: String::new(),
            sent: false,
            stopped: None,
            gone: Gone::No,
            doubt: Doubt::None,
            looked: Vec::new(),
            late: false,
            made: false,
        }
    }
}

/// Whether an attachment of the partner's may have been uploaded here before our database was set back.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// No reason to think so; or it was looked for, and is not there.
    #[default]
    #[serde(alias = "cleared")]
    None,
    /// It may.
    Some,
}

impl Doubt {
    /// No reason to think so.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// Whether an attachment was taken away: only on positive evidence, never because it is missing from a list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// It stands.
    #[default]
    No,
    /// A person here took it away; the partner is to be told.
    Here,
    /// The partner's people took it away; ours is to go.
    There,
    /// It is gone on both sides, as far as we know.
    Both,
}

impl Gone {
    /// It stands.
    pub fn is_no(&self) -> bool {
        *self == Self::No
    }
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
            made_by: None,
            given_up: 0,
            late: Vec::new(),
            state: PairState::Active,
            local: None,
            summary: Field::default(),
            description: Field::default(),
            issue_type: Field::default(),
            extras: BTreeMap::new(),
            comments: Vec::new(),
            attachments: Vec::new(),
            strays: Vec::new(),
            notices: Vec::new(),
            overruled: Vec::new(),
            whole: false,
            drift: None,
            joined: None,
        }
    }
}
