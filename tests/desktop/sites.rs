//! Two companies' practice Jiras in this process, and what their people do in them.

use practice_jira::{Options, Running, Site};
use serde_json::{Value, json};

/// A company: its Jira and how Twinline signs in to it.
pub struct Company {
    jira: Running,
    http: reqwest::Client,
}

impl Company {
    /// Starts the site; its API token contains `sentinel`.
    pub async fn start(site: &str, sentinel: &str) -> Self {
        let options = Options { site: site.into(), token: Some(sentinel.into()), ..Options::default() };
        Self { jira: Site::start(options).await.unwrap(), http: reqwest::Client::new() }
    }

    /// Where the site is.
    pub fn url(&self) -> &str {
        &self.jira.url
    }

    /// Who signs in.
    pub fn email(&self) -> &str {
        &self.jira.email
    }

    /// With what.
    pub fn token(&self) -> &str {
        &self.jira.token
    }

    /// Somebody of the company creates an issue; its key.
    pub async fn create_issue(&self, project: &str, kind: &str, summary: &str) -> String {
        let fields =
            json!({ "project": { "key": project }, "issuetype": { "name": kind }, "summary": summary });
        let answer = self.ask(
            self.http.post(format!("{}/rest/api/3/issue", self.url())).json(&json!({ "fields": fields })),
        );
        answer.await["key"].as_str().unwrap().to_owned()
    }

    /// An issue's fields.
    pub async fn issue(&self, key: &str) -> Value {
        self.ask(self.http.get(format!("{}/rest/api/3/issue/{key}", self.url()))).await["fields"].take()
    }

    /// Somebody of the company comments on an issue.
    pub async fn comment(&self, key: &str, text: &str) {
        let words = json!([{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }]);
        let body = json!({ "body": { "type": "doc", "version": 1, "content": words } });
        self.ask(self.http.post(format!("{}/rest/api/3/issue/{key}/comment", self.url())).json(&body)).await;
    }

    /// The comments of an issue, each as it is kept.
    pub async fn comments(&self, key: &str) -> Vec<String> {
        let all = self.ask(self.http.get(format!("{}/rest/api/3/issue/{key}/comment", self.url()))).await;
        all["comments"].as_array().unwrap().iter().map(|one| one["body"].to_string()).collect()
    }

    /// Somebody of the company gives an issue another summary.
    pub async fn rename(&self, key: &str, summary: &str) {
        let fields = json!({ "fields": { "summary": summary } });
        let request = self.http.put(format!("{}/rest/api/3/issue/{key}", self.url())).json(&fields);
        let answer = request.basic_auth(self.email(), Some(self.token())).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// The summaries of all issues of a project.
    pub fn summaries(&self, project: &str) -> Vec<String> {
        let issues = self.issues().into_iter();
        let here = issues.filter(|issue| issue["fields"]["project"]["key"] == project);
        here.map(|issue| issue["fields"]["summary"].as_str().unwrap().to_owned()).collect()
    }

    /// The key of the issue with this summary.
    pub fn key_of(&self, summary: &str) -> String {
        let found = self.issues().into_iter().find(|issue| issue["fields"]["summary"] == summary);
        found.unwrap()["key"].as_str().unwrap().to_owned()
    }

    fn issues(&self) -> Vec<Value> {
        self.jira.state().unwrap()["issues"].as_array().unwrap().clone()
    }

    /// Something is wrong with the site from now on (`practice-jira`'s `faults.md`).
    pub fn faults(&self, switches: &str) {
        self.jira.set_faults(&serde_json::from_str(switches).unwrap()).unwrap();
    }

    /// How many calls changed something.
    pub fn writes(&self) -> u64 {
        self.jira.writes()
    }

    /// How often changes were asked for.
    pub fn polls(&self) -> u64 {
        self.asked("POST /rest/api/3/search/jql")
    }

    /// How often an operation was called.
    pub fn asked(&self, operation: &str) -> u64 {
        self.jira.calls()["calls"][operation].as_u64().unwrap_or(0)
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.basic_auth(self.email(), Some(self.token())).send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}
