//! Deeds: what somebody else does to the site, at once or in the middle of a call. And the site's own automation.
mod common;
use std::time::Duration;

use common::{Client, doc, site};
use serde_json::{Value, json};

async fn summary(c: &Client, key: &str) -> String {
    c.get(&format!("/issue/{key}")).await["fields"]["summary"].as_str().expect("text").to_owned()
}

#[tokio::test]
async fn f51_a_project_gets_another_key_and_the_old_ones_lead_there() {
    let c = site("acme").await;
    let made = c.create("SUP", "Task", "first").await;
    let (_, done) = c
        .ask(
            "PUT",
            "/practice/faults",
            json!({"rename_project": {"project": "SUP", "key": "HELP", "name": "Help"}}),
        )
        .await;
    assert_eq!(done["done"]["rename_project"][0], "HELP");
    let issue = c.get("/issue/SUP-1?fields=project").await;
    assert_eq!((&issue["key"], &issue["id"]), (&json!("HELP-1"), &made["id"]));
    assert_eq!(issue["fields"]["project"]["name"], "Help");
    assert_eq!(c.get("/project/SUP").await["key"], "HELP");
    assert_eq!(c.search("project = SUP").await, ["HELP-1"]);
    assert_eq!(c.create("SUP", "Task", "second").await["key"], "HELP-2");
    c.faults(json!({"rename_project": {"project": "HELP", "key": "SUP"}}));
    assert_eq!(c.get("/issue/HELP-2").await["key"], "SUP-2");
    assert_eq!(c.get("/issue/SUP-1").await["key"], "SUP-1");
    let taken = json!({"rename_project": {"project": "SUP", "key": "OPS"}});
    assert_eq!(c.ask("PUT", "/practice/faults", taken).await.0, 400);
}

#[tokio::test]
async fn f52_f54_f55_issues_are_deleted_moved_and_cloned() {
    let c = site("acme").await;
    for n in 1..=3 {
        c.create("SUP", "Task", &n.to_string()).await;
    }
    c.ask("PUT", "/issue/SUP-1/properties/twinline", json!({"origin": "x"})).await;
    c.faults(json!({"clone_issue": ["SUP-1", {"issue": "SUP-1", "properties": false}]}));
    assert_eq!(c.get("/issue/SUP-4?properties=*all").await["properties"]["twinline"]["origin"], "x");
    assert_eq!(c.get("/issue/SUP-5?properties=*all").await["properties"], json!({}));
    c.faults(json!({"move_issue": {"issue": "SUP-2", "project": "OPS"}}));
    let moved = c.get("/issue/SUP-2?expand=changelog").await;
    assert_eq!(moved["key"], "OPS-1");
    let items = &moved["changelog"]["histories"][0]["items"];
    let texts =
        |n: usize| (items[n]["field"].clone(), items[n]["fromString"].clone(), items[n]["toString"].clone());
    assert_eq!(texts(0), (json!("Key"), json!("SUP-2"), json!("OPS-1")));
    assert_eq!(texts(1), (json!("project"), json!("Support"), json!("Operations")));
    c.faults(json!({"delete_issue": "SUP-3", "archive_project": "OPS"}));
    assert_eq!(c.ask("GET", "/issue/SUP-3", Value::Null).await.0, 404);
    assert_eq!(c.ask("PUT", "/issue/OPS-1", json!({"fields": {"summary": "x"}})).await.0, 403);
    c.faults(json!({"archive_project": {"project": "OPS", "archived": false}}));
    assert_eq!(c.ask("PUT", "/issue/OPS-1", json!({"fields": {"summary": "x"}})).await.0, 204);
}

#[tokio::test]
async fn f51_a_project_in_the_trash_is_not_found_until_it_is_restored() {
    let c = site("acme").await;
    c.create("SUP", "Task", "1").await;
    c.faults(json!({"trash_project": "SUP"}));
    let search = json!({"jql": "project = SUP"});
    assert_eq!(c.ask("GET", "/project/SUP", Value::Null).await.0, 404);
    assert_eq!(c.ask("GET", "/issue/SUP-1", Value::Null).await.0, 404);
    assert_eq!(c.ask("POST", "/search/jql", search.clone()).await.0, 400, "the value does not exist");
    assert_eq!(c.get("/project/search?keys=SUP").await["values"], json!([]));
    assert_eq!(c.get("/project/search?status=deleted&keys=SUP").await["values"][0]["deleted"], true);
    c.faults(json!({"trash_project": {"project": "SUP", "trashed": false}}));
    assert_eq!(c.get("/issue/SUP-1").await["key"], "SUP-1");
    assert_eq!(c.ask("POST", "/search/jql", search).await.0, 200);
}

#[tokio::test]
async fn a_deed_waits_for_its_call() {
    let c = site("acme").await;
    for n in 1..=3 {
        c.create("SUP", "Task", &n.to_string()).await;
    }
    let edit = json!({"fields": {"summary": "mine"}});
    c.faults(json!({"delete_issue": {"issue": "SUP-1", "operation": "PUT /issue/{}", "on_issue": "SUP-1"},
        "move_issue": {"issue": "SUP-2", "project": "OPS", "operation": "PUT /issue/{}", "on_issue": "SUP-2", "at": "after"}}));
    assert_eq!(c.get("/issue/SUP-1").await["key"], "SUP-1", "still there");
    assert_eq!(c.ask("PUT", "/issue/SUP-3", edit.clone()).await.0, 204, "another issue");
    assert_eq!(c.ask("PUT", "/issue/SUP-1", edit.clone()).await.0, 404, "deleted just before");
    assert_eq!(c.ask("PUT", "/issue/SUP-2", edit).await.0, 204);
    let moved = c.get("/issue/SUP-2").await;
    assert_eq!((&moved["key"], &moved["fields"]["summary"]), (&json!("OPS-1"), &json!("mine")));
}

#[tokio::test]
async fn f77_automation_answers_each_write_of_somebody_else() {
    let c = site("acme").await;
    c.create("SUP", "Task", "one").await;
    c.create("SUP", "Task", "two").await;
    c.faults(json!({"automation": {"times": 3}}));
    c.create("SUP", "Task", "three").await;
    assert_eq!(summary(&c, "SUP-3").await, "three !");
    c.ask("PUT", "/issue/SUP-3", json!({"fields": {"summary": "three"}})).await;
    assert_eq!(summary(&c, "SUP-3").await, "three !", "again");
    let page = json!({"body": doc("by a person on the page")});
    let said = c.ask("POST", "/practice/ui/issues/SUP-3/comments", page).await;
    assert_eq!(said.0, 201);
    assert_eq!(summary(&c, "SUP-3").await, "three ! !");
    c.ask("PUT", "/issue/SUP-3", json!({"fields": {"summary": "three"}})).await;
    assert_eq!(summary(&c, "SUP-3").await, "three", "three times, no more");
    let last = c.get("/issue/SUP-3?expand=changelog").await["changelog"]["histories"][1].clone();
    assert_eq!(last["author"]["displayName"], "Automation for Jira");
    assert_eq!(last["author"]["accountType"], "app");

    c.faults(json!({"automation": {"text": " seen", "field": "labels", "issue": "SUP-1", "operation": "PUT /issue/{}"}}));
    for key in ["SUP-1", "SUP-2"] {
        c.ask("POST", &format!("/issue/{key}/comment"), json!({"body": doc("x")})).await;
        c.ask("PUT", &format!("/issue/{key}"), json!({"fields": {"summary": "x"}})).await;
    }
    assert_eq!(c.get("/issue/SUP-1").await["fields"]["labels"], json!(["seen"]));
    assert_eq!(c.get("/issue/SUP-2").await["fields"]["labels"], json!([]));

    c.faults(json!({"automation": [{"field": "description", "text": "more", "times": 1}, {"field": "comment", "text": "Thanks", "after_ms": 1, "times": 1}]}));
    c.ask("PUT", "/issue/SUP-2", json!({"fields": {"summary": "y"}})).await;
    let issue = c.get("/issue/SUP-2").await;
    assert_eq!(issue["fields"]["description"]["content"][0]["content"][0]["text"], "more");
    c.ask("PUT", "/issue/SUP-2", json!({"fields": {"summary": "z"}})).await;
    let comments = |site: &practice_jira::Running| {
        let state = site.state().expect("state");
        state["issues"][1]["comments"].as_array().map_or(0, Vec::len)
    };
    let said = c.site.until(|site| comments(site) == 2);
    tokio::time::timeout(Duration::from_secs(20), said).await.expect("the automation comments");
    assert_eq!(c.get("/practice/writes").await["issues"]["SUP-2"]["comments"], 1, "only ours is ours");
}

#[tokio::test]
async fn f77_an_automation_that_always_answers_comes_to_an_end() {
    let c = site("acme").await;
    c.faults(json!({"automation": "x".repeat(100)}));
    c.create("SUP", "Task", "grows").await;
    for _ in 0..5 {
        c.ask("POST", "/issue/SUP-1/comment", json!({"body": doc("x")})).await;
    }
    assert_eq!(summary(&c, "SUP-1").await.len(), 205, "more does not fit, and nothing breaks");
}

#[tokio::test]
async fn f56_f57_a_required_field_and_a_type_that_goes() {
    let c = site("acme").await;
    let new = |kind: &str| json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"name": kind}, "summary": "s"}});
    c.faults(json!({"remove_type": {"project": "SUP", "type": "Improvement"}}));
    let (status, error) = c.ask("POST", "/issue", new("Improvement")).await;
    assert_eq!((status, &error["errors"]["issuetype"]), (400, &json!("Specify a valid issue type")));
    let field = json!({"project": "SUP", "field": "customfield_1", "name": "Customer", "values": ["A"],
        "operation": "POST /issue"});
    c.faults(json!({"required_field": field}));
    let (status, error) = c.ask("POST", "/issue", new("Task")).await;
    assert_eq!((status, &error["errors"]["customfield_1"]), (400, &json!("Customer is required.")));
}

/// The create screen says what a field takes; an option that went never comes back under another name.
#[tokio::test]
async fn f56_a_required_field_takes_what_its_screen_says() {
    let c = site("acme").await;
    let demand = |fields: Value| c.ask("PUT", "/practice/projects/SUP", json!({ "required": fields }));
    let create = |value: Value| {
        let fields = json!({"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": "s", "customfield_1": value});
        c.ask("POST", "/issue", json!({ "fields": fields }))
    };
    let customer = |values: Value| json!([{"field": "customfield_1", "name": "Customer", "values": values}]);
    let screen = async || {
        let types = c.get("/issue/createmeta/SUP/issuetypes").await;
        let task = types["issueTypes"].as_array().expect("types").iter().find(|t| t["name"] == "Task");
        let id = task.expect("a task")["id"].as_str().expect("an id").to_owned();
        let fields = c.get(&format!("/issue/createmeta/SUP/issuetypes/{id}")).await["fields"].clone();
        let found = fields.as_array().expect("fields").iter().find(|f| f["fieldId"] == "customfield_1");
        found.expect("the field").clone()
    };
    let options = |field: &Value| -> Vec<(String, String)> {
        let text = |v: &Value| v.as_str().expect("text").to_owned();
        field["allowedValues"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|o| (text(&o["id"]), text(&o["value"])))
            .collect()
    };
    let pair = |id: &str, value: &str| (id.to_owned(), value.to_owned());

    demand(customer(json!(["A", "B"]))).await;
    let field = screen().await;
    assert_eq!((&field["required"], &field["hasDefaultValue"]), (&json!(true), &json!(false)));
    assert_eq!((&field["schema"]["type"], &field["schema"]["customId"]), (&json!("option"), &json!(1)));
    assert_eq!(options(&field), [pair("10100", "A"), pair("10101", "B")]);
    for good in [json!({"id": "10101"}), json!({"value": "B"})] {
        let (status, made) = create(good).await;
        assert_eq!(status, 201, "{made}");
        let key = made["key"].as_str().expect("a key");
        assert_eq!(c.get(&format!("/issue/{key}")).await["fields"]["customfield_1"]["value"], "B");
    }

    demand(customer(json!(["B", "C"]))).await;
    assert_eq!(options(&screen().await), [pair("10101", "B"), pair("10102", "C")]);
    let parent = "Could not find valid 'id' or 'value' in the Parent Option object.";
    for (value, words) in [
        (json!({"id": "10100"}), "Option id '10100' is not valid"),
        (json!({"id": "none"}), "Option id 'none' is not valid"),
        (json!({"value": "A"}), "Option value 'A' is not valid"),
        (json!("B"), parent),
        (Value::Null, "Customer is required."),
    ] {
        let (status, error) = create(value.clone()).await;
        assert_eq!((status, &error["errors"]["customfield_1"]), (400, &json!(words)), "{value}");
    }

    for (kind, good, bad) in [
        ("multiselect", json!([]), json!({"id": "10100"})),
        ("textfield", json!("x"), json!(7)),
        ("textarea", doc("x"), json!("x")),
        ("float", json!(7.5), json!("7.5")),
        ("datepicker", json!("2026-12-31"), json!("31.12.2026")),
        ("userpicker", Value::Null, json!({"accountId": "nobody"})),
    ] {
        demand(json!([{"field": "customfield_1", "name": "F", "kind": kind}])).await;
        assert_eq!(create(bad).await.0, 400, "{kind}");
        if !good.is_null() {
            assert_eq!(create(good).await.0, 201, "{kind}");
        }
    }
}
