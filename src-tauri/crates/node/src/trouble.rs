//! From the errors of other rooms to troubles with facts.

use twinline_link::address::AddressError;
use twinline_link::invitation::InvitationError;
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_trackers::ReadError;

use crate::time::{minute, now_ms};

/// A read from a tracker that a person is waiting for.
pub(crate) fn from_read(error: &ReadError, site: &str) -> Trouble {
    let code = match error {
        ReadError::SignIn => ProblemCode::SignInExpired,
        ReadError::Forbidden(_) => ProblemCode::PermissionLost,
        ReadError::NotFound => ProblemCode::ProjectUnknown,
        ReadError::SlowDown { .. } | ReadError::Unreachable(_) | ReadError::Unavailable(_) => {
            ProblemCode::SiteUnreachable
        }
        ReadError::Clock(_) => ProblemCode::ClockWrong,
        ReadError::ProxySignIn => ProblemCode::ProxySignIn,
        ReadError::Untrusted(_) => ProblemCode::CertificateUntrusted,
        ReadError::Moved(_) => ProblemCode::SiteMoved,
        ReadError::Refused(_) | ReadError::Odd(_) => ProblemCode::TrackerOdd,
    };
    let to = if let ReadError::Moved(to) = error { to.as_str() } else { "" };
    Trouble::new(code)
        .with("site", site)
        .with("address", site)
        .with("to", to)
        .with("detail", error.to_string())
        .with("project", "")
        .with("permission", "")
        .with("time", minute(now_ms()))
}

/// A code that could not be read.
pub(crate) fn from_invitation(error: &InvitationError) -> Trouble {
    match error {
        InvitationError::Absent => Trouble::new(ProblemCode::InvitationAbsent),
        InvitationError::Incomplete { missing } => {
            Trouble::new(ProblemCode::InvitationIncomplete).with("missing", missing.to_string())
        }
        InvitationError::Typo => Trouble::new(ProblemCode::InvitationTypo),
        InvitationError::TooNew => Trouble::new(ProblemCode::InvitationTooNew),
        InvitationError::IsToken => Trouble::new(ProblemCode::InvitationIsToken),
        InvitationError::Foreign => Trouble::new(ProblemCode::InvitationForeign),
    }
}

/// An address that may not be called.
pub(crate) fn from_address(_: &AddressError, address: &str, code: ProblemCode) -> Trouble {
    Trouble::new(code).with("address", address)
}
