//! What the check finds when something is wrong.
#![allow(missing_docs)]

use serde_json::{Value, json};
use twinline_contract::{Contract, Description, Exceptions, Exchange, Report, read_folder};

fn contract() -> Contract {
    let exceptions = Exceptions::of_this_house().expect("exceptions");
    Contract::new(&Description::bundled().expect("a description"), &exceptions).expect("validators")
}

fn exchange(with: Value) -> Exchange {
    let mut whole = json!({"operation": "GET /rest/api/3/myself", "method": "GET", "path": "/rest/api/3/myself",
        "query": [], "by": "Twinline", "request_type": null, "request": null, "status": 200,
        "answer_type": "application/json", "answer": {"accountId": "a", "active": true}, "spoiled": false});
    for (key, value) in with.as_object().expect("an object") {
        whole[key] = value.clone();
    }
    serde_json::from_value(whole).expect("an exchange")
}

/// Side, place and rule of each violation.
fn found(with: Value) -> Vec<String> {
    let all = contract().check(&exchange(with));
    all.iter().map(|v| format!("{} {} {}", v.side, v.place, v.rule)).collect()
}

#[test]
fn what_is_as_described_passes() {
    assert_eq!(found(json!({})), Vec::<String>::new());
}

#[test]
fn a_wrong_answer_is_found() {
    let answer = |answer: Value| found(json!({ "answer": answer }));
    assert_eq!(answer(json!({"active": "yes"})), ["answer /active User/properties/active/type"]);
    assert_eq!(
        answer(json!({"accountType": "robot"})),
        ["answer /accountType User/properties/accountType/enum"]
    );
    assert_eq!(answer(json!({"nickname": "ana"})), ["answer  User/additionalProperties"]);
    assert_eq!(answer(json!([])), ["answer  User/type"]);
    assert_eq!(found(json!({"answer": null, "answer_type": "text/html"})), ["answer  type"]);
    assert_eq!(found(json!({"status": 418, "answer": {"errorMessages": ["no"]}})), ["answer  status/418"]);
    let refusal = json!({"status": 401, "answer": {"errorMessages": "no"}});
    assert_eq!(found(refusal), ["answer /errorMessages ErrorCollection/properties/errorMessages/type"]);
}

#[test]
fn a_time_is_as_jira_writes_it_and_as_nobody_else_does() {
    let comment = |created: &str| {
        found(json!({"path": "/rest/api/3/issue/A-1/comment/1", "answer": {"created": created}}))
    };
    assert_eq!(comment("2026-11-24T05:24:44.123+0000"), Vec::<String>::new());
    for wrong in ["2026-11-24T05:24:44Z", "2026-11-24 05:24:44.123+0000", "yesterday"] {
        assert_eq!(comment(wrong), ["answer /created Comment/properties/created/format"], "{wrong}");
    }
}

#[test]
fn a_wrong_request_of_ours_is_found() {
    assert_eq!(found(json!({"query": [["expandd", "a"]]})), ["request  query/additionalProperties"]);
    let changelog =
        json!({"path": "/rest/api/3/issue/A-1/changelog", "query": [["startAt", "first"]], "answer": {}});
    assert_eq!(found(changelog), ["request /startAt query/properties/startAt/type"]);
    let search = |body: Value| {
        found(json!({"method": "POST", "path": "/rest/api/3/search/jql", "request_type": "application/json",
            "request": body, "answer": {}}))
    };
    assert_eq!(search(json!({"jql": "a = b", "expand": "changelog"})), Vec::<String>::new());
    let list = search(json!({"jql": "a = b", "expand": ["changelog"]}));
    assert_eq!(list, ["request /expand SearchAndReconcileRequestBean/properties/expand/type"]);
    assert_eq!(search(Value::Null), ["request  type"]);
    let comment = json!({"method": "POST", "path": "/rest/api/3/issue/A-1/comment", "status": 201, "answer": {},
        "request_type": "application/json", "request": {"body": {}, "created": "2026-11-24T05:24:44.123+0000"}});
    assert_eq!(found(comment), ["request /created Comment/properties/created"]);
    let form = json!({"method": "POST", "path": "/rest/api/3/issue/A-1/comment", "status": 201, "answer": {},
        "request_type": "application/x-www-form-urlencoded"});
    assert_eq!(found(form), ["request  type"]);
    let nowhere = json!({"operation": null, "path": "/rest/api/3/nowhere", "status": 404});
    assert_eq!(found(nowhere), ["request  operation"]);
}

#[test]
fn of_strangers_only_the_answer_counts_and_of_a_spoiled_one_only_the_request() {
    let wrong = json!({"query": [["expandd", "a"]], "answer": {"active": "yes"}});
    let with = |more: Value| {
        let mut all = wrong.clone();
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        found(all)
    };
    assert_eq!(with(json!({"by": "curl"})), ["answer /active User/properties/active/type"]);
    assert_eq!(with(json!({"spoiled": true})), ["request  query/additionalProperties"]);
    assert_eq!(with(json!({"by": "curl", "operation": null})), Vec::<String>::new());
}

#[test]
fn a_literal_path_comes_before_a_parameter() {
    let bulk = json!({"method": "POST", "path": "/rest/api/3/issue/bulkfetch", "request_type": "application/json",
        "request": {"issueIdsOrKeys": "A-1"}, "answer": {}});
    assert_eq!(
        found(bulk),
        ["request /issueIdsOrKeys BulkFetchIssueRequestBean/properties/issueIdsOrKeys/type"]
    );
}

#[test]
fn an_empty_recording_and_an_exception_without_need_are_not_good() {
    let description = Description::bundled().expect("a description");
    let none = Exceptions::parse(r#"{"formats": [], "rules": []}"#).expect("none");
    let one = Exceptions::parse(r#"{"formats": [], "rules": [{"rule": "status/418", "reason": "tea"}]}"#);
    let one = one.expect("one");
    let fine = [exchange(json!({}))];
    assert!(!Report::of(&description, &none, &[]).expect("a report").good());
    assert!(Report::of(&description, &none, &fine).expect("a report").good());
    let report = Report::of(&description, &one, &fine).expect("a report");
    assert!(!report.good());
    assert!(report.to_string().contains("not needed: status/418"), "{report}");
    let tea = [exchange(json!({"status": 418, "answer": {"errorMessages": []}}))];
    assert!(Report::of(&description, &one, &tea).expect("a report").good());
}

#[test]
fn a_torn_last_line_is_left_out_and_a_broken_one_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = r#"{"operation":null,"method":"GET","path":"/a","query":[],"by":"","request_type":null,"request":null,"status":404,"answer_type":null,"answer":null,"spoiled":false}"#;
    std::fs::write(folder.path().join("1-a.jsonl"), format!("{line}\n{line}\n{}", &line[..40]))
        .expect("a file");
    std::fs::write(folder.path().join("notes.txt"), "no recording").expect("a file");
    assert_eq!(read_folder(folder.path()).expect("readable").len(), 2);
    std::fs::write(folder.path().join("2-b.jsonl"), "{}\n").expect("a file");
    let error = read_folder(folder.path()).expect_err("broken").to_string();
    assert!(error.starts_with("Line 1 of") && error.contains("2-b.jsonl"), "{error}");
}
