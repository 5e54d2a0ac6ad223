//! The outgoing rules: what leaves.

use std::sync::Arc;

use rhai::{Dynamic, ImmutableString};
use twinline_model::extra::{Extra, Extras, LABELS, PRIORITY, STATUS};
use twinline_model::observed::{ObservedAttachment, ObservedComment, ObservedIssue};
use twinline_model::{AttachmentId, CommentId, Document};

use crate::Around;
use crate::fault::Fault;
use crate::limits::Run;
use crate::rich::Rich;
use crate::rules::{Direction, Ended, Rules};
use crate::target::{Leaving, Target};
use crate::values::{Comment, CommentOf, Fields, File, FileOf, Issue, List, Moment, Side};

/// Outgoing rules that can be run, on any thread and as often as one likes.
#[derive(Clone)]
pub struct Outgoing(Rules);

/// What of an issue leaves. What is `None`, or not in a list, stays here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaves {
    /// `false`: the whole issue stays here, and everything else is empty.
    pub issue: bool,
    /// One line.
    pub summary: Option<String>,
    /// Rich text.
    pub description: Option<Document>,
    /// The type's name.
    pub issue_type: Option<String>,
    /// Further fields; one that is not among them stays here.
    pub extras: Extras,
    /// Comments, and what of each leaves.
    pub comments: Vec<(CommentId, Document)>,
    /// Attachments.
    pub attachments: Vec<AttachmentId>,
}

impl Outgoing {
    /// Compiles a text.
    ///
    /// # Errors
    /// Where the text is not in the language, names what does not exist, or is too large.
    pub fn compile(text: &str) -> Result<Self, Fault> {
        Rules::compile(text, Direction::Outgoing).map(Self)
    }

    /// What of `issue` leaves. Comments for a role or group only are not even seen by the rules.
    ///
    /// # Errors
    /// Where the rules break off: by a mistake in them, at a limit, or because they say so (`throw`).
    pub fn run(&self, issue: &ObservedIssue, around: &Around) -> Result<Leaves, Fault> {
        let (run, target) = (Run::new(around.clone()), Target::new(Fields::default()));
        let seen = Dynamic::from(Issue(Arc::new(fields(issue))));
        let ended = self.0.run(seen, Dynamic::from(Leaving(target.clone())), &run)?;
        let assigned = std::mem::take(&mut *target.assigned());
        if ended == Ended::KeptHome {
            let (comments, attachments) = (Vec::new(), Vec::new());
            let (summary, description, issue_type, extras) = (None, None, None, Extras::new());
            return Ok(Leaves {
                issue: false,
                summary,
                description,
                issue_type,
                extras,
                comments,
                attachments,
            });
        }
        let comments = assigned.comments.unwrap_or_default().into_iter();
        let files = assigned.attachments.unwrap_or_default().into_iter();
        Ok(Leaves {
            issue: true,
            summary: assigned.summary.map(ImmutableString::into_owned),
            description: assigned.description.map(Rich::into_document),
            issue_type: assigned.issue_type.map(ImmutableString::into_owned),
            extras: assigned.extras,
            comments: comments
                .map(|c| (issue.comments[c.of.at].id.clone(), c.body.into_document()))
                .collect(),
            attachments: files.map(|file| issue.attachments[file.0.at].id.clone()).collect(),
        })
    }
}

/// Our issue as rules see it.
pub(crate) fn fields(issue: &ObservedIssue) -> Fields {
    let comments = issue.comments.iter().enumerate().filter(|(_, comment)| !comment.restricted);
    Fields {
        key: text(issue.key.as_str()),
        summary: text(&issue.summary),
        description: Dynamic::from(Rich::from(issue.description.clone())),
        issue_type: text(&issue.issue_type),
        priority: extra(&issue.extras, PRIORITY),
        labels: extra(&issue.extras, LABELS),
        status: extra(&issue.extras, STATUS),
        project: text(issue.project.as_str()),
        created: Dynamic::from(Moment(issue.created_ms)),
        updated: Dynamic::from(Moment(issue.updated_ms)),
        comments: comments.map(|(at, one)| Dynamic::from(comment(at, one))).collect(),
        attachments: issue
            .attachments
            .iter()
            .enumerate()
            .map(|(at, one)| Dynamic::from(file(at, one)))
            .collect::<List>(),
    }
}

/// `()`: nothing stands there, or nobody knows.
pub(crate) fn extra(extras: &Extras, name: &str) -> Dynamic {
    match extras.get(name).map(|value| value.clone().shaped(name)).as_ref() {
        None | Some(Extra::Nothing) => Dynamic::UNIT,
        Some(Extra::Text(line)) => text(line),
        Some(Extra::Texts(texts)) => Dynamic::from(texts.iter().map(|one| text(one)).collect::<List>()),
    }
}

pub(crate) fn text(text: &str) -> Dynamic {
    Dynamic::from(ImmutableString::from(text))
}

fn comment(at: usize, comment: &ObservedComment) -> Comment {
    let of = CommentOf {
        side: Side::Ours,
        at,
        author: comment.author.as_str().into(),
        created: Moment(comment.created_ms),
        internal: comment.internal,
        ours: comment.by_us,
    };
    Comment { of: of.into(), body: comment.body.clone().into() }
}

fn file(at: usize, file: &ObservedAttachment) -> File {
    let of = FileOf {
        side: Side::Ours,
        at,
        name: file.file_name.as_str().into(),
        mime: file.mime.as_str().into(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        author: file.author.as_str().into(),
    };
    File(of.into())
}
