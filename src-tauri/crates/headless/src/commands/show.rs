//! `twinline-node status | problems | pairs | activity`: reads, and changes nothing.

use std::io::{self, Write};

use serde::Serialize;
use twinline_model::problem::ProblemCode;
use twinline_model::view::{ConnectionState, ConnectionView, NoteView, PairView, ProblemView};
use twinline_model::{AccountId, ConnectionId};
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

/// Characters of an id that are enough to mean it: fewer may be a slip.
const BEGINNING: usize = 4;

/// The connection whose id is, or begins with, what was typed; what fits none stays as it was typed.
pub async fn connection_of(node: &Node, typed: &str) -> Result<ConnectionId, Failure> {
    let ids = node.connections().await?.into_iter().map(|c| c.id);
    let fit = fitting(ids.map(|id| id.to_string()), typed);
    fit.map(ConnectionId::new).map_err(|typed| Failure::Usage(say("cli-id-ambiguous", &[("id", typed)])))
}

/// The account whose id is, or begins with, what was typed; what fits none stays as it was typed.
pub async fn account_of(node: &Node, typed: &str) -> Result<AccountId, Failure> {
    let ids = node.accounts().await?.into_iter().map(|a| a.id);
    let fit = fitting(ids.map(|id| id.to_string()), typed);
    fit.map(AccountId::new).map_err(|typed| Failure::Usage(say("cli-account-ambiguous", &[("id", typed)])))
}

/// The one id that is, or begins with, what was typed; else what was typed. An error: several begin so.
pub fn fitting(ids: impl Iterator<Item = String>, typed: &str) -> Result<String, &str> {
    let typed = typed.trim().trim_end_matches('…');
    let known: Vec<String> = ids.collect();
    // One id may be the beginning of another.
    if known.iter().any(|id| id == typed) {
        return Ok(typed.to_owned());
    }
    let mut fits = known.into_iter().filter(|id| typed.len() >= BEGINNING && id.starts_with(typed));
    match (fits.next(), fits.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(typed),
        (None, _) => Ok(typed.to_owned()),
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
        notes(&mut out, &status.notes)?;
    }
    Ok(())
}

/// What is good to know in time, below everything else, and what to type about it.
pub fn notes(out: &mut impl Write, notes: &[NoteView]) -> io::Result<()> {
    for note in notes {
        print::line(out, "")?;
        print::line(out, &format!("{} {}", note.sentence, note.next_step))?;
        print::line(out, &say("cli-hint-renew-expires", &[("id", note.account.as_str())]))?;
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

/// What needs a person, what was skipped if that is asked for, and what to type about it.
pub async fn problems(node: &Node, all: bool, json: bool) -> Result<(), Failure> {
    let mut problems = node.problems().await?;
    problems.retain(|p| all || !p.skipped);
    let connections = node.connections().await?;
    let mut out = io::stdout().lock();
    if json {
        print::json(&mut out, &problems)?;
        return Ok(());
    }
    let fillable = problems.iter().find(|p| p.fillable && !p.skipped).map(|p| p.id.clone());
    let is_deleted = |p: &&ProblemView| p.code == ProblemCode::TwinDeleted.as_str();
    let deleted = problems.iter().find(|p| is_deleted(p) && !p.skipped).map(|p| p.id.clone());
    let issues = problems.iter().find(|p| p.issue.is_some() && !p.skipped && !is_deleted(p));
    let issues = issues.map(|p| p.id.clone());
    let request = problems.iter().find(|p| p.request.is_some() && !p.skipped).map(|p| p.id.clone());
    let left_out = problems.iter().find(|p| p.skipped).map(|p| p.id.clone());
    let mended = [ProblemCode::SignInExpired, ProblemCode::SiteMoved].map(ProblemCode::as_str);
    let signs_in = problems.iter().find(|p| mended.contains(&p.code.as_str()));
    let account = signs_in.and_then(|p| connections.iter().find(|c| Some(&c.id) == p.connection.as_ref()));
    let account = account.map(|c| c.account.to_string());
    let rows: Vec<Vec<String>> = problems
        .into_iter()
        .map(|p| {
            let turn = match p.skipped {
                true => say("cli-left-out", &[]),
                false => say("cli-owner", &[("owner", &word(&p.owner))]),
            };
            vec![p.id, p.issue.unwrap_or_default(), turn, p.since, format!("{} {}", p.sentence, p.next_step)]
        })
        .collect();
    let heads = ["cli-col-id", "cli-col-issue", "cli-col-turn", "cli-col-since", "cli-col-what"];
    print::table(&mut out, &heads, &rows, "cli-none-problems")?;
    let hints = [
        ("cli-hint-renew", account),
        ("cli-hint-fill", fillable),
        ("cli-hint-again", deleted),
        ("cli-hint-retry", issues),
        ("cli-hint-request", request),
        ("cli-hint-take-up", left_out),
    ];
    for (hint, id) in hints {
        if let Some(id) = id {
            print::line(&mut out, &say(hint, &[("id", &id)]))?;
        }
    }
    for c in connections {
        let asks = matches!(c.state, ConnectionState::WaitingForYou | ConnectionState::Delayed);
        if asks {
            print::line(&mut out, &c.sentence)?;
        }
        if c.state == ConnectionState::WaitingForYou {
            print::line(&mut out, &say("cli-hint-approve", &[("id", c.id.as_str())]))?;
        }
    }
    Ok(())
}

/// Issues and their twins, newest first.
pub async fn pairs(node: &Node, which: Pairs, json: bool) -> Result<(), Failure> {
    let connection = connection_of(node, &which.connection).await?;
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
    let connection = match which.connection {
        Some(typed) => {
            let id = connection_of(node, &typed).await?;
            // One that is not there has no activity either, which is no answer.
            Some(node.connection(&id).await?.id)
        }
        None => None,
    };
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

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn an_id_may_be_begun() {
        let ids = ["acme-ana", "acme-ana-two", "globex-bo"].map(str::to_owned);
        let fit = |typed: &'static str| fitting(ids.iter().cloned(), typed);
        assert_eq!(fit("glob"), Ok("globex-bo".to_owned()));
        assert_eq!(fit(" glob… "), Ok("globex-bo".to_owned()));
        assert_eq!(fit("glo"), Ok("glo".to_owned()), "a slip");
        assert_eq!(fit("acme"), Err("acme"));
        assert_eq!(fit("acme-ana"), Ok("acme-ana".to_owned()), "whole");
        assert_eq!(fit("initech"), Ok("initech".to_owned()));
    }
}
