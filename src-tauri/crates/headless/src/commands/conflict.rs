//! `twinline-node conflict …`.

use std::io;

use twinline_model::ConnectionId;
use twinline_model::view::{ConflictView, TextOf};
use twinline_node::Node;
use twinline_node::words::say;

use super::show::{PAGE, connection_of, word};
use crate::args::{Conflict, Text};
use crate::{Failure, print};

/// Shows the records, uses a text of one, or puts one away.
pub async fn run(node: &Node, command: Conflict, json: bool) -> Result<(), Failure> {
    match command {
        Conflict::List { connection } => {
            let only = match connection {
                Some(typed) => Some(connection_of(node, &typed).await?),
                None => None,
            };
            list(node, only, json).await?;
        }
        Conflict::Use { id, text } => {
            let text = match text {
                Text::Ours => TextOf::Ours,
                Text::Theirs => TextOf::Theirs,
            };
            node.use_conflict(&id, text).await?;
        }
        Conflict::Dismiss { id } => node.dismiss_conflict(&id).await?,
    }
    Ok(())
}

async fn list(node: &Node, connection: Option<ConnectionId>, json: bool) -> Result<(), Failure> {
    let connections = match connection {
        Some(id) => vec![id],
        None => node.connections().await?.into_iter().map(|c| c.id).collect(),
    };
    let mut conflicts: Vec<ConflictView> = Vec::new();
    for id in &connections {
        let mut after = None;
        loop {
            let page = node.conflicts_page(id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            conflicts.extend(page);
        }
    }
    let mut out = io::stdout().lock();
    if json {
        print::json(&mut out, &conflicts)?;
        return Ok(());
    }
    let rows: Vec<Vec<String>> = conflicts.into_iter().map(row).collect();
    let heads = [
        "cli-col-id",
        "cli-col-issue",
        "cli-col-partner",
        "cli-col-field",
        "cli-col-at",
        "cli-col-state",
        "cli-col-current",
        "cli-col-our-text",
        "cli-col-their-text",
    ];
    print::table(&mut out, &heads, &rows, "cli-none-conflicts")?;
    Ok(())
}

fn row(c: ConflictView) -> Vec<String> {
    let current = c.current.map_or_else(|| "neither".to_owned(), |text| word(&text));
    let settled = if c.settled { "yes" } else { "no" };
    vec![
        c.id,
        c.issue.unwrap_or_default(),
        c.partner_name,
        c.field,
        c.at,
        say("cli-conflict-state", &[("settled", settled)]),
        say("cli-current", &[("current", &current)]),
        short(&c.ours),
        short(&c.theirs),
    ]
}

/// As much of a text as a table bears; `--json` has the whole.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_row_however_long_its_texts_are() {
        let long = "ä".repeat(32_767);
        let shown = row(ConflictView {
            id: "3".to_owned(),
            connection: ConnectionId::new("0f"),
            partner_name: "Globex".to_owned(),
            issue: None,
            twin: None,
            at: "2026-08-01T10:00:00Z".to_owned(),
            field: "Summary".to_owned(),
            ours: long,
            theirs: "short".to_owned(),
            current: None,
            settled: false,
            usable: true,
        });
        assert_eq!(shown[5..], ["open", "another one", &format!("{}…", "ä".repeat(60)), "short"]);
    }
}
