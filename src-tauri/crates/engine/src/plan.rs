//! What is to be done: a pure function of the three trees and the open intents.

use std::collections::BTreeMap;

use twinline_model::extra::{Extra, STATUS};
use twinline_model::intent::{FieldWrite, Intent, IssueFields, Write};
use twinline_model::pair::{Attachment, Comment, Doubt, Field, Gone, Pair, PairState, Side};
use twinline_model::replica::{Standing, Version};
use twinline_model::view::PairStanding;
use twinline_model::{AttachmentId, BlobHash, Document, Origin};

use crate::compose::has_news;
use crate::digest::body_hash;
use crate::media::{is_to_be_shown, waits_for_theirs};
use crate::notice::{is_notice_due, plan_notice};
use crate::observe::may_be;
use crate::rules::Forms;

/// One thing to do for a pair.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Record the intent, then write to our tracker.
    Write(Write),
    /// The same, once the files that it shows are here, or do not come for a while.
    Wait(Write),
    /// Record the intent as unknown: something that looks like its effect stands there already, and a probe finds out.
    Doubt(Write),
    /// Nothing to write: this version of the partner's comment stands here already, as after a restore.
    Known {
        /// The comment.
        origin: Origin,
        /// The version.
        version: u64,
    },
    /// Ask the partner for these bytes.
    Fetch {
        /// For which attachment.
        origin: Origin,
        /// Which bytes.
        sha256: BlobHash,
        /// How many.
        size: u64,
    },
    /// Make the file with the rest of the description.
    Make {
        /// The attachment.
        origin: Origin,
        /// Its bytes.
        sha256: BlobHash,
    },
    /// Put the pair's marker on our issue, which was there before the pair: however often, it is one marker.
    Mark,
    /// Read our attachment once, to know its hash and to have it ready for the partner.
    Read(AttachmentId),
}

/// Plans a pair's next steps.
///
/// `complete` says whether bytes are whole in the spool; `above` is the highest key number known in our project.
/// Creating the issue comes before everything else of it; comments go one by one in order, attachments one at a time.
pub fn plan(
    pair: &Pair,
    open: &[Intent],
    forms: &dyn Forms,
    complete: &dyn Fn(&BlobHash) -> bool,
    above: u64,
) -> Vec<Step> {
    let creating = open.iter().any(|i| matches!(i.write, Write::CreateIssue { .. }));
    if pair.state != PairState::Active || (creating && !bug!(PlanDespiteCreate)) {
        return Vec::new();
    }
    let mut steps = Vec::new();
    // The rules are asked once more before a file is fetched or written: they may break off at one.
    let waiting: Vec<&Attachment> =
        pair.attachments.iter().filter(|file| waits(file) && !file.made).collect();
    // Of an issue that cannot be made yet they would say that something is missing, which is nobody's fault.
    let asked = !waiting.is_empty() && (pair.ours.is_some() || can_be_made(pair));
    let taken = if asked { forms.takes(&waiting) } else { Vec::new() };
    let left_out: Vec<&Origin> =
        waiting.iter().zip(taken).filter(|(_, taken)| !taken).map(|(file, _)| &file.origin).collect();
    if pair.ours.is_none() {
        steps.extend(plan_create(pair, forms, above).map(Step::Write));
        steps.extend(fetches(pair, complete, &left_out));
        return steps;
    }
    if !open.iter().any(|i| matches!(i.write, Write::EditIssue { .. })) {
        steps.extend(plan_edit(pair, forms).map(Step::Write));
    }
    if !open.iter().any(|i| matches!(i.write, Write::AddComment { .. } | Write::EditComment { .. })) {
        steps.extend(plan_comment(pair, forms).or_else(|| plan_notice(pair, forms).map(Step::Write)));
    }
    let files = |w: &Write| matches!(w, Write::AddAttachment { .. } | Write::RemoveAttachment { .. });
    if !open.iter().any(|i| files(&i.write)) {
        steps.extend(
            plan_attachment(pair, complete, &left_out).or_else(|| plan_removal(pair).map(Step::Write)),
        );
    }
    steps.extend(fetches(pair, complete, &left_out));
    steps.extend(is_unmarked(pair).then_some(Step::Mark));
    steps.extend(reads(pair));
    steps
}

/// Our issue was there before the pair, and does not carry its marker yet.
fn is_unmarked(pair: &Pair) -> bool {
    pair.ours.is_some() && pair.joined.as_ref().is_some_and(|joined| !joined.marked)
}

/// What every issue needs has come.
fn can_be_made(pair: &Pair) -> bool {
    fn there<T>(field: &Field<T>) -> bool {
        field.remote.is_some() || field.chosen.is_some()
    }
    there(&pair.summary) && there(&pair.issue_type)
}

fn plan_create(pair: &Pair, forms: &dyn Forms, above: u64) -> Option<Write> {
    if !can_be_made(pair) {
        return None;
    }
    let summary = field_write(&pair.summary, None, |theirs| Some(forms.summary(theirs)))?;
    let issue_type = field_write(&pair.issue_type, None, |theirs| forms.issue_type(theirs))?;
    let description = description_write(&pair.description, None, forms);
    // A new issue has nothing in them; what the rules leave alone is met by the first look.
    let extra = |name: &str, field: &Field<Extra>| {
        if name == STATUS {
            return None;
        }
        let write = field_write(field, None, |theirs| Some(forms.extra(name, theirs, &Extra::Nothing)))?;
        (!write.value.is_empty()).then_some(write)
    };
    let extras = extras(pair, extra);
    let fields = IssueFields { summary: Some(summary), description, issue_type: Some(issue_type), extras };
    Some(Write::CreateIssue { fields, above, attempt: pair.given_up })
}

fn plan_edit(pair: &Pair, forms: &dyn Forms) -> Option<Write> {
    let local = pair.local.as_ref()?;
    let free = |name: &str| pair.drift.as_deref() != Some(name);
    let extra = |name: &str, field: &Field<Extra>| {
        let stands = local.extras.get(name).unwrap_or(&Extra::Nothing);
        let write = field_write(field, Some(stands), |theirs| Some(forms.extra(name, theirs, stands)));
        write.filter(|_| free(name))
    };
    let mut fields = IssueFields {
        extras: extras(pair, extra),
        summary: field_write(&pair.summary, Some(&local.summary), |theirs| Some(forms.summary(theirs)))
            .filter(|_| free("summary")),
        description: description_write(&pair.description, Some(&local.description), forms)
            .or_else(|| shown(&pair.description, forms).filter(|_| is_to_be_shown(pair)))
            .filter(|_| free("description")),
        issue_type: field_write(&pair.issue_type, Some(&local.issue_type), |theirs| forms.issue_type(theirs))
            .filter(|_| free("issuetype")),
    };
    if fields == IssueFields::default() {
        return None;
    }
    // A status is written by itself, once there is nothing else.
    let status = fields.extras.remove(STATUS).filter(|_| fields == IssueFields::default());
    fields.extras.extend(status.map(|write| (STATUS.to_owned(), write)));
    let last_history = local.history.last().map_or(0, |entry| entry.id);
    Some(Write::EditIssue { fields, last_history })
}

fn extras(
    pair: &Pair,
    write: impl Fn(&str, &Field<Extra>) -> Option<FieldWrite<Extra>>,
) -> BTreeMap<String, FieldWrite<Extra>> {
    pair.extras.iter().filter_map(|(name, field)| Some((name.clone(), write(name, field)?))).collect()
}

/// What stands in `remote` and is newer than `base`, or was decided here, in our tracker's form. `stands`: what was seen there
/// last.
fn field_write<T: Clone + PartialEq>(
    field: &Field<T>,
    stands: Option<&T>,
    form: impl FnOnce(&T) -> Option<T>,
) -> Option<FieldWrite<T>> {
    let waiting = field.remote.as_ref().filter(|r| r.version.standing(field.version) == Standing::Newer);
    let (version, theirs) = match (waiting, &field.chosen) {
        (Some(remote), _) => (remote.version, &remote.value),
        (None, Some(chosen)) => (field.version, chosen),
        (None, None) => return None,
    };
    let value = form(theirs)?;
    Some(FieldWrite { version, again: stands == Some(&value), value, theirs: theirs.clone(), rest: None })
}

fn description_write(
    field: &Field<Document>,
    stands: Option<&Document>,
    forms: &dyn Forms,
) -> Option<FieldWrite<Document>> {
    let write = field_write(field, stands, |theirs| Some(forms.text(theirs)))?;
    Some(FieldWrite { rest: forms.rest(&write.theirs), ..write })
}

/// The description as it is, with the files that it shows.
fn shown(field: &Field<Document>, forms: &dyn Forms) -> Option<FieldWrite<Document>> {
    let theirs = field.base_remote.clone()?;
    let (value, rest) = (forms.text(&theirs), forms.rest(&theirs));
    Some(FieldWrite { version: field.version, value, theirs, again: true, rest })
}

fn plan_comment(pair: &Pair, forms: &dyn Forms) -> Option<Step> {
    let waiting = |c: &&Comment| c.author == Side::Theirs && c.version > c.done && c.stopped.is_none();
    let newest = || pair.comments.iter().rev().find(waiting);
    let comment = if bug!(CommentsBackwards) { newest()? } else { pair.comments.iter().find(waiting)? };
    let incoming = comment.incoming.as_ref()?;
    let (origin, version) = (comment.origin.clone(), comment.version);
    let body = match comment.withdrawn {
        true => Some(forms.withdrawn()),
        false => forms.comment(&incoming.author, incoming.created_ms, &incoming.body),
    };
    let Some(body) = body else { return Some(Step::Known { origin, version }) };
    let waits = !comment.withdrawn && waits_for_theirs(pair, &incoming.body);
    let write = |write| if waits { Step::Wait(write) } else { Step::Write(write) };
    Some(match &comment.ours {
        Some(_) if body_hash(&body) == comment.base_hash => Step::Known { origin, version },
        Some(ours) => write(Write::EditComment { origin, comment: ours.clone(), version, body }),
        None if comment.doubt => Step::Doubt(Write::AddComment { origin, version, body }),
        None => write(Write::AddComment { origin, version, body }),
    })
}

fn plan_attachment(pair: &Pair, complete: &dyn Fn(&BlobHash) -> bool, left_out: &[&Origin]) -> Option<Step> {
    let attachment = pair
        .attachments
        .iter()
        .find(|a| waits(a) && !left_out.contains(&&a.origin) && a.sha256.as_ref().is_some_and(complete))?;
    let listed = || pair.local.iter().flat_map(|l| &l.attachments);
    let ours: Vec<&AttachmentId> = pair.attachments.iter().filter_map(|a| a.ours.as_ref()).collect();
    let candidates: Vec<&AttachmentId> = listed()
        .filter(|seen| seen.by_us && !ours.contains(&&seen.id) && may_be(attachment, seen))
        .map(|seen| &seen.id)
        .collect();
    let all = listed().map(|a| &a.id).chain(ours.iter().copied());
    let mut known: Vec<AttachmentId> = all.filter(|id| !candidates.contains(id)).cloned().collect();
    known.sort();
    known.dedup();
    let write = Write::AddAttachment {
        origin: attachment.origin.clone(),
        sha256: attachment.sha256.clone()?,
        file_name: attachment.file_name.clone(),
        mime: attachment.mime.clone(),
        size: attachment.size,
        known,
    };
    let doubt = !candidates.is_empty() || attachment.doubt == Doubt::Some;
    Some(if doubt { Step::Doubt(write) } else { Step::Write(write) })
}

/// A twin whose original was taken away goes too.
fn plan_removal(pair: &Pair) -> Option<Write> {
    let attachment =
        pair.attachments.iter().find(|a| a.gone == Gone::There && a.ours.is_some() && a.stopped.is_none())?;
    Some(Write::RemoveAttachment { origin: attachment.origin.clone(), attachment: attachment.ours.clone()? })
}

/// One of the partner's that is not here yet.
fn waits(file: &Attachment) -> bool {
    file.born == Side::Theirs && file.ours.is_none() && file.stopped.is_none() && file.gone.is_no()
}

fn fetches<'a>(
    pair: &'a Pair,
    complete: &'a dyn Fn(&BlobHash) -> bool,
    left_out: &'a [&'a Origin],
) -> impl Iterator<Item = Step> + 'a {
    pair.attachments.iter().filter(|a| waits(a) && !left_out.contains(&&a.origin)).filter_map(|a| {
        let sha256 = a.sha256.clone().filter(|sha256| !complete(sha256))?;
        let (origin, size) = (a.origin.clone(), a.size);
        Some(if a.made { Step::Make { origin, sha256 } } else { Step::Fetch { origin, sha256, size } })
    })
}

fn reads(pair: &Pair) -> impl Iterator<Item = Step> + '_ {
    pair.attachments
        .iter()
        .filter(|a| a.born == Side::Ours && a.sha256.is_none() && a.stopped.is_none() && a.gone.is_no())
        .filter_map(|a| a.ours.clone().map(Step::Read))
}

/// How a pair stands, for the lists: (has news for the partner, has something to do here, standing).
///
/// "Something to do" holds while a step is possible or an intent is open, whatever keeps it from being done.
pub fn flags(pair: &Pair, open: &[Intent], stopped: bool) -> (bool, bool, PairStanding) {
    if pair.state != PairState::Active {
        // What was sent before may still turn out to have replaced somebody's text.
        return (false, !open.is_empty(), PairStanding::Unlinked);
    }
    let to_send = has_news(pair);
    let to_do = !open.is_empty() || has_work(pair);
    // Until the partner has told which issue stands for ours, nobody knows that it does.
    let unheard = pair.theirs.is_none();
    let stopped = stopped || pair.drift.is_some();
    let standing = match (stopped, to_send || to_do || unheard) {
        (true, _) => PairStanding::Stopped,
        (false, true) => PairStanding::Syncing,
        (false, false) => PairStanding::InStep,
    };
    (to_send, to_do, standing)
}

fn has_work(pair: &Pair) -> bool {
    fn newer<T>(field: &Field<T>) -> bool {
        let base: Version = field.version;
        field.chosen.is_some()
            || field.remote.as_ref().is_some_and(|r| r.version.standing(base) == Standing::Newer)
    }
    newer(&pair.summary)
        || newer(&pair.description)
        || newer(&pair.issue_type)
        || pair.extras.values().any(newer)
        || is_to_be_shown(pair)
        || is_notice_due(pair)
        || is_unmarked(pair)
        || pair.comments.iter().any(|c| c.author == Side::Theirs && c.version > c.done && c.stopped.is_none())
        || pair.attachments.iter().any(|a| {
            a.stopped.is_none()
                && match a.born {
                    _ if a.gone == Gone::There => a.ours.is_some(),
                    _ if !a.gone.is_no() => false,
                    Side::Theirs => a.ours.is_none(),
                    Side::Ours => a.sha256.is_none(),
                }
        })
}
