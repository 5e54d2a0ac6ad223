//! One side is away for a while; nothing is lost, nothing comes twice.

use std::time::Duration;

use serde_json::json;

use crate::harness::documents::{paragraph, words};
use crate::harness::jira::{attachments, key};
use crate::harness::{LONG, Two, turn};

/// The public side restarts in the middle of a sync; the private side goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn f20_the_public_side_restarts_in_the_middle() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    for number in 0..12 {
        let issue = two.globex.jira.create("GX", "Task", &format!("Restart {number}"), None).await;
        two.globex.jira.comment(&issue, &paragraph("With a comment.")).await;
    }
    for goal in [2, 6] {
        two.wait("some have arrived", LONG, async || {
            (two.acme.jira.issues("SUP").await.len() >= goal).then_some(())
        })
        .await;
        let (took, status) = two.stop_acme().await;
        assert!(took < Duration::from_secs(5) && status == Some(0), "a clean stop: {took:?}, {status:?}");
        two.start_acme().await;
    }
    two.wait("all have arrived", LONG, async || {
        let issues = two.acme.jira.issues("SUP").await;
        if issues.len() < 12 {
            return None;
        }
        for issue in &issues {
            if two.acme.jira.comments(&key(issue)).await.is_empty() {
                return None;
            }
        }
        Some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    for number in 0..12 {
        let twin = two.acme.jira.find("SUP", &format!("Restart {number}")).await.expect("it is there");
        assert_eq!(two.acme.jira.comments(&key(&twin)).await.len(), 1);
    }
}

/// F82: the partner is away; what changed meanwhile arrives once, in its last form, not edit by edit.
#[tokio::test(flavor = "multi_thread")]
async fn f82_the_partner_is_away_and_catches_up() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let mut keys = Vec::new();
    for number in 0..5 {
        keys.push(two.acme.jira.create("SUP", "Task", &format!("Away {number}"), None).await);
    }
    two.wait("all have twins", LONG, async || (two.globex.jira.issues("GX").await.len() == 5).then_some(()))
        .await;
    two.in_step().await;
    two.stop_globex().await;

    for round in 0..6 {
        for (number, issue) in keys.iter().enumerate() {
            two.acme.jira.edit(issue, json!({"summary": format!("Away {number}, round {round}")})).await;
        }
        let polls = two.acme.jira.polls().await;
        two.wait("ACME's node sees the round", LONG, async || {
            (two.acme.jira.polls().await >= polls + 2).then_some(())
        })
        .await;
    }
    let new =
        two.acme.jira.create("SUP", "Bug", "New while away", Some(&paragraph("Nobody is there."))).await;
    two.acme.jira.comment(&new, &paragraph("Still nobody.")).await;
    two.acme.jira.attach(&new, "note.txt", b"Nobody.".to_vec()).await;
    two.wait("ACME's node says that something waits", LONG, async || {
        let connection = two.acme.connection().await?;
        (connection["waiting"]["out"].as_u64()? >= 5 && connection["state"] != "up_to_date").then_some(())
    })
    .await;
    let problems = two.acme.node.json(&["problems"]).await;
    assert_eq!(problems, json!([]), "a partner who is away for a minute needs nobody's attention");

    two.globex.jira.forget_calls().await;
    two.start_globex();
    two.wait("everything has arrived", LONG, async || {
        for number in 0..5 {
            two.globex.jira.find("GX", &format!("Away {number}, round 5")).await?;
        }
        let twin = two.globex.jira.find("GX", "New while away").await?;
        let comments = two.globex.jira.comments(&key(&twin)).await;
        (attachments(&twin).len() == 1
            && comments.len() == 1
            && words(&comments[0]["body"]).contains("Still nobody."))
        .then_some(())
    })
    .await;
    two.in_step().await;
    let edits = two.globex.jira.writes_of("PUT /rest/api/3/issue/{issueIdOrKey}").await;
    assert_eq!(edits, 5, "six rounds of edits cost one write an issue");
    two.stays_silent().await;
}

/// A tracker that is away (HTML 503) is waited for; nothing of it becomes a verdict.
#[tokio::test(flavor = "multi_thread")]
async fn f78_a_tracker_under_maintenance_is_waited_for() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let down = json!({"html_error": {"value": 503}});
    two.globex.site.set_faults(&down).expect("a fault of the practice site");
    two.acme.jira.create("SUP", "Task", "During maintenance", None).await;
    two.wait("something waits", LONG, async || {
        let connection = two.acme.connection().await?;
        (connection["state"] != "up_to_date").then_some(())
    })
    .await;
    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.wait("it arrives", LONG, async || two.globex.jira.find("GX", "During maintenance").await).await;
    two.in_step().await;
    two.stays_silent().await;
}

/// Paused on either side: nothing crosses, nothing is lost; resumed: it crosses.
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_connection_keeps_its_changes() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let id = two.globex.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    two.globex.node.ask(&["connection", "pause", &id], "").await.done();
    two.wait("both say so", LONG, async || {
        let states = [two.acme.state().await, two.globex.state().await];
        states.iter().all(|s| s == "paused").then_some(())
    })
    .await;
    two.acme.jira.create("SUP", "Task", "While paused", None).await;
    two.globex.jira.create("GX", "Task", "While paused, from Globex", None).await;
    let polls = two.acme.jira.polls().await;
    two.wait("ACME's node has looked, or looks no more", Duration::from_secs(6), async || {
        (two.acme.jira.polls().await >= polls + 2 || polls == two.acme.jira.polls().await).then_some(())
    })
    .await;
    assert!(two.globex.jira.find("GX", "While paused").await.is_none());
    two.globex.node.ask(&["connection", "resume", &id], "").await.done();
    two.wait("both cross", LONG, async || {
        two.globex.jira.find("GX", "While paused").await?;
        two.acme.jira.find("SUP", "While paused, from Globex").await
    })
    .await;
}

/// F93: one side ends the connection while the other is away; the other learns of it, the twins stay.
#[tokio::test(flavor = "multi_thread")]
async fn f93_one_side_leaves_while_the_other_is_away() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    two.acme.jira.create("SUP", "Task", "Stays", None).await;
    two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Stays").await).await;
    two.in_step().await;
    two.stop_globex().await;
    let id = two.acme.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    two.acme.node.ask(&["connection", "remove", &id], "").await.done();
    two.start_globex();
    two.wait("Globex learns of it", LONG, async || {
        (two.globex.state().await == "disconnected").then_some(())
    })
    .await;
    assert!(two.acme.jira.find("SUP", "Stays").await.is_some());
    assert!(two.globex.jira.find("GX", "Stays").await.is_some());
}
