//! The database backs itself up, hourly while something changes, old activity is forgotten, and calls are counted.

use std::sync::Arc;
use std::time::Duration;

use twinline_model::problem::Trouble;

use crate::node::Node;

/// How often it is looked whether something changed.
const EVERY: Duration = Duration::from_secs(3_600);
/// The first one comes early: most runs of a laptop are short.
const FIRST: Duration = Duration::from_secs(300);

/// Backs up until the node stops.
pub(crate) async fn backups(node: Arc<Node>) {
    let mut saved = String::new();
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = node.stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = EVERY;
        if let Err(trouble) = back_up(&node, &mut saved).await {
            tracing::error!(%trouble, "backup");
        }
    }
}

/// Writes down how many calls were made, until the node stops.
pub(crate) async fn calls(node: Arc<Node>) {
    loop {
        tokio::select! {
            () = node.stop.cancelled() => return,
            () = tokio::time::sleep(crate::calls::EVERY) => {}
        }
        if let Err(trouble) = node.keep_calls().await {
            tracing::warn!(%trouble, "calls were not written down");
        }
    }
}

/// Forgets old activity until the node stops.
pub(crate) async fn activity(node: Arc<Node>) {
    loop {
        if let Err(trouble) = node.prune_activity(crate::time::now_ms()).await {
            tracing::error!(%trouble, "old activity");
        }
        tokio::select! {
            () = node.stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Backs up unless the last one still holds everything. The seven that are kept are then hours in which something happened.
async fn back_up(node: &Node, saved: &mut String) -> Result<(), Trouble> {
    let progress = node.db.read(|tx| tx.progress()).await?;
    if progress != *saved {
        node.db.back_up(&node.options.data).await?;
        *saved = progress;
    }
    Ok(())
}
