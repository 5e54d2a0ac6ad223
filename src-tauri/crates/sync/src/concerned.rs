//! What is known of the issues of a page before anything is asked about them, in one read.

use twinline_engine::needs_markers;
use twinline_model::connection::Connection;
use twinline_model::intent::Write;
use twinline_model::observed::{Marker, ObservedIssue};
use twinline_model::{AccountId, ConnectionId};
use twinline_store::{StoreError, Tx};

use crate::Machine;
use crate::poll::Failure;
use crate::reading::Reading;

/// An issue that was read, and the form in which it will have been seen then.
#[derive(Clone)]
pub(crate) struct Met {
    pub(crate) issue: ObservedIssue,
    pub(crate) print: String,
}

/// How an issue stands to what we have.
pub(crate) enum Known {
    /// It was seen as it is: most issues of a poll were seen by the one before.
    Seen,
    /// A row of it cannot be read, for this reason.
    Damaged(String),
    /// It has to be observed.
    New(Concerned),
}

/// Whom an issue concerns.
pub(crate) struct Concerned {
    pub(crate) needs_markers: bool,
    /// The connections that have a pair for it.
    pub(crate) paired: Vec<ConnectionId>,
    /// It has the marker of a create whose outcome nobody knows, which looks above this number.
    pub(crate) created_above: Option<u64>,
}

impl Known {
    /// Looks them up, all at once.
    pub(crate) async fn of_all<M: Machine>(
        reading: Reading<'_, M>,
        met: Vec<Met>,
    ) -> Result<Vec<(Met, Self)>, Failure> {
        if met.is_empty() {
            return Ok(Vec::new());
        }
        let (account, all) = (reading.account.id.clone(), reading.all.to_vec());
        let found = reading
            .machine
            .read(move |tx| {
                let known = |met: Met| Self::of(tx, &account, &all, &met).map(|known| (met, known));
                met.into_iter().map(known).collect()
            })
            .await?;
        Ok(found)
    }

    fn of(tx: &Tx<'_>, account: &AccountId, all: &[Connection], met: &Met) -> Result<Self, StoreError> {
        let known = match tx.seen(account, &met.issue.id) {
            Ok(Some(print)) if print == met.print => Ok(Self::Seen),
            Ok(_) => Concerned::of(tx, all, &met.issue).map(Self::New),
            Err(error) => Err(error),
        };
        match known {
            Err(error) if error.is_of_one_row() => Ok(Self::Damaged(error.to_string())),
            known => known,
        }
    }
}

impl Concerned {
    fn of(tx: &Tx<'_>, all: &[Connection], issue: &ObservedIssue) -> Result<Self, StoreError> {
        // An issue that we do not know may hold comments of ours already: before our database was set back.
        let by_us = issue.comments.iter().any(|c| c.by_us);
        let (mut needs, mut paired) = (false, Vec::new());
        let marker = issue.marker.as_ref().filter(|m| all.iter().any(|c| c.id == m.connection));
        let created_above = marker.map(|marker| unanswered(tx, marker)).transpose()?.flatten();
        for connection in all {
            if let Some(pair) = tx.pair_of_issue(&connection.id, &issue.id)? {
                needs |= needs_markers(&pair, issue);
                paired.push(connection.id.clone());
            }
        }
        let needs_markers = if paired.is_empty() { by_us } else { needs };
        Ok(Self { needs_markers, paired, created_above })
    }
}

/// Above which number the open create of a marker's issue looks for it.
fn unanswered(tx: &Tx<'_>, marker: &Marker) -> Result<Option<u64>, StoreError> {
    let Some(pair) = tx.pair_of_origin(&marker.connection, &marker.origin)? else { return Ok(None) };
    let open = tx.intents_of(pair.id)?;
    Ok(open.into_iter().find_map(|intent| match intent.write {
        Write::CreateIssue { above, .. } => Some(above),
        _ => None,
    }))
}
