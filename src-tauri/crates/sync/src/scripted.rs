//! Script mode: the rules that an admin wrote, run around the engine.
//!
//! What leaves is settled when an issue of ours is looked at ([`Script::leaving`]): the engine is told what the outgoing rules
//! made of it, and knows nothing of rules. What is written here is a matter of form: [`Ruled`] asks the incoming rules what a
//! value of the partner's looks like in our tracker, and the forms of Basic mode do the rest. Rules that break off stop the one
//! issue they broke off at ([`stop`]); in Basic mode nothing of this runs.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use serde::Serialize;
use twinline_engine::{Forms, Lost};
use twinline_model::connection::{Connection, Mode};
use twinline_model::extra::Extra;
use twinline_model::intent::{FieldWrite, IssueFields};
use twinline_model::notice::Says;
use twinline_model::observed::{IssueTypes, Leaving, ObservedIssue};
use twinline_model::pair::{Attachment, Field, Pair};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::rules::RuleDirection;
use twinline_model::{ConnectionId, Document, Rest};
use twinline_script::{
    Around, Arrived, ArrivedComment, ArrivedFile, Fault, FaultKind, Incoming, Outgoing, Written,
};
use twinline_store::{ProblemRow, StoreError, Tx};

use crate::Machine;
use crate::room::Room;
use crate::rows::{raise, save};

/// A version of a connection's rules, ready to run. Rules that a version of Twinline does not understand break off at each issue.
pub struct Compiled {
    version: u64,
    outgoing: Result<Outgoing, Fault>,
    incoming: Result<Incoming, Fault>,
}

impl Compiled {
    /// Compiles both directions.
    pub fn of(version: u64, outgoing: &str, incoming: &str) -> Self {
        Self { version, outgoing: Outgoing::compile(outgoing), incoming: Incoming::compile(incoming) }
    }
}

/// The rules of a connection in Script mode, with what surrounds them.
pub struct Script {
    rules: Arc<Compiled>,
    around: Around,
}

/// Where a transaction finds the rules of a connection. It asks nobody: which rules are in force is read in the same
/// transaction as what they are run on, however long ago whoever works read the connection, and the types of the project are
/// those that the worker saw last.
pub struct Source {
    room: Arc<Room>,
    partner: String,
}

impl Source {
    /// Of a connection.
    pub fn of<M: Machine>(machine: &M, connection: &Connection) -> Self {
        Self { room: machine.room(&connection.id), partner: machine.partner_words(connection) }
    }

    /// Of a connection that is paired.
    pub fn of_paired(room: Arc<Room>, connection: &Connection) -> Self {
        Self { room, partner: connection.partner_name().unwrap_or_default().to_owned() }
    }

    /// The rules that are in force, ready to run; `None`: the connection is in Basic mode, and nothing of this runs.
    ///
    /// # Errors
    /// Those of the database.
    pub fn script(&self, tx: &Tx<'_>, connection: &Connection) -> Result<Option<Script>, StoreError> {
        let Some(version) = in_force(tx, connection)? else { return Ok(None) };
        let known = self.room.memory().rules.clone().filter(|rules| rules.version == version);
        let rules = match known {
            Some(rules) => rules,
            None => {
                let row = tx.rules(&connection.id, version)?;
                let (outgoing, incoming) = row.map(|row| (row.outgoing, row.incoming)).unwrap_or_default();
                let rules = Arc::new(Compiled::of(version, &outgoing, &incoming));
                self.room.memory().rules = Some(rules.clone());
                rules
            }
        };
        let account = tx.account(&connection.account)?;
        let company = match account {
            Some(account) => account.company(tx.setting("company")?),
            None => String::new(),
        };
        let types = self.room.memory().types.clone().unwrap_or_default();
        Ok(Some(Script::new(rules, around(connection, company, self.partner.clone(), &types))))
    }

    /// The types of our project, as they are now.
    pub fn note_types(&self, types: &IssueTypes) {
        self.room.memory().types = Some(types.clone());
    }
}

/// Which version of a connection's rules is in force; `None`: it is in Basic mode.
pub(crate) fn in_force(tx: &Tx<'_>, connection: &Connection) -> Result<Option<u64>, StoreError> {
    let now = tx.connection(&connection.id)?;
    Ok(now.filter(|now| now.mode == Mode::Script).map(|now| now.rules))
}

/// What surrounds the rules of a connection.
pub fn around(connection: &Connection, company: String, partner: String, types: &IssueTypes) -> Around {
    Around {
        company,
        partner,
        project: connection.project.to_string(),
        types: types.types.iter().map(|t| (t.name.clone(), t.subtask)).collect(),
        default_type: connection.default_type.clone().or_else(|| types.default_type.clone()),
    }
}

impl Script {
    /// Rules, and what surrounds them.
    pub fn new(rules: Arc<Compiled>, around: Around) -> Self {
        Self { rules, around }
    }

    /// Which version of the rules.
    pub fn version(&self) -> u64 {
        self.rules.version
    }

    /// The issue with what of it leaves.
    ///
    /// # Errors
    /// The outgoing rules broke off: nobody knows what may leave, so nothing does.
    pub fn leaving(&self, mut issue: ObservedIssue) -> Result<ObservedIssue, Fault> {
        let rules = self.rules.outgoing.as_ref().map_err(Clone::clone)?;
        let leaves = rules.run(&issue, &self.around)?;
        issue.restricted |= !leaves.issue;
        for comment in &mut issue.comments {
            match leaves.comments.iter().find(|(id, _)| *id == comment.id) {
                Some((_, body)) => comment.leaves_as = (*body != comment.body).then(|| body.clone()),
                // A twin of the partner's is known by its marker, whatever the rules say: it does not leave anyhow.
                None => comment.restricted |= comment.marker.is_none(),
            }
        }
        let (summary, description, issue_type) = (leaves.summary, leaves.description, leaves.issue_type);
        let (rules, extras, attachments) = (self.rules.version, leaves.extras, leaves.attachments);
        issue.leaving = Some(Leaving { rules, summary, description, issue_type, extras, attachments });
        Ok(issue)
    }

    /// A text that stood in a field of the issue, as JSON, the way it would have left; `None`: it stays here.
    pub fn passes(&self, seen: &ObservedIssue, field: &str, text: &str) -> Option<String> {
        if text == NOTHING && !seen.extras.contains_key(field) {
            return Some(text.to_owned());
        }
        let mut issue = seen.clone();
        match field {
            "summary" => issue.summary = serde_json::from_str(text).ok()?,
            "description" => issue.description = serde_json::from_str(text).ok()?,
            "issuetype" => issue.issue_type = serde_json::from_str(text).ok()?,
            extra => {
                issue.extras.insert(extra.to_owned(), serde_json::from_str(text).ok()?);
            }
        }
        let leaves = self.rules.outgoing.as_ref().ok()?.run(&issue, &self.around).ok()?;
        let text = match field {
            "summary" => leaves.summary.and_then(|line| serde_json::to_string(&line).ok()),
            "description" => leaves.description.and_then(|text| serde_json::to_string(&text).ok()),
            "issuetype" => leaves.issue_type.and_then(|name| serde_json::to_string(&name).ok()),
            extra => leaves.extras.get(extra).and_then(|value| serde_json::to_string(value).ok()),
        };
        text.filter(|_| leaves.issue)
    }
}

/// What a record says where no text was.
const NOTHING: &str = "null";

/// What did not stand goes to the partner's record too. These are texts as they stood here, so they go the way of everything
/// that leaves: where rules say what does, as those make it, and one that stays is told to nobody.
pub(crate) fn tell_partner(script: Option<&Script>, pair: &mut Pair, lost: &[Lost]) {
    let Some(script) = script else { return twinline_engine::tell_partner(pair, lost) };
    let Some(seen) = pair.local.clone() else { return };
    let pass = |l: &Lost| {
        let (kept, lost) =
            (script.passes(&seen, &l.field, &l.kept)?, script.passes(&seen, &l.field, &l.lost)?);
        Some(Lost { kept, lost, ..l.clone() })
    };
    let told: Vec<Lost> = lost.iter().filter_map(pass).collect();
    twinline_engine::tell_partner(pair, &told);
}

/// What a value of the partner's looks like here, by the incoming rules and then by the forms of our tracker.
struct Scripted<'a> {
    forms: &'a dyn Forms,
    script: &'a Script,
    /// What the partner has said so far; each value is asked for in its place.
    said: Arrived,
    /// Ours, as it was last seen.
    ours: Option<ObservedIssue>,
    /// Whoever asks does not know our project's types: the partner's counts as one of them.
    any_type: bool,
    /// The first that was met. Whoever asked must not act on what was answered.
    fault: RefCell<Option<Fault>>,
}

impl<'a> Scripted<'a> {
    /// For one pair.
    fn of(pair: &Pair, forms: &'a dyn Forms, script: &'a Script, any_type: bool) -> Self {
        fn newest<T: Clone>(field: &Field<T>) -> Option<T> {
            field.remote.as_ref().map(|remote| remote.value.clone()).or_else(|| field.base_remote.clone())
        }
        let said = Arrived {
            key: pair.theirs.as_ref().map(|theirs| theirs.key.clone()).unwrap_or_default(),
            summary: newest(&pair.summary),
            description: newest(&pair.description),
            issue_type: newest(&pair.issue_type),
            extras: pair
                .extras
                .iter()
                .filter_map(|(name, field)| Some((name.clone(), newest(field)?)))
                .collect(),
            comments: Vec::new(),
            attachments: Vec::new(),
        };
        Self { forms, script, said, ours: pair.local.clone(), any_type, fault: RefCell::new(None) }
    }

    fn fault(&self) -> Option<Fault> {
        self.fault.borrow().clone()
    }

    /// What the rules make of the partner's issue with `value` in its place; `None`: they broke off.
    fn ask(&self, value: impl FnOnce(&mut Arrived)) -> Option<Written> {
        let mut arrived = self.said.clone();
        value(&mut arrived);
        let rules = self.script.rules.incoming.as_ref().map_err(Clone::clone);
        let theirs = arrived.issue_type.as_ref().filter(|_| self.any_type);
        let around = match theirs {
            None => Cow::Borrowed(&self.script.around),
            Some(theirs) => {
                let mut around = self.script.around.clone();
                around.types.insert(0, (theirs.clone(), false));
                Cow::Owned(around)
            }
        };
        let written = rules.and_then(|rules| rules.run(&arrived, self.ours.as_ref(), &around));
        written.map_err(|fault| self.broke_off(fault)).ok()
    }

    fn broke_off(&self, fault: Fault) {
        self.fault.borrow_mut().get_or_insert(fault);
    }

    /// A new issue needs it, and the rules give none.
    fn missing(&self, what: &str) {
        self.broke_off(Fault { line: 0, column: 0, kind: FaultKind::Missing, detail: what.to_owned() });
    }

    fn description(&self, theirs: &Document) -> Option<Document> {
        self.ask(|arrived| arrived.description = Some(theirs.clone()))?.description
    }
}

impl Forms for Scripted<'_> {
    fn summary(&self, theirs: &str) -> String {
        let Some(written) = self.ask(|arrived| arrived.summary = Some(theirs.to_owned())) else {
            return theirs.to_owned();
        };
        match (written.summary, &self.ours) {
            (Some(summary), _) => self.forms.summary(&summary),
            (None, Some(ours)) => ours.summary.clone(),
            (None, None) => {
                self.missing("issue.summary");
                theirs.to_owned()
            }
        }
    }

    fn text(&self, theirs: &Document) -> Document {
        match (self.description(theirs), &self.ours) {
            (Some(text), _) => self.forms.text(&text),
            (None, ours) => ours.as_ref().map(|ours| ours.description.clone()).unwrap_or_default(),
        }
    }

    fn rest(&self, theirs: &Document) -> Option<Rest> {
        self.description(theirs).and_then(|text| self.forms.rest(&text))
    }

    fn issue_type(&self, theirs: &str) -> Option<String> {
        let written = self.ask(|arrived| arrived.issue_type = Some(theirs.to_owned()))?;
        match (written.issue_type, &self.ours) {
            (Some(name), _) => self.forms.issue_type(&name),
            (None, Some(ours)) => Some(ours.issue_type.clone()),
            (None, None) => {
                self.missing("issue.type");
                None
            }
        }
    }

    fn extra(&self, name: &str, theirs: &Extra, stands: &Extra) -> Extra {
        let written = self.ask(|arrived| drop(arrived.extras.insert(name.to_owned(), theirs.clone())));
        match written {
            // Names are written as they stand here, whatever their letters' case.
            Some(mut written) => match written.extras.remove(name) {
                Some(value) if value.words().to_lowercase() != stands.words().to_lowercase() => value,
                _ => stands.clone(),
            },
            None => theirs.clone(),
        }
    }

    fn comment(&self, author: &str, created_ms: i64, body: &Document) -> Option<Document> {
        let comment = ArrivedComment { author: author.to_owned(), created_ms, body: body.clone() };
        let (_, body) = self.ask(|arrived| arrived.comments = vec![comment])?.comments.into_iter().next()?;
        self.forms.comment(author, created_ms, &body)
    }

    fn takes(&self, files: &[&Attachment]) -> Vec<bool> {
        let arrived = |file: &&Attachment| ArrivedFile {
            file_name: file.file_name.clone(),
            mime: file.mime.clone(),
            size: file.size,
            author: file.author.clone(),
        };
        let written = self.ask(|said| said.attachments = files.iter().map(arrived).collect());
        // Where the rules break off, the files wait with their issue: whoever plans asks again, and meets the fault.
        let Some(written) = written else { return vec![true; files.len()] };
        (0..files.len()).map(|at| written.attachments.contains(&at)).collect()
    }

    fn withdrawn(&self) -> Document {
        self.forms.withdrawn()
    }

    fn notice(&self, file: &Attachment, says: Says) -> Document {
        self.forms.notice(file, says)
    }
}

/// With which forms a pair is worked on: those of Basic mode, or the same with the rules around them.
pub struct Ruled<'a> {
    forms: &'a dyn Forms,
    scripted: Option<Scripted<'a>>,
}

impl<'a> Ruled<'a> {
    /// For a pair as it is now, where something is to be written.
    pub fn of(pair: &Pair, forms: &'a dyn Forms, script: Option<&'a Script>) -> Self {
        Self { forms, scripted: script.map(|script| Scripted::of(pair, forms, script, false)) }
    }

    /// For a pair as it is now, where it is only asked whether something stands here already: with forms that know no types,
    /// every type has its own form.
    pub fn to_compare(pair: &Pair, forms: &'a dyn Forms, script: Option<&'a Script>) -> Self {
        Self { forms, scripted: script.map(|script| Scripted::of(pair, forms, script, true)) }
    }

    /// What the engine asks.
    pub fn forms(&self) -> &dyn Forms {
        self.scripted.as_ref().map_or(self.forms, |scripted| scripted)
    }

    /// Why the rules broke off, if they did: whoever asked must not act on what was answered.
    pub fn fault(&self) -> Option<Fault> {
        self.scripted.as_ref().and_then(Scripted::fault)
    }
}

/// The rules broke off at this issue: it alone waits, for new rules, for another look at it, or for a person's word.
pub(crate) fn stop(
    tx: &mut Tx<'_>,
    pair: &Pair,
    direction: RuleDirection,
    fault: &Fault,
    now_ms: i64,
) -> Result<(), StoreError> {
    raise(tx, pair, &trouble(direction, fault), now_ms)
}

/// As people are told of it.
pub fn trouble(direction: RuleDirection, fault: &Fault) -> Trouble {
    Trouble::new(ProblemCode::ScriptFailed)
        .with("direction", direction.as_str())
        .with("line", fault.line.to_string())
        .with("column", fault.column.to_string())
        .with("place", if fault.line > 0 { "line" } else { "unknown" })
        .with("fault", kind(fault.kind))
        .with("detail", fault.detail.clone())
}

/// As the fact `fault` of a problem, and in the names of its sentences.
pub fn kind(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Syntax => "syntax",
        FaultKind::Unknown => "unknown",
        FaultKind::Kind => "kind",
        FaultKind::Steps => "steps",
        FaultKind::Size => "size",
        FaultKind::Depth => "depth",
        FaultKind::Thrown => "thrown",
        FaultKind::Missing => "missing",
        FaultKind::Failed => "failed",
    }
}

/// What people wrote in fields that stay here, and that an edit is about to replace: nobody was told of it, so it is no conflict,
/// and it is kept all the same.
pub(crate) fn unsaid(pair: &Pair, fields: &IssueFields) -> Vec<Lost> {
    fn of<T: PartialEq + Serialize>(
        write: Option<&FieldWrite<T>>,
        field: &Field<T>,
        stands: &T,
        name: &str,
    ) -> Option<Lost> {
        let write = write?;
        let met = field.base_local.as_ref() == Some(stands) || write.value == *stands;
        let json = |value: &T| serde_json::to_string(value).unwrap_or_default();
        (!met).then(|| Lost {
            field: name.to_owned(),
            ours_won: false,
            kept: json(&write.value),
            lost: json(stands),
        })
    }
    let Some(seen) = &pair.local else { return Vec::new() };
    let summary = of(fields.summary.as_ref(), &pair.summary, &seen.summary, "summary");
    let description = of(fields.description.as_ref(), &pair.description, &seen.description, "description");
    let issue_type = of(fields.issue_type.as_ref(), &pair.issue_type, &seen.issue_type, "issuetype");
    let extras = fields
        .extras
        .iter()
        .filter_map(|(name, write)| of(Some(write), pair.extras.get(name)?, seen.extras.get(name)?, name));
    [summary, description, issue_type].into_iter().flatten().chain(extras).collect()
}

/// The outgoing rules ran through at this issue: what they broke off at before is over.
pub(crate) fn ran_through(tx: &mut Tx<'_>, pair: &Pair) -> Result<(), StoreError> {
    let over = tx.problems_of_pair(pair.id)?.into_iter().filter(is_outgoing_fault);
    over.into_iter().try_for_each(|row| tx.remove_problem(row.id))
}

/// The outgoing rules broke off: nobody knows what of the issue may leave.
pub(crate) fn is_outgoing_fault(row: &ProblemRow) -> bool {
    row.code == ProblemCode::ScriptFailed.as_str()
        && row.facts.get("direction").is_some_and(|word| word == RuleDirection::Outgoing.as_str())
}

/// Other rules are in force: what broke off with those of before is tried again.
///
/// # Errors
/// Those of the database.
pub fn forgive(tx: &mut Tx<'_>, connection: &ConnectionId) -> Result<(), StoreError> {
    let code = ProblemCode::ScriptFailed.as_str();
    let mut rows = tx.problems()?;
    rows.retain(|row| row.code == code && row.connection.as_ref() == Some(connection));
    for row in rows {
        tx.remove_problem(row.id)?;
        if let Some(pair) = row.pair.map(|pair| tx.pair(pair)).transpose()?.flatten() {
            save(tx, &pair, None)?;
        }
    }
    Ok(())
}
