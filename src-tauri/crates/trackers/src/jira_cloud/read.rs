//! Issues and comments: the poll, and reads past the search index.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use twinline_model::IssueId;
use twinline_model::observed::{HistoryEntry, MARKER_PROPERTY, ObservedComment, ObservedIssue};

use super::answer::Answer;
use super::jql::Order;
use super::json::{id, list, number};
use super::media::{self, File};
use super::projects::segment;
use super::{JiraCloud, adf, jql, observe};
use crate::ReadError;
use crate::tracker::{ChangeQuery, NewestChanges};

const PAGE: usize = 100;
/// Where nothing but ids is asked for (developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search).
const IDS: usize = 5000;
/// Jira reconciles at most so many with its index.
const RECONCILE: usize = 50;
/// `comment/list` takes 1,000; smaller answers come sooner.
const COMMENT_LIST: usize = 200;
/// Issues of a page whose comments or history did not fit are completed side by side.
const SIDE_BY_SIDE: usize = 4;
/// How often a list is read again that changed while it was read.
const AGAIN: usize = 3;

impl JiraCloud {
    pub(super) async fn read_newest_changes(&self, query: &ChangeQuery) -> Result<NewestChanges, ReadError> {
        if query.projects.is_empty() {
            return Ok(NewestChanges::default());
        }
        let (_, answer) = self
            .ask_since(query, |minutes| {
                json!({
                    "jql": jql::changes(&query.projects, minutes, Order::Newest),
                    "fields": observe::FIELDS,
                    "properties": [MARKER_PROPERTY],
                    "expand": "changelog",
                    "maxResults": PAGE,
                })
            })
            .await?;
        let body = answer.json()?;
        let issues = list(body, "issues")?;
        if issues.is_empty() {
            self.client.trust(&answer).await?;
        }
        let mut issues = self.complete(issues, query.since_ms).await?;
        issues.reverse();
        Ok(NewestChanges { issues, more: next_page(body).is_some() })
    }

    pub(super) async fn read_changed_ids(&self, query: &ChangeQuery) -> Result<Vec<IssueId>, ReadError> {
        if query.projects.is_empty() {
            return Ok(Vec::new());
        }
        let question = |minutes| {
            json!({
                "jql": jql::changes(&query.projects, minutes, Order::Key),
                "fields": ["id"],
                "maxResults": IDS,
            })
        };
        let (minutes, answer) = self.ask_since(query, question).await?;
        // Later pages ask exactly what the first page asked.
        self.all_ids(question(minutes), answer).await
    }

    /// Asks the search what changed, looking so many minutes back; tells how many.
    async fn ask_since(
        &self,
        query: &ChangeQuery,
        question: impl Fn(Option<i64>) -> Value,
    ) -> Result<(Option<i64>, Answer), ReadError> {
        for _ in 0..AGAIN {
            let minutes = match query.since_ms {
                Some(since) => Some(jql::minutes_back(self.client.now_ms().await?, since)),
                None => None,
            };
            let answer = self.client.ask("search/jql", &question(minutes)).await?;
            // The clock we reckoned with may have been stale (a laptop that slept): the answer's own clock decides.
            if let (Some(since), Some(minutes), Some(now)) = (query.since_ms, minutes, answer.date_ms())
                && minutes + 1 < jql::minutes_back(now, since)
            {
                continue;
            }
            return Ok((minutes, answer));
        }
        Err(ReadError::Unreachable("the tracker's clock jumps".to_owned()))
    }

    /// The ids of all pages of a search, each once.
    async fn all_ids(&self, mut question: Value, mut answer: Answer) -> Result<Vec<IssueId>, ReadError> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        loop {
            let body = answer.json()?;
            let issues = list(body, "issues")?;
            if issues.is_empty() {
                self.client.trust(&answer).await?;
            }
            let ids = issues.iter().filter_map(|issue| id(&issue["id"])).map(IssueId::new);
            found.extend(ids.filter(|id| seen.insert(id.clone())));
            let Some(token) = next_page(body) else { return Ok(found) };
            if question["nextPageToken"] == token {
                return Err(ReadError::Odd("the list leads back to where it came from".to_owned()));
            }
            question["nextPageToken"] = json!(token);
            answer = self.client.ask("search/jql", &question).await?;
        }
    }

    /// Issues of an answer, with the comments and the history that did not fit into it.
    async fn complete(
        &self,
        issues: &[Value],
        since_ms: Option<i64>,
    ) -> Result<Vec<ObservedIssue>, ReadError> {
        let user = self.client.user().await?;
        let mut reads = Vec::with_capacity(issues.len());
        for issue in issues {
            reads.push(self.whole_issue(user, issue, since_ms));
        }
        stream::iter(reads).buffered(SIDE_BY_SIDE).try_collect().await
    }

    pub(super) async fn whole_issue(
        &self,
        user: &str,
        value: &Value,
        since_ms: Option<i64>,
    ) -> Result<ObservedIssue, ReadError> {
        let files = media::files(user, value);
        let value = &self.with_file_names(value.clone(), &files).await?;
        let mut issue = observe::issue(&self.client.site, user, value)?;
        let comments = &value["fields"]["comment"];
        let all = number(&comments["total"]);
        if comments.is_null() || all.is_some_and(|all| all > issue.comments.len() as u64) {
            issue.comments = self.all_comments(&issue.id, Some(&files)).await?;
        }
        if lacks_history(value, &issue, since_ms) {
            let total = number(&value["changelog"]["total"]).unwrap_or_default();
            issue.history = self.history_tail(user, &issue.id, total, since_ms).await?;
        }
        Ok(issue)
    }

    /// The newest entries, and further back until `since_ms`.
    async fn history_tail(
        &self,
        user: &str,
        issue: &IssueId,
        total: u64,
        since_ms: Option<i64>,
    ) -> Result<Vec<HistoryEntry>, ReadError> {
        let page = PAGE as u64;
        let mut values: Vec<Value> = Vec::new();
        let mut start = total.saturating_sub(page);
        loop {
            let path =
                format!("issue/{}/changelog?startAt={start}&maxResults={PAGE}", segment(issue.as_str()));
            let answer = self.client.get(&path).await?;
            let body = answer.json()?;
            values.extend(list(body, "values")?.iter().cloned());
            let entries = observe::history(user, &values)?;
            // Somebody may have changed the issue since it was counted.
            let now = number(&body["total"]).unwrap_or_default();
            if values.len() <= PAGE && now > start + page {
                start = now.saturating_sub(page);
                values.clear();
                continue;
            }
            let reaches = match (entries.first(), since_ms) {
                (Some(oldest), Some(since)) => oldest.at_ms < since,
                _ => true,
            };
            if reaches || start == 0 {
                return Ok(entries);
            }
            start = start.saturating_sub(page);
        }
    }

    pub(super) async fn read_exactly(
        &self,
        names: &[&str],
        since_ms: Option<i64>,
    ) -> Result<Vec<ObservedIssue>, ReadError> {
        let mut found: Vec<ObservedIssue> = Vec::new();
        let mut seen = HashSet::new();
        for batch in names.chunks(PAGE) {
            let question = json!({
                "issueIdsOrKeys": batch,
                "fields": observe::FIELDS,
                "properties": [MARKER_PROPERTY],
                "expand": ["changelog"],
            });
            let answer = self.client.ask("issue/bulkfetch", &question).await?;
            let issues = list(answer.json()?, "issues")?;
            // To a stranger all of them look missing.
            if issues.len() < batch.len() {
                self.client.trust(&answer).await?;
            }
            // An old key and a new one may name the same issue.
            for issue in self.complete(issues, since_ms).await? {
                if seen.insert(issue.id.clone()) {
                    found.push(issue);
                }
            }
        }
        Ok(found)
    }

    pub(super) async fn read_matching(
        &self,
        issues: &[IssueId],
        filter: &str,
    ) -> Result<Vec<IssueId>, ReadError> {
        let mut found = Vec::new();
        for batch in issues.chunks(RECONCILE) {
            match self.match_batch(batch, filter).await {
                // Jira refuses the whole question when one id is gone; or the filter is wrong.
                Err(ReadError::Refused(words)) => {
                    let there = self.existing(batch).await?;
                    if there.len() == batch.len() {
                        return Err(ReadError::Refused(words));
                    }
                    if !there.is_empty() {
                        found.extend(self.match_batch(&there, filter).await?);
                    }
                }
                other => found.extend(other?),
            }
        }
        Ok(found)
    }

    async fn match_batch(&self, batch: &[IssueId], filter: &str) -> Result<Vec<IssueId>, ReadError> {
        // The index may not know yet what was just written: these ids it has to look at.
        let numbers: Vec<u64> = batch.iter().filter_map(|id| id.as_str().parse().ok()).collect();
        let question = json!({
            "jql": jql::among(batch, filter),
            "fields": ["id"],
            "maxResults": PAGE,
            "reconcileIssues": numbers,
        });
        let answer = self.client.ask("search/jql", &question).await?;
        self.all_ids(question, answer).await
    }

    async fn existing(&self, batch: &[IssueId]) -> Result<Vec<IssueId>, ReadError> {
        let names: Vec<&str> = batch.iter().map(IssueId::as_str).collect();
        let question = json!({ "issueIdsOrKeys": names, "fields": ["id"] });
        let answer = self.client.ask("issue/bulkfetch", &question).await?;
        let issues = list(answer.json()?, "issues")?;
        if issues.len() < batch.len() {
            self.client.trust(&answer).await?;
        }
        Ok(issues.iter().filter_map(|issue| id(&issue["id"])).map(IssueId::new).collect())
    }

    /// All comments of an issue, oldest first. A comment that goes while pages are read would shift another one
    /// out of sight: the count must fit, or the list is read again.
    ///
    /// `files` are those of the issue, where they are known already.
    async fn all_comments(
        &self,
        issue: &IssueId,
        files: Option<&[File]>,
    ) -> Result<Vec<ObservedComment>, ReadError> {
        let user = self.client.user().await?;
        for _ in 0..AGAIN {
            let mut values: Vec<Value> = Vec::new();
            let total = loop {
                let path = format!(
                    "issue/{}/comment?orderBy=created&maxResults={PAGE}&startAt={}",
                    segment(issue.as_str()),
                    values.len()
                );
                let answer = self.client.get(&path).await?;
                let body = answer.json()?;
                let page = list(body, "comments")?;
                let total = number(&body["total"]).unwrap_or_default();
                if page.is_empty() && values.is_empty() {
                    self.client.trust(&answer).await?;
                }
                values.extend(page.iter().cloned());
                if page.is_empty() || values.len() as u64 >= total {
                    break total;
                }
            };
            let values = Value::Array(values);
            let values = match files {
                Some(files) => self.with_file_names(values, files).await?,
                None if adf::shown_files(&values).is_empty() => values,
                None => self.with_file_names(values, &self.files_of(issue).await?).await?,
            };
            let comments = observe::comments(user, values.as_array().map_or(&[], Vec::as_slice))?;
            if comments.len() as u64 == total {
                return Ok(comments);
            }
        }
        Err(ReadError::Unreachable("the comments changed while they were read".to_owned()))
    }

    pub(super) async fn read_marked_comments(
        &self,
        issue: &IssueId,
    ) -> Result<Vec<ObservedComment>, ReadError> {
        let user = self.client.user().await?;
        let mut comments = self.all_comments(issue, None).await?;
        let mut marked: HashMap<String, ObservedComment> = HashMap::new();
        for batch in comments.chunks(COMMENT_LIST) {
            let ids: Vec<Value> = batch
                .iter()
                .map(|comment| {
                    comment.id.as_str().parse::<u64>().map_or_else(|_| json!(comment.id), |n| json!(n))
                })
                .collect();
            let answer = self.client.ask("comment/list?expand=properties", &json!({ "ids": ids })).await?;
            let values = list(answer.json()?, "values")?;
            if values.len() < batch.len() {
                self.client.trust(&answer).await?;
            }
            for value in values {
                let comment = observe::comment(user, value)?;
                marked.insert(comment.id.to_string(), comment);
            }
        }
        for comment in &mut comments {
            if let Some(found) = marked.remove(comment.id.as_str()) {
                comment.restricted |= found.restricted;
                comment.internal |= found.internal;
                comment.marker = found.marker;
            }
        }
        Ok(comments)
    }
}

/// Whether entries since the last poll may be missing in what came inside an issue.
fn lacks_history(value: &Value, issue: &ObservedIssue, since_ms: Option<i64>) -> bool {
    let log = &value["changelog"];
    let entries = log["histories"].as_array().map_or(&[][..], Vec::as_slice);
    if number(&log["total"]).unwrap_or_default() <= entries.len() as u64 {
        return false;
    }
    let first = entries.first().and_then(|entry| number(&entry["id"]));
    let last = entries.last().and_then(|entry| number(&entry["id"]));
    let newest_first = first > last;
    let reaches = match (issue.history.first(), since_ms) {
        (Some(oldest), Some(since)) => oldest.at_ms < since,
        (oldest, _) => oldest.is_some(),
    };
    !(newest_first && reaches)
}

/// Where a search goes on; `None`: this was its last page.
pub(super) fn next_page(body: &Value) -> Option<&str> {
    body["nextPageToken"].as_str().filter(|_| body["isLast"] != true)
}
