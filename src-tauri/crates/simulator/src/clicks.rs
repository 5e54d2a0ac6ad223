//! What people do in the window: they stop syncing single issues, and take texts back from the record of conflicts. Tapes of
//! their own, so that the stories of all seeds stay as they are without them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use twinline_model::pair::{PairState, Side};
use twinline_model::{ConnectionId, Origin, PairId};
use twinline_store::Store;
use twinline_sync::recorded::{Refused, take_back};
use twinline_sync::rows::stop_syncing;
use twinline_sync::scripted::Source;

use crate::plan::CHAOS_MS;
use crate::site::Site;

/// Somebody does something in the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Click {
    /// When, ms.
    pub at_ms: u64,
    /// On which side, 0 or 1.
    pub side: usize,
    /// To which one: the n-th that is there.
    pub which: u64,
    /// What.
    pub what: Does,
}

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// Stops syncing an issue.
    Stop,
    /// Takes the text of a side back from a record.
    TakeBack(Side),
}

/// What it came to.
#[derive(Debug)]
pub(crate) enum Done {
    /// Which issue is synced no longer.
    Stopped(Option<Origin>),
    /// Whose text was taken; `None`: there was no record.
    TookBack(Side, Option<Taken>),
}

/// A text that was taken back, or why it was not.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Of which issue of this side, by its number.
    pub number: Option<u64>,
    /// Of which field.
    pub field: String,
    /// Whether it was taken.
    pub done: Result<(), Refused>,
}

impl Click {
    /// It happens.
    pub(crate) fn happens(self, store: &Store, id: &ConnectionId, now_ms: i64) -> Done {
        match self.what {
            Does::Stop => Done::Stopped(stop(store, id, self.which, now_ms)),
            Does::TakeBack(whose) => Done::TookBack(whose, take(store, id, self.which, whose, now_ms)),
        }
    }
}

impl Done {
    /// In the story's hash.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Stopped(_) => "stop",
            Self::TookBack(..) => "take back",
        }
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(origin) => write!(f, "stops {origin:?}"),
            Self::TookBack(whose, taken) => write!(f, "takes back what was {whose:?}: {taken:?}"),
        }
    }
}

/// One, two or three issues are stopped.
pub(crate) fn stops(seed: u64) -> Vec<Click> {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x0073_746f_7000_0000);
    let many = rng.usize(1..4);
    let one = |_| Click {
        at_ms: rng.u64(30_000..CHAOS_MS),
        side: rng.usize(0..2),
        which: rng.u64(0..1_000),
        what: Does::Stop,
    };
    (0..many).map(one).collect()
}

/// Up to a dozen texts are taken back: most come before there is a record, or long after.
pub(crate) fn choices(seed: u64) -> Vec<Click> {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x7461_6b65_0000_0000);
    let many = rng.usize(4..13);
    let one = |_| Click {
        at_ms: rng.u64(30_000..CHAOS_MS),
        side: rng.usize(0..2),
        which: rng.u64(0..1_000),
        what: Does::TakeBack(if rng.bool() { Side::Ours } else { Side::Theirs }),
    };
    (0..many).map(one).collect()
}

/// Stops an issue; which one it was.
fn stop(store: &Store, id: &ConnectionId, which: u64, now_ms: i64) -> Option<Origin> {
    let done = store.write(|tx| {
        let mut active = Vec::new();
        for pair in tx.pair_ids(id, 10_000, PairId(0))? {
            active.extend(tx.pair(pair)?.filter(|pair| pair.state == PairState::Active));
        }
        let many = active.len().max(1) as u64;
        let Some(mut pair) = active.into_iter().nth((which % many) as usize) else { return Ok(None) };
        Ok(stop_syncing(tx, &mut pair, now_ms)?.then_some(pair.origin))
    });
    done.expect("the database can be written")
}

/// Takes a text back; `None`: there is no record.
fn take(store: &Store, id: &ConnectionId, which: u64, whose: Side, now_ms: i64) -> Option<Taken> {
    let done = store.write(|tx| {
        let rows = tx.conflicts_page(id, None, 10_000)?;
        let many = rows.len().max(1) as u64;
        let Some(row) = rows.into_iter().nth((which % many) as usize) else { return Ok(None) };
        let (Some(connection), Some(mut pair)) = (tx.connection(id)?, tx.pair(row.pair)?) else {
            return Ok(None);
        };
        let rules = Source::of_paired(Arc::default(), &connection).script(tx, &connection)?;
        let done = take_back(tx, &mut pair, rules.as_ref(), &row, whose, now_ms)?;
        let number = pair.ours.map(|ours| Site::number(&ours.id));
        Ok(Some(Taken { number, field: row.field, done }))
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
