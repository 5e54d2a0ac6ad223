//! What is told now: worked out from what is so, what was told already, and the time. No clock, no database.
//!
//! Of each kind there is at most one notification in an hour; what comes up meanwhile waits, and is told in one with
//! whatever else has come up by then, if it is still so. A cause that stays is told again after a day at the earliest.

use std::collections::BTreeSet;

use twinline_model::ConnectionId;
use twinline_model::notification::{Fact, Kind, Notification};
use twinline_model::view::NotificationSwitches;
use twinline_store::Notified;

/// Between two notifications of one kind, ms.
pub(super) const HOUR: i64 = 3_600_000;
/// Between a cause and its reminder, ms.
pub(super) const DAY: i64 = 24 * HOUR;

/// What is to be shown now. `told` becomes what was told when it is.
///
/// `facts`: what is so; `here`: the connections that there are.
pub(super) fn decide(
    facts: &BTreeSet<Fact>,
    here: &BTreeSet<ConnectionId>,
    on: &NotificationSwitches,
    told: &mut Notified,
    now_ms: i64,
) -> Vec<Notification> {
    // Where the clock was set back, what was told "later" counts from now: silent for an hour at most, not for ever.
    for at in told.facts.values_mut().chain(told.kinds.values_mut()) {
        *at = now_ms.min(*at);
    }
    told.facts.retain(|fact, at| is_remembered(fact, facts, here, now_ms - *at));
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let so: Vec<&Fact> = facts.iter().filter(|fact| fact.kind() == kind).collect();
        if !is_on(kind, on) {
            // It is no news any more when somebody switches it on.
            for fact in so {
                let at = told.facts.entry(fact.clone()).or_insert(now_ms);
                // Nor is it due for a reminder then; written down once in an hour.
                if now_ms - *at >= HOUR {
                    *at = now_ms;
                }
            }
            continue;
        }
        let since = told.kinds.get(&kind).map_or(i64::MAX, |at| now_ms - at);
        let news = so.iter().any(|fact| !told.facts.contains_key(*fact));
        if since < HOUR || (!news && since < DAY) {
            continue;
        }
        let due = so.into_iter().filter(|fact| match told.facts.get(*fact) {
            None => true,
            Some(at) => kind == Kind::Attention && now_ms - at >= DAY,
        });
        if let Some(notification) = Notification::of(due.cloned()) {
            told.kinds.insert(kind, now_ms);
            told.facts.extend(notification.facts().map(|fact| (fact.clone(), now_ms)));
            all.push(notification);
        }
    }
    all
}

/// What is forgotten is told again when it comes up again.
fn is_remembered(fact: &Fact, facts: &BTreeSet<Fact>, here: &BTreeSet<ConnectionId>, age: i64) -> bool {
    match fact {
        _ if fact.connection().is_some_and(|id| !here.contains(id)) => false,
        // Once in the life of a connection.
        Fact::Accepted(_) | Fact::FirstSync(_) => true,
        // What comes and goes is not told at each coming.
        Fact::Attention { .. } => facts.contains(fact) || age < DAY,
        Fact::Paused(_) | Fact::Declined(_) | Fact::Left(_) => facts.contains(fact),
    }
}

fn is_on(kind: Kind, on: &NotificationSwitches) -> bool {
    match kind {
        Kind::Accepted | Kind::FirstSync => on.connected,
        Kind::Attention => on.attention,
        Kind::Partner => on.partner,
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
