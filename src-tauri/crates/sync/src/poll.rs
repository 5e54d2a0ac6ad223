//! One account's poll: one search per interval for all its connections.

use std::sync::Arc;
use std::time::Duration;

use twinline_engine::bug;
use twinline_model::AccountId;
use twinline_model::connection::{Connection, Stage};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::Account;
use twinline_trackers::{ReadError, Tracker};

use crate::closed::Standing;
use crate::lately::Lately;
use crate::reading::Reading;
use crate::rows::{ON_THE_WAY, raise_for};
use crate::{Machine, census, changes, closed, stops, sweep};

/// Beside three checks: so long after the last file that found no room the disk counts as full.
const FULL: Duration = Duration::from_secs(10);

/// Polls an account until no connection needs it, working hours end, or the program stops.
pub async fn run<M: Machine>(machine: Arc<M>, id: AccountId) {
    let mut pokes = machine.pokes();
    let lately = Lately::default();
    loop {
        // Asked by the clock, not by what was written down: nothing is read in the moment between.
        if machine.rests() {
            return;
        }
        let wait = match poll(&machine, &id, &lately).await {
            Ok(true) => machine.check_every(),
            Ok(false) => return,
            Err(wait) => wait.max(machine.check_every()),
        };
        tokio::select! {
            biased;
            () = machine.stopped() => return,
            _ = pokes.changed() => {}
            () = machine.sleep(wait) => {}
        }
    }
}

/// One round; false: nobody needs it any more; `Err`: how long the tracker asked to wait.
async fn poll<M: Machine>(machine: &Arc<M>, id: &AccountId, lately: &Lately) -> Result<bool, Duration> {
    let wanted = id.clone();
    let found = machine
        .read(move |tx| {
            let mut connections = tx.connections()?;
            connections.retain(|c| c.account == wanted && c.stage == Stage::Connected);
            Ok((tx.account(&wanted)?, connections))
        })
        .await;
    let (account, connections) = match found {
        Ok((Some(account), connections)) if !connections.is_empty() => (account, connections),
        Ok(_) => return Ok(false),
        Err(trouble) => return Err(complain(&trouble)),
    };
    match machine.tracker(&account).await {
        Ok(tracker) => {
            let (account, tracker, all) = (&account, &tracker, connections.as_slice());
            let reading = Reading { machine, account, tracker, all, lately };
            round(reading).await.map(|()| true)
        }
        Err(trouble) => {
            for connection in &connections {
                let told = raise_for(machine.as_ref(), &connection.id, trouble.clone()).await;
                told.map_err(|t| complain(&t))?;
            }
            Err(complain(&trouble))
        }
    }
}

/// One round over all connections of an account; `Err`: how long to wait, at least, before the next.
async fn round<M: Machine>(reading: Reading<'_, M>) -> Result<(), Duration> {
    let Reading { machine, account, tracker, all, .. } = reading;
    match read_changes(reading).await {
        Ok(readable) => settle_sign_in(machine.as_ref(), account, tracker.as_ref(), &readable)
            .await
            .map_err(|t| complain(&t)),
        Err(Failure::Read(error)) => Err(read_failed(machine.as_ref(), account, all, &error).await),
        Err(Failure::Trouble(trouble)) => Err(complain(&trouble)),
    }
}

/// Why a round ended early.
#[derive(thiserror::Error, Debug)]
pub enum Failure {
    /// The tracker.
    #[error("{0}")]
    Read(ReadError),
    /// Our own side.
    #[error("{0}")]
    Trouble(Trouble),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}
impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

async fn read_changes<M: Machine>(reading: Reading<'_, M>) -> Result<Vec<Connection>, Failure> {
    let Reading { machine, account, tracker, .. } = reading;
    let mut begun = reading.all.to_vec();
    for connection in &mut begun {
        sweep::begins_at(machine.as_ref(), connection).await?;
        begin(reading, connection).await?;
    }
    let since = match account.since_ms {
        Some(since) => since,
        // A fresh cursor begins now, by the tracker's own clock: ours may be wrong (F18).
        None => tracker.clock_ms().await?,
    };
    let mut connections = Vec::new();
    let mut left = sweep::each(reading.of(&begun), &mut connections).await?;
    if connections.is_empty() {
        return left.failure.map_or(Ok(connections), Err);
    }
    let newest = match changes::read(reading.of(&connections), Some(since)).await {
        // One project that went away spoils the joint search: each is read alone, and only its own connections are told.
        Err(Failure::Read(ReadError::Refused(_) | ReadError::NotFound | ReadError::Forbidden(_))) => {
            read_one_by_one(reading, &mut connections, since, &mut left).await?
        }
        other => other?,
    };
    // Where something was left out, the cursor stays, so that nothing is missed once it can be read again.
    let cursor = newest.filter(|_| !left.any).unwrap_or(since).max(since)
        + if bug!(CursorTooFar) { 900_000 } else { 0 };
    if left.failure.is_none() {
        let (id, now) = (account.id.clone(), machine.now_ms());
        machine
            .write("cursor", move |tx| {
                tx.forget_away(&id)?;
                tx.set_cursor(&id, cursor, now)
            })
            .await?;
    }
    for connection in &connections {
        sweep::end(machine.as_ref(), connection).await?;
        // What is looked for beside the changes must not hold them up: it goes on in the next round.
        if let Err(failure) = look_beside(reading.of(&connections), connection).await {
            tracing::info!(%failure, "a look past the search index broke off");
        }
    }
    machine.changed();
    left.failure.map_or(Ok(connections), Err)
}

/// What a round could not read, while it read the rest.
#[derive(Default)]
pub(crate) struct Left {
    /// Something was left out: the cursor stays.
    pub(crate) any: bool,
    /// The first reason that our people were not told: in the end the round has failed, and is no look at anything.
    pub(crate) failure: Option<Failure>,
}

/// Looks past the search index: what was forgotten, what was left open, what is no longer there.
async fn look_beside<M: Machine>(reading: Reading<'_, M>, connection: &Connection) -> Result<(), Failure> {
    census::remember(reading, connection).await?;
    census::complete(reading, connection).await?;
    census::take(reading, connection).await
}

/// Reads each connection's project by itself; those that cannot be read are told and left out of the rest of the round.
/// The newest `updated` is not believed then.
async fn read_one_by_one<M: Machine>(
    reading: Reading<'_, M>,
    connections: &mut Vec<Connection>,
    since: i64,
    left: &mut Left,
) -> Result<Option<i64>, Failure> {
    let mut readable = Vec::new();
    for connection in connections.drain(..) {
        match changes::read(reading.of(std::slice::from_ref(&connection)), Some(since)).await {
            Ok(_) => readable.push(connection),
            Err(failure) => leave_out(reading, &connection, failure, left).await?,
        }
    }
    *connections = readable;
    Ok(None)
}

/// A project that cannot be read concerns no other: it is told, or the round fails once the others were read. What concerns
/// the whole site ends the round.
pub(crate) async fn leave_out<M: Machine>(
    reading: Reading<'_, M>,
    connection: &Connection,
    failure: Failure,
    left: &mut Left,
) -> Result<(), Failure> {
    let (machine, account) = (reading.machine.as_ref(), reading.account);
    match failure {
        Failure::Read(ReadError::Refused(_) | ReadError::NotFound | ReadError::Forbidden(_)) => {
            let found = closed::standing(machine, account, reading.tracker.as_ref(), connection).await?;
            let kept = found.is_kept_from_us();
            match found {
                Standing::Closed => {}
                Standing::Unsaid(error) if !kept => _ = left.failure.get_or_insert(error.into()),
                Standing::Open | Standing::Unsaid(_) => {
                    closed::tell(machine, account, connection, ProblemCode::ProjectUnknown).await?;
                }
            }
        }
        odd @ Failure::Read(ReadError::Odd(_)) => _ = left.failure.get_or_insert(odd),
        other => return Err(other),
    }
    left.any = true;
    Ok(())
}

/// Fixes where a connection begins, once: above the highest number of today, or from the first issue on.
async fn begin<M: Machine>(reading: Reading<'_, M>, connection: &mut Connection) -> Result<(), Failure> {
    let Reading { machine, account, tracker, .. } = reading;
    if connection.above.is_some() {
        return Ok(());
    }
    if connection.existing {
        // Existing issues lie before the cursor: the project is read once from the beginning. The start is written down
        // afterwards, so that a crash in between reads again.
        connection.above = Some(0);
        let id = account.id.clone();
        machine.write("read-anew", move |tx| tx.forget_seen(&id)).await?;
        let reading = reading.of(std::slice::from_ref(connection));
        sweep::make(reading, connection).await?;
        changes::read(reading, None).await?;
    } else {
        connection.above = Some(tracker.highest_number(&connection.project).await?);
    }
    let (id, above, existing) = (connection.id.clone(), connection.above, connection.existing);
    machine
        .write("begin", move |tx| {
            // Read anew: an admin may have changed it meanwhile, and then it begins once more, or has begun.
            let Some(mut row) = tx.connection(&id)? else { return Ok(()) };
            if row.existing != existing || row.above.is_some() {
                return Ok(());
            }
            row.above = above;
            tx.update_connection(&row)
        })
        .await?;
    Ok(())
}

async fn settle_sign_in<M: Machine>(
    machine: &M,
    account: &Account,
    tracker: &dyn Tracker,
    connections: &[Connection],
) -> Result<(), Trouble> {
    if account.signed_in && machine.read(|tx| tx.problems()).await?.is_empty() {
        return Ok(());
    }
    let closed = closed::still_closed(machine, account, tracker, connections).await?;
    let recently = |c: &&Connection| {
        let last = machine.room(&c.id).memory().disk_full;
        last.is_some_and(|at| machine.awake().saturating_sub(at) < 3 * machine.check_every() + FULL)
    };
    let full: Vec<_> = connections.iter().filter(recently).map(|c| c.id.clone()).collect();
    let account = account.clone();
    let ids: Vec<_> = connections.iter().map(|c| c.id.clone()).collect();
    machine
        .write("signed-in", move |tx| {
            // Read anew: the cursor has moved meanwhile.
            if let Some(mut row) = tx.account(&account.id)? {
                row.signed_in = true;
                tx.update_account(&row)?;
            }
            for id in &ids {
                // Nothing is fetched or read any more that a full disk could keep out; it is raised again where that changes.
                if tx.wanted(id, 1)?.is_empty() && !full.contains(id) {
                    stops::settle(tx, ProblemCode::DiskFull, id)?;
                    stops::settle(tx, ProblemCode::FolderUnusable, id)?;
                }
                for healed in [
                    ProblemCode::ClockWrong,
                    ProblemCode::SignInExpired,
                    ProblemCode::SiteMoved,
                    ProblemCode::ProjectUnknown,
                    ProblemCode::ProjectDeleted,
                    ProblemCode::ProjectArchived,
                    ProblemCode::KeychainLocked,
                    ProblemCode::KeychainMissing,
                    ProblemCode::SecretMissing,
                    ProblemCode::ProxySignIn,
                    ProblemCode::CertificateUntrusted,
                ] {
                    for row in tx.problems()? {
                        if row.code == healed.as_str()
                            && row.connection.as_ref() == Some(id)
                            && row.pair.is_none()
                            // On the way to the partner it may stand still.
                            && (!ON_THE_WAY.contains(&healed) || row.facts.contains_key("other"))
                            && !(healed == ProblemCode::ProjectArchived && closed.contains(id))
                        {
                            tx.remove_problem(row.id)?;
                        }
                    }
                }
            }
            Ok(())
        })
        .await
}

/// Says what concerns a person; the rest heals by itself. Answers how long to wait.
async fn read_failed<M: Machine>(
    machine: &M,
    account: &Account,
    connections: &[Connection],
    error: &ReadError,
) -> Duration {
    tracing::warn!(site = account.site, %error, "poll");
    let trouble = match error {
        ReadError::SlowDown { wait } => return *wait,
        ReadError::Unavailable(_) => {
            let (id, now) = (account.id.clone(), machine.now_ms());
            if let Err(trouble) = machine.write("away", move |tx| tx.set_away(&id, now)).await {
                complain(&trouble);
            }
            machine.changed();
            return Duration::ZERO;
        }
        ReadError::Unreachable(_) | ReadError::Odd(_) => return Duration::ZERO,
        ReadError::Clock(_) => Trouble::new(ProblemCode::ClockWrong).with("time", machine.time_words()),
        // The row of the way to the tracker, beside that of the way to the partner.
        ReadError::ProxySignIn => Trouble::new(ProblemCode::ProxySignIn).with("other", &account.site),
        ReadError::Untrusted(_) => {
            Trouble::new(ProblemCode::CertificateUntrusted).with("other", &account.site)
        }
        ReadError::SignIn => Trouble::new(ProblemCode::SignInExpired),
        ReadError::Moved(to) => Trouble::new(ProblemCode::SiteMoved).with("to", to),
        ReadError::Forbidden(_) | ReadError::NotFound | ReadError::Refused(_) => {
            Trouble::new(ProblemCode::ProjectUnknown)
        }
    };
    // Another process may renew the token, or the address: they are read anew.
    if matches!(trouble.code, ProblemCode::SignInExpired | ProblemCode::SiteMoved) {
        machine.forget_tracker(&account.id);
    }
    if trouble.code == ProblemCode::SignInExpired {
        let id = account.id.clone();
        let marked = machine.write("signed-out", move |tx| {
            if let Some(mut row) = tx.account(&id)? {
                row.signed_in = false;
                tx.update_account(&row)?;
            }
            Ok(())
        });
        if let Err(trouble) = marked.await {
            complain(&trouble);
        }
    }
    for connection in connections {
        let trouble =
            trouble.clone().with("site", &account.site).with("project", connection.project.as_str());
        let trouble = trouble.with("address", &account.site);
        if let Err(trouble) = raise_for(machine, &connection.id, trouble).await {
            complain(&trouble);
        }
    }
    Duration::from_secs(30)
}

fn complain(trouble: &Trouble) -> Duration {
    tracing::error!(%trouble, "poll");
    Duration::from_secs(5)
}
