//! How a call to a tracker can fail.

use std::time::Duration;

use twinline_model::asked::AskedField;

/// A read that gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The sign-in is not accepted (401, or we turned out to be somebody else).
    #[error("the tracker does not accept the sign-in")]
    SignIn,
    /// The account may not do this; the tracker's own words.
    #[error("the tracker forbids it: {0}")]
    Forbidden(String),
    /// Not there, or hidden from us.
    #[error("the tracker has no such thing")]
    NotFound,
    /// Asked to slow down.
    #[error("the tracker asks to wait {} ms", wait.as_millis())]
    SlowDown {
        /// For how long, at least.
        wait: Duration,
    },
    /// The tracker refuses the question itself (a filter, a field); its own words.
    #[error("the tracker refuses the question: {0}")]
    Refused(String),
    /// No answer, or one from something in between: temporary.
    #[error("no answer from the tracker: {0}")]
    Unreachable(String),
    /// The site itself says that it does not work now (5xx), as under maintenance: temporary, and nobody's task.
    #[error("the tracker is unavailable: {0}")]
    Unavailable(String),
    /// The site's certificate is not valid yet, or no longer, at the time that this computer's clock shows.
    #[error("the site's certificate does not fit this computer's clock: {0}")]
    Clock(String),
    /// The proxy of our network asks for a sign-in: the site was not reached.
    #[error("the network's proxy asks for a sign-in")]
    ProxySignIn,
    /// Whoever answers shows a certificate that this computer does not trust; nothing was sent there.
    #[error("the certificate is not trusted: {0}")]
    Untrusted(String),
    /// The site has another name now, where it says that it lives (`new-acme.atlassian.net`). Nothing was sent there.
    #[error("the site has moved to {0}")]
    Moved(String),
    /// An answer that we do not understand. Never a secret in it.
    #[error("an unexpected answer from the tracker: {0}")]
    Odd(String),
}

/// A write that is not known to have worked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Proved: it took no effect.
    #[error("not applied: {0}")]
    NotApplied(#[from] NotApplied),
    /// Nobody knows: time-out, reset, 5xx, an answer from a proxy, one that cannot be read.
    #[error("unknown whether it was applied: {0}")]
    Unknown(String),
}

/// Why a write took no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApplied {
    /// The request never left, or the tracker was never reached.
    #[error("the tracker was not reached: {0}")]
    NotSent(String),
    /// The sign-in is not accepted.
    #[error("the tracker does not accept the sign-in")]
    SignIn,
    /// The account may not do this; the tracker's own words.
    #[error("the tracker forbids it: {0}")]
    Forbidden(String),
    /// The issue or comment is not there, or hidden.
    #[error("the tracker has no such thing")]
    NotFound,
    /// Asked to slow down.
    #[error("the tracker asks to wait {} ms", wait.as_millis())]
    SlowDown {
        /// For how long, at least.
        wait: Duration,
        /// Only the writes of the issue that was written to have to wait; others may go on.
        issue_only: bool,
    },
    /// Required fields without a value.
    #[error("required fields are missing: {}", names(fields))]
    RequiredFields {
        /// Each with what it allows; of the kind `Other` where that could not be read.
        fields: Vec<AskedField>,
    },
    /// A value that was chosen for a required field is not allowed (any more).
    #[error("not allowed for {}: {words}", names(fields))]
    ChoiceRefused {
        /// The fields, each with what it allows now.
        fields: Vec<AskedField>,
        /// The tracker's own words.
        words: String,
    },
    /// Larger than the tracker takes.
    #[error("too large")]
    TooLarge,
    /// The issue has as many comments or attachments as the tracker allows; the tracker's own words.
    #[error("the issue is full: {0}")]
    Full(String),
    /// Refused for another reason; the tracker's own words.
    #[error("refused: {0}")]
    Refused(String),
}

impl From<ReadError> for WriteError {
    /// Only for reads that precede a write: nothing was written then.
    fn from(error: ReadError) -> Self {
        WriteError::NotApplied(match error {
            ReadError::SignIn => NotApplied::SignIn,
            ReadError::Forbidden(words) => NotApplied::Forbidden(words),
            ReadError::NotFound => NotApplied::NotFound,
            ReadError::SlowDown { wait } => NotApplied::SlowDown { wait, issue_only: false },
            ReadError::Refused(words) => NotApplied::Refused(words),
            ReadError::Unreachable(words)
            | ReadError::Unavailable(words)
            | ReadError::Clock(words)
            | ReadError::Untrusted(words)
            | ReadError::Moved(words)
            | ReadError::Odd(words) => NotApplied::NotSent(words),
            ReadError::ProxySignIn => {
                NotApplied::NotSent("the network's proxy asks for a sign-in".to_owned())
            }
        })
    }
}

/// Fields as people know them.
fn names(fields: &[AskedField]) -> String {
    fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")
}
