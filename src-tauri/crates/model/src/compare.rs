//! An issue and its twin, side by side, as people see them.
//!
//! We can read our own tracker; of the partner's we know what they told us and what we told them. So everything here says
//! two things: whether the two sides are alike as far as is known ([`Likeness`]), and what becomes of it ([`Way`]).
//!
//! The JSON is a promise like the rest of the views: fields may be added, never renamed.

use serde::{Deserialize, Serialize};

use crate::ConnectionId;
use crate::view::{PairStanding, TextOf, TroubleView};

/// Longer texts are cut for people, characters. Twice what Jira takes: a text of its own never is.
pub const LONGEST_TEXT: usize = 65_534;

/// Longer comments are cut, characters.
pub const LONGEST_COMMENT: usize = 2_000;

/// Comments, and files, that are shown one by one; the others are counted.
pub const MOST: usize = 200;

macro_rules! word {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident,)* })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vmeta])* $variant,)* }
    )+};
}

word! {
    /// A field of an issue.
    pub enum Part {
        /// One line.
        Summary,
        /// Rich text.
        Description,
        /// Its type, by name.
        Type,
    }

    /// Whether the two sides are alike, as far as is known here.
    pub enum Likeness {
        /// Equal.
        Same,
        /// Agreed: each tracker shows it in its own form.
        Form,
        /// Both have it, and they differ.
        Changed,
        /// The partner does not have it.
        OnlyOurs,
        /// We do not have it.
        OnlyTheirs,
    }

    /// What becomes of a difference.
    pub enum Way {
        /// Nothing is on its way.
        Settled,
        /// It stands in our tracker, and Twinline has not met it there yet.
        Unnoticed,
        /// It waits here to be told to the partner.
        ToPartner,
        /// The partner was told, and has not said yet that it got there.
        Sent,
        /// The partner told it, and it is still to be written to our tracker.
        ToUs,
        /// It stays as it is.
        Stays,
    }

    /// Why it is so, where that does not say itself.
    pub enum Why {
        /// It says itself.
        Plain,
        /// Another text was chosen or merged here, and is still to be written.
        Chosen,
        /// Both sides changed it at once.
        Both,
        /// The words are equal, the formatting is not.
        Formatting,
        /// It is told once more, because the two sides were found to differ.
        Again,
        /// Only some of our people may read the comment.
        Restricted,
        /// Our rules of Script mode keep it here.
        Rules,
        /// An internal comment of a service project.
        Internal,
        /// Nothing of our issue leaves: a security level stands on it.
        SecurityLevel,
        /// It was restricted here after it had left: it is taken back there.
        Withdrawn,
        /// It is no longer to be seen on our side, and stays on theirs.
        NotVisible,
        /// Somebody here changed what only repeats the partner's words.
        Foreign,
        /// A tracker refused it, or it cannot be read.
        Refused,
        /// Somebody took it away on our side.
        RemovedHere,
        /// Somebody took it away on theirs.
        RemovedThere,
        /// The file's bytes are still being fetched.
        Bytes,
        /// Twinline's own line in place of a file.
        Line,
        /// A second copy of a comment that landed late.
        Second,
        /// Another tool keeps changing it.
        Drift,
    }
}

macro_rules! view {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty,)* })+) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty,)* }
    )+};
}

view! {
    /// An issue and its twin.
    pub struct CompareView {
        /// Local to this node.
        pair: String,
        /// On which connection.
        connection: ConnectionId,
        /// As our company calls itself; empty: it has not said.
        company: String,
        /// As people call the partner.
        partner_name: String,
        /// Our key.
        ours: Option<String>,
        /// Where it is read.
        ours_url: Option<String>,
        /// Their key.
        theirs: Option<String>,
        /// Where it is read by their people.
        theirs_url: Option<String>,
        /// How the pair stands.
        state: PairStanding,
        /// How the connection stands: why nothing moves, if nothing does.
        connection_sentence: String,
        /// As of when our side is shown; `null`: it was never read.
        ours_at: Option<String>,
        /// Our side was read from our tracker for this answer.
        read_now: bool,
        /// Why it could not be; what is stored is shown.
        trouble: Option<TroubleView>,
        /// When the partner last told us anything; `null`: never.
        theirs_at: Option<String>,
        /// How many things differ, those included that stay so by the rules.
        differences: u32,
        /// How many of them stay as they are.
        staying: u32,
        /// One sentence about all of it.
        sentence: String,
        /// What else is to be known about it, a sentence each.
        notes: Vec<String>,
        /// Summary, description, type.
        fields: Vec<ComparedField>,
        /// What differs, and the newest of the others, in the order of the issue.
        comments: Vec<ComparedComment>,
        /// How many comments there are.
        comments_total: u32,
        /// How many of them are the same on both sides.
        comments_alike: u32,
        /// What differs, and the newest of the others, in the order of the issue.
        files: Vec<ComparedFile>,
        /// How many files there are.
        files_total: u32,
        /// How many of them are the same on both sides.
        files_alike: u32,
        /// How many texts both sides changed at once, ever; see `conflict list`.
        records: u32,
    }

    /// A text as it is shown.
    pub struct Excerpt {
        /// Its words, without formatting.
        text: String,
        /// How many characters were left out at the end.
        left_out: u32,
    }

    /// A field on both sides.
    pub struct ComparedField {
        /// Which.
        part: Part,
        /// Its name, for people.
        field: String,
        /// On our side; `null`: there is none.
        ours: Option<Excerpt>,
        /// On theirs, as far as it is known here; `null`: there is none, or it is not known.
        theirs: Option<Excerpt>,
        /// Whether the two are alike.
        likeness: Likeness,
        /// What becomes of it.
        way: Way,
        /// Why.
        why: Why,
        /// Whether the two are alike, in a word or two.
        label: String,
        /// What becomes of it, and why; empty: it says itself.
        sentence: String,
    }

    /// A comment on both sides.
    pub struct ComparedComment {
        /// Whose it is.
        by: TextOf,
        /// Who wrote it, where that is known.
        author: Option<String>,
        /// When.
        at: Option<String>,
        /// On our side; `null`: it is not there, or not for everybody's eyes.
        ours: Option<Excerpt>,
        /// On theirs, where it differs and is known here.
        theirs: Option<Excerpt>,
        /// Whether the two are alike.
        likeness: Likeness,
        /// What becomes of it.
        way: Way,
        /// Why.
        why: Why,
        /// Whether the two are alike, in a word or two.
        label: String,
        /// What becomes of it, and why; empty: it says itself.
        sentence: String,
    }

    /// A file on both sides.
    pub struct ComparedFile {
        /// Where it was born.
        by: TextOf,
        /// Its name.
        file_name: String,
        /// Its size in units of 1,000 bytes, rounded up.
        kilobytes: u32,
        /// Whether the two are alike.
        likeness: Likeness,
        /// What becomes of it.
        way: Way,
        /// Why.
        why: Why,
        /// Whether the two are alike, in a word or two.
        label: String,
        /// What becomes of it, and why; empty: it says itself.
        sentence: String,
    }
}

impl Likeness {
    /// Something to be named.
    pub fn differs(self) -> bool {
        !matches!(self, Self::Same | Self::Form)
    }
}

impl Excerpt {
    /// The beginning of a text, at most so many characters.
    pub fn of(text: &str, most: usize) -> Self {
        match text.char_indices().nth(most) {
            Some((at, _)) => Self {
                text: text[..at].to_owned(),
                left_out: u32::try_from(text[at..].chars().count()).unwrap_or(u32::MAX),
            },
            None => Self { text: text.to_owned(), left_out: 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_how_much_is_missing() {
        assert_eq!(Excerpt::of("äöü", 3), Excerpt { text: "äöü".to_owned(), left_out: 0 });
        assert_eq!(Excerpt::of("äöüß€", 3), Excerpt { text: "äöü".to_owned(), left_out: 2 });
    }
}
