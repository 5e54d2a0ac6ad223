//! What a site writes down for the contract check.
#![allow(missing_docs)]

mod common;

use std::path::Path;

use practice_jira::Options;
use serde_json::{Value, json};

fn lines(folder: &Path) -> Vec<Value> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path());
    let texts = files.map(|path| std::fs::read_to_string(path).expect("text"));
    texts
        .flat_map(|text| {
            text.lines().map(|l| serde_json::from_str(l).expect("a JSON line")).collect::<Vec<_>>()
        })
        .collect()
}

async fn recorded(folder: &Path) -> common::Client {
    common::with(Options { site: "acme".into(), record: Some(folder.to_owned()), ..Options::default() }).await
}

#[tokio::test]
async fn an_exchange_is_written_once_for_each_shape_and_without_the_sign_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let c = recorded(folder.path()).await;
    for summary in ["Printer on fire 1", "Printer on fire 2", "Printer on fire 3"] {
        c.create("SUP", "Task", summary).await;
    }
    let found = lines(folder.path());
    assert_eq!(found.len(), 1, "{found:#?}");
    let one = &found[0];
    assert_eq!(one["operation"], "POST /rest/api/3/issue");
    assert_eq!(one["status"], 201);
    assert_eq!(one["request"]["fields"]["summary"], "Printer on fire 1");
    assert_eq!(one["answer"]["key"], "SUP-1");
    assert_eq!(one["spoiled"], false);

    // Another key in the request is another shape, and so is a refusal.
    let fields =
        json!({"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": "Printer", "labels": []});
    c.ask("POST", "/issue", json!({"fields": fields})).await;
    c.ask("POST", "/issue", json!({"fields": {"project": {"key": "SUP"}}})).await;
    let statuses: Vec<Value> = lines(folder.path()).iter().map(|l| l["status"].clone()).collect();
    assert_eq!(statuses, [201, 201, 400]);

    let text: String = lines(folder.path()).iter().map(Value::to_string).collect();
    assert!(!text.contains(&c.site.token) && !text.to_lowercase().contains("authorization"), "{text}");
}

#[tokio::test]
async fn documents_are_shown_without_their_content_and_queries_as_they_were_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let c = recorded(folder.path()).await;
    c.create("SUP", "Task", "Printer").await;
    c.ask("POST", "/issue/SUP-1/comment", json!({"body": common::doc("secret sauce")})).await;
    c.get("/issue/SUP-1/comment?orderBy=created&maxResults=5").await;
    let found = lines(folder.path());
    let posted = found.iter().find(|l| l["operation"] == "POST /rest/api/3/issue/{issueIdOrKey}/comment");
    assert_eq!(
        posted.expect("recorded")["request"]["body"],
        json!({"type": "doc", "version": 1, "content": []})
    );
    let listed = found.iter().find(|l| l["operation"] == "GET /rest/api/3/issue/{issueIdOrKey}/comment");
    let listed = listed.expect("recorded");
    assert_eq!(listed["query"], json!([["orderBy", "created"], ["maxResults", "5"]]));
    assert_eq!(listed["path"], "/rest/api/3/issue/SUP-1/comment");
    assert!(!Value::Array(found).to_string().contains("secret sauce"));
}

#[tokio::test]
async fn what_a_fault_made_or_spoiled_is_marked_and_the_request_is_kept() {
    for switch in [
        json!({"html_error": 503}),
        json!({"maintenance": true}),
        json!({"fail_before_effect": 400}),
        json!({"fail_after_effect": 500}),
        json!({"truncated_body": true}),
        json!({"drop_connection_at_byte": 5}),
        json!({"slow_bytes_per_s": 100_000}),
        json!({"late_effect_ms": 1}),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let c = recorded(folder.path()).await;
        c.faults(switch.clone());
        let fields = json!({"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": "Printer"});
        c.answer("POST", "/issue", Some(&json!({"fields": fields}))).await;
        let found = lines(folder.path());
        assert_eq!(found.len(), 1, "{switch}");
        assert_eq!(found[0]["spoiled"], true, "{switch}");
        assert_eq!(found[0]["answer"], Value::Null, "{switch}");
        assert_eq!(found[0]["request"]["fields"]["summary"], "Printer", "{switch}");
    }
}

#[tokio::test]
async fn every_operation_that_is_named_is_served() {
    let c = common::site("acme").await;
    let all = practice_jira::operations();
    assert!(all.len() > 50, "{}", all.len());
    for operation in all {
        let (method, path) = operation.split_once(" /rest/api/3").expect("an operation of version 3");
        let answer = c.answer(method, path, Some(&json!({}))).await;
        assert!(
            !answer.contains("does not know this operation") && !answer.starts_with("405"),
            "{operation}"
        );
    }
}
