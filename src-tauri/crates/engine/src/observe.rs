//! Our tracker shows an issue: the local tree, and what of it is a change.

use serde::Serialize;
use twinline_model::intent::{Intent, IssueFields, Write};
use twinline_model::observed::{HistoryEntry, Marker, ObservedComment, ObservedIssue};
use twinline_model::pair::{Attachment, Comment, Field, OurIssue, Pair, PairState, Side, Unread};
use twinline_model::text::clean_file_name;
use twinline_model::{NodeId, Origin};

use crate::digest::body_hash;
use crate::note::Lost;
use crate::receive::receive_field;
use crate::rules::Rules;

/// Whether the markers of this issue's comments must be read before it may be observed: a comment by our own account
/// that no pair knows is either a person's, or a late effect of a write that we had given up.
pub fn needs_markers(pair: &Pair, seen: &ObservedIssue) -> bool {
    seen.comments.iter().any(|c| c.by_us && !is_known(pair, c))
}

/// Takes in what our tracker shows. Returns the texts that lost a conflict with what waited in the remote tree.
///
/// `open` are the pair's unsettled intents: what one of them may have caused is left alone until it is settled.
/// Markers in `seen` have been verified; a forged one is absent.
pub fn observe(
    pair: &mut Pair,
    seen: ObservedIssue,
    open: &[Intent],
    rules: &Rules,
    node: &NodeId,
    site: &str,
) -> Vec<Lost> {
    // The search index may show an issue as it was before a write that we have read back already.
    if pair.local.as_ref().is_some_and(|local| seen.updated_ms < local.updated_ms) {
        return Vec::new();
    }
    if pair.state != PairState::Active || open.iter().any(|i| matches!(i.write, Write::CreateIssue { .. })) {
        pair.local = Some(seen);
        return Vec::new();
    }
    pair.ours = Some(OurIssue { id: seen.id.clone(), key: seen.key.clone(), url: seen.url.clone() });
    let lost = observe_fields(pair, &seen, open, rules);
    if rules.comments {
        observe_comments(pair, &seen, open, node, site);
    }
    if rules.attachments {
        observe_attachments(pair, &seen, open, node, site);
    }
    pair.local = Some(seen);
    lost
}

fn observe_fields(pair: &mut Pair, seen: &ObservedIssue, open: &[Intent], rules: &Rules) -> Vec<Lost> {
    let owner = pair.owner;
    let edits = |has: fn(&IssueFields) -> bool| {
        open.iter().any(|i| matches!(&i.write, Write::EditIssue { fields, .. } if has(fields)))
    };
    let history = &seen.history;
    let mut lost = Vec::new();
    if rules.summary && !edits(|f| f.summary.is_some()) {
        lost.extend(observe_field(&mut pair.summary, &seen.summary, "summary", history, owner));
    }
    if rules.description && !edits(|f| f.description.is_some()) {
        lost.extend(observe_field(&mut pair.description, &seen.description, "description", history, owner));
    }
    if rules.issue_type && !edits(|f| f.issue_type.is_some()) {
        lost.extend(observe_field(&mut pair.issue_type, &seen.issue_type, "issuetype", history, owner));
    }
    lost
}

/// The heart of echo suppression: only what differs from `base_local` is a change, and after a write of ours
/// `base_local` is what we read back, unless somebody wrote in between.
fn observe_field<T: Clone + PartialEq + Serialize>(
    field: &mut Field<T>,
    now: &T,
    name: &'static str,
    history: &[HistoryEntry],
    owner: Side,
) -> Option<Lost> {
    if let Some(unread) = field.unread.take()
        && only_our_entries(history, name, unread)
    {
        field.base_local = Some(now.clone());
        return None;
    }
    if field.base_local.as_ref() == Some(now) {
        return None;
    }
    bump(field, owner);
    field.base_local = Some(now.clone());
    field.base_remote = Some(now.clone());
    // What waits to be written here was made without knowing of this change.
    let waiting = field.remote.take()?;
    receive_field(field, waiting, name, owner)
}

fn only_our_entries(history: &[HistoryEntry], name: &str, unread: Unread) -> bool {
    let since: Vec<_> =
        history.iter().filter(|e| e.id > unread.after && e.fields.iter().any(|f| f == name)).collect();
    since.len() <= unread.entries as usize && since.iter().all(|e| e.by_us)
}

/// One more change on our side.
pub(crate) fn bump<T>(field: &mut Field<T>, owner: Side) {
    match owner {
        Side::Ours => field.version.owner = field.version.owner.saturating_add(1),
        Side::Theirs => field.version.other = field.version.other.saturating_add(1),
    }
}

fn observe_comments(pair: &mut Pair, seen: &ObservedIssue, open: &[Intent], node: &NodeId, site: &str) {
    let adding = open.iter().any(|i| matches!(i.write, Write::AddComment { .. }));
    for comment in seen.comments.iter().filter(|c| !c.restricted) {
        let hash = body_hash(&comment.body);
        if let Some(known) = pair.comments.iter_mut().find(|k| k.ours.as_ref() == Some(&comment.id)) {
            // A twin comment is read-only in effect: only its author's side changes it.
            if known.author == Side::Ours && known.base_hash != hash {
                known.version += 1;
                known.base_hash = hash;
            }
        } else if pair.strays.contains(&comment.id) || adding {
            // Settled later, when the intent is: this may be what it wrote.
        } else if let Some(marker) = &comment.marker {
            adopt_comment(pair, comment, marker, hash);
        } else {
            pair.comments.push(Comment {
                origin: Origin::of_comment(node, site, &comment.id),
                author: Side::Ours,
                ours: Some(comment.id.clone()),
                version: 1,
                done: 0,
                base_hash: hash,
                incoming: None,
            });
        }
    }
}

/// A comment of ours that took effect after we had given it up: the twin if the place is free, else a stray (F71).
fn adopt_comment(pair: &mut Pair, comment: &ObservedComment, marker: &Marker, hash: String) {
    match pair.comments.iter_mut().find(|k| k.origin == marker.origin) {
        Some(known) if known.ours.is_none() => {
            known.ours = Some(comment.id.clone());
            known.base_hash = hash;
            known.done = known.done.max(1);
        }
        _ => pair.strays.push(comment.id.clone()),
    }
}

fn is_known(pair: &Pair, comment: &ObservedComment) -> bool {
    pair.strays.contains(&comment.id) || pair.comments.iter().any(|k| k.ours.as_ref() == Some(&comment.id))
}

fn observe_attachments(pair: &mut Pair, seen: &ObservedIssue, open: &[Intent], node: &NodeId, site: &str) {
    if open.iter().any(|i| matches!(i.write, Write::AddAttachment { .. })) {
        return;
    }
    for attachment in &seen.attachments {
        if pair.attachments.iter().any(|k| k.ours.as_ref() == Some(&attachment.id)) {
            continue;
        }
        pair.attachments.push(Attachment {
            origin: Origin::of_attachment(node, site, &attachment.id),
            born: Side::Ours,
            ours: Some(attachment.id.clone()),
            file_name: clean_file_name(&attachment.file_name),
            mime: attachment.mime.clone(),
            size: attachment.size,
            sha256: None,
            author: attachment.author.clone(),
            sent: false,
            stopped: None,
        });
    }
}
