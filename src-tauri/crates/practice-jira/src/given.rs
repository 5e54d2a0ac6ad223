//! What a request wants to set, checked field by field.

use serde_json::{Map, Value, json};

use crate::db::{self, Issue, Project};
use crate::error::ApiResult;
use crate::fields::summary;
use crate::ops::Deed;

/// What an edit would set.
#[derive(Default)]
pub(crate) struct Values {
    pub summary: Option<String>,
    pub description: Option<Option<String>>,
    pub type_id: Option<i64>,
    pub status: Option<i64>,
    pub priority: Option<i64>,
    pub labels: Option<String>,
    pub reporter: Option<String>,
    pub assignee: Option<Option<String>>,
    pub parent: Option<Option<i64>>,
    pub extra: Map<String, Value>,
}

impl Deed<'_> {
    /// Reads the fields; what is wrong with one of them goes into `errors`.
    pub fn values(
        &self,
        fields: &Map<String, Value>,
        project: &Project,
        old: Option<&Issue>,
        errors: &mut Map<String, Value>,
    ) -> ApiResult<Values> {
        let mut values = Values::default();
        let mut level = 0;
        for (name, value) in fields {
            let mut wrong = |text: &str| {
                errors.insert(name.clone(), json!(text));
            };
            match name.as_str() {
                "project" if old.is_none() => {}
                "summary" => match summary(value) {
                    Ok(text) => values.summary = Some(text),
                    Err(text) => wrong(text),
                },
                "description" => values.description = Some(self.document("description", value)?),
                "issuetype" => match self.issue_type(value, project)? {
                    Some((id, its_level)) => {
                        level = its_level;
                        values.type_id = Some(id);
                    }
                    None => wrong("Specify a valid issue type"),
                },
                "priority" => match value["id"].as_str().and_then(|i| i.parse().ok()).or_else(|| {
                    let names = ["highest", "high", "medium", "low", "lowest"];
                    let name = value["name"].as_str()?.to_lowercase();
                    Some(i64::try_from(names.iter().position(|n| **n == name)?).ok()? + 1)
                }) {
                    Some(id @ 1..=5) => values.priority = Some(id),
                    _ => wrong("Specify a valid priority id or name"),
                },
                "labels" => match serde_json::from_value::<Vec<String>>(value.clone()) {
                    Ok(labels) if labels.iter().all(|l| !l.contains(char::is_whitespace)) => {
                        values.labels = Some(serde_json::to_string(&labels)?);
                    }
                    _ => wrong("The label contains spaces which is invalid."),
                },
                "assignee" | "reporter" => {
                    let account = value["accountId"].as_str().or(value["id"].as_str());
                    let known = account.filter(|a| self.site.user(a).is_some()).map(str::to_owned);
                    if known.is_none() && account.is_some() {
                        wrong("Account ID is not valid.");
                    } else if name == "assignee" {
                        values.assignee = Some(known);
                    } else {
                        values.reporter = known;
                    }
                }
                "parent" => {
                    let named = value["id"].as_str().or(value["key"].as_str()).unwrap_or_default();
                    match db::issue(self.tx, named)? {
                        Some(parent) if parent.project_id == project.id => {
                            values.parent = Some(Some(parent.id));
                        }
                        _ if value.is_null() => values.parent = Some(None),
                        _ => wrong("Could not find valid 'id' or 'key' fields in parent object."),
                    }
                }
                // The web page's way; the API of Jira changes a status by a transition only.
                "practice-status" => values.status = value.as_i64().filter(|s| (1..=3).contains(s)),
                "duedate" | "environment" => {
                    values.extra.insert(name.clone(), value.clone());
                }
                "components" | "fixVersions" | "versions" => {}
                custom => match project.config.required.iter().find(|r| r.field == custom) {
                    Some(_) if value.is_null() => {}
                    Some(field) => match field.value(self, value)? {
                        Ok(stored) => {
                            values.extra.insert(name.clone(), stored);
                        }
                        Err(words) => wrong(&words),
                    },
                    None => wrong(&format!(
                        "Field '{custom}' cannot be set. It is not on the appropriate screen, or unknown."
                    )),
                },
            }
        }
        let parent = values.parent.unwrap_or(old.and_then(|o| o.parent));
        if level < 0 && parent.is_none() && values.type_id.is_some() {
            errors.insert(
                "issuetype".into(),
                json!("Issue type is a sub-task but parent issue key or id not specified."),
            );
        }
        Ok(values)
    }

    /// Id and level of a type this project has.
    fn issue_type(&self, given: &Value, project: &Project) -> ApiResult<Option<(i64, i64)>> {
        let types = db::types(self.tx)?;
        let found = types.iter().find(|t| {
            given["id"].as_str().map_or_else(
                || given["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(&t.name)),
                |id| id == t.id.to_string(),
            )
        });
        Ok(found.filter(|t| project.config.types.contains(&t.id)).map(|t| (t.id, t.level)))
    }
}
