//! What the partner has not been sent yet, as a replica.

use std::collections::BTreeMap;

use twinline_model::extra::{Extra, MOST_EXTRAS};
use twinline_model::observed::ObservedComment;
use twinline_model::pair::{Attachment, Comment, Field, Gone, Pair, PairState, Side};
use twinline_model::replica::{Replica, ReplicaAttachment, ReplicaComment, Standing, Version, Versioned};
use twinline_model::{Document, Origin};

use crate::media::waits_for_ours;
use crate::rules::Rules;

/// Bytes of comments in one replica; what is left stays news for the next one.
const COMMENT_BYTES: usize = 512 * 1024;

/// Overruled texts in one replica; the others wait for the next one.
const OVERRULED: usize = 20;

/// Composes the next replica and notes in the pair what it holds; `None`: the partner has everything.
///
/// The caller gives it a number and stores both in one transaction. A restricted issue or comment never leaves.
pub fn compose(pair: &mut Pair, rules: &Rules) -> Option<Replica> {
    if !rules.internal_comments
        && let Some(local) = &mut pair.local
    {
        // They may have been seen while they were still to leave.
        local.comments.iter_mut().for_each(|comment| comment.restricted |= comment.internal);
    }
    if !has_news(pair) || !may_leave(pair, rules) {
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
        description: take_field(&mut pair.description).filter(|_| !bug!(DescriptionForgotten)),
        issue_type: take_field(&mut pair.issue_type),
        extras: take_extras(pair),
        comments,
        attachments,
        gone: if rules.attachments { take_gone(pair) } else { Vec::new() },
        overruled: pair.overruled.drain(..pair.overruled.len().min(OVERRULED)).collect(),
        whole: pair.whole,
        known: if std::mem::take(&mut pair.whole) { known(pair) } else { Vec::new() },
        path: Vec::new(),
        joined: pair.joined.as_ref().map(|joined| joined.question.clone()),
    };
    let empty = replica.summary.is_none()
        && replica.description.is_none()
        && replica.issue_type.is_none()
        && replica.extras.is_empty()
        && replica.comments.is_empty()
        && replica.attachments.is_empty()
        && replica.gone.is_empty()
        && replica.overruled.is_empty()
        && replica.known.is_empty();
    (!empty).then_some(replica)
}

/// Whether the rules that are in force have said what of the issue leaves. What waits since before they were is not sent by
/// others: it waits for the next look.
pub fn may_leave(pair: &Pair, rules: &Rules) -> bool {
    let said = || pair.local.as_ref().and_then(|seen| seen.leaving.as_ref()).map(|leaving| leaving.rules);
    rules.script.is_none() || said() == rules.script
}

/// Everything that is known becomes news again: the next replica is whole. The two sides were found to differ.
pub fn resend(pair: &mut Pair) {
    pair.whole = true;
    fn unsend<T>(field: &mut Field<T>) {
        field.sent = Version::default();
    }
    unsend(&mut pair.summary);
    unsend(&mut pair.description);
    unsend(&mut pair.issue_type);
    pair.extras.values_mut().for_each(unsend);
    for comment in pair.comments.iter_mut().filter(|c| c.author == Side::Ours) {
        comment.travelled |= comment.done > 0;
        comment.done = 0;
    }
    for attachment in pair.attachments.iter_mut() {
        if attachment.born == Side::Ours && attachment.stopped.is_none() && attachment.gone.is_no() {
            attachment.sent = false;
        }
        if attachment.gone == Gone::Both && !attachment.made {
            attachment.gone = Gone::Here;
        }
    }
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
        || pair.extras.values().any(unsent)
        || next_comment(pair, 0).is_some()
        || pair.attachments.iter().any(attachment_is_news)
        || pair.attachments.iter().any(is_taken_away)
        || !pair.overruled.is_empty()
        || (pair.whole && !known(pair).is_empty())
}

/// Which comments and attachments of the partner's we know.
fn known(pair: &Pair) -> Vec<(Origin, u64, String)> {
    let comments = pair.comments.iter().filter(|c| c.author == Side::Theirs);
    let files = pair.attachments.iter().filter(|a| a.born == Side::Theirs && !a.made && a.gone.is_no());
    let file = |a: &Attachment| Some((a.origin.clone(), 1, a.sha256.as_ref()?.to_string()));
    let comments = comments.map(|c| (c.origin.clone(), c.version, c.heard.clone()));
    comments.chain(files.filter_map(file)).collect()
}

fn unsent<T>(field: &Field<T>) -> bool {
    field.base_remote.is_some() && field.version.standing(field.sent) == Standing::Newer
}

fn take_field<T: Clone>(field: &mut Field<T>) -> Option<Versioned<T>> {
    if !unsent(field) {
        return None;
    }
    field.sent = field.version;
    // The value as it travels: what our tracker made of the partner's own text is nobody's change.
    let value = if bug!(LocalFormTravels) { field.base_local.clone()? } else { field.base_remote.clone()? };
    Some(Versioned { version: field.version, value })
}

fn take_extras(pair: &mut Pair) -> BTreeMap<String, Versioned<Extra>> {
    let news = pair.extras.iter_mut().filter_map(|(name, field)| Some((name.clone(), take_field(field)?)));
    news.take(MOST_EXTRAS).collect()
}

/// How a comment of ours can travel now.
enum Look<'a> {
    /// With its words.
    Readable(&'a ObservedComment),
    /// It was restricted since: without them, its author and its times.
    Withdrawn,
    /// It is no longer listed: nobody knows why.
    Absent,
}

fn look<'a>(pair: &'a Pair, comment: &Comment) -> Look<'a> {
    let listed = pair.local.iter().flat_map(|l| &l.comments);
    match listed.into_iter().find(|seen| comment.ours.as_ref() == Some(&seen.id)) {
        Some(seen) if (seen.restricted || comment.withdrawn) && !bug!(RestrictedLeaves) => Look::Withdrawn,
        Some(seen) => Look::Readable(seen),
        None => Look::Absent,
    }
}

/// What the partner never had, and may not read, it need not hear of.
fn comment_is_news(pair: &Pair, comment: &Comment) -> bool {
    comment.author == Side::Ours
        && comment.version > comment.done
        && (comment.has_travelled() || matches!(look(pair, comment), Look::Readable(_)))
}

/// Where the next comment that is news stands. None overtakes one that waits for a file.
fn next_comment(pair: &Pair, from: usize) -> Option<usize> {
    let news = |index: &usize| comment_is_news(pair, &pair.comments[*index]);
    let next = (from..pair.comments.len()).find(news)?;
    // An edit does not: the two sides would differ meanwhile.
    let waits = match look(pair, &pair.comments[next]) {
        Look::Readable(seen) if !pair.comments[next].has_travelled() => waits_for_ours(pair, seen),
        _ => false,
    };
    (!waits).then_some(next)
}

fn take_comments(pair: &mut Pair) -> Vec<ReplicaComment> {
    let mut taken = Vec::new();
    let mut left = COMMENT_BYTES;
    let mut from = 0;
    while let Some(index) = next_comment(pair, from) {
        let comment = &pair.comments[index];
        let composed = compose_comment(pair, comment);
        let size = serde_json::to_vec(&composed.body).map_or(0, |json| json.len());
        if size > left && !taken.is_empty() {
            break;
        }
        left = left.saturating_sub(size);
        taken.push(composed);
        let comment = &mut pair.comments[index];
        (comment.done, comment.travelled) = (comment.version, true);
        from = index + 1;
    }
    taken
}

fn compose_comment(pair: &Pair, comment: &Comment) -> ReplicaComment {
    let look = look(pair, comment);
    let seen = match &look {
        Look::Readable(seen) => Some(seen),
        Look::Withdrawn | Look::Absent => None,
    };
    ReplicaComment {
        origin: comment.origin.clone(),
        version: comment.version,
        author: seen.map(|s| s.author.clone()).unwrap_or_default(),
        created_ms: seen.map_or(0, |s| s.created_ms),
        updated_ms: seen.map_or(0, |s| s.updated_ms),
        body: match &look {
            Look::Readable(seen) => seen.leaves_as.as_ref().unwrap_or(&seen.body).clone(),
            _ => Document::default(),
        },
        hash: comment.name_of_text().to_owned(),
        withdrawn: matches!(look, Look::Withdrawn),
        absent: matches!(look, Look::Absent),
    }
}

fn attachment_is_news(attachment: &Attachment) -> bool {
    attachment.born == Side::Ours
        && !attachment.sent
        && attachment.stopped.is_none()
        && attachment.gone.is_no()
        && attachment.sha256.is_some()
}

/// By people here.
fn is_taken_away(attachment: &Attachment) -> bool {
    attachment.gone == Gone::Here && !attachment.made
}

/// What people here took away. What the partner never had need not be told.
fn take_gone(pair: &mut Pair) -> Vec<Origin> {
    let mut told = Vec::new();
    for attachment in pair.attachments.iter_mut().filter(|a| is_taken_away(a)) {
        attachment.gone = Gone::Both;
        if attachment.born == Side::Theirs || attachment.sent {
            told.push(attachment.origin.clone());
        }
    }
    told
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
