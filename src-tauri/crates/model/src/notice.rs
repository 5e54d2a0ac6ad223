//! The line that stands in our tracker in place of a file of the partner's.

use serde::{Deserialize, Serialize};

use crate::{CommentId, Origin};

/// A comment of ours that tells people here what became of a file which our tracker refused. It never travels.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// The file.
    pub file: Origin,
    /// Our tracker's comment; `None`: our tracker refused it, or somebody took it away.
    pub ours: Option<CommentId>,
    /// What it says.
    pub says: Says,
}

/// What a [`Notice`] says of its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// Our tracker does not take it: it stays with the partner.
    Stays,
    /// It is here after all.
    Came,
    /// The partner's people took it away.
    Gone,
}

impl Says {
    /// All of them, in the order of their versions.
    const ALL: [Self; 3] = [Self::Stays, Self::Came, Self::Gone];

    /// As the version of a write that says it: 1, 2 or 3.
    pub fn version(self) -> u64 {
        self as u64 + 1
    }
    /// What a write of this version said; the first, if it is not known which one stands there.
    pub fn of_version(version: u64) -> Self {
        Self::ALL.into_iter().find(|says| says.version() == version).unwrap_or(Self::Stays)
    }
}

/// Behind the name of the file.
const SUFFIX: &str = "/notice";

impl Origin {
    /// What the marker of a file's notice names: made on the side that writes it, and told to nobody.
    pub fn of_notice(file: &Self) -> Self {
        Self { node: file.node.clone(), item: format!("{}{SUFFIX}", file.item) }
    }
    /// The file whose notice has this name.
    pub fn noticed_file(&self) -> Option<Self> {
        let item = self.item.strip_suffix(SUFFIX)?;
        Some(Self { node: self.node.clone(), item: item.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_tells_what_it_said_and_a_name_its_file() {
        for says in Says::ALL {
            assert_eq!(Says::of_version(says.version()), says);
        }
        assert_eq!(Says::of_version(0), Says::Stays);
        let file = Origin { node: "n".into(), item: "acme.example/a/7".to_owned() };
        assert_eq!(Origin::of_notice(&file).noticed_file(), Some(file.clone()));
        assert_eq!(file.noticed_file(), None);
    }
}
