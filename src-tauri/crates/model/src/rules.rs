//! The sync rules of a connection, as people see them.
//!
//! The JSON is a promise like the rest of the views: fields may be added, never renamed.

use serde::{Deserialize, Serialize};

use crate::connection::Mode;

macro_rules! view {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* pub $field:ident: $kind:ty,)* })+) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        pub struct $name { $($(#[$fmeta])* pub $field: $kind,)* }
    )+};
}

/// Which of a connection's rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum RuleDirection {
    /// What leaves.
    Outgoing,
    /// What is written here.
    Incoming,
}

impl RuleDirection {
    /// From the fact `direction` of a problem.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Outgoing, Self::Incoming].into_iter().find(|direction| direction.as_str() == word)
    }

    /// As the fact `direction` of a problem.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outgoing => "outgoing",
            Self::Incoming => "incoming",
        }
    }
}

/// Which part of an issue a rule is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum RulePart {
    /// Whether the issue leaves at all.
    Issue,
    /// One line.
    Summary,
    /// Rich text.
    Description,
    /// The type's name.
    Type,
    /// A further field, which has a name.
    Field,
    /// A comment.
    Comment,
    /// A file.
    Attachment,
}

view! {
    /// The rules that are in force. In Basic mode: what they would be as text, which nobody edits.
    pub struct RulesView {
        /// Which rules.
        pub mode: Mode,
        /// Counts from 1 in Script mode; 0 in Basic mode.
        #[cfg_attr(feature = "specta", specta(type = u32))]
        pub version: u64,
        /// What leaves: Rhai, UTF-8.
        pub outgoing: String,
        /// What is written here.
        pub incoming: String,
    }

    /// A version that was saved.
    pub struct RulesVersion {
        /// Counts from 1.
        #[cfg_attr(feature = "specta", specta(type = u32))]
        pub version: u64,
        /// It is in force.
        pub in_force: bool,
        /// When, RFC 3339.
        pub saved_at: String,
        /// By whom; empty: nobody knows.
        pub saved_by: String,
        /// Which earlier version it brought back.
        #[cfg_attr(feature = "specta", specta(type = Option<u32>))]
        pub brings_back: Option<u64>,
        /// What leaves.
        pub outgoing: String,
        /// What is written here.
        pub incoming: String,
    }

    /// Where in a connection's rules.
    pub struct RulePlace {
        /// In which text.
        pub direction: RuleDirection,
        /// Counts from 1; 0: nobody knows where.
        pub line: u32,
    }

    /// Why rules cannot be saved, or broke off.
    pub struct RuleFault {
        /// In which text.
        pub direction: RuleDirection,
        /// Counts from 1; 0: nobody knows where.
        pub line: u32,
        /// Characters, from 1; 0: nobody knows where.
        pub column: u32,
        /// In words.
        pub sentence: String,
    }

    /// What tried rules would make of issues that are synced. Nothing was written.
    pub struct TrialView {
        /// The texts do not compile: nothing was tried.
        pub faults: Vec<RuleFault>,
        /// The newest issues, at most twenty.
        pub issues: Vec<TrialIssue>,
    }

    /// What they would make of one issue.
    pub struct TrialIssue {
        /// Our key.
        pub ours: Option<String>,
        /// The partner's.
        pub theirs: Option<String>,
        /// They break off at it.
        pub fault: Option<RuleFault>,
        /// What would be otherwise than with the rules in force.
        pub changes: Vec<TrialChange>,
    }

    /// One difference.
    pub struct TrialChange {
        /// Which way.
        pub direction: RuleDirection,
        /// Of what.
        pub part: RulePart,
        /// Whose comment, which file, or which field (`labels`).
        pub name: Option<String>,
        /// What the rules in force make of it, plain text; `None`: it does not travel, or is not written.
        pub now: Option<String>,
        /// What the tried rules would.
        pub then: Option<String>,
        /// It would be told to the partner as soon as the rules are saved; otherwise with the next change of the issue.
        pub at_once: bool,
    }
}
