//! What a tracker showed us: the local tree, and what an adapter must be able to say.

use serde::{Deserialize, Serialize};

use crate::extra::Extras;
use crate::{AttachmentId, CommentId, ConnectionId, Document, IssueId, IssueKey, Origin, ProjectKey};

/// An issue as read from our tracker. Times are the tracker's own clock, in ms since 1970.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObservedIssue {
    /// The tracker's id.
    pub id: IssueId,
    /// The key of today; it changes when the issue moves.
    pub key: IssueKey,
    /// The project it stands in today.
    pub project: ProjectKey,
    /// Where a person reads it in a browser.
    pub url: String,
    /// When it was created.
    pub created_ms: i64,
    /// When anything of it last changed.
    pub updated_ms: i64,
    /// The type's name, as `Improvement`.
    pub issue_type: String,
    /// The type needs a parent.
    pub is_subtask: bool,
    /// A security level stands on it: it never leaves in Basic.
    pub restricted: bool,
    /// One line of text.
    pub summary: String,
    /// The description; empty where there is none.
    pub description: Document,
    /// All comments, oldest first (an adapter reads the rest from their own pages).
    pub comments: Vec<ObservedComment>,
    /// All attachments, oldest first.
    pub attachments: Vec<ObservedAttachment>,
    /// Our marker, if the issue carries one. Unverified here.
    pub marker: Option<Marker>,
    /// Further fields, as far as the tracker shows them: they travel where rules of Script mode name them.
    #[serde(default, skip_serializing_if = "Extras::is_empty")]
    pub extras: Extras,
    /// The newest changelog entries, oldest first; at least those since the last poll.
    pub history: Vec<HistoryEntry>,
    /// What of it leaves, where rules of Script mode said so; `None`: all of it, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<Leaving>,
}

/// What of an issue leaves, as the outgoing rules of Script mode said. Comments say it of themselves
/// ([`ObservedComment::leaves_as`]); one that stays is `restricted`.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Leaving {
    /// Which version of the rules said so: by another one nothing leaves.
    pub rules: u64,
    /// As it travels; `None`: it stays.
    pub summary: Option<String>,
    /// As it travels; `None`: it stays.
    pub description: Option<Document>,
    /// The type's name as it travels; `None`: it stays.
    pub issue_type: Option<String>,
    /// Further fields as they travel; one that is not among them stays.
    #[serde(default, skip_serializing_if = "Extras::is_empty")]
    pub extras: Extras,
    /// Those that leave.
    pub attachments: Vec<AttachmentId>,
}

/// A comment as read from our tracker.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObservedComment {
    /// The tracker's id.
    pub id: CommentId,
    /// The author's display name.
    pub author: String,
    /// When it was written.
    pub created_ms: i64,
    /// When it was last edited.
    pub updated_ms: i64,
    /// What it says.
    pub body: Document,
    /// Only a role or a group may read it: it never leaves in Basic.
    pub restricted: bool,
    /// Only the agents of a service project may read it: it leaves where the admin said so.
    #[serde(default)]
    pub internal: bool,
    /// What travels in place of `body`, where a rule of Script mode changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves_as: Option<Document>,
    /// Written by the account we are signed in with.
    pub by_us: bool,
    /// Our marker; present only where the adapter was asked for it (a probe).
    pub marker: Option<Marker>,
}

/// An attachment as read from our tracker.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ObservedAttachment {
    /// The tracker's id.
    pub id: AttachmentId,
    /// As the tracker shows it; never a path.
    pub file_name: String,
    /// As the tracker says; `application/octet-stream` where it does not.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// The author's display name.
    pub author: String,
    /// When it was uploaded.
    pub created_ms: i64,
    /// Uploaded by the account we are signed in with.
    pub by_us: bool,
}

/// One entry of an issue's changelog.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The tracker's id; grows.
    pub id: u64,
    /// When it happened.
    pub at_ms: i64,
    /// Made by the account we are signed in with.
    pub by_us: bool,
    /// Which fields changed, in the tracker's words (`summary`, `description`, `issuetype`, `Attachment`).
    pub fields: Vec<String>,
    /// From what to what, where the tracker says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<HistoryChange>,
}

/// What one entry says of one field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HistoryChange {
    /// The field, in the tracker's words.
    pub field: String,
    /// What it was: plain text, or an attachment's id.
    pub from: Option<String>,
    /// What it became; `None`: nothing.
    pub to: Option<String>,
}

/// What we leave in the tracker to recognise our own write: an issue's or comment's property, at most 32,768 bytes.
///
/// The issue's id is absent in the request that creates it; a clone that copied the property is unmasked because
/// its origin is mapped to another issue already.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Marker {
    /// Version of this form, 1.
    pub v: u32,
    /// The connection that wrote.
    pub connection: ConnectionId,
    /// The item that the twin stands for.
    pub origin: Origin,
    /// Of a twin: how many creates were given up before the one that made it, so that one which lands late is known.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub attempt: u32,
    /// HMAC under the connection's marker key, hexadecimal: nobody without the key can forge a twin.
    pub mac: String,
}

/// The name of the property that holds a [`Marker`].
pub const MARKER_PROPERTY: &str = "twinline";

/// A project as the account sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Project {
    /// The tracker's id.
    pub id: String,
    /// As `SUP`.
    pub key: ProjectKey,
    /// As people call it.
    pub name: String,
    /// What we lack to sync into it, in the tracker's words (`CREATE_ISSUES`); empty: may be chosen.
    pub missing_permissions: Vec<String>,
}

/// An issue type of a project.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IssueType {
    /// The tracker's id.
    pub id: String,
    /// As `Improvement`.
    pub name: String,
    /// Needs a parent.
    pub subtask: bool,
}

/// The types a project has.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct IssueTypes {
    /// All types, in the tracker's order.
    pub types: Vec<IssueType>,
    /// The project's own default, where it sets one.
    pub default_type: Option<String>,
    /// A service project: its agents can write internal comments, which customers do not see.
    pub service: bool,
}

/// Mirrors a type by name, letters' case ignored; else `default`, else *Task*, else the first that needs no parent.
pub fn mirror_type(theirs: &str, ours: &[(String, bool)], default: Option<&str>) -> Option<String> {
    let usable = || ours.iter().filter(|(_, subtask)| !subtask).map(|(name, _)| name);
    let named = |wanted: &str| usable().find(|name| name.to_lowercase() == wanted.to_lowercase()).cloned();
    named(theirs)
        .or_else(|| default.and_then(named))
        .or_else(|| named("Task"))
        .or_else(|| usable().next().cloned())
}

/// Who we are signed in as.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The tracker's id of the user.
    pub user: String,
    /// The display name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::mirror_type;

    #[test]
    fn j08_j09_f57_a_missing_type_becomes_the_default_else_task() {
        let ours: Vec<(String, bool)> =
            [("Bug", false), ("Task", false), ("Improvement", false), ("Sub-task", true)]
                .map(|(name, sub)| (name.to_owned(), sub))
                .into();
        assert_eq!(mirror_type("improvement", &ours, Some("Bug")).as_deref(), Some("Improvement"));
        assert_eq!(mirror_type("Epic", &ours, Some("Bug")).as_deref(), Some("Bug"));
        assert_eq!(mirror_type("Epic", &ours, None).as_deref(), Some("Task"));
        assert_eq!(mirror_type("Sub-task", &ours, None).as_deref(), Some("Task"), "no parent is synced");
        assert_eq!(mirror_type("Epic", &ours[..1], None).as_deref(), Some("Bug"));
        assert_eq!(mirror_type("Epic", &ours[3..], None), None);
    }
}
