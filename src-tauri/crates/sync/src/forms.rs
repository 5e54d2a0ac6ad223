//! How the partner's values look in our tracker: the engine's [`Forms`] over a tracker and its project's types.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use twinline_engine::Forms;
use twinline_model::connection::Connection;
use twinline_model::document::{Block, Inline, Mark};
use twinline_model::notice::Says;
use twinline_model::observed::{IssueTypes, mirror_type};
use twinline_model::pair::Attachment;
use twinline_model::rest::REST_FILE;
use twinline_model::{BlobHash, Document, Rest};
use twinline_trackers::markdown::to_markdown;
use twinline_trackers::{Divided, Tracker};

use crate::Machine;
use crate::perform::megabytes;

/// Everything that a value's form depends on, read before the plan is made.
pub struct ProjectForms<M> {
    /// Says the words around a comment.
    pub machine: Arc<M>,
    /// Ours.
    pub tracker: Arc<dyn Tracker>,
    /// Those of our project.
    pub types: IssueTypes,
    /// The admin's choice, before the project's own default.
    pub default_type: Option<String>,
    /// The partner's name, for people.
    pub partner: String,
    /// Whether a comment says who wrote it, and when.
    pub name_authors: bool,
}

impl<M: Machine> Forms for ProjectForms<M> {
    fn summary(&self, theirs: &str) -> String {
        self.tracker.summary_as_written(theirs)
    }

    fn text(&self, theirs: &Document) -> Document {
        beginning(self.tracker.as_ref(), theirs, &self.machine.goes_on_words(REST_FILE))
    }

    fn rest(&self, theirs: &Document) -> Option<Rest> {
        rest(self.tracker.as_ref(), theirs, &self.machine.goes_on_words(REST_FILE))
    }

    fn issue_type(&self, theirs: &str) -> Option<String> {
        let ours: Vec<_> = self.types.types.iter().map(|t| (t.name.clone(), t.subtask)).collect();
        let default = self.default_type.as_deref().or(self.types.default_type.as_deref());
        mirror_type(theirs, &ours, default)
    }

    fn comment(&self, author: &str, created_ms: i64, body: &Document) -> Option<Document> {
        let cut = self.machine.cut_words(&self.partner);
        if !self.name_authors {
            return Some(beginning(self.tracker.as_ref(), body, &cut));
        }
        let line = self.machine.attribution(&self.partner, created_ms);
        let line = vec![Inline::marked(author, [Mark::Strong]), Inline::text(format!(" {line}"))];
        // The line alone stands in the quotation: neither a quotation nor a panel may hold all that a comment can.
        let mut blocks = vec![Block::Quote { content: vec![Block::Paragraph { content: line }] }];
        blocks.extend(body.blocks.iter().cloned());
        Some(beginning(self.tracker.as_ref(), &Document { blocks }, &cut))
    }

    fn withdrawn(&self) -> Document {
        self.tracker.as_written(&Document::plain(&self.machine.withdrawn_words(&self.partner)))
    }

    fn notice(&self, file: &Attachment, says: Says) -> Document {
        let words = self.machine.notice_words(&self.partner, &file.file_name, &megabytes(file.size), says);
        self.tracker.as_written(&Document::plain(&words))
    }
}

/// A text as it comes back; if it is longer than the tracker takes, its beginning and the sentence.
fn beginning(tracker: &dyn Tracker, text: &Document, told: &str) -> Document {
    match tracker.divide(text, told) {
        Some(divided) => tracker.as_written(&divided.beginning),
        None => tracker.as_written(text),
    }
}

/// What comes after it, and the file that holds it.
fn rest(tracker: &dyn Tracker, text: &Document, told: &str) -> Option<Rest> {
    let Divided { rest: text, depth, .. } = tracker.divide(text, told)?;
    let file = RestFile::of(&text);
    Some(Rest { depth, told: told.to_owned(), size: file.size(), sha256: file.sha256, text })
}

/// The file with the rest of a description.
pub(crate) struct RestFile {
    /// Markdown, UTF-8.
    pub(crate) bytes: Vec<u8>,
    /// Their hash.
    pub(crate) sha256: BlobHash,
}

impl RestFile {
    pub(crate) fn of(rest: &Document) -> Self {
        let bytes = to_markdown(rest).into_bytes();
        let sha256 = BlobHash::new(hex::encode(Sha256::digest(&bytes)));
        Self { bytes, sha256 }
    }
    /// Bytes.
    pub(crate) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// The forms that need nothing but the tracker: enough to see that what stands here is what the partner sent.
pub(crate) struct Shapes {
    tracker: Option<Arc<dyn Tracker>>,
    /// Stands behind the beginning of a text that goes on.
    told: String,
}

impl Shapes {
    /// Those of a connection's tracker; without a sign-in every value has its own form.
    pub(crate) async fn of<M: Machine>(machine: &M, connection: &Connection) -> Self {
        let wanted = connection.account.clone();
        let tracker = match machine.read(move |tx| tx.account(&wanted)).await {
            Ok(Some(account)) => machine.tracker(&account).await.ok(),
            _ => None,
        };
        Self { tracker, told: machine.goes_on_words(REST_FILE) }
    }

    /// Every value has its own form.
    pub(crate) fn none() -> Self {
        Self { tracker: None, told: String::new() }
    }

    /// Those of a tracker.
    pub(crate) fn from<M: Machine>(machine: &M, tracker: &Arc<dyn Tracker>) -> Self {
        Self { tracker: Some(tracker.clone()), told: machine.goes_on_words(REST_FILE) }
    }
}

impl Forms for Shapes {
    fn summary(&self, theirs: &str) -> String {
        self.tracker.as_ref().map_or_else(|| theirs.to_owned(), |t| t.summary_as_written(theirs))
    }
    fn text(&self, theirs: &Document) -> Document {
        self.tracker.as_ref().map_or_else(|| theirs.clone(), |t| beginning(t.as_ref(), theirs, &self.told))
    }
    fn rest(&self, theirs: &Document) -> Option<Rest> {
        self.tracker.as_ref().and_then(|t| rest(t.as_ref(), theirs, &self.told))
    }
    fn issue_type(&self, theirs: &str) -> Option<String> {
        Some(theirs.to_owned())
    }
    fn comment(&self, _: &str, _: i64, body: &Document) -> Option<Document> {
        Some(self.text(body))
    }
    fn withdrawn(&self) -> Document {
        Document::default()
    }
    fn notice(&self, _: &Attachment, _: Says) -> Document {
        Document::default()
    }
}
