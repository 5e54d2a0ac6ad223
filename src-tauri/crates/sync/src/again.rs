//! A twin was deleted, and people want it again: first at the side where it stood, then at the one that sends the whole of it.

use twinline_engine::{Eyes, Note, leave_unmarked, make_again, observe, resend, tell_partner};
use twinline_model::Origin;
use twinline_model::connection::Connection;
use twinline_model::pair::{Pair, PairState, Side};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::replica::Receipt;
use twinline_model::view::{ActivityKind, Direction};
use twinline_store::{StoreError, Tx};

use crate::forms::Shapes;
use crate::inbox::is_forgotten;
use crate::rows::{UNLINKED, keep_lost, note, push_receipt, raise, rules, save, unlink};

/// Unlinks a pair, because our issue is gone. Where it was the twin of a partner's, our people may want it again.
pub(crate) fn let_go(tx: &mut Tx<'_>, pair: &mut Pair, ask: bool, now_ms: i64) -> Result<(), StoreError> {
    let active = pair.state == PairState::Active;
    unlink(tx, pair, "deleted", "activity-unlinked-gone", now_ms)?;
    if active && ask && pair.owner == Side::Theirs {
        raise(tx, pair, &Trouble::new(ProblemCode::TwinDeleted), now_ms)?;
    }
    Ok(())
}

/// A pair whose twin was deleted here, and that the partner has been asked for once more.
const ASKED: &str = "asked";

/// A person here wants the deleted twin of a pair made again: the partner is asked for the whole of it, and only when it comes
/// are the two a pair again. Until then the problem stays among what was left out, so that it can be asked once more. False: it
/// is no such pair.
///
/// # Errors
/// Those of the database.
pub fn ask(tx: &mut Tx<'_>, pair: &mut Pair, now_ms: i64) -> Result<bool, StoreError> {
    if pair.owner != Side::Theirs || !matches!(&pair.state, PairState::Unlinked { reason } if is_gone(reason))
    {
        return Ok(false);
    }
    pair.state = PairState::Unlinked { reason: ASKED.to_owned() };
    note(tx, pair, vec![Note::new(Direction::Out, ActivityKind::Issue, "activity-again-asked")], now_ms)?;
    save(tx, pair, Some(now_ms))?;
    push_receipt(tx, &pair.connection, &Receipt::Again { origin: pair.origin.clone() })?;
    Ok(true)
}

/// What the partner sends of an issue that was asked for once more makes it a pair again. True: it was one, and nobody has to be
/// asked any more, if what was sent is taken.
pub(crate) fn take_up(pair: &mut Pair) -> bool {
    let asked = matches!(&pair.state, PairState::Unlinked { reason } if reason == ASKED);
    if asked {
        make_again(pair);
    }
    asked
}

/// The partner's people do not sync it any more: there is nothing that could be made again.
pub(crate) fn give_up(tx: &mut Tx<'_>, pair: &mut Pair) -> Result<(), StoreError> {
    if matches!(&pair.state, PairState::Unlinked { reason } if is_gone(reason)) {
        pair.state = PairState::Unlinked { reason: "partner".to_owned() };
        tx.settle_problem(Some(ProblemCode::TwinDeleted.as_str()), Some(&pair.connection), Some(pair.id))?;
        save(tx, pair, None)?;
    }
    Ok(())
}

fn is_gone(reason: &str) -> bool {
    matches!(reason, "deleted" | ASKED)
}

/// The partner's people want the twin again that was deleted there: sends the whole of it, if it was the partner alone who let
/// it go. What our people decided stays: they are told that it is not synced. Answers an issue that was born here and that we
/// know nothing of.
pub(crate) fn hear(
    tx: &mut Tx<'_>,
    connection: &Connection,
    origin: Origin,
    shapes: &Shapes,
    now: i64,
) -> Result<Option<Origin>, StoreError> {
    let Some(mut pair) = tx.pair_of_origin(&connection.id, &origin)? else {
        return Ok(is_forgotten(tx, connection, &origin)?.then_some(origin));
    };
    match &pair.state {
        PairState::Active => {}
        PairState::Unlinked { reason } if reason == "partner" => {
            pair.state = PairState::Active;
            pair.theirs = None;
            let rules = rules(tx, connection)?;
            // What our people changed meanwhile was only looked at. What of it leaves by rules of Script mode, the next look tells.
            if let Some(mut seen) = pair.local.take().filter(|_| rules.script.is_none()) {
                let me = tx.speaks_as(connection)?;
                let site = tx.account(&connection.account)?.map(|a| a.site).unwrap_or_default();
                let settled = !tx.link(&connection.id)?.reconciling;
                let eyes = Eyes { rules: &rules, node: &me, site: &site, forms: shapes, settled, leap: 1 };
                // Whose these are tells a look at the issue, which is wished for below.
                leave_unmarked(&pair, &mut seen);
                let open = tx.intents_of(pair.id)?;
                let lost = observe(&mut pair, seen, &open, eyes);
                tell_partner(&mut pair, &lost);
                keep_lost(tx, &pair, lost, now)?;
            }
            if let Some(ours) = &pair.ours {
                tx.forget_seen_issue(&connection.account, &ours.id)?;
            }
            let line = Note::new(Direction::In, ActivityKind::Issue, "activity-again-partner");
            note(tx, &pair, vec![line], now)?;
        }
        PairState::Unlinked { .. } => {
            push_receipt(tx, &connection.id, &Receipt::Rejected { origin, code: UNLINKED.to_owned() })?;
            return Ok(None);
        }
    }
    resend(&mut pair);
    save(tx, &pair, Some(now))?;
    tx.wish(pair.id, now)?;
    Ok(None)
}
