//! What a person may want to hear of a decision.

use twinline_model::view::{ActivityKind, Direction};

/// One line for the activity list; the words come from the catalogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Which way.
    pub direction: Direction,
    /// About what.
    pub kind: ActivityKind,
    /// Name of the sentence in the catalogue.
    pub message: &'static str,
    /// Facts for it.
    pub facts: Vec<(&'static str, String)>,
}

impl Note {
    /// A line without facts.
    pub fn new(direction: Direction, kind: ActivityKind, message: &'static str) -> Self {
        Self { direction, kind, message, facts: Vec::new() }
    }
    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push((name, value.into()));
        self
    }
}

/// A text that did not win a conflict: kept, never thrown away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lost {
    /// Which field, as `summary`.
    pub field: String,
    /// It was our side's text that won.
    pub ours_won: bool,
    /// What stays, as JSON.
    pub kept: String,
    /// What was overruled, as JSON.
    pub lost: String,
}

/// A value as a record keeps it.
pub(crate) fn as_json<T: serde::Serialize>(value: Option<&T>) -> String {
    // Our own types: none refuses to serialise.
    value.and_then(|v| serde_json::to_string(v).ok()).unwrap_or_else(|| "null".to_owned())
}
