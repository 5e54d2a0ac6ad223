//! What the adapter makes of answers that no healthy Jira gives.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Wire, http, jira, json, marker, myself};
use futures_util::{TryStreamExt, stream};
use secrecy::SecretString;
use twinline_model::{AttachmentId, CommentId, Document, IssueId, ProjectKey};
use twinline_trackers::error::{NotApplied, ReadError, WriteError};
use twinline_trackers::jira_cloud::{JiraCloud, SignInError, SiteLimits, sign_in};
use twinline_trackers::{ChangeQuery, IssueDraft, IssueEdit, Tracker, UploadFile};

const SHAPED: &str = r#"{"errorMessages":["Nope s3cret-token."],"errors":{}}"#;

fn query() -> ChangeQuery {
    ChangeQuery { projects: vec![ProjectKey::new("SUP")], since_ms: None }
}

/// The error of a comment that gets this answer.
async fn comment_error(answer: String) -> WriteError {
    let wire = Wire::start(move |_| answer.clone()).await;
    let result = wire.jira().add_comment(&IssueId::new("1"), &Document::plain("x"), &marker()).await;
    assert_eq!(wire.count("POST"), 1, "a write goes out once");
    result.expect_err("refused")
}

/// Answers that say nothing about what became of a write.
fn proving_nothing() -> [String; 9] {
    let cut = "HTTP/1.1 201 X\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"id\":";
    [
        http(502, "content-type: text/html\r\n", "<h1>Bad gateway</h1>"),
        json(500, SHAPED),
        json(408, SHAPED),
        http(403, "content-type: text/html\r\n", "<h1>Blocked</h1>"),
        http(200, "content-type: text/html\r\n", "<h1>Sign in to the guest WLAN</h1>"),
        http(302, "location: http://127.0.0.1:9/\r\n", ""),
        json(201, "{\"id\":"),
        cut.to_owned(),
        String::new(),
    ]
}

/// What a create reads first is answered; all else gets this answer.
fn at_writes(request: &str, answer: &str) -> String {
    match request.split_whitespace().nth(1).unwrap_or_default() {
        _ if !request.starts_with("GET ") => answer.to_owned(),
        path if path.contains("/createmeta/SUP/issuetypes?") => {
            json(200, r#"{"issueTypes":[{"id":"1","name":"Task","subtask":false}],"total":1}"#)
        }
        _ => json(404, SHAPED),
    }
}

#[tokio::test]
async fn j37_f69_an_answer_that_proves_nothing_is_unknown() {
    let (issue, text) = (IssueId::new("1"), Document::plain("x"));
    let draft = IssueDraft {
        project: ProjectKey::new("SUP"),
        issue_type: "Task".to_owned(),
        summary: "x".to_owned(),
        description: text.clone(),
        extras: Default::default(),
        marker: marker(),
        chosen: Vec::new(),
    };
    let edit = IssueEdit { summary: Some("x".to_owned()), ..IssueEdit::default() };
    for answer in proving_nothing() {
        for what in ["create", "edit", "comment", "mark", "edit of a comment", "file", "file taken away"] {
            let told = answer.clone();
            let wire = Wire::start(move |request| at_writes(request, &told)).await;
            let jira = wire.jira();
            let bytes = Box::pin(stream::iter([Ok(bytes::Bytes::from_static(b"abc"))]));
            let file = UploadFile { file_name: "a.txt".into(), mime: "text/plain".into(), size: 3, bytes };
            let result = match what {
                "create" => jira.create_issue(&draft).await.map(drop),
                "edit" => jira.edit_issue(&issue, &edit).await.map(drop),
                "comment" => jira.add_comment(&issue, &text, &marker()).await.map(drop),
                "edit of a comment" => jira.edit_comment(&issue, &CommentId::new("2"), &text).await.map(drop),
                "mark" => jira.mark_issue(&issue, &marker()).await,
                "file" => jira.upload(&issue, file).await.map(drop),
                _ => jira.delete_attachment(&AttachmentId::new("3")).await,
            };
            assert!(matches!(result, Err(WriteError::Unknown(_))), "{what}: {answer}: {result:?}");
            let sent = wire.asked().iter().filter(|request| !request.starts_with("GET ")).count();
            assert_eq!(sent, 1, "{what}: a write goes out once");
        }
    }
}

#[tokio::test]
async fn j37_what_jira_refuses_took_no_effect() {
    let refused = NotApplied::Refused("Nope ***.".to_owned());
    assert_eq!(comment_error(json(400, SHAPED)).await, refused.into());
    assert_eq!(comment_error(json(401, SHAPED)).await, NotApplied::SignIn.into());
    assert_eq!(comment_error(http(413, "", "")).await, NotApplied::TooLarge.into());
    let gone = "127.0.0.1:1";
    let jira = jira(&format!("http://{gone}"), "a@b.example", "t", Some("us"));
    let unsent = jira.add_comment(&IssueId::new("1"), &Document::plain("x"), &marker()).await;
    assert!(matches!(unsent, Err(WriteError::NotApplied(NotApplied::NotSent(_)))), "{unsent:?}");
}

#[tokio::test]
async fn j36_f66_nothing_is_sent_before_retry_after() {
    let wire = Wire::start(|_| http(429, "retry-after: 40\r\n", "")).await;
    let jira = wire.jira();
    let write = || async { jira.add_comment(&IssueId::new("1"), &Document::plain("x"), &marker()).await };
    for _ in 0..3 {
        let Err(WriteError::NotApplied(NotApplied::SlowDown { wait, issue_only })) = write().await else {
            panic!("no wait")
        };
        assert!(wait > Duration::from_secs(35) && wait <= Duration::from_secs(48), "{wait:?}");
        assert!(!issue_only, "no reason was named");
    }
    assert!(matches!(jira.newest_changes(&query()).await, Err(ReadError::SlowDown { .. })));
    assert_eq!(wire.asked().len(), 1);
}

#[tokio::test]
async fn j36_f66_each_reason_holds_up_only_what_it_names() {
    // Who may still write: a comment on another issue, an edit of the same one, an edit of another one.
    for (reason, go_on) in [
        ("jira-per-issue-on-write", [true, false, true]),
        ("jira-burst-based", [false, true, true]),
        ("jira-quota-tenant-based", [false; 3]),
        ("jira-quota-global-based", [false; 3]),
    ] {
        let limited = format!("retry-after: 40\r\nratelimit-reason: {reason}\r\n");
        let wire = Wire::start(move |request| match request.starts_with("POST /rest/api/3/issue/1/") {
            true => http(429, &limited, ""),
            false => json(404, SHAPED),
        })
        .await;
        let jira = wire.jira();
        let comment = async |issue: &str| {
            jira.add_comment(&IssueId::new(issue), &Document::plain("x"), &marker()).await
        };
        let edit = async |issue: &str| {
            let edit = IssueEdit { summary: Some("x".to_owned()), ..IssueEdit::default() };
            jira.edit_issue(&IssueId::new(issue), &edit).await
        };
        for _ in 0..2 {
            let refused = comment("1").await;
            let Err(WriteError::NotApplied(NotApplied::SlowDown { issue_only, .. })) = refused else {
                panic!("{reason}: {refused:?}")
            };
            assert_eq!(issue_only, reason == "jira-per-issue-on-write");
        }
        let slow = |error: &WriteError| matches!(error, WriteError::NotApplied(NotApplied::SlowDown { .. }));
        let held = [
            comment("2").await.as_ref().is_err_and(slow),
            edit("1").await.as_ref().is_err_and(slow),
            edit("2").await.as_ref().is_err_and(slow),
        ];
        assert_eq!(held.map(|held| !held), go_on, "{reason}");
        assert_eq!(wire.count("POST /rest/api/3/issue/1/"), 1, "{reason}: sent before its time");
    }
}

#[tokio::test]
async fn j36_two_accounts_of_a_site_share_its_limits() {
    let wire = Wire::start(|_| http(429, "retry-after: 40\r\n", "")).await;
    let limits = SiteLimits::default();
    let (one, other) = (wire.jira().within(limits.clone()), wire.jira().within(limits));
    let comment =
        async |jira: &JiraCloud| jira.add_comment(&IssueId::new("1"), &Document::plain("x"), &marker()).await;
    assert!(comment(&one).await.is_err() && comment(&other).await.is_err());
    assert_eq!(wire.asked().len(), 1, "the second knows what the first was told");
}

#[tokio::test]
async fn f67_a_read_waits_a_short_pause_by_itself() {
    let calls = AtomicUsize::new(0);
    let wire = Wire::start(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => http(429, "retry-after: 1\r\n", ""),
        _ => json(200, r#"{"enabled":true,"uploadLimit":7}"#),
    })
    .await;
    assert_eq!(wire.jira().upload_limit().await, Ok(Some(7)));
    assert_eq!(wire.asked().len(), 2);
}

#[tokio::test]
async fn f47_an_empty_answer_is_believed_only_for_us() {
    let empty = r#"{"issues":[],"isLast":true}"#;
    let answers = |who: &'static str| {
        move |request: &str| match request.starts_with("GET /rest/api/3/myself") {
            true if who.is_empty() => json(401, SHAPED),
            true => myself(who),
            false => json(200, empty),
        }
    };
    for (who, believed) in [("us", true), ("bob", false), ("", false)] {
        let wire = Wire::start(answers(who)).await;
        let result = wire.jira().newest_changes(&query()).await;
        assert_eq!(
            result.map(|page| page.issues.len()),
            if believed { Ok(0) } else { Err(ReadError::SignIn) }
        );
        assert_eq!(wire.count("GET /rest/api/3/myself"), 1);
    }
    let shown = http(200, "content-type: application/json\r\nx-aaccountid: us\r\n", empty);
    let wire = Wire::start(move |_| shown.clone()).await;
    assert!(wire.jira().newest_changes(&query()).await.is_ok());
    assert_eq!(wire.asked().len(), 1);
    let other = http(200, "content-type: application/json\r\nx-aaccountid: bob\r\n", empty);
    let wire = Wire::start(move |_| other.clone()).await;
    assert_eq!(wire.jira().newest_changes(&query()).await.err(), Some(ReadError::SignIn));
}

#[tokio::test]
async fn j05_f47_every_way_of_showing_nothing_is_doubted() {
    let wire = Wire::start(|request| match request.split_whitespace().nth(1).unwrap_or_default() {
        path if path.ends_with("/myself") => json(401, SHAPED),
        path if path.contains("/approximate-count") => json(200, r#"{"count":0}"#),
        path if path.contains("/project/search") => json(200, r#"{"values":[],"isLast":true}"#),
        path if path.contains("/createmeta/") => json(200, r#"{"issueTypes":[],"total":0}"#),
        path if path.contains("/comment") => json(200, r#"{"comments":[],"total":0}"#),
        _ => json(200, r#"{"issues":[],"isLast":true}"#),
    })
    .await;
    let (jira, project, issue) = (wire.jira(), ProjectKey::new("SUP"), IssueId::new("1"));
    let doubted = ReadError::SignIn;
    assert_eq!(jira.projects().await, Err(doubted.clone()));
    assert_eq!(jira.issue_types(&project).await, Err(doubted.clone()));
    assert_eq!(jira.highest_number(&project).await, Err(doubted.clone()));
    assert_eq!(jira.count(&project, None).await, Err(doubted.clone()));
    assert_eq!(jira.matching(std::slice::from_ref(&issue), "a = b").await, Err(doubted.clone()));
    assert_eq!(jira.issues_by_id(std::slice::from_ref(&issue)).await, Err(doubted.clone()));
    assert_eq!(jira.comments_with_markers(&issue).await, Err(doubted));
}

#[tokio::test]
async fn f47_to_a_stranger_hidden_is_not_gone() {
    let wire = Wire::start(|request| match request.starts_with("GET /rest/api/3/myself") {
        true => json(401, SHAPED),
        false => json(404, SHAPED),
    })
    .await;
    assert_eq!(wire.jira().comments_with_markers(&IssueId::new("1")).await, Err(ReadError::SignIn));
    let edit = wire.jira().add_comment(&IssueId::new("1"), &Document::plain("x"), &marker()).await;
    assert_eq!(edit, Err(NotApplied::SignIn.into()));
}

#[tokio::test]
async fn j31_the_file_store_never_sees_our_sign_in() {
    let store = Wire::start(|request| match request.contains("range: bytes=3-") {
        true => http(206, "content-range: bytes 3-5/6\r\n", "DEF"),
        false => http(200, "", "ABCDEF"),
    })
    .await;
    let location = format!("location: {}/file/u/binary?token=signed\r\n", store.url);
    let wire = Wire::start(move |_| http(303, &location, "")).await;
    for (offset, expected) in [(0, "ABCDEF"), (3, "DEF")] {
        let stream = wire.jira().download(&AttachmentId::new("5"), offset).await.expect("bytes");
        let parts: Vec<_> = stream.try_collect().await.expect("all of it");
        assert_eq!(parts.concat(), expected.as_bytes());
    }
    assert!(
        wire.asked().iter().all(|request| request.to_ascii_lowercase().contains("authorization: basic "))
    );
    assert_eq!(store.asked().len(), 2);
    assert!(store.asked().iter().all(|request| !request.to_ascii_lowercase().contains("authorization")));
}

#[tokio::test]
async fn j32_a_store_that_ignores_ranges_is_passed_over() {
    let wire = Wire::start(|_| http(200, "", "ABCDEF")).await;
    let stream = wire.jira().download(&AttachmentId::new("5"), 4).await.expect("bytes");
    let parts: Vec<_> = stream.try_collect().await.expect("all of it");
    assert_eq!(parts.concat(), b"EF");
    let wrong = Wire::start(|_| http(206, "content-range: bytes 2-5/6\r\n", "CDEF")).await;
    assert!(matches!(wrong.jira().download(&AttachmentId::new("5"), 4).await, Err(ReadError::Odd(_))));
    let done = Wire::start(|_| http(416, "content-range: bytes */4\r\n", "")).await;
    let stream = done.jira().download(&AttachmentId::new("5"), 4).await.expect("nothing is left");
    assert_eq!(stream.try_collect::<Vec<_>>().await.expect("the end").len(), 0);
}

#[tokio::test]
async fn f65_a_body_that_breaks_off_is_an_error() {
    let cut = "HTTP/1.1 200 X\r\ncontent-length: 500\r\n\r\nABC".to_owned();
    let wire = Wire::start(move |_| cut.clone()).await;
    let stream = wire.jira().download(&AttachmentId::new("5"), 0).await.expect("a beginning");
    assert!(stream.try_collect::<Vec<_>>().await.is_err());
}

#[tokio::test]
async fn j33_a_file_that_is_too_large_is_refused_for_good() {
    let wire = Wire::start(|_| http(413, "content-type: text/html\r\n", "<h1>too large</h1>")).await;
    let bytes = Box::pin(stream::iter([Ok(bytes::Bytes::from_static(b"abc"))]));
    let file = UploadFile { file_name: "a.txt".into(), mime: "text/plain".into(), size: 3, bytes };
    let result = wire.jira().upload(&IssueId::new("1"), file).await;
    assert_eq!(result, Err(NotApplied::TooLarge.into()));
    let asked = wire.asked().concat().to_ascii_lowercase();
    assert!(
        asked.contains("x-atlassian-token: no-check") && asked.contains("name=\"file\"; filename=\"a.txt\"")
    );
}

#[tokio::test]
async fn j01_something_that_is_no_jira_is_told_and_gets_no_token() {
    let page = Wire::start(|_| http(404, "content-type: text/html\r\n", "<h1>Site unavailable</h1>")).await;
    let token = || SecretString::from("s3cret-token");
    let site = page.url.trim_start_matches("http://").to_owned();
    assert_eq!(sign_in(&page.url, "a@b.example", token()).await, Err(SignInError::NotJira { site }));
    assert!(page.asked().iter().all(|request| !request.to_ascii_lowercase().contains("authorization")));
    let nobody = sign_in("http://127.0.0.1:1", "a@b.example", token()).await;
    assert!(matches!(nobody, Err(SignInError::Unreachable { .. })), "{nobody:?}");
    assert_eq!(sign_in("my site", "a@b.example", token()).await, Err(SignInError::NotAnAddress));
}
