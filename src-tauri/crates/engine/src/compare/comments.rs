//! Comments on both sides.

use twinline_model::compare::{Likeness, Way, Why};
use twinline_model::observed::ObservedComment;
use twinline_model::pair::{Comment, Side};

use super::{CommentFinding, Finding, Look};
use crate::digest::body_hash;
use crate::notice::is_notice;

pub(super) fn compare(look: &Look<'_>) -> Vec<CommentFinding> {
    let known = look.pair.comments.iter().filter_map(|comment| match comment.author {
        Side::Ours => ours(look, comment),
        Side::Theirs => theirs(look, comment),
    });
    let listed = look.seen.iter().flat_map(|seen| &seen.comments);
    let others = listed.filter_map(|seen| other(look, seen));
    known.chain(others).collect()
}

/// The comment as it is listed; `Err`: our issue was never read, so that nobody knows.
fn listed<'a>(look: &'a Look<'_>, comment: &Comment) -> Result<Option<&'a ObservedComment>, ()> {
    let seen = look.seen.ok_or(())?;
    Ok(seen.comments.iter().find(|c| comment.ours.as_ref() == Some(&c.id)))
}

/// Why not everybody may read it.
fn hidden(look: &Look<'_>, seen: &ObservedComment) -> Option<Why> {
    match seen {
        seen if seen.internal && !look.rules.internal_comments => Some(Why::Internal),
        seen if seen.restricted && look.rules.script.is_some() => Some(Why::Rules),
        seen if seen.restricted => Some(Why::Restricted),
        _ => None,
    }
}

fn found(by: Side, seen: Option<&ObservedComment>, finding: Finding) -> CommentFinding {
    CommentFinding {
        by,
        // Our account writes the partner's comments; who wrote them there stands in their first line.
        author: seen.filter(|_| by == Side::Ours).map(|s| s.author.clone()),
        at_ms: seen.map(|s| s.created_ms),
        ours: seen.map(|s| s.body.to_plain_text()),
        theirs: None,
        finding,
    }
}

fn ours(look: &Look<'_>, comment: &Comment) -> Option<CommentFinding> {
    let travelled = comment.has_travelled();
    let Ok(seen) = listed(look, comment) else { return None };
    let Some(seen) = seen else {
        let gone = Finding::new(Likeness::OnlyTheirs, Way::Stays, Why::NotVisible);
        return travelled.then(|| found(Side::Ours, None, gone));
    };
    // Told once more, whatever is said of it.
    let again = comment.done == 0 && comment.travelled;
    let unsent = comment.version > comment.done;
    let sent = look.underway.comments.contains(&(comment.origin.clone(), comment.version));
    let unnoticed = body_hash(&seen.body) != comment.base_hash;
    let finding = match hidden(look, seen) {
        Some(why) if !travelled => Finding::new(Likeness::OnlyOurs, Way::Stays, why),
        Some(_) if unsent || sent || !comment.withdrawn => {
            let (way, why) = look.outward(unsent || !comment.withdrawn, Why::Withdrawn);
            Finding::new(Likeness::OnlyOurs, way, why)
        }
        Some(_) => Finding::new(Likeness::OnlyOurs, Way::Stays, Why::Withdrawn),
        None if !travelled => {
            let (way, why) = look.outward(true, Why::Plain);
            Finding::new(Likeness::OnlyOurs, way, why)
        }
        None if unnoticed => Finding::new(Likeness::Changed, unmet(look), Why::Plain),
        None if again => {
            let (way, why) = look.outward(true, Why::Again);
            Finding::new(Likeness::Same, way, why)
        }
        None if unsent || sent => {
            let first = comment.version == 1 && !unsent;
            let (way, why) = look.outward(unsent, Why::Plain);
            Finding::new(if first { Likeness::OnlyOurs } else { Likeness::Changed }, way, why)
        }
        // They have it, and have made nothing of it yet.
        None if !look.is_known_there() => {
            let (way, why) = look.outward(false, Why::Plain);
            Finding::new(Likeness::OnlyOurs, way, why)
        }
        None => Finding::SAME,
    };
    let mut found = found(Side::Ours, Some(seen), finding);
    if hidden(look, seen).is_some() {
        found.ours = None;
    }
    Some(found)
}

/// What was not met yet goes to the partner once it is, unless nothing does.
fn unmet(look: &Look<'_>) -> Way {
    match look.outward(true, Why::Plain).0 {
        Way::ToPartner => Way::Unnoticed,
        way => way,
    }
}

fn theirs(look: &Look<'_>, comment: &Comment) -> Option<CommentFinding> {
    let moves = if look.active() { Way::ToUs } else { Way::Settled };
    let waits = comment.version > comment.done;
    let incoming = comment.incoming.as_ref();
    let only = |way, why| CommentFinding {
        author: incoming.map(|i| i.author.clone()).filter(|name| !name.is_empty()),
        at_ms: incoming.map(|i| i.created_ms),
        theirs: incoming.map(|i| i.body.to_plain_text()),
        ..found(Side::Theirs, None, Finding::new(Likeness::OnlyTheirs, way, why))
    };
    if comment.ours.is_none() && !waits {
        // Deleted there before it ever stood here.
        return None;
    }
    if comment.ours.is_none() {
        return Some(match comment.stopped {
            Some(_) => only(Way::Stays, Why::Refused),
            None => only(moves, Why::Plain),
        });
    }
    let Ok(seen) = listed(look, comment) else { return None };
    let Some(seen) = seen else { return Some(only(Way::Stays, Why::NotVisible)) };
    let finding = match waits {
        true if comment.stopped.is_some() => Finding::new(Likeness::Changed, Way::Stays, Why::Refused),
        true => Finding::new(Likeness::Changed, moves, Why::Plain),
        false if body_hash(&seen.body) != comment.base_hash => {
            Finding::new(Likeness::Changed, Way::Stays, Why::Foreign)
        }
        false => Finding::SAME,
    };
    let text = incoming.filter(|_| waits).map(|i| i.body.to_plain_text());
    Some(CommentFinding { theirs: text, ..found(Side::Theirs, Some(seen), finding) })
}

/// One that the pair does not know.
fn other(look: &Look<'_>, seen: &ObservedComment) -> Option<CommentFinding> {
    let pair = look.pair;
    if pair.comments.iter().any(|known| known.ours.as_ref() == Some(&seen.id)) {
        return None;
    }
    let why = match hidden(look, seen) {
        _ if pair.strays.contains(&seen.id) => Why::Second,
        _ if is_notice(pair, &seen.id) => Why::Line,
        Some(why) => why,
        // A twin whose write was not answered yet: it is named where the comment is.
        None if seen.marker.is_some() => return None,
        None => Why::Plain,
    };
    let way = if why == Why::Plain { unmet(look) } else { Way::Stays };
    let (way, why) =
        if why == Why::Plain && look.is_locked() { (Way::Stays, Why::SecurityLevel) } else { (way, why) };
    let mut found = found(Side::Ours, Some(seen), Finding::new(Likeness::OnlyOurs, way, why));
    if hidden(look, seen).is_some() {
        found.ours = None;
    }
    Some(found)
}
