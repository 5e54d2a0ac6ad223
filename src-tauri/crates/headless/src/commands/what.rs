//! `twinline-node connection what`: which of our issues are synced.

use std::io::{self, Write};

use serde::Serialize;
use twinline_model::view::{MatchStanding, MatchView, MatchesView, WhatView};
use twinline_node::Node;
use twinline_node::words::say;

use super::show;
use crate::args::What;
use crate::{Failure, input, print};

/// What `--json` answers: what is chosen, and what that lets in now.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    what: &'a WhatView,
    matches: &'a MatchesView,
}

/// Shows which issues are synced, or changes it after the number of new ones was agreed to.
pub async fn run(node: &Node, asked: What, json: bool) -> Result<(), Failure> {
    let id = show::connection_of(node, &asked.id).await?;
    let now = node.what(&id).await?;
    let mut wanted = now.clone();
    if asked.filter.is_some() || asked.no_filter {
        wanted.filter = asked.filter;
    }
    wanted.older = (now.older || asked.older) && !asked.no_older;
    let matches = node.matches(&id, wanted.filter.as_deref()).await?;
    if wanted != now && !asked.preview {
        let partner = node.connection(&id).await?.partner_name;
        let new = matches.coming + if wanted.older { matches.older } else { 0 };
        let facts = [("n", new.to_string()), ("partner", partner), ("project", now.project.to_string())];
        let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
        if new > 0 && !asked.yes && !input::agrees("cli-ask-what", &facts)? {
            return Err(Failure::Usage(say("cli-what-yes", &facts)));
        }
        wanted = node.set_what(&id, wanted.filter.as_deref(), wanted.older).await?;
        if !json {
            eprintln!("{}", print::plain(&say("cli-what-changed", &facts)));
        }
    }
    let mut out = io::stdout().lock();
    match json {
        true => print::json(&mut out, &Shown { what: &wanted, matches: &matches })?,
        false => facts(&mut out, &wanted, &matches)?,
    }
    Ok(())
}

fn facts(out: &mut impl Write, what: &WhatView, matches: &MatchesView) -> io::Result<()> {
    let filter = what.filter.clone().unwrap_or_else(|| say("cli-what-all", &[]));
    let shown = |n: u32| if n > 0 { n.to_string() } else { String::new() };
    print::facts(
        out,
        &[
            ("cli-col-project", what.project.to_string()),
            ("cli-col-filter", filter),
            ("cli-col-older-too", say(if what.older { "cli-yes" } else { "cli-no" }, &[])),
            ("cli-col-match", matches.total.to_string()),
            ("cli-col-match-synced", matches.synced.to_string()),
            ("cli-col-match-coming", shown(matches.coming + if what.older { matches.older } else { 0 })),
            ("cli-col-match-older", shown(if what.older { 0 } else { matches.older })),
            ("cli-col-match-left", shown(matches.left)),
        ],
    )?;
    if matches.first.is_empty() {
        return Ok(());
    }
    print::line(out, "")?;
    let row = |one: &MatchView| {
        let standing = match one.standing {
            MatchStanding::Older if what.older => MatchStanding::Coming,
            standing => standing,
        };
        let standing = say("cli-match", &[("standing", &show::word(&standing))]);
        vec![one.key.clone(), standing, one.summary.clone()]
    };
    let rows: Vec<_> = matches.first.iter().map(row).collect();
    print::table(out, &["cli-col-ours", "cli-col-state", "cli-col-title"], &rows, "cli-none-pairs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use twinline_model::{ConnectionId, ProjectKey};

    #[test]
    fn d8_what_is_synced_is_shown_as_promised() {
        let one = |number: u32, standing| MatchView {
            key: format!("SUP-{number}"),
            url: format!("https://acme.atlassian.net/browse/SUP-{number}"),
            summary: format!("Printer {number}"),
            standing,
        };
        let first = vec![
            one(17, MatchStanding::Coming),
            one(16, MatchStanding::Synced),
            one(15, MatchStanding::Left),
            one(3, MatchStanding::Older),
        ];
        let what = WhatView {
            connection: ConnectionId::new("0f3a"),
            project: ProjectKey::new("SUP"),
            filter: Some("labels = partner".to_owned()),
            older: false,
        };
        let matches = MatchesView { total: 352, synced: 10, left: 1, coming: 1, older: 340, first };
        let all = WhatView { filter: None, older: true, ..what.clone() };
        let mut text = Vec::new();
        for what in [&what, &all] {
            facts(&mut text, what, &matches).expect("memory takes everything");
            print::json(&mut text, &Shown { what, matches: &matches }).expect("memory takes everything");
        }
        insta::assert_snapshot!("what", String::from_utf8(text).expect("text"));
    }
}
