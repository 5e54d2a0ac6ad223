//! A single issue that a person adds to a connection by its key, whether it matches the filter or is older than the connection.

use twinline_model::connection::{Connection, Stage};
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{OurIssue, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::text::clean_line;
use twinline_model::{ConnectionId, IssueKey, Origin};
use twinline_store::{StoreError, Tx};
use twinline_sync::foreign::why_not;

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
        let key = IssueKey::typed(typed);
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

/// Makes the pair, as the poll would with an issue that is born here, and lets the next round look at it. Or why not.
fn add(
    tx: &mut Tx<'_>,
    connection: &Connection,
    site: &str,
    issue: &ObservedIssue,
    now: i64,
) -> Result<Result<(), ProblemCode>, StoreError> {
    if let Some(code) = why_not(tx, connection, site, issue)? {
        return Ok(Err(code));
    }
    let origin = Origin::of_issue(&tx.speaks_as(connection)?, site, &issue.id);
    let mut pair = tx.new_pair(&connection.id, &origin, Side::Ours)?;
    pair.ours = Some(OurIssue { id: issue.id.clone(), key: issue.key.clone(), url: issue.url.clone() });
    twinline_sync::rows::save(tx, &pair, None)?;
    // It was seen as none of ours, and may not have changed since.
    tx.forget_seen_issue(&connection.account, &issue.id)?;
    tx.wish(pair.id, now).map(Ok)
}
