//! Help with queries, and the history of many issues at once.
#![allow(missing_docs)]

mod common;

use serde_json::{Value, json};

async fn parsed(c: &common::Client, validation: &str, query: &str) -> Value {
    let path = format!("/jql/parse?validation={validation}");
    let (status, body) = c.ask("POST", &path, json!({"queries": [query]})).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["queries"][0]["query"], query);
    body["queries"][0].clone()
}

#[tokio::test]
async fn a_query_is_taken_apart() {
    let c = common::site("acme").await;
    let shown = parsed(&c, "strict", "project = SUP AND labels in (x, \"y z\") ORDER BY updated DESC").await;
    let field = |name: &str| json!({"name": name, "encodedName": name});
    let value = |text: &str, encoded: &str| json!({"value": text, "encodedValue": encoded});
    assert_eq!(
        shown["structure"],
        json!({
            "where": {"operator": "and", "clauses": [
                {"field": field("project"), "operator": "=", "operand": value("SUP", "SUP")},
                {"field": field("labels"), "operator": "in", "operand": {
                    "values": [value("x", "x"), value("y z", "\"y z\"")], "encodedOperand": "(x, \"y z\")"}}]},
            "orderBy": {"fields": [{"field": field("updated"), "direction": "desc"}]}
        })
    );
    let shown = parsed(&c, "none", "NOT (assignee = currentUser() OR assignee is EMPTY)").await;
    let inner = &shown["structure"]["where"]["clauses"][0];
    assert_eq!(shown["structure"]["where"]["operator"], "not");
    assert_eq!(inner["clauses"][0]["operand"]["function"], "currentuser");
    assert_eq!(inner["clauses"][1]["operand"], json!({"keyword": "empty"}));
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_an_error_a_warning_or_nobodys_business() {
    let c = common::site("acme").await;
    let unknown = "project = NOPE";
    let strict = parsed(&c, "strict", unknown).await;
    assert!(strict["errors"][0].as_str().is_some_and(|e| e.contains("NOPE")), "{strict}");
    assert!(strict["structure"].is_null());
    let warned = parsed(&c, "warn", unknown).await;
    assert!(warned["warnings"][0].as_str().is_some_and(|e| e.contains("NOPE")), "{warned}");
    assert!(warned["structure"].is_object() && warned["errors"].is_null());
    let silent = parsed(&c, "none", unknown).await;
    assert!(silent["warnings"].is_null() && silent["errors"].is_null());
    // What is no query at all has no structure, whatever is asked for.
    assert!(parsed(&c, "none", "project = ").await["errors"].is_array());

    for (path, body) in [
        ("/jql/parse?validation=strict", json!({"queries": []})),
        ("/jql/parse?validation=maybe", json!({"queries": ["key = SUP-1"]})),
        ("/jql/parse", json!({"queries": ["key = SUP-1"]})),
    ] {
        assert_eq!(c.ask("POST", path, body).await.0, 400, "{path}");
    }
}

#[tokio::test]
async fn fields_and_their_values_are_suggested() {
    let c = common::site("acme").await;
    let fields = c.get("/jql/autocompletedata").await;
    let names: Vec<&str> = fields["visibleFieldNames"]
        .as_array()
        .expect("fields")
        .iter()
        .filter_map(|f| f["value"].as_str())
        .collect();
    for name in &names {
        // Every field that is offered can be asked for.
        let operator = if ["summary", "description", "comment"].contains(name) { "~" } else { "=" };
        let value = match *name {
            "created" | "updated" => "-5d",
            "project" => "SUP",
            "issuetype" => "Task",
            "status" => "Done",
            "priority" => "High",
            _ => "SUP-1",
        };
        c.search(&format!("{name} {operator} {value}")).await;
    }
    let found = c.get("/jql/autocompletedata/suggestions?fieldName=project&fieldValue=oper").await;
    assert_eq!(found["results"], json!([{"value": "OPS", "displayName": "<b>Oper</b>ations (OPS)"}]));
    let found = c.get("/jql/autocompletedata/suggestions?fieldName=status&fieldValue=prog").await;
    let quoted = json!([{"value": "\"In Progress\"", "displayName": "In <b>Prog</b>ress"}]);
    assert_eq!(found["results"], quoted, "a value with a blank is ready to stand in a query");
    let found = c.get("/jql/autocompletedata/suggestions?fieldName=labels&fieldValue=zz").await;
    assert_eq!(found["results"], json!([]));
    assert_eq!(c.ask("GET", "/jql/autocompletedata/suggestions", Value::Null).await.0, 400);
}

#[tokio::test]
async fn the_history_of_many_issues_comes_in_pages_oldest_first() {
    let c = common::site("acme").await;
    for n in 1..=3 {
        c.create("SUP", "Task", &format!("Issue {n}")).await;
    }
    for (key, field, value) in [
        ("SUP-2", "summary", json!("a")),
        ("SUP-1", "summary", json!("b")),
        ("SUP-2", "labels", json!(["x"])),
    ] {
        assert_eq!(c.ask("PUT", &format!("/issue/{key}"), json!({"fields": {field: value}})).await.0, 204);
        c.raw(reqwest::Method::POST, "/practice/clock", Some(&json!({"advance_s": 1}))).await;
    }
    let mut ask = json!({"issueIdsOrKeys": ["SUP-1", "SUP-2", "SUP-3", "SUP-99"], "maxResults": 2});
    let id = |key: Value| key["id"].as_str().expect("an id").to_owned();
    let (one, two) = (id(c.get("/issue/SUP-1").await), id(c.get("/issue/SUP-2").await));
    let (_, first) = c.ask("POST", "/changelog/bulkfetch", ask.clone()).await;
    let shape = |page: &Value| -> Vec<(String, usize)> {
        let logs = page["issueChangeLogs"].as_array().expect("logs").iter();
        logs.map(|l| {
            (
                l["issueId"].as_str().expect("an id").to_owned(),
                l["changeHistories"].as_array().expect("histories").len(),
            )
        })
        .collect()
    };
    assert_eq!(shape(&first), [(two.clone(), 1), (one, 1)]);
    ask["nextPageToken"] = first["nextPageToken"].clone();
    let (_, second) = c.ask("POST", "/changelog/bulkfetch", ask.clone()).await;
    assert_eq!(shape(&second), [(two.clone(), 1)]);
    assert!(second["nextPageToken"].is_null());

    let labels = json!({"issueIdsOrKeys": ["SUP-1", "SUP-2"], "fieldIds": ["labels"]});
    let (_, found) = c.ask("POST", "/changelog/bulkfetch", labels).await;
    assert_eq!(shape(&found), [(two, 1)]);
    for wrong in [json!({"issueIdsOrKeys": []}), json!({"issueIdsOrKeys": ["SUP-1"], "maxResults": 0})] {
        assert_eq!(c.ask("POST", "/changelog/bulkfetch", wrong).await.0, 400);
    }
}
