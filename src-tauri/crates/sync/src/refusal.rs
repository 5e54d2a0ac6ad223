//! What a refused write means for people.

use twinline_model::problem::{ProblemCode, Trouble};
use twinline_trackers::NotApplied;

/// What a refused write means for the one issue it concerns; `None`: it concerns the whole connection, and heals or
/// is told elsewhere.
pub(crate) fn from_refusal(why: &NotApplied, file: Option<&str>) -> Option<Trouble> {
    match why {
        NotApplied::NotSent(_) | NotApplied::SignIn | NotApplied::SlowDown { .. } => None,
        NotApplied::Forbidden(detail) => {
            Some(Trouble::new(ProblemCode::PermissionLost).with("permission", detail))
        }
        NotApplied::NotFound => Some(Trouble::new(ProblemCode::IssueGone)),
        NotApplied::RequiredFields { fields } => {
            Some(Trouble::new(ProblemCode::RequiredField).with("field", fields.join(", ")))
        }
        NotApplied::TooLarge => Some(Trouble::new(ProblemCode::AttachmentTooLarge)),
        NotApplied::Refused(detail) => {
            let code =
                if file.is_some() { ProblemCode::AttachmentRefused } else { ProblemCode::IssueRefused };
            Some(Trouble::new(code).with("detail", detail))
        }
    }
}
