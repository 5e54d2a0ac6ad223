//! Sends a write whose intent is recorded, and settles what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use twinline_engine::{Eyes, Outcome, bug, leave_unmarked, noticed, observe, recalled, settle};
use twinline_model::asked::ChosenField;
use twinline_model::extra::{Extra, Extras};
use twinline_model::intent::{FieldWrite, Intent, IntentState, Write};
use twinline_model::notice::Says;
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{OurIssue, Pair, PairState};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::Receipt;
use twinline_model::rules::RuleDirection;
use twinline_model::text::clean_line;
use twinline_model::{IntentId, IssueId, PairId};
use twinline_store::{StoreError, Tx};
use twinline_trackers::{IssueDraft, IssueEdit, NotApplied, Tracker, UploadFile, WriteError};

use crate::again::let_go;
use crate::census::{MANY, hold, still_missing};
use crate::desk::Desk;
use crate::machine::Spool as _;
use crate::refusal::{asked, from_refusal};
use crate::rows::{began, keep_lost, leap, note, push_receipt, raise, raise_for, report, rules, save};
use crate::scripted::{Ruled, stop, tell_partner};
use crate::{Machine, blobs, closed};

/// After a failure to reach the tracker.
const UNREACHED: Duration = Duration::from_secs(5);
/// Within which single issues are counted.
const HOUR: Duration = Duration::from_secs(3_600);
/// After the tracker did not accept the sign-in.
const SIGNED_OUT: Duration = Duration::from_secs(60);

/// Sends a write whose intent is recorded, and settles it. A create carries what was `chosen`. True: the pair may go on.
pub(crate) async fn perform<M: Machine>(
    desk: &Arc<Desk<M>>,
    intent: Intent,
    pair: Pair,
    chosen: Vec<ChosenField>,
) -> Result<bool, Trouble> {
    let sent_ms = match &intent.write {
        Write::EditIssue { .. } => desk.tracker.clock_ms().await.ok(),
        _ => None,
    };
    match send(desk, &intent, &pair, chosen).await? {
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
        Err(WriteError::Unknown(_)) if bug!(RetryOnTimeout) => {
            settle_intent(desk, intent.id, Outcome::NotApplied).await?;
            Ok(true)
        }
        Err(WriteError::Unknown(why)) => {
            tracing::warn!(why, intent = intent.id.0, "the answer was lost: the write is probed");
            let id = intent.id;
            desk.room.memory().sent.extend(sent_ms.map(|at| (id, at)));
            desk.machine
                .write("unknown", move |tx| {
                    tx.set_intent_state(id, &IntentState::Unknown { clean_probes: 0 })
                })
                .await?;
            Ok(false)
        }
        Err(WriteError::NotApplied(why)) => {
            let why = match why {
                NotApplied::NotFound => match is_gone(desk, &pair).await? {
                    Some(true) => {
                        let issue = pair.ours.map(|ours| ours.id);
                        return forget_pair(desk, pair.id, issue).await.map(|_| false);
                    }
                    Some(false) => why,
                    // Nobody can say now: it is tried again when somebody can.
                    None => NotApplied::NotSent("the issue could not be looked at".to_owned()),
                },
                why => why,
            };
            not_applied(desk, &intent, &why).await?;
            Ok(false)
        }
    }
}

/// Whether the tracker no longer shows our issue at all, though it knows who we are; `None`: it does not answer.
pub(crate) async fn is_gone<M: Machine>(desk: &Desk<M>, pair: &Pair) -> Result<Option<bool>, Trouble> {
    let Some(ours) = &pair.ours else { return Ok(Some(false)) };
    Ok(match desk.tracker.issues_by_id(std::slice::from_ref(&ours.id)).await {
        Ok(issues) if !issues.is_empty() => Some(false),
        Ok(_) => {
            let missing = still_missing(desk.tracker.as_ref(), std::slice::from_ref(&ours.id)).await;
            missing.ok().filter(|missing| !missing.is_empty()).map(|_| true)
        }
        Err(_) => None,
    })
}

/// Deleted, moved where we may not look, or hidden: never propagated. The pair is unlinked, the twin stays (F52). Not if its
/// issue is another one by now than the `issue` that is gone: that was a copy, and the original has taken its place. False: so
/// many went that the connection is held instead.
pub(crate) async fn forget_pair<M: Machine>(
    desk: &Desk<M>,
    id: PairId,
    issue: Option<IssueId>,
) -> Result<bool, Trouble> {
    // With its project it may come back.
    if !closed::is_open_for(desk).await? {
        return Ok(true);
    }
    if too_many(desk) {
        return hold(desk.machine.as_ref(), &desk.connection, MANY).await.map(|()| false);
    }
    let now = desk.machine.now_ms();
    desk.machine
        .write("unlink", move |tx| match tx.pair(id)? {
            Some(pair) if pair.ours.as_ref().map(|ours| &ours.id) != issue.as_ref() => Ok(()),
            Some(mut pair) if pair.state == PairState::Active => let_go(tx, &mut pair, true, now),
            // Unlinked before: nobody can look any more what became of its writes.
            Some(pair) => {
                tx.intents_of(id)?.iter().try_for_each(|intent| tx.remove_intent(intent.id))?;
                save(tx, &pair, None)
            }
            None => Ok(()),
        })
        .await?;
    desk.room.news.ring();
    desk.machine.changed();
    Ok(true)
}

/// More issues went within an hour than single accidents would take: a person has to look (F53).
fn too_many<M: Machine>(desk: &Desk<M>) -> bool {
    let awake = desk.machine.awake();
    let mut memory = desk.room.memory();
    memory.let_go.retain(|at| awake.saturating_sub(*at) < HOUR);
    let many = memory.let_go.len() >= MANY;
    match many {
        // Once a person has looked, the count begins anew.
        true => memory.let_go.clear(),
        false => memory.let_go.push(awake),
    }
    many
}

async fn send<M: Machine>(
    desk: &Desk<M>,
    intent: &Intent,
    pair: &Pair,
    chosen: Vec<ChosenField>,
) -> Result<Result<Outcome, WriteError>, Trouble> {
    let tracker = desk.tracker.as_ref();
    let key = desk.machine.marker_key(&desk.connection.id).await?;
    let issue = pair.ours.as_ref().map(|o| o.id.clone());
    let done = match (&intent.write, issue) {
        (Write::CreateIssue { fields, attempt, .. }, _) => {
            let value =
                |f: &Option<FieldWrite<String>>| f.as_ref().map(|w| w.value.clone()).unwrap_or_default();
            let draft = IssueDraft {
                project: desk.connection.project.clone(),
                issue_type: value(&fields.issue_type),
                summary: value(&fields.summary),
                description: fields.description.as_ref().map(|w| w.value.clone()).unwrap_or_default(),
                extras: values(&fields.extras),
                marker: key.mark(&desk.connection.id, &pair.origin, *attempt),
                chosen,
            };
            tracker.create_issue(&draft).await.map(|created| {
                Outcome::Created(OurIssue { id: created.id, key: created.key, url: created.url })
            })
        }
        (Write::EditIssue { fields, .. }, Some(issue)) => {
            if fields.description.as_ref().is_some_and(|w| w.again)
                && let Some(moved) = moved_on(tracker, &issue, pair).await
            {
                return Ok(moved.map(|seen| Outcome::Reread(Box::new(seen))));
            }
            let edit = IssueEdit {
                summary: fields.summary.as_ref().map(|w| w.value.clone()),
                description: fields.description.as_ref().map(|w| w.value.clone()),
                issue_type: fields.issue_type.as_ref().map(|w| w.value.clone()),
                extras: values(&fields.extras),
            };
            let edited = match edit.is_empty() {
                true => as_it_stands(tracker, &issue).await,
                false => tracker.edit_issue(&issue, &edit).await,
            };
            edited.map(|seen| Outcome::Edited(Box::new(seen)))
        }
        (Write::AddComment { origin, body, .. }, Some(issue)) => {
            let marker = key.mark(&desk.connection.id, origin, 0);
            tracker.add_comment(&issue, body, &marker).await.map(Outcome::Commented)
        }
        (Write::EditComment { comment, body, .. }, Some(issue)) => {
            tracker.edit_comment(&issue, comment, body).await.map(Outcome::Commented)
        }
        (Write::AddAttachment { sha256, file_name, mime, size, .. }, Some(issue)) => {
            match desk.machine.spool().stream(sha256).await {
                Ok(bytes) => {
                    let file =
                        UploadFile { file_name: file_name.clone(), mime: mime.clone(), size: *size, bytes };
                    tracker.upload(&issue, file).await.map(Outcome::Attached)
                }
                Err(e) => {
                    tracing::warn!(%e, "a spooled file is missing: it is fetched again");
                    let sha256 = sha256.clone();
                    desk.machine.write("respool", move |tx| tx.blob_progress(&sha256, 0, false)).await?;
                    Ok(Outcome::NotApplied)
                }
            }
        }
        (Write::RemoveAttachment { attachment, .. }, Some(_)) => {
            tracker.delete_attachment(attachment).await.map(|()| Outcome::Removed)
        }
        // Only a create is planned for a pair without an issue.
        (_, None) => Ok(Outcome::NotApplied),
    };
    Ok(done)
}

/// Nothing is to be written: it is only looked at.
async fn as_it_stands(tracker: &dyn Tracker, issue: &IssueId) -> Result<ObservedIssue, WriteError> {
    let found = tracker.issues_by_id(std::slice::from_ref(issue)).await?;
    found.into_iter().next().ok_or_else(|| NotApplied::NotFound.into())
}

/// What stands there already, and what rules leave alone, is not written once more.
fn values(extras: &BTreeMap<String, FieldWrite<Extra>>) -> Extras {
    extras
        .iter()
        .filter(|(_, write)| !write.again)
        .map(|(name, write)| (name.clone(), write.value.clone()))
        .collect()
}

/// Before a description is written that stands there already, for the sake of its pictures or of a newer version: how the issue stands if a person changed the
/// description since we last looked. `None`: nobody did.
async fn moved_on(
    tracker: &dyn Tracker,
    issue: &IssueId,
    pair: &Pair,
) -> Option<Result<ObservedIssue, WriteError>> {
    match tracker.issues_by_id(std::slice::from_ref(issue)).await {
        Ok(found) => match found.into_iter().next() {
            Some(seen) if pair.description.base_local.as_ref() == Some(&seen.description) => None,
            Some(seen) => Some(Ok(seen)),
            None => Some(Err(NotApplied::NotFound.into())),
        },
        Err(error) => Some(Err(error.into())),
    }
}

/// What was written becomes `base`; the intent goes in the same transaction.
pub async fn settle_intent<M: Machine>(
    desk: &Arc<Desk<M>>,
    id: IntentId,
    outcome: Outcome,
) -> Result<(), Trouble> {
    let (inner, now) = (desk.clone(), desk.machine.now_ms());
    // Without the tracker's clock nothing is taken for an earlier run's.
    let begun = desk.tracker.clock_ms().await.map_or(i64::MIN, |clock| began(desk.machine.as_ref(), clock));
    desk.machine
        .write("settle", move |tx| {
            let connection = &inner.connection;
            let Some(intent) = tx.intents(&connection.id)?.into_iter().find(|i| i.id == id) else {
                // The poll has met the new issue and settled it before its answer was heard.
                return Ok(());
            };
            let Some(mut pair) = tx.pair(intent.pair)? else { return tx.remove_intent(id) };
            let settled = settle(&mut pair, &intent, &outcome);
            tell_partner(inner.script(tx)?.as_ref(), &mut pair, &settled.lost);
            keep_lost(tx, &pair, settled.lost, now)?;
            tx.remove_intent(id)?;
            if let (Write::AddAttachment { origin, sha256, .. }, Outcome::Attached(_)) =
                (&intent.write, &outcome)
            {
                tx.withdraw_want(&connection.id, sha256, origin)?;
                // The partner waits for no receipt of what we made.
                if !pair.attachments.iter().any(|a| a.origin == *origin && a.made) {
                    let (origin, sha256) = (origin.clone(), sha256.clone());
                    push_receipt(tx, &connection.id, &Receipt::BlobApplied { origin, sha256 })?;
                }
            }
            let created = matches!(outcome, Outcome::Created(_) | Outcome::Met(..));
            if let Outcome::Edited(seen) | Outcome::Reread(seen) = outcome {
                look_again(tx, &inner, &mut pair, Some(*seen), begun)?;
            } else {
                look_again(tx, &inner, &mut pair, None, begun)?;
            }
            note(tx, &pair, settled.notes, now)?;
            save(tx, &pair, Some(now))?;
            if created { report(tx, &pair) } else { Ok(()) }
        })
        .await?;
    {
        let mut memory = desk.room.memory();
        memory.probing.remove(&id);
        memory.sent.remove(&id);
    }
    desk.room.news.ring();
    desk.machine.changed();
    // Files that nobody needs any more.
    blobs::clean(desk.machine.as_ref()).await;
    Ok(())
}

/// Lets the pair observe the issue as last seen (or as just answered): what an open intent might have caused was left
/// alone until now, and people may have written meanwhile. `begun`: when this run began, by the tracker's clock.
fn look_again<M: Machine>(
    tx: &mut Tx<'_>,
    desk: &Desk<M>,
    pair: &mut Pair,
    answered: Option<ObservedIssue>,
    begun: i64,
) -> Result<(), StoreError> {
    // A poll may have met what came after the answer, and left it alone.
    let newer = |a: &ObservedIssue| pair.local.as_ref().is_none_or(|local| a.updated_ms >= local.updated_ms);
    let mut answered = answered.filter(newer);
    // An answer to an edit shows no markers of comments: the issue is read again.
    if let Some(answered) = &mut answered
        && leave_unmarked(pair, answered)
    {
        tx.forget_seen_issue(&desk.account.id, &answered.id)?;
        desk.room.memory().left_open = true;
    }
    let Some(mut seen) = answered.or_else(|| pair.local.clone()) else { return Ok(()) };
    // It moved away, or its project has another key: whoever takes it in next asks the tracker.
    if seen.project != desk.connection.project {
        tx.forget_seen_issue(&desk.account.id, &seen.id)?;
        desk.room.memory().left_open = true;
        return Ok(());
    }
    // Unverified here, and known from the poll.
    seen.marker = None;
    let open = tx.intents_of(pair.id)?;
    let me = tx.speaks_as(&desk.connection)?;
    let rules = rules(tx, &desk.connection)?;
    let settled = desk.room.memory().agreed && !tx.link(&desk.connection.id)?.reconciling;
    let leap = leap(desk.machine.as_ref());
    let script = desk.script(tx)?;
    if let Some(script) = &script {
        seen = match script.leaving(seen) {
            Ok(leaving) => leaving,
            Err(fault) => return stop(tx, pair, RuleDirection::Outgoing, &fault, desk.machine.now_ms()),
        };
    }
    let remembered = recalled(pair, &seen, begun);
    let ruled = Ruled::of(pair, &desk.forms, script.as_ref());
    let (site, forms) = (&desk.account.site, ruled.forms());
    let lost = observe(pair, seen, &open, Eyes { rules: &rules, node: &me, site, forms, settled, leap });
    tell_partner(script.as_ref(), pair, &lost);
    keep_lost(tx, pair, [remembered, lost].concat(), desk.machine.now_ms())
}

/// Proved: it took no effect. What concerns the issue is shown; what concerns the tracker waits.
async fn not_applied<M: Machine>(
    desk: &Arc<Desk<M>>,
    intent: &Intent,
    why: &NotApplied,
) -> Result<(), Trouble> {
    tracing::info!(%why, intent = intent.id.0, "not applied");
    let closed = closed::may_concern_project(why) && !closed::is_open_for(desk).await?;
    let wait = match why {
        NotApplied::SlowDown { wait, issue_only: true } => {
            // The issue has a limit of its own: the others go on.
            let (awake, mut memory) = (desk.machine.awake(), desk.room.memory());
            memory.pair_after.retain(|_, until| *until > awake);
            memory.pair_after.insert(intent.pair, awake + *wait);
            None
        }
        NotApplied::SlowDown { wait, issue_only: false } => Some(*wait),
        NotApplied::NotSent(_) => Some(UNREACHED),
        NotApplied::SignIn => {
            // Another process may renew the token: read it anew.
            desk.machine.forget_tracker(&desk.account.id);
            let trouble = Trouble::new(ProblemCode::SignInExpired).with("site", &desk.account.site);
            raise_for(desk.machine.as_ref(), &desk.connection.id, trouble).await?;
            Some(SIGNED_OUT)
        }
        _ => None,
    };
    if let Some(wait) = wait {
        desk.room.memory().writes_after = Some(desk.machine.awake() + wait);
    }
    let (inner, intent, why) = (desk.clone(), intent.clone(), why.clone());
    desk.machine
        .write("not-applied", move |tx| {
            // Let go while it was under way: what it was about is not what stands here now.
            if !tx.intents_of(intent.pair)?.iter().any(|open| open.id == intent.id) {
                return Ok(());
            }
            tx.remove_intent(intent.id)?;
            let Some(mut pair) = tx.pair(intent.pair)? else { return Ok(()) };
            look_again(tx, &inner, &mut pair, None, i64::MIN)?;
            // Then the issue is not to blame: it waits with the others.
            if !closed && pair.state == PairState::Active {
                stop_for(tx, &inner, &mut pair, &intent.write, &why)?;
            }
            save(tx, &pair, None)
        })
        .await?;
    desk.room.news.ring();
    desk.machine.changed();
    Ok(())
}

fn stop_for<M: Machine>(
    tx: &mut Tx<'_>,
    desk: &Desk<M>,
    pair: &mut Pair,
    write: &Write,
    why: &NotApplied,
) -> Result<(), StoreError> {
    // The line in place of a file is a courtesy: where it is refused, nobody has to do anything.
    if let Write::AddComment { origin, version, .. } | Write::EditComment { origin, version, .. } = write
        && from_refusal(why, None).is_some()
        && noticed(pair, origin, None, Says::of_version(*version))
    {
        return Ok(());
    }
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
    if trouble.code == ProblemCode::IssueFull {
        let (what, number) = full_of(pair, write);
        trouble = trouble.with("what", what).with("number", number.to_string());
        if let Write::AddComment { origin, .. } = write {
            for comment in pair.comments.iter_mut().filter(|c| c.origin == *origin) {
                comment.stopped = Some(trouble.code.as_str().to_owned());
            }
        }
    }
    // A file that may not be taken away stops alone.
    if let Write::RemoveAttachment { origin, .. } = write {
        for file in pair.attachments.iter_mut().filter(|a| a.origin == *origin) {
            trouble = trouble.with("file", &file.file_name);
            file.stopped = Some(trouble.code.as_str().to_owned());
        }
    }
    if let Write::CreateIssue { fields, .. } = write {
        let kind = fields.issue_type.as_ref().map(|w| w.value.as_str()).unwrap_or_default();
        trouble = trouble.with("type", kind);
        let choices = tx.choices(&pair.connection, kind, pair.id)?;
        let mut values = Vec::new();
        for field in asked(why) {
            tx.keep_asked(&pair.connection, kind, field)?;
            values.extend(choices.iter().filter(|c| c.field == field.id).map(|c| c.value.words()));
        }
        trouble = trouble.with("value", clean_line(&values.join(", "), 300));
    }
    raise(tx, pair, &trouble, desk.machine.now_ms())
}

/// What an issue has too many of, and how many there are.
fn full_of(pair: &Pair, write: &Write) -> (&'static str, usize) {
    let local = pair.local.as_ref();
    match write {
        Write::AddAttachment { .. } => ("attachments", local.map_or(0, |l| l.attachments.len())),
        _ => ("comments", local.map_or(0, |l| l.comments.len())),
    }
}

/// Bytes as people say them.
pub(crate) fn megabytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{} MB", bytes.div_ceil(1_000_000)),
    }
}
