//! The adapter at a site with Jira's real limits: they are kept, not met.

mod common;

use std::time::{Duration, Instant};

use common::{Wire, http, jira, marker};
use futures_util::future::join_all;
use practice_jira::{Options, Running, Site};
use serde_json::json;
use twinline_model::observed::ObservedComment;
use twinline_model::{Document, IssueId, ProjectKey};
use twinline_trackers::jira_cloud::{JiraCloud, SiteLimits};
use twinline_trackers::{IssueDraft, IssueEdit, Tracker};

async fn limited() -> (Running, JiraCloud) {
    let options = Options { site: "acme".into(), limits: true, ..Options::default() };
    let site = Site::start(options).await.expect("a practice site");
    let jira = jira(&site.url, &site.email, &site.token, None);
    jira.identity().await.expect("signed in");
    (site, jira)
}

fn draft(n: usize) -> IssueDraft {
    IssueDraft {
        project: ProjectKey::new("SUP"),
        issue_type: "Task".to_owned(),
        summary: format!("issue {n}"),
        description: Document::default(),
        extras: Default::default(),
        marker: marker(),
        chosen: Vec::new(),
    }
}

fn refused(site: &Running) -> u64 {
    site.calls()["statuses"]["429"].as_u64().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j36_f66_a_burst_of_writes_at_real_limits_meets_no_429() {
    let (site, jira) = limited().await;
    // 130 creates against 100 a second, then 60 edits of 60 issues against 50 a second: all at once.
    let drafts: Vec<_> = (0..130).map(draft).collect();
    let made = join_all(drafts.iter().map(|draft| jira.create_issue(draft))).await;
    let made: Vec<_> = made.into_iter().map(|created| created.expect("created").id).collect();
    let edit = IssueEdit { summary: Some("other".to_owned()), ..IssueEdit::default() };
    for edited in join_all(made.iter().take(60).map(|issue| jira.edit_issue(issue, &edit))).await {
        edited.expect("edited");
    }
    assert_eq!(refused(&site), 0, "{}", site.calls());
    assert_eq!(site.writes(), 190, "and nothing was left out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j36_one_issues_burst_keeps_its_limits_and_holds_up_no_other() {
    let (site, jira) = limited().await;
    let issue = jira.create_issue(&draft(0)).await.expect("created").id;
    let (text, mark) = (Document::plain("x"), marker());
    let written: Vec<Result<ObservedComment, _>> =
        join_all((0..30).map(|_| jira.add_comment(&issue, &text, &mark))).await;
    assert!(written.iter().all(Result::is_ok), "20 at once, 10 after two seconds");
    let other: IssueId = jira.create_issue(&draft(1)).await.expect("created").id;
    jira.add_comment(&other, &text, &mark).await.expect("another issue does not wait");
    assert_eq!(refused(&site), 0, "{}", site.calls());
}

#[tokio::test]
async fn j36_what_other_programs_left_of_a_limit_is_believed() {
    let used_up =
        "content-type: application/json\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-nearlimit: true\r\n";
    let wire = Wire::start(move |_| http(200, used_up, r#"{"enabled":true,"uploadLimit":7}"#)).await;
    let (jira, begun) = (wire.jira(), Instant::now());
    assert_eq!(jira.upload_limit().await, Ok(Some(7)));
    assert_eq!(jira.upload_limit().await, Ok(Some(7)));
    assert!(begun.elapsed() >= Duration::from_secs(1), "the second waits for the next second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_of_a_site_is_counted_as_the_site_counts_it() {
    let options = Options { site: "acme".into(), limits: true, ..Options::default() };
    let site = Site::start(options).await.expect("a practice site");
    let limits = SiteLimits::default();
    let jira = jira(&site.url, &site.email, &site.token, None).within(limits.clone());
    jira.identity().await.expect("signed in");
    let issue = jira.create_issue(&draft(0)).await.expect("created").id;
    let before = limits.last_hour();
    assert!(before.fullest < 20, "one call at a time is far from every limit: {before:?}");
    let (text, mark) = (Document::plain("x"), marker());
    let written = join_all((0..20).map(|_| jira.add_comment(&issue, &text, &mark))).await;
    assert!(written.iter().all(Result::is_ok));
    let after = limits.last_hour();
    let counted: u64 =
        site.calls()["calls"].as_object().expect("calls").values().filter_map(|n| n.as_u64()).sum();
    assert_eq!((u64::from(after.calls), after.slowed), (counted, 0), "{}", site.calls());
    assert_eq!(after.fullest, 100, "20 writes to one issue are what two seconds hold");

    let slow = json!({"fail_before_effect": {"status": 429, "operation": "POST /issue", "times": 1}});
    site.set_faults(&slow).expect("a fault of the practice site");
    assert!(jira.create_issue(&draft(1)).await.is_err(), "asked to slow down");
    assert_eq!(limits.last_hour().slowed, 1);
}
