//! A connection: one of our projects linked to one partner's project.

use serde::{Deserialize, Serialize};

use crate::pause::Pause;
use crate::{AccountId, ConnectionId, NodeId, ProjectKey};

/// A connection as this node keeps it. Keys and secrets are in the keychain, under the connection's id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Connection {
    /// The same on both sides.
    pub id: ConnectionId,
    /// Who can be called.
    pub role: Role,
    /// Which rules.
    pub mode: Mode,
    /// Which version of them, in Script mode; 0 in Basic mode, where they never change.
    pub rules: u64,
    /// How far it is.
    pub stage: Stage,
    /// Our sign-in.
    pub account: AccountId,
    /// Our project, for incoming issues.
    pub project: ProjectKey,
    /// The name our admin gave the partner, if any.
    pub given_name: Option<String>,
    /// The partner, once known. Claimed, not proved.
    pub partner: Option<Partner>,
    /// Public side: where the partner calls us. Private side: where we call. An address, or a relay and a key (`way` in the
    /// link); where both projects are in this app, the other side's row ([`Connection::local_address`]).
    pub address: String,
    /// Whether the acceptance needs our admin's word.
    pub approval: Approval,
    /// Narrows which issues are synced.
    pub filter: Option<String>,
    /// For a type that our project lacks; `None`: the project's own default, else *Task*.
    pub default_type: Option<String>,
    /// Issues with a key number above this one are synced; 0 with `existing`, `None` until it was read.
    pub above: Option<u64>,
    /// Existing issues are synced as well.
    pub existing: bool,
    /// A partner's comment arrives with a line that names its author and when it was written.
    pub name_authors: bool,
    /// Internal comments of our service project leave too, and arrive as public ones.
    pub internal_comments: bool,
    /// Paused by our admin.
    pub paused: Option<Pause>,
    /// Paused by theirs, as they last said.
    pub partner_paused: bool,
    /// When it was made here, ms since 1970, for people.
    pub created_ms: i64,
}

/// Who can be called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// We can be called, the partner calls.
    Public,
    /// We call; nobody can call us.
    Private,
    /// Both projects are in this app. For people only: a row is one of the two sides, and says [`Public`](Self::Public) or
    /// [`Private`](Self::Private).
    Local,
}

/// Which rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Generated, nobody edits them.
    Basic,
    /// Written by the admins.
    Script,
}

/// Whether an acceptance needs a person's word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Our admin sees who accepted, and approves.
    Ask,
    /// Whoever holds the code is trusted.
    CodeHolder,
}

/// How far a connection is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Public side: the code is out. Private side: accepted here, the partner has not answered yet.
    Invited,
    /// The partner accepted; our admin (public side) or theirs (private side) has to approve.
    AwaitingApproval,
    /// Both agreed; issues are synced.
    Connected,
    /// The partner said no before anything was synced: they declined the invitation, did not approve, or went back on it.
    Declined,
    /// Ended by either side; the twins stay.
    Ended,
}

impl Stage {
    /// Nothing is synced any more, and never will be again.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Declined | Self::Ended)
    }
}

/// The partner as they call themselves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Partner {
    /// Their node.
    pub node: NodeId,
    /// Their company, as they call it.
    pub name: String,
    /// Their site, as `globex.atlassian.net`.
    pub site: String,
    /// Who accepted or invited.
    pub person: String,
    /// Their project's key, for people.
    pub project: String,
}

/// Before the other side's id, in place of an address: both sides are in this node. No address that is called begins so.
const LOCAL: &str = "local:";

impl Connection {
    /// The other side's row, where both projects are in this app: no partner's node, and no network.
    pub fn other_side(&self) -> Option<ConnectionId> {
        self.address.strip_prefix(LOCAL).map(ConnectionId::new)
    }

    /// What stands in place of an address where the other side is this row.
    pub fn local_address(other_side: &ConnectionId) -> String {
        format!("{LOCAL}{other_side}")
    }

    /// The role as people see it: who asks and who answers within one app concerns nobody.
    pub fn shown_role(&self) -> Role {
        if self.other_side().is_some() { Role::Local } else { self.role }
    }

    /// As whom a node speaks on it. The two sides of one node have to be told from each other, or nobody knew where an issue
    /// was born: there each goes by its own id.
    pub fn speaks_as(&self, node: NodeId) -> NodeId {
        if self.other_side().is_some() { NodeId::new(self.id.as_str()) } else { node }
    }

    /// What people call the partner: the name given here, else their own, else `None` ("unknown").
    pub fn partner_name(&self) -> Option<&str> {
        self.given_name.as_deref().or(self.partner.as_ref().map(|p| p.name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Connection {
        Connection {
            id: ConnectionId::new("one"),
            role: Role::Private,
            mode: Mode::Basic,
            rules: 0,
            stage: Stage::Connected,
            account: AccountId::new("a"),
            project: ProjectKey::new("SUP"),
            given_name: None,
            partner: None,
            address: address.to_owned(),
            approval: Approval::Ask,
            filter: None,
            default_type: None,
            above: None,
            existing: false,
            name_authors: true,
            internal_comments: false,
            paused: None,
            partner_paused: false,
            created_ms: 0,
        }
    }

    #[test]
    fn two_sides_of_one_node_are_told_from_each_other_and_from_every_partner() {
        let node = NodeId::new("node");
        let other = ConnectionId::new("two");
        let here = at(&Connection::local_address(&other));
        assert_eq!((here.other_side(), here.shown_role()), (Some(other), Role::Local));
        assert_eq!(here.speaks_as(node.clone()), NodeId::new("one"));
        for elsewhere in ["", "https://acme.example", "http://local:80", "relay:07@https://local"] {
            let elsewhere = at(elsewhere);
            assert_eq!((elsewhere.other_side(), elsewhere.shown_role()), (None, Role::Private));
            assert_eq!(elsewhere.speaks_as(node.clone()), node);
        }
    }
}
