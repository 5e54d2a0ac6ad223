//! Files that stand in a text: what shows a picture needs the picture's attachment first.
//!
//! A comment waits for the files that it shows, on both sides, so that it is written once; not for one that could not be read
//! at once, and not for ever. An issue cannot wait: it must stand before anything can be attached to it. Its description is
//! written again when the last of its files has arrived.

use twinline_model::Document;
use twinline_model::observed::ObservedComment;
use twinline_model::pair::{Attachment, Pair, Side};

/// Bytes above which nothing waits for a file; its name stands in the text instead.
const LARGE: u64 = 25 * 1024 * 1024;

/// A file that this comment of ours shows has still to be read: the partner hears of both together.
pub(crate) fn waits_for_ours(pair: &Pair, comment: &ObservedComment) -> bool {
    let unread = |a: &Attachment| a.born == Side::Ours && a.ours.is_some() && a.sha256.is_none() && !a.late;
    shows(pair, &comment.body, unread)
}

/// A file that this text of the partner's shows has still to be uploaded.
pub(crate) fn waits_for_theirs(pair: &Pair, text: &Document) -> bool {
    shows(pair, text, |a| a.born == Side::Theirs && a.ours.is_none())
}

/// Files that the partner's description shows and that are not here yet.
pub(crate) fn missing(pair: &Pair, description: &Document) -> Vec<String> {
    let here = |name: &&str| pair.attachments.iter().any(|a| a.ours.is_some() && a.file_name == **name);
    description.files().into_iter().filter(|name| !here(name)).map(str::to_owned).collect()
}

/// The description is to be written once more, as it is: a file that was missing has arrived, and none is on its way.
pub(crate) fn is_to_be_shown(pair: &Pair) -> bool {
    let field = &pair.description;
    let Some(text) = field.base_remote.as_ref().filter(|_| !field.missing.is_empty()) else { return false };
    missing(pair, text).len() < field.missing.len() && !waits_for_theirs(pair, text)
}

fn shows(pair: &Pair, text: &Document, wanted: impl Fn(&Attachment) -> bool) -> bool {
    let names = text.files();
    let small = |a: &&Attachment| a.stopped.is_none() && a.gone.is_no() && a.size <= LARGE;
    let mut waiting = pair.attachments.iter().filter(small).filter(|a| wanted(a));
    waiting.any(|a| names.contains(&a.file_name.as_str()))
}
