//! The switches, the counters, the limits.
mod common;
use std::time::Duration;

use common::{doc, site, with};
use practice_jira::Options;
use serde_json::{Value, json};

#[tokio::test]
async fn calls_and_writes_are_counted_and_the_page_is_not() {
    let c = site("acme").await;
    c.site.reset_calls();
    c.create("SUP", "Task", "one").await;
    c.search("project = SUP").await;
    c.ask("POST", "/issue/SUP-1/comment", json!({"body": doc("x")})).await;
    c.ask("POST", "/issue/SUP-9/comment", json!({"body": doc("x")})).await;
    for path in ["/", "/practice/ui/issues", "/practice/ui/site", "/practice/state"] {
        let page = c.http.get(format!("{}{path}", c.site.url)).send().await.expect("answers");
        assert_eq!(page.status(), 200);
    }
    let calls = c.get("/practice/calls").await;
    assert_eq!(calls["calls"]["POST /rest/api/3/issue"], 1);
    assert_eq!(calls["calls"]["POST /rest/api/3/search/jql"], 1);
    assert_eq!(calls["calls"]["POST /rest/api/3/issue/{issueIdOrKey}/comment"], 2);
    assert_eq!((&calls["writes"], &calls["total"]), (&json!(2), &json!(4)));
    assert_eq!(c.ask("DELETE", "/practice/calls", Value::Null).await.0, 204);
    assert_eq!(c.get("/practice/calls").await["writes"], 0);
}

#[tokio::test]
async fn f69_a_failure_after_the_effect_and_f68_before_it() {
    let c = site("acme").await;
    let body =
        json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": "once"}});
    c.ask(
        "PUT",
        "/practice/faults",
        json!({"fail_before_effect": {"status": 503, "times": 1, "operation": "POST /issue"}}),
    )
    .await;
    assert_eq!(c.ask("POST", "/issue", body.clone()).await.0, 503);
    assert_eq!(c.search("project = SUP").await.len(), 0);
    c.ask(
        "PUT",
        "/practice/faults",
        json!({"fail_after_effect": {"status": 502, "times": 1, "operation": "POST /issue"}}),
    )
    .await;
    assert_eq!(c.ask("POST", "/issue", body.clone()).await.0, 502);
    assert_eq!(c.search("project = SUP").await.len(), 1);
    c.ask(
        "PUT",
        "/practice/faults",
        json!({"fail_after_effect": {"status": 0, "times": 1, "operation": "writes"}}),
    )
    .await;
    let broken = c
        .http
        .post(format!("{}/rest/api/3/issue", c.site.url))
        .basic_auth(&c.email, Some(&c.site.token))
        .json(&body)
        .send()
        .await;
    assert!(match broken {
        Err(_) => true,
        Ok(answer) => answer.bytes().await.is_err(),
    });
    assert_eq!(c.search("project = SUP").await.len(), 2);
    assert_eq!(c.ask("PUT", "/practice/faults", json!({"sleepy": true})).await.0, 400);
}

#[tokio::test]
async fn f70_a_write_lands_after_the_client_was_told_of_a_timeout() {
    let c = site("acme").await;
    c.site
        .set_faults(&json!({"late_effect_ms": {"value": 200, "operation": "POST /issue", "times": 1}}))
        .expect("set");
    let body =
        json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": "late"}});
    assert_eq!(c.ask("POST", "/issue", body).await.0, 504);
    assert_eq!(c.search("project = SUP").await.len(), 0);
    let landed = c.site.until(|site| site.writes() == 1);
    tokio::time::timeout(Duration::from_secs(10), landed).await.expect("the write lands");
    assert_eq!(c.search("project = SUP").await, ["SUP-1"]);
}

#[tokio::test]
async fn f71_a_write_lands_after_the_one_that_repeated_it() {
    let c = site("acme").await;
    let late = json!({"value": 0, "after_writes": 1, "operation": "POST /issue", "times": 1});
    c.site.set_faults(&json!({ "late_effect_ms": late })).expect("set");
    let body = |summary: &str| json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": summary}});
    assert_eq!(c.ask("POST", "/issue", body("late")).await.0, 504);
    assert_eq!(c.ask("POST", "/issue", body("again")).await.0, 201);
    tokio::time::timeout(Duration::from_secs(10), c.site.until(|site| site.writes() == 2))
        .await
        .expect("it lands");
    assert_eq!(c.get("/issue/SUP-1").await["fields"]["summary"], "again");
    assert_eq!(c.get("/issue/SUP-2").await["fields"]["summary"], "late");
}

#[tokio::test]
async fn f46_and_f47_an_expired_token() {
    let c = site("acme").await;
    c.create("SUP", "Task", "there").await;
    c.ask("PUT", "/practice/faults", json!({"expired_token": "empty_200"})).await;
    assert_eq!(c.ask("GET", "/myself", Value::Null).await.0, 401);
    assert_eq!(c.search("project = SUP").await.len(), 0);
    assert_eq!(c.get("/project/search").await["total"], 0);
    assert_eq!(c.ask("GET", "/issue/SUP-1", Value::Null).await.0, 404);
    c.ask("PUT", "/practice/faults", json!({"expired_token": "401"})).await;
    assert_eq!(c.ask("POST", "/search/jql", json!({"jql": "project = SUP"})).await.0, 401);
    c.ask("PUT", "/practice/faults", json!({})).await;
    assert_eq!(c.search("project = SUP").await.len(), 1);
}

#[tokio::test]
async fn f66_rate_limits_name_their_reason() {
    let c = with(Options { site: "acme".into(), limits: true, ..Options::default() }).await;
    c.create("SUP", "Task", "busy").await;
    let mut refused = None;
    for n in 0..25 {
        let body = json!({"fields": {"summary": format!("n{n}")}});
        let answer = c.raw(reqwest::Method::PUT, "/issue/SUP-1", Some(&body)).await;
        if answer.status() == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the twenty-first write within two seconds");
    assert_eq!(refused.headers()["ratelimit-reason"], "jira-per-issue-on-write");
    assert_eq!(refused.headers()["retry-after"], "2");
    c.ask("PUT", "/practice/faults", json!({"rate_limit_reason": {"reason": "jira-quota-tenant-based", "retry_after_s": 7, "operation": "GET /myself"}})).await;
    let answer = c.raw(reqwest::Method::GET, "/myself", None).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["ratelimit-reason"], "jira-quota-tenant-based");
    assert_eq!(answer.headers()["retry-after"], "7");
}

#[tokio::test]
async fn answers_are_spoiled_on_the_way() {
    let c = site("acme").await;
    let get = || async {
        let answer = c.raw(reqwest::Method::GET, "/myself", None).await;
        (answer.status().as_u16(), answer.text().await)
    };
    c.site.set_faults(&json!({"html_error": {"status": 503}})).expect("set");
    let (status, text) = get().await;
    assert!(status == 503 && text.expect("text").starts_with("<!DOCTYPE html>"));
    c.site.set_faults(&json!({"truncated_body": true})).expect("set");
    let (status, text) = get().await;
    assert!(status == 200 && serde_json::from_str::<Value>(&text.expect("text")).is_err());
    c.site.set_faults(&json!({"drop_connection_at_byte": 20})).expect("set");
    assert!(get().await.1.is_err());
    c.site.set_faults(&json!({"slow_bytes_per_s": 2000})).expect("set");
    let start = std::time::Instant::now();
    assert!(get().await.1.is_ok());
    assert!(start.elapsed() > Duration::from_millis(100));
}

#[tokio::test]
async fn f50_f51_f52_f55_f56_permissions_and_deeds() {
    let c = site("acme").await;
    c.create("SUP", "Task", "victim").await;
    c.ask("PUT", "/issue/SUP-1/properties/twin", json!({"x": 1})).await;
    c.site.set_faults(&json!({"forbid": ["ADD_COMMENTS"]})).expect("set");
    assert_eq!(c.ask("POST", "/issue/SUP-1/comment", json!({"body": doc("x")})).await.0, 403);
    c.site.set_faults(&json!({"hide_issue": "SUP-1"})).expect("set");
    assert_eq!(c.ask("GET", "/issue/SUP-1", Value::Null).await.0, 404);
    assert_eq!(c.search("project = SUP").await.len(), 0);
    c.site.set_faults(&json!({"clone_issue": "SUP-1"})).expect("set");
    assert_eq!(c.get("/issue/SUP-2/properties/twin").await["value"]["x"], 1);
    c.site.set_faults(&json!({"delete_issue": "SUP-1"})).expect("set");
    assert_eq!(c.ask("GET", "/issue/SUP-1", Value::Null).await.0, 404);
    c.site.set_faults(&json!({"required_field": {"project": "SUP", "field": "customfield_10050", "name": "Team", "values": ["A", "B"]}})).expect("set");
    let mut body =
        json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": "needs"}});
    let (status, error) = c.ask("POST", "/issue", body.clone()).await;
    assert_eq!((status, &error["errors"]["customfield_10050"]), (400, &json!("Team is required.")));
    body["fields"]["customfield_10050"] = json!({"value": "B"});
    assert_eq!(c.ask("POST", "/issue", body).await.0, 201);
    c.site
        .set_faults(&json!({"archive_project": "SUP", "remove_type": {"project": "OPS", "type": "Bug"}}))
        .expect("set");
    assert_eq!(c.ask("PUT", "/issue/SUP-2", json!({"fields": {"summary": "x"}})).await.0, 403);
    let types = c.get("/issue/createmeta/OPS/issuetypes").await;
    assert!(!types["issueTypes"].as_array().expect("types").iter().any(|t| t["name"] == "Bug"));
}
