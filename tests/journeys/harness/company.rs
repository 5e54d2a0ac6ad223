//! A company: a practice Jira of its own, and a node that has signed in to it.

use std::path::PathBuf;

use practice_jira::{Options, ProjectSpec, Site};
use serde_json::Value;
use tempfile::TempDir;

use super::jira::Jira;
use super::node::{Answer, Node, Running};

/// A company.
pub struct Company {
    /// `acme`, `globex`, …
    pub name: String,
    /// The key of its project.
    pub project: String,
    /// Ana of this company, in front of its Jira.
    pub jira: Jira,
    /// Its node.
    pub node: Node,
    /// The account that its node signed in with.
    pub account: String,
    /// The site itself.
    pub site: practice_jira::Running,
    _folder: TempDir,
}

impl Company {
    /// A company with the projects that practice gives to its name, signed in.
    pub async fn start(name: &str) -> Self {
        let project = match name {
            "acme" => "SUP",
            "globex" => "GX",
            _ => "DEMO",
        };
        Self::with(name, project, |_| {}).await
    }

    /// A company with one project of its own.
    pub async fn of_project(name: &str, project: ProjectSpec) -> Self {
        let key = project.key.clone();
        Self::with(name, &key, |options| options.projects = Some(vec![project])).await
    }

    /// A company whose site is started in a special way.
    pub async fn with(name: &str, project: &str, change: impl FnOnce(&mut Options)) -> Self {
        let mut company = Self::stranger(name, project, change).await;
        company.account = company.sign_in(&company.jira.url, &company.jira.token).await.done();
        company
    }

    /// A company whose node has not signed in yet.
    pub async fn stranger(name: &str, project: &str, change: impl FnOnce(&mut Options)) -> Self {
        let folder =
            tempfile::Builder::new().prefix(&format!("journey-{name}-")).tempdir().expect("a folder");
        let token = format!("{name}-token-that-nobody-may-see-7Qx3");
        let mut options = Options { site: name.to_owned(), token: Some(token.clone()), ..Options::default() };
        change(&mut options);
        let site = Site::start(options).await.expect("a practice site starts");
        let jira = Jira::new(&site.url, &site.email, &token);
        Self {
            name: name.to_owned(),
            project: project.to_owned(),
            jira,
            node: Node::new(folder.path()),
            account: String::new(),
            site,
            _folder: folder,
        }
    }

    /// `account add`.
    pub async fn sign_in(&self, site: &str, token: &str) -> Answer {
        self.node
            .ask(&["account", "add", "--site", site, "--email", &self.jira.email], &format!("{token}\n"))
            .await
    }

    /// `connection initiate`: the invitation code.
    pub async fn invite(&self, address: &str, more: &[&str]) -> Answer {
        self.invite_by(["--address", address], more).await
    }

    /// The same, by whatever way: `["--relay", url]`.
    pub async fn invite_by(&self, way: [&str; 2], more: &[&str]) -> Answer {
        let mut args = vec!["connection", "initiate", "--account", &self.account, "--project", &self.project];
        args.extend(["--partner-name", "Partner"]);
        args.extend(way);
        args.extend(more);
        self.node.ask(&args, "").await
    }

    /// `connection accept`.
    pub async fn accept(&self, invitation: &str, more: &[&str]) -> Answer {
        let mut args = vec!["connection", "accept", "--account", &self.account, "--project", &self.project];
        args.extend(more);
        self.node.ask(&args, invitation).await
    }

    /// Starts its node; `quick`: with the short times of tests.
    pub fn run(&self, quick: bool, more: &[&str]) -> Running {
        let mut options = if quick { vec!["--check-every", "1s", "--settle", "2s"] } else { Vec::new() };
        options.extend(more);
        self.node.run(&options)
    }

    /// Its only connection as the node shows it, if it has one.
    pub async fn connection(&self) -> Option<Value> {
        let list = self.node.json(&["connection", "list"]).await;
        list.as_array().and_then(|l| l.first()).cloned()
    }

    /// The state of its only connection, as `up_to_date`.
    pub async fn state(&self) -> String {
        let connection = self.connection().await;
        connection.and_then(|c| c["state"].as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Nothing waits, and the connection says so.
    pub async fn in_step(&self) -> bool {
        let Some(c) = self.connection().await else { return false };
        c["state"] == "up_to_date" && c["waiting"]["out"] == 0 && c["waiting"]["in"] == 0
    }

    /// `problem retry` or `problem skip`.
    pub async fn settle(&self, how: &str, problem: &Value) {
        let id = problem["id"].as_str().expect("a problem has an id");
        self.node.ask(&["problem", how, id], "").await.done();
    }

    /// What a failing test shows.
    pub async fn explain(&self) -> String {
        let mut text = format!("--- {}\n", self.name);
        for what in ["status", "problems", "activity"] {
            let answer = self.node.ask(&[what], "").await;
            text.push_str(&format!("{what}: {}{}\n", answer.stdout, answer.stderr));
        }
        text.push_str(&self.node.log_tail(60));
        text
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.node.data.clone()
    }
}
