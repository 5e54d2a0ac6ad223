//! A project that was archived or deleted, or that is hidden from us (F51): everything of it waits, and is synced again
//! once the project is back. Nothing that is missing there is believed to be gone.

use std::time::Duration;

use twinline_model::connection::Connection;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_store::Account;
use twinline_trackers::{NotApplied, ProjectStanding, ReadError, Tracker};

use crate::Machine;
use crate::desk::Desk;

/// After a project was found closed, until something is written there again.
const CLOSED: Duration = Duration::from_secs(60);

/// Only one of them is true at a time.
const CODES: [ProblemCode; 3] =
    [ProblemCode::ProjectUnknown, ProblemCode::ProjectArchived, ProblemCode::ProjectDeleted];

/// What a tracker says of a connection's project.
pub(crate) enum Standing {
    /// It can be synced.
    Open,
    /// It cannot, and our people have been told why.
    Closed,
    /// It did not say.
    Unsaid(ReadError),
}

impl Standing {
    /// It is known to be there, and open.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// The tracker answers, but does not tell us: nobody will know more by asking again.
    pub(crate) fn is_kept_from_us(&self) -> bool {
        matches!(self, Self::Unsaid(ReadError::Forbidden(_) | ReadError::Refused(_) | ReadError::NotFound))
    }
}

/// Asks whether the project can be synced; if not, our people are told.
pub(crate) async fn standing<M: Machine>(
    machine: &M,
    account: &Account,
    tracker: &dyn Tracker,
    connection: &Connection,
) -> Result<Standing, Trouble> {
    let code = match tracker.standing(&connection.project).await {
        Ok(ProjectStanding::Live) => return Ok(Standing::Open),
        Ok(ProjectStanding::Archived) => ProblemCode::ProjectArchived,
        Ok(ProjectStanding::Deleted) => ProblemCode::ProjectDeleted,
        Ok(ProjectStanding::Unknown) => ProblemCode::ProjectUnknown,
        Err(error) => {
            tracing::info!(%error, "the tracker does not say whether the project is there");
            return Ok(Standing::Unsaid(error));
        }
    };
    tell(machine, account, connection, code).await?;
    Ok(Standing::Closed)
}

/// Tells our people what is wrong with the project, in place of what was wrong with it before.
pub(crate) async fn tell<M: Machine>(
    machine: &M,
    account: &Account,
    connection: &Connection,
    code: ProblemCode,
) -> Result<(), Trouble> {
    let trouble = Trouble::new(code).with("site", &account.site).with("project", connection.project.as_str());
    let (id, now) = (connection.id.clone(), machine.now_ms());
    machine
        .write("closed", move |tx| {
            for row in tx.problems()? {
                let other = CODES.iter().any(|c| *c != code && c.as_str() == row.code);
                if other && row.connection.as_ref() == Some(&id) && row.pair.is_none() {
                    tx.remove_problem(row.id)?;
                }
            }
            tx.raise(code.as_str(), Some(&id), None, None, &trouble.facts, now)
        })
        .await?;
    machine.changed();
    Ok(())
}

/// Whether the desk's project can be synced, as far as anybody can know; if not, no write is begun for a while.
pub(crate) async fn is_open_for<M: Machine>(desk: &Desk<M>) -> Result<bool, Trouble> {
    let found =
        standing(desk.machine.as_ref(), &desk.account, desk.tracker.as_ref(), &desk.connection).await?;
    let open = found.is_open() || found.is_kept_from_us();
    if !open {
        desk.room.memory().writes_after = Some(desk.machine.awake() + CLOSED);
    }
    Ok(open)
}

/// Whether a refusal may have to do with the whole project.
pub(crate) fn may_concern_project(why: &NotApplied) -> bool {
    matches!(why, NotApplied::Forbidden(_) | NotApplied::NotFound | NotApplied::Refused(_))
}

/// Those of the connections whose project is still closed, although it can be searched: an archived one can.
pub(crate) async fn still_closed<M: Machine>(
    machine: &M,
    account: &Account,
    tracker: &dyn Tracker,
    connections: &[Connection],
) -> Result<Vec<twinline_model::ConnectionId>, Trouble> {
    let mut closed = Vec::new();
    for connection in connections {
        let id = connection.id.clone();
        let told = machine.read(move |tx| tx.problem_codes_of(&id)).await?;
        if told.iter().any(|code| code == ProblemCode::ProjectArchived.as_str()) {
            match standing(machine, account, tracker, connection).await? {
                Standing::Open => {
                    let room = machine.room(&connection.id);
                    room.memory().writes_after = None;
                    room.work.ring();
                }
                // Until it says otherwise, what was found before stands.
                Standing::Closed | Standing::Unsaid(_) => closed.push(connection.id.clone()),
            }
        }
    }
    Ok(closed)
}
