//! The database backs itself up, hourly while something changes.

use std::sync::Arc;
use std::time::Duration;

use crate::node::Node;

/// How often it is looked whether something changed.
const EVERY: Duration = Duration::from_secs(3_600);
/// The first one comes early: most runs of a laptop are short.
const FIRST: Duration = Duration::from_secs(300);

/// Backs up until the node stops.
pub(crate) async fn backups(node: Arc<Node>) {
    let mut saved = 0;
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = node.stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = EVERY;
        let changes = node.db.changes();
        if changes == saved {
            continue;
        }
        match node.db.back_up(&node.options.data).await {
            Ok(()) => saved = changes,
            Err(trouble) => tracing::error!(%trouble, "backup"),
        }
    }
}
