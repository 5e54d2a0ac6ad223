//! A project that was given another key (F51): its issues come with the new one, and none of them has moved away.
//!
//! The former key still leads to the project, and no other one can have it until the project is deleted.
//! <https://support.atlassian.com/jira-cloud-administration/docs/edit-a-projects-details/>

use std::sync::Arc;

use twinline_model::connection::Connection;
use twinline_model::observed::ObservedIssue;
use twinline_model::problem::Trouble;
use twinline_model::{ConnectionId, ProjectKey};
use twinline_trackers::{ReadError, Tracker};

use crate::Machine;
use crate::poll::Failure;

/// The connections with the keys that their projects have today, as far as this issue gives reason to ask: it has a pair,
/// or was found in one of the projects, and says that it stands in none of them. `None`: nobody can tell for now.
pub(crate) async fn with_todays_keys<M: Machine>(
    machine: &Arc<M>,
    tracker: &Arc<dyn Tracker>,
    connections: &[Connection],
    issue: &ObservedIssue,
    paired: &[ConnectionId],
    indexed: bool,
) -> Result<Option<Vec<Connection>>, Failure> {
    let mut all = connections.to_vec();
    for connection in &mut all {
        // The caller may have begun before the key was met for the first time.
        if let Some(key) = machine.room(&connection.id).memory().key.clone() {
            connection.project = key;
        }
    }
    let stands_in_one = all.iter().any(|c| c.project == issue.project);
    for connection in &mut all {
        let concerned = paired.contains(&connection.id) || (indexed && !stands_in_one);
        if connection.project == issue.project || !concerned {
            continue;
        }
        match tracker.current_key(&connection.project).await {
            Ok(key) if key == connection.project => {}
            Ok(key) => {
                keep(machine.as_ref(), &connection.id, &key).await?;
                connection.project = key;
            }
            Err(ReadError::NotFound | ReadError::Forbidden(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(all))
}

async fn keep<M: Machine>(machine: &M, id: &ConnectionId, key: &ProjectKey) -> Result<(), Trouble> {
    tracing::info!(connection = %id, %key, "the project has another key");
    let (wanted, new) = (id.clone(), key.clone());
    machine
        .write("renamed", move |tx| {
            let Some(mut row) = tx.connection(&wanted)? else { return Ok(()) };
            row.project = new;
            tx.update_connection(&row)
        })
        .await?;
    machine.room(id).memory().key = Some(key.clone());
    machine.changed();
    Ok(())
}
