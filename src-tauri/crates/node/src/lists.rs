//! Lists for people: pairs, activity, problems.

use std::collections::BTreeMap;

use twinline_model::problem::{Owner, ProblemCode, Trouble};
use twinline_model::view::{ActivityView, NoteView, PairView, ProblemView};
use twinline_model::{ConnectionId, PairId};
use twinline_store::ActivityRow;

use crate::choices::is_fillable;
use crate::node::Node;
use crate::time::rfc3339;
use crate::words::{say, sentences};

/// Rows in one page, at most.
const MAX_PAGE: u32 = 200;
/// Names the problem that has no row.
const DISK: &str = "0";

impl Node {
    /// A page of a connection's pairs, the newest first, behind `after`; `search` looks in keys and titles.
    pub async fn pairs(
        &self,
        connection: &ConnectionId,
        search: &str,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<PairView>, Trouble> {
        self.connection_row(connection).await?;
        let (id, search) = (connection.clone(), search.trim().to_owned());
        let after = after.and_then(|a| a.parse().ok()).map(PairId);
        self.db.read(move |tx| tx.pairs_page(&id, &search, after, limit.clamp(1, MAX_PAGE))).await
    }

    /// A page of what happened, the newest first, before `before`.
    pub async fn activity(
        &self,
        connection: Option<&ConnectionId>,
        before: Option<String>,
        limit: u32,
    ) -> Result<Vec<ActivityView>, Trouble> {
        let id = connection.cloned();
        let before = before.and_then(|b| b.parse().ok());
        let limit = limit.clamp(1, MAX_PAGE);
        let rows = self.db.read(move |tx| tx.activity_page(id.as_ref(), before, limit)).await?;
        let connections = self.db.read(|tx| tx.connections()).await?;
        let names: BTreeMap<_, _> =
            connections.iter().map(|c| (c.id.clone(), self.partner_words(c))).collect();
        Ok(rows.into_iter().map(|row| activity_view(row, &names)).collect())
    }

    /// What a person has to know or do, and what they said to leave as it is (`skipped`).
    pub async fn problems(&self) -> Result<Vec<ProblemView>, Trouble> {
        let (rows, connections) = self.db.read(|tx| Ok((tx.problems()?, tx.connections()?))).await?;
        let views = rows.into_iter().map(|row| {
            let connection = row.connection.as_ref().and_then(|id| connections.iter().find(|c| c.id == *id));
            let partner_name = connection.map(|c| self.partner_words(c));
            let fillable = is_fillable(&row);
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
            let (owner, sentence, next_step) = match ProblemCode::parse(&row.code) {
                Some(code) => {
                    let words = sentences(code, &facts);
                    (words.owner, words.sentence, words.next_step)
                }
                None => {
                    (Owner::You, say("problem-newer", &[("code", &row.code)]), say("problem-newer-next", &[]))
                }
            };
            ProblemView {
                id: row.id.to_string(),
                code: row.code,
                connection: row.connection,
                partner_name,
                issue: row.issue,
                owner,
                sentence,
                next_step,
                since: rfc3339(row.since_ms),
                count: row.count,
                fillable,
                skipped: row.skipped,
            }
        });
        Ok(self.disk_problem().into_iter().chain(views).collect())
    }

    /// What is good to know before it becomes a problem: none of it needs anybody now.
    pub async fn notes(&self) -> Result<Vec<NoteView>, Trouble> {
        let accounts = self.db.read(|tx| tx.accounts()).await?;
        Ok(accounts.iter().filter_map(crate::token::note).collect())
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
            sentence: words.sentence,
            next_step: words.next_step,
            since: rfc3339(crate::time::now_ms()),
            count: 1,
            fillable: false,
            skipped: false,
        })
    }

    /// Tries again what a problem stopped.
    pub async fn retry_problem(&self, id: &str) -> Result<(), Trouble> {
        self.take_up(id, false).await
    }

    /// Leaves what a problem stopped as it is; nothing else waits for it.
    pub async fn skip_problem(&self, id: &str) -> Result<(), Trouble> {
        self.take_up(id, true).await
    }

    /// Lets this computer go on where the same data runs on another one as well. The problem goes when the partner has
    /// heard it.
    pub async fn take_over(&self, connection: &ConnectionId) -> Result<(), Trouble> {
        self.connection_row(connection).await?;
        self.hub.room(connection).memory().take_over = true;
        self.wake();
        self.changed();
        Ok(())
    }

    async fn take_up(&self, id: &str, skip: bool) -> Result<(), Trouble> {
        if id == DISK {
            self.wake();
            return Ok(());
        }
        let unknown = || Trouble::new(ProblemCode::ProblemUnknown).with("problem", id);
        let number: i64 = id.parse().map_err(|_| unknown())?;
        let row = self.db.read(move |tx| tx.problem(number)).await?.ok_or_else(unknown)?;
        if let (false, Some(id)) = (skip, &row.connection)
            && row.code == ProblemCode::AnotherCopy.as_str()
        {
            return self.take_over(id).await;
        }
        let mass_loss = row.code == ProblemCode::MassLoss.as_str();
        if skip && row.pair.is_none() && !mass_loss {
            return Err(Trouble::new(ProblemCode::ProblemStays));
        }
        self.db
            .write(move |tx| {
                match skip && !mass_loss {
                    true => tx.skip_problem(number)?,
                    false => tx.remove_problem(number)?,
                }
                if mass_loss && let Some(id) = &row.connection {
                    if skip {
                        // They are gone for good: what is missing at the next look is no longer synced.
                        tx.accept_loss(id)?;
                    }
                    // All its issues are looked at again.
                    tx.set_held(id, None)?;
                    tx.set_census_ms(id, 0)?;
                }
                let Some(mut pair) = row.pair.map(|id| tx.pair(id)).transpose()?.flatten() else {
                    return Ok(());
                };
                if !skip {
                    pair.drift = None;
                }
                if !skip && row.code == ProblemCode::IssueFull.as_str() {
                    pair.comments.iter_mut().for_each(|comment| comment.stopped = None);
                }
                // A file that was refused is planned again; everything else of the pair is by itself.
                if let (false, Some(file)) = (skip, row.facts.get("file")) {
                    for attachment in pair.attachments.iter_mut().filter(|a| a.file_name == *file) {
                        attachment.stopped = None;
                    }
                }
                twinline_sync::rows::save(tx, &pair, None)
            })
            .await?;
        self.wake();
        self.changed();
        Ok(())
    }
}

fn activity_view(row: ActivityRow, names: &BTreeMap<ConnectionId, String>) -> ActivityView {
    let partner = names.get(&row.connection).cloned().unwrap_or_else(|| say("partner-unknown", &[]));
    let unknown = say("key-unknown", &[]);
    let (ours, theirs) = (row.ours.as_deref().unwrap_or(&unknown), row.theirs.as_deref().unwrap_or(&unknown));
    let mut facts: Vec<(&str, &str)> = vec![("partner", &partner), ("ours", ours), ("theirs", theirs)];
    facts.extend(row.facts.iter().map(|(n, v)| (n.as_str(), v.as_str())));
    ActivityView {
        id: row.id.to_string(),
        at: rfc3339(row.at_ms),
        sentence: say(&row.message, &facts),
        connection: row.connection,
        direction: row.direction,
        kind: row.kind,
        ours: row.ours.clone(),
        theirs: row.theirs.clone(),
    }
}
