//! Two issues that exist already become a pair: who asks whom, what an answer counts for, and what the first look must find.

use twinline_model::Origin;
use twinline_model::observed::ObservedIssue;
use twinline_model::pair::{Joined, OurIssue, Pair, PairState, Side, TheirIssue};
use twinline_model::question::{Kept, MOST_QUESTIONS, Question, QuestionState};

/// Whose issue the pair goes by: that of the lower origin, so that both sides say the same without asking (F94).
pub fn owner(ours: &Origin, theirs: &Origin) -> Side {
    if ours < theirs { Side::Ours } else { Side::Theirs }
}

/// The origin that the pair of two issues goes by.
pub fn pair_origin<'a>(ours: &'a Origin, theirs: &'a Origin) -> &'a Origin {
    ours.min(theirs)
}

/// What becomes of a question that comes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnAsked {
    /// It is new: kept, and looked at.
    Keep,
    /// It was answered: the answer is told again.
    TellAgain,
    /// It is known already. Its words stay those that came first: people answer what they have read.
    Ignore,
    /// More than a partner may ask.
    TooMany,
}

/// Judges a question that comes in. `known`: what is kept under its id; `waiting`: how many of the partner's wait.
pub fn on_asked(known: Option<&Kept>, waiting: usize) -> OnAsked {
    match known {
        None if waiting >= MOST_QUESTIONS => OnAsked::TooMany,
        None => OnAsked::Keep,
        Some(kept) if kept.by == Side::Ours => OnAsked::Ignore,
        Some(kept) => match kept.state {
            QuestionState::Agreed | QuestionState::Declined => OnAsked::TellAgain,
            _ => OnAsked::Ignore,
        },
    }
}

/// What becomes of a yes of the partner's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnAgreed {
    /// It answers a question of ours that is still open: the pair is made.
    Make,
    /// The pair was made, and the yes told once more.
    Made,
    /// It answers nothing that is open: the partner is told so, and makes nothing.
    Void,
}

/// Judges a yes. `kept`: our question of that id; `pair`: the pair of the origin that the yes names.
pub fn on_agreed(id: &str, kept: Option<&Kept>, pair: Option<&Pair>) -> OnAgreed {
    if pair.is_some_and(|pair| pair.state == PairState::Active && is_of(pair, id)) {
        return OnAgreed::Made;
    }
    match kept {
        Some(kept) if kept.by == Side::Ours && kept.state == QuestionState::Asked => OnAgreed::Make,
        _ => OnAgreed::Void,
    }
}

/// Whether this question made the pair.
pub fn is_of(pair: &Pair, question: &str) -> bool {
    pair.joined.as_ref().is_some_and(|joined| joined.question == question)
}

/// Whether the partner asks for the very pair that our people have asked for: both have said yes then.
pub fn is_mirrored(mine: &Kept, theirs: &Question, issue: &ObservedIssue) -> bool {
    mine.by == Side::Ours
        && mine.state == QuestionState::Asked
        && mine.issue.as_ref() == Some(&issue.id)
        && mine.question.wanted == theirs.key
}

/// Makes a pair of two issues that were there before. Nothing is known of either: the first look tells ours, the first replica
/// theirs, and where they differ it is a conflict like any other.
pub fn join(pair: &mut Pair, ours: OurIssue, theirs: TheirIssue, question: &str) {
    let marked = pair.owner == Side::Ours;
    (pair.ours, pair.theirs) = (Some(ours), Some(theirs));
    pair.joined = Some(Joined { question: question.to_owned(), marked });
}

/// Whether the first look at our issue of such a pair meets another one than people agreed on: its key changed, it was restricted,
/// or it is `foreign`, the twin of another connection. Until that look nothing of it left, and nothing was written.
pub fn is_another(pair: &Pair, seen: &ObservedIssue, foreign: bool) -> bool {
    let first = pair.joined.is_some() && pair.local.is_none() && pair.state == PairState::Active;
    let agreed = |ours: &OurIssue| ours.id == seen.id && ours.key == seen.key;
    first && (foreign || seen.restricted || !pair.ours.as_ref().is_some_and(agreed))
}

#[cfg(test)]
mod tests {
    use twinline_model::{NodeId, PairId, ProjectKey};

    use super::*;

    fn origin(node: &str) -> Origin {
        Origin { node: NodeId::new(node), item: format!("{node}/i/1") }
    }

    fn question(key: &str, wanted: &str) -> Question {
        Question {
            id: "a".repeat(32),
            origin: origin("acme"),
            key: key.to_owned(),
            link: String::new(),
            summary: None,
            wanted: wanted.to_owned(),
        }
    }

    fn kept(by: Side, state: QuestionState) -> Kept {
        Kept {
            question: question("SUP-1", "GX-1"),
            by,
            state,
            issue: Some("10001".into()),
            ours: "SUP-1".to_owned(),
            title: String::new(),
            url: String::new(),
            theirs: "GX-1".to_owned(),
            rules: None,
            reason: String::new(),
            told: true,
            at_ms: 0,
        }
    }

    fn issue(key: &str) -> ObservedIssue {
        ObservedIssue {
            id: "10001".into(),
            key: key.into(),
            project: ProjectKey::new("SUP"),
            url: String::new(),
            created_ms: 0,
            updated_ms: 0,
            issue_type: "Task".to_owned(),
            is_subtask: false,
            restricted: false,
            summary: "s".to_owned(),
            description: Default::default(),
            comments: Vec::new(),
            attachments: Vec::new(),
            marker: None,
            extras: Default::default(),
            history: Vec::new(),
            leaving: None,
        }
    }

    fn joined(owner: Side) -> Pair {
        let mut pair = Pair::new(PairId(1), "link".into(), origin("acme"), owner);
        let ours = OurIssue { id: "10001".into(), key: "SUP-1".into(), url: String::new() };
        join(&mut pair, ours, TheirIssue { key: "GX-1".to_owned(), link: String::new() }, &"a".repeat(32));
        pair
    }

    #[test]
    fn f94_both_sides_name_the_same_owner() {
        let (acme, globex) = (origin("acme"), origin("globex"));
        assert_eq!((owner(&acme, &globex), owner(&globex, &acme)), (Side::Ours, Side::Theirs));
        assert_eq!(pair_origin(&acme, &globex), pair_origin(&globex, &acme));
        let other = Origin { item: "acme/i/2".to_owned(), ..acme.clone() };
        assert_eq!(pair_origin(&other, &acme), &acme, "within one node the item decides");
    }

    #[test]
    fn f94_what_both_asked_for_is_a_yes_of_both() {
        let mine = kept(Side::Ours, QuestionState::Asked);
        let theirs = question("GX-1", "SUP-1");
        assert!(is_mirrored(&mine, &theirs, &issue("SUP-1")));
        assert!(!is_mirrored(&mine, &question("GX-2", "SUP-1"), &issue("SUP-1")), "with another of theirs");
        let other = ObservedIssue { id: "10002".into(), ..issue("SUP-2") };
        assert!(!is_mirrored(&mine, &theirs, &other), "with another of ours");
        assert!(!is_mirrored(&kept(Side::Ours, QuestionState::Withdrawn), &theirs, &issue("SUP-1")));
        assert!(!is_mirrored(&kept(Side::Theirs, QuestionState::Asked), &theirs, &issue("SUP-1")));
    }

    #[test]
    fn a_question_is_kept_once_and_its_words_stay() {
        assert_eq!(on_asked(None, 0), OnAsked::Keep);
        assert_eq!(on_asked(None, MOST_QUESTIONS), OnAsked::TooMany);
        let on = |by, state| on_asked(Some(&kept(by, state)), MOST_QUESTIONS);
        for state in [QuestionState::Arrived, QuestionState::Open] {
            assert_eq!(on(Side::Theirs, state), OnAsked::Ignore);
        }
        for state in [QuestionState::Agreed, QuestionState::Declined] {
            assert_eq!(on(Side::Theirs, state), OnAsked::TellAgain);
        }
        assert_eq!(on(Side::Ours, QuestionState::Asked), OnAsked::Ignore, "an id of ours is nobody else's");
    }

    #[test]
    fn a_yes_counts_once_and_for_its_own_question() {
        let id = "a".repeat(32);
        let on = |kept: Option<&Kept>, pair: Option<&Pair>| on_agreed(&id, kept, pair);
        assert_eq!(on(Some(&kept(Side::Ours, QuestionState::Asked)), None), OnAgreed::Make);
        for state in [QuestionState::Refused, QuestionState::Withdrawn] {
            assert_eq!(on(Some(&kept(Side::Ours, state)), None), OnAgreed::Void);
        }
        assert_eq!(
            on(Some(&kept(Side::Theirs, QuestionState::Open)), None),
            OnAgreed::Void,
            "not our question"
        );
        assert_eq!(on(None, None), OnAgreed::Void, "nobody asked");
        assert_eq!(on(None, Some(&joined(Side::Ours))), OnAgreed::Made, "told once more");
        let mut ended = joined(Side::Ours);
        ended.state = PairState::Unlinked { reason: "stopped".to_owned() };
        assert_eq!(on(None, Some(&ended)), OnAgreed::Void);
        let other = on_agreed(&"b".repeat(32), None, Some(&joined(Side::Ours)));
        assert_eq!(other, OnAgreed::Void, "another question made the pair");
    }

    #[test]
    fn the_first_look_must_meet_the_issue_that_people_agreed_on() {
        let pair = joined(Side::Theirs);
        assert!(!is_another(&pair, &issue("SUP-1"), false));
        assert!(is_another(&pair, &issue("OPS-7"), false), "it was moved");
        assert!(is_another(&pair, &issue("SUP-1"), true), "another connection's twin by now");
        assert!(is_another(&pair, &ObservedIssue { restricted: true, ..issue("SUP-1") }, false));
        let looked = Pair { local: Some(issue("SUP-1")), ..pair.clone() };
        assert!(!is_another(&looked, &issue("OPS-7"), false), "later it is what becomes of any pair");
        let ordinary = Pair { joined: None, ..pair };
        assert!(!is_another(&ordinary, &issue("OPS-7"), true));
    }

    #[test]
    fn only_an_issue_that_was_not_born_here_needs_a_marker() {
        assert!(joined(Side::Ours).joined.is_some_and(|joined| joined.marked));
        assert!(joined(Side::Theirs).joined.is_some_and(|joined| !joined.marked));
    }
}
