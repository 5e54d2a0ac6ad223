//! Notifications: what the desktop is told, in words. The shell only shows it.
//!
//! Looked at whenever the status is: there is no timer for it, so what the hour keeps back is said at the next look
//! after it. What was told is written down before it is shown, so that no restart repeats it. Where the desktop shows
//! no notifications it counts as told: window and tray say the same, and nothing is saved up for a later day.

mod decide;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::notification::{Fact, Kind, Notification, Shown};
use twinline_model::problem::Trouble;
use twinline_model::view::{ConnectionState, NotificationSwitches, ProblemView, Status};
use twinline_store::Notified;

use crate::node::Node;
use crate::time::now_ms;
use crate::words::say;
use decide::decide;

/// The switches' names among the settings; one that was never touched is on.
const CONNECTED: &str = "notify-connected";
const ATTENTION: &str = "notify-attention";
const PARTNER: &str = "notify-partner";
const OFF: &str = "off";
/// A notification has room for a few lines.
const LINES: usize = 3;

impl Node {
    /// Of what the desktop is told.
    pub async fn notification_switches(&self) -> Result<NotificationSwitches, Trouble> {
        self.db
            .read(|tx| {
                let on = |name| tx.setting(name).map(|word| word.as_deref() != Some(OFF));
                Ok(NotificationSwitches {
                    connected: on(CONNECTED)?,
                    attention: on(ATTENTION)?,
                    partner: on(PARTNER)?,
                })
            })
            .await
    }

    /// Keeps of what the desktop is told.
    pub async fn set_notification_switches(&self, switches: NotificationSwitches) -> Result<(), Trouble> {
        let NotificationSwitches { connected, attention, partner } = switches;
        self.db
            .write(move |tx| {
                for (name, on) in [(CONNECTED, connected), (ATTENTION, attention), (PARTNER, partner)] {
                    tx.set_setting(name, if on { "on" } else { OFF })?;
                }
                Ok(())
            })
            .await
    }

    /// What is to be shown now, beside this status. It counts as told from now on.
    pub async fn notifications(&self, status: &Status) -> Vec<Shown> {
        self.notifications_at(status, now_ms()).await.unwrap_or_else(|trouble| {
            tracing::error!(%trouble, "notifications");
            Vec::new()
        })
    }

    async fn notifications_at(&self, status: &Status, now_ms: i64) -> Result<Vec<Shown>, Trouble> {
        let on = self.notification_switches().await?;
        let problems: Vec<_> = self.problems().await?.into_iter().filter(|p| !p.skipped).collect();
        let connections = self.db.read(|tx| tx.connections()).await?;
        let facts = facts(&connections, status, &problems);
        let here: BTreeSet<_> = connections.iter().map(|c| c.id.clone()).collect();
        // What could not be written down, on a full disk, is remembered until this process ends.
        let unkept = self.notified.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = self.db.read(|tx| tx.notified()).await?;
        let mut told = merged(known.clone(), &unkept);
        let mut due = decide(&facts, &here, &on, &mut told, now_ms);
        if told != known {
            let carried = unkept.clone();
            let (status, problems) = (status.clone(), problems.clone());
            let kept = self.db.write(move |tx| {
                // Once more, in one transaction: what people do themselves is noted there as well.
                let connections = tx.connections()?;
                let facts = self::facts(&connections, &status, &problems);
                let here = connections.iter().map(|c| c.id.clone()).collect();
                let mut told = merged(tx.notified()?, &carried);
                let due = decide(&facts, &here, &on, &mut told, now_ms);
                tx.set_notified(&told)?;
                Ok(due)
            });
            let kept = kept.await;
            let mut unkept = self.notified.lock().unwrap_or_else(PoisonError::into_inner);
            match kept {
                Ok(kept) => {
                    due = kept;
                    *unkept = Notified::default();
                }
                Err(trouble) => {
                    tracing::warn!(%trouble, "what is told now was not written down");
                    *unkept = told;
                }
            }
        }
        Ok(due.iter().map(|notification| in_words(notification, status, &connections, &problems)).collect())
    }
}

/// What may be told of how things stand.
fn facts(connections: &[Connection], status: &Status, problems: &[ProblemView]) -> BTreeSet<Fact> {
    let in_step = |c: &Connection| {
        let found = status.connections.iter().find(|view| view.id == c.id);
        // Before it is known where a connection begins, nothing was looked at.
        c.above.is_some() && found.is_some_and(|view| view.state == ConnectionState::UpToDate)
    };
    let mut facts = BTreeSet::new();
    for c in connections {
        let id = || c.id.clone();
        match c.stage {
            Stage::Invited => {}
            Stage::AwaitingApproval if c.role == Role::Public => drop(facts.insert(Fact::Accepted(id()))),
            Stage::AwaitingApproval => {}
            Stage::Connected => {
                if c.role == Role::Public {
                    facts.insert(Fact::Accepted(id()));
                }
                // For people it is one connection, also where both of its sides are here.
                let second = c.other_side().is_some() && c.role == Role::Private;
                if in_step(c) && !second {
                    facts.insert(Fact::FirstSync(id()));
                }
                if c.partner_paused {
                    facts.insert(Fact::Paused(id()));
                }
            }
            Stage::Declined => drop(facts.insert(Fact::Declined(id()))),
            // Those that we ended ourselves are noted as known.
            Stage::Ended => drop(facts.insert(Fact::Left(id()))),
        }
    }
    facts.extend(
        problems.iter().map(|p| Fact::Attention { connection: p.connection.clone(), code: p.code.clone() }),
    );
    facts
}

fn merged(mut known: Notified, more: &Notified) -> Notified {
    fn newest<K: Clone + Ord>(into: &mut BTreeMap<K, i64>, from: &BTreeMap<K, i64>) {
        for (key, at) in from {
            let kept = into.entry(key.clone()).or_insert(*at);
            *kept = (*kept).max(*at);
        }
    }
    newest(&mut known.facts, &more.facts);
    newest(&mut known.kinds, &more.kinds);
    known
}

fn in_words(
    notification: &Notification,
    status: &Status,
    connections: &[Connection],
    problems: &[ProblemView],
) -> Shown {
    let kind = notification.kind();
    let lines: Vec<_> = notification.facts().map(|fact| line(fact, status, connections, problems)).collect();
    let (title, body) = match lines.as_slice() {
        [(title, body)] => (title.clone(), body.clone()),
        lines => {
            let count = lines.len().to_string();
            let title = say(&format!("notification-{}-many", word(kind)), &[("count", &count)]);
            let mut body: Vec<_> = lines
                .iter()
                .take(LINES)
                .map(|(title, body)| match kind {
                    Kind::Attention => body.clone(),
                    _ => title.clone(),
                })
                .collect();
            if let Some(more) = lines.len().checked_sub(LINES).filter(|more| *more > 0) {
                body.push(say("notification-more", &[("count", &more.to_string())]));
            }
            (title, body.join("\n"))
        }
    };
    Shown { kind, title, body, route: route(notification) }
}

/// First line and what follows, for one fact.
fn line(
    fact: &Fact,
    status: &Status,
    connections: &[Connection],
    problems: &[ProblemView],
) -> (String, String) {
    let view = fact.connection().and_then(|id| status.connections.iter().find(|c| c.id == *id));
    let row = fact.connection().and_then(|id| connections.iter().find(|c| c.id == *id));
    let partner = view.map_or_else(|| say("partner-unknown", &[]), |c| c.partner_name.clone());
    let pairs = view.map_or(0, |c| c.pairs).to_string();
    let said = |id: &str| say(id, &[("partner", &partner), ("count", &pairs)]);
    match fact {
        Fact::Accepted(_) => {
            let waits = row.is_some_and(|c| c.stage == Stage::AwaitingApproval);
            let next = if waits { "notification-accepted-ask" } else { "notification-accepted-next" };
            (said("notification-accepted"), said(next))
        }
        Fact::FirstSync(_) => (said("notification-first-sync"), said("notification-first-sync-next")),
        Fact::Paused(_) => (said("notification-paused"), said("notification-paused-next")),
        Fact::Declined(_) => (said("notification-declined"), said("notification-declined-next")),
        Fact::Left(_) => (said("notification-left"), said("notification-left-next")),
        Fact::Attention { connection, code } => {
            let mut of = problems.iter().filter(|p| p.connection == *connection && p.code == *code);
            let (first, several) = (of.next(), of.next().is_some());
            let sentence = first.map(|p| if several { &p.together } else { &p.sentence });
            let title = if view.is_some() { "notification-attention" } else { "notification-attention-here" };
            (said(title), sentence.cloned().unwrap_or_default())
        }
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Accepted => "accepted",
        Kind::FirstSync => "first-sync",
        Kind::Attention => "attention",
        Kind::Partner => "partner",
    }
}

/// The screen that says more: of the one connection, else the one that lists them.
fn route(notification: &Notification) -> String {
    let attention = notification.kind() == Kind::Attention;
    let mut connections = notification.facts().map(Fact::connection);
    match connections.next().flatten() {
        Some(id) if connections.all(|other| other == Some(id)) => {
            format!("/connections/{id}{}", if attention { "/attention" } else { "" })
        }
        _ if attention => "/attention".to_owned(),
        _ => "/connections".to_owned(),
    }
}

#[cfg(test)]
mod tests;
