//! With what the issues of an account are read and taken in.

use std::sync::Arc;

use twinline_model::connection::Connection;
use twinline_store::Account;
use twinline_trackers::Tracker;

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
    /// The same for other connections of the account.
    pub(crate) fn of<'b>(self, all: &'b [Connection]) -> Reading<'b, M>
    where
        'a: 'b,
    {
        Reading { all, ..self }
    }
}
