//! A person in front of a practice Jira, by its REST API: nothing here knows Twinline.

use std::time::Duration;

use reqwest::{Client, Method, multipart};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One person at one site.
#[derive(Clone)]
pub struct Jira {
    /// The site's address.
    pub url: String,
    /// The person's e-mail address.
    pub email: String,
    /// The API token.
    pub token: String,
    http: Client,
}

impl Jira {
    /// Signs in.
    pub fn new(url: &str, email: &str, token: &str) -> Self {
        let http = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(120))
            .build()
            .expect("a client");
        Self { url: url.to_owned(), email: email.to_owned(), token: token.to_owned(), http }
    }

    /// The same site, another person: `ana`, `partner-admin` or `ben`.
    pub fn by(&self, who: &str) -> Self {
        let host = self.email.split_once('@').expect("an e-mail address").1;
        Self { email: format!("{who}@{host}"), ..self.clone() }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).basic_auth(&self.email, Some(&self.token))
    }

    async fn answer(&self, what: &str, request: reqwest::RequestBuilder) -> Value {
        let response = request.send().await.unwrap_or_else(|e| panic!("{what}: {e}"));
        let status = response.status();
        let text = response.text().await.unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(status.is_success(), "{what}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn get(&self, path: &str) -> Value {
        self.answer(path, self.request(Method::GET, path)).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Value {
        self.answer(path, self.request(method, path).json(body)).await
    }

    /// Sets what only the practice site itself lets one set, as `projects/GX`.
    pub async fn practice(&self, what: &str, body: &Value) {
        self.send(Method::PUT, &format!("/practice/{what}"), body).await;
    }

    /// The same for what is made, as `issues`.
    pub async fn practice_post(&self, what: &str, body: &Value) {
        self.send(Method::POST, &format!("/practice/{what}"), body).await;
    }

    /// Moves the site's clock on.
    pub async fn set_clock_ahead(&self, hours: u32) {
        let body = json!({"offset_s": hours * 3_600});
        self.send(Method::POST, "/practice/clock", &body).await;
    }

    /// Creates an issue; its key.
    pub async fn create(
        &self,
        project: &str,
        kind: &str,
        summary: &str,
        description: Option<&Value>,
    ) -> String {
        let mut fields =
            json!({"project": {"key": project}, "issuetype": {"name": kind}, "summary": summary});
        if let Some(description) = description {
            fields["description"] = description.clone();
        }
        let made = self.send(Method::POST, "/rest/api/3/issue", &json!({"fields": fields})).await;
        made["key"].as_str().expect("a created issue has a key").to_owned()
    }

    /// Edits fields.
    pub async fn edit(&self, key: &str, fields: Value) {
        self.send(Method::PUT, &format!("/rest/api/3/issue/{key}"), &json!({"fields": fields})).await;
    }

    /// A person brings an issue to a status, by the transition that leads there.
    pub async fn transition(&self, key: &str, status: &str) {
        let path = format!("/rest/api/3/issue/{key}/transitions");
        let offered = self.get(&path).await["transitions"].as_array().expect("a list").clone();
        let found =
            offered.iter().find(|t| t["to"]["name"] == status).expect("a transition that leads there");
        self.send(Method::POST, &path, &json!({"transition": {"id": found["id"]}})).await;
    }

    /// An issue with all fields.
    pub async fn issue(&self, key: &str) -> Value {
        self.get(&format!("/rest/api/3/issue/{key}?fields=*all")).await
    }

    /// Every issue of a project, oldest first, with all fields.
    pub async fn issues(&self, project: &str) -> Vec<Value> {
        let jql = format!("project = {project} ORDER BY created ASC, key ASC");
        let mut ask = json!({"jql": jql, "fields": ["*all"], "maxResults": 100});
        let mut all = Vec::new();
        loop {
            let page = self.send(Method::POST, "/rest/api/3/search/jql", &ask).await;
            all.extend(page["issues"].as_array().expect("a page has issues").iter().cloned());
            match page["nextPageToken"].as_str() {
                Some(token) => ask["nextPageToken"] = json!(token),
                None => return all,
            }
        }
    }

    /// The issue with this very summary; fails if there are two.
    pub async fn find(&self, project: &str, summary: &str) -> Option<Value> {
        let all = self.issues(project).await;
        let mut found: Vec<Value> = all.into_iter().filter(|i| i["fields"]["summary"] == summary).collect();
        assert!(found.len() < 2, "{} has {} issues with the summary {summary:?}", self.url, found.len());
        found.pop()
    }

    /// Adds a comment; its id.
    pub async fn comment(&self, key: &str, body: &Value) -> String {
        let path = format!("/rest/api/3/issue/{key}/comment");
        let made = self.send(Method::POST, &path, &json!({"body": body})).await;
        made["id"].as_str().expect("a comment has an id").to_owned()
    }

    /// Writes a comment that only a role may read.
    pub async fn comment_for_role(&self, key: &str, body: &Value) {
        let path = format!("/rest/api/3/issue/{key}/comment");
        let visibility = json!({"type": "role", "value": "Administrators"});
        self.send(Method::POST, &path, &json!({"body": body, "visibility": visibility})).await;
    }

    /// Writes a comment that customers of a service project do not see.
    pub async fn comment_internally(&self, key: &str, body: &Value) {
        let path = format!("/rest/api/3/issue/{key}/comment");
        let internal = json!([{"key": "sd.public.comment", "value": {"internal": true}}]);
        self.send(Method::POST, &path, &json!({"body": body, "properties": internal})).await;
    }

    /// Changes a comment.
    pub async fn edit_comment(&self, key: &str, id: &str, body: &Value) {
        self.send(Method::PUT, &format!("/rest/api/3/issue/{key}/comment/{id}"), &json!({"body": body}))
            .await;
    }

    /// The comments of an issue, oldest first.
    pub async fn comments(&self, key: &str) -> Vec<Value> {
        let all = self.get(&format!("/rest/api/3/issue/{key}/comment?orderBy=created")).await;
        all["comments"].as_array().expect("a list").clone()
    }

    /// Attaches a file; its id.
    pub async fn attach(&self, key: &str, name: &str, bytes: Vec<u8>) -> String {
        let part = multipart::Part::bytes(bytes).file_name(name.to_owned());
        let path = format!("/rest/api/3/issue/{key}/attachments");
        let request = self
            .request(Method::POST, &path)
            .header("X-Atlassian-Token", "no-check")
            .multipart(multipart::Form::new().part("file", part));
        let made = self.answer(&path, request).await;
        made[0]["id"].as_str().expect("an attachment has an id").to_owned()
    }

    /// Takes a file away from its issue.
    pub async fn remove_attachment(&self, id: &str) {
        let path = format!("/rest/api/3/attachment/{id}");
        self.answer(&path, self.request(Method::DELETE, &path)).await;
    }

    /// SHA-256 of an attachment's bytes as the site gives them out.
    pub async fn sha256(&self, id: &str) -> String {
        let path = format!("/rest/api/3/attachment/content/{id}?redirect=false");
        let response = self.request(Method::GET, &path).send().await.expect("the site answers");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        sha256(&response.bytes().await.expect("the bytes come whole"))
    }

    /// The port of the host that gives out attachments.
    pub async fn files_port(&self, attachment: &str) -> u16 {
        self.file_address(attachment).await.port().expect("a practice site names its port")
    }

    /// The id by which a text shows an attachment: it stands in the address of the bytes.
    pub async fn media_id(&self, attachment: &str) -> String {
        let address = self.file_address(attachment).await;
        let mut parts = address.path_segments().expect("a path").skip_while(|part| *part != "file");
        parts.nth(1).expect("…/file/ID/binary").to_owned()
    }

    async fn file_address(&self, attachment: &str) -> reqwest::Url {
        let path = format!("/rest/api/3/attachment/content/{attachment}");
        let response = self.request(Method::GET, &path).send().await.expect("the site answers");
        let location = response.headers().get("location").expect("303 names another address");
        reqwest::Url::parse(location.to_str().expect("text")).expect("an address")
    }

    /// The port of the site.
    pub fn port(&self) -> u16 {
        let url = reqwest::Url::parse(&self.url).expect("an address");
        url.port().expect("a practice site names its port")
    }

    /// The count of calls since the start or the last `forget_calls`.
    pub async fn calls(&self) -> Value {
        self.get("/practice/calls").await
    }

    /// Begins to count anew.
    pub async fn forget_calls(&self) {
        self.answer("calls", self.request(Method::DELETE, "/practice/calls")).await;
    }

    /// How many calls changed something.
    pub async fn writes(&self) -> u64 {
        self.calls().await["writes"].as_u64().expect("a number")
    }

    /// How many calls of one operation changed something.
    pub async fn writes_of(&self, operation: &str) -> u64 {
        self.calls().await["writesByOperation"][operation].as_u64().unwrap_or(0)
    }

    /// How often changes were asked for.
    pub async fn polls(&self) -> u64 {
        let calls = self.calls().await;
        ["POST /rest/api/3/search/jql", "GET /rest/api/3/search/jql"]
            .iter()
            .filter_map(|operation| calls["calls"][operation].as_u64())
            .sum()
    }
}

/// SHA-256 as hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// What an attachment list says: id by file name.
pub fn attachments(issue: &Value) -> Vec<(String, String)> {
    let list = issue["fields"]["attachment"].as_array().cloned().unwrap_or_default();
    let text = |a: &Value, name: &str| a[name].as_str().unwrap_or_default().to_owned();
    list.iter().map(|a| (text(a, "filename"), text(a, "id"))).collect()
}

/// An issue's key.
pub fn key(issue: &Value) -> String {
    issue["key"].as_str().expect("an issue has a key").to_owned()
}
