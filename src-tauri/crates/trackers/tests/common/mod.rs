//! A server that answers as told and remembers what it was asked.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod practice;

use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use twinline_model::observed::Marker;
use twinline_model::{ConnectionId, IssueId, NodeId, Origin};
use twinline_trackers::jira_cloud::{JiraCloud, JiraSite};

/// What one connection gets: bytes, then the end; nothing at all is a reset.
pub type Answers = dyn Fn(&str) -> String + Send + Sync;

pub struct Wire {
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    pub async fn start(answers: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answers): (_, Arc<Answers>) = (asked.clone(), Arc::new(answers));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, seen.clone(), answers.clone()));
            }
        });
        Self { url, asked }
    }

    /// The requests so far, heads and bodies.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("not poisoned").clone()
    }

    pub fn count(&self, start: &str) -> usize {
        self.asked().iter().filter(|request| request.starts_with(start)).count()
    }

    pub fn jira(&self) -> JiraCloud {
        jira(&self.url, "ana@acme.example", "s3cret-token", Some("us"))
    }
}

async fn serve(mut stream: TcpStream, asked: Arc<Mutex<Vec<String>>>, answers: Arc<Answers>) {
    let mut bytes = Vec::new();
    let mut part = [0u8; 8192];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse::<usize>().ok())
                .unwrap_or(0);
            if body.len() >= length {
                let answer = answers(&text);
                asked.lock().expect("not poisoned").push(text);
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
                return;
            }
        }
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(n) => bytes.extend_from_slice(&part[..n]),
        }
    }
}

pub fn http(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

pub fn json(status: u16, body: &str) -> String {
    http(status, "content-type: application/json\r\n", body)
}

pub fn myself(user: &str) -> String {
    json(200, &format!(r#"{{"accountId":"{user}","displayName":"Ana"}}"#))
}

pub fn jira(url: &str, email: &str, token: &str, user: Option<&str>) -> JiraCloud {
    let site = JiraSite::parse(url).expect("an address");
    JiraCloud::new(site, email, SecretString::from(token), user.map(str::to_owned)).expect("a client")
}

pub fn marker() -> Marker {
    let origin = Origin::of_issue(&NodeId::new("n"), "globex.atlassian.net", &IssueId::new("7"));
    Marker { v: 1, connection: ConnectionId::new("c"), origin, attempt: 0, mac: "00ff".to_owned() }
}
