//! Lists for people: pairs, activity.

use std::collections::BTreeMap;

use twinline_model::problem::Trouble;
use twinline_model::view::{ActivityView, DayView, HourView, NoteView, PairView};
use twinline_model::{ConnectionId, PairId};
use twinline_store::ActivityRow;

use crate::node::Node;
use crate::time::{now_ms, rfc3339};
use crate::words::say;

/// A clock hour, ms.
const HOUR_MS: i64 = 3_600_000;
/// Rows in one page, at most.
const MAX_PAGE: u32 = 200;

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

    /// How much crossed on a connection in the last 24 hours.
    pub async fn last_day(&self, connection: &ConnectionId) -> Result<DayView, Trouble> {
        self.last_day_at(connection, now_ms()).await
    }

    async fn last_day_at(&self, connection: &ConnectionId, now_ms: i64) -> Result<DayView, Trouble> {
        self.connection_row(connection).await?;
        let id = connection.clone();
        let until = now_ms - now_ms.rem_euclid(HOUR_MS) + HOUR_MS;
        let from = until - 24 * HOUR_MS;
        let counts = self.db.read(move |tx| tx.activity_hours(&id, from, until)).await?;
        let hour = |n: u32| {
            let count = counts.iter().find(|count| count.hour == n);
            HourView {
                from: rfc3339(from + i64::from(n) * HOUR_MS),
                r#in: count.map_or(0, |c| c.incoming),
                out: count.map_or(0, |c| c.outgoing),
            }
        };
        let hours: Vec<_> = (0..24).map(hour).collect();
        Ok(DayView { changes: hours.iter().map(|h| h.r#in + h.out).sum(), hours })
    }

    /// What is good to know before it becomes a problem: none of it needs anybody now.
    pub async fn notes(&self) -> Result<Vec<NoteView>, Trouble> {
        let accounts = self.db.read(|tx| tx.accounts()).await?;
        Ok(accounts.iter().filter_map(crate::token::note).collect())
    }
}

fn activity_view(row: ActivityRow, names: &BTreeMap<ConnectionId, String>) -> ActivityView {
    let partner = names.get(&row.connection).cloned().unwrap_or_else(|| say("partner-unknown", &[]));
    ActivityView {
        id: row.id.to_string(),
        at: rfc3339(row.at_ms),
        sentence: activity_sentence(&row, &partner),
        connection: row.connection,
        direction: row.direction,
        kind: row.kind,
        ours: row.ours.clone(),
        theirs: row.theirs.clone(),
    }
}

/// What happened, in words.
pub(crate) fn activity_sentence(row: &ActivityRow, partner: &str) -> String {
    let unknown = say("key-unknown", &[]);
    let (ours, theirs) = (row.ours.as_deref().unwrap_or(&unknown), row.theirs.as_deref().unwrap_or(&unknown));
    let mut facts: Vec<(&str, &str)> = vec![("partner", partner), ("ours", ours), ("theirs", theirs)];
    facts.extend(row.facts.iter().map(|(n, v)| (n.as_str(), v.as_str())));
    say(&row.message, &facts)
}

#[cfg(test)]
mod tests {
    use twinline_model::view::{ActivityKind, Direction};

    use super::*;
    use crate::samples::{LINK, account, connection, open};

    #[tokio::test]
    async fn the_last_day_ends_with_the_hour_that_is_on() {
        let folder = tempfile::tempdir().unwrap();
        let node = open(folder.path()).await;
        // Half past seven.
        let now = 1_000 * HOUR_MS + HOUR_MS / 2;
        let line = move |hours: i64, direction| ActivityRow {
            id: 0,
            at_ms: now - hours * HOUR_MS,
            connection: LINK.into(),
            direction,
            kind: ActivityKind::Issue,
            ours: None,
            theirs: None,
            message: "activity-in-created".to_owned(),
            facts: BTreeMap::new(),
        };
        node.db
            .write(move |tx| {
                tx.insert_account(&account())?;
                tx.insert_connection(&connection())?;
                for (hours, direction) in
                    [(0, Direction::In), (0, Direction::Out), (23, Direction::Out), (24, Direction::In)]
                {
                    tx.add_activity(&line(hours, direction))?;
                }
                Ok(())
            })
            .await
            .unwrap();
        let day = node.last_day_at(&LINK.into(), now).await.unwrap();
        assert_eq!((day.hours.len(), day.changes), (24, 3), "what is a day and more ago has gone");
        let counts = |h: &HourView| (h.r#in, h.out);
        assert_eq!((counts(&day.hours[0]), counts(&day.hours[23])), ((0, 1), (1, 1)));
        assert!(day.hours[1..23].iter().all(|h| counts(h) == (0, 0)));
        assert_eq!(day.hours[23].from, rfc3339(1_000 * HOUR_MS));
        assert!(node.last_day_at(&"nobody".into(), now).await.is_err());
    }
}
