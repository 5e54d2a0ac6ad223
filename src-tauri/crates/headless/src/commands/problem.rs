//! `twinline-node problem …`.

use twinline_node::Node;

use crate::Failure;
use crate::args::Problem;

/// Tries again, or leaves it.
pub async fn run(node: &Node, command: Problem) -> Result<(), Failure> {
    match command {
        Problem::Retry { id } => node.retry_problem(&id).await?,
        Problem::Skip { id } => node.skip_problem(&id).await?,
    }
    Ok(())
}
