//! F53: many issues are gone at once, and a person has to look before anything is believed.

use serde_json::{Value, json};

use crate::harness::documents::paragraph;
use crate::harness::jira::key;
use crate::harness::{LONG, Two, database, turn};

/// Eight of eight synced issues vanish at Globex while its node is away; how its node says so.
async fn eight_vanish(how: &str) -> (Two, Value) {
    let mut two = eight_synced().await;
    two.stop_globex().await;
    vanish(&two, how).await;
    database::census_is_due(&two.globex.data());
    two.acme.jira.forget_calls().await;
    two.start_globex();
    let problem = two.problem(&two.globex, "mass-loss").await;
    assert!(problem["sentence"].as_str().expect("a sentence").contains('8'), "how many: {problem}");
    (two, problem)
}

async fn eight_synced() -> Two {
    let two = Two::connected().await;
    for number in 0..8 {
        two.acme.jira.create("SUP", "Task", &format!("Vanishes {number}"), None).await;
    }
    two.wait("all twins", LONG, async || (two.globex.jira.issues("GX").await.len() == 8).then_some(())).await;
    two.in_step().await;
    two
}

async fn vanish(two: &Two, how: &str) {
    let twins: Vec<String> = two.globex.jira.issues("GX").await.iter().map(key).collect();
    two.globex.site.set_faults(&json!({how: twins})).expect("a fault or deed of the practice site");
}

/// F53: the same where what ACME's people wrote meanwhile shows it first: at most as many are let go as single accidents take.
#[tokio::test(flavor = "multi_thread")]
async fn f53_many_issues_that_are_gone_when_they_are_to_be_written_hold_the_connection() {
    let _turn = turn::together().await;
    let mut two = eight_synced().await;
    two.stop_globex().await;
    vanish(&two, "hide_issue").await;
    for issue in two.acme.jira.issues("SUP").await {
        two.acme.jira.comment(&key(&issue), &paragraph("Written meanwhile.")).await;
    }
    two.start_globex();
    two.problem(&two.globex, "mass-loss").await;
    two.stays_silent().await;
    let id = two.globex.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    let pairs = two.globex.node.json(&["pairs", "--connection", &id]).await;
    let gone = pairs.as_array().expect("a list").iter().filter(|pair| pair["state"] == "unlinked").count();
    assert!(gone <= 5, "{gone} of eight were let go: {pairs}");
}

/// F53: eight of eight issues vanish at Globex: nothing is believed, and nothing crosses, before a person has looked.
#[tokio::test(flavor = "multi_thread")]
async fn f53_many_issues_that_vanish_at_once_hold_the_connection() {
    let _turn = turn::together().await;
    let (two, problem) = eight_vanish("hide_issue").await;

    two.acme.jira.create("SUP", "Task", "Meanwhile", None).await;
    two.stays_silent().await;
    assert!(two.globex.jira.find("GX", "Meanwhile").await.is_none());

    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.globex.settle("retry", &problem).await;
    two.wait("it goes on", LONG, async || two.globex.jira.find("GX", "Meanwhile").await).await;
    two.in_step().await;
    two.stays_silent().await;
    for (company, project) in [(&two.acme, "SUP"), (&two.globex, "GX")] {
        assert_eq!(company.jira.issues(project).await.len(), 9, "no twin was touched, none is made again");
    }
    assert_eq!(two.globex.connection().await.expect("listed")["pairs"], 9, "all are still synced");
}

/// F53: eight of eight issues are gone at Globex for good; a person says so, and it goes on without them.
#[tokio::test(flavor = "multi_thread")]
async fn f53_many_issues_that_are_gone_for_good_are_let_go_when_a_person_says_so() {
    let _turn = turn::together().await;
    let (two, problem) = eight_vanish("delete_issue").await;

    two.acme.jira.create("SUP", "Task", "Afterwards", None).await;
    two.stays_silent().await;

    two.globex.settle("skip", &problem).await;
    two.wait("it goes on", LONG, async || two.globex.jira.find("GX", "Afterwards").await).await;
    let id = two.globex.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    two.wait("the eight are no longer synced", LONG, async || {
        let pairs = two.globex.node.json(&["pairs", "--connection", &id]).await;
        (pairs.as_array()?.iter().filter(|pair| pair["state"] == "unlinked").count() == 8).then_some(())
    })
    .await;
    two.in_step().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 1, "nothing is made again");
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 9);
    assert_eq!(two.acme.jira.writes().await, 1, "the test's own: no twin was touched");
}
