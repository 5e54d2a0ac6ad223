//! Two issues that exist already, and the question whether they become a pair.

use serde::{Deserialize, Serialize};

use super::TextOf;
use crate::ConnectionId;

/// How far a question is, for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum QuestionStanding {
    /// Ours: the partner's people have not answered.
    WaitingForPartner,
    /// Ours: the partner's version of Twinline is too old for it. It goes when they have updated.
    NeedsUpdate,
    /// Ours: the partner's people said no.
    Declined,
    /// Ours: the partner's issue cannot be connected.
    Unavailable,
    /// Theirs: it waits for our people.
    WaitingForYou,
    /// Theirs: our people said yes, and the partner's node has yet to confirm it.
    Agreed,
}

view! {
    /// A question whether two issues become a pair.
    pub struct QuestionView {
        /// Its id.
        id: String,
        /// On which connection.
        connection: ConnectionId,
        /// What we call the partner.
        partner_name: String,
        /// Who asked.
        by: TextOf,
        /// How far it is.
        state: QuestionStanding,
        /// Our key.
        ours: String,
        /// Where it is read.
        ours_url: Option<String>,
        /// Our summary; empty: not read yet.
        ours_title: String,
        /// The partner's key.
        theirs: String,
        /// Where their people read it.
        theirs_url: Option<String>,
        /// Their summary, as far as they let it leave.
        theirs_title: Option<String>,
        /// How it stands, as a sentence.
        sentence: String,
        /// Since when.
        since: String,
    }

    /// The questions of a connection, for a page.
    pub struct QuestionsView {
        /// The partner's version of Twinline is known to be too old to answer: a new question would wait until they have updated.
        needs_update: bool,
        /// Those that wait for an answer, or whose answer was no and nobody has read.
        questions: Vec<QuestionView>,
    }

    /// Our issue, before anybody is asked about it.
    pub struct QuestionPreview {
        /// Its key of today.
        issue: String,
        /// Where it is read.
        url: String,
        /// Its summary.
        title: String,
        /// What the partner reads of it before they answer, beside the key; `None`: our rules keep the summary here.
        told: Option<String>,
        /// The partner's key, as it was understood.
        theirs: String,
    }
}
