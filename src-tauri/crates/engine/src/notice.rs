//! The line in place of a file that our tracker does not take (F62).
//!
//! People here would not know that there is a file. So a comment of ours says it, and says later what became of the file. Its
//! marker names the file, so that it is looked for and found again as a comment of the partner's is; but it was made here, and
//! the partner never hears of it. It is a courtesy: where it cannot be written, nothing waits for it.

use twinline_model::intent::Write;
use twinline_model::notice::{Notice, Says};
use twinline_model::pair::{Attachment, Gone, Pair, Side};
use twinline_model::problem::ProblemCode;
use twinline_model::{CommentId, Origin};

use crate::rules::Forms;

/// What keeps a file away for good. Whatever else stops it passes, or has a cause of its own.
const REFUSALS: [ProblemCode; 3] =
    [ProblemCode::AttachmentTooLarge, ProblemCode::AttachmentRefused, ProblemCode::IssueFull];

fn of<'a>(pair: &'a Pair, file: &Attachment) -> Option<&'a Notice> {
    pair.notices.iter().find(|notice| notice.file == file.origin)
}

/// What the line of a file is to say and does not yet; `None`: nothing is to be written.
fn due(pair: &Pair, file: &Attachment) -> Option<Says> {
    let notice = of(pair, file);
    let code = file.stopped.as_deref().unwrap_or_default();
    let refused = file.ours.is_none() && REFUSALS.iter().any(|refusal| refusal.as_str() == code);
    let wanted = match (notice, file.gone) {
        (None, Gone::No) if file.born == Side::Theirs && !file.made && refused => Says::Stays,
        // Nobody was told of it, or people here took it away themselves.
        (None, _) | (Some(_), Gone::Here) => return None,
        (Some(_), Gone::There | Gone::Both) => Says::Gone,
        (Some(_), Gone::No) if file.ours.is_some() => Says::Came,
        (Some(_), Gone::No) => Says::Stays,
    };
    let stands = notice.is_none_or(|notice| notice.ours.is_some() && notice.says != wanted);
    stands.then_some(wanted)
}

/// Whether a line is missing, or says what is no longer so.
pub(crate) fn is_notice_due(pair: &Pair) -> bool {
    pair.attachments.iter().any(|file| due(pair, file).is_some())
}

/// The next line that is to be written.
pub(crate) fn plan_notice(pair: &Pair, forms: &dyn Forms) -> Option<Write> {
    pair.attachments.iter().find_map(|file| {
        let (notice, says) = (of(pair, file), due(pair, file)?);
        let (origin, version) = (Origin::of_notice(&file.origin), says.version());
        let body = forms.notice(file, says);
        Some(match notice.and_then(|notice| notice.ours.clone()) {
            Some(comment) => Write::EditComment { origin, comment, version, body },
            None => Write::AddComment { origin, version, body },
        })
    })
}

/// A line was written, or met in our tracker as `ours`; `None`: there is none, and none will be. False: `origin` is not a
/// line's name.
pub fn noticed(pair: &mut Pair, origin: &Origin, ours: Option<CommentId>, says: Says) -> bool {
    let Some(file) = origin.noticed_file() else { return false };
    // One that may not be changed any more still stands there, and is nobody's comment.
    let stands = pair.notices.extract_if(.., |notice| notice.file == file).filter_map(|notice| notice.ours);
    let stands: Vec<_> = stands.filter(|id| ours.as_ref() != Some(id)).collect();
    pair.strays.extend(stands);
    pair.notices.push(Notice { file, ours, says });
    true
}

/// A comment with such a line's marker was met; the same line a second time stands aside. False: it is another's marker.
pub(crate) fn adopt_notice(pair: &mut Pair, origin: &Origin, ours: &CommentId) -> bool {
    let is_of = |notice: &&Notice| Origin::of_notice(&notice.file) == *origin && notice.ours.is_some();
    match pair.notices.iter().find(is_of) {
        Some(_) => pair.strays.push(ours.clone()),
        // What it says, nobody remembers: written once more it says the right thing.
        None => return noticed(pair, origin, Some(ours.clone()), Says::Stays),
    }
    true
}

/// Whether a comment of our tracker is such a line.
pub(crate) fn is_notice(pair: &Pair, comment: &CommentId) -> bool {
    pair.notices.iter().any(|notice| notice.ours.as_ref() == Some(comment))
}

/// A person wants to see tried again what was refused.
pub fn try_notices_again(pair: &mut Pair) {
    pair.notices.retain(|notice| notice.ours.is_some());
}
