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

/// What the other side tells as well: where both are in this app, each event is told by one of them, the one where something
/// was written.
const TOLD_BY_THE_OTHER_SIDE: [&str; 7] = [
    "activity-out-created",
    "activity-out-changed",
    "activity-out-comment",
    "activity-out-attachment",
    "activity-conflict-theirs",
    "activity-unlinked-partner",
    "activity-again-partner",
];

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

    /// A page of what happened, the newest first, before `before`; of all connections each event once.
    pub async fn activity(
        &self,
        connection: Option<&ConnectionId>,
        before: Option<String>,
        limit: u32,
    ) -> Result<Vec<ActivityView>, Trouble> {
        let id = connection.cloned();
        let before = before.and_then(|b| b.parse().ok());
        let limit = limit.clamp(1, MAX_PAGE);
        let (rows, connections) = self
            .db
            .read(move |tx| {
                let connections = tx.connections()?;
                let rows = match &id {
                    Some(one) => tx.activity_page(Some(one), before, limit)?,
                    None => {
                        let here = connections.iter().filter(|c| c.other_side().is_some());
                        let here: Vec<&str> = here.map(|c| c.id.as_str()).collect();
                        tx.activity_page_without(&TOLD_BY_THE_OTHER_SIDE, &here, before, limit)?
                    }
                };
                Ok((rows, connections))
            })
            .await?;
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
    use twinline_model::connection::Connection;
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

    #[tokio::test]
    async fn of_two_projects_of_this_app_each_event_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let node = open(folder.path()).await;
        let line = |connection: &str, direction, message: &str| ActivityRow {
            id: 0,
            at_ms: 1_000,
            connection: connection.into(),
            direction,
            kind: ActivityKind::Issue,
            ours: None,
            theirs: None,
            message: message.to_owned(),
            facts: BTreeMap::new(),
        };
        let side = |id: &str, other: &str| Connection {
            id: id.into(),
            address: Connection::local_address(&other.into()),
            ..connection()
        };
        let lines = [
            line("one", Direction::Out, "activity-out-created"),
            line("two", Direction::In, "activity-in-created"),
            line("two", Direction::Out, "activity-out-comment"),
            line("one", Direction::In, "activity-in-comment"),
            line("one", Direction::Out, "activity-unlinked-here"),
            line("two", Direction::In, "activity-unlinked-partner"),
            // A partner's lines are not told anywhere else.
            line(LINK, Direction::Out, "activity-out-created"),
        ];
        let sides = [connection(), side("one", "two"), side("two", "one")];
        node.db
            .write(move |tx| {
                tx.insert_account(&account())?;
                sides.iter().try_for_each(|one| tx.insert_connection(one))?;
                lines.iter().try_for_each(|line| tx.add_activity(line).map(drop))
            })
            .await
            .unwrap();
        let told = async |of: Option<&str>, limit| -> Vec<String> {
            let of = of.map(ConnectionId::from);
            let page = node.activity(of.as_ref(), None, limit).await.unwrap();
            page.iter().map(|line| format!("{} {:?}", line.connection, line.direction)).collect()
        };
        let all = [format!("{LINK} Out"), "one Out".into(), "one In".into(), "two In".into()];
        assert_eq!(told(None, 10).await, all);
        assert_eq!(told(None, 2).await, all[..2], "a page is as long as it can be");
        assert_eq!(
            told(Some("two"), 10).await,
            ["two In", "two Out", "two In"],
            "each side has all of its own"
        );
    }
}
