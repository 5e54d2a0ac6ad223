//! A site and a client for the tests.
#![allow(dead_code, missing_docs)]

use practice_jira::{Options, Running, Site};
use reqwest::{Method, Response};
use serde_json::{Value, json};

pub struct Client {
    pub site: Running,
    pub http: reqwest::Client,
    pub email: String,
}

pub async fn site(name: &str) -> Client {
    with(Options { site: name.into(), ..Options::default() }).await
}

pub async fn with(options: Options) -> Client {
    let site = Site::start(options).await.expect("starts");
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("client");
    let email = site.email.clone();
    Client { site, http, email }
}

impl Client {
    pub async fn raw(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let url = if path.starts_with("/practice") {
            format!("{}{path}", self.site.url)
        } else {
            format!("{}/rest/api/3{path}", self.site.url)
        };
        let mut request = self.http.request(method, url).basic_auth(&self.email, Some(&self.site.token));
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.expect("answers")
    }

    pub async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method: Method = method.parse().expect("method");
        let response = self.raw(method, path, (!body.is_null()).then_some(&body)).await;
        let status = response.status().as_u16();
        let text = response.text().await.expect("body");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, Value::Null).await;
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    pub fn faults(&self, switches: Value) {
        self.site.set_faults(&switches).expect("known switches");
    }

    /// Status and body, or what broke.
    pub async fn answer(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let mut request = self
            .http
            .request(method.parse().expect("method"), format!("{}/rest/api/3{path}", self.site.url))
            .basic_auth(&self.email, Some(&self.site.token))
            .header("X-Atlassian-Token", "no-check");
        if let Some(body) = body {
            request = request.json(body);
        }
        match request.send().await {
            Err(_) => "no answer".to_owned(),
            Ok(answer) => {
                let status = answer.status().as_u16();
                let text = answer.text().await.unwrap_or_else(|_| "broke off".to_owned());
                format!("{status} {text}")
            }
        }
    }

    pub async fn upload(&self, key: &str, name: &str, bytes: Vec<u8>) -> (u16, Value) {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
        let response = self
            .http
            .post(format!("{}/rest/api/3/issue/{key}/attachments", self.site.url))
            .basic_auth(&self.email, Some(&self.site.token))
            .header("X-Atlassian-Token", "no-check")
            .multipart(reqwest::multipart::Form::new().part("file", part))
            .send()
            .await
            .expect("answers");
        (response.status().as_u16(), response.json().await.expect("json"))
    }

    /// The bytes of an attachment by its signed address.
    pub async fn download(&self, id: &str) -> Vec<u8> {
        let redirect = self.raw(Method::GET, &format!("/attachment/content/{id}"), None).await;
        let target = redirect.headers()["location"].to_str().expect("text").to_owned();
        self.http.get(target).send().await.expect("answers").bytes().await.expect("bytes").to_vec()
    }

    pub async fn create(&self, project: &str, kind: &str, summary: &str) -> Value {
        let fields = json!({"project": {"key": project}, "issuetype": {"name": kind}, "summary": summary});
        let (status, body) = self.ask("POST", "/issue", json!({"fields": fields})).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    pub async fn search(&self, jql: &str) -> Vec<String> {
        let (status, body) = self
            .ask("POST", "/search/jql", json!({"jql": jql, "fields": ["summary"], "maxResults": 100}))
            .await;
        assert_eq!(status, 200, "{jql}: {body}");
        body["issues"]
            .as_array()
            .expect("issues")
            .iter()
            .map(|i| i["key"].as_str().expect("key").to_owned())
            .collect()
    }
}

pub fn doc(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}
