//! `twinline-node question …`, and `pair connect`: two issues that exist already become a pair.

use std::io;

use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{QuestionPreview, QuestionView};
use twinline_node::Node;
use twinline_node::words::say;

use super::show::{connection_of, fitting, word};
use crate::args::{Connect, OneQuestion, Question};
use crate::{Failure, print};

/// Lists questions, answers one of the partner's, or takes one of ours back.
pub async fn run(node: &Node, command: Question, json: bool) -> Result<(), Failure> {
    match command {
        Question::List { connection } => {
            let only = match connection {
                Some(typed) => Some(connection_of(node, &typed).await?),
                None => None,
            };
            list(&node.questions(only.as_ref()).await?, json)
        }
        Question::Accept(which) => answer(node, &which, true, json).await,
        Question::Decline(which) => answer(node, &which, false, json).await,
        Question::Withdraw(which) => {
            let question = the_one(node, &which).await?;
            node.withdraw_question(&question.connection, &question.id).await?;
            said(&question, "cli-question-withdrawn", json)
        }
    }
}

/// Asks the partner, or shows what they would read.
pub async fn connect(node: &Node, what: Connect, json: bool) -> Result<(), Failure> {
    let id = connection_of(node, &what.connection).await?;
    if what.preview {
        let seen = node.preview_question(&id, &what.ours, &what.theirs).await?;
        let partner = node.connection(&id).await?.partner_name;
        return preview(&seen, &partner, json);
    }
    let asked = node.ask_to_connect(&id, &what.ours, &what.theirs).await?;
    let message = if asked.running { "cli-question-asked" } else { "cli-question-asked-later" };
    said(&asked.question, message, json)
}

fn preview(seen: &QuestionPreview, partner: &str, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        return Ok(print::json(&mut out, seen)?);
    }
    let message = if seen.told.is_some() { "cli-question-preview" } else { "cli-question-preview-kept" };
    let told = seen.told.as_deref().unwrap_or_default();
    let facts = [("issue", seen.issue.as_str()), ("partner", partner), ("title", told)];
    Ok(print::line(&mut out, &say(message, &facts))?)
}

async fn answer(node: &Node, which: &OneQuestion, yes: bool, json: bool) -> Result<(), Failure> {
    let question = the_one(node, which).await?;
    let running = node.answer_question(&question.connection, &question.id, yes).await?;
    let message = match (yes, running) {
        (true, true) => "cli-question-accepted",
        (true, false) => "cli-question-accepted-later",
        (false, _) => "cli-question-declined",
    };
    said(&question, message, json)
}

/// The question whose id is, or begins with, what was typed.
async fn the_one(node: &Node, which: &OneQuestion) -> Result<QuestionView, Failure> {
    let all = node.questions(None).await?;
    let id = fitting(all.iter().map(|question| question.id.clone()), &which.id)
        .map_err(|typed| Failure::Usage(say("cli-question-ambiguous", &[("id", typed)])))?;
    let partner = || say("partner-unknown", &[]);
    let gone = || Trouble::new(ProblemCode::QuestionGone).with("partner", partner());
    Ok(all.into_iter().find(|question| question.id == id).ok_or_else(gone)?)
}

fn said(question: &QuestionView, message: &str, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        return Ok(print::json(&mut out, question)?);
    }
    let facts = [
        ("ours", question.ours.as_str()),
        ("theirs", &question.theirs),
        ("partner", &question.partner_name),
        ("id", &question.id),
    ];
    Ok(print::line(&mut out, &say(message, &facts))?)
}

fn list(questions: &[QuestionView], json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        return Ok(print::json(&mut out, &questions)?);
    }
    let row = |q: &QuestionView| {
        let theirs = match &q.theirs_title {
            Some(title) => format!("{} {title}", q.theirs),
            None => q.theirs.clone(),
        };
        vec![
            q.id.clone(),
            q.partner_name.clone(),
            format!("{} {}", q.ours, q.ours_title),
            theirs,
            word(&q.state),
            q.since.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = questions.iter().map(row).collect();
    let heads =
        ["cli-col-id", "cli-col-partner", "cli-col-ours", "cli-col-theirs", "cli-col-state", "cli-col-since"];
    print::table(&mut out, &heads, &rows, "cli-none-questions")?;
    Ok(())
}
