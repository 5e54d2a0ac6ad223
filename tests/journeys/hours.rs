//! How often Jira is checked, and in which hours: chosen while the node runs, and held to at once.

use serde_json::Value;
use twinline_model::view::Weekday;

use crate::harness::turn;
use crate::harness::two::Two;
use crate::harness::wait::LONG;

/// Hours that are not now, whatever the clock shows: of the day after the day after tomorrow.
fn another_day() -> String {
    let today = jiff::Zoned::now().date();
    let day = today.checked_add(jiff::Span::new().days(3)).expect("there is such a day");
    let monday = usize::try_from(day.weekday().to_monday_zero_offset()).expect("small");
    format!("{} 08:00-18:00", Weekday::ALL[monday].as_str())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Outside working hours Jira is not called and nothing crosses; both sides say why; a person lifts it, and then all of it
/// crosses.
#[tokio::test(flavor = "multi_thread")]
async fn outside_working_hours_nothing_is_called_until_a_person_wants_it() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    two.in_step().await;
    let id = two.globex.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    let chosen = two.globex.node.json(&["settings", "--hours", &another_day()]).await;
    let until = text(&chosen["rests_until"]);
    assert!(text(&chosen["sentence"]).starts_with("Outside working hours until "), "{chosen}");
    two.wait("it rests, and says until when", LONG, async || {
        let one = two.globex.connection().await?;
        (one["paused_by"] == "hours" && one["resumes_at"] == until.as_str()).then_some(())
    })
    .await;
    let status = two.globex.node.json(&["status"]).await;
    assert_eq!(status["overall"], "paused");
    assert_eq!(status["sentence"], status["connections"][0]["sentence"], "one sentence for all");
    two.wait("the partner is told, and sees no outage", LONG, async || {
        let theirs = two.acme.connection().await?;
        let sentence = text(&theirs["sentence"]);
        (theirs["state"] == "delayed" && sentence.starts_with("Outside working hours at Partner until "))
            .then_some(())
    })
    .await;
    assert_eq!(two.acme.node.json(&["problems"]).await, Value::Array(Vec::new()));

    two.globex.jira.forget_calls().await;
    two.globex.jira.create("GX", "Task", "Written at night", None).await;
    two.acme.jira.create("SUP", "Task", "For the morning", None).await;
    // The other side checks as always: so much later nothing was called here.
    let before = two.acme.jira.polls().await;
    two.wait("ACME has checked several times", LONG, async || {
        (two.acme.jira.polls().await >= before + 5).then_some(())
    })
    .await;
    assert_eq!(two.globex.jira.polls().await, 0, "{}", two.globex.jira.calls().await);
    assert_eq!(two.globex.jira.writes().await, 1, "only what was written by hand above");
    assert!(two.globex.jira.find("GX", "For the morning").await.is_none());
    assert!(two.acme.jira.find("SUP", "Written at night").await.is_none());

    // A person works late.
    let resumed = two.globex.node.json(&["connection", "resume", &id]).await;
    assert_eq!(resumed["paused_by"], Value::Null);
    two.wait("both cross", LONG, async || {
        two.acme.jira.find("SUP", "Written at night").await?;
        two.globex.jira.find("GX", "For the morning").await
    })
    .await;
    two.in_step().await;
    let lifted = two.globex.node.json(&["settings"]).await;
    assert_eq!((&lifted["rests_until"], &lifted["chosen"]["hours"]["on"]), (&Value::Null, &true.into()));
    two.stays_silent().await;
}

/// Another interval holds at once, and after a restart; *Up to date* stays true, and the partner knows of it.
#[tokio::test(flavor = "multi_thread")]
async fn another_interval_holds_at_once_and_is_no_outage_at_the_partner() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    two.in_step().await;
    let every = |value: &Value| value["every_s"].as_u64().expect("a number");
    let seldom = two.globex.node.json(&["settings", "--check-every", "5m"]).await;
    assert_eq!(every(&seldom), 300);
    let next = async |two: &Two| -> Option<i64> {
        let one = two.globex.connection().await?;
        let time = |name: &str| one[name].as_str()?.parse::<jiff::Timestamp>().ok();
        Some((time("next_check_at")? - time("last_checked_at")?).get_seconds())
    };
    two.wait("the next check is five minutes after the last", LONG, async || {
        (next(&two).await? == 300).then_some(())
    })
    .await;
    two.in_step().await;
    two.globex.jira.forget_calls().await;
    let before = two.acme.jira.polls().await;
    two.wait("ACME has checked several times", LONG, async || {
        (two.acme.jira.polls().await >= before + 5).then_some(())
    })
    .await;
    assert_eq!(two.globex.jira.polls().await, 0, "{}", two.globex.jira.calls().await);
    for side in [&two.acme, &two.globex] {
        assert_eq!(side.state().await, "up_to_date", "{}", side.name);
    }
    two.stop_globex().await;
    two.start_globex();
    assert_eq!(every(&two.globex.node.json(&["settings"]).await), 300, "after a restart");
    let often = two.globex.node.json(&["settings", "--check-every", "10s"]).await;
    assert_eq!(every(&often), 10);
    two.globex.jira.create("GX", "Task", "Seen soon", None).await;
    two.wait("it crosses", LONG, async || two.acme.jira.find("SUP", "Seen soon").await).await;
    two.in_step().await;
}
