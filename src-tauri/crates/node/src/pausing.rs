//! Pausing and resuming: by a person, and by itself where the pause has an end.
//!
//! What a pause is at a given time, the model says; here is the clock that it is asked with, and the one transaction that ends
//! it. The time when it ends is in the database, so that it ends as well after the program was off meanwhile.

use std::time::Duration;

use jiff::tz::TimeZone;
use twinline_model::ConnectionId;
use twinline_model::connection::Connection;
use twinline_model::pause::{Pause, PauseUntil};
use twinline_model::problem::Trouble;

use crate::node::Node;
use crate::time::{now_ms, tomorrow_at_eight};

impl Node {
    /// Stops syncing for a while; what changes meanwhile is kept. One that is paused already gets this end.
    pub async fn pause(&self, id: &ConnectionId, until: PauseUntil) -> Result<(), Trouble> {
        let pause = pause_of(until, now_ms(), &TimeZone::system());
        self.change(id, move |c| c.paused = Some(pause)).await
    }

    /// Goes on; outside working hours with all connections, until the hours begin again.
    pub async fn resume(&self, id: &ConnectionId) -> Result<(), Trouble> {
        if matches!(self.connection_row(id).await?.paused, Some(Pause::Hours { .. })) {
            self.lift_hours(true).await?;
        }
        self.change(id, |c| c.paused = None).await
    }

    /// Pauses all connections. One that is paused for longer already stays so.
    pub async fn pause_all(&self, until: PauseUntil) -> Result<(), Trouble> {
        let pause = pause_of(until, now_ms(), &TimeZone::system());
        for connection in self.db.read(|tx| tx.connections()).await? {
            self.change(&connection.id, move |c| {
                let stands = c.paused.filter(|stands| stands.is_a_persons());
                c.paused = Some(stands.map_or(pause, |stands| stands.longer(pause)));
            })
            .await?;
        }
        Ok(())
    }

    /// Resumes all connections.
    pub async fn resume_all(&self) -> Result<(), Trouble> {
        for connection in self.db.read(|tx| tx.connections()).await? {
            self.resume(&connection.id).await?;
        }
        Ok(())
    }

    /// Goes on with every connection whose pause is over by now; how long it is until the next one is.
    pub(crate) async fn end_pauses(&self, now_ms: i64) -> Result<Option<Duration>, Trouble> {
        let mut next: Option<i64> = None;
        for connection in self.db.glance(|tx| tx.connections()).await? {
            let Some(pause) = connection.paused else { continue };
            let left = pause.at(now_ms);
            if left != Some(pause) {
                tracing::info!(connection = %connection.id, over = left.is_none(), "a pause ends, or the clock was set back");
                // Judged again in the transaction: a person may have been quicker.
                self.change(&connection.id, move |c| c.paused = c.paused.and_then(|p| p.at(now_ms))).await?;
            }
            let ends = left.and_then(Pause::ends_ms);
            next = ends.map(|at| next.map_or(at, |n| n.min(at))).or(next);
        }
        Ok(next.map(|at| Duration::from_millis(at.saturating_sub(now_ms).max(0).unsigned_abs())))
    }
}

/// Whether our admin's pause holds at this time.
pub(crate) fn is_paused(connection: &Connection, now_ms: i64) -> bool {
    connection.paused.is_some_and(|pause| pause.at(now_ms).is_some())
}

/// What a person wishes, begun now.
fn pause_of(until: PauseUntil, now_ms: i64, zone: &TimeZone) -> Pause {
    let until_ms = match until {
        PauseUntil::Resumed => return Pause::Open,
        PauseUntil::Tomorrow => tomorrow_at_eight(now_ms, zone),
        PauseUntil::Seconds(seconds) => now_ms.saturating_add(i64::from(seconds) * 1_000),
    };
    Pause::Until { since_ms: now_ms, until_ms }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use twinline_model::connection::Stage;
    use twinline_model::view::{ConnectionState, OverallStatus, PausedBy};

    use super::*;
    use crate::samples::{LINK, account, connection, open};

    const HOUR: i64 = 3_600_000;

    /// A node with one connection.
    async fn node(folder: &std::path::Path) -> Arc<Node> {
        let node = open(folder).await;
        node.db
            .write(|tx| {
                tx.insert_account(&account())?;
                tx.insert_connection(&connection())
            })
            .await
            .unwrap();
        node
    }

    fn id() -> ConnectionId {
        ConnectionId::new(LINK)
    }

    /// The pause, and how often the partner was to be told of a change.
    async fn stands(node: &Node) -> (Option<Pause>, u64) {
        node.db
            .read(|tx| {
                let paused = tx.connection(&id())?.and_then(|c| c.paused);
                Ok((paused, tx.link(&id())?.statement_generation))
            })
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn it_resumes_by_itself_exactly_once_also_where_the_program_was_off_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let first = node(folder.path()).await;
        first.pause(&id(), PauseUntil::Seconds(3_600)).await.unwrap();
        let (Some(pause @ Pause::Until { since_ms, until_ms }), told) = stands(&first).await else {
            panic!()
        };
        assert_eq!(until_ms - since_ms, HOUR);
        assert_eq!(first.end_pauses(since_ms + 1_000).await.unwrap(), Some(Duration::from_secs(3_599)));
        assert_eq!(first.end_pauses(until_ms - 1).await.unwrap(), Some(Duration::from_millis(1)));
        assert_eq!(stands(&first).await, (Some(pause), told), "not a moment too early");
        drop(first);
        let second = open(folder.path()).await;
        assert_eq!(stands(&second).await, (Some(pause), told), "it is kept");
        assert_eq!(second.end_pauses(until_ms + 40 * HOUR).await.unwrap(), None);
        assert_eq!(stands(&second).await, (None, told + 1), "the partner hears it");
        // Not once more, whatever the clock shows later.
        for now in [until_ms + 41 * HOUR, since_ms, 0] {
            assert_eq!(second.end_pauses(now).await.unwrap(), None);
        }
        assert_eq!(stands(&second).await, (None, told + 1));
    }

    #[tokio::test]
    async fn who_resumes_by_hand_or_pauses_without_an_end_takes_the_end_away() {
        let folder = tempfile::tempdir().unwrap();
        let node = node(folder.path()).await;
        node.pause(&id(), PauseUntil::Tomorrow).await.unwrap();
        node.resume(&id()).await.unwrap();
        assert_eq!(stands(&node).await.0, None);
        node.pause(&id(), PauseUntil::Seconds(60)).await.unwrap();
        node.pause(&id(), PauseUntil::Resumed).await.unwrap();
        assert_eq!(node.end_pauses(i64::MAX).await.unwrap(), None);
        assert_eq!(stands(&node).await.0, Some(Pause::Open), "until somebody resumes");
        // Who pauses everything for an hour does not let this one go on after it.
        node.pause_all(PauseUntil::Seconds(3_600)).await.unwrap();
        assert_eq!(stands(&node).await.0, Some(Pause::Open));
    }

    #[tokio::test]
    async fn a_clock_set_back_moves_the_end_and_it_is_kept_where_it_is_now() {
        let folder = tempfile::tempdir().unwrap();
        let node = node(folder.path()).await;
        node.pause(&id(), PauseUntil::Seconds(3_600)).await.unwrap();
        let back = now_ms() - 1_000 * HOUR;
        assert_eq!(node.end_pauses(back).await.unwrap(), Some(Duration::from_secs(3_600)));
        let moved = Pause::Until { since_ms: back, until_ms: back + HOUR };
        assert_eq!(stands(&node).await.0, Some(moved));
        assert_eq!(node.end_pauses(back + HOUR).await.unwrap(), None);
        assert_eq!(stands(&node).await.0, None);
    }

    #[tokio::test]
    async fn every_place_says_until_when() {
        let folder = tempfile::tempdir().unwrap();
        let node = node(folder.path()).await;
        let said = async || {
            let status = node.status().await;
            let one = status.connections[0].clone();
            ((status.overall, status.sentence), (one.state, one.sentence), one.resumes_at)
        };
        node.pause(&id(), PauseUntil::Resumed).await.unwrap();
        let (all, one, resumes) = said().await;
        assert_eq!(all, (OverallStatus::Paused, "Paused".to_owned()));
        assert_eq!(one, (ConnectionState::Paused, "Paused by you".to_owned()));
        assert_eq!(resumes, None);
        node.pause(&id(), PauseUntil::Tomorrow).await.unwrap();
        let (all, one, resumes) = said().await;
        assert_eq!(all, (OverallStatus::Paused, "Paused until tomorrow, 08:00".to_owned()));
        assert_eq!((all.1, ConnectionState::Paused), (one.1, one.0), "one sentence for all");
        let Some(Pause::Until { until_ms, .. }) = stands(&node).await.0 else { panic!() };
        assert_eq!(resumes, Some(crate::time::rfc3339(until_ms)));
        // Nobody knows until when the partner has paused, and each side lifts its own pause.
        node.change(&id(), |c| c.partner_paused = true).await.unwrap();
        let (all, one, _) = said().await;
        assert_eq!(all.1, "Paused");
        let partner = node.status().await.connections[0].partner_name.clone();
        assert_eq!(one.1, format!("Paused by you until tomorrow, 08:00, and by {partner} too"));
        node.resume(&id()).await.unwrap();
        let status = node.status().await;
        assert_eq!(status.connections[0].paused_by, Some(PausedBy::Partner));
        assert_eq!(status.connections[0].sentence, format!("Paused by {partner}"));
        node.pause(&id(), PauseUntil::Resumed).await.unwrap();
        assert_eq!(said().await.1.1, format!("Paused by you, and by {partner} too"));
        node.change(&id(), |c| c.partner_paused = false).await.unwrap();
        // Where nobody runs the node, its end passes all the same: nothing is said to be paused that is not.
        let over = Pause::Until { since_ms: 0, until_ms: 1 };
        node.change(&id(), move |c| c.paused = Some(over)).await.unwrap();
        let (all, one, resumes) = said().await;
        assert_eq!((all.0, one.0, resumes), (OverallStatus::Offline, ConnectionState::Offline, None));
    }

    #[tokio::test]
    async fn connections_with_different_ends_are_just_paused_together() {
        let folder = tempfile::tempdir().unwrap();
        let node = node(folder.path()).await;
        let other = Connection { id: ConnectionId::new("1e1e"), ..connection() };
        let ended = Connection { id: ConnectionId::new("2e2e"), stage: Stage::Ended, ..connection() };
        node.db
            .write(move |tx| {
                tx.insert_connection(&other)?;
                tx.insert_connection(&ended)
            })
            .await
            .unwrap();
        node.pause(&id(), PauseUntil::Tomorrow).await.unwrap();
        node.pause(&ConnectionId::new("1e1e"), PauseUntil::Resumed).await.unwrap();
        assert_eq!(node.status().await.sentence, "Paused");
        node.pause(&ConnectionId::new("1e1e"), PauseUntil::Tomorrow).await.unwrap();
        assert_eq!(node.status().await.sentence, "Paused until tomorrow, 08:00");
    }
}
