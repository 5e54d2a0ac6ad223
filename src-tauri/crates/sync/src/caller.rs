//! The private side's loop: it starts every exchange.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use twinline_model::ConnectionId;
use twinline_model::connection::{Connection, Stage};
use twinline_model::problem::{ProblemCode, Trouble};

use crate::rows::{ON_THE_WAY, note_contact_failure, raise_for};
use crate::{Machine, exchange};

/// Exchanges in a row that may speak and get neither side further: two or three after a start, for a nonce and for who
/// holds the connection, and one for each step down the tree of digests.
const IDLE_ROUNDS: u32 = 16;

/// A pause for want of anything new: news of ours ends it, but not sooner. It cannot hear the partner's, nor what we met
/// while the last exchange was under way.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(8);

/// No wait is shorter, however early something in between cuts it off.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// After so many waits that came to their end a longer one is tried again.
const GOOD_WAITS: u32 = 100;

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
    /// How long an answer may wait, where something in between cuts longer ones off.
    longest_wait: Option<Duration>,
    /// How many waits came to their end since then.
    good_waits: u32,
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
            Err(trouble) if trouble.code == ProblemCode::ProxyLimit && !room.memory().narrow => {
                tracing::warn!(
                    "something in front of the partner takes nothing as large: in smaller pieces from now on"
                );
                room.memory().narrow = true;
                line.last = Round::None;
            }
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
    let (mut envelope, speaks) = exchange::request(machine, &connection.id).await?;
    let wish = Duration::from_millis(envelope.wait_ms.into());
    let wait = line.wait(wish);
    envelope.wait_ms = u32::try_from(wait.as_millis()).unwrap_or(envelope.wait_ms);
    let begun = machine.awake();
    let answer = tokio::select! {
        biased;
        answer = machine.call(connection, envelope) => {
            let cut_off = |trouble: &Trouble| trouble.facts.get("cut_off").is_some_and(|said| said == "yes");
            match &answer {
                Ok(_) => line.waited(wish),
                Err(trouble) if cut_off(trouble) => line.cut_off(wait, machine.awake().saturating_sub(begun)),
                Err(_) => {}
            }
            answer?
        }
        // A wait is given up without harm: what its answer would have carried is said again.
        _ = news.changed(), if !speaks => return Ok(false),
    };
    line.last = if speaks { Round::Spoke } else { Round::Waited };
    exchange::answered(machine, connection, answer).await?;
    Ok(true)
}

impl Line {
    /// How long the partner may wait with its answer, of what we would like.
    fn wait(&self, wish: Duration) -> Duration {
        self.longest_wait.map_or(wish, |longest| wish.min(longest))
    }

    /// An answer came. After many a longer wait is tried again.
    fn waited(&mut self, wish: Duration) {
        self.good_waits += u32::from(self.longest_wait.is_some());
        if self.good_waits >= GOOD_WAITS {
            self.good_waits = 0;
            self.longest_wait =
                self.longest_wait.map(|longest| longest * 2).filter(|longest| *longest < wish);
        }
    }

    /// Something in between gave up waiting after `took`: many proxies allow a silence of some seconds only, and say so in no way
    /// but this (F41).
    fn cut_off(&mut self, wait: Duration, took: Duration) {
        self.good_waits = 0;
        self.longest_wait = Some((wait.min(took) / 2).max(SHORTEST_WAIT));
        tracing::info!(longest = ?self.longest_wait, "a wait was cut off: shorter ones from now on");
    }

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
    if ON_THE_WAY.contains(&trouble.code) {
        raise_for(machine, &connection.id, trouble.clone()).await?;
    }
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
    fn f41_waits_that_are_cut_off_become_shorter_and_longer_ones_are_tried_again() {
        let seconds = Duration::from_secs;
        let (mut line, wish) = (Line::default(), seconds(25));
        assert_eq!(line.wait(wish), wish);
        line.cut_off(wish, seconds(20));
        assert_eq!(line.wait(wish), seconds(10));
        assert_eq!(line.wait(seconds(5)), seconds(5));
        line.cut_off(seconds(10), seconds(30));
        assert_eq!(line.wait(wish), seconds(5), "a silence that lasted longer counts as the wait");
        (0..9).for_each(|_| line.cut_off(seconds(2), seconds(2)));
        assert_eq!(line.wait(wish), SHORTEST_WAIT);
        for _ in 0..GOOD_WAITS {
            assert_eq!(line.wait(wish), SHORTEST_WAIT);
            line.waited(wish);
        }
        assert_eq!(line.wait(wish), SHORTEST_WAIT * 2);
        (0..100 * GOOD_WAITS).for_each(|_| line.waited(wish));
        assert_eq!(
            (line.wait(wish), line.longest_wait),
            (wish, None),
            "for ever good: nothing is left of it"
        );
    }

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
