//! What the desktop may be told of by a notification: few things, and none of them is a change of an issue.

use serde::{Deserialize, Serialize};

use crate::ConnectionId;

/// Of each kind at most one notification is shown in an hour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A partner accepted our invitation.
    Accepted,
    /// Both sides are in step for the first time.
    FirstSync,
    /// Something needs a person of ours.
    Attention,
    /// A partner declined, paused or ended a connection.
    Partner,
}

impl Kind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Kind; 4] = [Kind::Accepted, Kind::FirstSync, Kind::Attention, Kind::Partner];
}

/// Something that may be told, told apart from all else of its kind: what was told is remembered by it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The partner of this connection accepted.
    Accepted(ConnectionId),
    /// The first sync of this connection is done.
    FirstSync(ConnectionId),
    /// A cause: all problems of one connection that have the same code, however many issues they stop.
    Attention {
        /// `None`: it concerns the whole node.
        connection: Option<ConnectionId>,
        /// The stable code; one of a newer version is kept as it is.
        code: String,
    },
    /// The partner paused.
    Paused(ConnectionId),
    /// The partner said no before anything was synced.
    Declined(ConnectionId),
    /// The partner ended the connection.
    Left(ConnectionId),
}

impl Fact {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Fact::Accepted(_) => Kind::Accepted,
            Fact::FirstSync(_) => Kind::FirstSync,
            Fact::Attention { .. } => Kind::Attention,
            Fact::Paused(_) | Fact::Declined(_) | Fact::Left(_) => Kind::Partner,
        }
    }

    /// The connection that it concerns, if one.
    pub fn connection(&self) -> Option<&ConnectionId> {
        match self {
            Fact::Accepted(id)
            | Fact::FirstSync(id)
            | Fact::Paused(id)
            | Fact::Declined(id)
            | Fact::Left(id) => Some(id),
            Fact::Attention { connection, .. } => connection.as_ref(),
        }
    }
}

/// One notification: never without a fact, and all its facts are of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    first: Fact,
    others: Vec<Fact>,
}

impl Notification {
    /// Of these facts, those of the first one's kind; `None` without any.
    pub fn of(facts: impl IntoIterator<Item = Fact>) -> Option<Self> {
        let mut facts = facts.into_iter();
        let first = facts.next()?;
        let others = facts.filter(|fact| fact.kind() == first.kind()).collect();
        Some(Self { first, others })
    }

    /// What it is about.
    pub fn kind(&self) -> Kind {
        self.first.kind()
    }

    /// What it tells.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// What it tells, if it is one thing.
    pub fn only(&self) -> Option<&Fact> {
        self.others.is_empty().then_some(&self.first)
    }
}

/// A notification in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// What it is about: decides how much it may disturb.
    pub kind: Kind,
    /// The first line.
    pub title: String,
    /// What follows; several lines, or nothing. Plain text.
    pub body: String,
    /// Where a click leads, as `/connections/ID`.
    pub route: String,
}
