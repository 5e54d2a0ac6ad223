//! A write was answered, or a probe found out what became of it: `base` moves.

use twinline_model::intent::{FieldWrite, Intent, IssueFields, Write};
use twinline_model::observed::{HistoryEntry, ObservedAttachment, ObservedComment, ObservedIssue};
use twinline_model::pair::{Field, OurIssue, Pair, Unread};
use twinline_model::replica::Standing;
use twinline_model::view::{ActivityKind, Direction};

use crate::digest::body_hash;
use crate::note::Note;

/// What became of a write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The twin exists.
    Created(OurIssue),
    /// The issue as it stands after our edit.
    Edited(Box<ObservedIssue>),
    /// Nobody knows whether the edit was applied; this is how the issue stands now.
    Reread(Box<ObservedIssue>),
    /// The comment as it stands.
    Commented(ObservedComment),
    /// The attachment as it stands.
    Attached(ObservedAttachment),
    /// The comment that was to be changed is no longer there.
    CommentGone,
    /// It took no effect; what is to be done is planned anew.
    NotApplied,
}

/// Settles an intent: what was written becomes `base`. Returns lines for people.
///
/// The caller removes the intent and stores the pair in one transaction, and then lets [`crate::observe`] see the
/// issue that an edit answered with.
pub fn settle(pair: &mut Pair, intent: &Intent, outcome: &Outcome) -> Vec<Note> {
    match (&intent.write, outcome) {
        (Write::CreateIssue { fields, .. }, Outcome::Created(ours)) => created(pair, fields, ours),
        (Write::EditIssue { fields, last_history }, Outcome::Edited(_)) => {
            edited(pair, fields, *last_history, None)
        }
        (Write::EditIssue { fields, last_history }, Outcome::Reread(seen)) => {
            edited(pair, fields, *last_history, Some(seen))
        }
        (
            Write::AddComment { origin, version, .. } | Write::EditComment { origin, version, .. },
            Outcome::Commented(seen),
        ) => {
            let added = matches!(intent.write, Write::AddComment { .. });
            commented(pair, origin, *version, seen, added)
        }
        (Write::EditComment { origin, version, .. }, Outcome::CommentGone) => {
            if let Some(comment) = pair.comments.iter_mut().find(|c| c.origin == *origin) {
                comment.done = comment.done.max(*version);
                comment.incoming = comment.incoming.take().filter(|_| comment.version > comment.done);
            }
            Vec::new()
        }
        (Write::AddAttachment { origin, file_name, .. }, Outcome::Attached(seen)) => {
            if let Some(attachment) = pair.attachments.iter_mut().find(|a| a.origin == *origin) {
                attachment.ours = Some(seen.id.clone());
            }
            let note = Note::new(Direction::In, ActivityKind::Attachment, "activity-in-attachment");
            vec![note.with("file", file_name)]
        }
        // Not applied, or an outcome of another kind of write: nothing became base, and the plan is made anew.
        _ => Vec::new(),
    }
}

fn created(pair: &mut Pair, fields: &IssueFields, ours: &OurIssue) -> Vec<Note> {
    pair.ours = Some(ours.clone());
    let unread = Unread { after: 0, entries: 0 };
    if let Some(write) = &fields.summary {
        accept(&mut pair.summary, write, unread);
    }
    if let Some(write) = &fields.description {
        accept(&mut pair.description, write, unread);
    }
    let mut note = Note::new(Direction::In, ActivityKind::Issue, "activity-in-created");
    if let Some(write) = &fields.issue_type {
        accept(&mut pair.issue_type, write, unread);
        if write.value.to_lowercase() != write.theirs.to_lowercase() {
            note = Note::new(Direction::In, ActivityKind::Issue, "activity-in-created-as")
                .with("theirs_type", &write.theirs);
        }
        note = note.with("type", &write.value);
    }
    vec![note]
}

/// Accepts the written fields; after a lost answer (`reread`) only those that the issue shows to have been written.
fn edited(
    pair: &mut Pair,
    fields: &IssueFields,
    last_history: u64,
    reread: Option<&ObservedIssue>,
) -> Vec<Note> {
    let unread = Unread { after: last_history, entries: 1 };
    let applied = |name: &str, stands: &dyn Fn(&ObservedIssue) -> bool| {
        reread.is_none_or(|seen| stands(seen) || written_by_us(&seen.history, name, last_history))
    };
    let mut changed = Vec::new();
    if let Some(write) = &fields.summary
        && applied("summary", &|seen| seen.summary == write.value)
    {
        accept(&mut pair.summary, write, unread);
        changed.push("summary");
    }
    if let Some(write) = &fields.description
        && applied("description", &|seen| seen.description == write.value)
    {
        accept(&mut pair.description, write, unread);
        changed.push("description");
    }
    if let Some(write) = &fields.issue_type
        && applied("issuetype", &|seen| seen.issue_type == write.value)
    {
        accept(&mut pair.issue_type, write, unread);
        changed.push("type");
    }
    let note =
        |field| Note::new(Direction::In, ActivityKind::Change, "activity-in-changed").with("field", field);
    changed.into_iter().map(note).collect()
}

/// The changelog shows exactly our write of the field since `after`.
fn written_by_us(history: &[HistoryEntry], name: &str, after: u64) -> bool {
    let mut since = history.iter().filter(|e| e.id > after && e.fields.iter().any(|f| f == name));
    since.next().is_some_and(|entry| entry.by_us) && since.next().is_none()
}

fn accept<T: Clone>(field: &mut Field<T>, write: &FieldWrite<T>, unread: Unread) {
    // A newer version, or a change of ours, may have come while the write was on its way: it stays to be done.
    if write.version.standing(field.version) == Standing::Newer {
        field.version = write.version;
        field.sent = write.version;
        field.base_local = Some(write.value.clone());
        field.base_remote = Some(write.theirs.clone());
        field.unread = Some(unread);
    }
    if field.remote.as_ref().is_some_and(|r| r.version.standing(field.version) != Standing::Newer) {
        field.remote = None;
    }
}

fn commented(
    pair: &mut Pair,
    origin: &twinline_model::Origin,
    version: u64,
    seen: &ObservedComment,
    added: bool,
) -> Vec<Note> {
    let Some(comment) = pair.comments.iter_mut().find(|c| c.origin == *origin) else { return Vec::new() };
    let author = comment.incoming.as_ref().map(|i| i.author.clone()).unwrap_or_default();
    comment.ours = Some(seen.id.clone());
    comment.done = comment.done.max(version);
    comment.base_hash = body_hash(&seen.body);
    if comment.done >= comment.version {
        comment.incoming = None;
    }
    let message = if added { "activity-in-comment" } else { "activity-in-comment-edited" };
    vec![Note::new(Direction::In, ActivityKind::Comment, message).with("author", author)]
}
