//! A search index that lags, forgets, and pages that do not hold still.
mod common;
use common::{Client, site, with};
use practice_jira::Options;
use serde_json::{Value, json};

/// All pages of a search; `Err` is the status of the page that was refused.
async fn pages(c: &Client, jql: &str, size: u64) -> Result<Vec<Vec<String>>, u16> {
    let (mut found, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut ask = json!({"jql": jql, "maxResults": size, "fields": ["summary"]});
        if !token.is_null() {
            ask["nextPageToken"] = token;
        }
        let (status, page) = c.ask("POST", "/search/jql", ask).await;
        if status != 200 {
            assert!(page["errorMessages"][0].as_str().expect("text").contains("page token"), "{page}");
            return Err(status);
        }
        let issues = page["issues"].as_array().expect("issues");
        found.push(issues.iter().map(|i| i["key"].as_str().expect("key").to_owned()).collect());
        if page["isLast"] == true {
            return Ok(found);
        }
        token = page["nextPageToken"].clone();
    }
}

const ALL: &str = "project in (SUP, OPS) ORDER BY updated ASC, key ASC";

async fn ten() -> Client {
    with(Options { site: "acme".into(), seed_issues: 10, ..Options::default() }).await
}

fn sorted(pages: Vec<Vec<String>>) -> Vec<String> {
    let mut all = pages.concat();
    all.sort();
    all
}

#[tokio::test]
async fn f73_a_page_token_expires_and_the_search_starts_again() {
    let c = ten().await;
    let whole = pages(&c, ALL, 4).await.expect("all");
    assert_eq!(whole.len(), 3);
    c.faults(json!({"page_token_ttl_ms": {"value": -1, "operation": "POST /search/jql", "times": 1}}));
    assert_eq!(pages(&c, ALL, 4).await, Err(400));
    assert_eq!(pages(&c, ALL, 4).await, Ok(whole), "used up");
}

#[tokio::test]
async fn f73_a_page_holds_fewer_issues_than_were_asked_for() {
    let c = ten().await;
    let whole = pages(&c, ALL, 100).await.expect("all").concat();
    c.faults(json!({"page_most": 3}));
    let cut = pages(&c, ALL, 100).await.expect("all");
    assert_eq!(cut.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3, 1]);
    assert_eq!(cut.concat(), whole);
}

#[tokio::test]
async fn f73_pages_repeat_issues_and_change_their_order() {
    let c = ten().await;
    let whole = pages(&c, ALL, 4).await.expect("all");
    c.faults(json!({"page_repeats": {"value": 2, "times": 1}}));
    let again = pages(&c, ALL, 4).await.expect("all");
    assert_eq!(again[0][2..], again[1][..2], "the second page begins with what was there");
    let mut once = sorted(again);
    assert_eq!(once.len(), 12);
    once.dedup();
    assert_eq!(once, sorted(whole.clone()));
    for how in ["shuffled", "reversed"] {
        c.faults(json!({"page_order": {"value": how, "times": 1, "seed": 3}}));
        let mixed = pages(&c, ALL, 4).await.expect("all");
        assert_eq!(mixed[0], whole[0], "the first page is out already");
        assert_ne!(mixed, whole, "{how}");
        assert_eq!(sorted(mixed), sorted(whole.clone()), "{how}");
    }
    assert_eq!(pages(&c, ALL, 4).await, Ok(whole));
}

#[tokio::test]
async fn f74_the_index_misses_an_issue_for_ever_or_once() {
    let c = site("acme").await;
    let id = c.create("SUP", "Task", "lost").await["id"].as_str().and_then(|i| i.parse::<i64>().ok());
    c.create("SUP", "Task", "found").await;
    c.faults(json!({"index_misses_issue": "SUP-1"}));
    let ask =
        json!({"jql": "project = SUP", "fields": ["summary"], "reconcileIssues": [id.expect("number")]});
    let (_, found) = c.ask("POST", "/search/jql", ask).await;
    assert_eq!(found["issues"].as_array().map(Vec::len), Some(1), "not even when reconciled");
    let (_, count) = c.ask("POST", "/search/approximate-count", json!({"jql": "project = SUP"})).await;
    assert_eq!(count["count"], 1);
    assert_eq!(c.get("/issue/SUP-1").await["fields"]["summary"], "lost", "reads find it");
    c.faults(
        json!({"index_misses_issue": {"issues": ["SUP-2"], "operation": "POST /search/jql", "times": 1}}),
    );
    assert_eq!(c.search("project = SUP").await, ["SUP-1"]);
    assert_eq!(c.search("project = SUP").await.len(), 2);
}

#[tokio::test]
async fn f72_one_issue_lags_behind_the_others() {
    let c = site("acme").await;
    for n in 1..=3 {
        c.create("SUP", "Task", &format!("old {n}")).await;
    }
    c.ask("POST", "/practice/clock", json!({"advance_s": 600})).await;
    for n in 1..=3 {
        c.ask("POST", "/practice/clock", json!({"advance_s": 1})).await;
        c.ask("PUT", &format!("/issue/SUP-{n}"), json!({"fields": {"summary": format!("new {n}")}})).await;
    }
    let newest = "project = SUP ORDER BY updated ASC";
    let texts = || async {
        let ask = json!({"jql": newest, "fields": ["summary"]});
        let (_, found) = c.ask("POST", "/search/jql", ask).await;
        let issues = found["issues"].as_array().expect("issues").clone();
        issues.iter().map(|i| i["fields"]["summary"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    c.faults(json!({"search_lag_ms": {"value": 180_000, "issue": "SUP-2", "times": 1}}));
    assert_eq!(texts().await, ["old 2", "new 1", "new 3"], "sorted as the index knows it");
    assert_eq!(texts().await, ["new 1", "new 2", "new 3"]);
    c.faults(json!({"search_lag_ms": [{"value": 180_000}, {"value": 0, "issue": "SUP-3"}]}));
    assert_eq!(texts().await, ["old 1", "old 2", "new 3"]);
    c.create("SUP", "Task", "quite new").await;
    assert_eq!(c.search("project = SUP AND updated >= -2m").await, ["SUP-3"]);
}
