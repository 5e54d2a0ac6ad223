//! What a refused write means for people.

use twinline_model::asked::{AskedField, AskedKind};
use twinline_model::problem::{ProblemCode, Trouble};
use twinline_model::text::clean_line;
use twinline_trackers::NotApplied;

/// Longer lists of names are cut in sentences.
const LONGEST: usize = 300;

/// What a refused write means for the one issue it concerns; `None`: it concerns the whole connection, and heals or
/// is told elsewhere.
pub(crate) fn from_refusal(why: &NotApplied, file: Option<&str>) -> Option<Trouble> {
    match why {
        NotApplied::NotSent(_) | NotApplied::SignIn | NotApplied::SlowDown { .. } => None,
        NotApplied::Forbidden(detail) => {
            Some(Trouble::new(ProblemCode::PermissionLost).with("permission", detail))
        }
        NotApplied::NotFound => Some(Trouble::new(ProblemCode::IssueGone)),
        NotApplied::RequiredFields { fields } => Some(asking(ProblemCode::RequiredField, fields)),
        NotApplied::ChoiceRefused { fields, words } => {
            Some(asking(ProblemCode::ChoiceRefused, fields).with("detail", words))
        }
        NotApplied::Full(_) => Some(Trouble::new(ProblemCode::IssueFull)),
        NotApplied::TooLarge => Some(Trouble::new(ProblemCode::AttachmentTooLarge)),
        NotApplied::Refused(detail) => {
            let code =
                if file.is_some() { ProblemCode::AttachmentRefused } else { ProblemCode::IssueRefused };
            Some(Trouble::new(code).with("detail", detail))
        }
    }
}

/// The fields that a refused create demands.
pub(crate) fn asked(why: &NotApplied) -> &[AskedField] {
    match why {
        NotApplied::RequiredFields { fields } | NotApplied::ChoiceRefused { fields, .. } => fields,
        _ => &[],
    }
}

fn asking(code: ProblemCode, fields: &[AskedField]) -> Trouble {
    let all =
        |part: fn(&AskedField) -> &str, between| fields.iter().map(part).collect::<Vec<_>>().join(between);
    let names = clean_line(&all(|f| &f.name, ", "), LONGEST);
    let fillable = if fields.iter().any(|f| f.kind != AskedKind::Other) { "yes" } else { "no" };
    Trouble::new(code).with("field", names).with("asks", all(|f| &f.id, " ")).with("fillable", fillable)
}
