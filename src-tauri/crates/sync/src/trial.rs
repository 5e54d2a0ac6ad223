//! Rules that are not in force are tried on issues that are synced: what they would make of each, field by field. Nothing is
//! written, neither to our tracker nor to the database nor to the partner.
//!
//! Two questions are answered for each value. What would travel, or be written, the next time that it does: both versions of
//! the rules are run side by side. And whether it would be told the partner as soon as the rules are saved: for that the very
//! engine looks at the issue with the tried rules, on a copy of its pair, and composes what it would send.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use twinline_engine::{Eyes, compose, observe};
use twinline_model::connection::Connection;
use twinline_model::extra::Extra;
use twinline_model::observed::{IssueTypes, Leaving, ObservedIssue};
use twinline_model::pair::{Attachment, Pair, PairState, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::Replica;
use twinline_model::rules::{RuleDirection, RulePart};
use twinline_model::{ConnectionId, NodeId, PairId};
use twinline_script::Fault;
use twinline_store::{Account, StoreError, Tx};

use crate::Machine;
use crate::forms::Shapes;
use crate::poll::Failure;
use crate::rows::rules_of;
use crate::scripted::{Compiled, Ruled, Script, around};

/// Issues that are tried, at most.
pub const ISSUES: u32 = 20;

/// What tried rules would make of one issue.
pub struct Tried {
    /// The pair, as it stands.
    pub pair: Pair,
    /// They break off at it.
    pub fault: Option<(RuleDirection, Fault)>,
    /// What would be otherwise than with the rules in force.
    pub changes: Vec<Change>,
}

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Which way.
    pub direction: RuleDirection,
    /// Of what.
    pub part: RulePart,
    /// Whose comment, or which file.
    pub name: Option<String>,
    /// What the rules in force make of it, plain text.
    pub now: Option<String>,
    /// What the tried ones would.
    pub then: Option<String>,
    /// It would leave as soon as they are saved.
    pub at_once: bool,
}

/// Tries rules on the newest issues of a connection. One question to the tracker, which only reads.
///
/// # Errors
/// The database, or the tracker, cannot be read.
pub async fn try_rules<M: Machine>(
    machine: &Arc<M>,
    connection: &Connection,
    in_force: Arc<Compiled>,
    tried: Arc<Compiled>,
) -> Result<Vec<Tried>, Failure> {
    let of = connection.clone();
    let (account, pairs, me, company) = machine
        .read(move |tx| {
            let pairs = newest(tx, &of.id)?;
            Ok((tx.account(&of.account)?, pairs, tx.speaks_as(&of)?, tx.setting("company")?))
        })
        .await?;
    let account = account.ok_or_else(|| Trouble::new(ProblemCode::AccountUnknown))?;
    let tracker = machine.tracker(&account).await?;
    let types = machine.types(&account, &connection.project).await?;
    let ids: Vec<_> =
        pairs.iter().filter_map(|pair| pair.ours.as_ref().map(|ours| ours.id.clone())).collect();
    let found = tracker.issues_by_id(&ids).await?;
    let seen: BTreeMap<_, _> = found.into_iter().map(|issue| (issue.id.clone(), issue)).collect();
    let company = account.company(company);
    let around =
        |types: &IssueTypes| around(connection, company.clone(), machine.partner_words(connection), types);
    let trial = Trial {
        connection,
        account: &account,
        me,
        shapes: Shapes::from(machine.as_ref(), &tracker),
        in_force: Script::new(in_force, around(&types)),
        tried: Script::new(tried, around(&types)),
    };
    Ok(pairs.into_iter().map(|pair| trial.of(pair, &seen)).collect())
}

/// The newest pairs that are synced and stand in our tracker.
fn newest(tx: &Tx<'_>, connection: &ConnectionId) -> Result<Vec<Pair>, StoreError> {
    let mut pairs = Vec::new();
    for row in tx.pairs_page(connection, "", None, ISSUES)? {
        let Ok(id) = row.id.parse().map(PairId) else { continue };
        pairs.extend(tx.pair(id)?.filter(|pair| pair.state == PairState::Active && pair.ours.is_some()));
    }
    Ok(pairs)
}

/// With what issues are tried.
struct Trial<'a> {
    connection: &'a Connection,
    account: &'a Account,
    me: NodeId,
    shapes: Shapes,
    in_force: Script,
    tried: Script,
}

impl Trial<'_> {
    fn of(&self, pair: Pair, seen: &BTreeMap<twinline_model::IssueId, ObservedIssue>) -> Tried {
        let mut changes = Vec::new();
        let fault = self.changes(&pair, seen, &mut changes).err();
        Tried { pair, fault, changes }
    }

    fn changes(
        &self,
        pair: &Pair,
        seen: &BTreeMap<twinline_model::IssueId, ObservedIssue>,
        changes: &mut Vec<Change>,
    ) -> Result<(), (RuleDirection, Fault)> {
        if let Some(issue) = pair.ours.as_ref().and_then(|ours| seen.get(&ours.id)) {
            let then = self.tried.leaving(issue.clone()).map_err(|fault| (RuleDirection::Outgoing, fault))?;
            // Rules in force that break off let nothing leave.
            let now = self.in_force.leaving(issue.clone()).ok();
            let sent = self.sent(pair, &then);
            outgoing(now.as_ref(), &then, sent.as_ref(), changes);
        }
        self.incoming(pair, changes)
    }

    /// What the engine would send at once.
    fn sent(&self, pair: &Pair, leaving: &ObservedIssue) -> Option<Replica> {
        let mut pair = pair.clone();
        let rules = rules_of(self.connection, Some(self.tried.version()));
        let ruled = Ruled::to_compare(&pair, &self.shapes, Some(&self.tried));
        let (node, site, forms) = (&self.me, self.account.site.as_str(), ruled.forms());
        observe(
            &mut pair,
            leaving.clone(),
            &[],
            Eyes { rules: &rules, node, site, forms, settled: true, leap: 1 },
        );
        compose(&mut pair, &rules)
    }

    /// What the partner has said, as it would be written now and then.
    fn incoming(&self, pair: &Pair, changes: &mut Vec<Change>) -> Result<(), (RuleDirection, Fault)> {
        let now = Ruled::of(pair, &self.shapes, Some(&self.in_force));
        let then = Ruled::of(pair, &self.shapes, Some(&self.tried));
        let mut add = |part, name: Option<&str>, now: Option<String>, then: Option<String>| {
            if now != then {
                let (direction, name) = (RuleDirection::Incoming, name.map(str::to_owned));
                changes.push(Change { direction, part, name, now, then, at_once: false });
            }
        };
        if let Some(theirs) = said(&pair.summary) {
            add(
                RulePart::Summary,
                None,
                Some(now.forms().summary(theirs)),
                Some(then.forms().summary(theirs)),
            );
        }
        if let Some(theirs) = said(&pair.description) {
            let (now, then) = (now.forms().text(theirs), then.forms().text(theirs));
            add(RulePart::Description, None, Some(now.to_plain_text()), Some(then.to_plain_text()));
        }
        if let Some(theirs) = said(&pair.issue_type) {
            add(RulePart::Type, None, now.forms().issue_type(theirs), then.forms().issue_type(theirs));
        }
        for (name, field) in &pair.extras {
            let (Some(theirs), stands) = (said(field), pair.local.as_ref().and_then(|l| l.extras.get(name)))
            else {
                continue;
            };
            let value = |ruled: &Ruled<'_>| {
                Some(shown(&ruled.forms().extra(name, theirs, stands.unwrap_or(&Extra::Nothing))))
            };
            add(RulePart::Field, Some(name), value(&now), value(&then));
        }
        for comment in pair.comments.iter().filter_map(|comment| comment.incoming.as_ref()) {
            let text = |ruled: &Ruled<'_>| {
                let body = ruled.forms().comment(&comment.author, comment.created_ms, &comment.body);
                body.map(|body| body.to_plain_text())
            };
            add(RulePart::Comment, Some(&comment.author), text(&now), text(&then));
        }
        let files = pair.attachments.iter().filter(|f| f.born == Side::Theirs && f.gone.is_no() && !f.made);
        let files: Vec<&Attachment> = files.collect();
        let (now, taken) = (now.forms().takes(&files), then.forms().takes(&files));
        for (file, (now, then)) in files.into_iter().zip(now.into_iter().zip(taken)) {
            let name = |taken: bool| taken.then(|| file.file_name.clone());
            add(RulePart::Attachment, Some(&file.file_name), name(now), name(then));
        }
        then.fault().map_or(Ok(()), |fault| Err((RuleDirection::Incoming, fault)))
    }
}

/// What the partner said last, or what of ours they were told.
fn said<T>(field: &twinline_model::pair::Field<T>) -> Option<&T> {
    field.remote.as_ref().map(|remote| &remote.value).or(field.base_remote.as_ref())
}

/// As people read it: labels one by one.
fn shown(value: &Extra) -> String {
    match value {
        Extra::Texts(texts) => texts.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        other => other.words(),
    }
}

/// What leaves now, and then.
fn outgoing(
    now: Option<&ObservedIssue>,
    then: &ObservedIssue,
    sent: Option<&Replica>,
    changes: &mut Vec<Change>,
) {
    let leaves = |issue: &ObservedIssue| !issue.restricted;
    let word = |leaves: bool| leaves.then(String::new);
    let mut add = |part, name: Option<&str>, now: Option<String>, then: Option<String>, at_once: bool| {
        if now != then {
            let (direction, name) = (RuleDirection::Outgoing, name.map(str::to_owned));
            changes.push(Change { direction, part, name, now, then, at_once });
        }
    };
    let was = now.is_some_and(leaves);
    add(RulePart::Issue, None, word(was), word(leaves(then)), false);
    if !was && !leaves(then) {
        return;
    }
    let now = now.filter(|_| was);
    let (left, leaving) =
        (now.and_then(|issue| issue.leaving.as_ref()), then.leaving.as_ref().filter(|_| leaves(then)));
    let part = |sent: Option<bool>| sent.unwrap_or_default();
    add(
        RulePart::Summary,
        None,
        left.and_then(|l| l.summary.clone()),
        leaving.and_then(|l| l.summary.clone()),
        part(sent.map(|s| s.summary.is_some())),
    );
    let plain = |text: &twinline_model::Document| text.to_plain_text();
    add(
        RulePart::Description,
        None,
        left.and_then(|l| l.description.as_ref().map(plain)),
        leaving.and_then(|l| l.description.as_ref().map(plain)),
        part(sent.map(|s| s.description.is_some())),
    );
    add(
        RulePart::Type,
        None,
        left.and_then(|l| l.issue_type.clone()),
        leaving.and_then(|l| l.issue_type.clone()),
        part(sent.map(|s| s.issue_type.is_some())),
    );
    let names: BTreeSet<&String> =
        [left, leaving].into_iter().flatten().flat_map(|l| l.extras.keys()).collect();
    for name in names {
        let value = |leaving: Option<&Leaving>| leaving.and_then(|l| l.extras.get(name)).map(shown);
        let told = sent.is_some_and(|s| s.extras.contains_key(name));
        add(RulePart::Field, Some(name), value(left), value(leaving), told);
    }
    for (at, comment) in then.comments.iter().enumerate() {
        let text = |comment: &twinline_model::observed::ObservedComment| {
            let body = comment.leaves_as.as_ref().unwrap_or(&comment.body);
            (!comment.restricted).then(|| body.to_plain_text())
        };
        let now = now.and_then(|issue| issue.comments.get(at)).and_then(text);
        let told =
            sent.is_some_and(|s| s.comments.iter().any(|c| c.origin.item.ends_with(comment.id.as_str())));
        add(RulePart::Comment, Some(&comment.author), now, text(comment).filter(|_| leaves(then)), told);
    }
    for file in &then.attachments {
        let name = |leaving: Option<&Leaving>| {
            leaving.filter(|l| l.attachments.contains(&file.id)).map(|_| file.file_name.clone())
        };
        let (now, then) = (name(left), name(leaving));
        // Its bytes are read first, and then it leaves.
        let told = now.is_none() && then.is_some();
        add(RulePart::Attachment, Some(&file.file_name), now, then, told);
    }
}
