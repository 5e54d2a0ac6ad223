//! Projects, what we may do in them, and their issue types.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use twinline_model::ProjectKey;
use twinline_model::observed::{IssueType, IssueTypes, Project};
use twinline_model::text::clean_line;

use super::json::{id, list, number, text};
use super::{JiraCloud, jql};
use crate::{ProjectStanding, ReadError};

/// What we need in a project to sync into it.
const NEEDED: [&str; 5] =
    ["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "CREATE_ATTACHMENTS"];

/// Types change rarely, and a refusal refreshes them.
const TYPES_LAST: Duration = Duration::from_secs(600);

impl JiraCloud {
    pub(super) async fn read_projects(&self) -> Result<Vec<Project>, ReadError> {
        let mut projects: Vec<Project> = Vec::new();
        let mut seen = HashSet::new();
        let mut start = 0;
        loop {
            let answer = self
                .client
                .get(&format!("project/search?status=live&orderBy=key&maxResults=50&startAt={start}"))
                .await?;
            let body = answer.json()?;
            let values = list(body, "values")?;
            if values.is_empty() && start == 0 {
                self.client.trust(&answer).await?;
            }
            for value in values.iter().filter(|v| v["archived"] != true && v["deleted"] != true) {
                if let (Some(id), Some(key)) = (id(&value["id"]), value["key"].as_str())
                    && seen.insert(id.clone())
                {
                    let name = clean_line(&text(&value["name"]), 200);
                    projects.push(Project {
                        id,
                        key: ProjectKey::new(key),
                        name,
                        missing_permissions: Vec::new(),
                    });
                }
            }
            start += values.len();
            if values.is_empty() || body["isLast"] == true {
                break;
            }
        }
        if projects.is_empty() {
            return Ok(projects);
        }

        let ids: Vec<Value> =
            projects.iter().map(|p| p.id.parse::<u64>().map_or_else(|_| json!(p.id), |n| json!(n))).collect();
        let question = json!({ "projectPermissions": [{ "permissions": NEEDED, "projects": ids }] });
        let answer = self.client.ask("permissions/check", &question).await?;
        let grants = list(answer.json()?, "projectPermissions")?;
        let granted: HashSet<(&str, String)> = grants
            .iter()
            .flat_map(|grant| {
                let permission = grant["permission"].as_str().unwrap_or_default();
                let projects = grant["projects"].as_array().into_iter().flatten();
                projects.filter_map(move |project| Some((permission, id(project)?)))
            })
            .collect();
        if granted.is_empty() {
            self.client.trust(&answer).await?;
        }
        for project in &mut projects {
            project.missing_permissions = NEEDED
                .iter()
                .filter(|permission| !granted.contains(&(**permission, project.id.clone())))
                .map(|permission| (*permission).to_owned())
                .collect();
        }
        Ok(projects)
    }

    /// A former key leads to the project as well.
    /// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/#api-rest-api-3-project-projectidorkey-get>
    pub(super) async fn read_key(&self, project: &ProjectKey) -> Result<ProjectKey, ReadError> {
        let answer = self.client.get(&format!("project/{}", segment(project.as_str()))).await?;
        let key = answer.json()?["key"].as_str().map(ProjectKey::new);
        key.ok_or_else(|| ReadError::Odd("a project without a key".to_owned()))
    }

    /// One that was archived is still shown, and says so; one in the trash is found among the deleted ones alone, by those
    /// who may see them.
    /// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/#api-rest-api-3-project-search-get>
    pub(super) async fn read_standing(&self, project: &ProjectKey) -> Result<ProjectStanding, ReadError> {
        let key = segment(project.as_str());
        let told = |found: &Value| match (&found["deleted"], &found["archived"]) {
            (Value::Bool(true), _) => ProjectStanding::Deleted,
            (_, Value::Bool(true)) => ProjectStanding::Archived,
            _ => ProjectStanding::Live,
        };
        match self.client.get(&format!("project/{key}")).await {
            Ok(answer) => return Ok(told(answer.json()?)),
            Err(ReadError::NotFound) => {}
            Err(error) => return Err(error),
        }
        let answer =
            self.client.get(&format!("project/search?status=deleted&status=archived&keys={key}")).await;
        match answer {
            Ok(answer) => {
                self.client.trust(&answer).await?;
                let found = list(answer.json()?, "values")?.iter().find(|p| p["key"] == project.as_str());
                Ok(found.map_or(ProjectStanding::Unknown, told))
            }
            // Not everybody may look there.
            Err(ReadError::Refused(_) | ReadError::Forbidden(_) | ReadError::NotFound) => {
                Ok(ProjectStanding::Unknown)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn read_types(&self, project: &ProjectKey) -> Result<IssueTypes, ReadError> {
        let mut types: Vec<IssueType> = Vec::new();
        let mut start = 0;
        loop {
            let path = format!(
                "issue/createmeta/{}/issuetypes?maxResults=200&startAt={start}",
                segment(project.as_str())
            );
            let answer = self.client.get(&path).await?;
            let body = answer.json()?;
            let values = list(body, "issueTypes").or_else(|_| list(body, "createMetaIssueType"))?;
            if values.is_empty() && start == 0 {
                self.client.trust(&answer).await?;
            }
            types.extend(values.iter().filter_map(|value| {
                Some(IssueType {
                    id: id(&value["id"])?,
                    name: clean_line(&text(&value["name"]), 200),
                    subtask: value["subtask"].as_bool().unwrap_or_default(),
                })
            }));
            start += values.len();
            let total = number(&body["total"]).and_then(|n| usize::try_from(n).ok());
            if values.is_empty() || total.is_none_or(|total| start >= total) {
                break;
            }
        }
        let (service, default_id) = self.about(project).await?;
        let default_type =
            default_id.and_then(|id| types.iter().find(|t| t.id == id)).map(|found| found.name.clone());
        let types = IssueTypes { types, default_type, service };
        self.types
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(project.clone(), (Instant::now(), types.clone()));
        Ok(types)
    }

    /// Whether it is a service project, and the id of its default type.
    async fn about(&self, project: &ProjectKey) -> Result<(bool, Option<String>), ReadError> {
        let answer = match self.client.get(&format!("project/{}", segment(project.as_str()))).await {
            Err(ReadError::Forbidden(_) | ReadError::NotFound | ReadError::Refused(_)) => {
                return Ok((false, None));
            }
            other => other?,
        };
        let found = answer.json()?;
        let service = found["projectTypeKey"] == "service_desk";
        match id(&found["id"]) {
            Some(project) => Ok((service, self.default_type(&project).await?)),
            None => Ok((service, None)),
        }
    }

    /// The id of the default type; only company-managed projects and admins of Jira have one to show.
    async fn default_type(&self, project_id: &str) -> Result<Option<String>, ReadError> {
        match self.client.get(&format!("issuetypescheme/project?projectId={project_id}")).await {
            Ok(answer) => Ok(id(&answer.json()?["values"][0]["issueTypeScheme"]["defaultIssueTypeId"])),
            Err(ReadError::Forbidden(_) | ReadError::NotFound | ReadError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The id of a type by its name; known ones cost no call unless `fresh` is asked for.
    pub(super) async fn type_id(
        &self,
        project: &ProjectKey,
        name: &str,
        fresh: bool,
    ) -> Result<Option<String>, ReadError> {
        let known = {
            let cache = self.types.lock().unwrap_or_else(PoisonError::into_inner);
            cache.get(project).filter(|(at, _)| at.elapsed() < TYPES_LAST).map(|(_, types)| types.clone())
        };
        let find = |types: &IssueTypes| {
            let exact = types.types.iter().find(|t| t.name == name);
            exact
                .or_else(|| types.types.iter().find(|t| t.name.eq_ignore_ascii_case(name)))
                .map(|t| t.id.clone())
        };
        if let Some(found) = known.filter(|_| !fresh).and_then(|types| find(&types)) {
            return Ok(Some(found));
        }
        Ok(find(&self.read_types(project).await?))
    }

    pub(super) async fn read_highest(&self, project: &ProjectKey) -> Result<u64, ReadError> {
        let question = json!({ "jql": jql::newest_key(project), "fields": ["summary"], "maxResults": 1 });
        let answer = self.client.ask("search/jql", &question).await?;
        let issues = list(answer.json()?, "issues")?;
        let Some(first) = issues.first() else {
            self.client.trust(&answer).await?;
            return Ok(0);
        };
        let key = first["key"].as_str().ok_or_else(|| ReadError::Odd("an issue without a key".to_owned()))?;
        Ok(twinline_model::IssueKey::new(key).number())
    }

    pub(super) async fn read_count(
        &self,
        project: &ProjectKey,
        filter: Option<&str>,
    ) -> Result<u64, ReadError> {
        let question = json!({ "jql": jql::in_project(project, filter) });
        let answer = self.client.ask("search/approximate-count", &question).await?;
        let count = number(&answer.json()?["count"]);
        let count = count.ok_or_else(|| ReadError::Odd("a count without a number".to_owned()))?;
        if count == 0 {
            self.client.trust(&answer).await?;
        }
        Ok(count)
    }
}

/// A part of a path, whatever stands in it.
pub(super) fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
