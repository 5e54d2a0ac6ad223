//! A twin that was deleted here is to be made once more: what was known of the deleted one holds no longer, what both sides
//! agreed on still does.

use twinline_model::intent::{FieldWrite, IssueFields};
use twinline_model::pair::{Field, Pair, PairState, Side};

/// The pair is synced again, without an issue of ours: one is planned from what both sides agreed on last, as the create of a
/// number that none had before, so that whatever an earlier one made counts for nothing.
///
/// The partner's comments and files come again with their next whole replica. Ours were in the deleted issue: they stand at the
/// partner's, and are known as before.
pub fn make_again(pair: &mut Pair) {
    let made_by = pair.made_by;
    // Should the lost issue show after all before the new one is there, it is met as what it was, and nobody's change.
    let wrote = IssueFields {
        summary: stood(&pair.summary),
        description: stood(&pair.description),
        issue_type: stood(&pair.issue_type),
        extras: pair.extras.iter().filter_map(|(name, field)| Some((name.clone(), stood(field)?))).collect(),
    };
    let fresh = Pair::new(pair.id, pair.connection.clone(), pair.origin.clone(), pair.owner);
    let mut comments = std::mem::take(&mut pair.comments);
    comments.retain(|c| c.author == Side::Ours && c.has_travelled());
    let mut attachments = std::mem::take(&mut pair.attachments);
    attachments.retain(|a| a.born == Side::Ours && a.sent);
    *pair = Pair {
        theirs: pair.theirs.take(),
        given_up: made_by
            .map_or(pair.given_up.saturating_add(1), |by| pair.given_up.max(by.saturating_add(1))),
        late: made_by.map(|by| (by, wrote)).into_iter().collect(),
        state: PairState::Active,
        summary: to_be_written(&mut pair.summary),
        description: to_be_written(&mut pair.description),
        issue_type: to_be_written(&mut pair.issue_type),
        extras: pair.extras.iter_mut().map(|(name, field)| (name.clone(), to_be_written(field))).collect(),
        overruled: std::mem::take(&mut pair.overruled),
        comments,
        attachments,
        ..fresh
    };
}

/// What stood in the lost issue, as if a create had written it.
fn stood<T: Clone>(field: &Field<T>) -> Option<FieldWrite<T>> {
    let (value, theirs) = (field.base_local.clone()?, field.base_remote.clone()?);
    Some(FieldWrite { version: field.version, value, theirs, again: false, rest: field.rest.clone() })
}

/// The versions stay: the partner's next replica is no news, and what they changed since is.
fn to_be_written<T: Clone>(field: &mut Field<T>) -> Field<T> {
    let remote = field.remote.take();
    let Some(agreed) = field.base_remote.take() else { return Field { remote, ..Field::default() } };
    Field {
        version: field.version,
        sent: field.sent,
        chosen: field.chosen.take().or_else(|| Some(agreed.clone())),
        base_remote: Some(agreed),
        remote,
        ..Field::default()
    }
}

#[cfg(test)]
mod tests {
    use twinline_model::pair::{Comment, OurIssue};
    use twinline_model::replica::{Version, Versioned};
    use twinline_model::{NodeId, Origin, PairId};

    use super::*;

    fn field(text: &str) -> Field<String> {
        let version = Version { owner: 3, other: 1 };
        let (base_local, base_remote) = (Some(format!("{text} here")), Some(text.to_owned()));
        Field { version, sent: version, base_local, base_remote, ..Field::default() }
    }

    fn pair() -> Pair {
        let item = |item: &str| Origin { node: NodeId::new("acme"), item: item.to_owned() };
        let comment = |side| Comment { done: 1, ..Comment::new(item("acme/c/1"), side) };
        Pair {
            ours: Some(OurIssue { id: "1".into(), key: "GX-1".into(), url: String::new() }),
            made_by: Some(2),
            given_up: 2,
            state: PairState::Unlinked { reason: "asked".to_owned() },
            summary: field("agreed"),
            comments: vec![comment(Side::Theirs), comment(Side::Ours)],
            ..Pair::new(PairId(1), "link".into(), item("acme/i/1"), Side::Theirs)
        }
    }

    #[test]
    fn what_was_agreed_is_written_anew_by_a_create_of_another_number() {
        let mut made = pair();
        make_again(&mut made);
        assert_eq!((&made.ours, &made.local, made.made_by), (&None, &None, None));
        assert_eq!(made.given_up, 3, "a create of a number that none had");
        assert_eq!(made.summary.chosen.as_deref(), Some("agreed"));
        assert_eq!(made.summary.version, pair().summary.version, "the partner's next replica is no news");
        assert_eq!(made.comments.iter().map(|c| c.author).collect::<Vec<_>>(), [Side::Ours]);
        let (by, wrote) = &made.late[0];
        assert_eq!((*by, wrote.summary.as_ref().map(|w| w.value.as_str())), (2, Some("agreed here")));
    }

    #[test]
    fn what_waited_is_written_and_not_what_was_agreed() {
        let newer = Versioned { version: Version { owner: 4, other: 1 }, value: "newer".to_owned() };
        let mut made = pair();
        made.summary.remote = Some(newer.clone());
        make_again(&mut made);
        assert_eq!(made.summary.remote, Some(newer));
        assert_eq!(made.issue_type, Field::default(), "nothing was ever agreed");
    }
}
