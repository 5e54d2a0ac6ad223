//! Fields that a tracker demands in new issues and that no issue of the partner's brings along, and what our people chose
//! for them.
//!
//! A choice is ours: it goes to our tracker, and never into a replica.

use serde::{Deserialize, Serialize};

/// A field that our tracker demands in new issues of one type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AskedField {
    /// The tracker's id, as `customfield_10050`; one word.
    pub id: String,
    /// As people know it.
    pub name: String,
    /// What may be chosen for it.
    pub kind: AskedKind,
    /// The values that it allows, where there is a list of them; in the tracker's order.
    pub options: Vec<FieldOption>,
}

/// What may be chosen for a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum AskedKind {
    /// One of its options.
    Option,
    /// One or more of its options.
    Options,
    /// One line of text.
    Line,
    /// Rich text; a person writes plain text.
    Text,
    /// A number.
    Number,
    /// A day, as `2026-12-31`.
    Date,
    /// Nothing: it can be filled in the tracker alone.
    Other,
}

/// One of the values that a field allows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct FieldOption {
    /// The tracker's id.
    pub id: String,
    /// As people know it.
    pub name: String,
}

/// What is chosen for a field: what the adapter writes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChosenField {
    /// The field's id.
    pub field: String,
    /// The value.
    pub value: FieldValue,
}

/// A value of a field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum FieldValue {
    /// One of its options.
    Option(FieldOption),
    /// Some of its options.
    Options(Vec<FieldOption>),
    /// One line.
    Line(String),
    /// Plain text, for a field of rich text.
    Text(String),
    /// A number in JSON's spelling.
    Number(String),
    /// A day, as `2026-12-31`.
    Date(String),
}

impl FieldValue {
    /// As people read it.
    pub fn words(&self) -> String {
        match self {
            Self::Option(option) => option.name.clone(),
            Self::Options(options) => options.iter().map(|o| o.name.as_str()).collect::<Vec<_>>().join(", "),
            Self::Line(text) | Self::Text(text) | Self::Number(text) | Self::Date(text) => text.clone(),
        }
    }
}
