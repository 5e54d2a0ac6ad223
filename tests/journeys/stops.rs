//! What waits for a person of one side: the other side neither calls it in step nor asks its own people for it.

use serde_json::{Value, json};

use crate::harness::documents::paragraph;
use crate::harness::jira::key;
use crate::harness::{LONG, Two, turn};

impl Two {
    /// How ACME's only pair stands, once it stands so.
    async fn acmes_pair_is(&self, state: &str) {
        let id = self.acme.connection().await.expect("it is connected")["id"].clone();
        // As people type it: the first characters are enough.
        let id = &id.as_str().expect("an id")[..6];
        self.wait(&format!("ACME's pair is {state}"), LONG, async || {
            let pairs = self.acme.node.json(&["pairs", "--connection", id]).await;
            (pairs[0]["state"] == state).then_some(())
        })
        .await;
    }

    async fn acme_says(&self, overall: &str) -> Value {
        self.wait(&format!("ACME says {overall}"), LONG, async || {
            let status = self.acme.node.json(&["status"]).await;
            (status["overall"] == overall).then_some(status)
        })
        .await
    }
}

/// F50, F56: Globex may not comment. ACME's status says whom it waits for, until Globex tries again with success.
#[tokio::test(flavor = "multi_thread")]
async fn f50_while_one_sides_people_have_to_act_the_other_is_not_up_to_date() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Task", "Nothing to say", None).await;
    let twin = two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Nothing to say").await).await;
    two.in_step().await;
    two.acmes_pair_is("in_step").await;
    two.globex.site.set_faults(&json!({"forbid": "ADD_COMMENTS"})).expect("a fault of the practice site");
    two.acme.jira.comment(&issue, &paragraph("I say.")).await;
    let problem = two.problem(&two.globex, "permission-lost").await;

    let status = two.acme_says("delayed").await;
    let connection = &status["connections"][0];
    let whom = format!("Waiting for {} to look", connection["partner_name"].as_str().expect("a name"));
    assert_eq!(status["sentence"], format!("{whom} at one thing"));
    assert_eq!((&connection["state"], &connection["partner_problems"]), (&json!("delayed"), &json!(1)));
    assert_eq!(connection["problems"], 0, "nobody at ACME can do anything");
    assert_eq!(two.acme.node.json(&["problems"]).await, json!([]));
    two.acmes_pair_is("waiting_for_partner").await;
    let told = two.acme.node.ask(&["problems"], "").await.done();
    assert!(told.contains(&format!("{whom} at one thing")), "{told}");

    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.globex.settle("retry", &problem).await;
    two.wait("the comment", LONG, async || two.globex.jira.comments(&key(&twin)).await.pop()).await;
    two.in_step().await;
    two.acmes_pair_is("in_step").await;
    two.stays_silent().await;
}

/// F50: Globex leaves the comment out: nobody waits any more, neither side says "in step", and it can be found again.
#[tokio::test(flavor = "multi_thread")]
async fn f50_what_one_side_left_out_is_seen_on_both_and_can_be_taken_up_again() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Task", "Left out", None).await;
    let twin = two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Left out").await).await;
    two.globex.site.set_faults(&json!({"forbid": "ADD_COMMENTS"})).expect("a fault of the practice site");
    two.acme.jira.comment(&issue, &paragraph("I say.")).await;
    let problem = two.problem(&two.globex, "permission-lost").await;
    two.acme_says("delayed").await;
    two.globex.settle("skip", &problem).await;
    two.acmes_pair_is("skipped").await;
    two.acme_says("up_to_date").await;
    assert_eq!(two.globex.node.json(&["problems"]).await, json!([]));
    let all = two.globex.node.json(&["problems", "--all"]).await;
    assert_eq!((&all[0]["id"], &all[0]["skipped"]), (&problem["id"], &json!(true)));

    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.globex.settle("retry", &all[0]).await;
    two.wait("the comment", LONG, async || two.globex.jira.comments(&key(&twin)).await.pop()).await;
    two.in_step().await;
    two.acmes_pair_is("in_step").await;
    assert_eq!(two.globex.node.json(&["problems", "--all"]).await, json!([]));
    two.stays_silent().await;
}
