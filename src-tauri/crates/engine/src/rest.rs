//! The file with the rest of a description that is longer than our tracker takes.
//!
//! It stands in our tracker like a file of the partner's, so that it is uploaded, probed and removed as those are; but it was
//! made here, and the partner never hears of it.

use std::collections::BTreeSet;

use twinline_model::Origin;
use twinline_model::pair::{Attachment, Gone, Pair, Side};
use twinline_model::rest::REST_FILE;

/// Makes the files that are to stand fit the description's rest: one of them, or none. The engine calls it where
/// the description moves.
pub fn keep_file(pair: &mut Pair) {
    forget_old(pair);
    let wanted = pair.description.rest.as_ref().map(|rest| (rest.sha256.clone(), rest.size));
    let is_wanted = |a: &Attachment| a.sha256.as_ref() == wanted.as_ref().map(|(sha256, _)| sha256);
    for file in pair.attachments.iter_mut().filter(|a| a.made) {
        file.gone = match (is_wanted(file), file.gone) {
            (true, Gone::There) => Gone::No,
            // Our tracker never took it.
            (false, Gone::No | Gone::There) if file.ours.is_none() && file.stopped.is_some() => Gone::Both,
            (false, Gone::No) => Gone::There,
            (_, gone) => gone,
        };
    }
    // One that a person took away stays away until the rest is another.
    let stands = |a: &Attachment| a.made && is_wanted(a) && matches!(a.gone, Gone::No | Gone::Here);
    if pair.attachments.iter().any(stands) {
        return;
    }
    let Some((sha256, size)) = wanted else { return };
    let prefix = format!("{}/rest/", pair.origin.item);
    // The partner may have given such names too.
    let taken: BTreeSet<&str> = pair.attachments.iter().map(|a| a.origin.item.as_str()).collect();
    let Some(item) =
        (0..u64::MAX).map(|n| format!("{prefix}{n}")).find(|item| !taken.contains(item.as_str()))
    else {
        return;
    };
    pair.attachments.push(Attachment {
        file_name: REST_FILE.to_owned(),
        mime: "text/markdown".to_owned(),
        size,
        sha256: Some(sha256),
        made: true,
        ..Attachment::new(Origin { node: pair.origin.node.clone(), item }, Side::Theirs)
    });
}

/// Removed long ago: once our tracker no longer lists one, nothing can take it for a new file.
fn forget_old(pair: &mut Pair) {
    let listed = pair.local.as_ref().map(|local| &local.attachments);
    let is_listed =
        |a: &Attachment| listed.is_none_or(|l| l.iter().any(|seen| a.ours.as_ref() == Some(&seen.id)));
    pair.attachments.retain(|a| !a.made || a.gone != Gone::Both || is_listed(a));
}
