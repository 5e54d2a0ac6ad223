//! A few histories by hand, and many by chance.

use std::collections::BTreeMap;
use std::slice::from_ref;

use proptest::prelude::*;

use super::*;

const ON: NotificationSwitches = NotificationSwitches { connected: true, attention: true, partner: true };
const OFF: NotificationSwitches = NotificationSwitches { connected: false, attention: false, partner: false };
const MINUTE: i64 = 60_000;

fn id(name: &str) -> ConnectionId {
    ConnectionId::new(name)
}

fn cause(connection: &str, code: &str) -> Fact {
    Fact::Attention { connection: Some(id(connection)), code: code.to_owned() }
}

/// A node's story: what was told, carried on as the database would.
#[derive(Default)]
struct Story(Notified);

impl Story {
    fn tells(&mut self, facts: &[Fact], now_ms: i64) -> Vec<Vec<Fact>> {
        self.tells_if(facts, &ON, now_ms)
    }
    fn tells_if(&mut self, facts: &[Fact], on: &NotificationSwitches, now_ms: i64) -> Vec<Vec<Fact>> {
        let here = ["a", "b"].map(id).into();
        let shown = decide(&facts.iter().cloned().collect(), &here, on, &mut self.0, now_ms);
        shown.iter().map(|one| one.facts().cloned().collect()).collect()
    }
}

#[test]
fn a_cause_is_told_once_and_again_after_a_day() {
    let mut story = Story::default();
    let lost = cause("a", "permission-lost");
    assert_eq!(story.tells(from_ref(&lost), 0), [vec![lost.clone()]]);
    for hour in 1..24 {
        assert!(story.tells(from_ref(&lost), hour * HOUR).is_empty(), "hour {hour}");
    }
    assert_eq!(story.tells(from_ref(&lost), DAY), [vec![lost.clone()]]);
    // Gone and back within the day: no news.
    assert!(story.tells(&[], DAY + HOUR).is_empty());
    assert!(story.tells(from_ref(&lost), DAY + 2 * HOUR).is_empty());
    // Gone for longer: it is.
    assert!(story.tells(&[], 2 * DAY + HOUR).is_empty());
    assert_eq!(story.tells(from_ref(&lost), 2 * DAY + 2 * HOUR), [vec![lost]]);
}

#[test]
fn what_comes_up_within_the_hour_is_told_together_when_it_is_over() {
    let mut story = Story::default();
    let [one, two, three] = ["sign-in-expired", "required-field", "issue-gone"].map(|code| cause("a", code));
    assert_eq!(story.tells(from_ref(&one), 0), [vec![one.clone()]]);
    assert!(story.tells(&[one.clone(), two.clone()], MINUTE).is_empty());
    // The third goes before its time comes: nobody hears of it.
    assert!(story.tells(&[one.clone(), two.clone(), three], 2 * MINUTE).is_empty());
    let four = cause("b", "required-field");
    let so = [one, two.clone(), four.clone()];
    assert!(story.tells(&so, HOUR - 1).is_empty());
    assert_eq!(story.tells(&so, HOUR), [vec![two, four]]);
}

#[test]
fn reminders_come_once_a_day_in_one() {
    let mut story = Story::default();
    let [one, two] = ["sign-in-expired", "required-field"].map(|code| cause("a", code));
    story.tells(from_ref(&one), 0);
    let so = [one.clone(), two.clone()];
    assert_eq!(story.tells(&so, 5 * HOUR), [vec![two.clone()]]);
    // The first one's day is over, but there was a notification today.
    assert!(story.tells(&so, 25 * HOUR).is_empty());
    assert_eq!(story.tells(&so, 29 * HOUR), [vec![two, one]]);
}

#[test]
fn kinds_do_not_wait_for_each_other_and_once_is_once() {
    let mut story = Story::default();
    let so = [Fact::Accepted(id("a")), Fact::FirstSync(id("a")), Fact::Paused(id("b"))];
    assert_eq!(story.tells(&so, 0).len(), 3);
    // In step, not in step, in step: the first sync is done once.
    assert!(story.tells(&[Fact::Accepted(id("a"))], 2 * HOUR).is_empty());
    assert!(story.tells(&so[..2], 9 * DAY).is_empty());
    // A partner who pauses again is told again.
    assert_eq!(story.tells(&so, 10 * DAY), [vec![Fact::Paused(id("b"))]]);
}

#[test]
fn a_clock_that_was_set_back_silences_nothing_for_ever() {
    let mut story = Story::default();
    let [one, two] = ["sign-in-expired", "required-field"].map(|code| cause("a", code));
    story.tells(from_ref(&one), 900 * DAY);
    let so = [one, two.clone()];
    assert!(story.tells(&so, 10 * DAY).is_empty());
    assert!(story.tells(&so, 10 * DAY + HOUR - 1).is_empty());
    assert_eq!(story.tells(&so, 10 * DAY + HOUR), [vec![two]]);
}

#[test]
fn what_is_switched_off_is_silent_and_no_news_when_it_is_switched_on() {
    let mut story = Story::default();
    let so = [Fact::Accepted(id("a")), Fact::Left(id("b")), cause("a", "issue-gone")];
    assert!(story.tells_if(&so, &OFF, 0).is_empty());
    assert!(story.tells(&so, HOUR).is_empty());
    // Nor is it a reminder.
    assert!(story.tells_if(&so, &OFF, 3 * DAY).is_empty());
    assert!(story.tells(&so, 3 * DAY + MINUTE).is_empty());
    let mut story = Story::default();
    story.tells_if(&so, &OFF, 0);
    let partner = NotificationSwitches { partner: true, ..OFF };
    let more = [Fact::Accepted(id("b")), Fact::Paused(id("a")), cause("b", "issue-gone")];
    assert_eq!(story.tells_if(&more, &partner, 2 * HOUR), [vec![Fact::Paused(id("a"))]]);
}

#[test]
fn a_connection_that_is_gone_is_forgotten_but_the_hour_is_not() {
    let mut story = Story::default();
    story.tells(&[cause("a", "issue-gone")], 0);
    decide(&BTreeSet::new(), &BTreeSet::new(), &ON, &mut story.0, 1);
    assert!(story.0.facts.is_empty());
    assert!(story.tells(&[cause("b", "issue-gone")], HOUR - 1).is_empty());
}

/// Whatever may be so of two connections.
fn facts() -> impl Strategy<Value = BTreeSet<Fact>> {
    let one = (0..2usize, 0..6usize).prop_map(|(connection, what)| {
        let name = ["a", "b"][connection];
        match what {
            0 => Fact::Accepted(id(name)),
            1 => Fact::FirstSync(id(name)),
            2 => Fact::Paused(id(name)),
            3 => Fact::Left(id(name)),
            4 => cause(name, "issue-gone"),
            _ => cause(name, "required-field"),
        }
    });
    proptest::collection::btree_set(one, 0..6)
}

fn switches() -> impl Strategy<Value = NotificationSwitches> {
    let often = || prop_oneof![4 => Just(true), 1 => Just(false)];
    (often(), often(), often()).prop_map(|(connected, attention, partner)| NotificationSwitches {
        connected,
        attention,
        partner,
    })
}

/// Minutes to hours, now and then days.
fn step() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0..2 * HOUR, 1 => 0..3 * DAY, 1 => Just(HOUR), 1 => Just(DAY)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_happens_it_is_quiet(story in proptest::collection::vec((step(), facts(), switches()), 1..60)) {
        let here = ["a", "b"].map(id).into();
        let mut told = Notified::default();
        let mut now = 1_000 * DAY;
        let mut last: BTreeMap<Kind, i64> = BTreeMap::new();
        let mut causes: BTreeMap<Fact, i64> = BTreeMap::new();
        for (step, facts, on) in story {
            now += step;
            // What a partner did is told once for as long as it lasts.
            causes.retain(|fact, _| fact.kind() != Kind::Partner || facts.contains(fact));
            let shown = decide(&facts, &here, &on, &mut told, now);
            for one in &shown {
                // At most one of a kind in an hour, and none that is switched off.
                prop_assert!(is_on(one.kind(), &on));
                let since = last.insert(one.kind(), now).map_or(i64::MAX, |at| now - at);
                prop_assert!(since >= HOUR, "{:?} after {since} ms", one.kind());
                let mut seen = BTreeSet::new();
                for fact in one.facts() {
                    prop_assert_eq!(fact.kind(), one.kind());
                    prop_assert!(facts.contains(fact), "{:?} is not so", fact);
                    prop_assert!(seen.insert(fact.clone()), "{:?} twice", fact);
                    // A cause once a day, other things once, as long as they stay.
                    let again = causes.insert(fact.clone(), now).map_or(i64::MAX, |at| now - at);
                    match fact {
                        Fact::Attention { .. } => prop_assert!(again >= DAY, "{:?} after {again}", fact),
                        _ => prop_assert_eq!(again, i64::MAX, "{:?} again", fact),
                    }
                }
            }
            // At the same moment there is nothing more to tell.
            let again = decide(&facts, &here, &on, &mut told.clone(), now);
            prop_assert!(again.is_empty(), "{:?}", again);
        }
    }

    /// What stays so is told in the end: by the next look after an hour, and after two where it is not the first.
    #[test]
    fn whatever_stays_is_told(
        story in proptest::collection::vec((step(), facts()), 0..20),
        end in facts(),
        back in prop_oneof![Just(0), 0..900 * DAY],
    ) {
        let here = ["a", "b"].map(id).into();
        let mut told = Notified::default();
        let mut now = 1_000 * DAY;
        for (step, facts) in story {
            now += step;
            decide(&facts, &here, &ON, &mut told, now);
        }
        now -= back;
        for _ in 0..2 {
            decide(&end, &here, &ON, &mut told, now);
            now += HOUR;
        }
        for fact in &end {
            prop_assert!(told.facts.contains_key(fact), "{:?} was not told", fact);
        }
    }
}
