//! The history tells each change as Jira does, wherever it is read.
mod common;
use common::{doc, site};
use serde_json::{Value, json};

const KEYS: [&str; 7] = ["field", "fieldId", "fieldtype", "from", "fromString", "to", "toString"];

fn item(field: &str, ids: [Value; 2], texts: [Value; 2]) -> Value {
    let ([from, to], [from_text, to_text]) = (ids, texts);
    let id = if field == "Attachment" { "attachment" } else { field };
    json!({"field": field, "fieldId": id, "fieldtype": "jira", "from": from, "fromString": from_text, "to": to, "toString": to_text})
}

fn nothing() -> [Value; 2] {
    [Value::Null, Value::Null]
}

#[tokio::test]
async fn every_field_is_told_and_the_three_ways_agree() {
    let c = site("acme").await;
    c.create("SUP", "Task", "old").await;
    let me = c.get("/myself").await["accountId"].clone();
    let types = c.get("/issuetype").await;
    let of = |name: &str| {
        let found = types.as_array().expect("types").iter().find(|t| t["name"] == name).expect("type");
        found["id"].clone()
    };
    let fields = json!({"summary": "new", "description": doc("Hello"), "issuetype": {"name": "Bug"},
        "priority": {"name": "High"}, "labels": ["a", "b"], "assignee": {"accountId": me}});
    let (status, full) =
        c.ask("PUT", "/issue/SUP-1?returnIssue=true&expand=changelog", json!({"fields": fields})).await;
    assert_eq!(status, 200);
    let items = full["changelog"]["histories"][0]["items"].clone();
    assert_eq!(
        items,
        json!([
            item("summary", nothing(), [json!("old"), json!("new")]),
            item("description", nothing(), [Value::Null, json!("Hello")]),
            item("issuetype", [of("Task"), of("Bug")], [json!("Task"), json!("Bug")]),
            item("priority", [json!("3"), json!("2")], [json!("Medium"), json!("High")]),
            item("labels", nothing(), [json!(""), json!("a b")]),
            item("assignee", [Value::Null, me], [Value::Null, json!("Ana Ruiz")]),
        ])
    );
    let read = c.get("/issue/SUP-1?expand=changelog").await["changelog"]["histories"].clone();
    assert_eq!(read, full["changelog"]["histories"]);
    assert_eq!(c.get("/issue/SUP-1/changelog").await["values"], read);
    let ask = json!({"jql": "project = SUP", "fields": ["summary"], "expand": "changelog"});
    assert_eq!(c.ask("POST", "/search/jql", ask).await.1["issues"][0]["changelog"]["histories"], read);
    let found = c.get("/search/jql?jql=project%3DSUP&fields=summary&expand=changelog,transitions").await;
    assert_eq!(found["issues"][0]["changelog"]["histories"], read);
    let steps = found["issues"][0]["transitions"].as_array().expect("a list");
    let names: Vec<&Value> = steps.iter().map(|t| &t["to"]["name"]).collect();
    assert_eq!(names, ["To Do", "In Progress", "Done"]);
    // The embedded ones come newest first, the pages oldest first.
    c.ask("PUT", "/issue/SUP-1", json!({"fields": {"description": null}})).await;
    let gone = item("description", nothing(), [json!("Hello"), Value::Null]);
    let embedded = c.get("/issue/SUP-1?expand=changelog").await;
    assert_eq!(embedded["changelog"]["histories"][0]["items"], json!([gone]));
    assert_eq!(c.get("/issue/SUP-1/changelog").await["values"][1]["items"], json!([gone]));
}

#[tokio::test]
async fn files_are_told_with_their_ids_and_comments_are_not() {
    let c = site("acme").await;
    c.create("SUP", "Task", "files").await;
    let id = c.upload("SUP-1", "a.txt", vec![1]).await.1[0]["id"].clone();
    c.ask("POST", "/issue/SUP-1/comment", json!({"body": doc("untold")})).await;
    let path = format!("/attachment/{}", id.as_str().expect("id"));
    assert_eq!(c.ask("DELETE", &path, Value::Null).await.0, 204);
    let values = c.get("/issue/SUP-1/changelog").await["values"].clone();
    let items: Vec<Value> = values.as_array().expect("list").iter().map(|v| v["items"].clone()).collect();
    let came = item("Attachment", [Value::Null, id.clone()], [Value::Null, json!("a.txt")]);
    let went = item("Attachment", [id, Value::Null], [json!("a.txt"), Value::Null]);
    assert_eq!(items, [json!([came]), json!([went])]);
}

#[tokio::test]
async fn what_looks_the_same_is_a_change_only_where_the_document_changed() {
    let c = site("acme").await;
    c.create("SUP", "Task", "code").await;
    let code = |language: &str| {
        json!({"fields": {"description": {"type": "doc", "version": 1, "content": [{"type": "codeBlock", "attrs": {"language": language},
            "content": [{"type": "text", "text": "let x = 1;"}]}]}}})
    };
    for (language, entries) in [("rust", 1), ("rust", 1), ("swift", 2)] {
        c.ask("PUT", "/issue/SUP-1", code(language)).await;
        assert_eq!(c.get("/issue/SUP-1/changelog").await["total"], entries, "{language}");
    }
    c.faults(json!({"required_field": {"project": "SUP", "field": "customfield_7", "name": "Team"}}));
    c.ask("PUT", "/issue/SUP-1", json!({"fields": {"customfield_7": {"value": "Blue"}}})).await;
    let last = c.get("/issue/SUP-1/changelog").await["values"][2]["items"][0].clone();
    assert_eq!((&last["field"], &last["fieldId"]), (&json!("Team"), &json!("customfield_7")));
    assert_eq!((&last["fieldtype"], &last["toString"]), (&json!("custom"), &json!("Blue")));
    for key in KEYS {
        assert!(last.get(key).is_some(), "{key}");
    }
}
