//! What happened, for people: line by line, and counted by the hour.

use serde::{Deserialize, Serialize};

use super::{ActivityKind, Direction};
use crate::ConnectionId;

view! {
    /// An activity line.
    pub struct ActivityView {
        /// Local to this node; for paging.
        id: String,
        /// When.
        at: String,
        /// Which connection.
        connection: ConnectionId,
        /// Which way.
        direction: Direction,
        /// About what.
        kind: ActivityKind,
        /// Our key.
        ours: Option<String>,
        /// Their key.
        theirs: Option<String>,
        /// As a person would say it.
        sentence: String,
    }

    /// What crossed in the last 24 hours.
    pub struct DayView {
        /// The 24 clock hours up to the one that is on, the oldest first.
        hours: Vec<HourView>,
        /// How many lines of the activity that is in all.
        changes: u32,
    }

    /// What crossed in one hour.
    pub struct HourView {
        /// When it began.
        from: String,
        /// From the partner.
        r#in: u32,
        /// To the partner.
        out: u32,
    }
}
