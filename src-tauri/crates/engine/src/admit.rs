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
    /// Made by a create of ours that was given up and landed after all: a twin stands already, and nobody needs a second (F71).
    Late,
    /// Not synced on this connection.
    No,
}

/// Judges an issue that no pair of this connection has.
///
/// `marker` is the issue's marker after its MAC was verified; `marked` is the pair of that origin, if there is one.
/// A twin stays one where it was moved to: the pair must know, or it would be made a second time.
/// An origin that is mapped to another issue already unmasks a clone: that one is a new issue of its own. A clone carries the
/// marker of the create that made the twin; that of another create is carried by no clone.
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
        if marked.and_then(|pair| pair.made_by).is_some_and(|by| by != marker.attempt) {
            return Admission::Late;
        }
    }
    if issue.project != connection.project {
        return Admission::No;
    }
    let new_enough = connection.above.is_some_and(|above| issue.key.number() > above);
    if new_enough && !issue.restricted { Admission::Born } else { Admission::No }
}

#[cfg(test)]
mod tests {
    use twinline_model::connection::{Approval, Mode, Role, Stage};
    use twinline_model::pair::{OurIssue, Side};
    use twinline_model::{AccountId, ConnectionId, Document, IssueId, IssueKey, NodeId, PairId, ProjectKey};

    use super::*;

    fn connection() -> Connection {
        Connection {
            id: ConnectionId::new("this"),
            role: Role::Public,
            mode: Mode::Basic,
            rules: 0,
            stage: Stage::Connected,
            account: AccountId::new("a"),
            project: ProjectKey::new("SUP"),
            given_name: None,
            partner: None,
            address: String::new(),
            approval: Approval::Ask,
            filter: None,
            default_type: None,
            above: Some(10),
            existing: false,
            name_authors: true,
            internal_comments: false,
            paused: None,
            partner_paused: false,
            created_ms: 0,
        }
    }

    fn issue(project: &str, number: u64) -> ObservedIssue {
        ObservedIssue {
            id: IssueId::new("20001"),
            key: IssueKey::new(format!("{project}-{number}")),
            project: ProjectKey::new(project),
            url: String::new(),
            created_ms: 0,
            updated_ms: 0,
            issue_type: "Task".to_owned(),
            is_subtask: false,
            restricted: false,
            summary: "s".to_owned(),
            description: Document::default(),
            comments: Vec::new(),
            attachments: Vec::new(),
            marker: None,
            extras: Default::default(),
            history: Vec::new(),
            leaving: None,
        }
    }

    fn marker(connection: &str) -> Marker {
        Marker { v: 1, connection: connection.into(), origin: origin(), attempt: 0, mac: String::new() }
    }

    fn origin() -> Origin {
        Origin { node: NodeId::new("globex"), item: "globex/i/1".to_owned() }
    }

    /// The pair of that origin, mapped to this issue of ours.
    fn pair_with(ours: Option<&str>) -> Pair {
        let ours = ours.map(|id| OurIssue { id: id.into(), key: "SUP-1".into(), url: String::new() });
        Pair { ours, ..Pair::new(PairId(1), "this".into(), origin(), Side::Theirs) }
    }

    #[test]
    fn an_issue_is_born_where_it_is_new_and_public_in_our_project() {
        let judge = |issue: &ObservedIssue| admit(&connection(), issue, None, None);
        assert_eq!(judge(&issue("SUP", 11)), Admission::Born);
        assert_eq!(judge(&issue("SUP", 10)), Admission::No, "it was there before");
        assert_eq!(judge(&issue("SUP", 9)), Admission::No);
        assert_eq!(judge(&issue("OPS", 11)), Admission::No, "another project");
        assert_eq!(judge(&ObservedIssue { restricted: true, ..issue("SUP", 11) }), Admission::No);
        assert_eq!(judge(&ObservedIssue { restricted: true, ..issue("SUP", 10) }), Admission::No);
        let unread = Connection { above: None, ..connection() };
        assert_eq!(admit(&unread, &issue("SUP", 11), None, None), Admission::No, "nobody knows yet");
    }

    #[test]
    fn a_marker_makes_a_twin_wherever_it_stands_and_a_clone_is_unmasked() {
        let twin = Admission::Twin(origin());
        let judge = |issue: &ObservedIssue, marker: &Marker, pair: Option<&Pair>| {
            admit(&connection(), issue, Some(marker), pair)
        };
        let here = issue("SUP", 11);
        assert_eq!(judge(&here, &marker("this"), None), twin);
        assert_eq!(judge(&issue("OPS", 3), &marker("this"), None), twin, "moved");
        assert_eq!(judge(&here, &marker("this"), Some(&pair_with(None))), twin);
        assert_eq!(judge(&here, &marker("this"), Some(&pair_with(Some("20001")))), twin);
        let mapped = pair_with(Some("20000"));
        assert_eq!(judge(&here, &marker("this"), Some(&mapped)), Admission::Born, "a clone");
        assert_eq!(judge(&issue("OPS", 11), &marker("this"), Some(&mapped)), Admission::No);
        assert_eq!(judge(&here, &marker("another"), None), Admission::Born, "another connection's twin");
    }

    #[test]
    fn f71_what_a_create_that_was_given_up_made_late_is_set_apart() {
        let twice = Pair { made_by: Some(1), ..pair_with(Some("20000")) };
        let by = |attempt| Marker { attempt, ..marker("this") };
        for (attempt, expected) in [(0, Admission::Late), (1, Admission::Born), (2, Admission::Late)] {
            let admission = admit(&connection(), &issue("SUP", 12), Some(&by(attempt)), Some(&twice));
            assert_eq!(admission, expected, "a clone has the number of the create that made the twin");
        }
        let unknown = Pair { made_by: None, ..twice.clone() };
        let judged = admit(&connection(), &issue("SUP", 12), Some(&by(0)), Some(&unknown));
        assert_eq!(judged, Admission::Born, "nobody knows which made the twin");
        let nowhere = Pair { ours: None, ..twice };
        let met = admit(&connection(), &issue("SUP", 12), Some(&by(0)), Some(&nowhere));
        assert_eq!(met, Admission::Twin(origin()), "the place is free");
    }
}
