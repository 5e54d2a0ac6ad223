//! What became of a write whose answer was lost: it is looked for, never blindly repeated.

use std::sync::Arc;
use std::time::Duration;
use twinline_engine::bug;

use twinline_engine::{Outcome, is_applied};
use twinline_model::AttachmentId;
use twinline_model::intent::{Intent, IntentState, Write};
use twinline_model::observed::{Marker, ObservedAttachment, ObservedIssue};
use twinline_model::pair::{OurIssue, Pair};
use twinline_model::problem::Trouble;
use twinline_trackers::ReadError;

use crate::blobs::hash_stream;
use crate::desk::Desk;
use crate::perform::{forget_pair, is_gone, settle_intent};
use crate::poll::Failure;
use crate::room::Probing;
use crate::sweep::{WINDOW, keys_from};
use crate::{Machine, closed};

/// When a probe is made, as shares of the time to settle (5, 30, 90 and 180 s of 180 s).
const SCHEDULE: [f64; 4] = [5.0 / 180.0, 30.0 / 180.0, 90.0 / 180.0, 1.0];

/// How long until the next probe is due; zero: now; `None`: nothing is unknown.
///
/// The span counts from when this run first saw the intent unknown, on the clock that stands still while the computer
/// sleeps: after a restart it begins anew.
pub(crate) async fn next<M: Machine>(desk: &Desk<M>) -> Option<Duration> {
    due(desk).await.into_iter().map(|(_, _, left)| left).min()
}

/// Makes the probes that are due now.
pub(crate) async fn make<M: Machine>(desk: &Arc<Desk<M>>) {
    for (intent, clean_probes, left) in due(desk).await {
        if !left.is_zero() {
            continue;
        }
        if let Some(probing) = desk.room.memory().probing.get_mut(&intent.id) {
            probing.last = Some(desk.machine.awake());
        }
        if let Err(trouble) = probe(desk, &intent, clean_probes).await {
            tracing::warn!(%trouble, intent = intent.id.0, "probe");
        }
    }
}

/// The unknown intents, how many probes of each found nothing, and how long until its next one.
async fn due<M: Machine>(desk: &Desk<M>) -> Vec<(Intent, u32, Duration)> {
    let id = desk.connection.id.clone();
    let intents = desk.machine.read(move |tx| tx.intents(&id)).await.unwrap_or_else(|trouble| {
        tracing::error!(%trouble, "intents could not be read");
        Vec::new()
    });
    let awake = desk.machine.awake();
    let mut memory = desk.room.memory();
    let mut found = Vec::new();
    for intent in intents {
        let IntentState::Unknown { clean_probes } = intent.state else { continue };
        let probing = memory.probing.entry(intent.id).or_insert(Probing { since: awake, last: None });
        let probes = (clean_probes as usize).min(SCHEDULE.len() - 1);
        let at = probing.since + desk.machine.settle().mul_f64(SCHEDULE[probes]);
        // A tracker that does not answer is not asked without a pause.
        let earliest = probing.last.map(|last| last + desk.machine.settle().mul_f64(SCHEDULE[0]));
        let left = at.max(earliest.unwrap_or_default()).saturating_sub(awake);
        found.push((intent, clean_probes, left));
    }
    found
}

async fn probe<M: Machine>(desk: &Arc<Desk<M>>, intent: &Intent, clean_probes: u32) -> Result<(), Trouble> {
    let pair_id = intent.pair;
    let Some(pair) = desk.machine.read(move |tx| tx.pair(pair_id)).await? else {
        let id = intent.id;
        return desk.machine.write("probe-orphan", move |tx| tx.remove_intent(id)).await;
    };
    match look(desk, intent, &pair).await {
        Ok(Some(outcome)) => settle_intent(desk, intent.id, outcome).await,
        // In a project that was deleted nothing is found, and all of it comes back with the project.
        Ok(None) if !closed::is_open_for(desk).await? => Ok(()),
        Ok(None) => clean(desk, intent, clean_probes + 1).await,
        Err(Failure::Read(ReadError::NotFound | ReadError::Forbidden(_)))
            if is_gone(desk, &pair).await? == Some(true) =>
        {
            forget_pair(desk, pair_id, pair.ours.map(|ours| ours.id)).await.map(drop)
        }
        // The tracker did not answer: that was no probe.
        Err(Failure::Read(error)) => {
            tracing::info!(%error, "no probe");
            Ok(())
        }
        Err(Failure::Trouble(trouble)) => Err(trouble),
    }
}

/// Nothing was found: after enough clean probes over the whole span, it is planned again. Not before, even where it could
/// not make a second thing: an edit that lands late would take back what was written since.
async fn clean<M: Machine>(desk: &Arc<Desk<M>>, intent: &Intent, clean_probes: u32) -> Result<(), Trouble> {
    if clean_probes as usize >= SCHEDULE.len() || bug!(OneProbe) {
        tracing::info!(intent = intent.id.0, "it took no effect");
        return settle_intent(desk, intent.id, Outcome::NotApplied).await;
    }
    let id = intent.id;
    desk.machine
        .write("probe-clean", move |tx| tx.set_intent_state(id, &IntentState::Unknown { clean_probes }))
        .await
}

/// Looks in our tracker, past the search index.
async fn look<M: Machine>(desk: &Desk<M>, intent: &Intent, pair: &Pair) -> Result<Option<Outcome>, Failure> {
    let tracker = desk.tracker.as_ref();
    match (&intent.write, &pair.ours) {
        (Write::CreateIssue { above, .. }, _) => look_for_issue(desk, pair, *above).await,
        (_, None) => Ok(None),
        (Write::EditIssue { fields, last_history }, Some(ours)) => {
            let found = shown(desk, ours).await;
            // A run that did not send it itself does not know when that was.
            let sent_ms = desk.room.memory().sent.get(&intent.id).copied().unwrap_or(i64::MIN);
            // Of an issue that is gone, what we saw last may tell.
            let seen = found.as_ref().ok().or(pair.local.as_ref());
            if let Some(seen) = seen.filter(|seen| is_applied(fields, *last_history, sent_ms, seen)) {
                return Ok(Some(Outcome::Reread(Box::new(seen.clone()))));
            }
            found.map(|_| None)
        }
        (Write::AddComment { origin, .. }, Some(ours)) => {
            let key = desk.machine.marker_key(&desk.connection.id).await?;
            let comments = tracker.comments_with_markers(&ours.id).await?;
            let found = comments
                .into_iter()
                .find(|c| c.marker.as_ref().is_some_and(|m| m.origin == *origin && key.is_ours(m)));
            Ok(found.map(Outcome::CommentFound))
        }
        (Write::EditComment { comment, body, .. }, Some(ours)) => {
            let comments = tracker.comments_with_markers(&ours.id).await?;
            let found = comments.into_iter().find(|c| c.id == *comment && c.body == *body);
            Ok(found.map(Outcome::Commented))
        }
        (Write::RemoveAttachment { attachment, .. }, Some(ours)) => {
            let found = shown(desk, ours).await?;
            let stands = found.attachments.iter().any(|a| a.id == *attachment);
            Ok((!stands).then_some(Outcome::Removed))
        }
        (Write::AddAttachment { sha256, file_name, size, known, .. }, Some(ours)) => {
            let found = shown(desk, ours).await?;
            // One that the partner remembers as born here since then is no twin.
            let taken = |id: &AttachmentId| pair.attachments.iter().any(|a| a.ours.as_ref() == Some(id));
            let fresh = found.attachments.into_iter().filter(|a| {
                let is_new = !known.contains(&a.id) && !taken(&a.id);
                a.by_us && is_new && a.size == *size && a.file_name == *file_name
            });
            for attachment in fresh {
                if bug!(AnyFile) || is_whole(desk, &attachment, sha256.as_str()).await? {
                    return Ok(Some(Outcome::Attached(attachment)));
                }
            }
            Ok(None)
        }
    }
}

/// The issue as it is now. One that is not shown tells nothing of a write to it: it may be hidden for a while, or the list may
/// be empty because the sign-in is not accepted any more.
async fn shown<M: Machine>(desk: &Desk<M>, ours: &OurIssue) -> Result<ObservedIssue, Failure> {
    let found = desk.tracker.issues_by_id(std::slice::from_ref(&ours.id)).await?;
    found.into_iter().next().ok_or(Failure::Read(ReadError::NotFound))
}

async fn look_for_issue<M: Machine>(
    desk: &Desk<M>,
    pair: &Pair,
    above: u64,
) -> Result<Option<Outcome>, Failure> {
    let key = desk.machine.marker_key(&desk.connection.id).await?;
    let mut from = above + if bug!(ProbeFindsNothing) { 1_000 } else { 1 };
    loop {
        let found = desk.tracker.issues_by_key(&keys_from(&desk.connection.project, from)).await?;
        if found.is_empty() {
            return Ok(None);
        }
        let is_twin = |m: &Marker| m.origin == pair.origin && key.is_ours(m);
        let made_by = |i: &ObservedIssue| i.marker.as_ref().filter(|m| is_twin(m)).map(|m| m.attempt);
        if let Some((issue, attempt)) = found.into_iter().find_map(|i| made_by(&i).map(|by| (i, by))) {
            let ours = OurIssue { id: issue.id, key: issue.key, url: issue.url };
            return Ok(Some(Outcome::Met(ours, attempt)));
        }
        from += WINDOW;
    }
}

async fn is_whole<M: Machine>(
    desk: &Desk<M>,
    attachment: &ObservedAttachment,
    sha256: &str,
) -> Result<bool, Failure> {
    let bytes = desk.tracker.download(&attachment.id, 0).await?;
    match hash_stream(bytes).await {
        Ok((hash, _)) => Ok(hash.as_str() == sha256),
        Err(e) => Err(Failure::Read(ReadError::Unreachable(e.to_string()))),
    }
}
