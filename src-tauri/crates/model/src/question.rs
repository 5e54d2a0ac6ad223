//! Whether two issues that exist already become a pair: one side asks, a person of the other says yes or no.
//!
//! A yes counts for one question, and a question names exactly two issues: the asker's by its origin and key, the receiver's by
//! the key that the asker typed. It is used up by the pair that it makes.

use serde::{Deserialize, Serialize};

use crate::pair::Side;
use crate::{IssueId, Origin};

/// Questions of one side that wait for an answer, on one connection.
pub const MOST_QUESTIONS: usize = 200;

/// Questions that a partner may ask within 24 hours, on one connection, whatever becomes of them.
pub const MOST_A_DAY: usize = 500;

/// A question as it travels.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Question {
    /// Drawn at random by the asker: 32 hexadecimal digits, never used again.
    pub id: String,
    /// Where the asker's issue was born.
    pub origin: Origin,
    /// The asker's key for it, for people.
    pub key: String,
    /// Where people of the asker's company read it.
    pub link: String,
    /// Its summary, where the asker's rules let it leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The receiver's key of the other issue.
    pub wanted: String,
}

/// What one side says of a question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "q", rename_all = "snake_case")]
pub enum Said {
    /// By the asker: shall these two become a pair?
    Asked(Question),
    /// By the asker: nobody has to answer any more, and a yes that is on its way counts for nothing.
    Withdrawn {
        /// Which question.
        id: String,
    },
    /// By the receiver: a person said yes.
    Agreed {
        /// Which question.
        id: String,
        /// Where the receiver's issue was born.
        origin: Origin,
        /// The origin that the pair goes by: the lower of the two.
        pair: Origin,
        /// The receiver's key.
        key: String,
        /// Where people of the receiver's company read it.
        link: String,
    },
    /// By the receiver: a person said no, or the issue cannot be connected.
    Declined {
        /// Which question.
        id: String,
        /// [`DECLINED`] or [`UNAVAILABLE`]; a later version may know more.
        code: String,
    },
}

/// A person said no.
pub const DECLINED: &str = "declined";
/// The issue is none that could be connected. Which of the reasons it is stays at home: a partner must not find out by asking.
pub const UNAVAILABLE: &str = "unavailable";

/// How far a question is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionState {
    /// Ours: the partner has not answered.
    Asked,
    /// Ours: the answer was no.
    Refused,
    /// Ours: it counts no more, and the partner is told.
    Withdrawn,
    /// Theirs: nobody has looked yet which issue of ours it names.
    Arrived,
    /// Theirs: it waits for our people.
    Open,
    /// Theirs: our people said yes; the pair is made when the asker confirms it.
    Agreed,
    /// Theirs: the answer was no.
    Declined,
}

/// A question as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// As it travels.
    pub question: Question,
    /// Who asked.
    pub by: Side,
    /// How far it is.
    pub state: QuestionState,
    /// Our issue, once it was read.
    pub issue: Option<IssueId>,
    /// Our key, as it was when the question was asked, or read.
    pub ours: String,
    /// Our summary, for our people.
    pub title: String,
    /// Where our people read our issue.
    pub url: String,
    /// The partner's key: as they said it, or as our people typed it.
    pub theirs: String,
    /// Ours: the version of the rules of Script mode that said what of it leaves.
    pub rules: Option<u64>,
    /// Why it was refused: a code of [`Said::Declined`].
    pub reason: String,
    /// The partner was told how it stands.
    pub told: bool,
    /// When it was asked, or came, ms since 1970.
    pub at_ms: i64,
}

impl Kept {
    /// Somebody still has to say something, or to confirm it.
    pub fn is_open(&self) -> bool {
        use QuestionState as S;
        matches!(self.state, S::Asked | S::Arrived | S::Open | S::Agreed)
    }
}
