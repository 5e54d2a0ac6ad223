//! Tests of the crate, and what they share.
#![allow(clippy::unwrap_used)]

mod backups;
mod choices;
mod damage;
mod exchange;
mod faults;
mod memory;
mod notified;
mod pairs;
mod people;
mod plans;
mod questions;
mod schema;
mod setup;

use twinline_model::connection::{Approval, Connection, Mode, Role, Stage};
use twinline_model::{AccountId, ConnectionId, NodeId, Origin, ProjectKey};

use crate::{Account, Fresh, Store};

pub(crate) fn fresh() -> Fresh {
    Fresh { node: NodeId::new("a".repeat(32)), incarnation: "first".to_owned() }
}

pub(crate) fn account(id: &str) -> Account {
    Account {
        id: AccountId::new(id),
        site: "acme.atlassian.net".to_owned(),
        base_url: "https://acme.atlassian.net".to_owned(),
        email: "ada@acme.example".to_owned(),
        user: "5b10".to_owned(),
        display_name: "Ada".to_owned(),
        projects: 3,
        signed_in: true,
        since_ms: None,
        checked_ms: None,
        token_ends: None,
        cloud: None,
    }
}

pub(crate) fn connection(id: &str) -> Connection {
    Connection {
        id: ConnectionId::new(id),
        role: Role::Public,
        mode: Mode::Basic,
        rules: 0,
        stage: Stage::Connected,
        account: AccountId::new("acc"),
        project: ProjectKey::new("SUP"),
        given_name: None,
        partner: None,
        address: "https://node.acme.example".to_owned(),
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

pub(crate) fn origin(item: &str) -> Origin {
    Origin { node: NodeId::new("b".repeat(32)), item: item.to_owned() }
}

/// A database with one account and the connections `c1` and `c2`.
pub(crate) fn store() -> Store {
    let store = Store::open_in_memory(fresh()).unwrap();
    fill(&store);
    store
}

pub(crate) fn fill(store: &Store) {
    store
        .write(|tx| {
            tx.insert_account(&account("acc"))?;
            tx.insert_connection(&connection("c1"))?;
            tx.insert_connection(&connection("c2"))
        })
        .unwrap();
}

pub(crate) fn c1() -> ConnectionId {
    ConnectionId::new("c1")
}

pub(crate) fn c2() -> ConnectionId {
    ConnectionId::new("c2")
}
