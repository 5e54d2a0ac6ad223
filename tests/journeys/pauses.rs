//! A pause that has an end: it is said until when, and it goes on by itself.

use serde_json::Value;

use crate::harness::turn;
use crate::harness::two::Two;
use crate::harness::wait::LONG;

/// The one connection's sentence, the whole's, and when it goes on; all in one look.
async fn said(two: &Two) -> (String, String, String) {
    let status = two.globex.node.json(&["status"]).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = &status["connections"][0];
    (text(&one["sentence"]), text(&status["sentence"]), text(&one["resumes_at"]))
}

/// Paused for some seconds: both sides say so, ours until when, and what was written meanwhile crosses after that time and not
/// before, without anybody's doing.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_with_an_end_ends_by_itself() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let id = two.globex.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    let paused = two.globex.node.json(&["connection", "pause", &id, "--until-tomorrow"]).await;
    assert_eq!(paused["state"], "paused");
    let (one, all, ends) = said(&two).await;
    assert!(one.starts_with("Paused until ") && one.ends_with("08:00"), "{one}");
    assert_eq!(one, all, "the whole says the same");
    assert_eq!(paused["resumes_at"], ends.as_str());
    two.wait("ACME says whose pause it is", LONG, async || {
        let sentence = two.acme.connection().await?["sentence"].as_str()?.to_owned();
        (sentence == "Paused by Partner").then_some(())
    })
    .await;
    let theirs = two.acme.connection().await.expect("listed");
    assert_eq!(theirs["resumes_at"], Value::Null, "until when is Globex's own matter");
    two.acme.jira.create("SUP", "Task", "While paused", None).await;
    // A shorter end takes the place of the longer one.
    let paused = two.globex.node.json(&["connection", "pause", &id, "--for", "8s"]).await;
    let ends: jiff::Timestamp = paused["resumes_at"].as_str().expect("set").parse().expect("a time");
    two.wait("it crosses", LONG, async || two.globex.jira.find("GX", "While paused").await).await;
    assert!(jiff::Timestamp::now() >= ends, "not before its end");
    two.in_step().await;
    let after = two.globex.connection().await.expect("listed");
    assert_eq!(after["resumes_at"], Value::Null);
    two.stays_silent().await;
}

/// The end passes while the node is off: at the next start it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_whose_end_was_slept_through_is_over() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let id = two.globex.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    two.stop_globex().await;
    two.globex.node.ask(&["connection", "pause", &id, "--for", "2s"], "").await.done();
    two.acme.jira.create("SUP", "Task", "While off", None).await;
    two.wait("its end has passed", LONG, async || {
        let one = two.globex.connection().await?;
        (one["state"] == "offline" && one["resumes_at"].is_null()).then_some(())
    })
    .await;
    two.start_globex();
    two.wait("it crosses", LONG, async || two.globex.jira.find("GX", "While off").await).await;
    two.in_step().await;
    // By hand, before its end: nothing ends a second time.
    two.globex.node.ask(&["connection", "pause", &id, "--for", "1h"], "").await.done();
    let resumed = two.globex.node.json(&["connection", "resume", &id]).await;
    assert_eq!(resumed["resumes_at"], Value::Null);
    two.in_step().await;
}
