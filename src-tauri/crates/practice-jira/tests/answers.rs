//! Answers that fail, break off, end too early, come late, or say "too many".
mod common;
use std::time::{Duration, Instant};

use common::{Client, doc, site};
use reqwest::Method;
use serde_json::{Value, json};

fn new_issue(summary: &str) -> Value {
    json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": summary}})
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("in time")
}

/// The bytes of a body up to where it breaks off; the flag says whether it did.
async fn bytes(mut answer: reqwest::Response) -> (usize, bool) {
    let mut count = 0;
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => count += chunk.len(),
            Ok(None) => return (count, false),
            Err(_) => return (count, true),
        }
    }
}

#[tokio::test]
async fn f69_the_answer_is_cut_at_a_byte() {
    let c = site("acme").await;
    let whole = bytes(c.raw(Method::GET, "/myself", None).await).await.0;
    for at in [1, 20, whole - 1] {
        c.faults(json!({"drop_connection_at_byte": at}));
        assert_eq!(bytes(c.raw(Method::GET, "/myself", None).await).await, (at, true));
    }
    c.faults(json!({"drop_connection_at_byte": whole}));
    assert_eq!(bytes(c.raw(Method::GET, "/myself", None).await).await, (whole, false));
    c.faults(json!({"drop_connection_at_byte": {"value": 0, "operation": "POST /issue", "times": 1}}));
    assert_eq!(c.answer("POST", "/issue", Some(&new_issue("lost"))).await, "no answer");
    assert_eq!(c.search("project = SUP").await, ["SUP-1"], "it had its effect");
}

#[tokio::test]
async fn f68_f69_resets_and_silence_before_and_after_the_effect() {
    let c = site("acme").await;
    let ask = |body: Value| async move { body };
    let mut expected = 0;
    for (switch, lands) in [("fail_before_effect", 0), ("fail_after_effect", 1)] {
        for (status, answer) in [(json!(0), "no answer"), (json!(409), "409"), (json!(504), "504 <!DOCTYPE")]
        {
            c.faults(json!({switch: {"status": status, "operation": "POST /issue", "times": 1}}));
            let body = ask(new_issue("x")).await;
            let got = c.answer("POST", "/issue", Some(&body)).await;
            assert!(got.starts_with(answer), "{switch} {status}: {got}");
            expected += lands;
            assert_eq!(c.search("project = SUP").await.len(), expected, "{switch} {status}");
        }
    }
    c.faults(json!({"fail_after_effect": {"status": "hang", "operation": "POST /issue"}}));
    let before = c.site.writes();
    let body = new_issue("silent");
    let url = format!("{}/rest/api/3/issue", c.site.url);
    let request = c.http.post(url).basic_auth(&c.email, Some(&c.site.token)).json(&body).send();
    tokio::select! {
        answer = request => panic!("an answer: {answer:?}"),
        () = c.site.until(|site| site.writes() > before) => {}
    }
    assert_eq!(c.search("project = SUP").await.len(), expected + 1);
}

#[tokio::test]
async fn f70_a_write_lands_late_whatever_the_client_was_told() {
    let c = site("acme").await;
    for (n, (status, told)) in
        [(json!(504), "504"), (json!(0), "no answer"), (json!(500), "500")].into_iter().enumerate()
    {
        c.faults(json!({"late_effect_ms": {"ms": 400, "status": status, "times": 1}}));
        let got = c.answer("POST", "/issue", Some(&new_issue("late"))).await;
        assert!(got.starts_with(told), "{got}");
        assert_eq!(c.search("project = SUP").await.len(), n, "not yet");
        soon(c.site.until(|site| site.writes() == n as u64 + 1)).await;
        assert_eq!(c.search("project = SUP").await.len(), n + 1);
    }
    c.faults(json!({"late_effect_ms": {"ms": 60, "issue": "SUP-1"}}));
    assert_eq!(c.ask("POST", "/issue/SUP-2/comment", json!({"body": doc("now")})).await.0, 201);
    let part = reqwest::multipart::Part::bytes(vec![7; 500]).file_name("late.bin");
    let answer = c
        .http
        .post(format!("{}/rest/api/3/issue/SUP-1/attachments", c.site.url))
        .basic_auth(&c.email, Some(&c.site.token))
        .header("X-Atlassian-Token", "no-check")
        .multipart(reqwest::multipart::Form::new().part("file", part))
        .send()
        .await
        .expect("answers");
    assert_eq!(answer.status(), 504);
    soon(c.site.until(|site| site.writes() == 5)).await;
    let issue = c.get("/issue/SUP-1").await;
    assert_eq!(issue["fields"]["attachment"][0]["size"], 500);
}

#[tokio::test]
async fn f66_f67_every_reason_and_every_retry_after() {
    let c = site("acme").await;
    for reason in
        ["jira-burst-based", "jira-per-issue-on-write", "jira-quota-tenant-based", "jira-quota-global-based"]
    {
        c.faults(json!({"rate_limit_reason": {"reason": reason, "times": 1}}));
        let answer = c.raw(Method::GET, "/myself", None).await;
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["ratelimit-reason"], reason);
        assert_eq!(answer.headers()["retry-after"], "2");
        assert_eq!(answer.headers()["x-ratelimit-remaining"], "0");
        assert_eq!(c.raw(Method::GET, "/myself", None).await.status(), 200);
    }
    for (given, sent) in [
        (json!("none"), None),
        (Value::Null, None),
        (json!(-5), Some("-5")),
        (json!(10800), Some("10800")),
        (json!("Wed, 21 Oct 2015 07:28:00 GMT"), Some("Wed, 21 Oct 2015 07:28:00 GMT")),
        (json!("soon"), Some("soon")),
    ] {
        c.faults(json!({"rate_limit_reason": {"reason": "jira-burst-based", "retry_after": given}}));
        let answer = c.raw(Method::GET, "/myself", None).await;
        let header = answer.headers().get("retry-after").map(|v| v.to_str().expect("text"));
        assert_eq!((answer.status().as_u16(), header), (429, sent));
    }
    c.faults(json!({"rate_limit_reason": {"reason": "jira-burst-based", "retry_after": "date:90"}}));
    let answer = c.raw(Method::GET, "/myself", None).await;
    let date = |name: &str| {
        let text = answer.headers()[name].to_str().expect("text");
        jiff::fmt::rfc2822::parse(text).expect("a date").timestamp().as_second()
    };
    assert!((89..=91).contains(&(date("retry-after") - date("date"))), "{:?}", answer.headers());
}

#[tokio::test]
async fn f78_maintenance_is_a_page_of_html() {
    let c = site("acme").await;
    c.faults(json!({"maintenance": {"operation": "writes", "retry_after": 600}}));
    assert_eq!(c.raw(Method::GET, "/myself", None).await.status(), 200, "reading goes on");
    let answer = c.raw(Method::POST, "/issue", Some(&new_issue("x"))).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].as_bytes()), (503, &b"600"[..]));
    assert!(answer.headers()["content-type"].to_str().expect("text").starts_with("text/html"));
    assert!(answer.text().await.expect("text").contains("down for maintenance"));
    c.faults(json!({}));
    assert_eq!(c.search("project = SUP").await.len(), 0);
}

async fn file(c: &Client, bytes: Vec<u8>) -> (String, Value) {
    let (status, made) = c.upload("SUP-1", "f.bin", bytes).await;
    assert_eq!(status, 200, "{made}");
    (made[0]["id"].as_str().expect("id").to_owned(), made[0].clone())
}

#[tokio::test]
async fn f65_files_that_end_too_early() {
    let c = site("acme").await;
    c.create("SUP", "Task", "files").await;
    let whole: Vec<u8> = (0..200_000u32).map(|n| (n % 253) as u8).collect();
    let (id, _) = file(&c, whole.clone()).await;
    c.faults(
        json!({"download_truncated": {"bytes": 150_000, "operation": "GET /file/{}/binary", "times": 1}}),
    );
    assert!(c.get(&format!("/attachment/{id}")).await["size"] == 200_000);
    assert_eq!(c.download(&id).await, whole[..150_000]);
    assert_eq!(c.download(&id).await, whole, "used up");
    c.faults(json!({"download_truncated": true}));
    let direct = c.raw(Method::GET, &format!("/attachment/content/{id}?redirect=false"), None).await;
    assert_eq!(bytes(direct).await, (100_000, false), "an orderly end");
    c.faults(json!({"upload_truncated": {"bytes": 1000, "issue": "SUP-1", "times": 1}}));
    let (short, told) = file(&c, whole.clone()).await;
    assert_eq!(told["size"], 1000);
    assert_eq!(c.download(&short).await, whole[..1000]);
    assert_eq!(file(&c, whole.clone()).await.1["size"], 200_000);
    c.faults(json!({"html_error": {"status": 502, "operation": "GET /file/{}/binary"}}));
    assert!(c.download(&id).await.starts_with(b"<!DOCTYPE html>"), "the file host fails too");
}

#[tokio::test]
async fn an_answer_trickles() {
    let c = site("acme").await;
    let whole = bytes(c.raw(Method::GET, "/myself", None).await).await.0;
    c.faults(json!({"slow_bytes_per_s": {"value": whole * 4, "operation": "GET /myself", "times": 1}}));
    let start = Instant::now();
    assert_eq!(bytes(c.raw(Method::GET, "/myself", None).await).await, (whole, false));
    assert!(start.elapsed() > Duration::from_millis(200), "{:?}", start.elapsed());
    c.faults(json!({"slow_bytes_per_s": {"value": 1, "issue": "SUP-1"}}));
    soon(c.raw(Method::GET, "/myself", None)).await;
}
