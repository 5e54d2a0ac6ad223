//! Which permission a refused write lacks.
//!
//! Jira says so in words of its own language and not always with status 403: a comment that may not be edited is a 400. After a
//! refusal, and only then, one read asks what we may do:
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-permissions/#api-rest-api-3-mypermissions-get>

use twinline_model::text::clean_line;
use twinline_model::{IssueId, ProjectKey};

use super::JiraCloud;
use super::json::text;
use super::projects::segment;
use crate::error::{NotApplied, ReadError, WriteError};

/// Where something was refused.
pub(super) enum Place<'a> {
    /// In a project: a new issue.
    Project(&'a ProjectKey),
    /// In an issue that stands.
    Issue(&'a IssueId),
}

impl JiraCloud {
    /// Names the permission that a refused write lacks, as Jira calls it. Any one of `enough` would do.
    pub(super) async fn explained<T>(
        &self,
        result: Result<T, WriteError>,
        place: Place<'_>,
        enough: &[&str],
    ) -> Result<T, WriteError> {
        let Err(WriteError::NotApplied(NotApplied::Forbidden(_) | NotApplied::Refused(_))) = &result else {
            return result;
        };
        match self.lacking(place, enough).await {
            Ok(Some(name)) => Err(NotApplied::Forbidden(name).into()),
            Ok(None) => result,
            // The refusal stands, whatever the reason.
            Err(why) => {
                tracing::info!(%why, "the site does not tell what we may do");
                result
            }
        }
    }

    /// The first of `enough`, if we have none of them.
    async fn lacking(&self, place: Place<'_>, enough: &[&str]) -> Result<Option<String>, ReadError> {
        let place = match place {
            Place::Project(key) => format!("projectKey={}", segment(key.as_str())),
            Place::Issue(id) => format!("issueId={}", segment(id.as_str())),
        };
        let path = format!("mypermissions?{place}&permissions={}", enough.join(","));
        let answer = self.client.get(&path).await?;
        let ours = &answer.json()?["permissions"];
        let lacks = enough.iter().all(|key| ours[key]["havePermission"] == false);
        let name = |key: &&str| match clean_line(&text(&ours[key]["name"]), 100) {
            name if name.is_empty() => (*key).to_owned(),
            name => name,
        };
        Ok(enough.first().filter(|_| lacks).map(name))
    }
}
