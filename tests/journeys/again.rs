//! A twin that was deleted is made again when people say so, from what the partner has: nothing lost, nothing twice.

use serde_json::{Value, json};

use crate::harness::documents::paragraph;
use crate::harness::jira::{attachments, key, sha256};
use crate::harness::random::Random;
use crate::harness::{LONG, Two, database, turn};

/// An issue of ACME's with a text, a comment of each side and a file, and its twin at Globex, which is deleted there.
async fn twin_deleted() -> (Two, String, Value) {
    let mut two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Bug", "Wanted again", Some(&paragraph("As agreed."))).await;
    two.acme.jira.comment(&issue, &paragraph("ACME says.")).await;
    two.acme.jira.attach(&issue, "plan.bin", Random::fixed(7).bytes(70_000)).await;
    let twin = two
        .wait("the whole twin", LONG, async || {
            let twin = two.globex.jira.find("GX", "Wanted again").await?;
            let comments = two.globex.jira.comments(&key(&twin)).await;
            (comments.len() == 1 && attachments(&twin).len() == 1).then_some(key(&twin))
        })
        .await;
    two.globex.jira.comment(&twin, &paragraph("Globex says.")).await;
    two.wait("its comment", LONG, async || (two.acme.jira.comments(&issue).await.len() == 2).then_some(()))
        .await;
    two.in_step().await;
    two.stop_globex().await;
    two.globex.site.set_faults(&json!({"delete_issue": [twin]})).expect("a deed of the practice site");
    database::census_is_due(&two.globex.data());
    two.start_globex();
    let problem = two.problem(&two.globex, "twin-deleted").await;
    (two, issue, problem)
}

impl Two {
    /// The twin that took the place of the deleted one, once it has all that it should have.
    async fn new_twin(&self, summary: &str, comments: usize) -> Value {
        self.wait("the new twin", LONG, async || {
            let twin = self.globex.jira.find("GX", summary).await?;
            let there = self.globex.jira.comments(&key(&twin)).await.len();
            (there == comments && attachments(&twin).len() == 1).then_some(twin)
        })
        .await
    }
}

/// It is made once more with text, comments and file; what was written meanwhile crosses, and so does what is written afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_twin_is_made_again_and_the_pair_goes_on() {
    let _turn = turn::together().await;
    let (two, issue, problem) = twin_deleted().await;
    let said = problem["sentence"].as_str().expect("a sentence");
    assert!(said.contains(problem["issue"].as_str().expect("a key")) && said.contains("deleted"), "{said}");
    two.wait("ACME learns that it is not synced", LONG, async || {
        let id = two.acme.connection().await?["id"].as_str()?.to_owned();
        (two.acme.node.json(&["pairs", "--connection", &id]).await[0]["state"] == "unlinked").then_some(())
    })
    .await;
    // Nobody asks ACME's people for anything, and what they write now waits for nobody.
    assert_eq!(two.acme.node.json(&["problems"]).await, json!([]));
    two.acme.jira.edit(&issue, json!({"summary": "Wanted again, edited"})).await;
    two.acme.jira.comment(&issue, &paragraph("Written meanwhile.")).await;
    two.stays_silent().await;

    two.globex.settle("retry", &problem).await;
    let twin = two.new_twin("Wanted again, edited", 2).await;
    assert_eq!(twin["fields"]["issuetype"]["name"], "Bug");
    assert_eq!(
        sha256(&Random::fixed(7).bytes(70_000)),
        two.globex.jira.sha256(&attachments(&twin)[0].1).await,
        "the same bytes"
    );
    two.in_step().await;
    assert_eq!(two.globex.node.json(&["problems", "--all"]).await, json!([]));

    two.globex.jira.edit(&key(&twin), json!({"summary": "Goes on"})).await;
    two.globex.jira.comment(&key(&twin), &paragraph("From the new twin.")).await;
    two.acme.jira.comment(&issue, &paragraph("To the new twin.")).await;
    two.wait("all three cross", LONG, async || {
        let back = two.acme.jira.find("SUP", "Goes on").await?;
        let here = two.acme.jira.comments(&key(&back)).await.len();
        let there = two.globex.jira.comments(&key(&twin)).await.len();
        ((here, there) == (5, 4)).then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 1, "one twin");
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 1, "and one original");
}

/// What ACME's people stopped themselves meanwhile is not taken up by Globex's wish: nothing is made, and nobody waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_partner_stopped_is_not_made_again() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Task", "Wanted by one", None).await;
    let twin = two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Wanted by one").await).await;
    two.in_step().await;
    two.stop_acme().await;
    two.stop_globex().await;
    two.acme.node.ask(&["pair", "stop", &issue], "").await.done();
    two.globex.site.set_faults(&json!({"delete_issue": [key(&twin)]})).expect("a deed of the practice site");
    database::census_is_due(&two.globex.data());
    two.start_globex();
    let problem = two.problem(&two.globex, "twin-deleted").await;
    two.globex.settle("retry", &problem).await;
    let all = two.globex.node.json(&["problems", "--all"]).await;
    assert_eq!(all[0]["skipped"], true, "asked for, and can be asked for once more: {all}");
    two.start_acme().await;
    two.wait("Globex hears that it is not synced there", LONG, async || {
        (two.globex.node.json(&["problems", "--all"]).await == json!([])).then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert!(two.globex.jira.issues("GX").await.is_empty());
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 1);
}

/// Left as it is: nothing is made, nothing is asked for, and it can still be taken up.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_twin_that_nobody_wants_stays_away_and_can_be_wanted_later() {
    let _turn = turn::together().await;
    let (two, _, problem) = twin_deleted().await;
    two.globex.settle("skip", &problem).await;
    two.in_step().await;
    two.stays_silent().await;
    assert!(two.globex.jira.issues("GX").await.is_empty());
    let hint = two.globex.node.ask(&["problems", "--all"], "").await.done();
    assert!(hint.contains("problem retry"), "{hint}");
    two.globex.settle("retry", &problem).await;
    two.new_twin("Wanted again", 1).await;
    two.in_step().await;
}
