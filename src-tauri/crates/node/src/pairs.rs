//! What a person can say about one issue and its twin: look at it now, or sync it no longer.

use twinline_model::connection::Stage;
use twinline_model::pair::{Pair, PairState};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::PairView;
use twinline_model::{ConnectionId, PairId};
use twinline_store::{StoreError, Tx};
use twinline_sync::rows::stop_syncing;

use crate::compare::find;
use crate::node::Node;
use crate::status::Runs;
use crate::time::now_ms;

/// Why a wish was not written down.
enum No {
    /// The connection has no such issue.
    Unknown,
    /// It is not synced any more: its key.
    Unlinked(String),
    /// It does not stand in our tracker yet: its key there.
    NotHere(String),
}

impl Node {
    /// Lets the issue of a pair be read in the next round, past the search index; named as for [`Self::compare`]. Whoever runs
    /// the node does it: `false` says that nobody does now, and that it comes first when somebody does.
    pub async fn sync_pair(&self, connection: &ConnectionId, issue: &str) -> Result<bool, Trouble> {
        self.on_pair(connection, issue, |tx, pair| {
            if pair.ours.is_none() {
                return Ok(Err(No::NotHere(key_of(pair))));
            }
            tx.wish(pair.id, now_ms()).map(Ok)
        })
        .await?;
        self.lift_hours(false).await?;
        self.wake();
        Ok(self.runs() != Runs::Nowhere)
    }

    /// Syncs a pair no longer; named as for [`Self::compare`]. Nothing is deleted, both issues stay, and the partner is told.
    /// There is no way back: an issue that has a copy already cannot be told from a new one.
    pub async fn stop_pair(&self, connection: &ConnectionId, issue: &str) -> Result<PairView, Trouble> {
        let pair = self
            .on_pair(connection, issue, |tx, pair| {
                stop_syncing(tx, pair, now_ms())?;
                Ok(Ok(pair.id))
            })
            .await?;
        self.wake();
        self.changed();
        self.pair_of(connection, &pair.0.to_string()).await
    }

    /// A pair as the list shows it; named as for [`Self::compare`].
    pub async fn pair_of(&self, connection: &ConnectionId, issue: &str) -> Result<PairView, Trouble> {
        let row = self.connection_row(connection).await?;
        let (id, typed) = (connection.clone(), issue.trim().to_owned());
        let found = self.db.read(move |tx| match find(tx, &id, &typed)? {
            Some(pair) => one(tx, &id, pair.id),
            None => Ok(None),
        });
        let unknown = || Trouble::new(ProblemCode::PairUnknown).with("issue", issue.trim());
        found.await?.ok_or_else(|| unknown().with("partner", self.partner_words(&row)))
    }

    /// Does something with an active pair, as it stands now, in one transaction.
    async fn on_pair<T: Send + 'static>(
        &self,
        connection: &ConnectionId,
        issue: &str,
        act: impl FnOnce(&mut Tx<'_>, &mut Pair) -> Result<Result<T, No>, StoreError> + Send + 'static,
    ) -> Result<T, Trouble> {
        let row = self.connection_row(connection).await?;
        let partner = self.partner_words(&row);
        if row.stage != Stage::Connected {
            return Err(Trouble::new(ProblemCode::PairEnded).with("partner", partner));
        }
        let (id, typed) = (connection.clone(), issue.trim().to_owned());
        let done = self
            .db
            .write(move |tx| {
                let Some(mut pair) = find(tx, &id, &typed)? else { return Ok(Err(No::Unknown)) };
                match pair.state {
                    PairState::Active => act(tx, &mut pair),
                    PairState::Unlinked { .. } => Ok(Err(No::Unlinked(key_of(&pair)))),
                }
            })
            .await?;
        done.map_err(|no| {
            let (code, issue) = match no {
                No::Unknown => (ProblemCode::PairUnknown, issue.trim().to_owned()),
                No::Unlinked(key) => (ProblemCode::PairUnlinked, key),
                No::NotHere(key) => (ProblemCode::PairNotHere, key),
            };
            Trouble::new(code).with("issue", issue).with("partner", partner)
        })
    }
}

/// Ours, or the partner's until there is one.
fn key_of(pair: &Pair) -> String {
    let ours = pair.ours.as_ref().map(|o| o.key.to_string());
    ours.or_else(|| pair.theirs.as_ref().map(|t| t.key.clone())).unwrap_or_default()
}

/// A pair as the list shows it.
fn one(tx: &Tx<'_>, connection: &ConnectionId, pair: PairId) -> Result<Option<PairView>, StoreError> {
    let page = tx.pairs_page(connection, "", Some(PairId(pair.0 + 1)), 1)?;
    Ok(page.into_iter().find(|row| row.id == pair.0.to_string()))
}

#[cfg(test)]
mod tests;
