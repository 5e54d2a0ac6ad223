//! Values of fields beyond those that every connection syncs, as a priority or labels: they travel in Script mode only, where
//! rules name them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::text::clean_line;

/// The priority's name, as the project calls it.
pub const PRIORITY: &str = "priority";
/// Labels, each one word.
pub const LABELS: &str = "labels";
/// The status's name. It is never part of a create, and no edit writes it together with other fields: trackers change it by
/// a request of its own.
pub const STATUS: &str = "status";
/// Those that rules can name.
pub const KNOWN: [&str; 3] = [LABELS, PRIORITY, STATUS];

/// Fields of one issue in one replica, at most; the others are left out.
pub const MOST_EXTRAS: usize = 100;
/// Characters of a field's name, at most.
const MOST_NAME: usize = 100;
/// Characters of a text, at most.
const MOST_TEXT: usize = 1_000;
/// Texts of one field, at most.
const MOST_TEXTS: usize = 200;

/// What such a field holds: on the wire `null`, a text or a list of texts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Extra {
    /// Nothing stands there.
    #[default]
    Nothing,
    /// One line.
    Text(String),
    /// Several of which the order means nothing.
    Texts(BTreeSet<String>),
}

impl Extra {
    /// Whether it can travel: no control characters, not too much text, not too many.
    pub fn fits(&self) -> bool {
        let line = |text: &String| clean_line(text, MOST_TEXT) == *text;
        match self {
            Self::Nothing => true,
            Self::Text(text) => line(text),
            Self::Texts(texts) => texts.len() <= MOST_TEXTS && texts.iter().all(line),
        }
    }

    /// As the field of this name holds it: several labels that stand in one line, as in a changelog, are several.
    #[must_use]
    pub fn shaped(self, name: &str) -> Self {
        match self {
            Self::Text(line) if name == LABELS => {
                Self::Texts(line.split_whitespace().map(str::to_owned).collect())
            }
            other => other,
        }
    }

    /// Nothing stands there: an empty list says the same as none.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Text(text) => text.is_empty(),
            Self::Texts(texts) => texts.is_empty(),
        }
    }

    /// As a changelog shows it: several texts in one line, with spaces between them.
    pub fn words(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text.clone(),
            Self::Texts(texts) => texts.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        }
    }
}

/// Fields by the names that the tracker calls them by in its interface (`priority`, `labels`).
pub type Extras = BTreeMap<String, Extra>;

/// Whether something that a partner named can be the name of a further field at all.
pub fn is_field_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let own = ["summary", "description", "issuetype", "comment", "attachment"];
    (1..=MOST_NAME).contains(&name.len()) && name.chars().all(fits) && !own.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_the_wire_is_null_a_text_or_a_list() {
        let labels = Extra::Texts(["b", "a"].map(str::to_owned).into());
        for (value, json) in
            [(Extra::Nothing, "null"), (Extra::Text("High".into()), "\"High\""), (labels, "[\"a\",\"b\"]")]
        {
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(serde_json::from_str::<Extra>(json).unwrap(), value);
        }
        assert!(serde_json::from_str::<Extra>("{\"a\":1}").is_err());
    }

    #[test]
    fn what_cannot_travel_is_told() {
        let texts = |count: usize| Extra::Texts((0..count).map(|n| format!("l{n}")).collect());
        assert!(texts(MOST_TEXTS).fits() && !texts(MOST_TEXTS + 1).fits());
        let text = |text: String| Extra::Text(text).fits();
        assert!(
            text("x".repeat(MOST_TEXT)) && !text("x".repeat(MOST_TEXT + 1)) && !text("High\u{202e}".into())
        );
        assert!(
            is_field_name("customfield_10010")
                && !is_field_name("a b")
                && !is_field_name("summary")
                && !is_field_name("")
        );
        assert!(Extra::Texts(BTreeSet::new()).is_empty() && !texts(1).is_empty());
    }
}
