//! A small HTTP client for the practice Jiras on this computer.

use std::io::Read;
use std::time::Duration;

use base64::Engine;
use serde_json::Value;
use ureq::Agent;

use crate::tool::{Failed, fail};

/// One person's sign-in at one site.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    authorization: String,
}

impl Client {
    /// Nothing is sent yet.
    pub fn new(base: &str, email: &str, token: &str) -> Self {
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(30)));
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{email}:{token}"));
        Self {
            agent: config.build().into(),
            base: base.trim_end_matches('/').to_owned(),
            authorization: format!("Basic {credentials}"),
        }
    }

    /// GET of a path, as JSON.
    pub fn get(&self, path: &str) -> Result<Value, Failed> {
        self.bytes(path).and_then(|bytes| json(path, &bytes))
    }

    /// GET of a path, as it comes.
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>, Failed> {
        let request = self.agent.get(self.url(path)).header("Authorization", &self.authorization);
        read(path, request.call())
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Failed> {
        let request = self.agent.post(self.url(path)).header("Authorization", &self.authorization);
        let answer = request.content_type("application/json").send(body.to_string().as_bytes());
        read(path, answer).and_then(|bytes| json(path, &bytes))
    }

    /// PUT of JSON.
    pub fn put(&self, path: &str, body: &Value) -> Result<Value, Failed> {
        let request = self.agent.put(self.url(path)).header("Authorization", &self.authorization);
        let answer = request.content_type("application/json").send(body.to_string().as_bytes());
        read(path, answer).and_then(|bytes| json(path, &bytes))
    }

    /// POST of one file as multipart, as Jira wants attachments.
    pub fn upload(&self, path: &str, name: &str, mime: &str, bytes: &[u8]) -> Result<Value, Failed> {
        // Long and odd enough not to occur in a picture by chance.
        let border = "----twinline-xtask-6b1f0c9a7e5d43b2";
        let mut body = format!(
            "--{border}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {mime}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{border}--\r\n").as_bytes());
        let request = self.agent.post(self.url(path)).header("Authorization", &self.authorization);
        let request = request.header("X-Atlassian-Token", "no-check");
        let answer = request.content_type(format!("multipart/form-data; boundary={border}")).send(&body);
        read(path, answer).and_then(|bytes| json(path, &bytes))
    }

    /// The same, with bytes that come from a reader. It may take as long as it takes.
    pub fn upload_stream(&self, path: &str, name: &str, bytes: impl Read) -> Result<Value, Failed> {
        let border = "----twinline-xtask-6b1f0c9a7e5d43b2";
        let head = format!(
            "--{border}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{border}--\r\n");
        let mut body = head.as_bytes().chain(bytes).chain(tail.as_bytes());
        let request = self.agent.post(self.url(path)).config().timeout_global(None).build();
        let request =
            request.header("Authorization", &self.authorization).header("X-Atlassian-Token", "no-check");
        let request = request.content_type(format!("multipart/form-data; boundary={border}"));
        let answer = request.send(ureq::SendBody::from_reader(&mut body));
        read(path, answer).and_then(|bytes| json(path, &bytes))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

type Answer = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

fn read(path: &str, answer: Answer) -> Result<Vec<u8>, Failed> {
    let mut answer = answer.map_err(|e| Failed(format!("The practice Jira did not answer {path}: {e}.")))?;
    let status = answer.status();
    let body = answer.body_mut().with_config().limit(256 << 20).read_to_vec();
    let body = body.map_err(|e| Failed(format!("The practice Jira's answer to {path} broke off: {e}.")))?;
    if status.is_success() {
        return Ok(body);
    }
    let text = String::from_utf8_lossy(&body);
    fail(format!(
        "The practice Jira answered {path} with {status}: {}.",
        text.chars().take(300).collect::<String>()
    ))
}

fn json(path: &str, bytes: &[u8]) -> Result<Value, Failed> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes)
        .map_err(|e| Failed(format!("The practice Jira's answer to {path} is not JSON: {e}.")))
}
