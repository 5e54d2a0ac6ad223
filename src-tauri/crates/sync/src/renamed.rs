//! A project that was given another key (F51): its issues come with the new one, and none of them has moved away.
//!
//! The former key still leads to the project, and no other one can have it until the project is deleted.
//! <https://support.atlassian.com/jira-cloud-administration/docs/edit-a-projects-details/>

use std::sync::Arc;

use twinline_model::connection::Connection;
use twinline_model::observed::ObservedIssue;
use twinline_model::problem::Trouble;
use twinline_model::{ConnectionId, ProjectKey};
use twinline_trackers::Tracker;

use crate::Machine;
use crate::poll::Failure;

/// The connections with the keys that their projects have today, as far as this issue gives reason to ask: it has a pair
/// or a marker, or was found in one of the projects, and says that it stands in none of them. Where the tracker does not
/// say what a project is called, nothing is judged.
pub(crate) async fn with_todays_keys<M: Machine>(
    machine: &Arc<M>,
    tracker: &Arc<dyn Tracker>,
    connections: &[Connection],
    issue: &ObservedIssue,
    paired: &[ConnectionId],
    indexed: bool,
) -> Result<Vec<Connection>, Failure> {
    let mut all = connections.to_vec();
    for connection in &mut all {
        // The caller may have begun before the key was met for the first time.
        if let Some(key) = machine.room(&connection.id).memory().key.clone() {
            connection.project = key;
        }
    }
    // Only its marker may tell of a twin that was made just before we were killed, or before a restore.
    let stands_in_none = all.iter().all(|c| c.project != issue.project);
    let suspect = stands_in_none && (indexed || issue.marker.is_some());
    let elsewhere = |c: &&mut Connection| c.project != issue.project && (suspect || paired.contains(&c.id));
    for connection in all.iter_mut().filter(elsewhere) {
        let key = tracker.current_key(&connection.project).await?;
        if key != connection.project {
            keep(machine.as_ref(), &connection.id, &key).await?;
            connection.project = key;
        }
    }
    Ok(all)
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
