//! Which issue of our project becomes part of a pair, and as what.

use twinline_model::connection::Connection;
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::Pair;
use twinline_model::{Origin, observed::Marker};

/// What an issue without a pair is to this connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Born here: it starts a pair, and travels.
    Born,
    /// A twin that we made before we could write it down.
    Twin(Origin),
    /// Not synced on this connection.
    No,
}

/// Judges an issue that no pair of this connection has.
///
/// `marker` is the issue's marker after its MAC was verified; `marked` is the pair of that origin, if there is one.
/// A twin stays one where it was moved to: the pair must know, or it would be made a second time.
/// An origin that is mapped to another issue already unmasks a clone: that one is a new issue of its own.
pub fn admit(
    connection: &Connection,
    issue: &ObservedIssue,
    marker: Option<&Marker>,
    marked: Option<&Pair>,
) -> Admission {
    let marker = marker.filter(|m| m.connection == connection.id && !bug!(TwinIsNew));
    if let Some(marker) = marker {
        let taken = marked.and_then(|pair| pair.ours.as_ref()).is_some_and(|ours| ours.id != issue.id);
        if !taken || bug!(CloneIsTwin) {
            return Admission::Twin(marker.origin.clone());
        }
    }
    if issue.project != connection.project {
        return Admission::No;
    }
    let new_enough = connection.above.is_some_and(|above| issue.key.number() > above);
    if new_enough && !issue.restricted { Admission::Born } else { Admission::No }
}
