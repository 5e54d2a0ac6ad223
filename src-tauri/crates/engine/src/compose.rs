//! What the partner has not been sent yet, as a replica.

use twinline_model::pair::{Attachment, Comment, Field, Pair, PairState, Side};
use twinline_model::replica::{Replica, ReplicaAttachment, ReplicaComment, Standing, Versioned};

use crate::rules::Rules;

/// Bytes of comments in one replica; what is left stays news for the next one.
const COMMENT_BYTES: usize = 512 * 1024;

/// Composes the next replica and notes in the pair what it holds; `None`: the partner has everything.
///
/// The caller gives it a number and stores both in one transaction. A restricted issue or comment never leaves.
pub fn compose(pair: &mut Pair, rules: &Rules) -> Option<Replica> {
    if !has_news(pair) {
        return None;
    }
    let ours = pair.ours.clone()?;
    let comments = if rules.comments { take_comments(pair) } else { Vec::new() };
    let attachments = if rules.attachments { take_attachments(pair) } else { Vec::new() };
    let replica = Replica {
        origin: pair.origin.clone(),
        key: ours.key.to_string(),
        link: ours.url,
        summary: take_field(&mut pair.summary),
        description: take_field(&mut pair.description),
        issue_type: take_field(&mut pair.issue_type),
        comments,
        attachments,
    };
    let empty = replica.summary.is_none()
        && replica.description.is_none()
        && replica.issue_type.is_none()
        && replica.comments.is_empty()
        && replica.attachments.is_empty();
    (!empty).then_some(replica)
}

/// Whether [`compose`] would have something to say.
pub(crate) fn has_news(pair: &Pair) -> bool {
    let Some(local) = &pair.local else { return false };
    if pair.state != PairState::Active || pair.ours.is_none() || local.restricted {
        return false;
    }
    unsent(&pair.summary)
        || unsent(&pair.description)
        || unsent(&pair.issue_type)
        || pair.comments.iter().any(|c| comment_is_news(pair, c))
        || pair.attachments.iter().any(attachment_is_news)
}

fn unsent<T>(field: &Field<T>) -> bool {
    field.base_local.is_some() && field.version.standing(field.sent) == Standing::Newer
}

fn take_field<T: Clone>(field: &mut Field<T>) -> Option<Versioned<T>> {
    if !unsent(field) {
        return None;
    }
    field.sent = field.version;
    let value = field.base_local.clone()?;
    Some(Versioned { version: field.version, value })
}

fn comment_is_news(pair: &Pair, comment: &Comment) -> bool {
    comment.author == Side::Ours && comment.version > comment.done && shown(pair, comment).is_some()
}

fn shown<'a>(pair: &'a Pair, comment: &Comment) -> Option<&'a twinline_model::observed::ObservedComment> {
    let seen = pair.local.as_ref()?.comments.iter().find(|seen| comment.ours.as_ref() == Some(&seen.id))?;
    (!seen.restricted).then_some(seen)
}

fn take_comments(pair: &mut Pair) -> Vec<ReplicaComment> {
    let mut taken = Vec::new();
    let mut left = COMMENT_BYTES;
    for index in 0..pair.comments.len() {
        let comment = &pair.comments[index];
        if !comment_is_news(pair, comment) {
            continue;
        }
        if let Some(seen) = shown(pair, comment) {
            let size = serde_json::to_vec(&seen.body).map_or(0, |json| json.len());
            if size > left && !taken.is_empty() {
                break;
            }
            left = left.saturating_sub(size);
            taken.push(ReplicaComment {
                origin: comment.origin.clone(),
                version: comment.version,
                author: seen.author.clone(),
                created_ms: seen.created_ms,
                updated_ms: seen.updated_ms,
                body: seen.body.clone(),
            });
            pair.comments[index].done = pair.comments[index].version;
        }
    }
    taken
}

fn attachment_is_news(attachment: &Attachment) -> bool {
    attachment.born == Side::Ours
        && !attachment.sent
        && attachment.stopped.is_none()
        && attachment.sha256.is_some()
}

fn take_attachments(pair: &mut Pair) -> Vec<ReplicaAttachment> {
    let mut taken = Vec::new();
    for attachment in pair.attachments.iter_mut().filter(|a| attachment_is_news(a)) {
        if let Some(sha256) = attachment.sha256.clone() {
            attachment.sent = true;
            taken.push(ReplicaAttachment {
                origin: attachment.origin.clone(),
                file_name: attachment.file_name.clone(),
                mime: attachment.mime.clone(),
                size: attachment.size,
                sha256,
                author: attachment.author.clone(),
            });
        }
    }
    taken
}
