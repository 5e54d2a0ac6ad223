//! How everything stands: one value that window, tray, title and command line render. How one connection is judged is in
//! `status/judge.rs`; here are the whole, and the sentences.

use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Role, Stage};
use twinline_model::pause::Pause;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{
    ConnectionState, ConnectionView, FirstSync, OverallStatus, PausedBy, Status, Waiting,
};
use twinline_store::{LinkState, ProblemRow, StoreError, Tx};
use twinline_sync::held_up::TRACKER_AWAY;

use crate::lists::activity_sentence;
use crate::node::Node;
use crate::pausing::is_paused;
use crate::sync;
use crate::time::{clock, now_ms, rfc3339, until_words};
use crate::words::{say, trouble_view};

mod judge;

use judge::{Facts, SPEED_MS};
pub use judge::{Moment, Runs};

impl Node {
    /// How everything stands.
    pub async fn status(&self) -> Status {
        self.status_at(&self.moment()).await
    }

    /// How everything stands, looked at in another moment than this one: for tests that let time pass.
    pub async fn status_at(&self, at: &Moment) -> Status {
        match self.whole(at).await {
            Ok(status) => status,
            Err(trouble) => {
                tracing::error!(%trouble, "status");
                // What cannot be read is not "not set up".
                Status {
                    overall: OverallStatus::NeedsAttention,
                    sentence: trouble_view(&trouble).sentence,
                    checked_at: None,
                    attention: 0,
                    connections: Vec::new(),
                    notes: Vec::new(),
                }
            }
        }
    }

    /// Now, and by whom the loops are run.
    fn moment(&self) -> Moment {
        let (check_every, up) = (self.check_every(), self.steady_for());
        Moment { now_ms: now_ms(), runs: self.runs(), check_every, up }
    }

    async fn whole(&self, at: &Moment) -> Result<Status, Trouble> {
        let connections = self.connections_at(at).await?;
        // The list that *Needs attention* shows: whoever counts, counts these.
        let open = self.problems().await?.iter().filter(|p| !p.skipped).count();
        let overall = match open {
            0 => overall(&connections),
            _ => OverallStatus::NeedsAttention,
        };
        let of = |state| connections.iter().filter(move |c| c.state == state);
        let delayed: Vec<_> = of(ConnectionState::Delayed).collect();
        let syncing = of(ConnectionState::Syncing).count();
        let first: Vec<_> = of(ConnectionState::FirstSync).collect();
        let together = paused_until(&connections);
        let id = match overall {
            OverallStatus::UpToDate => "status-up-to-date",
            OverallStatus::Checking => "status-checking",
            OverallStatus::Syncing => "status-syncing",
            OverallStatus::Delayed => "status-delayed-several",
            OverallStatus::NeedsAttention if open == 0 => "status-asking",
            OverallStatus::NeedsAttention => "status-needs-attention",
            OverallStatus::Paused if together.is_some() && by_hours(&connections) => "state-outside-hours",
            OverallStatus::Paused if together.is_some() => "status-paused-until",
            OverallStatus::Paused => "status-paused",
            OverallStatus::Offline if at.runs == Runs::Nowhere => "status-not-running",
            OverallStatus::Offline => "status-offline",
            OverallStatus::NotSetUp if connections.iter().all(|c| is_over(c.state)) => "status-not-set-up",
            OverallStatus::NotSetUp => "status-waiting",
        };
        let count = match overall {
            OverallStatus::Syncing => changes(&connections),
            OverallStatus::Delayed => delayed.len(),
            _ if open == 0 => of(ConnectionState::WaitingForYou).count(),
            _ => open,
        };
        let sentence = match (self.disk_problem(), overall, delayed.as_slice(), first.as_slice()) {
            (Some(problem), ..) => problem.sentence,
            // Whom or what it waits for says more than one word.
            (None, OverallStatus::Delayed, [one], _) => one.sentence.clone(),
            (None, OverallStatus::Syncing, _, [one]) if syncing == 0 => one.sentence.clone(),
            _ => {
                let until = together.unwrap_or_default();
                say(id, &[("count", &count.to_string()), ("until", &until)])
            }
        };
        let checked: Option<Vec<_>> =
            connections.iter().filter(|c| is_live(c)).map(|c| c.last_checked_at.clone()).collect();
        Ok(Status {
            overall,
            sentence,
            checked_at: checked.and_then(|checked| checked.into_iter().min()),
            attention: u32::try_from(open).unwrap_or(u32::MAX),
            connections,
            notes: self.notes().await?,
        })
    }

    /// All connections, those that need a person first.
    pub async fn connections(&self) -> Result<Vec<ConnectionView>, Trouble> {
        self.connections_at(&self.moment()).await
    }

    async fn connections_at(&self, at: &Moment) -> Result<Vec<ConnectionView>, Trouble> {
        let (full, since_ms) = (self.db.is_full(), at.now_ms.saturating_sub(SPEED_MS));
        // In one read, however many there are: the list is what a window waits for.
        let facts = self.db.read(move |tx| {
            let problems = tx.problems()?;
            let rows = tx.connections()?.into_iter();
            rows.map(|row| gather(tx, row, &problems, full, since_ms)).collect::<Result<Vec<_>, _>>()
        });
        let mut views: Vec<_> = facts.await?.into_iter().map(|facts| self.shape(facts, at)).collect();
        views.sort_by_key(|v| match v.state {
            ConnectionState::NeedsAttention | ConnectionState::WaitingForYou => 0,
            state if is_over(state) => 2,
            _ => 1,
        });
        Ok(views)
    }

    /// One connection.
    pub async fn connection(&self, id: &ConnectionId) -> Result<ConnectionView, Trouble> {
        let row = self.connection_row(id).await?;
        self.view(row, &self.moment()).await
    }

    async fn view(&self, connection: Connection, at: &Moment) -> Result<ConnectionView, Trouble> {
        let (full, since_ms) = (self.db.is_full(), at.now_ms.saturating_sub(SPEED_MS));
        let facts = self.db.read(move |tx| gather(tx, connection, &tx.problems()?, full, since_ms));
        Ok(self.shape(facts.await?, at))
    }

    fn shape(&self, facts: Facts, at: &Moment) -> ConnectionView {
        let state = facts.judge(at);
        let delay = (state == ConnectionState::Delayed).then(|| delay_sentence(&facts, at));
        let first_sync = facts.first_sync(at.now_ms);
        let checked = facts.checked_ms();
        let next_check = facts.next_check_ms(at).map(rfc3339);
        let partner_rests = facts.partner_rests_until(at);
        let away = facts.away_ms.map(clock).unwrap_or_default();
        let Facts { connection, account, link, counts, unacked, unread, problems, expires_s, .. } = facts;
        let partner_name = self.partner_words(&connection);
        let last_activity = facts.newest.as_ref().map(|row| activity_sentence(row, &partner_name));
        let out = counts.to_send + unacked;
        let incoming = counts.to_do + unread;
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let ends_ms = connection.paused.and_then(|p| p.at(at.now_ms)).and_then(Pause::ends_ms);
        let paused_by = paused_by(&connection, at.now_ms);
        let until = match state {
            ConnectionState::Paused => ends_ms.map(until_words),
            ConnectionState::Delayed => partner_rests.map(until_words),
            _ => expires_s.map(|s| clock(s * 1000)),
        };
        let until = until.unwrap_or_default();
        let count = match state {
            ConnectionState::NeedsAttention => u64::from(problems),
            // What waits at the partner is theirs to count.
            ConnectionState::Syncing => out + incoming,
            ConnectionState::Delayed => u64::from(link.partner_problems),
            _ => counts.pairs,
        };
        let shown = sync::shown(&connection);
        let words = [
            ("address", shown.as_str()),
            ("relay", shown.as_str()),
            ("partner", partner_name.as_str()),
            ("count", &count.to_string()),
            ("until", &until),
            ("time", &link.last_contact_ms.map(clock).unwrap_or_default()),
            ("site", account.as_ref().map(|a| a.site.as_str()).unwrap_or_default()),
            ("since", &away),
            ("done", &first_sync.as_ref().map_or(0, |f| f.done).to_string()),
            ("total", &first_sync.as_ref().map_or(0, |f| f.total).to_string()),
            ("percent", &first_sync.as_ref().and_then(|f| f.percent).unwrap_or(0).to_string()),
            ("minutes", &first_sync.as_ref().and_then(|f| f.minutes_left).unwrap_or(0).to_string()),
        ];
        let id = match (state, at.runs) {
            (ConnectionState::Offline, Runs::Nowhere) => "state-not-running",
            (ConnectionState::Delayed, _) => delay.unwrap_or("state-delayed"),
            (ConnectionState::Paused, _) => pause_sentence(paused_by, ends_ms.is_some()),
            (ConnectionState::FirstSync, _) => first_sync.as_ref().map_or("state-checking", first_sentence),
            _ => state_sentence(state, &connection, &link),
        };
        let sentence = say(id, &words);
        let partner = connection.partner.as_ref();
        ConnectionView {
            partner_site: partner.map(|p| p.site.clone()),
            partner_project: partner.map(|p| p.project.clone()).filter(|p| !p.is_empty()),
            partner_person: partner.map(|p| p.person.clone()).filter(|p| !p.is_empty()),
            partner_name,
            role: connection.shown_role(),
            other_side: connection.other_side(),
            second_side: connection.other_side().is_some() && connection.role == Role::Private,
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
            next_check_at: next_check,
            last_partner_contact_at: link.last_contact_ms.map(rfc3339),
            invitation_expires_at: expires_s
                .filter(|_| connection.stage == Stage::Invited)
                .map(|s| rfc3339(s * 1000)),
            paused_by,
            resumes_at: ends_ms.map(rfc3339),
            internal_comments: connection.internal_comments,
            address: shown,
            relay: sync::relay(&connection).is_some(),
            compared_at: link.compared_ms.map(rfc3339),
            healed: small(link.healed),
            first_sync,
            comparison_number: link.comparison,
            last_activity,
            id: connection.id,
        }
    }
}

/// What is known of a connection; `full`: nothing can be written down, `since_ms`: from when its speed counts.
fn gather(
    tx: &Tx<'_>,
    connection: Connection,
    problems: &[ProblemRow],
    full: bool,
    since_ms: i64,
) -> Result<Facts, StoreError> {
    let id = &connection.id;
    // Of a connection that has ended nobody has to do anything.
    let ended = connection.stage.is_over();
    let open = problems.iter().filter(|p| !ended && p.connection.as_ref() == Some(id) && !p.skipped).count();
    let link = tx.link(id)?;
    let first = connection.stage == Stage::Connected && link.first_synced_ms.is_none();
    Ok(Facts {
        account: tx.account(&connection.account)?,
        progress: first.then(|| tx.how_far(id, since_ms)).transpose()?,
        link,
        counts: tx.counts(id)?,
        unacked: tx.out_len(id)? + tx.receipts_len(id)?,
        unread: tx.in_len(id)?,
        problems: u32::try_from(open + usize::from(full && !ended)).unwrap_or(u32::MAX),
        expires_s: tx.invited_of(id)?.map(|i| i.expires_s),
        newest: tx.activity_page(Some(id), None, 1)?.pop(),
        away_ms: tx.away_since(&connection.account)?,
        partner_held_up: tx.partner_held_up(id)?,
        connection,
    })
}

/// Why it is delayed: our tracker, else what the partner says of their side.
fn delay_sentence(facts: &Facts, at: &Moment) -> &'static str {
    if facts.is_away(at) {
        return "state-delayed-tracker";
    }
    let Some(why) = facts.partner_held_up(at) else { return "state-delayed" };
    match ProblemCode::parse(why) {
        _ if facts.partner_rests_until(at).is_some() => "state-delayed-partner-hours",
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

fn paused_by(connection: &Connection, now_ms: i64) -> Option<PausedBy> {
    match (is_paused(connection, now_ms), connection.partner_paused) {
        _ if connection.stage != Stage::Connected => None,
        (true, _) if connection.paused.is_some_and(|pause| !pause.is_a_persons()) => Some(PausedBy::Hours),
        (false, false) => None,
        (true, false) => Some(PausedBy::You),
        (false, true) => Some(PausedBy::Partner),
        (true, true) => Some(PausedBy::Both),
    }
}

/// Of the partner's pause nobody knows until when.
fn pause_sentence(by: Option<PausedBy>, ends: bool) -> &'static str {
    match (by, ends) {
        (Some(PausedBy::Hours), _) => "state-outside-hours",
        (Some(PausedBy::Partner), _) => "state-paused-by-partner",
        (Some(PausedBy::Both), true) => "state-paused-until-and-by-partner",
        (Some(PausedBy::Both), false) => "state-paused-by-both",
        (_, true) => "state-paused-until",
        (_, false) => "state-paused-by-you",
    }
}

/// How much of a first sync is done, as far as anybody knows.
fn first_sentence(first: &FirstSync) -> &'static str {
    match (first.percent, first.minutes_left) {
        (None, _) if first.total == 0 => "state-first-sync-begins",
        (None, _) => "state-first-sync-reading",
        (Some(_), None) => "state-first-sync",
        (Some(_), Some(_)) => "state-first-sync-left",
    }
}

fn state_sentence(state: ConnectionState, connection: &Connection, link: &LinkState) -> &'static str {
    // Nothing is known of the partner then.
    let no_relay = link.last_error.as_deref() == Some(ProblemCode::RelayUnreachable.as_str());
    // A sign-in page, a proxy's page, another web site: nothing is known of the partner either.
    let stranger = link.last_error.as_deref() == Some(ProblemCode::PartnerNotTwinline.as_str());
    let nameless = link.last_error.as_deref() == Some(ProblemCode::PartnerNameUnknown.as_str());
    match state {
        ConnectionState::WaitingForPartner => match (connection.role, connection.stage) {
            (Role::Public, _) => "state-waiting-for-partner",
            (_, Stage::Invited) if no_relay => "state-waiting-for-relay",
            (_, Stage::Invited) if stranger => "state-waiting-past-stranger",
            (_, Stage::Invited) if nameless => "state-waiting-for-name",
            (_, Stage::Invited) => "state-waiting-for-answer",
            _ => "state-waiting-for-approval",
        },
        ConnectionState::WaitingForYou => "state-waiting-for-you",
        ConnectionState::FirstSync => "state-first-sync-reading",
        ConnectionState::UpToDate => "state-up-to-date",
        ConnectionState::Checking => "state-checking",
        ConnectionState::Syncing => "state-syncing",
        ConnectionState::Delayed => "state-delayed",
        ConnectionState::NeedsAttention => "state-needs-attention",
        ConnectionState::Paused => "state-paused-by-you",
        ConnectionState::Offline if no_relay => "state-offline-relay",
        ConnectionState::Offline if stranger => "state-offline-stranger",
        ConnectionState::Offline if nameless => "state-offline-name",
        ConnectionState::Offline if link.last_contact_ms.is_none() => "state-offline-never",
        ConnectionState::Offline => "state-offline",
        ConnectionState::Declined => "state-declined",
        ConnectionState::Disconnected => "state-disconnected",
    }
}

/// Needs attention > Offline > Paused > Checking or Syncing > Up to date > Not set up. Connections that wait for the
/// partner, or have ended, say nothing about how the others stand.
fn overall(connections: &[ConnectionView]) -> OverallStatus {
    use ConnectionState as S;
    let has = |states: &[S]| connections.iter().any(|c| states.contains(&c.state));
    let live: Vec<_> = connections.iter().filter(|c| is_live(c)).collect();
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

/// It has begun, and has not ended.
fn is_live(connection: &ConnectionView) -> bool {
    connection.state != ConnectionState::WaitingForPartner && !is_over(connection.state)
}

/// Nothing will be synced on it again.
fn is_over(state: ConnectionState) -> bool {
    matches!(state, ConnectionState::Declined | ConnectionState::Disconnected)
}

/// How many changes wait, of all connections that are at work.
fn changes(connections: &[ConnectionView]) -> usize {
    let at_work = [ConnectionState::Syncing, ConnectionState::FirstSync];
    let of = connections.iter().filter(|c| at_work.contains(&c.state));
    of.map(|c| c.waiting.r#in as usize + c.waiting.out as usize).sum()
}

/// Until when everything is paused, where one answer holds for all that is synced: of the partner's pause nobody knows it.
fn paused_until(connections: &[ConnectionView]) -> Option<String> {
    let ours = |c: &ConnectionView| matches!(c.paused_by, Some(PausedBy::You | PausedBy::Hours));
    let known = |c: &ConnectionView| c.resumes_at.clone().filter(|_| ours(c));
    let mut ends = connections.iter().filter(|c| c.state == ConnectionState::Paused).map(known);
    let first = ends.next()??;
    let same = ends.all(|at| at.as_ref() == Some(&first));
    same.then(|| first.parse::<jiff::Timestamp>().ok()).flatten().map(|at| until_words(at.as_millisecond()))
}

/// Nobody has paused anything: it is outside our working hours.
fn by_hours(connections: &[ConnectionView]) -> bool {
    let mut paused = connections.iter().filter(|c| c.state == ConnectionState::Paused);
    paused.all(|c| c.paused_by == Some(PausedBy::Hours))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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
}
