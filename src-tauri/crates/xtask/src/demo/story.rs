//! The whole story without a window: what a person would click, and what has to arrive.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::practice::Issue;
use crate::stop::until;
use crate::tool::{Failed, Tool, fail, spoken};

use super::pair::{Approval, Two};
use super::relay::Relay;
use super::{Folder, compare, content};

/// How long a change may take here, in a debug build on a busy computer. On an idle one it is a few seconds.
const PATIENCE: Duration = Duration::from_secs(90);

const NEW_SUMMARY: &str = "Show order and customer number on the delivery note";
const NEW_DESCRIPTION: &str = "Both numbers, please; the rest is as agreed.";
const NEW_EPIC: &str = "Paperless shipping (pilot)";
const NEW_KIND: &str = "Improvement";

/// Goes through it; fails with the step that did not work.
pub fn run(tool: &Tool, folder: &Folder, no_url: bool) -> Result<(), Failed> {
    let start = Instant::now();
    println!("Two companies, one connection");
    let mut two = step("Both practice Jiras start", || Two::start(tool, folder, 3, "2s"))?;
    println!("    ACME:   {} ({})", two.acme.jira.url, two.acme.jira.email);
    println!("    Globex: {} ({})", two.globex.jira.url, two.globex.jira.email);
    if no_url {
        let relay = step("A relay starts, because neither company can be called", || Relay::start(tool))?;
        println!("    relay:  {}", relay.url);
        two.relay = Some(relay);
    }
    connect(&mut two)?;
    let kinds = (two.acme.jira.kinds(two.acme.project)?, two.globex.jira.kinds(two.globex.project)?);

    let existing = two.acme.jira.keys(two.acme.project)?.len();
    let mut told = Told::new();
    arrived(&mut two, &kinds, existing, "ACME's existing issues reach Globex", &mut told)?;
    let new = step("ACME files an improvement with comments and a picture, and an epic", || {
        acme_files(tool, &two)
    })?;
    let count = existing + new.len();
    arrived(&mut two, &kinds, count, "They reach Globex", &mut told)?;
    step("Globex files a bug with a comment and a file", || globex_files(&two))?;
    arrived(&mut two, &kinds, count + 1, "It reaches ACME", &mut told)?;
    if let Some(relay) = two.relay.take() {
        two.relay = Some(step("The relay dies and starts again", || relay.restart(tool))?);
    }
    step("Both edit: ACME a summary and a description, Globex a summary, a type and a comment", || {
        edits(&two, &new)
    })?;
    arrived(&mut two, &kinds, count + 1, "Both edits reach the other side", &mut told)?;
    step("Every word is the newest one", || newest_words(&mut two, &new))?;

    step("Both nodes say that they are up to date", || two.up_to_date(PATIENCE))?;
    step("Nothing more is written: no echo", || no_echo(&two))?;
    println!("Both sides are in step. The whole story took {}.", spoken(start.elapsed()));
    Ok(())
}

fn connect(two: &mut Two) -> Result<(), Failed> {
    step("Ana signs in at ACME, and her colleague at Globex", || {
        two.acme.sign_in()?;
        two.globex.sign_in()
    })?;
    let code =
        step("ACME initiates a private connection in Basic mode", || two.initiate(Approval::Ask, true))?;
    println!("    invitation code: {}…", code.chars().take(16).collect::<String>());
    let runs = match two.relay {
        None => "ACME's node runs, and can be called",
        Some(_) => "ACME's node runs, listens nowhere, and is found at the relay",
    };
    step(runs, || two.run_acme())?;
    step("Globex accepts the code", || two.accept(&code))?;
    step("Globex's node runs, and listens nowhere", || two.run_globex())?;
    step("ACME approves Globex", || two.approve())?;
    step("They are connected", || two.connected())
}

/// Returns the keys: improvement, epic.
fn acme_files(tool: &Tool, two: &Two) -> Result<[String; 2], Failed> {
    let jira = &two.acme.jira;
    let improvement =
        jira.create("SUP", "Improvement", "Show the order number on the delivery note", &content::report())?;
    jira.comment(&improvement, "ana", &content::plain("Could you do this before the summer sale?"))?;
    jira.comment(&improvement, "ben", &content::plain("The warehouse can test it from Monday on."))?;
    jira.comment(&improvement, "ana", &content::plain("The sample is attached."))?;
    let picture = std::fs::read(tool.root.join("icons/icon.png"));
    let picture = picture.map_err(|e| Failed(format!("The sample picture cannot be read: {e}.")))?;
    jira.attach(&improvement, "delivery-note.png", "image/png", &picture)?;
    let epic = jira.create(
        "SUP",
        "Epic",
        "Paperless shipping",
        &content::plain("Everything about shipping without paper."),
    )?;
    Ok([improvement, epic])
}

fn globex_files(two: &Two) -> Result<(), Failed> {
    let jira = &two.globex.jira;
    let bug = jira.create(
        "GX",
        "Bug",
        "Two labels are printed for one parcel",
        &content::plain("Since this morning."),
    )?;
    jira.comment(&bug, "ben", &content::plain("Only on printer 3."))?;
    jira.attach(&bug, "printer.log", "text/plain", b"09:12 label 4711\n09:12 label 4711\n")
}

fn edits(two: &Two, [improvement, epic]: &[String; 2]) -> Result<(), Failed> {
    let id = connection(two)?;
    let pairs = two.acme.node.pairs(&id)?;
    let Some(pair) = pairs.iter().find(|pair| pair.ours == *epic) else {
        return fail(format!("{epic} has no twin."));
    };
    let twin = &pair.theirs;
    two.acme.jira.edit(
        improvement,
        &json!({"summary": NEW_SUMMARY, "description": content::plain(NEW_DESCRIPTION)}),
    )?;
    two.globex.jira.edit(twin, &json!({"summary": NEW_EPIC, "issuetype": {"name": NEW_KIND}}))?;
    two.globex.jira.comment(twin, "ben", &content::plain("We start with one warehouse."))
}

fn connection(two: &Two) -> Result<String, Failed> {
    let id = two.acme.node.connection()?.and_then(|c| c["id"].as_str().map(str::to_owned));
    id.ok_or_else(|| Failed("ACME has no connection.".into()))
}

/// What has been told of each pair, by ACME's key.
type Told = BTreeMap<String, (Issue, Issue)>;

/// Waits until there are so many pairs, equal field by field, and says what is new.
fn arrived(
    two: &mut Two,
    kinds: &(Vec<String>, Vec<String>),
    count: usize,
    what: &str,
    told: &mut Told,
) -> Result<(), Failed> {
    let start = Instant::now();
    let id = connection(two)?;
    let mut wrong = Vec::new();
    let rows = until(what, PATIENCE, || {
        two.acme.must_run()?;
        two.globex.must_run()?;
        two.relay.as_mut().map_or(Ok(()), Relay::must_run)?;
        let pairs = two.acme.node.pairs(&id)?;
        if pairs.len() < count {
            wrong = vec![format!("{} of {count} pairs are there", pairs.len())];
            return Ok(None);
        }
        let rows = compare::all(&pairs, &mut two.acme.jira, &mut two.globex.jira, (&kinds.0, &kinds.1))?;
        wrong = rows.iter().flat_map(|row| row.wrong.clone()).collect();
        Ok((wrong.is_empty() && rows.len() == count).then_some(rows))
    });
    let rows = rows.map_err(|failed| Failed(format!("{failed} {}.", wrong.join("; "))))?;
    compare::done(what, start);
    for row in rows.into_iter().rev() {
        let seen = (row.ours, row.theirs);
        if told.get(&seen.0.key) != Some(&seen) {
            println!(
                "    {}",
                if row.from_us { compare::line(&seen.0, &seen.1) } else { compare::line(&seen.1, &seen.0) }
            );
            told.insert(seen.0.key.clone(), seen);
        }
    }
    Ok(())
}

/// Being equal is not enough: an edit that was undone on both sides would be equal as well.
fn newest_words(two: &mut Two, [improvement, epic]: &[String; 2]) -> Result<(), Failed> {
    let pairs = two.acme.node.pairs(&connection(two)?)?;
    let twin_of = |key: &String| pairs.iter().find(|pair| pair.ours == *key).map(|pair| pair.theirs.clone());
    let (Some(first), Some(second)) = (twin_of(improvement), twin_of(epic)) else {
        return fail("A pair is gone.");
    };
    for issue in [two.acme.jira.issue(improvement)?, two.globex.jira.issue(&first)?] {
        if issue.summary != NEW_SUMMARY || issue.description != [format!(": {NEW_DESCRIPTION}")] {
            return fail(format!(
                "{} lost ACME's edit: {:?}, {:?}.",
                issue.key, issue.summary, issue.description
            ));
        }
    }
    for issue in [two.acme.jira.issue(epic)?, two.globex.jira.issue(&second)?] {
        if issue.summary != NEW_EPIC || issue.kind != NEW_KIND || issue.comments.len() != 1 {
            return fail(format!("{} lost Globex's edit: {:?}, {}.", issue.key, issue.summary, issue.kind));
        }
    }
    Ok(())
}

/// Three looks at both trackers later, neither has been written to.
fn no_echo(two: &Two) -> Result<(), Failed> {
    let looks = |two: &Two| Ok::<_, Failed>((two.acme.jira.polls()?, two.globex.jira.polls()?));
    let (before, writes) = (looks(two)?, (two.acme.jira.writes()?, two.globex.jira.writes()?));
    until("Three more looks at both trackers", PATIENCE, || {
        let now = looks(two)?;
        Ok((now.0 >= before.0 + 3 && now.1 >= before.1 + 3).then_some(()))
    })?;
    let after = (two.acme.jira.writes()?, two.globex.jira.writes()?);
    if after == writes {
        return Ok(());
    }
    fail(format!("ACME saw {} further writes and Globex {}.", after.0 - writes.0, after.1 - writes.1))
}

fn step<T>(what: &str, run: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
    let start = Instant::now();
    let result = run().map_err(|failed| Failed(format!("Step \"{what}\" did not work: {failed}")))?;
    compare::done(what, start);
    Ok(result)
}
