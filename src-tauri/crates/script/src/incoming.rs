//! The incoming rules: what is written here.

use std::sync::Arc;

use rhai::{Dynamic, ImmutableString};
use twinline_model::Document;
use twinline_model::extra::{Extras, LABELS, PRIORITY, STATUS};
use twinline_model::observed::ObservedIssue;

use crate::Around;
use crate::fault::{Fault, FaultKind};
use crate::limits::Run;
use crate::outgoing::{extra, fields, text};
use crate::rich::Rich;
use crate::rules::{Direction, Rules};
use crate::target::{Ours, Target};
use crate::values::{Comment, CommentOf, Fields, File, FileOf, Moment, Replica, Side};

/// Incoming rules that can be run, on any thread and as often as one likes.
#[derive(Clone)]
pub struct Incoming(Rules);

/// What has arrived of an issue of the partner's.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Arrived {
    /// The partner's key for it.
    pub key: String,
    /// One line.
    pub summary: Option<String>,
    /// Rich text.
    pub description: Option<Document>,
    /// The type's name at the partner's.
    pub issue_type: Option<String>,
    /// Further fields, as far as the partner let them leave.
    pub extras: Extras,
    /// Comments, oldest first.
    pub comments: Vec<ArrivedComment>,
    /// Attachments, oldest first.
    pub attachments: Vec<ArrivedFile>,
}

/// A comment of the partner's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArrivedComment {
    /// The author's display name.
    pub author: String,
    /// When it was written, ms since 1970.
    pub created_ms: i64,
    /// What it says.
    pub body: Document,
}

/// An attachment of the partner's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArrivedFile {
    /// Its name.
    pub file_name: String,
    /// MIME type.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// Who uploaded it.
    pub author: String,
}

/// What is written here. What is `None` stays as it stands; a comment or file that is not in a list is not written.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Written {
    /// One line.
    pub summary: Option<String>,
    /// Rich text.
    pub description: Option<Document>,
    /// A type of our project.
    pub issue_type: Option<String>,
    /// Further fields.
    pub extras: Extras,
    /// Comments by their place in [`Arrived::comments`], and what each says.
    pub comments: Vec<(usize, Document)>,
    /// Attachments by their place in [`Arrived::attachments`].
    pub attachments: Vec<usize>,
}

impl Incoming {
    /// Compiles a text.
    ///
    /// # Errors
    /// Where the text is not in the language, names what does not exist, or is too large.
    pub fn compile(text: &str) -> Result<Self, Fault> {
        Rules::compile(text, Direction::Incoming).map(Self)
    }

    /// What of `replica` is written here. `issue`: ours as it stands; `None`: it is to be made.
    ///
    /// # Errors
    /// Where the rules break off: by a mistake in them, at a limit, or because they say so (`throw`); and where they give
    /// a new issue no summary or no type.
    pub fn run(
        &self,
        replica: &Arrived,
        issue: Option<&ObservedIssue>,
        around: &Around,
    ) -> Result<Written, Fault> {
        let run = Run::new(around.clone());
        let before =
            issue.map_or_else(|| Fields { project: text(&around.project), ..Fields::default() }, fields);
        let target = Target::new(before);
        let ours = Dynamic::from(Ours(target.clone()));
        self.0.run(ours, Dynamic::from(Replica(Arc::new(arrived(replica)))), &run)?;
        let assigned = std::mem::take(&mut *target.assigned());
        if issue.is_none() {
            if assigned.summary.as_ref().is_none_or(|summary| summary.trim().is_empty()) {
                return Err(Fault::nowhere(FaultKind::Missing, "summary"));
            }
            if assigned.issue_type.as_ref().is_none_or(|name| name.is_empty()) {
                return Err(Fault::nowhere(FaultKind::Missing, "type"));
            }
        }
        let comments = assigned.comments.unwrap_or_default().into_iter();
        let files = assigned.attachments.unwrap_or_default().into_iter();
        Ok(Written {
            summary: assigned.summary.map(ImmutableString::into_owned),
            description: assigned.description.map(Rich::into_document),
            issue_type: assigned.issue_type.map(ImmutableString::into_owned),
            extras: assigned.extras,
            comments: comments.map(|comment| (comment.of.at, comment.body.into_document())).collect(),
            attachments: files.map(|file| file.0.at).collect(),
        })
    }
}

/// The partner's replica as rules see it.
fn arrived(replica: &Arrived) -> Fields {
    let known = |value: &Option<String>| value.as_deref().map_or(Dynamic::UNIT, text);
    let description = replica.description.clone();
    Fields {
        key: text(&replica.key),
        summary: known(&replica.summary),
        description: description.map_or(Dynamic::UNIT, |document| Dynamic::from(Rich::from(document))),
        issue_type: known(&replica.issue_type),
        priority: extra(&replica.extras, PRIORITY),
        labels: extra(&replica.extras, LABELS),
        status: extra(&replica.extras, STATUS),
        comments: replica
            .comments
            .iter()
            .enumerate()
            .map(|(at, one)| Dynamic::from(comment(at, one)))
            .collect(),
        attachments: replica
            .attachments
            .iter()
            .enumerate()
            .map(|(at, one)| Dynamic::from(file(at, one)))
            .collect(),
        ..Fields::default()
    }
}

fn comment(at: usize, comment: &ArrivedComment) -> Comment {
    let author = comment.author.as_str().into();
    let created = Moment(comment.created_ms);
    let of = CommentOf { side: Side::Theirs, at, author, created, internal: false, ours: false };
    Comment { of: of.into(), body: comment.body.clone().into() }
}

fn file(at: usize, file: &ArrivedFile) -> File {
    let of = FileOf {
        side: Side::Theirs,
        at,
        name: file.file_name.as_str().into(),
        mime: file.mime.as_str().into(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        author: file.author.as_str().into(),
    };
    File(of.into())
}
