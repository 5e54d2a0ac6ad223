//! A single issue that a person adds to a connection by its key, whether it matches the filter or is older than the connection.

use twinline_model::connection::{Connection, Stage};
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{OurIssue, PairState, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::text::clean_line;
use twinline_model::{ConnectionId, IssueKey, Origin};
use twinline_store::{StoreError, Tx};

use crate::node::Node;
use crate::status::Runs;
use crate::time::now_ms;
use crate::trouble;

/// What an addition came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Added {
    /// The issue's key as it is today.
    pub issue: String,
    /// Somebody runs the node, so that it goes now.
    pub running: bool,
}

impl Node {
    /// Syncs one more issue: by its key, or by any address of it. It is read in the next round, by whoever runs the node.
    pub async fn add_issue(&self, connection: &ConnectionId, typed: &str) -> Result<Added, Trouble> {
        let row = self.connection_row(connection).await?;
        let partner = self.partner_words(&row);
        if row.stage != Stage::Connected {
            return Err(Trouble::new(ProblemCode::PairEnded).with("partner", partner));
        }
        let account = self.account(&row.account).await?;
        let key = key_in(typed);
        let tell = |code, issue: &str| {
            Trouble::new(code)
                .with("issue", issue)
                .with("partner", &partner)
                .with("site", &account.site)
                .with("project", row.project.as_str())
        };
        let unknown = || tell(ProblemCode::AddUnknown, &clean_line(typed, 80));
        let key = key.ok_or_else(unknown)?;
        let tracker = self.hub.tracker(&account, &self.secrets).await?;
        let read = tracker.issues_by_key(&[key]).await;
        let read = read.map_err(|e| trouble::from_read(&e, &account.site))?;
        let issue = read.into_iter().next().ok_or_else(unknown)?;
        if issue.project != row.project {
            return Err(tell(ProblemCode::AddElsewhere, issue.key.as_str()));
        }
        if issue.restricted {
            return Err(tell(ProblemCode::AddRestricted, issue.key.as_str()));
        }
        let shown = issue.key.to_string();
        let (site, now) = (account.site.clone(), now_ms());
        let added = self.db.write(move |tx| add(tx, &row, &site, &issue, now)).await?;
        added.map_err(|code| Trouble::new(code).with("issue", &shown).with("partner", &partner))?;
        self.wake();
        self.changed();
        Ok(Added { issue: shown, running: self.runs() != Runs::Nowhere })
    }
}

/// The key in whatever was typed: in any case, or at the end of an address.
fn key_in(typed: &str) -> Option<IssueKey> {
    let typed = typed.trim();
    let typed = match typed.split_once("/browse/") {
        Some((_, rest)) => rest.split(['?', '#', '/']).next().unwrap_or_default(),
        None => typed,
    };
    let key = typed.to_ascii_uppercase();
    let (project, number) = key.rsplit_once('-')?;
    let fits = project.starts_with(|c: char| c.is_ascii_alphabetic())
        && project.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && number.parse::<u64>().is_ok();
    fits.then(|| IssueKey::new(key))
}

/// Makes the pair, as the poll would with an issue that is born here, and lets the next round look at it. Or why not.
fn add(
    tx: &mut Tx<'_>,
    connection: &Connection,
    site: &str,
    issue: &ObservedIssue,
    now: i64,
) -> Result<Result<(), ProblemCode>, StoreError> {
    if let Some(pair) = tx.pair_of_issue(&connection.id, &issue.id)? {
        return Ok(Err(match pair.state {
            PairState::Active => ProblemCode::AddSynced,
            PairState::Unlinked { .. } => ProblemCode::AddStopped,
        }));
    }
    let me = tx.speaks_as(connection)?;
    let elsewhere = tx.pairs_of_issue_anywhere(site, &issue.id)?;
    let from_others = elsewhere.iter().any(|(_, born)| *born == Side::Theirs);
    // A twin whose connection is no more still carries its mark. A copy of a twin that is known carries it too, and is an issue
    // of its own.
    let a_twin = match &issue.marker {
        Some(marker) => tx.pair_of_origin(&connection.id, &marker.origin)?.is_none(),
        None => false,
    };
    if from_others || a_twin {
        return Ok(Err(ProblemCode::AddForeign));
    }
    let origin = Origin::of_issue(&me, site, &issue.id);
    if tx.pair_of_origin(&connection.id, &origin)?.is_some() {
        return Ok(Err(ProblemCode::AddStopped));
    }
    let mut pair = tx.new_pair(&connection.id, &origin, Side::Ours)?;
    pair.ours = Some(OurIssue { id: issue.id.clone(), key: issue.key.clone(), url: issue.url.clone() });
    twinline_sync::rows::save(tx, &pair, None)?;
    // It was seen as none of ours, and may not have changed since.
    tx.forget_seen_issue(&connection.account, &issue.id)?;
    tx.wish(pair.id, now).map(Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_what_people_paste() {
        let key = |typed| key_in(typed).map(|key| key.to_string());
        for typed in [
            "SUP-17",
            " sup-17 ",
            "https://acme.atlassian.net/browse/SUP-17",
            "https://acme.atlassian.net/browse/SUP-17?focusedCommentId=1#x",
        ] {
            assert_eq!(key(typed).as_deref(), Some("SUP-17"), "{typed}");
        }
        for typed in ["", "17", "SUP", "SUP-", "SUP-x", "-17", "1UP-17", "SUP 17", "SUP-17 and SUP-18"] {
            assert_eq!(key(typed), None, "{typed}");
        }
    }
}
