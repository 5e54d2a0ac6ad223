//! A rule of the site that answers each write by somebody else with a write of its own.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::call::{self, Call};
use crate::db;
use crate::error::{ApiError, ApiResult};
use crate::faults::Rule;
use crate::ops::Deed;
use crate::state::{Site, lock};

/// Called after each commit with the issues it touched.
pub(crate) fn react(site: &Site, touched: &[i64]) {
    for &id in touched {
        let Some(rule) = struck(site, id) else { continue };
        let site = site.shared();
        match (rule.option_u64("after_ms"), tokio::runtime::Handle::try_current()) {
            (Some(wait), Ok(runtime)) if wait > 0 => {
                runtime.spawn(async move {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    run(&site, id, &rule);
                });
            }
            _ => run(&site, id, &rule),
        }
    }
}

fn struck(site: &Site, id: i64) -> Option<Rule> {
    let issue = site.read(|conn| db::issue_by_id(conn, id)).ok().flatten()?;
    // Limited by the issue that was written, which the call may not have named (it may have created it).
    let operation = call::current().map(|c| c.operation.clone()).unwrap_or_default();
    let call = Call::new(operation, Some((issue.key, id.to_string())), None);
    lock(&site.faults).strikes("automation", &call)
}

fn run(site: &Arc<Site>, id: i64, rule: &Rule) {
    if let Err(error) = call::aside(|| write(site, id, rule)) {
        // As in Jira: a rule that fails leaves a line in its log, and the issue as it was.
        tracing::debug!(id, problem = %error.messages.join(" "), "the automation could not write");
    }
}

fn write(site: &Site, id: i64, rule: &Rule) -> ApiResult<()> {
    let text = rule.value.as_str().unwrap_or(" !");
    let robot = site.robot();
    site.write(|tx| {
        let deed = Deed::new(site, tx, &robot, false);
        let issue = db::issue_by_id(tx, id)?.ok_or_else(ApiError::issue_not_found)?;
        let named = id.to_string();
        let field = rule.options.get("field").and_then(Value::as_str).unwrap_or("summary");
        let value = match field {
            "comment" => {
                deed.add_comment(&named, &json!({"body": crate::adf::from_text(text.trim())}))?;
                return Ok(());
            }
            "labels" => {
                let mut labels: Vec<String> = serde_json::from_str(&issue.labels)?;
                labels.push(text.trim().replace(char::is_whitespace, "-"));
                json!(labels)
            }
            "description" => {
                let old = issue.description.as_deref().map(serde_json::from_str::<Value>).transpose()?;
                let mut doc = old.unwrap_or_else(|| json!({"type": "doc", "version": 1, "content": []}));
                let more = crate::adf::from_text(text.trim());
                if let (Some(blocks), Some(new)) = (doc["content"].as_array_mut(), more["content"].as_array())
                {
                    blocks.extend(new.iter().cloned());
                }
                doc
            }
            "summary" => json!(format!("{}{text}", issue.summary)),
            other => return Err(ApiError::bad(format!("automation cannot write the field '{other}'."))),
        };
        deed.edit_issue(&named, &json!({"fields": {field: value}}))?;
        Ok(())
    })
}
