//! A partner of whom nothing was heard for a day: told once, until they are back. Everything waits meanwhile, and nothing is lost.

use std::time::Duration;

use twinline_model::connection::{Connection, Stage};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::{Account, LinkState};
use twinline_sync::held_up::rests_until;

use crate::node::Node;
use crate::time::rfc3339;

/// For how long nothing is said of it, ms: nights pass, and computers are shut.
const DAY_MS: i64 = 24 * 3_600_000;
/// A partner who is there is heard within a long poll. Before this node has run for so long, it is ours that was away.
const HEARD: Duration = Duration::from_secs(15 * 60);
/// Our tracker was read within this time, ms: it is not this computer that is offline.
const ONLINE_MS: i64 = 15 * 60_000;

impl Node {
    /// Looks who is away, and who is back.
    pub(crate) async fn watch_partners(&self, now_ms: i64, up: Duration) -> Result<(), Trouble> {
        let code = ProblemCode::PartnerAway.as_str();
        let (connections, told) = self
            .db
            .glance(move |tx| {
                let mut all = Vec::new();
                for connection in tx.connections()? {
                    let account = tx.account(&connection.account)?;
                    let why = tx.partner_held_up(&connection.id)?;
                    all.push((tx.link(&connection.id)?, connection, account, why));
                }
                let told = tx.problems()?.into_iter().filter(|p| p.code == code);
                Ok((all, told.filter_map(|p| p.connection).collect::<Vec<_>>()))
            })
            .await?;
        for (link, connection, account, why) in connections {
            let told = told.contains(&connection.id);
            let away = away_since(&connection, &link, why.as_deref(), now_ms);
            let id = connection.id.clone();
            match away {
                Some(since) if !told && up >= HEARD && is_online(account.as_ref(), now_ms) => {
                    let trouble = Trouble::new(ProblemCode::PartnerAway).with("time", rfc3339(since));
                    self.db
                        .write(move |tx| tx.raise(code, Some(&id), None, None, &trouble.facts, since))
                        .await?;
                    self.changed();
                }
                None if told => {
                    self.db.write(move |tx| tx.settle_problem(Some(code), Some(&id), None)).await?;
                    self.changed();
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Since when nothing was heard, if that is a day or more. Until the end of a rest that they told us of nothing was to be heard.
fn away_since(connection: &Connection, link: &LinkState, why: Option<&str>, now_ms: i64) -> Option<i64> {
    let heard = link.last_contact_ms.filter(|_| connection.stage == Stage::Connected)?;
    let last = why.and_then(|why| rests_until(why, heard)).map_or(heard, |until| until.max(heard));
    (now_ms.saturating_sub(last) >= DAY_MS).then_some(last)
}

fn is_online(account: Option<&Account>, now_ms: i64) -> bool {
    account.and_then(|a| a.checked_ms).is_some_and(|read| now_ms.saturating_sub(read) <= ONLINE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{account, connection, open};

    const NOON: i64 = 1_700_000_000_000;

    /// What the list says of a connection whose partner was last heard `ago` hours before noon.
    async fn told(node: &Node, ago: i64, read_ago_ms: i64, up: Duration) -> Vec<(String, bool)> {
        node.db
            .write(move |tx| {
                let mut link = tx.link(&connection().id)?;
                link.last_contact_ms = Some(NOON - ago * 3_600_000);
                tx.set_link(&connection().id, &link)?;
                tx.update_account(&Account { checked_ms: Some(NOON - read_ago_ms), ..account() })
            })
            .await
            .unwrap();
        node.watch_partners(NOON, up).await.unwrap();
        let problems = node.problems().await.unwrap();
        problems.into_iter().map(|p| (p.code, p.skipped)).collect()
    }

    #[tokio::test]
    async fn f82_a_partner_who_is_away_for_a_day_is_told_once_and_goes_when_they_are_back() {
        let folder = tempfile::tempdir().unwrap();
        let node = open(folder.path()).await;
        node.db
            .write(|tx| {
                tx.insert_account(&account())?;
                tx.insert_connection(&connection())
            })
            .await
            .unwrap();
        let long = HEARD * 2;
        assert!(told(&node, 23, 0, long).await.is_empty(), "a night");
        assert!(told(&node, 30, 0, HEARD / 2).await.is_empty(), "we were away ourselves");
        assert!(told(&node, 30, 2 * ONLINE_MS, long).await.is_empty(), "we are offline ourselves");
        let away = |skipped| vec![("partner-away".to_owned(), skipped)];
        assert_eq!(told(&node, 24, 0, long).await, away(false));
        assert_eq!(told(&node, 30, 0, long).await, away(false));
        let problem = node.problems().await.unwrap().remove(0);
        assert_eq!(problem.count, 1, "once per time away");
        let request = problem.request.expect("a reminder for them");
        assert!(request.contains("Twinline") && request.contains("2023"), "{request}");
        node.skip_problems(&[problem.id]).await.unwrap();
        assert_eq!(told(&node, 40, 0, long).await, away(true), "not told again, by whatever restart");
        assert_eq!(told(&node, 40, 0, Duration::ZERO).await, away(true));
        assert!(told(&node, 0, 0, Duration::ZERO).await.is_empty(), "they are back");
        assert_eq!(told(&node, 25, 0, long).await, away(false), "another time");
        // A weekend that they told us of is no absence; a day after it is one.
        let rests = |until_h: i64| {
            let says = format!("working-hours {}", NOON / 1_000 + until_h * 3_600);
            node.db.write(move |tx| tx.set_partner_held_up(&connection().id, &says))
        };
        rests(-23).await.unwrap();
        assert!(told(&node, 60, 0, long).await.is_empty());
        rests(-24).await.unwrap();
        assert_eq!(told(&node, 60, 0, long).await, away(false));
        // Nobody has working hours once a month.
        rests(24 * 20).await.unwrap();
        assert_eq!(told(&node, 60, 0, long).await, away(false));
    }
}
