//! Both companies, and how they come to be connected.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use twinline_model::ConnectionId;
use twinline_model::connection::{Approval, Mode};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::view::{AcceptRequest, InitiateRequest};
use twinline_node::Node;

use crate::company::{ACME, Company, GLOBEX, Spec};
use crate::folder::{self, Found, Note};
use crate::ports;

/// How long ACME's node may take until it answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// A tracker of the practice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Whose it is.
    pub company: &'static str,
    /// Where its pages are.
    pub url: String,
}

/// A practice world that runs.
pub struct World {
    acme: Company,
    globex: Company,
    connection: ConnectionId,
}

impl World {
    /// Goes on with the world in `folder`, or makes one: two trackers with a few issues, a sign-in at each, and the
    /// connection. The first sync is under way then.
    ///
    /// # Errors
    /// A port that is taken, a folder that cannot be used, a full disk. Nothing runs then, and it may be tried again.
    pub async fn start(folder: &Path) -> Result<World, Trouble> {
        let unusable = |e: std::io::Error| folder::unusable(folder, &e);
        match folder::look(folder).map_err(unusable)? {
            Found::World(note) => Self::go_on(folder, note).await,
            Found::Foreign => Err(unusable(std::io::Error::other("it holds other files"))),
            Found::Nothing | Found::Remains => {
                folder::clear(folder).map_err(unusable)?;
                folder::begin(folder).map_err(unusable)?;
                Self::make(folder).await
            }
        }
    }

    async fn go_on(folder: &Path, note: Note) -> Result<World, Trouble> {
        // The trackers say it themselves; a node goes on without its port, and would try again for ever.
        ports::look(note.node)?;
        let [acme, globex] = both(folder, &note_ports(&note)).await?;
        Ok(World { acme, globex, connection: note.connection })
    }

    async fn make(folder: &Path) -> Result<World, Trouble> {
        let ports = ports::free()?;
        let [acme, globex] = both(folder, &ports).await?;
        let connected = async {
            let connection = connect(&acme, &globex, ports[2]).await?;
            let [on_acme, on_globex, node] = ports;
            let note = Note { acme: on_acme, globex: on_globex, node, connection: connection.clone() };
            folder::complete(folder, &note).map_err(|e| folder::unusable(folder, &e))?;
            Ok(connection)
        };
        match connected.await {
            Ok(connection) => Ok(World { acme, globex, connection }),
            Err(trouble) => {
                tokio::join!(acme.stop(), globex.stop());
                Err(trouble)
            }
        }
    }

    /// ACME's node, which the person works with.
    pub fn node(&self) -> &Arc<Node> {
        &self.acme.node
    }

    /// The connection between both.
    pub fn connection(&self) -> &ConnectionId {
        &self.connection
    }

    /// Both trackers, the person's own first.
    pub fn sites(&self) -> [Site; 2] {
        [&self.acme, &self.globex].map(|c| Site { company: c.spec.name, url: c.url.clone() })
    }

    /// Whether an address is a page of one of the two trackers, and of nothing else on this computer.
    pub fn owns(&self, url: &str) -> bool {
        let under = |base: &str| {
            url.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        };
        self.sites().iter().any(|site| under(&site.url))
    }

    /// Stops everything; all is kept for the next start.
    pub async fn stop(&self) {
        tokio::join!(self.acme.stop(), self.globex.stop());
    }
}

/// The ports of ACME's tracker, Globex's tracker and ACME's node.
type Ports = [u16; 3];

fn note_ports(note: &Note) -> Ports {
    [note.acme, note.globex, note.node]
}

/// Both companies, or neither.
async fn both(folder: &Path, [on_acme, on_globex, node]: &Ports) -> Result<[Company; 2], Trouble> {
    let acme = started(folder, &ACME, *on_acme, Some(*node));
    let globex = started(folder, &GLOBEX, *on_globex, None);
    match tokio::join!(acme, globex) {
        (Ok(acme), Ok(globex)) => Ok([acme, globex]),
        (Ok(one), Err(trouble)) | (Err(trouble), Ok(one)) => {
            one.stop().await;
            Err(trouble)
        }
        (Err(trouble), Err(_)) => Err(trouble),
    }
}

async fn started(
    folder: &Path,
    spec: &'static Spec,
    port: u16,
    listen: Option<u16>,
) -> Result<Company, Trouble> {
    let company = Company::start(folder, spec, port, listen).await;
    if let Err(trouble) = &company {
        tracing::warn!(%trouble, company = spec.name, "practice");
    }
    company
}

/// What two people would do: ACME invites, Globex accepts, and both bring the issues that they have.
async fn connect(acme: &Company, globex: &Company, port: u16) -> Result<ConnectionId, Trouble> {
    let (ours, theirs) = tokio::try_join!(acme.sign_in(), globex.sign_in())?;
    let invitation = acme
        .node
        .initiate(&InitiateRequest {
            account: ours,
            project: acme.spec.project.into(),
            partner_name: globex.spec.name.into(),
            address: Some(format!("http://127.0.0.1:{port}")),
            relay: None,
            mode: Mode::Basic,
            // Both are the same person here.
            approval: Approval::CodeHolder,
            default_type: Some("Task".into()),
            filter: None,
            existing: true,
            name_authors: true,
            internal_comments: false,
        })
        .await?;
    listening(&acme.node, port).await?;
    globex
        .node
        .accept(&AcceptRequest {
            invitation: invitation.code,
            account: theirs,
            project: globex.spec.project.into(),
            default_type: Some("Task".into()),
            filter: None,
            existing: true,
            name_authors: true,
            internal_comments: false,
        })
        .await?;
    Ok(invitation.connection)
}

/// Waits until the node answers.
async fn listening(node: &Node, port: u16) -> Result<(), Trouble> {
    let mut changes = node.changes();
    let wait = async {
        while node.listening().is_none() {
            let problems = node.problems().await?;
            if problems.iter().any(|p| p.code == ProblemCode::PortInUse.as_str()) {
                return Err(ports::taken(port));
            }
            // The node holds the sender.
            let _ = changes.changed().await;
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| Err(ports::taken(port)))
}
