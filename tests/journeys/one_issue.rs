//! What a person can say about one issue: look at it now, or sync it no longer.

use serde_json::json;

use crate::harness::documents::paragraph;
use crate::harness::jira::key;
use crate::harness::{Company, LONG, Two, turn};

/// How a company's node lists an issue of its own.
async fn state(company: &Company, issue: &str) -> String {
    let id = company.connection().await.expect("it is connected")["id"].clone();
    let id = id.as_str().expect("an id").to_owned();
    let pairs = company.node.json(&["pairs", "--connection", &id, "--search", issue]).await;
    pairs[0]["state"].as_str().unwrap_or_default().to_owned()
}

impl Two {
    async fn pair(&self, summary: &str) -> (String, String) {
        let issue = self.acme.jira.create("SUP", "Task", summary, Some(&paragraph("As it was."))).await;
        let twin = self.wait("the twin", LONG, async || self.globex.jira.find("GX", summary).await).await;
        self.in_step().await;
        (issue, key(&twin))
    }

    async fn is_stopped(&self, company: &Company, issue: &str) {
        self.wait(&format!("{issue} is not synced any more"), LONG, async || {
            (state(company, issue).await == "unlinked").then_some(())
        })
        .await;
    }
}

/// Ana stops one issue: Globex is told, nothing is deleted, nothing of it crosses any more in either direction, also after both
/// nodes were started anew, and all other issues go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_issue_stays_on_both_sides_and_nothing_of_it_crosses_any_more() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let (issue, twin) = two.pair("Between us two").await;
    let (other, other_twin) = two.pair("Goes on").await;

    let told = two.acme.node.ask(&["pair", "stop", &issue], "").await.done();
    assert!(told.contains(&format!("{issue} is no longer synced with")) && told.contains("stay"), "{told}");
    two.is_stopped(&two.acme, &issue).await;
    two.is_stopped(&two.globex, &twin).await;
    let lines = two.globex.node.ask(&["activity"], "").await.done();
    assert!(lines.contains(&format!("stopped syncing {issue}. {twin} stays as it is")), "{lines}");

    two.acme.jira.edit(&issue, json!({"summary": "Only ours now"})).await;
    two.globex.jira.comment(&twin, &paragraph("Only theirs now.")).await;
    two.acme.jira.edit(&other, json!({"summary": "Goes on and on"})).await;
    two.wait("the other issue goes on", LONG, async || two.globex.jira.find("GX", "Goes on and on").await)
        .await;
    two.in_step().await;
    two.stop_acme().await;
    two.stop_globex().await;
    two.start_acme().await;
    two.start_globex();
    two.globex.jira.comment(&other_twin, &paragraph("After the restart.")).await;
    two.wait("the other issue goes on", LONG, async || two.acme.jira.comments(&other).await.pop()).await;
    two.in_step().await;
    assert!(two.globex.jira.find("GX", "Between us two").await.is_some(), "the summary stays at Globex");
    assert!(two.acme.jira.comments(&issue).await.is_empty(), "the comment stays at Globex");
    assert_eq!([state(&two.acme, &issue).await, state(&two.globex, &twin).await], ["unlinked", "unlinked"]);
    assert_eq!(two.acme.node.json(&["problems"]).await, json!([]));

    let again = two.acme.node.ask(&["pair", "stop", &issue], "").await;
    assert_eq!(again.status, Some(1), "{}", again.stderr);
    assert!(again.stderr.contains("is not synced with"), "{}", again.stderr);
    two.stays_silent().await;
}

/// The side that got the issue can stop it as well, by either key; and while the partner cannot be reached it waits for them.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_side_can_stop_it_too_and_who_is_away_hears_of_it_later() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let (issue, twin) = two.pair("Enough of it").await;
    two.stop_acme().await;
    let stopped = two.globex.node.json(&["pair", "stop", &issue]).await;
    assert_eq!((&stopped["state"], &stopped["ours"]), (&json!("unlinked"), &json!(twin)), "{stopped}");
    two.acme.jira.edit(&issue, json!({"summary": "Changed meanwhile"})).await;
    two.start_acme().await;
    two.is_stopped(&two.acme, &issue).await;
    two.in_step().await;
    assert!(two.globex.jira.find("GX", "Enough of it").await.is_some(), "nothing of it crosses any more");
    two.stays_silent().await;
}

/// ACME's search never shows the issue: whoever cannot wait for the daily look past the index has it looked at now.
#[tokio::test(flavor = "multi_thread")]
async fn one_issue_is_looked_at_now_past_the_search_index() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (issue, twin) = two.pair("Nobody sees it").await;
    two.acme.site.set_faults(&json!({"index_misses_issue": [issue]})).expect("a fault of the practice site");
    two.acme.jira.edit(&issue, json!({"summary": "Somebody sees it"})).await;
    two.stays_silent().await;
    assert!(two.globex.jira.find("GX", "Somebody sees it").await.is_none(), "no poll shows it");

    let told = two.acme.node.ask(&["pair", "sync-now", &twin], "").await.done();
    assert!(told.contains("at the next check"), "{told}");
    two.wait("the change", LONG, async || two.globex.jira.find("GX", "Somebody sees it").await).await;
    two.in_step().await;
    two.stays_silent().await;
    let unknown = two.acme.node.ask(&["pair", "sync-now", "SUP-999"], "").await;
    assert_eq!(unknown.status, Some(1), "{}", unknown.stderr);
}

/// Nobody waits for the look at all issues to hear that one was deleted: whoever asks for its row is told, and one that is there
/// stays a pair.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_issue_is_noticed_when_somebody_asks_for_it() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (_, twin) = two.pair("Deleted meanwhile").await;
    let (issue, _) = two.pair("Still there").await;
    two.globex.site.set_faults(&json!({"delete_issue": [twin]})).expect("a deed of the practice site");
    two.globex.node.ask(&["pair", "sync-now", &twin], "").await.done();
    two.acme.node.ask(&["pair", "sync-now", &issue], "").await.done();

    let problem = two.problem(&two.globex, "twin-deleted").await;
    assert_eq!(problem["issue"], twin.as_str());
    two.is_stopped(&two.globex, &twin).await;
    assert_eq!(two.acme.node.json(&["problems"]).await, json!([]));
    two.acme.jira.edit(&issue, json!({"summary": "Still in step"})).await;
    two.wait("the other pair goes on", LONG, async || two.globex.jira.find("GX", "Still in step").await)
        .await;
}
