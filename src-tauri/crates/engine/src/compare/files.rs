//! Files on both sides.

use twinline_model::compare::{Likeness, Way, Why};
use twinline_model::observed::ObservedAttachment;
use twinline_model::pair::{Attachment, Gone, Side};
use twinline_model::rest::REST_FILE;

use super::{FileFinding, Finding, Look};

pub(super) fn compare(look: &Look<'_>) -> Vec<FileFinding> {
    // The rest of a description is part of that.
    let known = look.pair.attachments.iter().filter(|file| !file.made);
    let known = known.filter_map(|file| {
        let finding = known_file(look, file)?;
        Some(FileFinding { by: file.born, file_name: file.file_name.clone(), size: file.size, finding })
    });
    let listed = look.seen.iter().flat_map(|seen| &seen.attachments);
    let leaving = look.seen.and_then(|seen| seen.leaving.as_ref());
    let others = listed.filter(|seen| is_new(look, seen)).map(|seen| {
        let (way, why) = match look.outward(true, Why::Plain) {
            _ if leaving.is_some_and(|l| !l.attachments.contains(&seen.id)) => (Way::Stays, Why::Rules),
            (Way::ToPartner, why) => (Way::Unnoticed, why),
            other => other,
        };
        let finding = Finding::new(Likeness::OnlyOurs, way, why);
        FileFinding { by: Side::Ours, file_name: seen.file_name.clone(), size: seen.size, finding }
    });
    known.chain(others).collect()
}

/// How it stands with a file; `None`: it is on neither side.
fn known_file(look: &Look<'_>, file: &Attachment) -> Option<Finding> {
    let lists = |seen: &twinline_model::observed::ObservedIssue| {
        seen.attachments.iter().any(|a| file.ours.as_ref() == Some(&a.id))
    };
    // An issue that was never read lists nothing, which says nothing.
    let here = file.ours.is_some() && look.seen.is_none_or(lists);
    let inward = if look.active() { Way::ToUs } else { Way::Settled };
    let told = file.born == Side::Theirs || file.sent;
    match (file.gone, file.born) {
        (Gone::Both, _) if look.underway.gone.contains(&file.origin) => {
            let (way, why) = look.outward(false, Why::RemovedHere);
            Some(Finding::new(Likeness::OnlyTheirs, way, why))
        }
        (Gone::Both, _) => None,
        (Gone::Here, _) => told.then(|| {
            let (way, why) = look.outward(true, Why::RemovedHere);
            Finding::new(Likeness::OnlyTheirs, way, why)
        }),
        (Gone::There, _) => here.then(|| Finding::new(Likeness::OnlyOurs, inward, Why::RemovedThere)),
        (Gone::No, _) if file.ours.is_some() && !here => {
            told.then(|| Finding::new(Likeness::OnlyTheirs, Way::Stays, Why::NotVisible))
        }
        (Gone::No, Side::Theirs) if file.ours.is_some() => Some(Finding::SAME),
        (Gone::No, Side::Theirs) => Some(match file.stopped {
            Some(_) => Finding::new(Likeness::OnlyTheirs, Way::Stays, Why::Refused),
            None => Finding::new(Likeness::OnlyTheirs, inward, Why::Bytes),
        }),
        (Gone::No, Side::Ours) if file.stopped.is_some() => {
            Some(Finding::new(Likeness::OnlyOurs, Way::Stays, Why::Refused))
        }
        (Gone::No, Side::Ours) => {
            let (told, fetched) =
                (look.underway.files.contains(&file.origin), look.underway.offered.contains(&file.origin));
            let (way, why) = match (file.sent, told, fetched) {
                (false, _, _) => look.outward(true, Why::Plain),
                (true, true, _) => look.outward(false, Why::Plain),
                (true, false, true) => look.outward(false, Why::Bytes),
                (true, false, false) => return Some(Finding::SAME),
            };
            Some(Finding::new(Likeness::OnlyOurs, way, why))
        }
    }
}

/// One that the pair does not know, and that is no work of ours.
fn is_new(look: &Look<'_>, seen: &ObservedAttachment) -> bool {
    let known = |file: &Attachment| {
        file.ours.as_ref() == Some(&seen.id)
            // Perhaps the twin of one that is being uploaded.
            || (seen.by_us && file.ours.is_none() && file.size == seen.size && file.file_name == seen.file_name)
    };
    !(look.pair.attachments.iter().any(known) || (seen.by_us && seen.file_name == REST_FILE))
}
