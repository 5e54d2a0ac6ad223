//! The private side's loop: it starts every exchange.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Stage};
use twinline_model::problem::{ProblemCode, Trouble};

use crate::rows::{note_contact_failure, raise_for};
use crate::{Machine, exchange};

/// Exchanges in a row that may speak and get neither side further: two or three after a start, for a nonce and for who
/// holds the connection, and one for each step down the tree of digests.
const IDLE_ROUNDS: u32 = 16;

/// A pause for want of anything new: news of ours ends it, but not sooner. It cannot hear the partner's, nor what we met
/// while the last exchange was under way.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(8);

/// What the loop remembers from one exchange to the next.
#[derive(Default)]
struct Line {
    /// How often in a row the partner could not be reached.
    failures: u32,
    /// What the last round was.
    last: Round,
    /// How far both sides were after it: (numbered, acked, received, pieces).
    mark: Option<(u64, u64, u64, u64)>,
    /// How many exchanges spoke and got neither side further since one did, or since one only waited.
    idle_rounds: u32,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Round {
    /// No exchange: a pause, a failure, or a wait that was given up for news of ours.
    #[default]
    None,
    /// An exchange in which we had nothing to say.
    Waited,
    /// An exchange in which we said something.
    Spoke,
}

/// Whether a private connection still has something to say.
pub fn is_needed<M: Machine>(machine: &M, connection: &Connection) -> bool {
    !connection.stage.is_over() || !machine.room(&connection.id).memory().told_the_end
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
            line.last = Round::None;
            let most = back_off(machine.as_ref(), line.idle_rounds - IDLE_ROUNDS + 1).min(LONGEST);
            tracing::warn!(?most, "nothing that was said got either side further: a pause");
            if !pause(machine.as_ref(), &mut pokes, most.min(SHORTEST)).await {
                return;
            }
            // What we want to say may be another thing by then.
            tokio::select! {
                biased;
                more = pause(machine.as_ref(), &mut pokes, most.saturating_sub(SHORTEST)) => if !more { return },
                _ = news.changed() => {}
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
            Ok(false) => line.last = Round::None,
            Err(trouble) => {
                line.failures = line.failures.saturating_add(1);
                line.last = Round::None;
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
    line.last = if speaks { Round::Spoke } else { Round::Waited };
    exchange::answered(machine, connection, answer).await?;
    Ok(true)
}

impl Line {
    /// Counts what the last round came to. False: exchanges speak again and again, and get neither side further: no number,
    /// no ack, no bytes of a file.
    fn moved_on(&mut self, mark: (u64, u64, u64, u64)) -> bool {
        match self.last {
            _ if self.mark != Some(mark) => self.idle_rounds = 0,
            Round::Waited => self.idle_rounds = 0,
            Round::Spoke => self.idle_rounds = self.idle_rounds.saturating_add(1),
            Round::None => {}
        }
        self.mark = Some(mark);
        self.last != Round::Spoke || self.idle_rounds < IDLE_ROUNDS
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
            | P::InvitationDeclined
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_change_nothing_are_followed_by_a_pause() {
        let mut line = Line::default();
        let mut rounds = |last, mark, times| {
            let one = |line: &mut Line| {
                line.last = last;
                line.moved_on((mark, 0, 0, 0))
            };
            (0..times).filter(|_| !one(&mut line)).count()
        };
        assert_eq!(rounds(Round::Spoke, 0, 1), 0, "the first mark");
        assert_eq!(rounds(Round::Spoke, 0, IDLE_ROUNDS - 1), 0, "a walk down the digests");
        // A wait that was given up for news, as happens again and again in a busy minute.
        assert_eq!(rounds(Round::None, 0, 100), 0);
        assert_eq!(rounds(Round::Spoke, 0, 3), 3);
        assert_eq!(rounds(Round::None, 0, 1), 0, "after a pause it is tried again,");
        assert_eq!(rounds(Round::Spoke, 0, 1), 1, "once");
        assert_eq!(rounds(Round::Spoke, 1, 1), 0, "something was received");
        assert_eq!(rounds(Round::Spoke, 1, IDLE_ROUNDS - 1), 0);
        assert_eq!(rounds(Round::Waited, 1, 1), 0);
        assert_eq!(rounds(Round::Spoke, 1, IDLE_ROUNDS - 1), 0, "a wait had nothing to say");
    }
}
