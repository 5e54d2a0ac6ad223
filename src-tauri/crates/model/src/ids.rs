//! Ids as types, so that a comment's id can never be passed for an issue's.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )+};
}

text_id! {
    /// One running installation of Twinline: 32 hexadecimal digits, random, made with the database.
    NodeId,
    /// A connection: 32 hexadecimal digits, drawn by the side that initiates, the same on both sides.
    ConnectionId,
    /// A sign-in to a tracker site: short text, local to this node.
    AccountId,
    /// A tracker's own id of an issue; it survives a move, unlike the key.
    IssueId,
    /// What people call an issue, as `SUP-17`.
    IssueKey,
    /// What people call a project, as `SUP`.
    ProjectKey,
    /// A tracker's own id of a comment.
    CommentId,
    /// A tracker's own id of an attachment.
    AttachmentId,
    /// SHA-256 of an attachment's bytes: 64 hexadecimal digits.
    BlobHash,
}

/// A pair's row in our database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct PairId(pub i64);

/// An intent's row in our database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct IntentId(pub i64);

/// Where an item (issue, comment, attachment) was born: the node, and a name that this node alone interprets.
///
/// Stable for ever and the same on every node that hears of the item. The name is made from the site and the
/// tracker's id ([`Origin::of_issue`] and friends), so that a node whose database was lost finds it again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct Origin {
    /// The node where the item was born.
    pub node: NodeId,
    /// The node's name for it, at most 200 bytes.
    pub item: String,
}

impl Origin {
    /// An issue of `site` (as `acme.atlassian.net`).
    pub fn of_issue(node: &NodeId, site: &str, id: &IssueId) -> Self {
        Self { node: node.clone(), item: format!("{site}/i/{id}") }
    }
    /// A comment of `site`.
    pub fn of_comment(node: &NodeId, site: &str, id: &CommentId) -> Self {
        Self { node: node.clone(), item: format!("{site}/c/{id}") }
    }
    /// An attachment of `site`.
    pub fn of_attachment(node: &NodeId, site: &str, id: &AttachmentId) -> Self {
        Self { node: node.clone(), item: format!("{site}/a/{id}") }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.node, self.item)
    }
}

impl IssueKey {
    /// The key in whatever was typed: in any case, or at the end of an address.
    pub fn typed(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.split_once("/browse/") {
            Some((_, rest)) => rest.split(['?', '#', '/']).next().unwrap_or_default(),
            None => text,
        };
        let key = text.to_ascii_uppercase();
        let (project, number) = key.rsplit_once('-')?;
        let fits = project.starts_with(|c: char| c.is_ascii_alphabetic())
            && project.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            // Below the largest number that fits.
            && (1..=18).contains(&number.len())
            && number.bytes().all(|digit| digit.is_ascii_digit())
            && key.len() <= 100;
        fits.then(|| Self::new(key))
    }

    /// The number behind the last dash: 17 of `SUP-17`; 0 where there is none.
    pub fn number(&self) -> u64 {
        self.as_str().rsplit('-').next().and_then(|n| n.parse().ok()).unwrap_or(0)
    }

    /// Whether it is a key of this project.
    pub fn is_of(&self, project: &ProjectKey) -> bool {
        self.as_str().rsplit_once('-').is_some_and(|(key, _)| key == project.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_what_people_paste() {
        let key = |typed| IssueKey::typed(typed).map(|key| key.to_string());
        for typed in [
            "SUP-17",
            " sup-17 ",
            "https://acme.atlassian.net/browse/SUP-17",
            "https://acme.atlassian.net/browse/SUP-17?focusedCommentId=1#x",
        ] {
            assert_eq!(key(typed).as_deref(), Some("SUP-17"), "{typed}");
        }
        for typed in
            ["", "17", "SUP", "SUP-", "SUP-x", "-17", "1UP-17", "SUP 17", "SUP-17 and SUP-18", "SUP-+5"]
        {
            assert_eq!(key(typed), None, "{typed}");
        }
    }
}
