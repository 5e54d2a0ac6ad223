//! The partner knows more of what was born here than we do: our database was set back. What stands in our tracker is
//! newer than whatever they know, and what they know was told by us.

use twinline_model::pair::{Attachment, Comment, Gone, Pair, Side};
use twinline_model::{AttachmentId, BlobHash, CommentId, Origin};

use crate::history::removed;
use crate::observe::Eyes;

/// What the partner knows of an item of ours: which, its version, what it calls its text or bytes.
type Known = (Origin, u64, String);

/// Items of one pair; more than any tracker holds for an issue.
const MOST: usize = 20_000;

/// Counts on from a version of our comment that we do not know, or that stands for another text with us.
///
/// The partner's word makes no item of our tracker ours: only one that our own look at this issue listed has an id.
pub(crate) fn recall_comment(pair: &mut Pair, (origin, version, text): &Known, eyes: Eyes<'_>) {
    let Some(id) = own_id(origin, eyes, "c").map(CommentId::new) else { return };
    let Some(comment) = pair.comments.iter_mut().find(|c| c.origin == *origin) else {
        let taken = pair.comments.iter().any(|c| c.ours.as_ref() == Some(&id));
        let listed = pair.local.iter().flat_map(|l| &l.comments).any(|c| c.id == id && c.marker.is_none());
        if pair.comments.len() < MOST {
            // The next look at the issue tells whether it says something else by now.
            let (ours, base_hash) = (Some(id).filter(|_| listed && !taken), text.clone());
            let (version, done, travelled) = (*version, *version, true);
            let known = Comment::new(origin.clone(), Side::Ours);
            pair.comments.push(Comment { ours, version, done, base_hash, travelled, ..known });
        }
        return;
    };
    if comment.author == Side::Theirs {
        return;
    }
    comment.travelled = true;
    let same = text.is_empty() || comment.name_of_text() == text;
    if comment.version < *version || (comment.version == *version && !same) {
        (comment.version, comment.done) = (version.saturating_add(1), 0);
    }
}

/// A file by our own account that nobody knew: the partner has it from us, so it was born here.
pub(crate) fn recall_attachment(pair: &mut Pair, (origin, _, sha256): &Known, eyes: Eyes<'_>) {
    let Some(id) = own_id(origin, eyes, "a").map(AttachmentId::new) else { return };
    if let Some(known) = pair.attachments.iter_mut().find(|a| a.origin == *origin) {
        known.sent |= known.born == Side::Ours;
        return;
    }
    if pair.attachments.len() >= MOST {
        return;
    }
    let listed = pair.local.iter().flat_map(|l| &l.attachments).find(|a| a.id == id);
    let leaving = pair.local.as_ref().and_then(|local| local.leaving.as_ref());
    // What the rules keep here is nobody's to remember; of what is no longer here they say nothing.
    if listed.is_some() && leaving.is_some_and(|leaving| !leaving.attachments.contains(&id)) {
        return;
    }
    // A person may have taken it away since, and that was met before anybody remembered the file.
    let gone = pair.local.as_ref().is_some_and(|local| removed(&local.history, &id));
    let attachment = Attachment {
        file_name: listed.map(|a| a.file_name.clone()).unwrap_or_default(),
        mime: listed.map(|a| a.mime.clone()).unwrap_or_default(),
        size: listed.map_or(0, |a| a.size),
        author: listed.map(|a| a.author.clone()).unwrap_or_default(),
        ours: listed.map(|a| a.id.clone()),
        sha256: Some(BlobHash::new(sha256)),
        sent: true,
        gone: if gone { Gone::Here } else { Gone::No },
        ..Attachment::new(origin.clone(), Side::Ours)
    };
    pair.attachments.push(attachment);
}

/// Our tracker's id of an item that was born here.
pub(crate) fn own_id<'a>(origin: &'a Origin, eyes: Eyes<'_>, kind: &str) -> Option<&'a str> {
    if origin.node != *eyes.node {
        return None;
    }
    origin.item.strip_prefix(eyes.site)?.strip_prefix('/')?.strip_prefix(kind)?.strip_prefix('/')
}
