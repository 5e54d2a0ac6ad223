//! What waits for a person, as the two sides tell each other: one word beside each pair, none where nothing waits.

use rusqlite::params;
use twinline_model::pair::Stop;
use twinline_model::{ConnectionId, PairId};

use crate::codec::{Columns, Word};
use crate::{Result, Tx};

/// What of a pair waits for a person, as far as it was told.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Stops {
    /// What the partner was told of our side.
    pub told: Option<Stop>,
    /// What the partner told of theirs.
    pub theirs: Option<Stop>,
}

impl Tx<'_> {
    /// Those of a pair; none for a pair that is not there.
    pub fn stops(&self, pair: PairId) -> Result<Stops> {
        let sql = "SELECT told_stop, partner_stop FROM pair WHERE id = ?1";
        let found = self.row("pair", sql, [pair.0], |r| {
            let mut column = Columns::of(r);
            let [told, theirs] = [column.next::<Option<Word<_>>>()?, column.next()?];
            Ok(Stops { told: told.map(|word| word.0), theirs: theirs.map(|word| word.0) })
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Keeps what was told.
    pub fn set_stops(&mut self, pair: PairId, stops: Stops) -> Result<()> {
        self.must(
            "pair",
            "UPDATE pair SET told_stop = ?2, partner_stop = ?3 WHERE id = ?1",
            params![pair.0, stops.told.map(Word), stops.theirs.map(Word)],
        )
    }

    /// Forgets all that was told on a connection. Answers the pairs of which something was told, and those with a problem:
    /// what is so has to be told again.
    pub fn forget_stops(&mut self, connection: &ConnectionId) -> Result<Vec<PairId>> {
        let concerned = self.rows(
            "pair",
            "SELECT id FROM pair WHERE connection = ?1 AND (told_stop IS NOT NULL OR partner_stop IS NOT NULL)
             UNION SELECT pair FROM problem WHERE connection = ?1 AND pair IS NOT NULL ORDER BY 1",
            [connection.as_str()],
            |r| r.get(0).map(PairId),
        )?;
        self.run(
            "UPDATE pair SET told_stop = NULL, partner_stop = NULL
             WHERE connection = ?1 AND (told_stop IS NOT NULL OR partner_stop IS NOT NULL)",
            [connection.as_str()],
        )?;
        Ok(concerned)
    }
}
