//! Which issues of ours a connection syncs: the filter, what it lets in now, and whether older issues are synced too.

use std::collections::{BTreeMap, BTreeSet};

use twinline_model::connection::Connection;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::text::clean_line;
use twinline_model::view::{FilterValue, FilterWords, MatchStanding, MatchView, MatchesView, WhatView};
use twinline_model::{ConnectionId, IssueId, ProjectKey};
use twinline_store::{Account, StoreError, Tx};
use twinline_trackers::{Found, ReadError};

use crate::node::Node;
use crate::trouble;

/// So many issues are shown by name.
const SHOWN: usize = 20;

impl Node {
    /// Which issues of ours a connection syncs.
    pub async fn what(&self, id: &ConnectionId) -> Result<WhatView, Trouble> {
        let row = self.connection_row(id).await?;
        Ok(WhatView {
            connection: row.id,
            project: row.project,
            filter: tidied(row.filter.as_deref()),
            older: row.existing,
        })
    }

    /// What a filter would let in on a connection; nothing is changed.
    pub async fn matches(&self, id: &ConnectionId, filter: Option<&str>) -> Result<MatchesView, Trouble> {
        let row = self.connection_row(id).await?;
        let account = self.account(&row.account).await?;
        let tracker = self.hub.tracker(&account, &self.secrets).await?;
        let filter = tidied(filter);
        if let Some(filter) = &filter {
            self.parse(&account, filter).await?;
        }
        let refused = |e| refused(&e, &account, filter.as_deref());
        let found = tracker.found(&row.project, filter.as_deref()).await.map_err(refused)?;
        let newest: Vec<IssueId> = found.iter().take(SHOWN).map(|issue| issue.id.clone()).collect();
        let lines = tracker.headlines(&newest).await.map_err(refused)?;
        let known = self.db.read(move |tx| Known::of(tx, row)).await?;
        let standing: BTreeMap<&IssueId, MatchStanding> =
            found.iter().map(|issue| (&issue.id, known.standing(issue))).collect();
        let count = |wanted| {
            let those = standing.values().filter(|standing| **standing == wanted).count();
            u32::try_from(those).unwrap_or(u32::MAX)
        };
        Ok(MatchesView {
            total: u32::try_from(found.len()).unwrap_or(u32::MAX),
            synced: count(MatchStanding::Synced),
            left: count(MatchStanding::Left),
            coming: count(MatchStanding::Coming),
            older: count(MatchStanding::Older),
            first: lines
                .into_iter()
                .filter_map(|line| {
                    let standing = *standing.get(&line.id)?;
                    Some(MatchView {
                        key: line.key.to_string(),
                        url: line.url,
                        summary: line.summary,
                        standing,
                    })
                })
                .collect(),
        })
    }

    /// What filters are made of at the site of a connection.
    pub async fn filter_words(&self, id: &ConnectionId) -> Result<FilterWords, Trouble> {
        let row = self.connection_row(id).await?;
        let account = self.account(&row.account).await?;
        let tracker = self.hub.tracker(&account, &self.secrets).await?;
        tracker.filter_words().await.map_err(|e| trouble::from_read(&e, &account.site))
    }

    /// Values of a field at the site of a connection that fit what was typed. A field that is not there has none.
    pub async fn filter_values(
        &self,
        id: &ConnectionId,
        field: &str,
        typed: &str,
    ) -> Result<Vec<FilterValue>, Trouble> {
        let row = self.connection_row(id).await?;
        let account = self.account(&row.account).await?;
        let tracker = self.hub.tracker(&account, &self.secrets).await?;
        match tracker.filter_values(field, typed).await {
            Err(ReadError::Refused(_) | ReadError::NotFound) => Ok(Vec::new()),
            values => values.map_err(|e| trouble::from_read(&e, &account.site)),
        }
    }

    /// Changes which issues are synced. What is synced stays so until somebody stops it, whether it matches or not. With
    /// `older`, issues from before the connection are synced as well; all that match and are not synced are looked for in the
    /// next rounds.
    pub async fn set_what(
        &self,
        id: &ConnectionId,
        filter: Option<&str>,
        older: bool,
    ) -> Result<WhatView, Trouble> {
        let row = self.connection_row(id).await?;
        if row.stage.is_over() {
            return Err(Trouble::new(ProblemCode::PairEnded).with("partner", self.partner_words(&row)));
        }
        let account = self.account(&row.account).await?;
        self.check_filter(&account, &row.project, filter).await?;
        // From here on older issues stay at home: what is older than today, by its number, because clocks differ.
        let above = match row.existing && !older {
            true => {
                let tracker = self.hub.tracker(&account, &self.secrets).await?;
                let highest = tracker.highest_number(&row.project).await;
                Some(highest.map_err(|e| trouble::from_read(&e, &account.site))?)
            }
            false => None,
        };
        let (id, filter) = (id.clone(), tidied(filter));
        let wanted = id.clone();
        self.db.write(move |tx| change(tx, &id, filter, older, above)).await?;
        self.wake();
        self.changed();
        self.what(&wanted).await
    }

    /// Jira understands the filter, and can ask for it within the project.
    pub(crate) async fn check_filter(
        &self,
        account: &Account,
        project: &ProjectKey,
        filter: Option<&str>,
    ) -> Result<(), Trouble> {
        let Some(filter) = tidied(filter) else { return Ok(()) };
        self.parse(account, &filter).await?;
        let tracker = self.hub.tracker(account, &self.secrets).await?;
        let counted = tracker.count(project, Some(&filter)).await;
        counted.map(drop).map_err(|e| refused(&e, account, Some(&filter)))
    }

    async fn parse(&self, account: &Account, filter: &str) -> Result<(), Trouble> {
        let tracker = self.hub.tracker(account, &self.secrets).await?;
        let errors = tracker.filter_errors(filter).await.map_err(|e| refused(&e, account, Some(filter)))?;
        match errors.is_empty() {
            true => Ok(()),
            false => Err(refused(&ReadError::Refused(errors.join(" ")), account, Some(filter))),
        }
    }
}

/// A filter without anything around it; nothing but blanks is none.
pub(crate) fn tidied(filter: Option<&str>) -> Option<String> {
    filter.map(str::trim).filter(|filter| !filter.is_empty()).map(str::to_owned)
}

fn refused(error: &ReadError, account: &Account, filter: Option<&str>) -> Trouble {
    match (error, filter) {
        (ReadError::Refused(detail), Some(filter)) => Trouble::new(ProblemCode::FilterRefused)
            .with("filter", clean_line(filter, 200))
            .with("detail", detail),
        _ => trouble::from_read(error, &account.site),
    }
}

fn change(
    tx: &mut Tx<'_>,
    id: &ConnectionId,
    filter: Option<String>,
    older: bool,
    above: Option<u64>,
) -> Result<(), StoreError> {
    let Some(mut row) = tx.connection(id)? else { return Ok(()) };
    let before = row.clone();
    row.filter = filter;
    match (row.existing, older) {
        // The project is read once from the beginning, as with a connection that begins so.
        (false, true) => (row.existing, row.above) = (true, None),
        (true, false) => (row.existing, row.above) = (false, above),
        _ => {}
    }
    if row == before {
        return Ok(());
    }
    tx.update_connection(&row)?;
    for problem in tx.problems()? {
        let of_filter = problem.code == ProblemCode::FilterRefused.as_str();
        if of_filter && problem.connection.as_ref() == Some(id) {
            tx.remove_problem(problem.id)?;
        }
    }
    // Whatever matches and has no pair is looked for in the next round, as if that had last been done at the beginning of time.
    tx.set_census_ms(id, 0)
}

/// What is known here of the issues that a filter lets in.
struct Known {
    row: Connection,
    paired: BTreeMap<IssueId, bool>,
    foreign: BTreeSet<IssueId>,
}

impl Known {
    fn of(tx: &Tx<'_>, row: Connection) -> Result<Self, StoreError> {
        let paired = tx.issues_of(&row.id)?.into_iter().collect();
        let foreign = tx.issues_from_others(&row.id)?.into_iter().collect();
        Ok(Self { row, paired, foreign })
    }

    fn standing(&self, issue: &Found) -> MatchStanding {
        match self.paired.get(&issue.id) {
            Some(true) => return MatchStanding::Synced,
            Some(false) => return MatchStanding::Left,
            None if self.foreign.contains(&issue.id) => return MatchStanding::Left,
            None => {}
        }
        let younger = self.row.above.is_some_and(|above| issue.key.number() > above);
        if younger || self.row.existing { MatchStanding::Coming } else { MatchStanding::Older }
    }
}

#[cfg(test)]
mod tests {
    use twinline_model::IssueKey;

    use super::*;
    use crate::samples::connection;

    #[test]
    fn each_issue_that_matches_has_its_standing() {
        let id = |number: u64| IssueId::new(number.to_string());
        let issue = |number: u64| Found { id: id(number), key: IssueKey::new(format!("SUP-{number}")) };
        let known = |above, existing| Known {
            row: Connection { above, existing, ..connection() },
            paired: BTreeMap::from([(id(1), true), (id(12), true), (id(13), false)]),
            foreign: BTreeSet::from([id(14)]),
        };
        use MatchStanding::{Coming, Left, Older, Synced};
        for (above, existing, expected) in [
            (Some(10), false, [Synced, Older, Older, Coming, Synced, Left, Left]),
            (Some(0), true, [Synced, Coming, Coming, Coming, Synced, Left, Left]),
            // The project is read from the beginning in the next round.
            (None, true, [Synced, Coming, Coming, Coming, Synced, Left, Left]),
            // Nobody knows yet where it begins: what is there now is older.
            (None, false, [Synced, Older, Older, Older, Synced, Left, Left]),
        ] {
            let known = known(above, existing);
            let found = [1, 2, 10, 11, 12, 13, 14].map(|number| known.standing(&issue(number)));
            assert_eq!(found, expected, "{above:?}, {existing}");
        }
    }

    #[test]
    fn a_filter_of_blanks_is_none() {
        assert_eq!(tidied(Some("  ")), None);
        assert_eq!(tidied(Some(" labels = a ")).as_deref(), Some("labels = a"));
    }
}
