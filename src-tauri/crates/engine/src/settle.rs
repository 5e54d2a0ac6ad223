//! A write was answered, or a probe found out what became of it: `base` moves.

use serde::Serialize;
use twinline_model::extra::Extra;
use twinline_model::intent::{FieldWrite, Intent, IssueFields, Write};
use twinline_model::notice::Says;
use twinline_model::observed::{HistoryEntry, ObservedAttachment, ObservedComment, ObservedIssue};
use twinline_model::pair::{Doubt, Field, Gone, OurIssue, Pair, Unread};
use twinline_model::replica::Standing;
use twinline_model::view::{ActivityKind, Direction};
use twinline_model::{Document, Rest};

use crate::digest::body_hash;
use crate::history::{Shown, overwritten, shows_ours};
use crate::media::missing;
use crate::merge::Mergeable;
use crate::note::{Lost, Note, as_json};
use crate::notice::noticed;
use crate::observe::may_be;
use crate::rest::keep_file;

/// Creates whose words are kept after they were given up.
const LATE: usize = 8;

/// What became of a write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The twin exists.
    Created(OurIssue),
    /// The twin was met: made by the create of this number.
    Met(OurIssue, u32),
    /// The issue as it stands after our edit.
    Edited(Box<ObservedIssue>),
    /// Nobody knows whether the edit was applied; this is how the issue stands now.
    Reread(Box<ObservedIssue>),
    /// The comment as it stands after our write.
    Commented(ObservedComment),
    /// The comment as a probe met it; it may show an earlier version.
    CommentFound(ObservedComment),
    /// The attachment as it stands.
    Attached(ObservedAttachment),
    /// The comment that was to be changed is no longer there.
    CommentGone,
    /// The attachment is no longer there.
    Removed,
    /// It took no effect; what is to be done is planned anew.
    NotApplied,
}

/// Whether an issue shows that an edit whose answer was lost took effect. That a text stands there which stood there before,
/// or which somebody else wrote, proves nothing: the edit may still be on its way, and land on what a person writes meanwhile.
/// `sent_ms`: when it was sent at the earliest, by the tracker's clock; an entry from before is not its own, even by our
/// account, since people may use that.
pub fn is_applied(fields: &IssueFields, last_history: u64, sent_ms: i64, seen: &ObservedIssue) -> bool {
    let (after, history) = (last_history, seen.history.as_slice());
    let proofs = [
        fields
            .summary
            .as_ref()
            .map(|w| Proof::of(w, &seen.summary, Shown::of(history, "summary", after, sent_ms, &w.value))),
        fields.description.as_ref().map(|w| {
            let words = w.value.to_plain_text();
            Proof::of(w, &seen.description, Shown::of(history, "description", after, sent_ms, &words))
        }),
        fields.issue_type.as_ref().map(|w| {
            Proof::of(w, &seen.issue_type, Shown::of(history, "issuetype", after, sent_ms, &w.value))
        }),
    ];
    let extras = fields.extras.iter().map(|(name, w)| {
        let stands = seen.extras.get(name).unwrap_or(&Extra::Nothing);
        Proof::of(w, stands, Shown::of(history, name, after, sent_ms, &w.value.words()))
    });
    let proofs: Vec<Proof> = proofs.into_iter().flatten().chain(extras).collect();
    !proofs.contains(&Proof::NotApplied) && (proofs.is_empty() || proofs.contains(&Proof::Applied))
}

/// What an issue shows of a field that was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    Applied,
    NotApplied,
    /// It stood there before, or somebody else wrote it.
    None,
}

impl Proof {
    fn of<T: PartialEq>(write: &FieldWrite<T>, stands: &T, shown: Shown) -> Self {
        match (shown, write.again) {
            (Shown::Ours, _) => Self::Applied,
            (_, true) => Self::None,
            (Shown::Nothing, false) if *stands == write.value => Self::Applied,
            (Shown::Others, false) if *stands == write.value => Self::None,
            (_, false) => Self::NotApplied,
        }
    }
}

/// What a person should hear of a settled write.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Settled {
    /// Lines for the activity list.
    pub notes: Vec<Note>,
    /// Texts that our write replaced before anybody could see that they were there (F75).
    pub lost: Vec<Lost>,
}

/// Settles an intent: what was written becomes `base`.
///
/// The caller removes the intent and stores the pair in one transaction, and then lets [`crate::observe`] see the
/// issue that an edit answered with.
pub fn settle(pair: &mut Pair, intent: &Intent, outcome: &Outcome) -> Settled {
    match (&intent.write, outcome) {
        (Write::CreateIssue { fields, attempt, .. }, Outcome::Created(ours)) => {
            notes(created(pair, fields, ours, *attempt))
        }
        (Write::CreateIssue { fields, attempt, .. }, Outcome::Met(ours, by)) => {
            if by == attempt {
                return notes(created(pair, fields, ours, *by));
            }
            // One that was given up landed after all, so this one is given up.
            pair.given_up = attempt.saturating_add(1);
            notes(landed(pair, ours, *by))
        }
        (Write::CreateIssue { fields, attempt, .. }, Outcome::NotApplied) => {
            pair.given_up = attempt.saturating_add(1);
            pair.late.push((*attempt, fields.clone()));
            // What was given up long before will hardly land.
            pair.late.drain(..pair.late.len().saturating_sub(LATE));
            Settled::default()
        }
        (Write::EditIssue { fields, last_history }, Outcome::Edited(seen)) => {
            edited(pair, fields, *last_history, seen, true)
        }
        (Write::EditIssue { fields, last_history }, Outcome::Reread(seen)) => {
            edited(pair, fields, *last_history, seen, false)
        }
        (Write::EditIssue { fields, last_history }, Outcome::NotApplied) => {
            Settled { notes: Vec::new(), lost: unseen(pair, fields, *last_history) }
        }
        (
            Write::AddComment { origin, version, .. } | Write::EditComment { origin, version, .. },
            Outcome::Commented(seen),
        ) => {
            let added = matches!(intent.write, Write::AddComment { .. });
            notes(commented(pair, origin, *version, seen, added))
        }
        (Write::AddComment { origin, version, body }, Outcome::CommentFound(seen)) => {
            let shown = if seen.body == *body { *version } else { 0 };
            notes(commented(pair, origin, shown, seen, true))
        }
        (Write::EditComment { origin, version, .. }, Outcome::CommentGone) => {
            known(pair, origin, *version);
            Settled::default()
        }
        (Write::AddAttachment { origin, file_name, .. }, Outcome::Attached(seen)) => {
            let attachment = pair.attachments.iter_mut().find(|a| a.origin == *origin);
            if let Some(attachment) = attachment {
                attachment.ours = Some(seen.id.clone()).filter(|_| !bug!(FileEcho));
                if attachment.made {
                    return Settled::default();
                }
            }
            let note = Note::new(Direction::In, ActivityKind::Attachment, "activity-in-attachment");
            notes(vec![note.with("file", file_name)])
        }
        (Write::RemoveAttachment { origin, .. }, Outcome::Removed) => {
            let Some(attachment) = pair.attachments.iter_mut().find(|a| a.origin == *origin) else {
                return Settled::default();
            };
            attachment.gone = Gone::Both;
            if attachment.made {
                return Settled::default();
            }
            let note = Note::new(Direction::In, ActivityKind::Attachment, "activity-in-attachment-removed");
            notes(vec![note.with("file", &attachment.file_name)])
        }
        // Looked for long enough: it is not there, and may be written.
        (Write::AddComment { origin, .. }, Outcome::NotApplied) => {
            pair.comments.iter_mut().filter(|c| c.origin == *origin).for_each(|c| c.doubt = false);
            Settled::default()
        }
        (Write::AddAttachment { origin, .. }, Outcome::NotApplied) => {
            let listed = pair.local.as_ref().map_or(&[][..], |local| &local.attachments);
            for twin in pair.attachments.iter_mut().filter(|a| a.origin == *origin) {
                twin.doubt = Doubt::None;
                let other = listed.iter().filter(|seen| seen.by_us && may_be(twin, seen));
                let other: Vec<_> = other.map(|seen| seen.id.clone()).collect();
                twin.looked.extend(other);
            }
            Settled::default()
        }
        // Not applied, or an outcome of another kind of write: nothing became base, and the plan is made anew.
        _ => Settled::default(),
    }
}

/// A version of the partner's comment stands here already ([`crate::Step::Known`]).
pub fn known(pair: &mut Pair, origin: &twinline_model::Origin, version: u64) {
    if noticed(pair, origin, None, Says::of_version(version)) {
        return;
    }
    for comment in pair.comments.iter_mut().filter(|c| c.origin == *origin) {
        comment.done = comment.done.max(version);
        comment.incoming = comment.incoming.take().filter(|_| comment.version > comment.done);
    }
}

fn notes(notes: Vec<Note>) -> Settled {
    Settled { notes, lost: Vec::new() }
}

/// The twin was met, and no create is open: one that was given up made it. What that wrote stands there, however much newer
/// the words are that wait.
pub fn landed(pair: &mut Pair, ours: &OurIssue, attempt: u32) -> Vec<Note> {
    (pair.ours, pair.made_by) = (Some(ours.clone()), Some(attempt));
    let wrote = std::mem::take(&mut pair.late).into_iter().find(|(by, _)| *by == attempt);
    wrote.map(|(_, fields)| created(pair, &fields, ours, attempt)).unwrap_or_default()
}

fn created(pair: &mut Pair, fields: &IssueFields, ours: &OurIssue, attempt: u32) -> Vec<Note> {
    (pair.ours, pair.made_by) = (Some(ours.clone()), Some(attempt));
    pair.late.clear();
    let unread = Unread { after: 0, entries: 0 };
    if let Some(write) = &fields.summary {
        accept(&mut pair.summary, write, unread);
    }
    if let Some(write) = &fields.description {
        accept(&mut pair.description, write, unread);
        pair.description.missing = missing(pair, &write.theirs);
        keep_file(pair);
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
    for (name, write) in &fields.extras {
        accept(pair.extras.entry(name.clone()).or_default(), write, unread);
    }
    vec![note]
}

/// An edit was found not to have taken effect, and a look since then shows that it did: it landed after the question. While it
/// was open nobody took in what people wrote to its fields, so what it replaced was seen by nobody (F75).
fn unseen(pair: &Pair, fields: &IssueFields, after: u64) -> Vec<Lost> {
    fn of<T: Serialize + Mergeable>(
        write: Option<&FieldWrite<T>>,
        history: &[HistoryEntry],
        name: &str,
        after: u64,
    ) -> Option<Lost> {
        let write = write?;
        let unseen = overwritten(history, name, after, &write.value.words())?;
        let (kept, lost) = (as_json(Some(&write.value)), as_json(Some(&T::of_words(unseen))));
        Some(Lost { field: name.to_owned(), ours_won: false, kept, lost })
    }
    let Some(history) = pair.local.as_ref().map(|seen| &seen.history) else { return Vec::new() };
    let summary = of(fields.summary.as_ref(), history, "summary", after);
    let description = of(fields.description.as_ref(), history, "description", after);
    let issue_type = of(fields.issue_type.as_ref(), history, "issuetype", after);
    let extras = fields.extras.iter().filter_map(|(name, write)| of(Some(write), history, name, after));
    [summary, description, issue_type].into_iter().flatten().chain(extras).collect()
}

/// Accepts the written fields. `answered`: the tracker said that it took the write; after a lost answer only those fields
/// are accepted that the issue shows to have been written.
fn edited(
    pair: &mut Pair,
    fields: &IssueFields,
    last_history: u64,
    seen: &ObservedIssue,
    answered: bool,
) -> Settled {
    let mut edit = Edit { seen, after: last_history, answered, changed: Vec::new(), lost: Vec::new() };
    let line = |text: &str| text.to_owned();
    if let Some(write) = &fields.summary {
        edit.field(&mut pair.summary, write, &seen.summary, "summary", |v| v.clone(), line);
    }
    if let Some(write) = &fields.description {
        let words = |v: &Document| v.to_plain_text();
        let field = &mut pair.description;
        if edit.field(field, write, &seen.description, "description", words, Document::plain)
            && pair.description.base_remote.as_ref() == Some(&write.theirs)
        {
            pair.description.missing = missing(pair, &write.theirs);
        }
        keep_file(pair);
    }
    if let Some(write) = &fields.issue_type {
        edit.field(&mut pair.issue_type, write, &seen.issue_type, "issuetype", |v| v.clone(), line);
    }
    for (name, write) in &fields.extras {
        let stands = seen.extras.get(name).unwrap_or(&Extra::Nothing);
        let field = pair.extras.entry(name.clone()).or_default();
        edit.field(field, write, stands, name, Extra::words, Extra::of_words);
    }
    let note = |field: String| {
        Note::new(Direction::In, ActivityKind::Change, "activity-in-changed").with("field", field)
    };
    Settled { notes: edit.changed.into_iter().map(note).collect(), lost: edit.lost }
}

/// An edit whose outcome is known.
struct Edit<'a> {
    seen: &'a ObservedIssue,
    after: u64,
    answered: bool,
    changed: Vec<String>,
    lost: Vec<Lost>,
}

impl Edit<'_> {
    /// Whether the write took effect, as far as the issue shows.
    fn field<T: Clone + PartialEq + Serialize + Mergeable>(
        &mut self,
        field: &mut Field<T>,
        write: &FieldWrite<T>,
        stands: &T,
        name: &str,
        words: impl Fn(&T) -> String,
        read: impl Fn(&str) -> T,
    ) -> bool {
        let (history, wrote) = (&self.seen.history, words(&write.value));
        if !self.answered
            && (write.again || *stands != write.value)
            && !shows_ours(history, name, self.after, &wrote)
        {
            return false;
        }
        if let Some(unseen) = overwritten(history, name, self.after, &wrote)
            && !bug!(OverwrittenForgotten)
        {
            // What did not fit here is part of both texts, as they travel.
            let whole =
                |text: &T, rest: Option<&Rest>| rest.map_or_else(|| text.clone(), |rest| text.whole(rest));
            let lost = as_json(Some(&whole(&read(unseen), field.rest.as_ref())));
            let kept = as_json(Some(&whole(&write.value, write.rest.as_ref())));
            self.lost.push(Lost { field: name.to_owned(), ours_won: false, kept, lost });
        }
        accept(field, write, Unread { after: self.after, entries: 1 });
        // Written once more it is no news.
        if !write.again {
            self.changed.push(if name == "issuetype" { "type" } else { name }.to_owned());
        }
        true
    }
}

fn accept<T: Clone + PartialEq>(field: &mut Field<T>, write: &FieldWrite<T>, unread: Unread) {
    match write.version.standing(field.version) {
        Standing::Newer => {
            field.version = write.version;
            field.sent = write.version;
            stand(field, write);
            field.base_remote = Some(write.theirs.clone());
            field.unread = (!bug!(NoReadBack)).then_some(unread);
            field.chosen = None;
            field.ancestors.clear();
            field.there = None;
        }
        // What stood here was written again.
        Standing::Same if field.chosen.is_none() && field.base_remote.as_ref() == Some(&write.theirs) => {
            stand(field, write);
            field.unread = Some(unread);
        }
        // What was decided here stands now; the partner may still have to hear of it.
        Standing::Same if field.chosen.as_ref() == Some(&write.theirs) => {
            stand(field, write);
            field.unread = Some(unread);
            field.chosen = None;
        }
        // A person chose another text while the write was on its way: what it wrote is nobody's change, the choice stays.
        _ if field.chosen.is_some() => {
            stand(field, write);
            field.unread = Some(unread);
        }
        // A newer version, or a change of ours, came while the write was on its way: it stays to be done.
        _ => {}
    }
    if field.remote.as_ref().is_some_and(|r| r.version.standing(field.version) != Standing::Newer) {
        field.remote = None;
    }
}

/// What a write put there stands in our tracker.
fn stand<T: Clone>(field: &mut Field<T>, write: &FieldWrite<T>) {
    field.base_local = Some(write.value.clone());
    field.rest = write.rest.clone();
}

fn commented(
    pair: &mut Pair,
    origin: &twinline_model::Origin,
    version: u64,
    seen: &ObservedComment,
    added: bool,
) -> Vec<Note> {
    if noticed(pair, origin, Some(seen.id.clone()), Says::of_version(version)) {
        return Vec::new();
    }
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
