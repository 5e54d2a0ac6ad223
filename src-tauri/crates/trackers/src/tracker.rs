//! What Twinline needs of a tracker.

use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use twinline_model::asked::ChosenField;
use twinline_model::extra::Extras;
use twinline_model::observed::{
    Identity, IssueTypes, Marker, ObservedAttachment, ObservedComment, ObservedIssue, Project,
};
use twinline_model::view::{FilterValue, FilterWords};
use twinline_model::{AttachmentId, CommentId, Document, IssueId, IssueKey, ProjectKey};

use crate::{ReadError, WriteError};

/// Bytes as they arrive; an error ends the stream.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, std::io::Error>> + Send>>;

/// Which changes to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeQuery {
    /// One search serves all connections of a site.
    pub projects: Vec<ProjectKey>,
    /// Not those before, ms, the tracker's clock; `None`: everything since the projects exist. What the tracker's granularity
    /// hides is added; for what its index shows later, whoever asks goes back by [`Tracker::overlap_ms`].
    pub since_ms: Option<i64>,
}

/// The newest changes, as the search index shows them.
#[derive(Clone, Debug, Default)]
pub struct NewestChanges {
    /// Whole issues: fields, all comments, all attachments, marker, the tail of the changelog. The oldest change first.
    pub issues: Vec<ObservedIssue>,
    /// There are older ones, which [`Tracker::changed_ids`] names.
    pub more: bool,
}

/// Whether a project can be synced at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProjectStanding {
    /// It can be read and written, as far as permissions go.
    Live,
    /// Its issues can be read at most; nothing can be written until it is restored.
    Archived,
    /// It lies in the tracker's trash.
    Deleted,
    /// Not there, or hidden from us.
    Unknown,
}

/// An issue that a question found, as the tracker's search shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The tracker's id.
    pub id: IssueId,
    /// Its key.
    pub key: IssueKey,
}

/// An issue in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// The tracker's id.
    pub id: IssueId,
    /// Its key.
    pub key: IssueKey,
    /// Where a person reads it.
    pub url: String,
    /// Its summary.
    pub summary: String,
}

/// An issue to create; one request with the marker in it.
#[derive(Clone, Debug)]
pub struct IssueDraft {
    /// Where.
    pub project: ProjectKey,
    /// A type that the project has.
    pub issue_type: String,
    /// One line; the adapter makes it fit (blanks, length).
    pub summary: String,
    /// Rich text.
    pub description: Document,
    /// Further fields; no status.
    pub extras: Extras,
    /// Rides along.
    pub marker: Marker,
    /// What our people chose for fields that the tracker demands beside these; each id once.
    pub chosen: Vec<ChosenField>,
}

/// Fields to change; `None` leaves one alone.
#[derive(Clone, Debug, Default)]
pub struct IssueEdit {
    /// One line.
    pub summary: Option<String>,
    /// Rich text.
    pub description: Option<Document>,
    /// A type that the project has.
    pub issue_type: Option<String>,
    /// Further fields; a status stands alone.
    pub extras: Extras,
}

impl IssueEdit {
    /// It changes nothing.
    pub fn is_empty(&self) -> bool {
        self.summary.is_none()
            && self.description.is_none()
            && self.issue_type.is_none()
            && self.extras.is_empty()
    }
}

/// What a create answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedIssue {
    /// The tracker's id.
    pub id: IssueId,
    /// Its key.
    pub key: IssueKey,
    /// Where a person reads it.
    pub url: String,
}

/// A text that was too long, in two parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divided {
    /// What fits, and a last paragraph with the sentence.
    pub beginning: Document,
    /// What follows on it.
    pub rest: Document,
    /// On how many levels the border lies inside something: see [`twinline_model::Rest::depth`].
    pub depth: u32,
}

/// A file to upload.
pub struct UploadFile {
    /// Cleaned; never a path.
    pub file_name: String,
    /// MIME type.
    pub mime: String,
    /// Bytes that the stream will give.
    pub size: u64,
    /// The bytes, read as they are sent.
    pub bytes: ByteStream,
}

/// An issue tracker site, signed in.
///
/// Reads answer [`ReadError`]; writes answer [`WriteError`], which says whether the write took effect. No method
/// tries again by itself except reads that were asked to slow down.
#[async_trait]
pub trait Tracker: Send + Sync {
    /// As `acme.atlassian.net`; the part of an origin that tells two sites of one node apart.
    fn site(&self) -> &str;

    /// Who we are. The first call before an empty answer is believed.
    async fn identity(&self) -> Result<Identity, ReadError>;

    /// All projects, with what we lack to sync into each.
    async fn projects(&self) -> Result<Vec<Project>, ReadError>;

    /// The key that a project has today, asked for by one that it has or had.
    async fn current_key(&self, project: &ProjectKey) -> Result<ProjectKey, ReadError>;

    /// Whether a project is archived, deleted or not there. A tracker that has no archive and no trash need not say more
    /// than whether it is there.
    async fn standing(&self, project: &ProjectKey) -> Result<ProjectStanding, ReadError> {
        match self.current_key(project).await {
            Ok(_) => Ok(ProjectStanding::Live),
            Err(ReadError::NotFound) => Ok(ProjectStanding::Unknown),
            Err(error) => Err(error),
        }
    }

    /// The types of a project and its default.
    async fn issue_types(&self, project: &ProjectKey) -> Result<IssueTypes, ReadError>;

    /// The highest key number in the project as the search index knows it; 0 for an empty project.
    async fn highest_number(&self, project: &ProjectKey) -> Result<u64, ReadError>;

    /// The tracker's own clock, ms since 1970: ours may be wrong.
    async fn clock_ms(&self) -> Result<i64, ReadError>;

    /// About how many issues stand in the project (and match the filter).
    async fn count(&self, project: &ProjectKey, filter: Option<&str>) -> Result<u64, ReadError>;

    /// What the tracker finds wrong with a filter, in its own words; empty: nothing.
    async fn filter_errors(&self, filter: &str) -> Result<Vec<String>, ReadError> {
        let _ = filter;
        Ok(Vec::new())
    }

    /// What filters are made of here.
    async fn filter_words(&self) -> Result<FilterWords, ReadError> {
        Ok(FilterWords { fields: Vec::new(), functions: Vec::new() })
    }

    /// Values of a field that fit what was typed so far.
    async fn filter_values(&self, field: &str, typed: &str) -> Result<Vec<FilterValue>, ReadError> {
        let _ = (field, typed);
        Ok(Vec::new())
    }

    /// All issues of a project, and those of them that match the filter, as the search index shows it. The newest key first.
    async fn found(&self, project: &ProjectKey, filter: Option<&str>) -> Result<Vec<Found>, ReadError> {
        let query = ChangeQuery { projects: vec![project.clone()], since_ms: None };
        let mut ids = self.changed_ids(&query).await?;
        if let Some(filter) = filter {
            ids = self.matching(&ids, filter).await?;
        }
        let mut found: Vec<Found> =
            self.issues_by_id(&ids).await?.into_iter().map(|i| Found { id: i.id, key: i.key }).collect();
        found.sort_by_key(|issue| std::cmp::Reverse(issue.key.number()));
        Ok(found)
    }

    /// These issues in one line each, in this order; missing ones are left out.
    async fn headlines(&self, ids: &[IssueId]) -> Result<Vec<Headline>, ReadError> {
        let issues = self.issues_by_id(ids).await?;
        let one = |id: &IssueId| issues.iter().find(|issue| issue.id == *id);
        let line = |issue: &ObservedIssue| Headline {
            id: issue.id.clone(),
            key: issue.key.clone(),
            url: issue.url.clone(),
            summary: issue.summary.clone(),
        };
        Ok(ids.iter().filter_map(one).map(line).collect())
    }

    /// How far back the search index may lag behind, ms.
    fn overlap_ms(&self) -> i64;

    /// The newest changes, as many as come in one answer.
    async fn newest_changes(&self, query: &ChangeQuery) -> Result<NewestChanges, ReadError>;

    /// All issues that changed, as the search index shows it, by their ids alone: some thousand come in one answer. In the
    /// order of their keys; each once.
    async fn changed_ids(&self, query: &ChangeQuery) -> Result<Vec<IssueId>, ReadError>;

    /// Reads issues as [`Tracker::issues_by_id`] does, with their history since a time in ms.
    async fn changed_issues(
        &self,
        ids: &[IssueId],
        since_ms: Option<i64>,
    ) -> Result<Vec<ObservedIssue>, ReadError>;

    /// Which of these issues match the filter, in the tracker's own words (JQL).
    async fn matching(&self, issues: &[IssueId], filter: &str) -> Result<Vec<IssueId>, ReadError>;

    /// Reads issues by key past the search index, markers included; missing ones are left out. Any number of keys.
    async fn issues_by_key(&self, keys: &[IssueKey]) -> Result<Vec<ObservedIssue>, ReadError>;

    /// Reads issues by id past the search index; missing ones are left out. Any number of ids.
    async fn issues_by_id(&self, ids: &[IssueId]) -> Result<Vec<ObservedIssue>, ReadError>;

    /// All comments of an issue, oldest first, with their markers.
    async fn comments_with_markers(&self, issue: &IssueId) -> Result<Vec<ObservedComment>, ReadError>;

    /// Creates an issue. Where the tracker demands fields that the draft lacks, the refusal says which, and what they allow.
    async fn create_issue(&self, draft: &IssueDraft) -> Result<CreatedIssue, WriteError>;

    /// Changes fields and answers with the issue as it stands afterwards, changelog tail included, in the same call.
    async fn edit_issue(&self, issue: &IssueId, edit: &IssueEdit) -> Result<ObservedIssue, WriteError>;

    /// Puts a marker on an issue that was there before, in place of the one that it carries.
    async fn mark_issue(&self, issue: &IssueId, marker: &Marker) -> Result<(), WriteError>;

    /// Adds a comment and answers with it as it stands.
    async fn add_comment(
        &self,
        issue: &IssueId,
        body: &Document,
        marker: &Marker,
    ) -> Result<ObservedComment, WriteError>;

    /// Changes a comment and answers with it as it stands.
    async fn edit_comment(
        &self,
        issue: &IssueId,
        comment: &CommentId,
        body: &Document,
    ) -> Result<ObservedComment, WriteError>;

    /// The bytes of an attachment from `offset` on.
    async fn download(&self, attachment: &AttachmentId, offset: u64) -> Result<ByteStream, ReadError>;

    /// Uploads a file and answers with the attachment.
    async fn upload(&self, issue: &IssueId, file: UploadFile) -> Result<ObservedAttachment, WriteError>;

    /// Removes an attachment; one that is gone already counts as removed.
    async fn delete_attachment(&self, attachment: &AttachmentId) -> Result<(), WriteError>;

    /// The largest file the tracker takes, bytes; `None`: it does not say.
    async fn upload_limit(&self) -> Result<Option<u64>, ReadError>;

    /// The document as it would come back if it were written and read: what this tracker cannot hold is already
    /// readable text in it. Pure.
    fn as_written(&self, document: &Document) -> Document;

    /// Divides a text that is longer than this tracker takes; `told` tells people that it goes on, and where. `None`: it
    /// fits. Pure.
    fn divide(&self, document: &Document, told: &str) -> Option<Divided>;

    /// The summary as it would come back.
    fn summary_as_written(&self, summary: &str) -> String;
}
