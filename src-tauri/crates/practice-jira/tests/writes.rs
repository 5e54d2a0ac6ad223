//! Counting what was written.
mod common;
use std::time::Duration;

use common::{doc, site};
use serde_json::{Value, json};

fn marked(summary: &str, origin: &str) -> Value {
    json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": summary},
        "properties": [{"key": "twinline", "value": {"v": 1, "origin": {"node": "n", "item": origin}}}]})
}

#[tokio::test]
async fn every_write_is_counted_even_where_its_answer_was_lost() {
    let c = site("acme").await;
    c.faults(json!({"fail_after_effect": {"status": 0, "operation": "POST /issue", "times": 1}}));
    assert_eq!(c.answer("POST", "/issue", Some(&marked("one", "gx/i/1"))).await, "no answer");
    c.faults(json!({"late_effect_ms": {"value": 30, "operation": "POST /issue", "times": 1}}));
    assert!(c.answer("POST", "/issue", Some(&marked("one again", "gx/i/1"))).await.starts_with("504"));
    let landed = c.site.until(|site| site.writes() == 2);
    tokio::time::timeout(Duration::from_secs(20), landed).await.expect("lands");
    c.faults(json!({"fail_before_effect": {"status": 503, "times": 1}}));
    assert!(c.answer("POST", "/issue", Some(&marked("never", "gx/i/2"))).await.starts_with("503"));

    let edit = |text: &str| json!({"fields": {"summary": text}});
    c.ask("PUT", "/issue/SUP-1", edit("a")).await;
    c.ask("PUT", "/issue/SUP-1", edit("b")).await;
    assert_eq!(c.ask("PUT", "/issue/SUP-1", edit("")).await.0, 400);
    let comment = json!({"body": doc("x"), "properties": [{"key": "twinline", "value": {"origin": {"item": "gx/c/1"}}}]});
    let (_, said) = c.ask("POST", "/issue/SUP-1/comment", comment).await;
    let path = format!("/issue/SUP-1/comment/{}", said["id"].as_str().expect("id"));
    c.ask("PUT", &path, json!({"body": doc("y")})).await;
    c.upload("SUP-1", "a.txt", vec![1]).await;
    c.ask("PUT", "/issue/SUP-1/properties/other", json!(1)).await;
    // A person on the page, and somebody else's token, are not the account's writes.
    c.ask("POST", "/practice/ui/issues/SUP-1/comments", json!({"body": doc("person")})).await;
    let other = c
        .http
        .post(format!("{}/rest/api/3/issue/SUP-1/comment", c.site.url))
        .basic_auth("ben@acme.example", Some(&c.site.token))
        .json(&json!({"body": doc("ben")}))
        .send()
        .await
        .expect("answers");
    assert_eq!(other.status(), 201);

    let counted = c.get("/practice/writes").await;
    let one = &counted["issues"]["SUP-1"];
    for (kind, n) in [
        ("creates", 1),
        ("edits", 2),
        ("comments", 1),
        ("comment_edits", 1),
        ("attachments", 1),
        ("properties", 1),
    ] {
        assert_eq!(one[kind], n, "{kind}");
        assert_eq!(counted["totals"][kind], if kind == "creates" { 2 } else { n }, "{kind}");
    }
    assert_eq!(counted["issues"]["SUP-2"]["creates"], 1, "the late one");
    assert_eq!(counted["total"], 8);
    assert_eq!(counted["markers"]["gx/i/1"]["issues"], json!(["SUP-1", "SUP-2"]));
    assert_eq!(counted["markers"]["gx/c/1"]["comments"], json!([said["id"]]));
    assert_eq!(counted["doubled"], json!(["gx/i/1"]));
    assert_eq!(counted, c.site.writes_by_issue().expect("counted"));
    assert_eq!(c.get("/practice/writes?account=*").await["totals"]["comments"], 2);
    assert_eq!(c.get("/practice/writes?account=ben@acme.example").await["total"], 1);
    assert_eq!(c.get("/practice/writes?marker=other").await["markers"]["1"]["issues"], json!(["SUP-1"]));

    c.faults(json!({"delete_issue": "SUP-2", "move_issue": {"issue": "SUP-1", "project": "OPS"}}));
    let later = c.get("/practice/writes").await;
    assert_eq!(later["issues"]["OPS-1"]["edits"], 2, "by the key of now");
    assert_eq!(later["issues"]["SUP-2"]["creates"], 1, "it was created, though it is gone");
    assert_eq!(c.ask("DELETE", "/practice/writes", Value::Null).await.0, 204);
    assert_eq!(c.get("/practice/writes").await["total"], 0);
}

#[tokio::test]
async fn many_writes_are_all_counted_and_none_counts_as_doubled() {
    const ALL: usize = 200;
    let c = site("acme").await;
    for n in 0..ALL {
        let made = c.ask("POST", "/issue", marked(&format!("issue {n}"), &format!("gx/i/{n}"))).await.1;
        let key = made["key"].as_str().expect("key");
        assert_eq!(c.ask("POST", &format!("/issue/{key}/comment"), json!({"body": doc("c")})).await.0, 201);
        assert_eq!(c.upload(key, "f.txt", vec![0; 100]).await.0, 200);
    }
    let counted = c.get("/practice/writes").await;
    assert_eq!(counted["total"], 3 * ALL);
    assert_eq!(counted["doubled"], json!([]));
}
