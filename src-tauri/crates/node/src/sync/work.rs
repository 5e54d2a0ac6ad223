//! One connection's worker: plans each pair that has something to do, and does it, intent first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{self, JoinSet};
use twinline_engine::{Outcome, Step, observe, plan, settle};
use twinline_model::connection::{Connection, Stage};
use twinline_model::intent::{Intent, IntentState, Write};
use twinline_model::pair::{OurIssue, Pair};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::Receipt;
use twinline_model::{ConnectionId, IntentId, PairId};
use twinline_store::{Account, StoreError, Tx};
use twinline_trackers::{IssueDraft, IssueEdit, NotApplied, Tracker, UploadFile, WriteError};

use super::{blobs, inbox, keep_lost, note, probe, raise, raise_for, rules, save};
use crate::forms::ProjectForms;
use crate::hub::{self, Room};
use crate::node::Node;
use crate::time::now_ms;
use crate::trouble::from_refusal;

/// Pairs worked on at a time.
const LANES: usize = 8;
/// After a failure to reach the tracker.
const UNREACHED: Duration = Duration::from_secs(5);

/// Everything that a step needs and that does not change while it is done.
pub(super) struct Desk {
    pub(super) node: Arc<Node>,
    pub(super) room: Arc<Room>,
    pub(super) connection: Connection,
    pub(super) account: Account,
    pub(super) tracker: Arc<dyn Tracker>,
    forms: ProjectForms,
}

/// Works until the connection is no longer connected.
pub(super) async fn run(node: Arc<Node>, id: ConnectionId) {
    let room = node.hub.room(&id);
    let mut bell = room.work.listen();
    let mut lanes: JoinSet<bool> = JoinSet::new();
    let mut active = BTreeMap::new();
    // Pairs that could not go on: looked at again when something happened.
    let mut resting = BTreeSet::new();
    loop {
        if let Err(trouble) = inbox::drain(&node, &id).await {
            tracing::error!(%trouble, "inbox");
        }
        let desk = match desk(&node, &id, &room).await {
            Ok(Some(desk)) => Some(Arc::new(desk)),
            Ok(None) => None,
            Err(trouble) => {
                tracing::warn!(%trouble, "work waits");
                None
            }
        };
        let mut next_probe = None;
        if let Some(desk) = &desk {
            if let Err(trouble) = doubt(desk, &active).await {
                tracing::error!(%trouble, "intents could not be read");
            }
            next_probe = probe::due(desk).await;
            if let Err(trouble) = fill(desk, &mut lanes, &mut active, &resting).await {
                tracing::error!(%trouble, "pairs could not be read");
            }
        } else if !still_connected(&node, &id).await {
            return;
        }
        let tick = next_probe.unwrap_or(node.options.check_every).min(node.options.check_every);
        tokio::select! {
            () = node.stop.cancelled() => {
                // What is on its way is heard out; the node waits for at most five seconds.
                while lanes.join_next().await.is_some() {}
                return;
            }
            Some(done) = lanes.join_next_with_id(), if !lanes.is_empty() => {
                let (lane, progress) = match done {
                    Ok((lane, progress)) => (lane, progress),
                    Err(error) => {
                        tracing::error!(%error, "a lane broke");
                        (error.id(), false)
                    }
                };
                if let Some(pair) = active.remove(&lane).filter(|_| !progress) {
                    resting.insert(pair);
                }
                if lanes.is_empty() {
                    tell_when_idle(&node, &room, &id).await;
                }
            }
            _ = bell.changed() => resting.clear(),
            () = tokio::time::sleep(tick) => resting.clear(),
        }
    }
}

async fn still_connected(node: &Node, id: &ConnectionId) -> bool {
    matches!(node.connection_row(id).await, Ok(c) if c.stage == Stage::Connected)
}

/// What the work needs; `None` while the connection must not write.
async fn desk(node: &Arc<Node>, id: &ConnectionId, room: &Arc<Room>) -> Result<Option<Desk>, Trouble> {
    let connection = node.connection_row(id).await?;
    let waits = room.memory().writes_after.is_some_and(|until| until > Instant::now());
    if connection.stage != Stage::Connected || connection.paused || waits {
        return Ok(None);
    }
    let wanted = id.clone();
    let counts = node.db.read(move |tx| tx.counts(&wanted)).await?;
    if counts.to_do == 0 {
        // No work, no question to the tracker.
        return Ok(None);
    }
    let account = node.account(&connection.account).await?;
    let tracker = node.hub.tracker(&account, &node.secrets).await?;
    let types = node.hub.types(&account.id, tracker.as_ref(), &connection.project).await;
    let types = types.map_err(|e| crate::trouble::from_read(&e, &account.site))?;
    let forms = ProjectForms {
        tracker: tracker.clone(),
        types,
        default_type: connection.default_type.clone(),
        partner: node.partner_words(&connection),
    };
    Ok(Some(Desk { node: node.clone(), room: room.clone(), connection, account, tracker, forms }))
}

/// An intent that is recorded as sent, and that no lane is sending, is unknown: its lane broke, or could not write down
/// what came of it.
async fn doubt(desk: &Arc<Desk>, active: &BTreeMap<task::Id, PairId>) -> Result<(), Trouble> {
    let busy: BTreeSet<PairId> = active.values().copied().collect();
    let id = desk.connection.id.clone();
    desk.node
        .db
        .write(move |tx| {
            for intent in tx.intents(&id)? {
                if intent.state == IntentState::Sent && !busy.contains(&intent.pair) {
                    tx.set_intent_state(intent.id, &IntentState::Unknown { clean_probes: 0 })?;
                }
            }
            Ok(())
        })
        .await
}

async fn fill(
    desk: &Arc<Desk>,
    lanes: &mut JoinSet<bool>,
    active: &mut BTreeMap<task::Id, PairId>,
    resting: &BTreeSet<PairId>,
) -> Result<(), Trouble> {
    let mut busy: BTreeSet<PairId> = active.values().copied().collect();
    let mut after = PairId(0);
    while active.len() < LANES {
        let id = desk.connection.id.clone();
        let from = after;
        let ids = desk.node.db.read(move |tx| tx.pairs_to_do(&id, 50, from)).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = *last;
        for pair in ids {
            if active.len() < LANES && !resting.contains(&pair) && busy.insert(pair) {
                let desk = desk.clone();
                let lane = lanes.spawn(async move {
                    work_pair(&desk, pair).await.unwrap_or_else(|trouble| {
                        tracing::error!(%trouble, pair = pair.0, "pair waits");
                        false
                    })
                });
                active.insert(lane.id(), pair);
            }
        }
    }
    Ok(())
}

/// What a pair's plan came to.
enum Turn {
    Write(Box<Intent>, Box<Pair>),
    Read(twinline_model::AttachmentId),
    Nothing,
}

/// Does one pair's steps until none is possible. True: something was done.
async fn work_pair(desk: &Arc<Desk>, id: PairId) -> Result<bool, Trouble> {
    let mut progress = false;
    loop {
        if desk.node.stop.is_cancelled() {
            return Ok(progress);
        }
        // Held while a create is on its way, so that the next one knows a higher key number.
        let without_issue =
            desk.node.db.read(move |tx| Ok(tx.pair(id)?.is_some_and(|p| p.ours.is_none()))).await?;
        let creating = if without_issue { Some(desk.room.creating.lock().await) } else { None };
        let went_on = match next_turn(desk, id).await? {
            Turn::Nothing => return Ok(progress),
            Turn::Write(intent, pair) => perform(desk, *intent, *pair).await?,
            Turn::Read(attachment) => blobs::read_ours(desk, id, &attachment).await?,
        };
        drop(creating);
        if !went_on {
            return Ok(progress);
        }
        progress = true;
    }
}

/// Plans, and records the intent of the first write in the same transaction.
async fn next_turn(desk: &Arc<Desk>, id: PairId) -> Result<Turn, Trouble> {
    let desk = desk.clone();
    // Without it nothing could be sent: no intent is recorded then.
    hub::marker_key(&desk.node.secrets, &desk.room, &desk.connection.id).await?;
    let (swept, highest) = {
        let memory = desk.room.memory();
        if memory.writes_after.is_some_and(|until| until > Instant::now()) {
            return Ok(Turn::Nothing);
        }
        (memory.swept, memory.highest)
    };
    let node = desk.node.clone();
    node.db
        .write(move |tx| {
            let Some(pair) = tx.pair(id)? else { return Ok(Turn::Nothing) };
            let connection = &desk.connection;
            if tx.connection(&connection.id)?.is_none_or(|c| c.paused || c.stage != Stage::Connected) {
                return Ok(Turn::Nothing);
            }
            let open = tx.intents_of(id)?;
            let above = tx.highest_number(&connection.id)?.max(connection.above.unwrap_or(0)).max(highest);
            let whole: BTreeSet<_> = pair
                .attachments
                .iter()
                .filter_map(|a| a.sha256.clone())
                .filter(|sha256| matches!(tx.blob(sha256), Ok(Some(blob)) if blob.complete))
                .collect();
            let steps = plan(&pair, &open, &desk.forms, &|sha256| whole.contains(sha256), above);
            let mut read = None;
            for step in steps {
                match step {
                    Step::Write(Write::CreateIssue { .. }) if !swept => {}
                    Step::Write(write) => {
                        let intent = tx.insert_intent(&connection.id, id, &write, now_ms())?;
                        let intent = Intent {
                            id: intent,
                            connection: connection.id.clone(),
                            pair: id,
                            write,
                            state: IntentState::Sent,
                        };
                        return Ok(Turn::Write(Box::new(intent), Box::new(pair)));
                    }
                    Step::Fetch { origin, sha256, size } => {
                        if tx.blob(&sha256)?.is_none_or(|blob| !blob.complete) {
                            tx.want_blob(&connection.id, &sha256, &origin, size)?;
                            desk.room.news.ring();
                        }
                    }
                    Step::Read(attachment) => read = read.or(Some(attachment)),
                }
            }
            Ok(read.map_or(Turn::Nothing, Turn::Read))
        })
        .await
}

/// Sends a write whose intent is recorded, and settles it. True: the pair may go on.
async fn perform(desk: &Arc<Desk>, intent: Intent, pair: Pair) -> Result<bool, Trouble> {
    match send(desk, &intent, &pair).await? {
        // The twin comment was deleted here: its author's later words have no place, and nothing else waits for them.
        Err(WriteError::NotApplied(NotApplied::NotFound))
            if matches!(intent.write, Write::EditComment { .. }) =>
        {
            settle_intent(desk, intent.id, Outcome::CommentGone).await?;
            Ok(true)
        }
        Ok(outcome) => {
            settle_intent(desk, intent.id, outcome).await?;
            Ok(true)
        }
        Err(WriteError::Unknown(why)) => {
            tracing::warn!(why, intent = intent.id.0, "the answer was lost: the write is probed");
            let id = intent.id;
            desk.node
                .db
                .write(move |tx| tx.set_intent_state(id, &IntentState::Unknown { clean_probes: 0 }))
                .await?;
            Ok(false)
        }
        Err(WriteError::NotApplied(why)) => {
            not_applied(desk, &intent, &why).await?;
            Ok(false)
        }
    }
}

async fn send(desk: &Desk, intent: &Intent, pair: &Pair) -> Result<Result<Outcome, WriteError>, Trouble> {
    let tracker = desk.tracker.as_ref();
    let key = hub::marker_key(&desk.node.secrets, &desk.room, &desk.connection.id).await?;
    let issue = pair.ours.as_ref().map(|o| o.id.clone());
    let done = match (&intent.write, issue) {
        (Write::CreateIssue { fields, .. }, _) => {
            let value = |f: &Option<twinline_model::intent::FieldWrite<String>>| {
                f.as_ref().map(|w| w.value.clone()).unwrap_or_default()
            };
            let draft = IssueDraft {
                project: desk.connection.project.clone(),
                issue_type: value(&fields.issue_type),
                summary: value(&fields.summary),
                description: fields.description.as_ref().map(|w| w.value.clone()).unwrap_or_default(),
                marker: key.mark(&desk.connection.id, &pair.origin),
            };
            tracker.create_issue(&draft).await.map(|created| {
                Outcome::Created(OurIssue { id: created.id, key: created.key, url: created.url })
            })
        }
        (Write::EditIssue { fields, .. }, Some(issue)) => {
            let edit = IssueEdit {
                summary: fields.summary.as_ref().map(|w| w.value.clone()),
                description: fields.description.as_ref().map(|w| w.value.clone()),
                issue_type: fields.issue_type.as_ref().map(|w| w.value.clone()),
            };
            tracker.edit_issue(&issue, &edit).await.map(|seen| Outcome::Edited(Box::new(seen)))
        }
        (Write::AddComment { origin, body, .. }, Some(issue)) => {
            let marker = key.mark(&desk.connection.id, origin);
            tracker.add_comment(&issue, body, &marker).await.map(Outcome::Commented)
        }
        (Write::EditComment { comment, body, .. }, Some(issue)) => {
            tracker.edit_comment(&issue, comment, body).await.map(Outcome::Commented)
        }
        (Write::AddAttachment { sha256, file_name, mime, size, .. }, Some(issue)) => {
            match desk.node.spool.stream(sha256).await {
                Ok(bytes) => {
                    let file =
                        UploadFile { file_name: file_name.clone(), mime: mime.clone(), size: *size, bytes };
                    tracker.upload(&issue, file).await.map(Outcome::Attached)
                }
                Err(e) => {
                    tracing::warn!(%e, "a spooled file is missing: it is fetched again");
                    let sha256 = sha256.clone();
                    desk.node.db.write(move |tx| tx.blob_progress(&sha256, 0, false)).await?;
                    Ok(Outcome::NotApplied)
                }
            }
        }
        // Only a create is planned for a pair without an issue.
        (_, None) => Ok(Outcome::NotApplied),
    };
    Ok(done)
}

/// What was written becomes `base`; the intent goes in the same transaction.
pub(super) async fn settle_intent(desk: &Arc<Desk>, id: IntentId, outcome: Outcome) -> Result<(), Trouble> {
    let inner = desk.clone();
    desk.node
        .db
        .write(move |tx| {
            let connection = &inner.connection;
            let Some(intent) = tx.intents(&connection.id)?.into_iter().find(|i| i.id == id) else {
                // The poll has met the new issue and settled it before its answer was heard.
                return Ok(());
            };
            let Some(mut pair) = tx.pair(intent.pair)? else { return tx.remove_intent(id) };
            let notes = settle(&mut pair, &intent, &outcome);
            tx.remove_intent(id)?;
            if let (Write::AddAttachment { origin, sha256, .. }, Outcome::Attached(_)) =
                (&intent.write, &outcome)
            {
                tx.withdraw_want(&connection.id, sha256, origin)?;
                let (origin, sha256) = (origin.clone(), sha256.clone());
                push_receipt(tx, &connection.id, &Receipt::BlobApplied { origin, sha256 })?;
            }
            let created = matches!(outcome, Outcome::Created(_));
            if let Outcome::Edited(seen) | Outcome::Reread(seen) = outcome {
                look_again(tx, &inner, &mut pair, Some(*seen))?;
            } else {
                look_again(tx, &inner, &mut pair, None)?;
            }
            note(tx, &pair, notes, now_ms())?;
            save(tx, &pair, Some(now_ms()))?;
            if created { report(tx, &pair) } else { Ok(()) }
        })
        .await?;
    desk.room.memory().probing.remove(&id);
    desk.room.news.ring();
    desk.node.changed();
    // Files that nobody needs any more.
    blobs::clean(&desk.node).await;
    Ok(())
}

/// Lets the pair observe the issue as last seen (or as just answered): what an open intent might have caused was left
/// alone until now, and people may have written meanwhile.
fn look_again(
    tx: &mut Tx<'_>,
    desk: &Desk,
    pair: &mut Pair,
    answered: Option<twinline_model::observed::ObservedIssue>,
) -> Result<(), StoreError> {
    let Some(mut seen) = answered.or_else(|| pair.local.clone()) else { return Ok(()) };
    // Unverified here, and known from the poll.
    seen.marker = None;
    let open = tx.intents_of(pair.id)?;
    let me = tx.node()?;
    let lost = observe(pair, seen, &open, &rules(&desk.connection), &me, &desk.account.site);
    keep_lost(tx, pair, lost, now_ms())
}

/// Tells the partner which issue stands for theirs.
pub(super) fn report(tx: &mut Tx<'_>, pair: &Pair) -> Result<(), StoreError> {
    let Some(ours) = &pair.ours else { return Ok(()) };
    let receipt =
        Receipt::Applied { origin: pair.origin.clone(), key: ours.key.to_string(), link: ours.url.clone() };
    push_receipt(tx, &pair.connection, &receipt)
}

pub(super) fn push_receipt(
    tx: &mut Tx<'_>,
    connection: &ConnectionId,
    receipt: &Receipt,
) -> Result<(), StoreError> {
    // Our own type: it always serialises.
    let json = serde_json::to_string(receipt).unwrap_or_default();
    tx.push_receipt(connection, &json)
}

/// Proved: it took no effect. What concerns the issue is shown; what concerns the tracker waits.
async fn not_applied(desk: &Arc<Desk>, intent: &Intent, why: &NotApplied) -> Result<(), Trouble> {
    tracing::info!(%why, intent = intent.id.0, "not applied");
    let wait = match why {
        NotApplied::SlowDown { wait } => Some(*wait),
        NotApplied::NotSent(_) => Some(UNREACHED),
        NotApplied::SignIn => {
            // Another process may renew the token: read it anew.
            desk.node.hub.forget_tracker(&desk.account.id);
            let trouble = Trouble::new(ProblemCode::SignInExpired).with("site", &desk.account.site);
            raise_for(&desk.node, &desk.connection.id, trouble).await?;
            Some(Duration::from_secs(60))
        }
        _ => None,
    };
    if let Some(wait) = wait {
        desk.room.memory().writes_after = Some(Instant::now() + wait);
    }
    let (inner, intent, why) = (desk.clone(), intent.clone(), why.clone());
    desk.node
        .db
        .write(move |tx| {
            tx.remove_intent(intent.id)?;
            let Some(mut pair) = tx.pair(intent.pair)? else { return Ok(()) };
            look_again(tx, &inner, &mut pair, None)?;
            stop_for(tx, &inner, &mut pair, &intent.write, &why)?;
            save(tx, &pair, None)
        })
        .await?;
    desk.room.news.ring();
    desk.node.changed();
    Ok(())
}

fn stop_for(
    tx: &mut Tx<'_>,
    desk: &Desk,
    pair: &mut Pair,
    write: &Write,
    why: &NotApplied,
) -> Result<(), StoreError> {
    let file = match write {
        Write::AddAttachment { file_name, .. } => Some(file_name.as_str()),
        _ => None,
    };
    let Some(mut trouble) = from_refusal(why, file) else { return Ok(()) };
    trouble = trouble.with("project", desk.connection.project.as_str());
    if let Write::AddAttachment { origin, file_name, size, .. } = write {
        trouble = trouble.with("file", file_name).with("size", megabytes(*size)).with("limit", "");
        if let Some(attachment) = pair.attachments.iter_mut().find(|a| a.origin == *origin) {
            attachment.stopped = Some(trouble.code.as_str().to_owned());
        }
    }
    raise(tx, pair, &trouble, now_ms())?;
    push_receipt(
        tx,
        &pair.connection,
        &Receipt::Parked { origin: pair.origin.clone(), code: trouble.code.as_str().to_owned() },
    )
}

/// Bytes as people say them.
fn megabytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{} MB", bytes.div_ceil(1_000_000)),
    }
}

/// Both sides' status rests on what each tells the other: say so when the last piece of work is done.
async fn tell_when_idle(node: &Node, room: &Room, id: &ConnectionId) {
    let wanted = id.clone();
    let counts = node.db.read(move |tx| tx.counts(&wanted)).await;
    let told = room.memory().told_pending;
    if counts.is_ok_and(|c| c.to_do == 0) && told.is_some_and(|pending| pending > 0) {
        room.news.ring();
    }
    node.changed();
}
