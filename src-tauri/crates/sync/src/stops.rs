//! What waits for a person: the partner is told as soon as it is so, and as soon as it is over; people see it on both
//! sides.

use twinline_engine::Note;
use twinline_model::ConnectionId;
use twinline_model::connection::Connection;
use twinline_model::pair::{Pair, PairState, Stop};
use twinline_model::problem::{Owner, ProblemCode};
use twinline_model::replica::Receipt;
use twinline_model::view::{ActivityKind, Direction, PairStanding};
use twinline_store::{ProblemRow, StoreError, Tx};

use crate::rows::{note, push_receipt, save};

/// What of a pair's problems waits: one that nobody has looked at goes before those that were left out.
pub(crate) fn stop_of(problems: &[ProblemRow]) -> Option<Stop> {
    match (problems.iter().any(|p| !p.skipped), problems.is_empty()) {
        (true, _) => Some(Stop::Waits),
        (false, false) => Some(Stop::Skipped),
        (false, true) => None,
    }
}

/// Whether something of a pair waits until a problem is settled. A second twin stands apart from the pair that it is told of,
/// and an issue whose twin was deleted is not synced any more.
pub(crate) fn holds_up(code: &str) -> bool {
    code != ProblemCode::TwinTwice.as_str() && code != ProblemCode::TwinDeleted.as_str()
}

/// How many problems of a connection wait for our side; one that is the partner's to mend is no reason for them to wait.
pub(crate) fn our_turn(tx: &Tx<'_>, connection: &ConnectionId) -> Result<u32, StoreError> {
    let theirs = |code: &String| ProblemCode::parse(code).is_some_and(|c| c.owner() == Owner::Partner);
    let ours = tx.open_problems(connection)?.iter().filter(|code| !theirs(code) && holds_up(code)).count();
    Ok(u32::try_from(ours).unwrap_or(u32::MAX))
}

/// Tells the partner what waits on our side, if they know otherwise. Answers what waits on theirs.
pub(crate) fn tell(
    tx: &mut Tx<'_>,
    pair: &Pair,
    problems: &[ProblemRow],
) -> Result<Option<Stop>, StoreError> {
    let mut stops = tx.stops(pair.id)?;
    let active = pair.state == PairState::Active;
    let ours = stop_of(problems).filter(|_| active);
    if stops.told != ours {
        stops.told = ours;
        tx.set_stops(pair.id, stops)?;
        if active {
            push_receipt(tx, &pair.connection, &receipt(pair, problems, ours))?;
        }
    }
    Ok(stops.theirs)
}

/// The partner does not know an issue that was born there, and without a twin there is nothing of it to send: what waits here is
/// told, and with it that there is such an issue.
pub(crate) fn tell_of(tx: &mut Tx<'_>, pair: &Pair) -> Result<(), StoreError> {
    let ours = tx.stops(pair.id)?.told;
    let problems = tx.problems_of_pair(pair.id)?;
    push_receipt(tx, &pair.connection, &receipt(pair, &problems, ours))
}

fn receipt(pair: &Pair, problems: &[ProblemRow], ours: Option<Stop>) -> Receipt {
    let origin = pair.origin.clone();
    match ours {
        Some(Stop::Waits) => {
            let first = problems.iter().find(|p| !p.skipped);
            Receipt::Parked { origin, code: first.map(|p| p.code.clone()).unwrap_or_default() }
        }
        Some(Stop::Skipped) => Receipt::Skipped { origin },
        None => Receipt::Resumed { origin },
    }
}

/// The partner told what waits on their side.
pub(crate) fn hear(
    tx: &mut Tx<'_>,
    connection: &Connection,
    origin: &twinline_model::Origin,
    theirs: Option<Stop>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let Some(pair) = tx.pair_of_origin(&connection.id, origin)? else { return Ok(()) };
    let before = tx.stops(pair.id)?;
    if before.theirs == theirs {
        return Ok(());
    }
    tx.set_stops(pair.id, twinline_store::Stops { theirs, ..before })?;
    let message = match theirs {
        Some(Stop::Waits) => "activity-out-parked",
        Some(Stop::Skipped) => "activity-out-skipped",
        None => "activity-out-resumed",
    };
    note(tx, &pair, vec![Note::new(Direction::Out, ActivityKind::Issue, message)], now_ms)?;
    save(tx, &pair, None)
}

/// Both sides forget what they were told: what is so is told anew. For the moment when the numbers begin at one.
pub(crate) fn tell_again(tx: &mut Tx<'_>, connection: &ConnectionId) -> Result<(), StoreError> {
    for id in tx.forget_stops(connection)? {
        match tx.pair(id) {
            Ok(Some(pair)) => save(tx, &pair, None)?,
            Ok(None) => {}
            // A damaged pair is named where it is worked on; the others go on.
            Err(error) => tracing::warn!(%error, "a pair that cannot be read"),
        }
    }
    Ok(())
}

/// Takes all problems of a kind away from a connection, and lets its pairs go on.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    code: ProblemCode,
    connection: &ConnectionId,
) -> Result<(), StoreError> {
    let rows = tx.problems()?;
    let healed = rows.iter().filter(|p| p.code == code.as_str() && p.connection.as_ref() == Some(connection));
    for row in healed {
        tx.remove_problem(row.id)?;
        if let Some(pair) = row.pair.map(|id| tx.pair(id)).transpose()?.flatten() {
            save(tx, &pair, None)?;
        }
    }
    Ok(())
}

/// How a pair stands, for people. `own` is how it would stand if nothing were left out and nobody waited elsewhere.
pub(crate) fn standing(own: PairStanding, ours: Option<Stop>, theirs: Option<Stop>) -> PairStanding {
    match (own, ours, theirs) {
        (PairStanding::Unlinked, ..) => PairStanding::Unlinked,
        (_, Some(Stop::Waits), _) => PairStanding::Stopped,
        (_, _, Some(Stop::Waits)) => PairStanding::WaitingForPartner,
        (PairStanding::Stopped, Some(Stop::Skipped), _) | (_, _, Some(Stop::Skipped)) => {
            PairStanding::Skipped
        }
        (PairStanding::InStep, Some(Stop::Skipped), _) => PairStanding::Skipped,
        (own, ..) => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PairStanding as P;

    #[test]
    fn what_waits_for_a_person_is_never_in_step() {
        let (waits, skipped) = (Some(Stop::Waits), Some(Stop::Skipped));
        for own in [P::InStep, P::Syncing, P::Stopped] {
            assert_eq!(standing(own, None, None), own);
            assert_eq!(standing(own, waits, waits), P::Stopped, "ours goes first: we can do something");
            assert_eq!(standing(own, skipped, waits), P::WaitingForPartner);
            assert_eq!(standing(own, None, skipped), P::Skipped);
        }
        assert_eq!(standing(P::InStep, skipped, None), P::Skipped);
        assert_eq!(standing(P::Stopped, skipped, None), P::Skipped);
        assert_eq!(standing(P::Syncing, skipped, None), P::Syncing, "all but what was left out goes on");
        assert_eq!(standing(P::Unlinked, waits, waits), P::Unlinked);
    }
}
