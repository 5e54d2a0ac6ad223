//! Pairs that were read a moment ago: one whose text still stands there is not read from JSON again.
//!
//! A sync step reads its pair in a transaction, asks the tracker, and reads it again in the next. What is here was made from
//! the very bytes that SQLite has just answered, or it is not used: no transaction has to tell it of a write or a rollback.

use twinline_model::PairId;
use twinline_model::pair::Pair;

/// How many are kept; two whose numbers differ by a multiple of it take each other's place.
const PLACES: usize = 16;
/// A longer text is not kept, bytes: at most a few megabytes lie here.
const LONGEST: usize = 64 * 1024;

/// A pair, and what it was made from.
struct Known {
    pair: PairId,
    text: String,
    sum: Option<i64>,
    made: Pair,
}

/// The pairs of one database that were read last.
#[derive(Default)]
pub(crate) struct Recent {
    places: [Option<Known>; PLACES],
}

fn place(pair: PairId) -> usize {
    // Always below `PLACES`.
    usize::try_from(pair.0.rem_euclid(PLACES as i64)).unwrap_or(0)
}

impl Recent {
    /// What this text with this sum was found to be when it was read the last time.
    pub fn known(&self, pair: PairId, text: &str, sum: Option<i64>) -> Option<Pair> {
        let known = self.places.get(place(pair))?.as_ref()?;
        (known.pair == pair && known.sum == sum && known.text == text).then(|| known.made.clone())
    }

    /// Keeps what a text with its sum was found to be.
    pub fn keep(&mut self, pair: PairId, text: &str, sum: Option<i64>, made: &Pair) {
        if text.len() <= LONGEST
            && let Some(place) = self.places.get_mut(place(pair))
        {
            *place = Some(Known { pair, text: text.to_owned(), sum, made: made.clone() });
        }
    }
}
