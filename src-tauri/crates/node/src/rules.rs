//! The sync rules of a connection: seen, upgraded to Script mode, tried, saved and brought back.

use std::sync::Arc;

use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Mode};
use twinline_model::observed::{IssueTypes, Leaving, ObservedIssue};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::rules::{
    RuleDirection, RuleFault, RulesVersion, RulesView, TrialChange, TrialIssue, TrialView,
};
use twinline_script::{Fault, Incoming, Outgoing, basic_incoming, basic_outgoing};
use twinline_store::{RulesRow, StoreError, Tx};
use twinline_sync::poll::Failure;
use twinline_sync::scripted::{Compiled, Script, around, kind};
use twinline_sync::trial::{Change, Tried, try_rules};

use crate::node::Node;
use crate::time::{now_ms, rfc3339};
use crate::trouble;
use crate::words::say;

/// Versions in one list.
const VERSIONS: u32 = 100;

/// Both texts.
struct Texts {
    outgoing: String,
    incoming: String,
}

/// Why a version was not kept.
enum No {
    /// The connection is in Basic mode.
    Basic,
    /// Another version was saved meanwhile.
    Changed(RulesRow),
    /// There is no such version.
    Unknown,
}

impl Node {
    /// The rules that are in force. In Basic mode: what they would be as text.
    pub async fn rules(&self, id: &ConnectionId) -> Result<RulesView, Trouble> {
        let connection = self.connection_row(id).await?;
        let texts = self.in_force(&connection).await?;
        Ok(view(&connection, texts))
    }

    /// The newest hundred versions that were saved, the newest first.
    pub async fn rule_versions(&self, id: &ConnectionId) -> Result<Vec<RulesVersion>, Trouble> {
        let connection = self.connection_row(id).await?;
        let wanted = id.clone();
        let rows = self.db.read(move |tx| tx.rules_before(&wanted, None, VERSIONS)).await?;
        Ok(rows.into_iter().map(|row| version(row, connection.rules)).collect())
    }

    /// What keeps these texts from being rules; empty: they may be saved.
    pub fn check_rules(&self, outgoing: &str, incoming: &str) -> Vec<RuleFault> {
        let out = Outgoing::compile(outgoing).err().map(|fault| told(RuleDirection::Outgoing, &fault));
        let into = Incoming::compile(incoming).err().map(|fault| told(RuleDirection::Incoming, &fault));
        out.into_iter().chain(into).collect()
    }

    /// Turns the rules of Basic mode into text that does the same. In Script mode already: nothing happens.
    pub async fn upgrade_to_script(&self, id: &ConnectionId) -> Result<RulesView, Trouble> {
        let connection = self.connection_row(id).await?;
        if connection.stage.is_over() {
            return Err(Trouble::new(ProblemCode::PairEnded).with("partner", self.partner_words(&connection)));
        }
        let (saved_by, now) = (self.account(&connection.account).await?.display_name, now_ms());
        let wanted = id.clone();
        self.db
            .write(move |tx| {
                let Some(connection) = tx.connection(&wanted)?.filter(|c| c.mode == Mode::Basic) else {
                    return Ok(());
                };
                let (version, texts) = (next_version(tx, &wanted)?, basic(&connection));
                let (outgoing, incoming) = (texts.outgoing, texts.incoming);
                let (saved_ms, brings_back) = (now, None);
                let row = RulesRow { version, outgoing, incoming, saved_ms, saved_by, brings_back };
                put_in_force(tx, connection, &row)
            })
            .await?;
        self.wake();
        self.changed();
        self.rules(id).await
    }

    /// Saves rules. `based_on` is the version that was edited: whoever saved another one meanwhile is not overruled.
    ///
    /// # Errors
    /// `rules-basic`, `rules-invalid`, `rules-changed`.
    pub async fn save_rules(
        &self,
        id: &ConnectionId,
        based_on: u64,
        outgoing: &str,
        incoming: &str,
    ) -> Result<RulesView, Trouble> {
        if let Some(fault) = self.check_rules(outgoing, incoming).into_iter().next() {
            return Err(invalid(&fault));
        }
        let texts = Texts { outgoing: outgoing.to_owned(), incoming: incoming.to_owned() };
        self.keep(id, move |_, connection, newest| match newest {
            Some(newest) if newest.version != based_on => Ok(Err(No::Changed(newest))),
            _ if connection.mode == Mode::Basic => Ok(Err(No::Basic)),
            _ => Ok(Ok((texts, None))),
        })
        .await
    }

    /// Puts an earlier version in force again, as a new one: nothing is lost by it.
    ///
    /// # Errors
    /// `rules-basic`, `rules-version-unknown`; `rules-invalid` if this version of Twinline does not understand it any more.
    pub async fn bring_back_rules(&self, id: &ConnectionId, version: u64) -> Result<RulesView, Trouble> {
        let wanted = id.clone();
        let old = self.db.read(move |tx| tx.rules(&wanted, version)).await?;
        if let Some(row) = &old
            && let Some(fault) = self.check_rules(&row.outgoing, &row.incoming).into_iter().next()
        {
            return Err(invalid(&fault));
        }
        self.keep(id, move |_, connection, _| match old {
            _ if connection.mode == Mode::Basic => Ok(Err(No::Basic)),
            None => Ok(Err(No::Unknown)),
            Some(row) => {
                Ok(Ok((Texts { outgoing: row.outgoing, incoming: row.incoming }, Some(row.version))))
            }
        })
        .await
    }

    /// What these rules would make of the newest twenty issues; nothing is written anywhere.
    pub async fn try_rules(
        self: &Arc<Self>,
        id: &ConnectionId,
        outgoing: &str,
        incoming: &str,
    ) -> Result<TrialView, Trouble> {
        let connection = self.connection_row(id).await?;
        let faults = self.check_rules(outgoing, incoming);
        if !faults.is_empty() {
            return Ok(TrialView { faults, issues: Vec::new() });
        }
        let (texts, account) = (self.in_force(&connection).await?, self.account(&connection.account).await?);
        let in_force = Arc::new(Compiled::of(connection.rules, &texts.outgoing, &texts.incoming));
        let tried = Arc::new(Compiled::of(0, outgoing, incoming));
        let issues =
            try_rules(self, &connection, in_force, tried).await.map_err(|failure| match failure {
                Failure::Read(error) => trouble::from_read(&error, &account.site),
                Failure::Trouble(trouble) => trouble,
            })?;
        Ok(TrialView { faults, issues: issues.into_iter().map(tried_issue).collect() })
    }

    /// An issue of ours with what of it leaves by the rules that are in force: nothing, where they break off at it.
    pub(crate) async fn by_the_rules(
        &self,
        connection: &Connection,
        issue: ObservedIssue,
    ) -> Result<ObservedIssue, Trouble> {
        let (texts, account) = (self.in_force(connection).await?, self.account(&connection.account).await?);
        let rules = Arc::new(Compiled::of(connection.rules, &texts.outgoing, &texts.incoming));
        let (company, partner) = (self.company(&account).await?, self.partner_words(connection));
        let script = Script::new(rules, around(connection, company, partner, &IssueTypes::default()));
        Ok(script.leaving(issue.clone()).unwrap_or_else(|_| {
            let mut issue = issue;
            issue.comments.iter_mut().for_each(|comment| comment.restricted = true);
            issue.leaving = Some(Leaving { rules: connection.rules, ..Leaving::default() });
            issue
        }))
    }

    async fn in_force(&self, connection: &Connection) -> Result<Texts, Trouble> {
        if connection.mode == Mode::Basic {
            return Ok(basic(connection));
        }
        let (id, version) = (connection.id.clone(), connection.rules);
        let row = self.db.read(move |tx| tx.rules(&id, version)).await?;
        let (outgoing, incoming) = row.map(|row| (row.outgoing, row.incoming)).unwrap_or_default();
        Ok(Texts { outgoing, incoming })
    }

    /// Keeps the texts that `choose` answers as the next version, in force from now on.
    async fn keep(
        &self,
        id: &ConnectionId,
        choose: impl FnOnce(
            &Tx<'_>,
            &Connection,
            Option<RulesRow>,
        ) -> Result<Result<(Texts, Option<u64>), No>, StoreError>
        + Send
        + 'static,
    ) -> Result<RulesView, Trouble> {
        let row = self.connection_row(id).await?;
        let (saved_by, saved_ms) = (self.account(&row.account).await?.display_name, now_ms());
        let wanted = id.clone();
        let kept = self
            .db
            .write(move |tx| {
                let Some(connection) = tx.connection(&wanted)? else { return Ok(Ok(())) };
                let newest = tx.rules_before(&wanted, None, 1)?.into_iter().next();
                let (texts, brings_back) = match choose(tx, &connection, newest)? {
                    Ok(chosen) => chosen,
                    Err(no) => return Ok(Err(no)),
                };
                let (version, outgoing, incoming) =
                    (next_version(tx, &wanted)?, texts.outgoing, texts.incoming);
                let row = RulesRow { version, outgoing, incoming, saved_ms, saved_by, brings_back };
                put_in_force(tx, connection, &row).map(Ok)
            })
            .await?;
        kept.map_err(|no| match no {
            No::Basic => Trouble::new(ProblemCode::RulesBasic).with("partner", self.partner_words(&row)),
            No::Unknown => Trouble::new(ProblemCode::RulesVersionUnknown),
            No::Changed(newest) => Trouble::new(ProblemCode::RulesChanged)
                .with("version", newest.version.to_string())
                .with("by", newest.saved_by)
                .with("time", crate::time::minute(newest.saved_ms)),
        })?;
        self.wake();
        self.changed();
        self.rules(id).await
    }
}

fn basic(connection: &Connection) -> Texts {
    Texts { outgoing: basic_outgoing(connection.internal_comments), incoming: basic_incoming() }
}

fn next_version(tx: &Tx<'_>, id: &ConnectionId) -> Result<u64, StoreError> {
    Ok(tx.rules_before(id, None, 1)?.first().map_or(1, |newest| newest.version.saturating_add(1)))
}

/// What broke off with the rules of before is over, and every issue is looked at again.
fn put_in_force(tx: &mut Tx<'_>, connection: Connection, row: &RulesRow) -> Result<(), StoreError> {
    let id = connection.id.clone();
    tx.add_rules(&id, row)?;
    tx.update_connection(&Connection { mode: Mode::Script, rules: row.version, ..connection })?;
    twinline_sync::scripted::forgive(tx, &id)?;
    // As if it had last been done at the beginning of time.
    tx.set_census_ms(&id, 0)
}

fn view(connection: &Connection, texts: Texts) -> RulesView {
    let Texts { outgoing, incoming } = texts;
    RulesView { mode: connection.mode, version: connection.rules, outgoing, incoming }
}

fn version(row: RulesRow, in_force: u64) -> RulesVersion {
    RulesVersion {
        version: row.version,
        in_force: row.version == in_force,
        saved_at: rfc3339(row.saved_ms),
        saved_by: row.saved_by,
        brings_back: row.brings_back,
        outgoing: row.outgoing,
        incoming: row.incoming,
    }
}

fn told(direction: RuleDirection, fault: &Fault) -> RuleFault {
    let (line, column) = (fault.line.to_string(), fault.column.to_string());
    let facts = [("line", line.as_str()), ("column", &column), ("detail", &fault.detail)];
    let sentence = say(&format!("script-fault-{}", kind(fault.kind)), &facts);
    RuleFault { direction, line: fault.line, column: fault.column, sentence }
}

fn invalid(fault: &RuleFault) -> Trouble {
    Trouble::new(ProblemCode::RulesInvalid)
        .with("direction", fault.direction.as_str())
        .with("line", fault.line.to_string())
        .with("detail", fault.sentence.clone())
}

fn tried_issue(tried: Tried) -> TrialIssue {
    TrialIssue {
        ours: tried.pair.ours.as_ref().map(|ours| ours.key.to_string()),
        theirs: tried.pair.theirs.as_ref().map(|theirs| theirs.key.clone()),
        fault: tried.fault.map(|(direction, fault)| told(direction, &fault)),
        changes: tried.changes.into_iter().map(tried_change).collect(),
    }
}

fn tried_change(change: Change) -> TrialChange {
    let Change { direction, part, name, now, then, at_once } = change;
    TrialChange { direction, part, name, now, then, at_once }
}
