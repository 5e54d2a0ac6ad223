//! Each switch can be limited to an operation, an issue, a number of times, and a seeded share.
mod common;
use common::{Client, doc, site};
use serde_json::{Value, json};

/// Switches that spoil any read, and the value to try them with.
fn of_reads() -> Vec<(&'static str, Value)> {
    vec![
        ("fail_before_effect", json!(503)),
        ("fail_after_effect", json!(0)),
        ("drop_connection_at_byte", json!(0)),
        ("truncated_body", json!(10)),
        ("expired_token", json!("401")),
        ("rate_limit_reason", json!("jira-burst-based")),
        ("html_error", json!(502)),
        ("maintenance", json!(true)),
        ("forbid", json!(["BROWSE_PROJECTS"])),
    ]
}

fn limited(switch: &str, value: &Value, limits: Value) -> Value {
    let mut rule = json!({"value": value});
    rule.as_object_mut().expect("map").extend(limits.as_object().expect("map").clone());
    json!({switch: rule})
}

async fn two_issues() -> Client {
    let c = site("acme").await;
    c.create("SUP", "Task", "one").await;
    c.create("SUP", "Task", "two").await;
    c
}

#[tokio::test]
async fn by_operation_issue_and_times() {
    let c = two_issues().await;
    let (one, two) = ("/issue/SUP-1?fields=summary", "/issue/SUP-2?fields=summary");
    let (fine, other) = (c.answer("GET", one, None).await, c.answer("GET", two, None).await);
    for (switch, value) in of_reads() {
        let limits = json!({"operation": "GET /issue/{}", "issue": "SUP-1", "times": 2});
        c.faults(limited(switch, &value, limits));
        assert_eq!(c.answer("GET", two, None).await, other, "{switch}: another issue");
        let changes = c.answer("GET", "/issue/SUP-1/changelog", None).await;
        assert!(changes.starts_with("200"), "{switch}: another operation");
        for _ in 0..2 {
            assert_ne!(c.answer("GET", one, None).await, fine, "{switch} strikes");
        }
        assert_eq!(c.answer("GET", one, None).await, fine, "{switch} is used up");
    }
}

#[tokio::test]
async fn by_a_seeded_share() {
    let c = two_issues().await;
    let path = "/issue/SUP-1?fields=summary";
    let fine = c.answer("GET", path, None).await;
    for (switch, value) in of_reads() {
        let mut series = Vec::new();
        for seed in [7, 7, 8] {
            c.faults(limited(switch, &value, json!({"share": 0.5, "seed": seed})));
            let mut struck = Vec::new();
            for _ in 0..16 {
                struck.push(c.answer("GET", path, None).await != fine);
            }
            series.push(struck);
        }
        assert_eq!(series[0], series[1], "{switch}: the same seed");
        assert_ne!(series[0], series[2], "{switch}: another seed");
        assert!(series[0].contains(&true) && series[0].contains(&false), "{switch}: {:?}", series[0]);
    }
}

#[tokio::test]
async fn an_attachment_belongs_to_its_issue() {
    let c = two_issues().await;
    let id = |made: &Value| made[0]["id"].as_str().expect("id").to_owned();
    let first = id(&c.upload("SUP-1", "a", vec![1; 10]).await.1);
    let second = id(&c.upload("SUP-2", "b", vec![2; 10]).await.1);
    c.faults(json!({"fail_before_effect": {"status": 500, "issue": "SUP-1"}}));
    assert!(c.answer("GET", &format!("/attachment/{first}"), None).await.starts_with("500"));
    assert!(c.answer("GET", &format!("/attachment/{second}"), None).await.starts_with("200"));
    c.faults(json!({"download_truncated": {"bytes": 4, "issue": "SUP-1", "times": 1}}));
    assert_eq!(c.download(&second).await.len(), 10);
    assert_eq!(c.download(&first).await.len(), 4);
    assert_eq!(c.download(&first).await.len(), 10);
}

#[tokio::test]
async fn standing_things_are_limited_too() {
    let c = two_issues().await;
    let hidden = |answer: String| answer.starts_with("404");
    c.faults(json!({"hide_issue": {"issue": "SUP-1", "operation": "GET /issue/{}", "times": 1}}));
    assert_eq!(c.search("project = SUP").await.len(), 2, "another operation");
    assert!(hidden(c.answer("GET", "/issue/SUP-1", None).await));
    assert!(!hidden(c.answer("GET", "/issue/SUP-1", None).await));

    let comment = json!({"body": doc("x")});
    let say = |key: &'static str| c.answer("POST", key, Some(&comment));
    c.faults(json!({"forbid": {"permissions": ["ADD_COMMENTS"], "issue": "SUP-1", "times": 1}}));
    assert!(say("/issue/SUP-2/comment").await.starts_with("201"));
    assert!(say("/issue/SUP-1/comment").await.starts_with("403"));
    assert!(say("/issue/SUP-1/comment").await.starts_with("201"));

    let date = || async {
        let answer = c.raw(reqwest::Method::GET, "/myself", None).await;
        answer.headers()["date"].to_str().expect("text").to_owned()
    };
    c.faults(json!({"clock_skew_s": {"value": -900_000_000, "operation": "GET /myself", "times": 1}}));
    let now = c.raw(reqwest::Method::GET, "/field", None).await.headers()["date"].clone();
    let off = date().await;
    assert_ne!(off[12..16], now.to_str().expect("text")[12..16], "{off}: another year");
    assert_eq!(date().await[12..16], now.to_str().expect("text")[12..16]);

    let table = json!({"type": "doc", "version": 1, "content": [{"type": "orderedList", "content": [
        {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "a"}]}]}]}]});
    let order = || async {
        let edit = json!({"fields": {"description": table}});
        assert_eq!(c.ask("PUT", "/issue/SUP-1", edit).await.0, 204);
        c.get("/issue/SUP-1").await["fields"]["description"]["content"][0]["attrs"]["order"].clone()
    };
    c.faults(json!({"normalise": {"value": "off", "operation": "PUT /issue/{}", "times": 1}}));
    assert_eq!((order().await, order().await), (Value::Null, json!(1)));
}

#[tokio::test]
async fn f60_heavy_normalising_makes_smart_links() {
    let c = two_issues().await;
    let text = |t: &str| json!({"type": "text", "text": t, "marks": [{"type": "link", "attrs": {"href": "https://gx.example/1"}}]});
    let document = json!({"type": "doc", "version": 1, "content": [
        {"type": "paragraph", "content": [text("https://gx.example/1"), text("there")]}]});
    c.faults(json!({"normalise": "heavy"}));
    c.ask("PUT", "/issue/SUP-1", json!({"fields": {"description": document, "summary": " trimmed "}})).await;
    let fields = &c.get("/issue/SUP-1").await["fields"];
    let stored = &fields["description"]["content"][0]["content"];
    assert_eq!(stored[0], json!({"type": "inlineCard", "attrs": {"url": "https://gx.example/1"}}));
    assert_eq!((&stored[1]["text"], &fields["summary"]), (&json!("there"), &json!("trimmed")));
}
