//! The partner sent a replica: the remote tree, and who wins where both changed.

use std::collections::BTreeSet;

use twinline_model::document::MAX_DEPTH;
use twinline_model::extra::{Extra, MOST_EXTRAS, is_field_name};
use twinline_model::pair::{
    Attachment, Comment, Doubt, Gone, IncomingComment, Pair, PairState, Side, TheirIssue,
};
use twinline_model::replica::{Overruled, Replica, ReplicaAttachment, ReplicaComment, Standing, Versioned};
use twinline_model::text::{clean_file_name, clean_line};
use twinline_model::{Document, NodeId, Origin, json};

use crate::conflict::receive_field;
use crate::note::Lost;
use crate::observe::{Eyes, adopt, take_or_leave};
use crate::recall::{recall_attachment, recall_comment};
use crate::rest::keep_file;
use crate::rules::{Forms, TextForm};

/// Characters of a line of text in a record.
const MAX_LINE: usize = 10_000;

/// Why a replica is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It names an item that the sender neither made nor shares with us.
    #[error("the partner names an item that is not theirs")]
    ForeignOrigin,
    /// We stopped syncing the issue.
    #[error("the issue is no longer synced")]
    Unlinked,
    /// It has been here before.
    #[error("the issue comes back along its own path")]
    Ring,
}

/// Takes in what the partner sent. Older versions change nothing: replicas may come late, twice or out of order.
///
/// Returns the texts that lost a conflict. Only the issue's owner merges; the other side sends its version and
/// applies the result, which carries the joined counters, so that the two can never merge differently.
pub fn receive(
    pair: &mut Pair,
    replica: Replica,
    partner: &NodeId,
    eyes: Eyes<'_>,
) -> Result<Vec<Lost>, Refusal> {
    if pair.state != PairState::Active {
        return Err(Refusal::Unlinked);
    }
    if replica.path.contains(eyes.node) {
        return Err(Refusal::Ring);
    }
    let made =
        replica.comments.iter().map(|c| &c.origin).chain(replica.attachments.iter().map(|a| &a.origin));
    // The names of our own lines in place of files are nobody's to give.
    if made.into_iter().any(|origin| origin.node != *partner || origin.noticed_file().is_some()) {
        return Err(Refusal::ForeignOrigin);
    }
    pair.theirs =
        Some(TheirIssue { key: clean_line(&replica.key, 64), link: clean_line(&replica.link, 2_000) });
    let (owner, rules, forms) = (pair.owner, eyes.rules, eyes.forms);
    let mut lost = Vec::new();
    if let Some(value) = replica.summary.filter(|_| rules.summary) {
        let form = |theirs: &String| forms.summary(theirs);
        lost.extend(receive_field(&mut pair.summary, value, "summary", owner, &form));
    }
    if let Some(value) = replica.description.filter(|_| rules.description) {
        lost.extend(receive_field(&mut pair.description, value, "description", owner, &TextForm(forms)));
    }
    if let Some(value) = replica.issue_type.filter(|_| rules.issue_type) {
        let form = |theirs: &String| forms.issue_type(theirs).unwrap_or_else(|| theirs.clone());
        lost.extend(receive_field(&mut pair.issue_type, value, "issuetype", owner, &form));
    }
    let fit = |(name, value): &(String, Versioned<Extra>)| is_field_name(name) && value.value.fits();
    for (name, value) in replica.extras.into_iter().filter(fit).take(MOST_EXTRAS) {
        lost.extend(receive_extra(pair, &name, value, forms));
    }
    // Until both sides are found equal, anything unknown may stand here already.
    let whole = replica.whole || !eyes.settled;
    let known = replica.known.iter().filter(|_| replica.whole);
    if rules.comments {
        replica.comments.into_iter().for_each(|comment| receive_comment(pair, comment, whole));
        known.clone().for_each(|known| recall_comment(pair, known, eyes));
    }
    if rules.attachments {
        replica.attachments.into_iter().for_each(|file| receive_attachment(pair, file, whole));
        take_or_leave(pair, forms);
        known.for_each(|known| recall_attachment(pair, known, eyes));
        replica.gone.iter().for_each(|origin| receive_gone(pair, origin));
    }
    keep_file(pair);
    tell_partner(pair, &lost);
    let known: BTreeSet<&str> = pair.extras.keys().map(String::as_str).collect();
    lost.extend(replica.overruled.into_iter().filter_map(|text| overruled(text, &known)));
    Ok(lost)
}

/// What of the partner's waits to be written may stand here already: one of the two databases was set back, maybe to the
/// moment between its coming and its writing. True: something of it was not in doubt before.
pub fn doubt_what_waits(pair: &mut Pair) -> bool {
    let before = pair.clone();
    for comment in &mut pair.comments {
        let waits =
            comment.author == Side::Theirs && comment.ours.is_none() && comment.version > comment.done;
        comment.doubt |= waits;
    }
    for file in &mut pair.attachments {
        let waits = file.born == Side::Theirs && file.ours.is_none() && file.gone.is_no() && !file.made;
        if waits {
            file.doubt = Doubt::Some;
        }
    }
    *pair != before
}

/// What our rules leave alone, and what stands in our tracker already, needs no write.
fn receive_extra(pair: &mut Pair, name: &str, theirs: Versioned<Extra>, forms: &dyn Forms) -> Option<Lost> {
    let stands = pair.local.as_ref().map(|local| local.extras.get(name).cloned().unwrap_or_default());
    let form = |theirs: &Extra| forms.extra(name, theirs, stands.as_ref().unwrap_or(&Extra::Nothing));
    // A partner may name as many as it likes.
    if pair.extras.len() >= MOST_EXTRAS && !pair.extras.contains_key(name) {
        return None;
    }
    let field = pair.extras.entry(name.to_owned()).or_default();
    // A write of what came before may be on its way.
    if field.remote.is_none()
        && field.chosen.is_none()
        && theirs.version.standing(field.version) == Standing::Newer
        && let Some(stands) = stands.as_ref().filter(|stands| **stands == form(&theirs.value))
    {
        adopt(field, theirs, stands, &form);
        return None;
    }
    receive_field(field, theirs, name, pair.owner, &form)
}

/// What did not stand goes to the other side's record too: it outlives either database.
pub fn tell_partner(pair: &mut Pair, lost: &[Lost]) {
    pair.overruled.extend(lost.iter().map(|l| Overruled {
        field: l.field.clone(),
        kept: l.kept.clone(),
        lost: l.lost.clone(),
    }));
}

/// The partner's node keeps a text in its record; so do we, if it is one that could be written here.
/// `extras`: further fields that have travelled.
fn overruled(text: Overruled, extras: &BTreeSet<&str>) -> Option<Lost> {
    let field = text.field;
    let fits = |json: &str| match field.as_str() {
        extra if extras.contains(extra) => json::read::<Extra>(json).is_ok_and(|value| value.fits()),
        "description" => json::read::<Document>(json).is_ok_and(|text| text.depth() <= MAX_DEPTH),
        "summary" | "issuetype" => {
            json::read::<String>(json).is_ok_and(|line| line.chars().count() <= MAX_LINE)
        }
        _ => false,
    };
    (fits(&text.kept) && fits(&text.lost)).then_some(Lost {
        field,
        ours_won: false,
        kept: text.kept,
        lost: text.lost,
    })
}

/// People of the partner's took an attachment away.
fn receive_gone(pair: &mut Pair, origin: &Origin) {
    for attachment in pair.attachments.iter_mut().filter(|a| a.origin == *origin && !a.made) {
        attachment.gone = match attachment.gone {
            Gone::No => Gone::There,
            Gone::Here => Gone::Both,
            other => other,
        };
    }
}

fn receive_comment(pair: &mut Pair, comment: ReplicaComment, whole: bool) {
    let readable = !comment.withdrawn && !comment.absent;
    let incoming = IncomingComment {
        author: clean_line(&comment.author, 100),
        created_ms: comment.created_ms,
        body: comment.body,
    };
    match pair.comments.iter_mut().find(|known| known.origin == comment.origin) {
        Some(known) if known.author == Side::Theirs && comment.version > known.version => {
            known.version = comment.version;
            known.withdrawn = comment.withdrawn;
            known.heard = comment.hash;
            if comment.absent || (!readable && known.ours.is_none() && known.incoming.is_none()) {
                // Nothing to write: a twin that stands stays as it is.
                known.done = comment.version;
                known.incoming = None;
            } else {
                known.incoming = Some(incoming);
            }
        }
        // A database of before kept no name of the text.
        Some(known) if known.heard.is_empty() && comment.version == known.version => {
            known.heard = comment.hash;
        }
        Some(_) => {}
        None => {
            let version = comment.version.max(1);
            pair.comments.push(Comment {
                version,
                // One that can no longer be read, and was never written here, is only known.
                done: if readable { 0 } else { version },
                incoming: readable.then_some(incoming),
                withdrawn: comment.withdrawn,
                doubt: whole && readable,
                heard: comment.hash,
                ..Comment::new(comment.origin, Side::Theirs)
            });
        }
    }
}

fn receive_attachment(pair: &mut Pair, attachment: ReplicaAttachment, whole: bool) {
    if let Some(known) = pair.attachments.iter_mut().find(|known| known.origin == attachment.origin) {
        // It was taken away, and they were told; their database was set back since, or had forgotten the file by then.
        if known.born == Side::Theirs && known.gone == Gone::Both && !known.made {
            known.gone = Gone::Here;
        }
        return;
    }
    pair.attachments.push(Attachment {
        file_name: clean_file_name(&attachment.file_name),
        mime: clean_line(&attachment.mime, 200),
        size: attachment.size,
        sha256: Some(attachment.sha256),
        author: clean_line(&attachment.author, 100),
        doubt: if whole { Doubt::Some } else { Doubt::None },
        ..Attachment::new(attachment.origin, Side::Theirs)
    });
}
