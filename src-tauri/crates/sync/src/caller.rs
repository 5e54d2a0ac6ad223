//! The private side's loop: it starts every exchange.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Stage};
use twinline_model::problem::{ProblemCode, Trouble};

use crate::rows::{note_contact_failure, raise_for};
use crate::{Machine, exchange};

/// What the loop remembers from one exchange to the next.
#[derive(Default)]
struct Line {
    /// How often in a row the partner could not be reached.
    failures: u32,
    /// The last exchange carried more than a wait.
    spoke: bool,
    /// How far both sides were after it: (numbered, acked, received, pieces).
    mark: Option<(u64, u64, u64, u64)>,
    /// How many exchanges in a row spoke and got neither side further.
    idle_rounds: u32,
}

/// Whether a private connection still has something to say.
pub fn is_needed<M: Machine>(machine: &M, connection: &Connection) -> bool {
    connection.stage != Stage::Ended || !machine.room(&connection.id).memory().told_the_end
}

/// Calls until the connection has ended and the partner knows.
pub async fn run<M: Machine>(machine: Arc<M>, id: ConnectionId) {
    let room = machine.room(&id);
    let mut news = room.news.listen();
    let mut pokes = machine.pokes();
    let mut line = Line::default();
    loop {
        news.mark_unchanged();
        let wanted = id.clone();
        let read = machine.read(move |tx| Ok((tx.connection(&wanted)?, tx.link(&wanted)?))).await;
        let Ok((Some(connection), link)) = read else { return };
        // Words that get neither side further are not repeated without a pause.
        let pieces = room.memory().pieces;
        if !line.moved_on((link.sent.0, link.acked, link.received.0, pieces)) {
            line.spoke = false;
            if !pause(machine.as_ref(), &mut pokes, back_off(machine.as_ref(), line.idle_rounds)).await {
                return;
            }
            continue;
        }
        if !is_needed(machine.as_ref(), &connection) {
            return;
        }
        let called = match connection.stage {
            Stage::Invited => machine.pair(&connection).await.map(|()| true),
            _ => tokio::select! {
                biased;
                () = machine.stopped() => return,
                called = converse(machine.as_ref(), &connection, &mut line, &mut news) => called,
            },
        };
        match called {
            Ok(true) => line.failures = 0,
            // News came while we waited for theirs: speak at once.
            Ok(false) => {}
            Err(trouble) => {
                line.failures = line.failures.saturating_add(1);
                line.spoke = false;
                tracing::info!(%trouble, failures = line.failures, "the partner was not reached");
                if let Err(trouble) = failed(machine.as_ref(), &connection, &trouble).await {
                    tracing::error!(%trouble, "contact");
                }
                if !pause(machine.as_ref(), &mut pokes, back_off(machine.as_ref(), line.failures)).await {
                    return;
                }
            }
        }
    }
}

/// Waits, at most until somebody asks to look at everything now; false: the program stops.
async fn pause<M: Machine>(machine: &M, pokes: &mut watch::Receiver<u64>, most: Duration) -> bool {
    pokes.mark_unchanged();
    tokio::select! {
        biased;
        () = machine.stopped() => false,
        _ = pokes.changed() => true,
        () = machine.sleep(most) => true,
    }
}

/// One exchange. False: it was given up because we have news ourselves.
async fn converse<M: Machine>(
    machine: &M,
    connection: &Connection,
    line: &mut Line,
    news: &mut watch::Receiver<u64>,
) -> Result<bool, Trouble> {
    let (envelope, speaks) = exchange::request(machine, &connection.id).await?;
    let answer = tokio::select! {
        biased;
        answer = machine.call(connection, envelope) => answer?,
        // A wait is given up without harm: what its answer would have carried is said again.
        _ = news.changed(), if !speaks => return Ok(false),
    };
    line.spoke = speaks;
    exchange::answered(machine, connection, answer).await?;
    Ok(true)
}

impl Line {
    /// Whether the last exchange was a wait, or got one side further: a number, an ack, bytes of a file. Counts the rounds
    /// that did not.
    fn moved_on(&mut self, mark: (u64, u64, u64, u64)) -> bool {
        // The first round after a start only fetches a nonce; one or two more may find nothing yet.
        let stuck = self.spoke && self.mark == Some(mark);
        self.idle_rounds = if stuck { self.idle_rounds.saturating_add(1) } else { 0 };
        self.mark = Some(mark);
        self.idle_rounds < 3
    }
}

/// A pairing that the partner refuses is over; everything else heals by itself.
async fn failed<M: Machine>(machine: &M, connection: &Connection, trouble: &Trouble) -> Result<(), Trouble> {
    use ProblemCode as P;
    note_contact_failure(machine, &connection.id, trouble.code).await?;
    let refused = matches!(
        trouble.code,
        P::InvitationExpired
            | P::InvitationUsed
            | P::InvitationWithdrawn
            | P::InvitationUnknown
            | P::PartnerRejected
    );
    if connection.stage == Stage::Invited && refused {
        raise_for(machine, &connection.id, trouble.clone()).await?;
    }
    Ok(())
}

/// A pause that grows with each failure, with full jitter: between 0 and `2^failures` seconds, at most 5 minutes, at
/// least 200 ms.
fn back_off<M: Machine>(machine: &M, failures: u32) -> Duration {
    let most = 1_000_u64.saturating_mul(1 << failures.min(9)).min(300_000);
    let drawn = u64::from_str_radix(machine.random_hex().get(..16).unwrap_or_default(), 16);
    // Without random bytes the pause is the longest: later than needed, never a storm.
    Duration::from_millis((drawn.unwrap_or(most) % (most + 1)).max(200))
}
