//! How everything stands: one value that window, tray, title and command line render.
//!
//! *Up to date* rests on a successful read of our tracker within two intervals, on the partner's own report of the same,
//! and on digests that were equal on both sides; whatever is older, or was not compared since a database was set back, is
//! *Checking*; what the partner's people have to look at is *Delayed*, and a contact that is overdue is *Offline*; so is a
//! node that nobody runs, once its last look is overdue.

use std::time::Duration;

use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::pause::Pause;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{ConnectionState, ConnectionView, OverallStatus, PausedBy, Status, Waiting};
use twinline_store::{Account, LinkState, PairCounts};
use twinline_sync::held_up::TRACKER_AWAY;

use crate::node::{Node, Runs};
use crate::pausing::is_paused;
use crate::time::{clock, now_ms, rfc3339, until_words};
use crate::words::say;

/// A long poll and its answer, and a little for the way.
const CONTACT_GRACE_MS: i64 = 30_000;

/// What is known of one connection.
struct Facts {
    connection: Connection,
    account: Option<Account>,
    link: LinkState,
    counts: PairCounts,
    unacked: u64,
    unread: u64,
    problems: u32,
    expires_s: Option<i64>,
    last_activity: Option<String>,
    /// Since when our tracker says that it does not work.
    away_ms: Option<i64>,
    /// What the partner says that their side waits for.
    partner_held_up: Option<String>,
}

impl Node {
    /// How everything stands.
    pub async fn status(&self) -> Status {
        let connections = self.connections().await.unwrap_or_else(|trouble| {
            tracing::error!(%trouble, "status");
            Vec::new()
        });
        let full = self.disk_problem();
        let overall = match full {
            Some(_) => OverallStatus::NeedsAttention,
            None => overall(&connections),
        };
        let checked_at = connections.iter().filter_map(|c| c.last_checked_at.clone()).min();
        let attention: u32 = connections.iter().map(|c| c.problems).sum();
        let asking = connections.iter().filter(|c| c.state == ConnectionState::WaitingForYou).count();
        let changes: u32 = connections.iter().map(|c| c.waiting.r#in + c.waiting.out).sum();
        let delayed: Vec<_> = connections.iter().filter(|c| c.state == ConnectionState::Delayed).collect();
        let together = paused_until(&connections);
        let id = match overall {
            OverallStatus::UpToDate => "status-up-to-date",
            OverallStatus::Checking => "status-checking",
            OverallStatus::Syncing => "status-syncing",
            OverallStatus::Delayed => "status-delayed-several",
            OverallStatus::NeedsAttention if attention == 0 => "status-asking",
            OverallStatus::NeedsAttention => "status-needs-attention",
            OverallStatus::Paused if together.is_some() => "status-paused-until",
            OverallStatus::Paused => "status-paused",
            OverallStatus::Offline if self.runs() == Runs::Nowhere => "status-not-running",
            OverallStatus::Offline => "status-offline",
            OverallStatus::NotSetUp
                if connections.iter().all(|c| c.state == ConnectionState::Disconnected) =>
            {
                "status-not-set-up"
            }
            OverallStatus::NotSetUp => "status-waiting",
        };
        let count = match overall {
            OverallStatus::Syncing => changes as usize,
            OverallStatus::Delayed => delayed.len(),
            _ => attention as usize + asking,
        };
        let sentence = match (full, overall, delayed.as_slice()) {
            (Some(problem), ..) => problem.sentence,
            // Whom or what it waits for says more than one word.
            (None, OverallStatus::Delayed, [one]) => one.sentence.clone(),
            _ => {
                let until = together.unwrap_or_default();
                say(id, &[("count", &count.to_string()), ("until", &until)])
            }
        };
        let notes = self.notes().await.unwrap_or_else(|trouble| {
            tracing::error!(%trouble, "notes");
            Vec::new()
        });
        Status { overall, sentence, checked_at, connections, notes }
    }

    /// All connections, those that need a person first.
    pub async fn connections(&self) -> Result<Vec<ConnectionView>, Trouble> {
        let rows = self.db.read(|tx| tx.connections()).await?;
        let mut views = Vec::new();
        for row in rows {
            views.push(self.view(row).await?);
        }
        views.sort_by_key(|v| match v.state {
            ConnectionState::NeedsAttention | ConnectionState::WaitingForYou => 0,
            ConnectionState::Disconnected => 2,
            _ => 1,
        });
        Ok(views)
    }

    /// One connection.
    pub async fn connection(&self, id: &ConnectionId) -> Result<ConnectionView, Trouble> {
        let row = self.connection_row(id).await?;
        self.view(row).await
    }

    async fn view(&self, connection: Connection) -> Result<ConnectionView, Trouble> {
        let id = connection.id.clone();
        let newest = self.activity(Some(&id), None, 1).await?;
        let full = self.db.is_full();
        let facts = self
            .db
            .read(move |tx| {
                let id = &connection.id;
                let problems = tx.problems()?;
                let problems = problems.iter().filter(|p| p.connection.as_ref() == Some(id) && !p.skipped);
                Ok(Facts {
                    account: tx.account(&connection.account)?,
                    link: tx.link(id)?,
                    counts: tx.counts(id)?,
                    unacked: tx.out_len(id)? + tx.receipts_len(id)?,
                    unread: tx.in_len(id)?,
                    problems: u32::try_from(problems.count() + usize::from(full)).unwrap_or(u32::MAX),
                    expires_s: tx.invited_of(id)?.map(|i| i.expires_s),
                    last_activity: None,
                    away_ms: tx.away_since(&connection.account)?,
                    partner_held_up: tx.partner_held_up(id)?,
                    connection,
                })
            })
            .await?;
        let last_activity = newest.into_iter().next().map(|line| line.sentence);
        Ok(self.shape(Facts { last_activity, ..facts }))
    }

    fn shape(&self, facts: Facts) -> ConnectionView {
        let state = self.judge(&facts);
        let delay = (state == ConnectionState::Delayed).then(|| delay_sentence(&facts, self.is_away(&facts)));
        let away = facts.away_ms.map(clock).unwrap_or_default();
        let Facts { connection, account, link, counts, unacked, unread, problems, expires_s, .. } = facts;
        let last_activity = facts.last_activity;
        let partner_name = self.partner_words(&connection);
        let out = counts.to_send + unacked;
        let incoming = counts.to_do + unread;
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let checked = account.as_ref().and_then(|a| a.checked_ms);
        let ends_ms = connection.paused.and_then(|p| p.at(now_ms())).and_then(Pause::ends_ms);
        let paused_by = paused_by(&connection);
        let until = match state {
            ConnectionState::Paused => ends_ms.map(until_words),
            _ => expires_s.map(|s| clock(s * 1000)),
        };
        let until = until.unwrap_or_default();
        let count = match state {
            ConnectionState::NeedsAttention => u64::from(problems),
            ConnectionState::Syncing | ConnectionState::FirstSync => {
                out + incoming + u64::from(link.partner_pending)
            }
            ConnectionState::Delayed => u64::from(link.partner_problems),
            _ => counts.pairs,
        };
        let words = [
            ("partner", partner_name.as_str()),
            ("count", &count.to_string()),
            ("until", &until),
            ("time", &link.last_contact_ms.map(clock).unwrap_or_default()),
            ("site", account.as_ref().map(|a| a.site.as_str()).unwrap_or_default()),
            ("since", &away),
        ];
        let id = match (state, self.runs()) {
            (ConnectionState::Offline, Runs::Nowhere) => "state-not-running",
            (ConnectionState::Delayed, _) => delay.unwrap_or("state-delayed"),
            (ConnectionState::Paused, _) => pause_sentence(paused_by, ends_ms.is_some()),
            _ => state_sentence(state, &connection, &link),
        };
        let sentence = say(id, &words);
        let partner = connection.partner.as_ref();
        ConnectionView {
            partner_site: partner.map(|p| p.site.clone()),
            partner_project: partner.map(|p| p.project.clone()).filter(|p| !p.is_empty()),
            partner_person: partner.map(|p| p.person.clone()).filter(|p| !p.is_empty()),
            partner_name,
            role: connection.role,
            mode: connection.mode,
            project: connection.project.clone(),
            account: connection.account.clone(),
            site: account.map(|a| a.site).unwrap_or_default(),
            state,
            sentence,
            pairs: small(counts.pairs),
            waiting: Waiting { out: small(out), r#in: small(incoming) },
            problems,
            partner_problems: link.partner_problems,
            last_checked_at: checked.map(rfc3339),
            last_partner_contact_at: link.last_contact_ms.map(rfc3339),
            invitation_expires_at: expires_s
                .filter(|_| connection.stage == Stage::Invited)
                .map(|s| rfc3339(s * 1000)),
            paused_by,
            resumes_at: ends_ms.map(rfc3339),
            internal_comments: connection.internal_comments,
            address: connection.address.clone(),
            compared_at: link.compared_ms.map(rfc3339),
            healed: small(link.healed),
            comparison_number: link.comparison,
            last_activity,
            id: connection.id,
        }
    }

    /// Our tracker has not been read for a while, and says itself that it does not work.
    fn is_away(&self, facts: &Facts) -> bool {
        let Pace { interval, up } = Pace::of(self.runs(), self.options.check_every, self.started.elapsed());
        let checked = facts.account.as_ref().and_then(|a| a.checked_ms);
        let age = checked.map_or(i64::MAX, |at| (now_ms() - at).max(0));
        facts.away_ms.is_some()
            && self.runs() != Runs::Nowhere
            && age.min(up) > 3 * interval + CONTACT_GRACE_MS
    }

    fn judge(&self, facts: &Facts) -> ConnectionState {
        let Facts { connection, link, counts, .. } = facts;
        match (connection.stage, connection.role) {
            (Stage::Ended, _) => return ConnectionState::Disconnected,
            (Stage::AwaitingApproval, Role::Public) => return ConnectionState::WaitingForYou,
            (Stage::Invited | Stage::AwaitingApproval, _) => {
                return match facts.problems {
                    0 => ConnectionState::WaitingForPartner,
                    _ => ConnectionState::NeedsAttention,
                };
            }
            (Stage::Connected, _) => {}
        }
        if facts.problems > 0 {
            return ConnectionState::NeedsAttention;
        }
        let now = now_ms();
        if is_paused(connection, now) || connection.partner_paused {
            return ConnectionState::Paused;
        }
        let age = |at: Option<i64>| at.map_or(i64::MAX, |at| (now - at).max(0));
        let Pace { interval, up } = Pace::of(self.runs(), self.options.check_every, self.started.elapsed());
        let checked = age(facts.account.as_ref().and_then(|a| a.checked_ms));
        let contact = age(link.last_contact_ms);
        let late = |age: i64| age.min(up) > 3 * interval + CONTACT_GRACE_MS;
        let silent = late(contact) || (link.last_error.is_some() && contact.min(up) > CONTACT_GRACE_MS);
        let away = self.is_away(facts);
        // What nobody looks at is not in step, however short a time ago it was.
        if silent || (late(checked) && !away) || self.runs() == Runs::Nowhere {
            return ConnectionState::Offline;
        }
        if away || facts.partner_held_up.is_some() {
            return ConnectionState::Delayed;
        }
        let waiting =
            counts.to_send + counts.to_do + facts.unacked + facts.unread + u64::from(link.partner_pending);
        if waiting > 0 {
            return ConnectionState::Syncing;
        }
        // Their people have to act before the two sides can be in step again.
        if link.partner_problems > 0 {
            return ConnectionState::Delayed;
        }
        // The partner reports at least once in a long poll; their own check was fresh when they did.
        let theirs = age(link.partner_checked_ms);
        let fresh = checked <= 2 * interval + 1_000 && theirs <= 2 * interval + CONTACT_GRACE_MS;
        if fresh && compared(link, counts.pairs) {
            ConnectionState::UpToDate
        } else {
            ConnectionState::Checking
        }
    }
}

/// What may be expected of the node, ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Pace {
    /// How often it looks at Jira.
    interval: i64,
    /// Since when it does. A node that has just been started is checking, not offline; of one that another process runs, or
    /// nobody, this process knows nothing that would excuse it.
    up: i64,
}

impl Pace {
    fn of(runs: Runs, own: Duration, started: Duration) -> Self {
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 8);
        match runs {
            Runs::Here => Self { interval: ms(own), up: ms(started) },
            Runs::Elsewhere(theirs) => Self { interval: ms(theirs), up: i64::MAX },
            Runs::Nowhere => Self { interval: ms(own), up: i64::MAX },
        }
    }
}

/// Both sides' digests were equal, and neither database was set back since. Without an issue there is nothing to compare.
fn compared(link: &LinkState, pairs: u64) -> bool {
    !link.reconciling && (pairs == 0 || link.compared_ms.is_some())
}

/// Why it is delayed: our tracker (`away`), else what the partner says of their side.
fn delay_sentence(facts: &Facts, away: bool) -> &'static str {
    if away {
        return "state-delayed-tracker";
    }
    let Some(why) = facts.partner_held_up.as_deref() else { return "state-delayed" };
    match ProblemCode::parse(why) {
        _ if why == TRACKER_AWAY => "state-delayed-partner-tracker",
        Some(ProblemCode::SignInExpired | ProblemCode::SiteMoved) => "state-delayed-partner-sign-in",
        Some(
            ProblemCode::ProjectUnknown
            | ProblemCode::ProjectArchived
            | ProblemCode::ProjectDeleted
            | ProblemCode::ProjectForbidden,
        ) => "state-delayed-partner-project",
        Some(ProblemCode::DiskFull) => "state-delayed-partner-disk",
        _ => "state-delayed-partner",
    }
}

fn paused_by(connection: &Connection) -> Option<PausedBy> {
    match (is_paused(connection, now_ms()), connection.partner_paused) {
        _ if connection.stage != Stage::Connected => None,
        (false, false) => None,
        (true, false) => Some(PausedBy::You),
        (false, true) => Some(PausedBy::Partner),
        (true, true) => Some(PausedBy::Both),
    }
}

/// Of the partner's pause nobody knows until when.
fn pause_sentence(by: Option<PausedBy>, ends: bool) -> &'static str {
    match (by, ends) {
        (Some(PausedBy::Partner), _) => "state-paused-by-partner",
        (Some(PausedBy::Both), true) => "state-paused-until-and-by-partner",
        (Some(PausedBy::Both), false) => "state-paused-by-both",
        (_, true) => "state-paused-until",
        (_, false) => "state-paused-by-you",
    }
}

fn state_sentence(state: ConnectionState, connection: &Connection, link: &LinkState) -> &'static str {
    match state {
        ConnectionState::WaitingForPartner => match (connection.role, connection.stage) {
            (Role::Public, _) => "state-waiting-for-partner",
            (_, Stage::Invited) => "state-waiting-for-answer",
            _ => "state-waiting-for-approval",
        },
        ConnectionState::WaitingForYou => "state-waiting-for-you",
        ConnectionState::FirstSync => "state-first-sync",
        ConnectionState::UpToDate => "state-up-to-date",
        ConnectionState::Checking => "state-checking",
        ConnectionState::Syncing => "state-syncing",
        ConnectionState::Delayed => "state-delayed",
        ConnectionState::NeedsAttention => "state-needs-attention",
        ConnectionState::Paused => "state-paused-by-you",
        ConnectionState::Offline if link.last_contact_ms.is_none() => "state-offline-never",
        ConnectionState::Offline => "state-offline",
        ConnectionState::Disconnected => "state-disconnected",
    }
}

/// Needs attention > Offline > Paused > Checking or Syncing > Up to date > Not set up. Connections that wait for the
/// partner, or have ended, say nothing about how the others stand.
fn overall(connections: &[ConnectionView]) -> OverallStatus {
    use ConnectionState as S;
    let has = |states: &[S]| connections.iter().any(|c| states.contains(&c.state));
    let live: Vec<_> =
        connections.iter().filter(|c| !matches!(c.state, S::WaitingForPartner | S::Disconnected)).collect();
    if has(&[S::NeedsAttention, S::WaitingForYou]) {
        OverallStatus::NeedsAttention
    } else if live.is_empty() {
        OverallStatus::NotSetUp
    } else if has(&[S::Offline]) {
        OverallStatus::Offline
    } else if has(&[S::Delayed]) {
        OverallStatus::Delayed
    } else if live.iter().all(|c| c.state == S::Paused) {
        OverallStatus::Paused
    } else if has(&[S::Syncing, S::FirstSync]) {
        OverallStatus::Syncing
    } else if has(&[S::Checking]) {
        OverallStatus::Checking
    } else {
        OverallStatus::UpToDate
    }
}

/// Until when everything is paused, where one answer holds for all that is synced: of the partner's pause nobody knows it.
fn paused_until(connections: &[ConnectionView]) -> Option<String> {
    let known = |c: &ConnectionView| c.resumes_at.clone().filter(|_| c.paused_by == Some(PausedBy::You));
    let mut ends = connections.iter().filter(|c| c.state == ConnectionState::Paused).map(known);
    let first = ends.next()??;
    let same = ends.all(|at| at.as_ref() == Some(&first));
    same.then(|| first.parse::<jiff::Timestamp>().ok()).flatten().map(|at| until_words(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_looks_excuses_nobody() {
        let [own, theirs, just] = [10, 300, 1].map(Duration::from_secs);
        assert_eq!(Pace::of(Runs::Here, own, just), Pace { interval: 10_000, up: 1_000 });
        assert_eq!(Pace::of(Runs::Elsewhere(theirs), own, just), Pace { interval: 300_000, up: i64::MAX });
        assert_eq!(Pace::of(Runs::Nowhere, own, just), Pace { interval: 10_000, up: i64::MAX });
    }

    #[tokio::test]
    async fn another_process_knows_who_runs_the_node_and_how_often_it_looks() {
        let folder = tempfile::tempdir().unwrap();
        let open = |check_every: u64| {
            let options = crate::Options {
                check_every: Duration::from_secs(check_every),
                secrets: crate::SecretsChoice::File,
                ..crate::Options::new(folder.path().to_owned())
            };
            Node::open(options)
        };
        let node = open(300).await.unwrap();
        assert_eq!(node.runs(), Runs::Nowhere);
        node.start().await.unwrap();
        assert_eq!(node.runs(), Runs::Here);
        let looks = open(10).await.unwrap();
        assert_eq!(looks.runs(), Runs::Elsewhere(Duration::from_secs(300)));
        node.stop().await;
        assert_eq!(open(10).await.unwrap().runs(), Runs::Nowhere);
    }

    #[test]
    fn in_step_is_believed_only_after_a_comparison() {
        let never = LinkState::default();
        let once = LinkState { compared_ms: Some(1), ..LinkState::default() };
        let set_back = LinkState { reconciling: true, ..once.clone() };
        assert!(compared(&never, 0), "nothing to compare");
        assert!(!compared(&never, 1));
        assert!(compared(&once, 1));
        assert!(!compared(&set_back, 1));
        assert!(!compared(&set_back, 0), "the partner may have issues that we have forgotten");
    }
}
