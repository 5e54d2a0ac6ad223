//! Jira Cloud: everything that is particular to it.
//!
//! Begin reading at [`JiraCloud`]. [`client`] speaks HTTP and judges answers (with [`answer`]) within the site's
//! [`limits`] ([`pace`] before and [`gate`] after a refusal), [`observe`] turns Jira's JSON into observations,
//! [`read`], [`write`] and [`attachments`] are the calls, [`filters`] what a filter lets in, [`asked`] the fields that a project demands, [`adf`] is the rich text, [`media`] the pictures in it,
//! [`site`] the address that a person pastes.

mod adf;
mod answer;
mod asked;
mod attachments;
mod calls;
mod client;
mod extras;
mod filters;
mod gate;
mod jql;
mod json;
mod limits;
mod media;
mod observe;
mod pace;
mod permissions;
mod projects;
mod read;
mod sign_in;
mod site;
mod time;
mod write;

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::time::Instant;
use twinline_model::observed::{
    Identity, IssueTypes, Marker, ObservedAttachment, ObservedComment, ObservedIssue, Project,
};
use twinline_model::view::{FilterValue, FilterWords};
use twinline_model::{AttachmentId, CommentId, Document, IssueId, IssueKey, ProjectKey};

use permissions::Place;

pub use calls::LastHour;
pub use client::SetupError;
pub use limits::SiteLimits;
pub use sign_in::{SignInError, cloud_id, sign_in};
pub use site::{JiraSite, NotAnAddress};

use crate::tracker::{
    ByteStream, ChangeQuery, CreatedIssue, Divided, Found, Headline, IssueDraft, IssueEdit, NewestChanges,
    ProjectStanding, Tracker, UploadFile,
};
use crate::{NotApplied, ReadError, WriteError};
use client::Client;

/// A Jira Cloud site, signed in with an e-mail address and an API token.
pub struct JiraCloud {
    client: Client,
    /// Types by project, so that a create needs no question of its own.
    types: Mutex<HashMap<ProjectKey, (Instant, IssueTypes)>>,
    screens: asked::Screens,
    media: media::Media,
}

impl JiraCloud {
    /// Makes the client; nothing is sent yet. `user` is the account id that the token must belong to: answers for
    /// anybody else count as no sign-in. Without it the first `/myself` decides.
    pub fn new(
        site: JiraSite,
        email: &str,
        token: SecretString,
        user: Option<String>,
    ) -> Result<Self, SetupError> {
        Ok(Self {
            client: Client::new(site, email, token, user)?,
            types: Mutex::default(),
            screens: Default::default(),
            media: Default::default(),
        })
    }
}

impl JiraCloud {
    /// Keeps Jira's limits together with whatever else calls the same site: they are the site's, not the account's.
    #[must_use]
    pub fn within(mut self, limits: SiteLimits) -> Self {
        self.client.share(limits);
        self
    }
}

impl fmt::Debug for JiraCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JiraCloud").field("site", &self.client.site.host()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Tracker for JiraCloud {
    fn site(&self) -> &str {
        self.client.site.host()
    }

    async fn identity(&self) -> Result<Identity, ReadError> {
        self.client.myself().await
    }

    async fn projects(&self) -> Result<Vec<Project>, ReadError> {
        self.read_projects().await
    }

    async fn current_key(&self, project: &ProjectKey) -> Result<ProjectKey, ReadError> {
        self.read_key(project).await
    }

    async fn standing(&self, project: &ProjectKey) -> Result<ProjectStanding, ReadError> {
        self.read_standing(project).await
    }

    async fn issue_types(&self, project: &ProjectKey) -> Result<IssueTypes, ReadError> {
        self.read_types(project).await
    }

    async fn highest_number(&self, project: &ProjectKey) -> Result<u64, ReadError> {
        self.read_highest(project).await
    }

    async fn clock_ms(&self) -> Result<i64, ReadError> {
        self.client.now_ms().await
    }

    async fn count(&self, project: &ProjectKey, filter: Option<&str>) -> Result<u64, ReadError> {
        self.read_count(project, filter).await
    }

    async fn filter_errors(&self, filter: &str) -> Result<Vec<String>, ReadError> {
        self.read_filter_errors(filter).await
    }

    async fn filter_words(&self) -> Result<FilterWords, ReadError> {
        self.read_filter_words().await
    }

    async fn filter_values(&self, field: &str, typed: &str) -> Result<Vec<FilterValue>, ReadError> {
        self.read_filter_values(field, typed).await
    }

    async fn found(&self, project: &ProjectKey, filter: Option<&str>) -> Result<Vec<Found>, ReadError> {
        self.read_found(project, filter).await
    }

    async fn headlines(&self, ids: &[IssueId]) -> Result<Vec<Headline>, ReadError> {
        self.read_headlines(ids).await
    }

    fn overlap_ms(&self) -> i64 {
        jql::OVERLAP_MS
    }

    async fn newest_changes(&self, query: &ChangeQuery) -> Result<NewestChanges, ReadError> {
        self.read_newest_changes(query).await
    }

    async fn changed_ids(&self, query: &ChangeQuery) -> Result<Vec<IssueId>, ReadError> {
        self.read_changed_ids(query).await
    }

    async fn changed_issues(
        &self,
        ids: &[IssueId],
        since_ms: Option<i64>,
    ) -> Result<Vec<ObservedIssue>, ReadError> {
        let names: Vec<&str> = ids.iter().map(IssueId::as_str).collect();
        self.read_exactly(&names, since_ms).await
    }

    async fn matching(&self, issues: &[IssueId], filter: &str) -> Result<Vec<IssueId>, ReadError> {
        self.read_matching(issues, filter).await
    }

    async fn issues_by_key(&self, keys: &[IssueKey]) -> Result<Vec<ObservedIssue>, ReadError> {
        let names: Vec<&str> = keys.iter().map(IssueKey::as_str).collect();
        self.read_exactly(&names, None).await
    }

    async fn issues_by_id(&self, ids: &[IssueId]) -> Result<Vec<ObservedIssue>, ReadError> {
        self.changed_issues(ids, None).await
    }

    async fn comments_with_markers(&self, issue: &IssueId) -> Result<Vec<ObservedComment>, ReadError> {
        self.read_marked_comments(issue).await
    }

    async fn create_issue(&self, draft: &IssueDraft) -> Result<CreatedIssue, WriteError> {
        let result = self.write_issue(draft).await;
        self.explained(result, Place::Project(&draft.project), &["CREATE_ISSUES"]).await
    }

    async fn edit_issue(&self, issue: &IssueId, edit: &IssueEdit) -> Result<ObservedIssue, WriteError> {
        let result = self.write_edit(issue, edit).await;
        self.explained(result, Place::Issue(issue), &["EDIT_ISSUES"]).await
    }

    async fn mark_issue(&self, issue: &IssueId, marker: &Marker) -> Result<(), WriteError> {
        let result = self.write_marker(issue, marker).await;
        self.explained(result, Place::Issue(issue), &["EDIT_ISSUES"]).await
    }

    async fn add_comment(
        &self,
        issue: &IssueId,
        body: &Document,
        marker: &Marker,
    ) -> Result<ObservedComment, WriteError> {
        let result = self.write_comment(issue, body, marker).await.map_err(full);
        self.explained(result, Place::Issue(issue), &["ADD_COMMENTS"]).await
    }

    async fn edit_comment(
        &self,
        issue: &IssueId,
        comment: &CommentId,
        body: &Document,
    ) -> Result<ObservedComment, WriteError> {
        let result = self.rewrite_comment(issue, comment, body).await;
        self.explained(result, Place::Issue(issue), &["EDIT_OWN_COMMENTS", "EDIT_ALL_COMMENTS"]).await
    }

    async fn download(&self, attachment: &AttachmentId, offset: u64) -> Result<ByteStream, ReadError> {
        self.fetch_bytes(attachment, offset).await
    }

    async fn upload(&self, issue: &IssueId, file: UploadFile) -> Result<ObservedAttachment, WriteError> {
        let result = self.send_file(issue, file).await;
        self.explained(result, Place::Issue(issue), &["CREATE_ATTACHMENTS"]).await
    }

    async fn delete_attachment(&self, attachment: &AttachmentId) -> Result<(), WriteError> {
        self.remove_file(attachment).await
    }

    async fn upload_limit(&self) -> Result<Option<u64>, ReadError> {
        self.read_upload_limit().await
    }

    fn as_written(&self, document: &Document) -> Document {
        adf::as_written(document)
    }

    fn divide(&self, document: &Document, told: &str) -> Option<Divided> {
        adf::divide(document, told)
    }

    fn summary_as_written(&self, summary: &str) -> String {
        adf::summary(summary)
    }
}

/// An issue takes 5,000 comments; Jira's words for that name them, and those for a text that is too long do not.
/// <https://support.atlassian.com/jira-cloud-administration/docs/what-are-the-limits-for-work-items-in-jira/>
fn full(error: WriteError) -> WriteError {
    match error {
        WriteError::NotApplied(NotApplied::Refused(words))
            if words.contains("limit") && words.contains("comments") =>
        {
            NotApplied::Full(words).into()
        }
        other => other,
    }
}
