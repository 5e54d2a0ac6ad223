//! Which issues are synced: those created after the connection, the existing ones only when asked, narrowed by a filter.

use serde_json::json;

use crate::harness::jira::key;
use crate::harness::{Company, How, LONG, Two, database, turn};

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

/// F54: an issue moves from a project that is synced with one partner into one that is synced with another: its first pair
/// ends, with the reason, and it is synced where it stands now. Its first twin stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn j38_f54_an_issue_that_moves_into_another_synced_project_is_synced_there() {
    let _turn = turn::together().await;
    let mut two =
        Two::connect(Company::start("acme").await, Company::start("globex").await, How::default()).await;
    let first = two.acme.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    let third = Company::start("initech").await;
    two.acme.project = "OPS".to_owned();
    let address = format!("http://127.0.0.1:{}", two.port);
    let code = two.acme.invite(&address, &["--approve", "code-holder"]).await.done();
    third.accept(&code, &[]).await.done();
    let _third_runs = third.run(true, &[]);
    two.wait("the third company is connected", LONG, async || third.in_step().await.then_some(())).await;
    let issue = two.acme.jira.create("SUP", "Task", "Moves", None).await;
    two.wait("its twin", LONG, async || two.globex.jira.find("GX", "Moves").await).await;
    two.in_step().await;

    let moved = json!({"move_issue": {"issue": issue, "project": "OPS"}});
    two.acme.site.set_faults(&moved).expect("a deed at the practice site");
    let there = async |summary: &str| third.jira.find(&third.project, summary).await;
    two.wait("it stands where its new project is synced", LONG, async || there("Moves").await).await;
    two.acme.jira.edit("OPS-1", json!({"summary": "Moves, edited"})).await;
    two.wait("it is synced there", LONG, async || there("Moves, edited").await).await;
    two.wait("in step", LONG, async || third.in_step().await.then_some(())).await;
    two.stays_silent().await;
    assert!(two.globex.jira.find("GX", "Moves").await.is_some(), "the first twin stays as it is");
    assert_eq!(third.jira.issues(&third.project).await.len(), 1);
    assert_eq!(two.acme.jira.issues("OPS").await.len(), 1, "nothing comes back");
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 0);
    let pairs = two.acme.node.json(&["pairs", "--connection", &first]).await;
    assert_eq!(pairs[0]["state"], "unlinked");
    let told = two.acme.node.ask(&["activity"], "").await.done();
    assert!(told.contains("was moved to another project"), "the reason: {told}");
}

/// J39: what is deleted or hidden at one side is no longer synced, and stands at the other as it did. What is shown again is
/// not synced anew.
#[tokio::test(flavor = "multi_thread")]
async fn j39_what_is_deleted_or_hidden_stays_at_the_partner() {
    const SUMMARIES: [&str; 5] =
        ["Deleted at ACME", "Hidden at ACME", "Deleted at Globex", "Hidden at Globex", "Stays"];
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    let mut keys = Vec::new();
    for summary in SUMMARIES {
        let issue = two.acme.jira.create("SUP", "Task", summary, None).await;
        let twin = two.wait(summary, LONG, async || two.globex.jira.find("GX", summary).await).await;
        keys.push((issue, key(&twin)));
    }
    two.in_step().await;
    two.stop_acme().await;
    two.stop_globex().await;
    let vanish = |deleted: &str, hidden: &str| json!({"delete_issue": deleted, "hide_issue": hidden});
    two.acme.site.set_faults(&vanish(&keys[0].0, &keys[1].0)).expect("a deed of the practice site");
    two.globex.site.set_faults(&vanish(&keys[2].1, &keys[3].1)).expect("a deed of the practice site");
    for company in [&two.acme, &two.globex] {
        database::census_is_due(&company.data());
        company.jira.forget_calls().await;
    }
    two.start_acme().await;
    two.start_globex();
    for company in [&two.acme, &two.globex] {
        let id = company.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
        two.wait("four are no longer synced", LONG, async || {
            let pairs = company.node.json(&["pairs", "--connection", &id]).await;
            (pairs.as_array()?.iter().filter(|pair| pair["state"] == "unlinked").count() == 4).then_some(())
        })
        .await;
    }
    for (company, gone) in [(&two.acme, 0), (&two.globex, 2)] {
        company.site.set_faults(&json!({})).expect("no fault");
        let mut wanted = SUMMARIES.to_vec();
        wanted.remove(gone);
        let issues = company.jira.issues(&company.project).await;
        let there: Vec<_> = issues.iter().map(|issue| issue["fields"]["summary"].clone()).collect();
        assert_eq!(there, wanted, "{}", company.name);
        assert_eq!(company.jira.writes().await, 0, "{}: no node has written anything", company.name);
        // A twin can be made again; an original cannot, and what was asked about is left as it is.
        let problems = company.node.json(&["problems"]).await;
        let problems = problems.as_array().expect("a list");
        assert_eq!(problems.len(), gone, "{}: {problems:?}", company.name);
        for problem in problems {
            assert_eq!(problem["code"], "twin-deleted");
            company.settle("skip", problem).await;
        }
    }
    two.acme.jira.edit(&keys[1].0, json!({"summary": "Shown again"})).await;
    two.acme.jira.edit(&keys[4].0, json!({"summary": "Stays, edited"})).await;
    two.wait("the edit", LONG, async || two.globex.jira.find("GX", "Stays, edited").await).await;
    two.in_step().await;
    two.stays_silent().await;
    assert!(two.globex.jira.find("GX", "Hidden at ACME").await.is_some());
}

/// J40: a twin is copied with its marker: the copy is an issue of its own, which the partner gets; the twin stays the twin.
#[tokio::test(flavor = "multi_thread")]
async fn j40_a_copy_with_our_marker_is_an_issue_of_its_own() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Task", "Original", None).await;
    let twin = two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Original").await).await;
    two.in_step().await;
    two.globex.site.set_faults(&json!({"clone_issue": key(&twin)})).expect("a deed of the practice site");
    let copy = two.globex.jira.find("GX", "CLONE - Original").await.expect("the copy");
    let there = async |summary: &str| two.acme.jira.find("SUP", summary).await;
    two.wait("the copy's twin", LONG, async || there("CLONE - Original").await).await;
    two.globex.jira.edit(&key(&copy), json!({"summary": "Copy, edited"})).await;
    two.globex.jira.edit(&key(&twin), json!({"summary": "Original, edited"})).await;
    two.wait("both edits", LONG, async || {
        there("Copy, edited").await?;
        there("Original, edited").await
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(there("Original, edited").await.map(|found| key(&found)), Some(issue), "who was first stays");
    assert_eq!(two.acme.jira.issues("SUP").await.len(), 2);
    assert_eq!(two.globex.jira.issues("GX").await.len(), 2);
}
