//! A practice site, and the adapter signed in to it.

use practice_jira::{Options, Running, Site};
use secrecy::SecretString;
use serde_json::Value;
use twinline_model::observed::ObservedIssue;
use twinline_model::{Document, IssueId, ProjectKey};
use twinline_trackers::jira_cloud::{JiraCloud, sign_in};
use twinline_trackers::{ChangeQuery, CreatedIssue, IssueDraft, Tracker};

use super::{jira, marker};

pub async fn site() -> Running {
    Site::start(Options { site: "acme".into(), ..Options::default() }).await.expect("a practice site")
}

pub async fn signed_in(site: &Running) -> JiraCloud {
    let token = SecretString::from(site.token.clone());
    let (_, identity) = sign_in(&site.url, &site.email, token).await.expect("signed in");
    jira(&site.url, &site.email, &site.token, Some(&identity.user))
}

/// A call of the practice site itself.
pub async fn practice(site: &Running, method: &str, path: &str, body: Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client.request(method.parse().expect("a method"), format!("{}{path}", site.url));
    let request = request.basic_auth(&site.email, Some(&site.token)).json(&body);
    let response = request.send().await.expect("an answer");
    assert!(response.status().is_success(), "{path}: {}", response.status());
    serde_json::from_str(&response.text().await.expect("text")).unwrap_or_default()
}

pub fn draft(summary: &str, description: Document) -> IssueDraft {
    IssueDraft {
        project: ProjectKey::new("SUP"),
        issue_type: "Improvement".to_owned(),
        summary: summary.to_owned(),
        description,
        extras: Default::default(),
        marker: marker(),
        chosen: Vec::new(),
    }
}

pub async fn create(jira: &JiraCloud, summary: &str) -> CreatedIssue {
    jira.create_issue(&draft(summary, Document::plain("text"))).await.expect("created")
}

pub async fn one(jira: &JiraCloud, id: &IssueId) -> ObservedIssue {
    jira.issues_by_id(std::slice::from_ref(id)).await.expect("read").pop().expect("there")
}

pub async fn all_changes(jira: &JiraCloud, since_ms: Option<i64>) -> Vec<ObservedIssue> {
    let query = changes(jira, since_ms);
    let newest = jira.newest_changes(&query).await.expect("the newest changes");
    if !newest.more {
        return newest.issues;
    }
    let mut ids = jira.changed_ids(&query).await.expect("ids");
    ids.retain(|id| newest.issues.iter().all(|issue| issue.id != *id));
    let mut issues = jira.changed_issues(&ids, since_ms).await.expect("older changes");
    issues.extend(newest.issues);
    issues
}

/// Changes of the project since then, and of as long before as the index may lag behind.
pub fn changes(jira: &JiraCloud, since_ms: Option<i64>) -> ChangeQuery {
    let since_ms = since_ms.map(|since| since - jira.overlap_ms());
    ChangeQuery { projects: vec![ProjectKey::new("SUP")], since_ms }
}
