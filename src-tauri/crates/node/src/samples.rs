//! What the tests that need a real database begin with.

use std::path::Path;
use std::sync::Arc;

use twinline_model::connection::{Approval, Connection, Mode, Role, Stage};
use twinline_model::{AccountId, ConnectionId, ProjectKey};
use twinline_store::Account;

use crate::{Node, Options, SecretsChoice};

/// The connection's id.
pub(crate) const LINK: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f";

/// Ana at ACME.
pub(crate) fn account() -> Account {
    Account {
        id: AccountId::new("acc"),
        site: "acme.atlassian.net".to_owned(),
        base_url: "https://acme.atlassian.net".to_owned(),
        email: "ana@acme.example".to_owned(),
        user: "5b10".to_owned(),
        display_name: "Ana".to_owned(),
        projects: 1,
        signed_in: true,
        since_ms: None,
        checked_ms: None,
        token_ends: None,
        cloud: None,
    }
}

/// ACME and Globex, connected.
pub(crate) fn connection() -> Connection {
    Connection {
        id: ConnectionId::new(LINK),
        role: Role::Public,
        mode: Mode::Basic,
        rules: 0,
        stage: Stage::Connected,
        account: AccountId::new("acc"),
        project: ProjectKey::new("SUP"),
        given_name: Some("Globex".to_owned()),
        partner: None,
        address: String::new(),
        approval: Approval::Ask,
        filter: None,
        default_type: None,
        above: None,
        existing: false,
        name_authors: true,
        internal_comments: false,
        paused: None,
        partner_paused: false,
        created_ms: 1_000,
    }
}

/// The node of a folder, with its secrets in a file.
pub(crate) async fn open(folder: &Path) -> Arc<Node> {
    let options = Options { secrets: SecretsChoice::File, ..Options::new(folder.to_owned()) };
    Node::open(options).await.unwrap()
}
