//! What needs a person: the list, and what a person can say about each of it.

use sha2::{Digest, Sha256};
use twinline_model::ConnectionId;
use twinline_model::connection::Connection;
use twinline_model::problem::{Owner, ProblemCode, Trouble};
use twinline_model::rules::{RuleDirection, RulePlace};
use twinline_model::view::{ProblemView, TroubleView};
use twinline_store::{Account, ProblemRow, StoreError, Tx};

use crate::choices::is_fillable;
use crate::node::Node;
use crate::request;
use crate::time::{now_ms, rfc3339};
use crate::words::{say, sentences, sentences_for_many};

/// Names the problem that has no row.
const DISK: &str = "0";

/// What a person says about problems.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// Try again.
    Retry,
    /// Leave it as it is.
    Skip,
    /// It was not meant to be left.
    Unskip,
}

impl Node {
    /// What a person has to know or do, and what they said to leave as it is (`skipped`).
    pub async fn problems(&self) -> Result<Vec<ProblemView>, Trouble> {
        let (rows, connections, accounts) =
            self.db.read(|tx| Ok((tx.problems()?, tx.connections()?, tx.accounts()?))).await?;
        let views = rows.into_iter().filter_map(|row| {
            let connection = row.connection.as_ref().and_then(|id| connections.iter().find(|c| c.id == *id));
            // Of one that has ended nobody has to do anything.
            let ended = connection.is_some_and(|c| c.stage.is_over());
            let account = connection.and_then(|c| accounts.iter().find(|a| a.id == c.account));
            (!ended).then(|| self.problem_view(row, connection, account))
        });
        Ok(self.disk_problem().into_iter().chain(views).collect())
    }

    fn problem_view(
        &self,
        row: ProblemRow,
        connection: Option<&Connection>,
        account: Option<&Account>,
    ) -> ProblemView {
        let request = connection.and_then(|c| request::text(&row, c, account));
        let partner_name = connection.map(|c| self.partner_words(c));
        let (fillable, skippable, cause) = (is_fillable(&row), is_skippable(&row), cause(&row));
        let rule = rule(&row);
        let question = row.facts.get("other").filter(|_| is(&row, ProblemCode::QuestionWaits)).cloned();
        let mut facts = row.facts;
        for (name, value) in [
            ("partner", partner_name.clone()),
            ("issue", row.issue.clone()),
            ("project", connection.map(|c| c.project.to_string())),
        ] {
            if let Some(value) = value {
                facts.entry(name.to_owned()).or_insert(value);
            }
        }
        let facts: Vec<_> = facts.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let (one, many) = match ProblemCode::parse(&row.code) {
            Some(code) => (sentences(code, &facts), sentences_for_many(code, &facts)),
            None => (newer(&row.code), newer(&row.code)),
        };
        ProblemView {
            id: row.id.to_string(),
            code: row.code,
            connection: row.connection,
            partner_name,
            issue: row.issue,
            owner: one.owner,
            sentence: one.sentence,
            next_step: one.next_step,
            since: rfc3339(row.since_ms),
            count: row.count,
            fillable,
            skipped: row.skipped,
            skippable,
            cause,
            together: many.sentence,
            together_next: many.next_step,
            rule,
            request,
            question,
        }
    }

    /// That the database cannot be written stands in no database: known in the process that runs the node.
    pub(crate) fn disk_problem(&self) -> Option<ProblemView> {
        if !self.db.is_full() {
            return None;
        }
        let folder = self.options.data.display().to_string();
        let words = sentences(ProblemCode::DiskFull, &[("folder", folder.as_str())]);
        Some(ProblemView {
            id: DISK.to_owned(),
            code: words.code,
            connection: None,
            partner_name: None,
            issue: None,
            owner: words.owner,
            together: words.sentence.clone(),
            together_next: words.next_step.clone(),
            sentence: words.sentence,
            next_step: words.next_step,
            since: rfc3339(now_ms()),
            count: 1,
            fillable: false,
            skipped: false,
            skippable: false,
            cause: DISK.to_owned(),
            rule: None,
            request: None,
            question: None,
        })
    }

    /// Tries again what problems stopped. What was settled meanwhile is no mistake, as long as one of them is there.
    pub async fn retry_problems(&self, ids: &[String]) -> Result<(), Trouble> {
        self.take_up(ids, Word::Retry).await
    }

    /// Leaves what problems stopped as it is; nothing else waits for it. All of them or, on an error, none.
    pub async fn skip_problems(&self, ids: &[String]) -> Result<(), Trouble> {
        self.take_up(ids, Word::Skip).await
    }

    /// Takes back [`Self::skip_problems`]: they wait for a person as they did before.
    pub async fn unskip_problems(&self, ids: &[String]) -> Result<(), Trouble> {
        self.take_up(ids, Word::Unskip).await
    }

    /// Lets this computer go on where the same data runs on another one as well. The problem goes when the partner has
    /// heard it.
    pub async fn take_over(&self, connection: &ConnectionId) -> Result<(), Trouble> {
        for side in self.sides_of(connection).await? {
            self.hub.room(&side).memory().take_over = true;
        }
        self.wake();
        self.changed();
        Ok(())
    }

    async fn take_up(&self, ids: &[String], word: Word) -> Result<(), Trouble> {
        if ids.iter().any(|id| id == DISK) {
            self.wake();
        }
        let rows: Vec<&String> = ids.iter().filter(|id| *id != DISK).collect();
        let Some(first) = rows.first() else { return Ok(()) };
        let unknown = Trouble::new(ProblemCode::ProblemUnknown).with("problem", first.as_str());
        let numbers: Vec<i64> = rows.iter().filter_map(|id| id.parse().ok()).collect();
        let done = self
            .db
            .write(move |tx| {
                let mut rows = Vec::with_capacity(numbers.len());
                for number in &numbers {
                    rows.extend(tx.problem(*number)?);
                }
                if rows.is_empty() {
                    return Ok(Done::Unknown);
                }
                if word == Word::Skip && rows.iter().any(|row| !is_skippable(row)) {
                    return Ok(Done::Stays);
                }
                let over = rows.iter().filter(|row| word == Word::Retry && is(row, ProblemCode::AnotherCopy));
                let over = over.filter_map(|row| row.connection.clone()).collect();
                for row in rows.iter().filter(|row| word != Word::Retry || !is(row, ProblemCode::AnotherCopy))
                {
                    settle(tx, row, word)?;
                }
                Ok(Done::TakeOver(over))
            })
            .await?;
        match done {
            Done::Unknown => return Err(unknown),
            Done::Stays => return Err(Trouble::new(ProblemCode::ProblemStays)),
            Done::TakeOver(connections) => {
                for connection in connections {
                    self.take_over(&connection).await?;
                }
            }
        }
        self.wake();
        self.changed();
        Ok(())
    }
}

/// How it went with a list of problems.
enum Done {
    /// None of them is there any more.
    Unknown,
    /// One of them cannot be left out.
    Stays,
    /// All is written; these connections go on here.
    TakeOver(Vec<ConnectionId>),
}

fn is(row: &ProblemRow, code: ProblemCode) -> bool {
    row.code == code.as_str()
}

/// One that stops a whole connection stays until its cause is gone; only issues that are missing may be given up.
fn is_skippable(row: &ProblemRow) -> bool {
    use ProblemCode as P;
    row.pair.is_some()
        || [P::MassLoss, P::PartnerAway, P::InvitationTried, P::ConnectionDoubled]
            .iter()
            .any(|one| is(row, *one))
}

/// Equal for problems of one cause: the same code, connection and facts, the issue left aside.
fn cause(row: &ProblemRow) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        // With its length, so that no two lists of parts read the same.
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    };
    add(&row.code);
    add(row.connection.as_ref().map(ConnectionId::as_str).unwrap_or_default());
    for (name, value) in row.facts.iter().filter(|(name, _)| *name != "issue") {
        add(name);
        add(value);
    }
    hex::encode(&hash.finalize()[..8])
}

/// Where the rules broke off, as a person finds it again.
fn rule(row: &ProblemRow) -> Option<RulePlace> {
    if !is(row, ProblemCode::ScriptFailed) {
        return None;
    }
    let direction = RuleDirection::parse(row.facts.get("direction")?)?;
    let line = row.facts.get("line").and_then(|line| line.parse().ok()).unwrap_or(0);
    Some(RulePlace { direction, line })
}

/// What a newer version of Twinline noted.
fn newer(code: &str) -> TroubleView {
    TroubleView {
        code: code.to_owned(),
        owner: Owner::You,
        sentence: say("problem-newer", &[("code", code)]),
        next_step: say("problem-newer-next", &[]),
    }
}

fn settle(tx: &mut Tx<'_>, row: &ProblemRow, word: Word) -> Result<(), StoreError> {
    let mass_loss = is(row, ProblemCode::MassLoss);
    match word {
        Word::Skip if !mass_loss => tx.skip_problem(row.id, true)?,
        // Nothing can be tried: it waits for a yes or a no.
        Word::Retry if is(row, ProblemCode::QuestionWaits) => {}
        // It goes when the partner has sent it: until then it can be asked for once more.
        Word::Retry if is(row, ProblemCode::TwinDeleted) => tx.skip_problem(row.id, true)?,
        Word::Unskip => tx.skip_problem(row.id, false)?,
        Word::Skip | Word::Retry => tx.remove_problem(row.id)?,
    }
    if mass_loss
        && word != Word::Unskip
        && let Some(id) = &row.connection
    {
        twinline_sync::answer_loss(tx, id, word == Word::Skip)?;
    }
    if is(row, ProblemCode::PartnerInvalid)
        && word == Word::Retry
        && let Some(id) = &row.connection
    {
        twinline_sync::trust_again(tx, id)?;
    }
    let Some(mut pair) = row.pair.map(|id| tx.pair(id)).transpose()?.flatten() else { return Ok(()) };
    if is(row, ProblemCode::TwinDeleted) {
        if word == Word::Retry {
            twinline_sync::again::ask(tx, &mut pair, now_ms())?;
        }
        return Ok(());
    }
    if word == Word::Retry {
        pair.drift = None;
        // What leaves is settled when the issue is looked at: that is done once more.
        if is(row, ProblemCode::ScriptFailed)
            && let (Some(ours), Some(connection)) = (&pair.ours, tx.connection(&pair.connection)?)
        {
            tx.forget_seen_issue(&connection.account, &ours.id)?;
            tx.wish(pair.id, now_ms())?;
        }
        if is(row, ProblemCode::IssueFull) {
            pair.comments.iter_mut().for_each(|comment| comment.stopped = None);
        }
        // A file that was refused is planned again; everything else of the pair is by itself.
        if let Some(file) = row.facts.get("file") {
            twinline_engine::try_notices_again(&mut pair);
            for attachment in pair.attachments.iter_mut().filter(|a| a.file_name == *file) {
                attachment.stopped = None;
            }
        }
    }
    twinline_sync::rows::save(tx, &pair, None)
}

#[cfg(test)]
mod tests;
