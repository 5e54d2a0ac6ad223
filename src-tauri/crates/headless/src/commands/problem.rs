//! `twinline-node problem …`.

use std::io;

use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{ChoiceScope, FieldView};
use twinline_node::Node;

use super::show::word;
use crate::args::Problem;
use crate::{Failure, print};
use twinline_node::words::say;

/// Tries again, chooses values for what it asks, or leaves it.
pub async fn run(node: &Node, command: Problem, json: bool) -> Result<(), Failure> {
    match command {
        Problem::Retry { ids } => {
            for id in &ids {
                node.retry_problems(std::slice::from_ref(id)).await?;
            }
            done("cli-retried", &ids);
        }
        Problem::Skip { ids } => {
            for id in &ids {
                node.skip_problems(std::slice::from_ref(id)).await?;
            }
            done("cli-skipped", &ids);
        }
        Problem::Request { id } => {
            let found = node.problems().await?.into_iter().find(|p| p.id == id);
            let Some(problem) = found else {
                return Err(Trouble::new(ProblemCode::ProblemUnknown).with("problem", id).into());
            };
            let none = || Failure::Said(say("cli-none-request", &[]));
            let text = problem.request.ok_or_else(none)?;
            let mut out = io::stdout().lock();
            text.lines().try_for_each(|line| print::line(&mut out, line))?;
        }
        Problem::Fill { id, values, .. } if values.is_empty() => list(node, &id, json).await?,
        Problem::Fill { id, values, only_this } => {
            let scope = if only_this { ChoiceScope::One } else { ChoiceScope::All };
            node.fill_problem_by_name(&id, &values, scope).await?;
        }
    }
    Ok(())
}

/// What came of it is no answer for a script, so it goes where people read.
fn done(sentence: &str, ids: &[String]) {
    eprintln!("{}", say(sentence, &[("count", &ids.len().to_string())]));
}

/// What may be chosen, one value a line.
async fn list(node: &Node, id: &str, json: bool) -> Result<(), Failure> {
    let fields = node.problem_fields(id).await?;
    let mut out = io::stdout().lock();
    if json {
        print::json(&mut out, &fields)?;
        return Ok(());
    }
    let rows: Vec<Vec<String>> = fields.into_iter().flat_map(rows).collect();
    let heads = ["cli-col-jira-field", "cli-col-allowed", "cli-col-chosen"];
    print::table(&mut out, &heads, &rows, "cli-none-problems")?;
    Ok(())
}

fn rows(field: FieldView) -> Vec<Vec<String>> {
    if field.options.is_empty() {
        let kind = say("cli-field-kind", &[("kind", &word(&field.kind))]);
        return vec![vec![field.name, kind, field.chosen]];
    }
    let row = |name: String| {
        let chosen = if field.chosen.split(", ").any(|chosen| chosen == name) || name == field.chosen {
            say("cli-yes", &[])
        } else {
            String::new()
        };
        vec![field.name.clone(), name, chosen]
    };
    field.options.into_iter().map(|option| row(option.name)).collect()
}
