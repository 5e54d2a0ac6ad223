//! With what the issues of an account are read and taken in.

use std::sync::Arc;

use twinline_model::connection::Connection;
use twinline_store::Account;
use twinline_trackers::{ReadError, Tracker};

use crate::Machine;
use crate::lately::Lately;

/// Passed around by everything that reads a tracker for the connections of an account.
pub(crate) struct Reading<'a, M> {
    /// Database, clocks, keys.
    pub(crate) machine: &'a Arc<M>,
    /// Whose tracker it is.
    pub(crate) account: &'a Account,
    /// Signed in.
    pub(crate) tracker: &'a Arc<dyn Tracker>,
    /// The connections that observe what is read.
    pub(crate) all: &'a [Connection],
    /// What was read past the search index lately.
    pub(crate) lately: &'a Lately,
}

impl<M> Clone for Reading<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Reading<'_, M> {}

impl<'a, M> Reading<'a, M> {
    /// An answer, and when it was asked for at the earliest: ms, by the tracker's clock. The answer tells that clock anew, so that
    /// ours may have jumped meanwhile.
    pub(crate) async fn asked<T>(
        self,
        question: impl Future<Output = Result<T, ReadError>>,
    ) -> Result<(i64, T), ReadError>
    where
        M: Machine,
    {
        let (before, begun) = (self.tracker.clock_ms().await?, self.machine.awake());
        let answer = question.await?;
        let took = self.machine.awake().saturating_sub(begun);
        let took = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        let after = self.tracker.clock_ms().await?.saturating_sub(took);
        Ok((before.min(after), answer))
    }

    /// The same for other connections of the account.
    pub(crate) fn of<'b>(self, all: &'b [Connection]) -> Reading<'b, M>
    where
        'a: 'b,
    {
        Reading { all, ..self }
    }
}
