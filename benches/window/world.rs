//! A company with three connections to a partner, and nothing to do.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use practice_jira::{ProjectSpec, Running, Site};
use secrecy::SecretString;
use twinline_model::connection::{Approval, Mode};
use twinline_model::view::{AcceptRequest, InitiateRequest, OverallStatus};
use twinline_node::{Node, Options, SecretsChoice};

use crate::desktop::{Desktop, free_port};

const PROJECTS: [&str; 3] = ["ONE", "TWO", "TRE"];
const PATIENCE: Duration = Duration::from_secs(120);
/// The partner is there meanwhile, and looks at its Jira as often as the app does by itself.
const CHECK_EVERY: Duration = Duration::from_secs(10);

/// One side: its practice Jira in this process, and a data folder for a node.
pub struct Side {
    data: PathBuf,
    listen: Option<String>,
    _jira: Running,
}

/// Both sides.
pub struct World {
    /// The one that can be called.
    pub acme: Side,
    /// The one that calls.
    pub globex: Side,
}

impl World {
    /// Connects both three times, and waits until everything of the first sync has crossed.
    pub async fn make(desktop: &Desktop) -> Self {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let (acme, ana) = Side::begin(desktop, "acme", Some(listen.clone())).await;
        let (globex, pat) = Side::begin(desktop, "globex", None).await;
        let (ours, theirs) = (acme.sign_in(&ana).await, globex.sign_in(&pat).await);
        for project in PROJECTS {
            let request = InitiateRequest {
                account: ours.clone(),
                project: project.into(),
                partner_name: String::new(),
                address: Some(format!("http://{listen}")),
                relay: None,
                mode: Mode::Basic,
                approval: Approval::CodeHolder,
                default_type: None,
                filter: None,
                existing: true,
                name_authors: true,
                internal_comments: false,
            };
            let invitation = ana.initiate(&request).await.unwrap().code;
            let request = AcceptRequest {
                invitation,
                account: theirs.clone(),
                project: project.into(),
                default_type: None,
                filter: None,
                existing: true,
                name_authors: true,
                internal_comments: false,
            };
            until(async || ana.listening().is_some()).await;
            pat.accept(&request).await.unwrap();
        }
        for node in [&ana, &pat] {
            until(async || {
                let status = node.status().await;
                status.overall == OverallStatus::UpToDate && status.connections.len() == PROJECTS.len()
            })
            .await;
        }
        ana.stop().await;
        pat.stop().await;
        Self { acme, globex }
    }
}

impl Side {
    async fn begin(desktop: &Desktop, site: &str, listen: Option<String>) -> (Self, Arc<Node>) {
        let project = |key: &str| ProjectSpec::new(key, key, &["Task", "Bug"], Some("Task"));
        let options = practice_jira::Options {
            site: site.to_owned(),
            projects: Some(PROJECTS.iter().map(|key| project(key)).collect()),
            ..practice_jira::Options::default()
        };
        let jira = Site::start(options).await.unwrap();
        let side = Self { data: desktop.home().join(format!("idle-{site}")), listen, _jira: jira };
        let node = side.node(Duration::from_secs(1)).await;
        (side, node)
    }

    async fn sign_in(&self, node: &Node) -> twinline_model::AccountId {
        let token = SecretString::from(self._jira.token.as_str());
        node.add_account(&self._jira.url, &self._jira.email, token).await.unwrap().id
    }

    async fn node(&self, check_every: Duration) -> Arc<Node> {
        let options = Options {
            secrets: SecretsChoice::File,
            practice: true,
            listen: self.listen.as_ref().map(|address| address.parse::<SocketAddr>().unwrap()),
            check_every,
            ..Options::new(self.data.clone())
        };
        let node = Node::open(options).await.unwrap();
        node.start().await.unwrap();
        node
    }

    /// Its node in this process: a partner who costs the app's figures nothing.
    pub async fn here(&self) -> Arc<Node> {
        self.node(CHECK_EVERY).await
    }

    /// What the app is started with: nothing that changes how it works.
    pub fn args(&self) -> Vec<&str> {
        let mut args = vec!["--data", self.data.to_str().unwrap(), "--secrets", "file", "--practice"];
        if let Some(listen) = &self.listen {
            args.extend(["--listen", listen]);
        }
        args
    }
}

async fn until(there: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !there().await {
        assert!(start.elapsed() < PATIENCE, "the two companies did not come into step");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
