//! Which issues are synced: those created after the connection, the existing ones only when asked, narrowed by a filter.

use crate::harness::{Company, How, LONG, Two, turn};

#[tokio::test(flavor = "multi_thread")]
async fn existing_issues_stay_at_home_unless_asked() {
    let _turn = turn::together().await;
    let (acme, globex) = (Company::start("acme").await, Company::start("globex").await);
    let old = acme.jira.create("SUP", "Task", "Old", None).await;
    globex.jira.create("GX", "Task", "Old, at Globex", None).await;
    acme.jira.create("OPS", "Task", "Another project", None).await;
    let two = Two::connect(acme, globex, How::default()).await;
    // An edit of an old issue does not make it a new one.
    two.acme.jira.edit(&old, serde_json::json!({"summary": "Old, and edited"})).await;
    two.acme.jira.create("OPS", "Task", "Another project, later", None).await;
    two.acme.jira.create("SUP", "Task", "New", None).await;
    two.wait("the new one arrives", LONG, async || two.globex.jira.find("GX", "New").await).await;
    two.in_step().await;
    two.stays_silent().await;
    let summaries = |issues: Vec<serde_json::Value>| -> Vec<String> {
        issues.iter().map(|i| i["fields"]["summary"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(summaries(two.globex.jira.issues("GX").await), ["Old, at Globex", "New"]);
    assert_eq!(summaries(two.acme.jira.issues("SUP").await), ["Old, and edited", "New"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_narrows_what_leaves() {
    let _turn = turn::together().await;
    let (acme, globex) = (Company::start("acme").await, Company::start("globex").await);
    acme.jira.create("SUP", "Bug", "An old bug", None).await;
    acme.jira.create("SUP", "Task", "An old task", None).await;
    let how = How { scope: &["--existing", "--filter", "issuetype = Bug"], ..How::default() };
    let two = Two::connect(acme, globex, how).await;
    two.acme.jira.create("SUP", "Task", "A new task", None).await;
    two.acme.jira.create("SUP", "Bug", "A new bug", None).await;
    two.wait("both bugs arrive", LONG, async || {
        two.globex.jira.find("GX", "An old bug").await?;
        two.globex.jira.find("GX", "A new bug").await
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 2, "no task has left ACME");
}
