//! Searching: JQL over HTTP, pages, and reads of many issues.
mod common;
use common::{doc, site, with};
use practice_jira::Options;
use serde_json::{Value, json};

#[tokio::test]
async fn jql_finds_what_it_says() {
    let c = site("acme").await;
    c.create("SUP", "Bug", "Broken basket").await;
    c.create("SUP", "Epic", "Big plan").await;
    c.create("OPS", "Task", "Clean 100% of disks").await;
    for (jql, keys) in [
        ("project = SUP ORDER BY key ASC", vec!["SUP-1", "SUP-2"]),
        ("project in (SUP, OPS) AND type != Epic ORDER BY key DESC", vec!["SUP-1", "OPS-1"]),
        ("key > SUP-1 AND project = SUP", vec!["SUP-2"]),
        ("key in (SUP-2, OPS-1) ORDER BY key", vec!["OPS-1", "SUP-2"]),
        ("summary ~ \"basket broken\"", vec!["SUP-1"]),
        ("text ~ \"100%\"", vec!["OPS-1"]),
        ("reporter = currentUser() AND NOT project = SUP", vec!["OPS-1"]),
        ("assignee is EMPTY and (type = Bug or type = Epic) order by created", vec!["SUP-1", "SUP-2"]),
        ("updated >= -15m and status = \"To Do\" and project = OPS", vec!["OPS-1"]),
        ("created < -1d and project = OPS", vec![]),
        ("labels is empty and project = OPS", vec!["OPS-1"]),
    ] {
        assert_eq!(c.search(jql).await, keys, "{jql}");
    }
    for bad in ["", "ORDER BY key", "project = NOPE", "nope = 1", "project ="] {
        let (status, error) = c.ask("POST", "/search/jql", json!({"jql": bad})).await;
        assert_eq!(status, 400, "{bad}");
        assert!(error["errorMessages"][0].is_string());
    }
    let (_, count) = c.ask("POST", "/search/approximate-count", json!({"jql": "project = SUP"})).await;
    assert_eq!(count["count"], 2);
}

#[tokio::test]
async fn pages_hold_every_issue_once_and_only_ids_come_unless_named() {
    let c = with(Options { site: "acme".into(), seed_issues: 25, ..Options::default() }).await;
    let mut seen = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut ask = json!({"jql": "project in (SUP, OPS) ORDER BY updated ASC", "maxResults": 7});
        if !token.is_null() {
            ask["nextPageToken"] = token;
        }
        let (status, page) = c.ask("POST", "/search/jql", ask).await;
        assert_eq!(status, 200, "{page}");
        for issue in page["issues"].as_array().expect("issues") {
            assert_eq!(issue.as_object().map(|o| o.len()), Some(1), "{issue}");
            seen.push(issue["id"].as_str().expect("id").to_owned());
        }
        if page["isLast"] == true {
            assert!(page.get("nextPageToken").is_none());
            break;
        }
        token = page["nextPageToken"].clone();
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
    c.ask("PUT", "/practice/faults", json!({"page_token_ttl_ms": -1})).await;
    let (_, page) = c.ask("POST", "/search/jql", json!({"jql": "project = SUP", "maxResults": 2})).await;
    let ask = json!({"jql": "project = SUP", "nextPageToken": page["nextPageToken"]});
    assert_eq!(c.ask("POST", "/search/jql", ask).await.0, 400);
}

#[tokio::test]
async fn bulk_fetch_finds_moved_issues_by_their_old_key() {
    let c = site("acme").await;
    let made = c.create("SUP", "Task", "wanderer").await;
    let (_, done) =
        c.ask("PUT", "/practice/faults", json!({"move_issue": {"issue": "SUP-1", "project": "OPS"}})).await;
    assert_eq!(done["done"]["move_issue"][0], "OPS-1");
    let (_, found) = c
        .ask(
            "POST",
            "/issue/bulkfetch",
            json!({"issueIdsOrKeys": ["SUP-1", "SUP-99"], "fields": ["project"]}),
        )
        .await;
    assert_eq!(found["issues"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["issues"][0]["id"], made["id"]);
    assert_eq!(found["issues"][0]["key"], "OPS-1");
    assert_eq!(found["issueErrors"], json!([]));
    assert_eq!(c.search("key = SUP-1").await, ["OPS-1"]);
}

#[tokio::test]
async fn f72_the_index_lags_but_reconcile_and_reads_do_not() {
    let c = site("acme").await;
    let made = c.create("SUP", "Task", "old text").await;
    c.ask("POST", "/practice/clock", json!({"advance_s": 600})).await;
    c.ask("PUT", "/practice/faults", json!({"search_lag_ms": 180_000})).await;
    c.ask("PUT", "/issue/SUP-1", json!({"fields": {"summary": "new text", "description": doc("x")}})).await;
    c.create("SUP", "Task", "not seen yet").await;
    let ask = |reconcile: Value| json!({"jql": "project = SUP", "fields": ["summary"], "reconcileIssues": reconcile});
    let (_, found) = c.ask("POST", "/search/jql", ask(json!([]))).await;
    assert_eq!(found["issues"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["issues"][0]["fields"]["summary"], "old text");
    let id: i64 = made["id"].as_str().and_then(|i| i.parse().ok()).expect("number");
    let (_, found) = c.ask("POST", "/search/jql", ask(json!([id]))).await;
    assert_eq!(found["issues"][0]["fields"]["summary"], "new text");
    assert_eq!(c.get("/issue/SUP-1").await["fields"]["summary"], "new text");
    assert_eq!(c.search("project = SUP AND updated >= -2m").await, Vec::<String>::new());
    c.ask("POST", "/practice/clock", json!({"advance_s": 1000})).await;
    assert_eq!(c.search("project = SUP").await.len(), 2);
}
