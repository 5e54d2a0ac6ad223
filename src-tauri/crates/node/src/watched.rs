//! A tracker whose every call is a place where a test can end the program ([`crate::crash`]).

use std::sync::Arc;

use async_trait::async_trait;
use twinline_model::observed::{
    Identity, IssueTypes, Marker, ObservedAttachment, ObservedComment, ObservedIssue, Project,
};
use twinline_model::view::{FilterValue, FilterWords};
use twinline_model::{AttachmentId, CommentId, Document, IssueId, IssueKey, ProjectKey};
use twinline_trackers::{
    ByteStream, ChangeQuery, CreatedIssue, Divided, Found, Headline, IssueDraft, IssueEdit, NewestChanges,
    ProjectStanding, ReadError, Tracker, UploadFile, WriteError,
};

use crate::crash::{Moment, point};

/// Wraps a tracker.
pub(crate) struct Watched(pub(crate) Arc<dyn Tracker>);

macro_rules! call {
    ($self:ident . $name:ident ( $($argument:expr),* )) => {{
        point("call", stringify!($name), Moment::Before);
        let answer = $self.0.$name($($argument),*).await;
        point("call", stringify!($name), Moment::After);
        answer
    }};
}

#[async_trait]
impl Tracker for Watched {
    fn site(&self) -> &str {
        self.0.site()
    }
    async fn identity(&self) -> Result<Identity, ReadError> {
        call!(self.identity())
    }
    async fn projects(&self) -> Result<Vec<Project>, ReadError> {
        call!(self.projects())
    }
    async fn current_key(&self, project: &ProjectKey) -> Result<ProjectKey, ReadError> {
        call!(self.current_key(project))
    }
    async fn standing(&self, project: &ProjectKey) -> Result<ProjectStanding, ReadError> {
        call!(self.standing(project))
    }
    async fn issue_types(&self, project: &ProjectKey) -> Result<IssueTypes, ReadError> {
        call!(self.issue_types(project))
    }
    async fn highest_number(&self, project: &ProjectKey) -> Result<u64, ReadError> {
        call!(self.highest_number(project))
    }
    async fn clock_ms(&self) -> Result<i64, ReadError> {
        call!(self.clock_ms())
    }
    async fn count(&self, project: &ProjectKey, filter: Option<&str>) -> Result<u64, ReadError> {
        call!(self.count(project, filter))
    }
    async fn filter_errors(&self, filter: &str) -> Result<Vec<String>, ReadError> {
        call!(self.filter_errors(filter))
    }
    async fn filter_words(&self) -> Result<FilterWords, ReadError> {
        call!(self.filter_words())
    }
    async fn filter_values(&self, field: &str, typed: &str) -> Result<Vec<FilterValue>, ReadError> {
        call!(self.filter_values(field, typed))
    }
    async fn found(&self, project: &ProjectKey, filter: Option<&str>) -> Result<Vec<Found>, ReadError> {
        call!(self.found(project, filter))
    }
    async fn headlines(&self, ids: &[IssueId]) -> Result<Vec<Headline>, ReadError> {
        call!(self.headlines(ids))
    }
    fn overlap_ms(&self) -> i64 {
        self.0.overlap_ms()
    }
    async fn newest_changes(&self, query: &ChangeQuery) -> Result<NewestChanges, ReadError> {
        call!(self.newest_changes(query))
    }
    async fn changed_ids(&self, query: &ChangeQuery) -> Result<Vec<IssueId>, ReadError> {
        call!(self.changed_ids(query))
    }
    async fn changed_issues(
        &self,
        ids: &[IssueId],
        since_ms: Option<i64>,
    ) -> Result<Vec<ObservedIssue>, ReadError> {
        call!(self.changed_issues(ids, since_ms))
    }
    async fn matching(&self, issues: &[IssueId], filter: &str) -> Result<Vec<IssueId>, ReadError> {
        call!(self.matching(issues, filter))
    }
    async fn issues_by_key(&self, keys: &[IssueKey]) -> Result<Vec<ObservedIssue>, ReadError> {
        call!(self.issues_by_key(keys))
    }
    async fn issues_by_id(&self, ids: &[IssueId]) -> Result<Vec<ObservedIssue>, ReadError> {
        call!(self.issues_by_id(ids))
    }
    async fn comments_with_markers(&self, issue: &IssueId) -> Result<Vec<ObservedComment>, ReadError> {
        call!(self.comments_with_markers(issue))
    }
    async fn create_issue(&self, draft: &IssueDraft) -> Result<CreatedIssue, WriteError> {
        call!(self.create_issue(draft))
    }
    async fn edit_issue(&self, issue: &IssueId, edit: &IssueEdit) -> Result<ObservedIssue, WriteError> {
        call!(self.edit_issue(issue, edit))
    }
    async fn add_comment(
        &self,
        issue: &IssueId,
        body: &Document,
        marker: &Marker,
    ) -> Result<ObservedComment, WriteError> {
        call!(self.add_comment(issue, body, marker))
    }
    async fn mark_issue(&self, issue: &IssueId, marker: &Marker) -> Result<(), WriteError> {
        call!(self.mark_issue(issue, marker))
    }
    async fn edit_comment(
        &self,
        issue: &IssueId,
        comment: &CommentId,
        body: &Document,
    ) -> Result<ObservedComment, WriteError> {
        call!(self.edit_comment(issue, comment, body))
    }
    async fn download(&self, attachment: &AttachmentId, offset: u64) -> Result<ByteStream, ReadError> {
        call!(self.download(attachment, offset))
    }
    async fn upload(&self, issue: &IssueId, file: UploadFile) -> Result<ObservedAttachment, WriteError> {
        call!(self.upload(issue, file))
    }
    async fn delete_attachment(&self, attachment: &AttachmentId) -> Result<(), WriteError> {
        call!(self.delete_attachment(attachment))
    }
    async fn upload_limit(&self) -> Result<Option<u64>, ReadError> {
        call!(self.upload_limit())
    }
    fn as_written(&self, document: &Document) -> Document {
        self.0.as_written(document)
    }
    fn divide(&self, document: &Document, told: &str) -> Option<Divided> {
        self.0.divide(document, told)
    }
    fn summary_as_written(&self, summary: &str) -> String {
        self.0.summary_as_written(summary)
    }
}
