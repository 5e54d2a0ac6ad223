//! What became of a write whose answer was lost: it is looked for, never blindly repeated.

use std::sync::Arc;
use std::time::{Duration, Instant};

use twinline_engine::Outcome;
use twinline_model::IssueKey;
use twinline_model::intent::{Intent, IntentState, Write};
use twinline_model::observed::ObservedAttachment;
use twinline_model::pair::{OurIssue, Pair};
use twinline_model::problem::Trouble;
use twinline_trackers::ReadError;

use super::poll::Failure;
use super::work::{Desk, settle_intent};
use crate::hub;
use crate::spool::hash_stream;

/// When a probe is made, as shares of the time to settle (5, 30, 90 and 180 s of 180 s).
const SCHEDULE: [f64; 4] = [5.0 / 180.0, 30.0 / 180.0, 90.0 / 180.0, 1.0];
/// Keys in one probe.
const WINDOW: u64 = 100;

/// Makes the probes that are due; answers when the next one is.
///
/// The span counts from when this run first saw the intent unknown, on the monotonic clock: after a restart it begins anew.
pub(super) async fn due(desk: &Arc<Desk>) -> Option<Duration> {
    let id = desk.connection.id.clone();
    let intents = match desk.node.db.read(move |tx| tx.intents(&id)).await {
        Ok(intents) => intents,
        Err(trouble) => {
            tracing::error!(%trouble, "intents could not be read");
            return None;
        }
    };
    let mut next: Option<Duration> = None;
    for intent in intents {
        let IntentState::Unknown { clean_probes } = intent.state else { continue };
        let since = *desk.room.memory().probing.entry(intent.id).or_insert_with(Instant::now);
        let probes = (clean_probes as usize).min(SCHEDULE.len() - 1);
        let due = desk.node.options.settle.mul_f64(SCHEDULE[probes]);
        let elapsed = since.elapsed();
        if elapsed < due {
            let left = due - elapsed;
            next = Some(next.map_or(left, |n| n.min(left)));
            continue;
        }
        if let Err(trouble) = probe(desk, &intent, clean_probes).await {
            tracing::warn!(%trouble, intent = intent.id.0, "probe");
        }
        // The next one of this intent is due no sooner than a moment from now.
        next = Some(next.unwrap_or(Duration::MAX).min(desk.node.options.settle.mul_f64(SCHEDULE[0])));
    }
    next
}

async fn probe(desk: &Arc<Desk>, intent: &Intent, clean_probes: u32) -> Result<(), Trouble> {
    let pair_id = intent.pair;
    let Some(pair) = desk.node.db.read(move |tx| tx.pair(pair_id)).await? else {
        let id = intent.id;
        return desk.node.db.write(move |tx| tx.remove_intent(id)).await;
    };
    match look(desk, intent, &pair).await {
        Ok(Some(outcome)) => settle_intent(desk, intent.id, outcome).await,
        Ok(None) => clean(desk, intent, clean_probes + 1).await,
        // The tracker did not answer: that was no probe.
        Err(Failure::Read(error)) => {
            tracing::info!(%error, "no probe");
            Ok(())
        }
        Err(Failure::Trouble(trouble)) => Err(trouble),
    }
}

/// Nothing was found: after enough clean probes over the whole span, it is planned again. What cannot make a second
/// thing (an edit) is planned again at once.
async fn clean(desk: &Arc<Desk>, intent: &Intent, clean_probes: u32) -> Result<(), Trouble> {
    if !intent.is_create() || clean_probes as usize >= SCHEDULE.len() {
        tracing::info!(intent = intent.id.0, "it took no effect");
        return settle_intent(desk, intent.id, Outcome::NotApplied).await;
    }
    let id = intent.id;
    desk.node.db.write(move |tx| tx.set_intent_state(id, &IntentState::Unknown { clean_probes })).await
}

/// Looks in our tracker, past the search index.
async fn look(desk: &Desk, intent: &Intent, pair: &Pair) -> Result<Option<Outcome>, Failure> {
    let tracker = desk.tracker.as_ref();
    match (&intent.write, &pair.ours) {
        (Write::CreateIssue { above, .. }, _) => look_for_issue(desk, pair, *above).await,
        (_, None) => Ok(None),
        (Write::EditIssue { .. }, Some(ours)) => {
            let found = tracker.issues_by_id(std::slice::from_ref(&ours.id)).await?;
            Ok(found.into_iter().next().map(|seen| Outcome::Reread(Box::new(seen))))
        }
        (Write::AddComment { origin, .. }, Some(ours)) => {
            let key = hub::marker_key(&desk.node.secrets, &desk.room, &desk.connection.id).await?;
            let comments = tracker.comments_with_markers(&ours.id).await?;
            let found = comments
                .into_iter()
                .find(|c| c.marker.as_ref().is_some_and(|m| m.origin == *origin && key.is_ours(m)));
            Ok(found.map(Outcome::Commented))
        }
        (Write::EditComment { comment, body, .. }, Some(ours)) => {
            let comments = tracker.comments_with_markers(&ours.id).await?;
            let found = comments.into_iter().find(|c| c.id == *comment && c.body == *body);
            Ok(found.map(Outcome::Commented))
        }
        (Write::AddAttachment { sha256, file_name, size, known, .. }, Some(ours)) => {
            let found = tracker.issues_by_id(std::slice::from_ref(&ours.id)).await?;
            let fresh = found.into_iter().flat_map(|i| i.attachments).filter(|a| {
                a.by_us && !known.contains(&a.id) && a.size == *size && a.file_name == *file_name
            });
            for attachment in fresh {
                if is_whole(desk, &attachment, sha256.as_str()).await? {
                    return Ok(Some(Outcome::Attached(attachment)));
                }
            }
            Ok(None)
        }
    }
}

async fn look_for_issue(desk: &Desk, pair: &Pair, above: u64) -> Result<Option<Outcome>, Failure> {
    let key = hub::marker_key(&desk.node.secrets, &desk.room, &desk.connection.id).await?;
    let mut from = above + 1;
    loop {
        let keys: Vec<_> = (from..from + WINDOW)
            .map(|n| IssueKey::new(format!("{}-{n}", desk.connection.project)))
            .collect();
        let found = desk.tracker.issues_by_key(&keys).await?;
        if found.is_empty() {
            return Ok(None);
        }
        let ours = found
            .into_iter()
            .find(|i| i.marker.as_ref().is_some_and(|m| m.origin == pair.origin && key.is_ours(m)));
        if let Some(issue) = ours {
            return Ok(Some(Outcome::Created(OurIssue { id: issue.id, key: issue.key, url: issue.url })));
        }
        from += WINDOW;
    }
}

async fn is_whole(desk: &Desk, attachment: &ObservedAttachment, sha256: &str) -> Result<bool, Failure> {
    let bytes = desk.tracker.download(&attachment.id, 0).await?;
    match hash_stream(bytes).await {
        Ok((hash, _)) => Ok(hash.as_str() == sha256),
        Err(e) => Err(Failure::Read(ReadError::Unreachable(e.to_string()))),
    }
}
