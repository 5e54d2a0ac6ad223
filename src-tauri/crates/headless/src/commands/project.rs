//! `twinline-node project …`.

use std::io;

use twinline_node::Node;

use crate::args::Project;
use crate::{Failure, print};

/// Lists the projects of a site.
pub async fn run(node: &Node, command: Project, json: bool) -> Result<(), Failure> {
    let Project::List { account } = command;
    let projects = node.projects(&super::show::account_of(node, &account).await?).await?;
    let mut out = io::stdout().lock();
    if json {
        print::json(&mut out, &projects)?;
        return Ok(());
    }
    let rows: Vec<Vec<String>> =
        projects.into_iter().map(|p| vec![p.key.to_string(), p.name, p.reason.unwrap_or_default()]).collect();
    let heads = ["cli-col-key", "cli-col-name", "cli-col-reason"];
    print::table(&mut out, &heads, &rows, "cli-none-projects")?;
    Ok(())
}
