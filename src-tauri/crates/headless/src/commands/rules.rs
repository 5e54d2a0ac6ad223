//! `twinline-node rules …`: the sync rules of a connection.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use twinline_model::ConnectionId;
use twinline_model::rules::{RuleDirection, RulesVersion, RulesView, TrialChange, TrialView};
use twinline_node::Node;
use twinline_node::words::say;

use super::show::{connection_of, word};
use crate::args::rules::{Rules, Texts};
use crate::{Failure, input, print};

/// Shows, tries and saves rules.
pub async fn run(node: &Arc<Node>, command: Rules, json: bool) -> Result<(), Failure> {
    match command {
        Rules::Show(which) => {
            let id = connection_of(node, &which.id).await?;
            shown(&node.rules(&id).await?, json)
        }
        Rules::Upgrade(what) => {
            let id = connection_of(node, &what.id).await?;
            let partner = node.connection(&id).await?.partner_name;
            let facts = [("partner", partner.as_str())];
            if !what.yes && !input::agrees("cli-ask-upgrade", &facts)? {
                return Err(Failure::Usage(say("cli-upgrade-yes", &facts)));
            }
            saved(&node.upgrade_to_script(&id).await?, json)
        }
        Rules::Try(what) => {
            let id = connection_of(node, &what.id).await?;
            let (outgoing, incoming, _) = texts(node, &id, &what).await?;
            tried(&node.try_rules(&id, &outgoing, &incoming).await?, json)
        }
        Rules::Save(what) => {
            let id = connection_of(node, &what.texts.id).await?;
            let (outgoing, incoming, version) = texts(node, &id, &what.texts).await?;
            let based_on = what.based_on.unwrap_or(version);
            saved(&node.save_rules(&id, based_on, &outgoing, &incoming).await?, json)
        }
        Rules::Versions(which) => {
            let id = connection_of(node, &which.id).await?;
            versions(&node.rule_versions(&id).await?, json)
        }
        Rules::BringBack(what) => {
            let id = connection_of(node, &what.id).await?;
            saved(&node.bring_back_rules(&id, what.number).await?, json)
        }
    }
}

/// What is in the files, else what is in force; and which version that is.
async fn texts(node: &Node, id: &ConnectionId, what: &Texts) -> Result<(String, String, u64), Failure> {
    let now = node.rules(id).await?;
    let outgoing = what.outgoing.as_deref().map_or(Ok(now.outgoing), read)?;
    let incoming = what.incoming.as_deref().map_or(Ok(now.incoming), read)?;
    Ok((outgoing, incoming, now.version))
}

fn read(file: &Path) -> Result<String, Failure> {
    let facts = |why: String| {
        let name = file.display().to_string();
        Failure::Usage(say("cli-rules-unreadable", &[("file", &name), ("why", &why)]))
    };
    std::fs::read_to_string(file).map_err(|error| facts(error.to_string()))
}

fn shown(rules: &RulesView, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        return Ok(print::json(&mut out, rules)?);
    }
    let version = rules.version.to_string();
    print::line(&mut out, &say("cli-rules-head", &[("mode", &word(&rules.mode)), ("version", &version)]))?;
    for (message, text) in [("cli-rules-outgoing", &rules.outgoing), ("cli-rules-incoming", &rules.incoming)]
    {
        print::line(&mut out, "")?;
        print::line(&mut out, &say(message, &[]))?;
        // As it stands, so that it can be copied into a file.
        text.lines().try_for_each(|line| print::line(&mut out, line))?;
    }
    Ok(())
}

fn saved(rules: &RulesView, json: bool) -> Result<(), Failure> {
    if json {
        return Ok(print::json(&mut io::stdout().lock(), rules)?);
    }
    eprintln!("{}", print::plain(&say("cli-rules-saved", &[("version", &rules.version.to_string())])));
    Ok(())
}

fn versions(versions: &[RulesVersion], json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        return Ok(print::json(&mut out, &versions)?);
    }
    for one in versions {
        let (version, brings_back) =
            (one.version.to_string(), one.brings_back.map(|v| v.to_string()).unwrap_or_default());
        let facts = [
            ("version", version.as_str()),
            ("time", one.saved_at.as_str()),
            ("by", one.saved_by.as_str()),
            ("from", brings_back.as_str()),
            ("kind", if brings_back.is_empty() { "written" } else { "back" }),
            ("now", if one.in_force { "yes" } else { "no" }),
        ];
        print::line(&mut out, &say("cli-rules-version", &facts))?;
    }
    Ok(())
}

fn tried(trial: &TrialView, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        return Ok(print::json(&mut out, trial)?);
    }
    for fault in &trial.faults {
        let facts = [("direction", word(&fault.direction)), ("sentence", fault.sentence.clone())];
        print::line(
            &mut out,
            &say("cli-rules-fault", &facts.each_ref().map(|(name, value)| (*name, value.as_str()))),
        )?;
    }
    let touched = trial.issues.iter().filter(|issue| issue.fault.is_some() || !issue.changes.is_empty());
    let mut any = !trial.faults.is_empty();
    for issue in touched {
        any = true;
        let unknown = say("key-unknown", &[]);
        let keys = [issue.ours.as_ref().unwrap_or(&unknown), issue.theirs.as_ref().unwrap_or(&unknown)];
        print::line(&mut out, &format!("{} ⇄ {}", keys[0], keys[1]))?;
        if let Some(fault) = &issue.fault {
            print::line(&mut out, &format!("  {}", fault.sentence))?;
        }
        issue.changes.iter().try_for_each(|change| tell(&mut out, change))?;
    }
    if !any {
        let count = trial.issues.len().to_string();
        print::line(&mut out, &say("cli-rules-try-nothing", &[("count", &count)]))?;
    }
    print::line(&mut out, &say("cli-rules-try-wrote-nothing", &[]))?;
    Ok(())
}

/// `  leaves · comment by Ana Ruiz: "…" → stays here (at once)`
fn tell(out: &mut impl Write, change: &TrialChange) -> io::Result<()> {
    let direction = match change.direction {
        RuleDirection::Outgoing => "outgoing",
        RuleDirection::Incoming => "incoming",
    };
    let part = say(
        "cli-rules-part",
        &[("part", &word(&change.part)), ("name", change.name.as_deref().unwrap_or_default())],
    );
    let value = |value: &Option<String>| match value.as_deref() {
        None => say("cli-rules-value-none", &[("direction", direction)]),
        Some("") => say("cli-rules-value-plain", &[("direction", direction)]),
        Some(text) => text.lines().collect::<Vec<_>>().join(" ⏎ "),
    };
    let when = if change.at_once { "once" } else { "next" };
    let facts = [
        ("direction", direction.to_owned()),
        ("part", part),
        ("now", value(&change.now)),
        ("then", value(&change.then)),
        ("when", when.to_owned()),
    ];
    print::line(out, &say("cli-rules-change", &facts.each_ref().map(|(name, value)| (*name, value.as_str()))))
}
