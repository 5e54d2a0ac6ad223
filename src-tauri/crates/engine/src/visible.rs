//! What people are told once of what a look at an issue showed: something is no longer listed, though nothing says that
//! somebody took it away, and its twin stays; or a comment of ours landed a second time, and stands apart (F71).

use twinline_model::CommentId;
use twinline_model::observed::{ObservedComment, ObservedIssue};
use twinline_model::pair::{Gone, Pair, PairState, Side};
use twinline_model::view::{ActivityKind, Direction};

use crate::note::Note;
use crate::notice::is_notice;

/// Lines for people about what was listed in `before.local` and is no longer in `after.local`, and about second comments.
///
/// A comment has no changelog: whether it was deleted or hidden, nobody can tell. An attachment whose removal the changelog
/// shows is told to the partner instead (`Gone::Here`).
pub fn not_visible(before: &Pair, after: &Pair) -> Vec<Note> {
    let (Some(was), Some(is)) = (&before.local, &after.local) else { return Vec::new() };
    if after.state != PairState::Active {
        return Vec::new();
    }
    let line = |kind, message| Note::new(Direction::Out, kind, message);
    let mut notes = Vec::new();
    for known in after.comments.iter().filter(|c| c.author == Side::Ours && c.has_travelled()) {
        let author = |issue: &ObservedIssue| {
            issue.comments.iter().find(|c| known.ours.as_ref() == Some(&c.id)).map(|c| c.author.clone())
        };
        if let (Some(author), None) = (author(was), author(is)) {
            let note = line(ActivityKind::Comment, "activity-comment-not-visible");
            notes.push(note.with("author", author));
        }
    }
    let sent = |a: &&twinline_model::pair::Attachment| a.born == Side::Theirs || a.sent;
    for known in after.attachments.iter().filter(|a| a.gone == Gone::No).filter(sent) {
        let listed =
            |issue: &ObservedIssue| issue.attachments.iter().any(|a| known.ours.as_ref() == Some(&a.id));
        if listed(was) && !listed(is) {
            let note = line(ActivityKind::Attachment, "activity-attachment-not-visible");
            notes.push(note.with("file", &known.file_name));
        }
    }
    // Our own lines in place of files are not the partner's words.
    let is_line = |id: &CommentId| {
        let named =
            |c: &ObservedComment| c.marker.as_ref().is_some_and(|m| m.origin.noticed_file().is_some());
        is_notice(before, id) || is.comments.iter().any(|c| c.id == *id && named(c))
    };
    let second = after.strays.iter().filter(|id| !before.strays.contains(id) && !is_line(id));
    notes.extend(second.map(|_| Note::new(Direction::In, ActivityKind::Comment, "activity-comment-twice")));
    notes
}
