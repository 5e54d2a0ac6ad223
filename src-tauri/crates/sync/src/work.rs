//! Plans a pair, and does what the plan says, intent first.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use twinline_engine::bug;

use twinline_engine::{Step, known, plan};
use twinline_model::asked::ChosenField;
use twinline_model::connection::Stage;
use twinline_model::intent::{Intent, IntentState, Write};
use twinline_model::pair::{Pair, PairState};
use twinline_model::problem::Trouble;
use twinline_model::rules::RuleDirection;
use twinline_model::{ConnectionId, IssueId, Origin, PairId};

use crate::desk::Desk;
use crate::mark::mark;
use crate::perform::perform;
use crate::room::Room;
use crate::rows::{keep_lost, save};
use crate::scripted::{Ruled, stop, unsaid};
use crate::{Machine, blobs};

/// How long a comment waits for the files that it shows.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a pair's plan came to.
enum Turn {
    Write(Box<Intent>, Box<Pair>, Vec<ChosenField>),
    Read(twinline_model::AttachmentId),
    Make(Origin, twinline_model::BlobHash),
    Look(IssueId),
    Mark(IssueId, Origin),
    Again,
    Nothing,
}

/// What came of working on a pair.
pub(crate) enum Came {
    /// Nothing could be done.
    Nothing,
    /// Something was done, and no more is possible now.
    Progress,
    /// Nothing more before its issue was looked at, see [`crate::looks`].
    Look(IssueId),
}

/// Does one pair's steps until none is possible.
pub(crate) async fn work_pair<M: Machine>(desk: &Arc<Desk<M>>, id: PairId) -> Result<Came, Trouble> {
    let mut came = Came::Nothing;
    loop {
        if desk.machine.is_stopping() {
            return Ok(came);
        }
        let went_on = match next_turn(desk, id).await? {
            Turn::Nothing => return Ok(came),
            Turn::Look(issue) => return Ok(Came::Look(issue)),
            Turn::Write(intent, pair, chosen) => perform(desk, *intent, *pair, chosen).await?,
            Turn::Read(attachment) => blobs::read_ours(desk, id, &attachment).await?,
            Turn::Make(origin, sha256) => blobs::make(desk, id, &origin, &sha256).await?,
            Turn::Mark(issue, origin) => mark(desk, id, &issue, &origin).await?,
            Turn::Again => true,
        };
        if !went_on {
            return Ok(came);
        }
        came = Came::Progress;
    }
}

/// Plans, and records the intent of the first write in the same transaction.
async fn next_turn<M: Machine>(desk: &Arc<Desk<M>>, id: PairId) -> Result<Turn, Trouble> {
    let desk = desk.clone();
    // Without it nothing could be sent: no intent is recorded then.
    desk.machine.marker_key(&desk.connection.id).await?;
    let (swept, highest, looked, agreed) = {
        let memory = desk.room.memory();
        let waits = memory.writes_after.max(memory.pair_after.get(&id).copied());
        if waits.is_some_and(|until| until > desk.machine.awake()) {
            return Ok(Turn::Nothing);
        }
        (memory.swept || bug!(NoSweep), memory.highest, memory.looked.contains(&id), memory.agreed)
    };
    let (machine, now) = (desk.machine.clone(), desk.machine.now_ms());
    machine
        .write("intent", move |tx| {
            let Some(pair) = tx.pair(id)? else { return Ok(Turn::Nothing) };
            let connection = &desk.connection;
            if tx
                .connection(&connection.id)?
                .is_none_or(|c| c.paused.is_some() || c.stage != Stage::Connected)
            {
                return Ok(Turn::Nothing);
            }
            if pair.state != PairState::Active {
                return Ok(Turn::Nothing);
            }
            let open = tx.intents_of(id)?;
            if let (Some(ours), None, true) = (&pair.ours, &pair.local, open.is_empty()) {
                return Ok(Turn::Look(ours.id.clone()));
            }
            // Known before the create is sent, so its issue will stand above it. Creates that are on their way together may
            // be settled in any order: whoever knows a number above an issue of ours knows its intent as well, since that
            // was written down before the tracker gave out either number. So nothing that is looked for above the highest
            // number, after a start or a restore, can lie below it.
            let above = tx.highest_number(&connection.id)?.max(connection.above.unwrap_or(0)).max(highest);
            let whole: BTreeSet<_> = pair
                .attachments
                .iter()
                .filter_map(|a| a.sha256.clone())
                .filter(|sha256| matches!(tx.blob(sha256), Ok(Some(blob)) if blob.complete))
                .collect();
            let script = desk.script(tx)?;
            let ruled = Ruled::of(&pair, &desk.forms, script.as_ref());
            let steps = plan(&pair, &open, ruled.forms(), &|sha256| whole.contains(sha256), above);
            if let Some(fault) = ruled.fault() {
                stop(tx, &pair, RuleDirection::Incoming, &fault, now)?;
                save(tx, &pair, None)?;
                return Ok(Turn::Nothing);
            }
            let waits = waits_for_files(&desk, id, &steps);
            let mut next = None;
            for step in steps {
                let step = match step {
                    Step::Wait(_) if waits => continue,
                    Step::Wait(write) => Step::Write(write),
                    other => other,
                };
                match step {
                    Step::Wait(_) => {}
                    Step::Write(write) if !swept && makes_something(&write) => {}
                    // Until both sides agree, an edit may have been made before our database was set back, too: made once more
                    // it could land when somebody has changed the text since, and a probe would take the first for it.
                    Step::Write(write)
                        if !looked && (makes_something(&write) || !agreed) && pair.ours.is_some() =>
                    {
                        return Ok(pair.ours.map_or(Turn::Nothing, |ours| Turn::Look(ours.id)));
                    }
                    Step::Write(write) => {
                        if let Write::EditIssue { fields, .. } = &write
                            && script.is_some()
                        {
                            keep_lost(tx, &pair, unsaid(&pair, fields), now)?;
                        }
                        let intent = tx.insert_intent(&connection.id, id, &write, now)?;
                        if bug!(NoIntent) {
                            tx.remove_intent(intent)?;
                        }
                        let intent = Intent {
                            id: intent,
                            connection: connection.id.clone(),
                            pair: id,
                            write,
                            state: IntentState::Sent,
                        };
                        let chosen = match &intent.write {
                            Write::CreateIssue { fields, .. } => {
                                let kind = fields.issue_type.as_ref().map(|w| w.value.as_str());
                                tx.choices(&connection.id, kind.unwrap_or_default(), id)?
                            }
                            _ => Vec::new(),
                        };
                        return Ok(Turn::Write(Box::new(intent), Box::new(pair), chosen));
                    }
                    Step::Doubt(write) => {
                        let intent = tx.insert_intent(&connection.id, id, &write, now)?;
                        tx.set_intent_state(intent, &IntentState::Unknown { clean_probes: 0 })?;
                        return Ok(Turn::Nothing);
                    }
                    Step::Known { origin, version } => {
                        let mut pair = pair;
                        known(&mut pair, &origin, version);
                        save(tx, &pair, None)?;
                        return Ok(Turn::Again);
                    }
                    Step::Fetch { origin, sha256, size } => {
                        if tx.blob(&sha256)?.is_none_or(|blob| !blob.complete) {
                            tx.want_blob(&connection.id, &sha256, &origin, size)?;
                            desk.room.news.ring();
                        }
                    }
                    Step::Make { origin, sha256 } => next = next.or(Some(Turn::Make(origin, sha256))),
                    Step::Mark => {
                        let issue = pair.ours.as_ref().map(|ours| ours.id.clone());
                        next = next.or(issue.map(|issue| Turn::Mark(issue, pair.origin.clone())));
                    }
                    Step::Read(attachment) => next = next.or(Some(Turn::Read(attachment))),
                }
            }
            Ok(next.unwrap_or(Turn::Nothing))
        })
        .await
}

/// Whether a comment that shows files waits for them still: not for ever, they may never come.
fn waits_for_files<M: Machine>(desk: &Desk<M>, id: PairId, steps: &[Step]) -> bool {
    let (awake, mut memory) = (desk.machine.awake(), desk.room.memory());
    if !steps.iter().any(|step| matches!(step, Step::Wait(_))) {
        memory.shown_later.remove(&id);
        return false;
    }
    let since = *memory.shown_later.entry(id).or_insert(awake);
    awake.saturating_sub(since) < PATIENCE
}

/// Both sides' status rests on what each tells the other: say so when the last piece of work is done.
pub async fn tell_when_idle<M: Machine>(machine: &M, room: &Room, id: &ConnectionId) {
    let wanted = id.clone();
    let waiting = machine.read(move |tx| tx.has_to_do(&wanted)).await;
    let told = room.memory().told_pending;
    if waiting.is_ok_and(|waiting| !waiting) && told.is_some_and(|pending| pending > 0) {
        room.news.ring();
    }
    machine.changed();
}

/// Something that could stand there already, unknown to a database that was set back.
fn makes_something(write: &Write) -> bool {
    matches!(write, Write::CreateIssue { .. } | Write::AddComment { .. } | Write::AddAttachment { .. })
}
