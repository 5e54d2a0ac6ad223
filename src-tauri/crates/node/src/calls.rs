//! How many calls went to a site in the last hour: counted where the limits are kept, in the process that runs the node, and
//! written down each minute, so that another process can tell it too.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use twinline_model::AccountId;
use twinline_model::problem::Trouble;
use twinline_model::view::CallsView;
use twinline_store::{StoreError, Tx};
use twinline_trackers::jira_cloud::LastHour;

use crate::node::Node;
use crate::status::Runs;
use crate::time::{clock, now_ms, rfc3339};
use crate::words::say;

/// How often it is written down.
pub(crate) const EVERY: Duration = Duration::from_secs(60);
/// What is older was written by a node that does not run any more, ms.
const STALE_MS: i64 = 180_000;
const HOUR_MS: i64 = 3_600_000;

/// What another process reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    at_ms: i64,
    since_ms: i64,
    calls: u32,
    fullest: u32,
    slowed: u32,
}

impl Kept {
    fn of(found: LastHour, since_ms: i64, at_ms: i64) -> Self {
        let LastHour { calls, fullest, slowed } = found;
        Self { at_ms, since_ms, calls, fullest, slowed }
    }

    fn view(self) -> CallsView {
        let whole = self.at_ms - self.since_ms >= HOUR_MS;
        let facts = [
            ("count", self.calls.to_string()),
            ("time", clock(self.since_ms)),
            ("percent", self.fullest.to_string()),
        ];
        let facts: Vec<_> = facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let sentence = say(if whole { "calls-hour" } else { "calls-since" }, &facts);
        CallsView {
            count: self.calls,
            since: rfc3339(self.since_ms),
            fullest: self.fullest,
            slowed: self.slowed,
            sentence,
        }
    }
}

/// What the process that runs the node wrote down of an account lately.
pub(crate) fn kept(tx: &Tx<'_>, account: &AccountId, now_ms: i64) -> Result<Option<Kept>, StoreError> {
    let found = tx.calls(account)?.and_then(|text| serde_json::from_str::<Kept>(&text).ok());
    Ok(found.filter(|kept| (kept.at_ms..kept.at_ms + STALE_MS).contains(&now_ms)))
}

impl Node {
    /// What is told of a site's calls: by our own count where this process runs the node, else by what the one that does
    /// wrote down. `None`: nobody counts.
    pub(crate) fn calls_view(&self, site: &str, kept: Option<Kept>) -> Option<CallsView> {
        match self.runs() {
            Runs::Here => Some(self.counted(site).view()),
            Runs::Elsewhere(_) => kept.map(Kept::view),
            Runs::Nowhere => None,
        }
    }

    fn counted(&self, site: &str) -> Kept {
        let now = now_ms();
        let up = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(HOUR_MS);
        Kept::of(self.hub.last_hour(site), now - up.min(HOUR_MS), now)
    }

    /// Writes down what was counted.
    pub(crate) async fn keep_calls(&self) -> Result<(), Trouble> {
        let accounts = self.db.read(|tx| tx.accounts()).await?;
        let counted: Vec<_> = accounts.iter().map(|a| (a.id.clone(), self.counted(&a.site))).collect();
        self.db
            .write(move |tx| {
                counted.iter().try_for_each(|(account, kept)| {
                    // Our own type: it always serialises.
                    tx.keep_calls(account, &serde_json::to_string(kept).unwrap_or_default())
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{account, open};

    const NOON: i64 = 1_800_000_000_000;

    fn counted(calls: u32, ago_ms: i64) -> Kept {
        Kept::of(LastHour { calls, fullest: 6, slowed: 0 }, NOON - ago_ms, NOON)
    }

    #[test]
    fn it_is_said_of_which_time_and_how_near_the_limits() {
        let said = |kept: Kept| kept.view().sentence;
        assert_eq!(
            said(counted(412, HOUR_MS)),
            "412 calls to Jira in the last hour. Closest to its limits: 6 %."
        );
        let young = said(counted(1, 60_000));
        assert!(young.starts_with("1 call to Jira since ") && young.contains("6 %"), "{young}");
    }

    #[tokio::test]
    async fn another_process_is_told_as_long_as_it_is_news() {
        let folder = tempfile::tempdir().expect("a folder");
        let node = open(folder.path()).await;
        node.db.write(|tx| tx.insert_account(&account())).await.expect("written");
        let calls = |node: std::sync::Arc<Node>| async move {
            node.accounts().await.expect("listed").remove(0).calls.map(|calls| calls.count)
        };
        assert_eq!(calls(node.clone()).await, None, "nobody counts");
        node.start().await.expect("started");
        assert_eq!(calls(node.clone()).await, Some(0));
        node.keep_calls().await.expect("kept");
        let other = open(folder.path()).await;
        assert_eq!(calls(other.clone()).await, Some(0), "as the running one wrote it down");
        for (ms, news) in [(STALE_MS - 60_000, true), (STALE_MS, false)] {
            let id = account().id;
            let found = other.db.read(move |tx| kept(tx, &id, now_ms() + ms)).await.expect("read");
            assert_eq!(found.is_some(), news, "{ms}: who stopped counting tells nothing");
        }
        node.stop().await;
    }
}
