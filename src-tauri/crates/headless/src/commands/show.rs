//! `twinline-node status | problems | pairs | activity`: reads, and changes nothing.

use std::io::{self, Write};

use serde::Serialize;
use twinline_model::ConnectionId;
use twinline_model::view::{ConnectionView, PairView};
use twinline_node::Node;
use twinline_node::words::say;

use crate::args::{Activity, Pairs};
use crate::{Failure, print};

/// Rows asked for at once; the node may give fewer, so that only an empty page is the last.
pub const PAGE: u32 = 200;

/// The stable word of an enum, as in the JSON.
pub fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The whole: one sentence and the connections.
pub async fn status(node: &Node, json: bool) -> Result<(), Failure> {
    let status = node.status().await;
    let mut out = io::stdout().lock();
    if json {
        print::json(&mut out, &status)?;
    } else {
        print::line(&mut out, &status.sentence)?;
        if !status.connections.is_empty() {
            print::line(&mut out, "")?;
            connections(&mut out, &status.connections)?;
        }
    }
    Ok(())
}

/// Connections as a table.
pub fn connections(out: &mut impl Write, connections: &[ConnectionView]) -> io::Result<()> {
    let rows: Vec<Vec<String>> = connections
        .iter()
        .map(|c| {
            vec![
                c.id.to_string(),
                c.partner_name.clone(),
                c.project.to_string(),
                say("cli-state", &[("state", &word(&c.state))]),
                c.pairs.to_string(),
                c.waiting.out.to_string(),
                c.waiting.r#in.to_string(),
                c.problems.to_string(),
            ]
        })
        .collect();
    let heads = [
        "cli-col-id",
        "cli-col-partner",
        "cli-col-project",
        "cli-col-state",
        "cli-col-pairs",
        "cli-col-out",
        "cli-col-in",
        "cli-col-problems",
    ];
    print::table(out, &heads, &rows, "cli-none-connections")
}

/// What needs a person.
pub async fn problems(node: &Node, json: bool) -> Result<(), Failure> {
    let problems = node.problems().await?;
    let mut out = io::stdout().lock();
    if json {
        print::json(&mut out, &problems)?;
        return Ok(());
    }
    let rows: Vec<Vec<String>> = problems
        .into_iter()
        .map(|p| {
            let turn = say("cli-owner", &[("owner", &word(&p.owner))]);
            vec![p.id, p.issue.unwrap_or_default(), turn, p.since, format!("{} {}", p.sentence, p.next_step)]
        })
        .collect();
    let heads = ["cli-col-id", "cli-col-issue", "cli-col-turn", "cli-col-since", "cli-col-what"];
    print::table(&mut out, &heads, &rows, "cli-none-problems")?;
    Ok(())
}

/// Issues and their twins, newest first.
pub async fn pairs(node: &Node, which: Pairs, json: bool) -> Result<(), Failure> {
    let connection = ConnectionId::new(which.connection);
    let mut pairs: Vec<PairView> = Vec::new();
    loop {
        let after = pairs.last().map(|p| p.id.clone());
        let page = node.pairs(&connection, &which.search, after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        pairs.extend(page);
    }
    let mut out = io::stdout().lock();
    if json {
        print::json(&mut out, &pairs)?;
        return Ok(());
    }
    let rows: Vec<Vec<String>> = pairs
        .into_iter()
        .map(|p| {
            vec![
                p.ours.unwrap_or_default(),
                say("cli-direction", &[("direction", &word(&p.direction))]),
                p.theirs.unwrap_or_default(),
                say("cli-pair-state", &[("state", &word(&p.state))]),
                p.last_change_at.unwrap_or_default(),
                p.title,
            ]
        })
        .collect();
    let heads = [
        "cli-col-ours",
        "cli-col-direction",
        "cli-col-theirs",
        "cli-col-state",
        "cli-col-changed",
        "cli-col-title",
    ];
    print::table(&mut out, &heads, &rows, "cli-none-pairs")?;
    Ok(())
}

/// What was synced, newest first.
pub async fn activity(node: &Node, which: Activity, json: bool) -> Result<(), Failure> {
    let connection = which.connection.map(ConnectionId::new);
    let mut lines = Vec::new();
    while (lines.len() as u64) < u64::from(which.limit) {
        let ask = PAGE.min(which.limit - lines.len() as u32);
        let before = lines.last().map(|a: &twinline_model::view::ActivityView| a.id.clone());
        let page = node.activity(connection.as_ref(), before, ask).await?;
        if page.is_empty() {
            break;
        }
        lines.extend(page);
    }
    let mut out = io::stdout().lock();
    if json {
        print::json(&mut out, &lines)?;
        return Ok(());
    }
    let rows: Vec<Vec<String>> = lines
        .into_iter()
        .map(|a| vec![a.at, say("cli-direction", &[("direction", &word(&a.direction))]), a.sentence])
        .collect();
    print::table(&mut out, &["cli-col-at", "cli-col-direction", "cli-col-what"], &rows, "cli-none-activity")?;
    Ok(())
}
