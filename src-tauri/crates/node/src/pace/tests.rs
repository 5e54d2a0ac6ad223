use std::path::Path;
use std::sync::{Arc, Mutex};

use twinline_model::pause::PauseUntil;
use twinline_model::view::{ConnectionState, OverallStatus, PausedBy, Weekday};

use super::*;
use crate::power::PowerSource;
use crate::samples::{LINK, account, connection, open};
use crate::{Options, SecretsChoice};

/// Hours that are not now, whatever the clock shows: the day after the day after tomorrow.
fn another_day() -> WorkingHours {
    let today = jiff::Zoned::now().date();
    let day = today.checked_add(jiff::Span::new().days(3)).unwrap();
    WorkingHours { on: true, days: vec![super::super::weekday(day)], ..WorkingHours::default() }
}

fn id() -> ConnectionId {
    ConnectionId::new(LINK)
}

async fn connected(folder: &Path) -> Arc<Node> {
    let node = open(folder).await;
    node.db
        .write(|tx| {
            tx.insert_account(&account())?;
            tx.insert_connection(&connection())
        })
        .await
        .unwrap();
    node
}

async fn paused(node: &Node) -> Option<Pause> {
    node.db.read(|tx| tx.connection(&id())).await.unwrap().unwrap().paused
}

#[tokio::test]
async fn what_is_chosen_is_kept_and_holds_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).await;
    let before = first.pace().await.unwrap();
    assert_eq!((before.every_s, before.chosen.check_every), (10, Some(CheckEvery::TenSeconds)));
    assert_eq!(before.sentence, "Jira is checked every 10 seconds.");
    assert!(!before.chosen.hours.on && !before.chosen.slower_on_battery);
    let wanted = PaceSettings {
        check_every: Some(CheckEvery::FiveMinutes),
        hours: WorkingHours {
            on: false,
            days: vec![Weekday::Sun, Weekday::Mon, Weekday::Sun],
            from: 9_999,
            to: 60,
        },
        slower_on_battery: true,
    };
    let view = first.set_pace(wanted.clone()).await.unwrap();
    assert_eq!(first.check_every(), Duration::from_secs(300));
    assert_eq!(view.sentence, "Jira is checked every 5 minutes.");
    assert_eq!(view.chosen.hours.days, [Weekday::Mon, Weekday::Sun]);
    assert_eq!(view.chosen.hours.from, 24 * 60 - 1, "a time of the day");
    drop(first);
    let second = open(folder.path()).await;
    assert_eq!(second.pace().await.unwrap(), view, "after a restart");
    second
        .db
        .write(|tx| {
            tx.set_setting(EVERY, "7s")?;
            tx.set_setting(HOURS, "whenever")
        })
        .await
        .unwrap();
    let odd = second.pace().await.unwrap();
    assert_eq!((odd.every_s, odd.chosen.hours), (10, WorkingHours::default()), "of a newer version");
}

#[tokio::test]
async fn hours_without_a_day_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let node = open(folder.path()).await;
    let hours = WorkingHours { days: Vec::new(), ..another_day() };
    let view = node.set_pace(PaceSettings { hours, ..PaceSettings::default() }).await.unwrap();
    assert!(!view.chosen.hours.on && view.rests_until.is_none());
}

#[tokio::test]
async fn outside_the_hours_a_connection_rests_and_a_person_can_lift_that() {
    let folder = tempfile::tempdir().unwrap();
    let node = connected(folder.path()).await;
    let chosen = PaceSettings { hours: another_day(), ..PaceSettings::default() };
    let view = node.set_pace(chosen.clone()).await.unwrap();
    let Some(Pause::Hours { until_ms }) = paused(&node).await else { panic!() };
    assert_eq!(view.rests_until, Some(rfc3339(until_ms)));
    assert!(node.rests());
    let status = node.status().await;
    let one = &status.connections[0];
    assert_eq!((status.overall, one.state), (OverallStatus::Paused, ConnectionState::Paused));
    assert_eq!(one.paused_by, Some(PausedBy::Hours));
    assert_eq!(one.resumes_at, Some(rfc3339(until_ms)));
    assert_eq!(one.sentence, format!("Outside working hours until {}", until_words(until_ms)));
    assert_eq!(status.sentence, one.sentence, "every place says the same");
    assert_eq!(view.sentence, format!("{}.", one.sentence));

    // For a while: long enough for changes to cross, and then the hours hold again.
    node.sync_now().await.unwrap();
    assert_eq!((paused(&node).await, node.rests()), (None, false));
    let left = node.hold_pace().await.unwrap().unwrap();
    assert!(left <= Duration::from_secs(600), "{left:?}");
    // Until they begin again, with the hours as they are.
    node.set_pace(PaceSettings { hours: WorkingHours { to: 19 * 60, ..another_day() }, ..chosen.clone() })
        .await
        .unwrap();
    assert!(node.rests(), "other hours are to be kept");
    node.resume(&id()).await.unwrap();
    assert_eq!((paused(&node).await, node.rests()), (None, false));
    assert!(node.hold_pace().await.unwrap().unwrap() > Duration::from_secs(24 * 3_600));
    drop(node);
    let again = open(folder.path()).await;
    assert!(again.hold_pace().await.is_ok() && !again.rests(), "after a restart too");

    // Off: nothing is left of it.
    again.set_pace(chosen.clone()).await.unwrap();
    assert!(paused(&again).await.is_some());
    again.set_pace(PaceSettings::default()).await.unwrap();
    assert_eq!((paused(&again).await, again.rests()), (None, false));
}

#[tokio::test]
async fn a_persons_pause_stands_whatever_the_hours_are() {
    let folder = tempfile::tempdir().unwrap();
    let node = connected(folder.path()).await;
    node.pause(&id(), PauseUntil::Resumed).await.unwrap();
    node.set_pace(PaceSettings { hours: another_day(), ..PaceSettings::default() }).await.unwrap();
    assert_eq!(paused(&node).await, Some(Pause::Open));
    assert_eq!(node.status().await.connections[0].paused_by, Some(PausedBy::You));
    node.sync_now().await.unwrap();
    assert_eq!(paused(&node).await, Some(Pause::Open), "it is not what was asked for");
    node.set_pace(PaceSettings {
        hours: WorkingHours { to: 1_200, ..another_day() },
        ..PaceSettings::default()
    })
    .await
    .unwrap();
    // Who resumes it outside the hours lets it rest as the others do.
    node.resume(&id()).await.unwrap();
    node.hold_pace().await.unwrap();
    assert!(matches!(paused(&node).await, Some(Pause::Hours { .. })));
    node.pause_all(PauseUntil::Seconds(60)).await.unwrap();
    assert!(matches!(paused(&node).await, Some(Pause::Until { .. })), "a person's word, however short");
    node.resume_all().await.unwrap();
    node.hold_pace().await.unwrap();
    node.resume_all().await.unwrap();
    node.hold_pace().await.unwrap();
    assert_eq!(paused(&node).await, None, "lifted");
}

#[derive(Debug)]
struct Said(Mutex<Power>);

impl PowerSource for Said {
    fn power(&self) -> Power {
        *self.0.lock().unwrap()
    }
}

#[tokio::test]
async fn on_battery_it_is_slower_as_long_as_the_system_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let said = Arc::new(Said(Mutex::new(Power::Battery)));
    let options = Options {
        secrets: SecretsChoice::File,
        power: said.clone(),
        ..Options::new(folder.path().to_owned())
    };
    let node = Node::open(options).await.unwrap();
    node.hold_pace().await.unwrap();
    assert_eq!(node.check_every(), Duration::from_secs(10), "nobody chose it");
    let view =
        node.set_pace(PaceSettings { slower_on_battery: true, ..PaceSettings::default() }).await.unwrap();
    assert_eq!((view.every_s, view.power), (60, Power::Battery));
    assert_eq!(view.sentence, "On battery: Jira is checked once a minute.");
    let slower = Instant::now();
    for power in [Power::Mains, Power::Unknown] {
        *said.0.lock().unwrap() = power;
        node.hold_pace().await.unwrap();
        assert_eq!(node.check_every(), Duration::from_secs(10), "{power:?}");
    }
    // What is older than the new pace is not late by it.
    assert!(node.steady_for() <= slower.elapsed());
}
