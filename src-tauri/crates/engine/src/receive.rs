//! The partner sent a replica: the remote tree, and who wins where both changed.

use serde::Serialize;
use twinline_model::NodeId;
use twinline_model::pair::{Attachment, Comment, Field, IncomingComment, Pair, PairState, Side, TheirIssue};
use twinline_model::replica::{Replica, ReplicaAttachment, ReplicaComment, Standing, Versioned};
use twinline_model::text::{clean_file_name, clean_line};

use crate::note::Lost;
use crate::observe::bump;
use crate::rules::Rules;

/// Why a replica is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It names an item that the sender neither made nor shares with us.
    #[error("the partner names an item that is not theirs")]
    ForeignOrigin,
    /// We stopped syncing the issue.
    #[error("the issue is no longer synced")]
    Unlinked,
}

/// Takes in what the partner sent. Older versions change nothing: replicas may come late, twice or out of order.
///
/// Returns the texts that lost a conflict. Only the issue's owner merges; the other side sends its version and
/// applies the result, which carries the joined counters, so that the two can never merge differently.
pub fn receive(
    pair: &mut Pair,
    replica: Replica,
    rules: &Rules,
    partner: &NodeId,
) -> Result<Vec<Lost>, Refusal> {
    if pair.state != PairState::Active {
        return Err(Refusal::Unlinked);
    }
    let foreign =
        replica.comments.iter().map(|c| &c.origin).chain(replica.attachments.iter().map(|a| &a.origin));
    if foreign.into_iter().any(|origin| origin.node != *partner) {
        return Err(Refusal::ForeignOrigin);
    }
    pair.theirs =
        Some(TheirIssue { key: clean_line(&replica.key, 64), link: clean_line(&replica.link, 2_000) });
    let owner = pair.owner;
    let mut lost = Vec::new();
    if let Some(value) = replica.summary.filter(|_| rules.summary) {
        lost.extend(receive_field(&mut pair.summary, value, "summary", owner));
    }
    if let Some(value) = replica.description.filter(|_| rules.description) {
        lost.extend(receive_field(&mut pair.description, value, "description", owner));
    }
    if let Some(value) = replica.issue_type.filter(|_| rules.issue_type) {
        lost.extend(receive_field(&mut pair.issue_type, value, "issuetype", owner));
    }
    if rules.comments {
        replica.comments.into_iter().for_each(|comment| receive_comment(pair, comment));
    }
    if rules.attachments {
        replica.attachments.into_iter().for_each(|attachment| receive_attachment(pair, attachment));
    }
    Ok(lost)
}

pub(crate) fn receive_field<T: Clone + PartialEq + Serialize>(
    field: &mut Field<T>,
    theirs: Versioned<T>,
    name: &'static str,
    owner: Side,
) -> Option<Lost> {
    if let Some(waiting) = &field.remote
        && matches!(theirs.version.standing(waiting.version), Standing::Older | Standing::Same)
    {
        return None;
    }
    match theirs.version.standing(field.version) {
        Standing::Same | Standing::Older => None,
        // What stands here already stands for this very value: only the counters move, nothing is written.
        Standing::Newer if field.remote.is_none() && field.base_remote.as_ref() == Some(&theirs.value) => {
            field.version = theirs.version;
            field.sent = theirs.version;
            None
        }
        Standing::Newer => {
            field.remote = Some(theirs);
            None
        }
        Standing::Concurrent if field.base_remote.as_ref() == Some(&theirs.value) => {
            // Both changed to the same: agreed. The owner tells the joined counters, for the partner may have met our
            // version while theirs was still another text; the other side need not, once the owner has its version.
            let told = owner == Side::Theirs && field.sent == field.version;
            field.version = field.version.join(theirs.version);
            if told {
                field.sent = field.version;
            }
            None
        }
        Standing::Concurrent => Some(overrule(field, theirs, name, owner)),
    }
}

fn overrule<T: Clone + Serialize>(
    field: &mut Field<T>,
    theirs: Versioned<T>,
    name: &'static str,
    owner: Side,
) -> Lost {
    let ours_won = owner == Side::Ours;
    let text = |value: Option<&T>| {
        value.and_then(|v| serde_json::to_string(v).ok()).unwrap_or_else(|| "null".to_owned())
    };
    let (our_text, their_text) = (text(field.base_local.as_ref()), text(Some(&theirs.value)));
    if ours_won {
        field.version = field.version.join(theirs.version);
        bump(field, owner);
        field.remote = None;
        Lost { field: name, ours_won, kept: our_text, lost: their_text }
    } else {
        // The owner will meet our version, overrule it, and send the joined result.
        Lost { field: name, ours_won, kept: their_text, lost: our_text }
    }
}

fn receive_comment(pair: &mut Pair, comment: ReplicaComment) {
    let incoming = IncomingComment {
        author: clean_line(&comment.author, 100),
        created_ms: comment.created_ms,
        body: comment.body,
    };
    match pair.comments.iter_mut().find(|known| known.origin == comment.origin) {
        Some(known) if known.author == Side::Theirs && comment.version > known.version => {
            known.version = comment.version;
            known.incoming = Some(incoming);
        }
        Some(_) => {}
        None => pair.comments.push(Comment {
            origin: comment.origin,
            author: Side::Theirs,
            ours: None,
            version: comment.version.max(1),
            done: 0,
            base_hash: String::new(),
            incoming: Some(incoming),
        }),
    }
}

fn receive_attachment(pair: &mut Pair, attachment: ReplicaAttachment) {
    if pair.attachments.iter().any(|known| known.origin == attachment.origin) {
        return;
    }
    pair.attachments.push(Attachment {
        origin: attachment.origin,
        born: Side::Theirs,
        ours: None,
        file_name: clean_file_name(&attachment.file_name),
        mime: clean_line(&attachment.mime, 200),
        size: attachment.size,
        sha256: Some(attachment.sha256),
        author: clean_line(&attachment.author, 100),
        sent: false,
        stopped: None,
    });
}
