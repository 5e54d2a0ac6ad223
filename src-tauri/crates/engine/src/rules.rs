//! The sync rules as data, and the forms that a tracker gives to what is written.

use twinline_model::extra::Extra;
use twinline_model::notice::Says;
use twinline_model::pair::Attachment;
use twinline_model::{Document, Rest};

/// What is synced and how. Basic rules are generated, and nobody edits them (`seed.txt`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Summaries travel.
    pub summary: bool,
    /// Descriptions travel.
    pub description: bool,
    /// Types travel, mirrored by name.
    pub issue_type: bool,
    /// Comments travel, and arrive as public comments; restricted ones never leave.
    pub comments: bool,
    /// Internal comments of a service project travel as well.
    pub internal_comments: bool,
    /// Attachments travel.
    pub attachments: bool,
    /// In Script mode, which version of its rules is in force: what leaves is what they made of an issue
    /// ([`twinline_model::observed::Leaving`]), and nothing else. `None` in Basic mode.
    pub script: Option<u64>,
}

impl Rules {
    /// The rules of Basic mode. Internal comments stay at home unless the admin said that they leave.
    pub fn basic() -> Self {
        let (summary, description, issue_type, comments, attachments) = (true, true, true, true, true);
        Self {
            summary,
            description,
            issue_type,
            comments,
            internal_comments: false,
            attachments,
            script: None,
        }
    }
}

/// How a value of the partner's looks in our tracker. Pure: the same answer for the same value.
pub trait Forms {
    /// The summary as our tracker will give it back.
    fn summary(&self, theirs: &str) -> String;
    /// The text as our tracker will give it back: its beginning, and where it goes on, if it is longer than the tracker takes.
    fn text(&self, theirs: &Document) -> Document;
    /// What of the text comes after [`Forms::text`]; `None`: that is all of it.
    fn rest(&self, theirs: &Document) -> Option<Rest>;
    /// Our type for theirs: the same name where the project has it, else the default; `None`: the project has no type.
    fn issue_type(&self, theirs: &str) -> Option<String>;
    /// Our value for theirs in a further field where `stands` stands: the same, where our rules leave the field alone.
    fn extra(&self, _name: &str, _theirs: &Extra, stands: &Extra) -> Extra {
        stands.clone()
    }
    /// The comment with its author's line, as our tracker will give it back; `None`: our rules leave it out.
    fn comment(&self, author: &str, created_ms: i64, body: &Document) -> Option<Document>;
    /// Which of these files of the partner's our rules take in, in their order.
    fn takes(&self, files: &[&Attachment]) -> Vec<bool> {
        vec![true; files.len()]
    }
    /// What stands in place of a comment that the partner's people no longer show, as our tracker will give it back.
    fn withdrawn(&self) -> Document;
    /// The line that stands in place of a file of the partner's, as our tracker will give it back.
    fn notice(&self, file: &Attachment, says: Says) -> Document;
}

/// The form of one field's values.
pub(crate) trait Form<T> {
    /// As our tracker will give it back.
    fn of(&self, theirs: &T) -> T;
    /// What of it does not stand there.
    fn rest(&self, _theirs: &T) -> Option<Rest> {
        None
    }
}

impl<T, F: Fn(&T) -> T> Form<T> for F {
    fn of(&self, theirs: &T) -> T {
        self(theirs)
    }
}

/// The form of a description.
pub(crate) struct TextForm<'a>(pub(crate) &'a dyn Forms);

impl Form<Document> for TextForm<'_> {
    fn of(&self, theirs: &Document) -> Document {
        self.0.text(theirs)
    }
    fn rest(&self, theirs: &Document) -> Option<Rest> {
        self.0.rest(theirs)
    }
}
