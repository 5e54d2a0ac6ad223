//! What rules can name: issues, comments, files, times and lists of them. A copy of any is the same value.

use std::sync::Arc;

use rhai::{Dynamic, ImmutableString};
use twinline_model::document::day;

use crate::rich::Rich;

/// Whose comment or file it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    /// Of our issue.
    Ours,
    /// Of the partner's replica.
    Theirs,
}

/// A comment, and the text that the rules gave it.
#[derive(Clone)]
pub(crate) struct Comment {
    pub(crate) of: Arc<CommentOf>,
    pub(crate) body: Rich,
}

/// What of a comment rules do not change.
pub(crate) struct CommentOf {
    pub(crate) side: Side,
    /// The place in the list that we were given.
    pub(crate) at: usize,
    pub(crate) author: ImmutableString,
    pub(crate) created: Moment,
    pub(crate) internal: bool,
    pub(crate) ours: bool,
}

impl PartialEq for Comment {
    fn eq(&self, other: &Self) -> bool {
        (self.of.side, self.of.at) == (other.of.side, other.of.at) && self.body == other.body
    }
}

/// An attachment.
#[derive(Clone)]
pub(crate) struct File(pub(crate) Arc<FileOf>);

/// What is known of an attachment.
pub(crate) struct FileOf {
    pub(crate) side: Side,
    /// The place in the list that we were given.
    pub(crate) at: usize,
    pub(crate) name: ImmutableString,
    pub(crate) mime: ImmutableString,
    pub(crate) size: i64,
    pub(crate) author: ImmutableString,
}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        (self.0.side, self.0.at) == (other.0.side, other.0.at)
    }
}

/// A point in time, ms since 1970, told in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) i64);

impl Moment {
    /// `2026-11-26`
    pub(crate) fn day(self) -> String {
        day(self.0)
    }
    /// `19:33`
    pub(crate) fn clock(self) -> String {
        let minutes = self.0.div_euclid(60_000).rem_euclid(24 * 60);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }
    /// `2026-11-26T19:33:16Z`
    pub(crate) fn iso(self) -> String {
        format!("{}T{}:{:02}Z", self.day(), self.clock(), self.0.div_euclid(1_000).rem_euclid(60))
    }
}

/// Comments, attachments, texts: as many as there are. A copy is the same list until one of both is changed.
#[derive(Clone, Default)]
pub(crate) struct List(pub(crate) Arc<Vec<Dynamic>>);

impl FromIterator<Dynamic> for List {
    fn from_iter<I: IntoIterator<Item = Dynamic>>(values: I) -> Self {
        Self(Arc::new(values.into_iter().collect()))
    }
}

/// Goes through a list without copying it.
pub(crate) struct Through(Arc<Vec<Dynamic>>, usize);

impl Iterator for Through {
    type Item = Dynamic;
    fn next(&mut self) -> Option<Dynamic> {
        let value = self.0.get(self.1).cloned();
        self.1 += 1;
        value
    }
}

impl IntoIterator for List {
    type Item = Dynamic;
    type IntoIter = Through;
    fn into_iter(self) -> Through {
        Through(self.0, 0)
    }
}

/// `from..to`: in place of the language's own, with which a text could be cut into pieces that nobody counts.
#[derive(Clone)]
pub(crate) struct Span(pub(crate) i64, pub(crate) i64);

/// What of an issue, or of a replica, is there to read. `()`: it is not known, or there is none.
#[derive(Clone, Default)]
pub(crate) struct Fields {
    pub(crate) key: Dynamic,
    pub(crate) summary: Dynamic,
    pub(crate) description: Dynamic,
    pub(crate) issue_type: Dynamic,
    pub(crate) priority: Dynamic,
    pub(crate) labels: Dynamic,
    pub(crate) status: Dynamic,
    pub(crate) project: Dynamic,
    pub(crate) created: Dynamic,
    pub(crate) updated: Dynamic,
    pub(crate) comments: List,
    pub(crate) attachments: List,
}

/// Our issue, where it is read only.
#[derive(Clone)]
pub(crate) struct Issue(pub(crate) Arc<Fields>);

/// The partner's replica, where it is read only.
#[derive(Clone)]
pub(crate) struct Replica(pub(crate) Arc<Fields>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_utc() {
        let moment = Moment(1_764_185_596_123);
        assert_eq!(moment.iso(), "2025-11-26T19:33:16Z");
        assert_eq!((moment.day().as_str(), moment.clock().as_str()), ("2025-11-26", "19:33"));
        assert_eq!(Moment(-1).iso(), "1969-12-31T23:59:59Z");
    }
}
