//! One made-up company: its tracker and its node.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use practice_jira::{Error, Options as SiteOptions, Running};
use secrecy::SecretString;
use twinline_model::AccountId;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_node::{Node, Options, SecretsChoice};

use crate::folder::unusable;
use crate::ports;

/// Somebody waits and watches.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// These sites let nothing land late.
const SETTLE: Duration = Duration::from_secs(5);

/// Who a company is.
pub(crate) struct Spec {
    /// As people call it.
    pub name: &'static str,
    /// Its site, and its folder.
    pub site: &'static str,
    /// The project that is connected.
    pub project: &'static str,
    /// Of the issues that every practice site begins with: leave out so many, take so many.
    pub issues: (u32, u32),
}

pub(crate) const ACME: Spec = Spec { name: "ACME", site: "acme", project: "SUP", issues: (0, 3) };
pub(crate) const GLOBEX: Spec = Spec { name: "Globex", site: "globex", project: "GX", issues: (3, 2) };

/// A company that runs.
pub(crate) struct Company {
    pub spec: &'static Spec,
    pub node: Arc<Node>,
    /// Where its tracker's pages are.
    pub url: String,
    email: String,
    token: SecretString,
    jira: Mutex<Option<Running>>,
}

impl Company {
    /// Starts tracker and node. `listen`: where the node answers, if partners call it.
    pub async fn start(
        folder: &Path,
        spec: &'static Spec,
        port: u16,
        listen: Option<u16>,
    ) -> Result<Self, Trouble> {
        let jira = practice_jira::Site::start(SiteOptions {
            site: spec.site.into(),
            port,
            data: Some(folder.join(format!("{}.jira", spec.site))),
            seed_after: spec.issues.0,
            seed_issues: spec.issues.1,
            ..SiteOptions::default()
        })
        .await
        .map_err(|e| site_trouble(folder, e))?;
        let node = Node::open(Options {
            secrets: SecretsChoice::File,
            practice: true,
            listen: listen.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            check_every: CHECK_EVERY,
            settle: SETTLE,
            ..Options::new(folder.join(spec.site))
        })
        .await?;
        node.start().await?;
        Ok(Self {
            spec,
            node,
            url: jira.url.clone(),
            email: jira.email.clone(),
            token: jira.token.clone().into(),
            jira: Mutex::new(Some(jira)),
        })
    }

    /// Says who it is, and signs in at its tracker.
    pub async fn sign_in(&self) -> Result<AccountId, Trouble> {
        self.node.set_settings(self.spec.name, "").await?;
        Ok(self.node.add_account(&self.url, &self.email, self.token.clone()).await?.id)
    }

    /// Stops both; the node first, so that it finds its tracker to its last word.
    pub async fn stop(&self) {
        self.node.stop().await;
        let jira = self.jira.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(jira) = jira {
            jira.shutdown().await;
        }
    }
}

fn site_trouble(folder: &Path, error: Error) -> Trouble {
    match error {
        Error::Port { port, .. } => ports::taken(port),
        Error::Full => unusable(folder, &std::io::ErrorKind::StorageFull.into()),
        Error::Data(detail) => unusable(folder, &std::io::Error::other(detail)),
        Error::Option(detail) => Trouble::new(ProblemCode::Internal).with("detail", detail),
    }
}
