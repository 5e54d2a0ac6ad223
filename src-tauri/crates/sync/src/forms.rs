//! How the partner's values look in our tracker: the engine's [`Forms`] over a tracker and its project's types.

use std::sync::Arc;

use twinline_engine::{Forms, rules::mirror_type};
use twinline_model::Document;
use twinline_model::connection::Connection;
use twinline_model::document::{Block, Inline, Mark};
use twinline_model::observed::IssueTypes;
use twinline_trackers::Tracker;

use crate::Machine;

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
        self.tracker.as_written(theirs)
    }

    fn issue_type(&self, theirs: &str) -> Option<String> {
        let ours: Vec<_> = self.types.types.iter().map(|t| (t.name.clone(), t.subtask)).collect();
        let default = self.default_type.as_deref().or(self.types.default_type.as_deref());
        mirror_type(theirs, &ours, default)
    }

    fn comment(&self, author: &str, created_ms: i64, body: &Document) -> Document {
        if !self.name_authors {
            return self.tracker.as_written(body);
        }
        let line = self.machine.attribution(&self.partner, created_ms);
        let line = vec![Inline::marked(author, [Mark::Strong]), Inline::text(format!(" {line}"))];
        // The line alone stands in the quotation: neither a quotation nor a panel may hold all that a comment can.
        let mut blocks = vec![Block::Quote { content: vec![Block::Paragraph { content: line }] }];
        blocks.extend(body.blocks.iter().cloned());
        self.tracker.as_written(&Document { blocks })
    }

    fn withdrawn(&self) -> Document {
        self.tracker.as_written(&Document::plain(&self.machine.withdrawn_words(&self.partner)))
    }
}

/// The forms that need nothing but the tracker: enough to see that what stands here is what the partner sent.
pub(crate) struct Shapes(Option<Arc<dyn Tracker>>);

impl Shapes {
    /// Those of a connection's tracker; without a sign-in every value has its own form.
    pub(crate) async fn of<M: Machine>(machine: &M, connection: &Connection) -> Self {
        let wanted = connection.account.clone();
        match machine.read(move |tx| tx.account(&wanted)).await {
            Ok(Some(account)) => Self(machine.tracker(&account).await.ok()),
            _ => Self::none(),
        }
    }

    /// Every value has its own form.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Those of a tracker.
    pub(crate) fn from(tracker: &Arc<dyn Tracker>) -> Self {
        Self(Some(tracker.clone()))
    }
}

impl Forms for Shapes {
    fn summary(&self, theirs: &str) -> String {
        self.0.as_ref().map_or_else(|| theirs.to_owned(), |t| t.summary_as_written(theirs))
    }
    fn text(&self, theirs: &Document) -> Document {
        self.0.as_ref().map_or_else(|| theirs.clone(), |t| t.as_written(theirs))
    }
    fn issue_type(&self, theirs: &str) -> Option<String> {
        Some(theirs.to_owned())
    }
    fn comment(&self, _: &str, _: i64, body: &Document) -> Document {
        self.text(body)
    }
    fn withdrawn(&self) -> Document {
        Document::default()
    }
}
