//! People stop syncing single issues, at any moment: a tape of its own, so that the stories of all seeds stay as they are
//! without it.

use std::collections::BTreeSet;

use twinline_model::pair::PairState;
use twinline_model::{ConnectionId, Origin, PairId};
use twinline_store::Store;
use twinline_sync::rows::stop_syncing;

use crate::plan::CHAOS_MS;
use crate::site::Site;

/// A person stops syncing an issue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StopAct {
    /// When, ms.
    pub at_ms: u64,
    /// On which side, 0 or 1.
    pub side: usize,
    /// Which one: the n-th that is synced there.
    pub which: u64,
}

/// One, two or three of them.
pub(crate) fn draw(seed: u64) -> Vec<StopAct> {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x0073_746f_7000_0000);
    let many = rng.usize(1..4);
    let one =
        |_| StopAct { at_ms: rng.u64(30_000..CHAOS_MS), side: rng.usize(0..2), which: rng.u64(0..1_000) };
    (0..many).map(one).collect()
}

/// Does it; which issue it was.
pub(crate) fn stop(store: &Store, id: &ConnectionId, act: StopAct, now_ms: i64) -> Option<Origin> {
    let done = store.write(|tx| {
        let mut active = Vec::new();
        for pair in tx.pair_ids(id, 10_000, PairId(0))? {
            active.extend(tx.pair(pair)?.filter(|pair| pair.state == PairState::Active));
        }
        let many = active.len().max(1) as u64;
        let Some(mut pair) = active.into_iter().nth((act.which % many) as usize) else { return Ok(None) };
        Ok(stop_syncing(tx, &mut pair, now_ms)?.then_some(pair.origin))
    });
    done.expect("the database can be written")
}

/// The issues of a side that belong to pairs of these origins: nothing more is promised of them.
pub(crate) fn numbers(store: &Store, id: &ConnectionId, origins: &BTreeSet<(usize, Origin)>) -> Vec<u64> {
    let found = store.read(|tx| {
        let mut numbers = Vec::new();
        for (_, origin) in origins {
            let ours = tx.pair_of_origin(id, origin)?.and_then(|pair| pair.ours);
            numbers.extend(ours.map(|ours| Site::number(&ours.id)));
        }
        Ok(numbers)
    });
    found.expect("the database can be read")
}
