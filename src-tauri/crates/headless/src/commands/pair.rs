//! `twinline-node pair …`: both sides of one issue beside each other; look at it now, or sync it no longer.

use std::io::{self, Write};

use similar::{ChangeTag, TextDiff};
use twinline_model::ConnectionId;
use twinline_model::compare::{CompareView, Excerpt};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_node::Node;
use twinline_node::words::say;

use super::show::{connection_of, word};
use crate::args::{AddIssue, OneIssue, Pair};
use crate::{Failure, print};

/// Lines around a difference that are shown with it.
const AROUND: usize = 2;

/// Compares the two sides of a pair, looks at it now, or stops syncing it.
pub async fn run(node: &Node, command: Pair, json: bool) -> Result<(), Failure> {
    match command {
        Pair::Compare(OneIssue { issue, connection }) => {
            let id = the_one(node, connection, &issue).await?;
            let compared = node.compare(&id, &issue).await?;
            let mut out = io::stdout().lock();
            match json {
                true => print::json(&mut out, &compared)?,
                false => show(&mut out, &compared)?,
            }
        }
        Pair::SyncNow(OneIssue { issue, connection }) => {
            let id = the_one(node, connection, &issue).await?;
            let runs = node.sync_pair(&id, &issue).await?;
            let mut out = io::stdout().lock();
            match json {
                true => print::json(&mut out, &serde_json::json!({"issue": issue, "running": runs}))?,
                false => {
                    let message = if runs { "cli-pair-read" } else { "cli-pair-read-later" };
                    print::line(&mut out, &say(message, &[("issue", &issue)]))?;
                }
            }
        }
        Pair::Add(AddIssue { issue, connection }) => {
            let id = connection_of(node, &connection).await?;
            let partner = node.connection(&id).await?.partner_name;
            let added = node.add_issue(&id, &issue).await?;
            let mut out = io::stdout().lock();
            let (issue, running) = (&added.issue, added.running);
            match json {
                true => print::json(&mut out, &serde_json::json!({"issue": issue, "running": running}))?,
                false => {
                    let message = if running { "cli-pair-added" } else { "cli-pair-added-later" };
                    print::line(&mut out, &say(message, &[("issue", issue), ("partner", &partner)]))?;
                }
            }
        }
        Pair::Connect(what) => super::question::connect(node, what, json).await?,
        Pair::Stop(OneIssue { issue, connection }) => {
            let id = the_one(node, connection, &issue).await?;
            let partner = node.connection(&id).await?.partner_name;
            let stopped = node.stop_pair(&id, &issue).await?;
            let mut out = io::stdout().lock();
            match json {
                true => print::json(&mut out, &stopped)?,
                false => {
                    // Ours, whichever was typed: both companies may use the same keys.
                    let key = stopped.ours.as_deref().unwrap_or(&issue);
                    let facts = [("issue", key), ("partner", &partner)];
                    print::line(&mut out, &say("cli-pair-stopped", &facts))?;
                }
            }
        }
    }
    Ok(())
}

/// The connection that was typed, else the one that has such an issue. Where several have it, nothing is done on any.
async fn the_one(node: &Node, typed: Option<String>, issue: &str) -> Result<ConnectionId, Failure> {
    if let Some(typed) = typed {
        return connection_of(node, &typed).await;
    }
    let connections: Vec<ConnectionId> = node.connections().await?.into_iter().map(|c| c.id).collect();
    let mut found = Vec::new();
    let mut unknown = None;
    for id in connections {
        match node.pair_of(&id, issue).await {
            Ok(_) => found.push(id),
            Err(trouble) if trouble.code == ProblemCode::PairUnknown => unknown = Some(trouble),
            Err(trouble) => return Err(trouble.into()),
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(Failure::Usage(say("cli-compare-several", &[("issue", issue)]))),
        (None, _) => Err(unknown.unwrap_or_else(|| nowhere(issue)).into()),
    }
}

fn nowhere(issue: &str) -> Trouble {
    let partner = say("partner-unknown", &[]);
    Trouble::new(ProblemCode::PairUnknown).with("issue", issue).with("partner", partner)
}

fn show(out: &mut impl Write, c: &CompareView) -> io::Result<()> {
    let company = if c.company.is_empty() { say("compare-here", &[]) } else { c.company.clone() };
    let told = |id: &str, more: &[(&str, &str)]| {
        let facts: Vec<_> = [("company", company.as_str()), ("partner", c.partner_name.as_str())]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        say(id, &facts)
    };
    let unknown = say("key-unknown", &[]);
    let state = say("cli-pair-state", &[("state", &word(&c.state))]);
    let keys = [c.ours.as_deref().unwrap_or(&unknown), c.theirs.as_deref().unwrap_or(&unknown)];
    let head = [("ours", keys[0]), ("theirs", keys[1]), ("state", &state)];
    print::line(out, &told("cli-compare-head", &head))?;
    print::line(out, &c.sentence)?;
    for note in &c.notes {
        print::line(out, note)?;
    }
    print::line(out, &c.connection_sentence)?;
    print::line(out, "")?;
    print::line(
        out,
        &match (&c.ours_at, c.read_now) {
            (_, true) => told("cli-compare-read", &[]),
            (Some(when), false) => told("cli-compare-stored", &[("when", when)]),
            (None, false) => told("cli-compare-never", &[]),
        },
    )?;
    if let Some(trouble) = &c.trouble {
        print::line(out, &format!("{} {}", trouble.sentence, trouble.next_step))?;
    }
    print::line(
        out,
        &match &c.theirs_at {
            Some(when) => told("cli-compare-told", &[("when", when)]),
            None => told("cli-compare-untold", &[]),
        },
    )?;
    if c.differences > 0 {
        print::line(out, &told("cli-compare-signs", &[]))?;
    }
    for field in &c.fields {
        item(out, &field.field, &field.label, &field.sentence)?;
        if field.likeness.differs() {
            texts(out, field.ours.as_ref(), field.theirs.as_ref())?;
        }
    }
    print::line(out, "")?;
    print::line(out, &say("cli-compare-comments", &[("n", &c.comments_total.to_string())]))?;
    for comment in c.comments.iter().filter(|comment| is_told(comment.likeness.differs(), &comment.sentence))
    {
        let by = comment.author.as_deref().unwrap_or(&c.partner_name);
        item(
            out,
            &[by, comment.at.as_deref().unwrap_or_default()].join(" "),
            &comment.label,
            &comment.sentence,
        )?;
        texts(out, comment.ours.as_ref(), comment.theirs.as_ref())?;
    }
    print::line(out, "")?;
    print::line(out, &say("cli-compare-files", &[("n", &c.files_total.to_string())]))?;
    for file in c.files.iter().filter(|file| is_told(file.likeness.differs(), &file.sentence)) {
        item(out, &file.file_name, &file.label, &file.sentence)?;
    }
    if c.records > 0 {
        print::line(out, "")?;
        print::line(out, &say("cli-compare-records", &[("id", c.connection.as_str())]))?;
    }
    Ok(())
}

/// What is equal, and of which there is nothing to say, is only counted.
fn is_told(differs: bool, sentence: &str) -> bool {
    differs || !sentence.is_empty()
}

fn item(out: &mut impl Write, what: &str, label: &str, sentence: &str) -> io::Result<()> {
    let said = if sentence.is_empty() { String::new() } else { format!(". {sentence}") };
    print::line(out, &format!("{}: {label}{said}", what.trim()))
}

/// Both texts, line by line: what only we have with `-`, what only they have with `+`.
fn texts(out: &mut impl Write, ours: Option<&Excerpt>, theirs: Option<&Excerpt>) -> io::Result<()> {
    let text = |side: Option<&Excerpt>| side.map(|e| e.text.clone()).unwrap_or_default();
    let (here, there) = (text(ours), text(theirs));
    let diff = TextDiff::from_lines(&here, &there);
    for (at, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if at > 0 {
            print::line(out, "    …")?;
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            print::line(out, &format!("  {sign} {}", change.value()))?;
        }
    }
    for side in [ours, theirs].into_iter().flatten().filter(|side| side.left_out > 0) {
        let more = say("cli-compare-left-out", &[("n", &side.left_out.to_string())]);
        print::line(out, &format!("    {more}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use twinline_model::compare::{ComparedComment, ComparedField, ComparedFile, Likeness, Part, Way, Why};
    use twinline_model::problem::Owner;
    use twinline_model::view::{PairStanding, TextOf, TroubleView};

    fn excerpt(text: &str) -> Option<Excerpt> {
        Some(Excerpt::of(text, 400))
    }

    fn field(part: Part, ours: &str, theirs: &str, sentence: &str) -> ComparedField {
        let likeness = if ours == theirs { Likeness::Same } else { Likeness::Changed };
        ComparedField {
            part,
            field: say(
                "compare-part",
                &[("part", if part == Part::Type { "issuetype" } else { "description" })],
            ),
            ours: excerpt(ours),
            theirs: excerpt(theirs),
            likeness,
            way: Way::ToPartner,
            why: Why::Plain,
            label: say(if ours == theirs { "compare-same" } else { "compare-differs" }, &[]),
            sentence: sentence.to_owned(),
        }
    }

    fn view() -> CompareView {
        let lines = |end: &str| {
            let lines: Vec<String> = (1..=9).map(|n| format!("line {n}")).collect();
            format!("first\n{}\n{end}", lines.join("\n"))
        };
        CompareView {
            pair: "5".to_owned(),
            connection: ConnectionId::new("0f"),
            company: "ACME".to_owned(),
            partner_name: "Globex".to_owned(),
            ours: Some("SUP-17".to_owned()),
            ours_url: None,
            theirs: Some("GX-90".to_owned()),
            theirs_url: None,
            state: PairStanding::Syncing,
            connection_sentence: "Paused by you".to_owned(),
            ours_at: Some("2026-08-01T10:00:00Z".to_owned()),
            read_now: true,
            trouble: None,
            theirs_at: Some("2026-08-01T09:59:00Z".to_owned()),
            differences: 3,
            staying: 0,
            sentence: "3 differences.".to_owned(),
            notes: vec!["Globex has paused: what has changed there since is not known here.".to_owned()],
            fields: vec![
                field(Part::Description, &lines("ours"), &lines("theirs"), "It waits here to go to Globex."),
                field(Part::Type, "Task", "Task", ""),
            ],
            comments: vec![ComparedComment {
                by: TextOf::Ours,
                author: Some("Ana\u{1b}[2J".to_owned()),
                at: Some("2026-08-01T09:00:00Z".to_owned()),
                ours: Some(Excerpt::of("only here, and long", 9)),
                theirs: None,
                likeness: Likeness::OnlyOurs,
                way: Way::Sent,
                why: Why::Plain,
                label: "Only at ACME".to_owned(),
                sentence: "It is on its way to Globex.".to_owned(),
            }],
            comments_total: 12,
            comments_alike: 11,
            files: vec![ComparedFile {
                by: TextOf::Theirs,
                file_name: "plan.zip".to_owned(),
                kilobytes: 3,
                likeness: Likeness::OnlyTheirs,
                way: Way::ToUs,
                why: Why::Bytes,
                label: "Only at Globex".to_owned(),
                sentence: "The file is still on its way to ACME.".to_owned(),
            }],
            files_total: 2,
            files_alike: 1,
            records: 1,
        }
    }

    fn shown(view: &CompareView) -> String {
        let mut bytes = Vec::new();
        show(&mut bytes, view).expect("memory takes everything");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn what_differs_is_named_and_what_becomes_of_it() {
        let stored = CompareView {
            read_now: false,
            theirs_at: None,
            company: String::new(),
            differences: 0,
            fields: vec![field(Part::Type, "Task", "Task", "")],
            comments: Vec::new(),
            files: Vec::new(),
            notes: Vec::new(),
            records: 0,
            trouble: Some(TroubleView {
                code: "issue-gone".to_owned(),
                owner: Owner::You,
                sentence: "SUP-17 was deleted.".to_owned(),
                next_step: "Give your account access.".to_owned(),
            }),
            sentence: "No difference, as far as Globex has told.".to_owned(),
            ..view()
        };
        insta::assert_snapshot!("compare", [shown(&view()), shown(&stored)].join("===\n"));
    }

    /// The promise of the manual: these fields are there under these names.
    #[test]
    fn d8_the_json_of_a_comparison_has_the_promised_fields() {
        let json = serde_json::to_string_pretty(&view()).expect("JSON");
        assert_eq!(serde_json::from_str::<CompareView>(&json).expect("the type takes them"), view());
        insta::assert_snapshot!("compare_json", json);
    }
}
