//! Two companies, and how they become connected on the command line.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use crate::node::Node;
use crate::practice::Practice;
use crate::stop::until;
use crate::tool::{Failed, Tool};

use super::Folder;
use super::relay::Relay;

/// A company: its tracker, its node, its project.
pub struct Company {
    /// As people call it.
    pub name: &'static str,
    /// Key of the project for the partner's issues.
    pub project: &'static str,
    /// Its practice Jira.
    pub jira: Practice,
    /// Its node.
    pub node: Node,
    account: String,
    log: PathBuf,
}

impl Company {
    fn start(
        tool: &Tool,
        folder: &Folder,
        name: &'static str,
        project: &'static str,
        issues: u32,
    ) -> Result<Self, Failed> {
        let site = name.to_lowercase();
        Ok(Self {
            name,
            project,
            jira: Practice::start(tool, &site, issues)?,
            node: Node::new(tool, name, folder.path().join(&site)),
            account: String::new(),
            log: folder.path().join(format!("{site}.log")),
        })
    }

    /// Signs in at its practice Jira.
    pub fn sign_in(&mut self) -> Result<(), Failed> {
        let arguments = ["account", "add", "--site", &self.jira.url, "--email", &self.jira.email];
        self.account = self.node.say(&arguments, &self.jira.token)?;
        Ok(())
    }

    /// Its id of the sign-in.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Fails if one of its programs has ended, with the last words of its node.
    pub fn must_run(&mut self) -> Result<(), Failed> {
        self.jira.must_run()?;
        self.node.must_run().map_err(|failed| {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(3).collect();
            Failed(format!("{failed} {}", last.into_iter().rev().collect::<Vec<_>>().join(" ")))
        })
    }

    /// The state of its only connection, as `connection list --json` says it.
    pub fn state(&mut self) -> Result<Option<String>, Failed> {
        self.must_run()?;
        let connection = self.node.connection()?;
        Ok(connection.and_then(|c| c["state"].as_str().map(str::to_owned)))
    }
}

/// Who asks whom before they are connected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// ACME is asked.
    Ask,
    /// Whoever holds the code is trusted.
    CodeHolder,
}

/// Both companies.
pub struct Two {
    /// The public side: it invites, and can be called.
    pub acme: Company,
    /// The private side: it accepts, and calls.
    pub globex: Company,
    /// Where ACME's node answers.
    pub port: u16,
    /// Where Globex calls, if something stands between.
    pub called_at: Option<u16>,
    /// Neither can be called: where both meet instead.
    pub relay: Option<Relay>,
    /// How often both look for changes.
    pub check_every: &'static str,
}

impl Two {
    /// Starts both practice Jiras with so many issues each.
    pub fn start(
        tool: &Tool,
        folder: &Folder,
        issues: u32,
        check_every: &'static str,
    ) -> Result<Self, Failed> {
        Ok(Self {
            acme: Company::start(tool, folder, "ACME", "SUP", issues)?,
            globex: Company::start(tool, folder, "Globex", "GX", issues)?,
            port: free_port()?,
            called_at: None,
            relay: None,
            check_every,
        })
    }

    /// Signs both in and connects them, with nobody asked; returns when both say that they are up to date.
    pub fn connect(&mut self, at_most: Duration) -> Result<(), Failed> {
        self.acme.sign_in()?;
        self.globex.sign_in()?;
        let code = self.initiate(Approval::CodeHolder, false)?;
        self.run_acme()?;
        self.accept(&code)?;
        self.run_globex()?;
        self.connected()?;
        self.up_to_date(at_most)
    }

    /// ACME invites; returns the code.
    pub fn initiate(&self, approval: Approval, existing: bool) -> Result<String, Failed> {
        let address = format!("http://127.0.0.1:{}", self.called_at.unwrap_or(self.port));
        let mut arguments = vec!["connection", "initiate", "--account", self.acme.account(), "--project"];
        arguments.extend([self.acme.project, "--partner-name", self.globex.name]);
        arguments
            .extend(self.relay.as_ref().map_or(["--address", &address], |relay| ["--relay", &relay.url]));
        arguments.extend(["--approve", if approval == Approval::Ask { "ask" } else { "code-holder" }]);
        if existing {
            arguments.push("--existing");
        }
        self.acme.node.say(&arguments, "")
    }

    /// ACME's node answers and syncs from now on.
    pub fn run_acme(&mut self) -> Result<(), Failed> {
        let listen = format!("127.0.0.1:{}", self.port);
        let log = self.acme.log.clone();
        if let Some(relay) = &self.relay {
            self.acme.node.run(&["--check-every", self.check_every], &log)?;
            return until("ACME's node at the relay", Duration::from_secs(30), || {
                self.acme.must_run()?;
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                Ok(said.contains(&relay.url).then_some(()))
            });
        }
        self.acme.node.run(&["--listen", &listen, "--check-every", self.check_every], &log)?;
        let port = self.port;
        until("ACME's node answering", Duration::from_secs(20), || {
            self.acme.must_run()?;
            Ok(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(()))
        })
    }

    /// Globex accepts the invitation; nothing of its existing issues is sent.
    pub fn accept(&self, code: &str) -> Result<(), Failed> {
        let arguments =
            ["connection", "accept", "--account", self.globex.account(), "--project", self.globex.project];
        self.globex.node.say(&arguments, code).map(drop)
    }

    /// Globex's node calls and syncs from now on. It listens nowhere.
    pub fn run_globex(&mut self) -> Result<(), Failed> {
        let log = self.globex.log.clone();
        self.globex.node.run(&["--check-every", self.check_every], &log)
    }

    /// ACME lets Globex in, once it knows who wants in.
    pub fn approve(&mut self) -> Result<(), Failed> {
        let id = until("Globex asking to be let in", Duration::from_secs(30), || {
            self.globex.must_run()?;
            self.acme.must_run()?;
            let connection = self.acme.node.connection()?;
            Ok(connection
                .filter(|c| c["state"] == "waiting_for_you")
                .and_then(|c| c["id"].as_str().map(str::to_owned)))
        })?;
        self.acme.node.say(&["connection", "approve", &id], "").map(drop)
    }

    /// Waits until the connection is past its pairing on both sides.
    pub fn connected(&mut self) -> Result<(), Failed> {
        until("The connection", Duration::from_secs(60), || {
            let past = |state: Option<String>| state.is_some_and(|s| !s.starts_with("waiting_"));
            Ok((past(self.acme.state()?) && past(self.globex.state()?)).then_some(()))
        })
    }

    /// Waits until both nodes say that everything is up to date.
    pub fn up_to_date(&mut self, at_most: Duration) -> Result<(), Failed> {
        let mut last = (String::new(), String::new());
        let result = until("\"Up to date\" on both sides", at_most, || {
            self.acme.must_run()?;
            self.globex.must_run()?;
            last = (self.acme.node.overall()?, self.globex.node.overall()?);
            Ok((last.0 == "up_to_date" && last.1 == "up_to_date").then_some(()))
        });
        result.map_err(|failed| Failed(format!("{failed} ACME says {}, Globex says {}.", last.0, last.1)))
    }
}

/// A port that is free now.
pub fn free_port() -> Result<u16, Failed> {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).map_err(|e| Failed(format!("No port is free on this computer: {e}.")))
}
