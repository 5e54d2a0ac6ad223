//! Which issues of ours a connection syncs.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, ProjectKey};

/// How an issue that matches a filter stands to the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum MatchStanding {
    /// It is synced.
    Synced,
    /// Somebody stopped syncing it, or it came from another partner: it stays as it is.
    Left,
    /// Younger than the connection: it is synced with this filter.
    Coming,
    /// Older than the connection: only where older ones are chosen too.
    Older,
}

view! {
    /// Which issues of ours a connection syncs.
    pub struct WhatView {
        /// Which connection.
        connection: ConnectionId,
        /// Our project.
        project: ProjectKey,
        /// Only issues that this JQL finds; `None`: all.
        filter: Option<String>,
        /// Those that are older than the connection as well.
        older: bool,
    }

    /// What a filter lets in now, as the tracker's search shows it.
    pub struct MatchesView {
        /// All of them.
        total: u32,
        /// Those that are synced.
        synced: u32,
        /// Those that somebody stopped, or that came from another partner.
        left: u32,
        /// Those that are synced from now on.
        coming: u32,
        /// Those that are older than the connection, and not synced.
        older: u32,
        /// The newest of them.
        first: Vec<MatchView>,
    }

    /// What filters are made of on a site.
    pub struct FilterWords {
        /// Fields that may be asked for.
        fields: Vec<FilterField>,
        /// Functions that may stand as a value, as `currentUser()`.
        functions: Vec<String>,
    }

    /// A field that filters may ask for.
    pub struct FilterField {
        /// As it stands in a filter.
        name: String,
        /// As people call it.
        label: String,
        /// Its operators, as `=` and `not in`.
        operators: Vec<String>,
        /// The site suggests its values.
        values: bool,
    }

    /// A value of a field.
    pub struct FilterValue {
        /// What stands in a filter, without quotes.
        value: String,
        /// As people call it.
        label: String,
    }

    /// An issue that a filter lets in.
    pub struct MatchView {
        /// Its key.
        key: String,
        /// Where it is read.
        url: String,
        /// Its summary.
        summary: String,
        /// How it stands to the connection.
        standing: MatchStanding,
    }
}
