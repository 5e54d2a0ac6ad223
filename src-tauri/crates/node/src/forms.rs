//! How the partner's values look in our tracker: the engine's [`Forms`] over a tracker and its project's types.

use std::sync::Arc;

use twinline_engine::{Forms, rules::mirror_type};
use twinline_model::Document;
use twinline_model::document::{Block, Inline, Mark};
use twinline_model::observed::IssueTypes;
use twinline_trackers::Tracker;

use crate::time::day_utc;
use crate::words::say;

/// Everything that a value's form depends on, read before the plan is made.
pub(crate) struct ProjectForms {
    pub(crate) tracker: Arc<dyn Tracker>,
    pub(crate) types: IssueTypes,
    /// The admin's choice, before the project's own default.
    pub(crate) default_type: Option<String>,
    pub(crate) partner: String,
}

impl Forms for ProjectForms {
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
        let rest = say("comment-attribution", &[("company", &self.partner), ("time", &day_utc(created_ms))]);
        let line = vec![Inline::marked(author, [Mark::Strong]), Inline::text(format!(" {rest}"))];
        let mut blocks = vec![Block::Paragraph { content: line }];
        blocks.extend(body.blocks.iter().cloned());
        self.tracker.as_written(&Document { blocks })
    }
}
