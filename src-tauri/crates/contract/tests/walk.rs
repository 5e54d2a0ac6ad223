//! Every operation that practice-jira serves, at least once in success and once in failure, held against the description.
#![allow(missing_docs)]

use std::path::Path;

use practice_jira::{Options, ProjectSpec, Running, Site};
use serde_json::{Value, json};
use twinline_contract::{Description, Exceptions, Report, read_folder};

struct Walker {
    site: Running,
    http: reqwest::Client,
}

impl Walker {
    async fn start(folder: &Path) -> Self {
        let all = ["Task", "Bug", "Epic", "Sub-task"];
        let mut locked = ProjectSpec::new("RO", "Read only", &all, None);
        locked.ana_lacks = [
            "CREATE_ISSUES",
            "EDIT_ISSUES",
            "ADD_COMMENTS",
            "CREATE_ATTACHMENTS",
            "DELETE_ISSUES",
            "LINK_ISSUES",
            "EDIT_OWN_COMMENTS",
            "EDIT_ALL_COMMENTS",
            "DELETE_OWN_COMMENTS",
            "DELETE_ALL_COMMENTS",
            "DELETE_OWN_ATTACHMENTS",
            "DELETE_ALL_ATTACHMENTS",
        ]
        .map(str::to_owned)
        .to_vec();
        let projects = vec![ProjectSpec::new("SUP", "Support", &all, Some("Task")), locked];
        let site = Site::start(Options {
            site: "acme".into(),
            projects: Some(projects),
            record: Some(folder.to_owned()),
            seed_issues: 6,
            ..Options::default()
        });
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        Self { site: site.await.expect("starts"), http: http.expect("a client") }
    }

    fn request(&self, operation: &str, token: &str) -> reqwest::RequestBuilder {
        let (method, path) = operation.split_once(' ').expect("method and path");
        let url = if path.starts_with("/practice") {
            format!("{}{path}", self.site.url)
        } else {
            format!("{}/rest/api/3{path}", self.site.url)
        };
        let request = self.http.request(method.parse().expect("a method"), url);
        request.basic_auth(&self.site.email, Some(token)).header("X-Atlassian-Token", "no-check")
    }

    /// Asks, and answers status and JSON.
    async fn ask(&self, operation: &str, body: Value) -> (u16, Value) {
        let request = self.request(operation, &self.site.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.expect("a body")).unwrap_or_default())
    }

    /// Asks for what has to succeed.
    async fn get(&self, operation: &str, body: Value) -> Value {
        let (status, answer) = self.ask(operation, body).await;
        assert!(status < 400, "{operation}: {status} {answer}");
        answer
    }

    async fn upload(&self, issue: &str) -> String {
        let part = reqwest::multipart::Part::bytes(b"bytes".to_vec()).file_name("a.png");
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = self.request(&format!("POST /issue/{issue}/attachments"), &self.site.token);
        let answer: Value =
            request.multipart(form).send().await.expect("an answer").json().await.expect("JSON");
        text(&answer[0]["id"])
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn doc(text: &str) -> Value {
    json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]})
}

/// What a site is asked about itself.
async fn about_the_site(w: &Walker) {
    let me = w.get("GET /myself", Value::Null).await;
    let account = text(&me["accountId"]);
    for plain in [
        "GET /serverInfo",
        "GET /field",
        "GET /priority",
        "GET /status",
        "GET /resolution",
        "GET /issueLinkType",
        "GET /user/search?query=a",
        "GET /user/assignable/search?project=SUP",
        "GET /issuetype",
        "GET /project",
        "GET /project/search?maxResults=1",
        "GET /project/search?expand=issueTypes",
        "GET /project/SUP",
        "GET /project/SUP/statuses",
        "GET /issue/createmeta/SUP/issuetypes",
        "GET /attachment/meta",
        "GET /mypermissions?permissions=BROWSE_PROJECTS,ADMINISTER",
        "GET /jql/autocompletedata",
        "GET /jql/autocompletedata/suggestions?fieldName=project&fieldValue=sup",
        "GET /jql/autocompletedata/suggestions?fieldName=status",
    ] {
        w.get(plain, Value::Null).await;
    }
    w.get(&format!("GET /user?accountId={account}"), Value::Null).await;
    let project = text(&w.get("GET /project/SUP", Value::Null).await["id"]);
    w.get(&format!("GET /issuetype/project?projectId={project}"), Value::Null).await;
    w.get(&format!("GET /issuetypescheme/project?projectId={project}"), Value::Null).await;
    let types = w.get("GET /issue/createmeta/SUP/issuetypes", Value::Null).await;
    for one in types["issueTypes"].as_array().expect("types") {
        w.get(&format!("GET /issue/createmeta/SUP/issuetypes/{}", text(&one["id"])), Value::Null).await;
    }
    let project: u64 = project.parse().expect("a number");
    let permissions = json!({"globalPermissions": ["ADMINISTER"],
        "projectPermissions": [{"permissions": ["CREATE_ISSUES"], "projects": [project], "issues": []}]});
    w.get("POST /permissions/check", permissions).await;
    let queries = [
        "project = SUP AND (summary ~ \"a b\" OR NOT labels in (x, \"y z\")) ORDER BY updated DESC, key",
        "assignee = currentUser() AND assignee is not EMPTY",
        "project in (SUP) AND created >= -5d",
        "project = NOPE",
        "project = ",
        "ORDER BY key",
    ];
    for validation in ["strict", "warn", "none"] {
        w.get(&format!("POST /jql/parse?validation={validation}"), json!({"queries": queries})).await;
    }
}

/// The life of an issue, from its creation to its end.
async fn about_issues(w: &Walker) {
    let fields = json!({"project": {"key": "SUP"}, "issuetype": {"name": "Task"}, "summary": "A", "description": doc("a")});
    let made = w
        .get("POST /issue", json!({"fields": fields, "properties": [{"key": "k", "value": {"v": 1}}]}))
        .await;
    let (id, key) = (text(&made["id"]), text(&made["key"]));
    let sub = json!({"project": {"key": "SUP"}, "issuetype": {"name": "Sub-task"}, "summary": "B", "parent": {"key": key}});
    w.get("POST /issue", json!({"fields": sub})).await;
    let edit = json!({"fields": {"summary": "C", "description": null, "labels": ["x"], "priority": {"name": "High"},
        "assignee": null, "issuetype": {"name": "Bug"}}, "historyMetadata": {"type": "t", "description": "d"}});
    w.get(&format!("PUT /issue/{key}"), edit).await;
    let again = json!({"fields": {"summary": "D"}});
    w.get(&format!("PUT /issue/{key}?returnIssue=true&expand=changelog"), again).await;
    for plain in [
        "",
        "?fields=summary&properties=k&expand=changelog,renderedFields",
        "/changelog?maxResults=1",
        "/editmeta",
        "/transitions",
    ] {
        w.get(&format!("GET /issue/{key}{plain}"), Value::Null).await;
    }

    let offered = w.get(&format!("GET /issue/{key}/transitions"), Value::Null).await;
    let transition = json!({"transition": {"id": offered["transitions"][2]["id"]}});
    w.get(&format!("POST /issue/{key}/transitions"), transition).await;

    let property = format!("/issue/{key}/properties/p");
    w.get(&format!("PUT {property}"), json!({"a": [1]})).await;
    w.get(&format!("PUT {property}"), json!(2)).await;
    w.get(&format!("GET {property}"), Value::Null).await;
    w.get(&format!("GET /issue/{key}/properties"), Value::Null).await;
    w.get(&format!("DELETE {property}"), Value::Null).await;

    let link =
        json!({"globalId": "twin=1", "object": {"title": "GX-1", "url": "https://globex.example/GX-1"}});
    w.get(&format!("POST /issue/{key}/remotelink"), link.clone()).await;
    w.get(&format!("POST /issue/{key}/remotelink"), link).await;
    w.get(&format!("GET /issue/{key}/remotelink"), Value::Null).await;
    w.get(&format!("GET /issue/{key}/remotelink?globalId=twin%3D1"), Value::Null).await;

    about_comments(w, &key).await;
    about_files(w, &key).await;

    let search = json!({"jql": "project = SUP ORDER BY updated ASC, key ASC", "fields": ["*all"], "properties": ["k"],
        "expand": "changelog,renderedFields", "maxResults": 3});
    let first = w.get("POST /search/jql", search.clone()).await;
    let mut second = search;
    second["nextPageToken"] = first["nextPageToken"].clone();
    w.get("POST /search/jql", second).await;
    w.get(
        "POST /search/jql",
        json!({"jql": "project = SUP", "reconcileIssues": [id.parse::<u64>().expect("a number")]}),
    )
    .await;
    w.get("POST /search/jql", json!({"jql": "key = SUP-1 AND key = SUP-2"})).await;
    w.get("GET /search/jql?jql=project%3DSUP&fields=summary&maxResults=2", Value::Null).await;
    w.get("POST /search/approximate-count", json!({"jql": "project = SUP"})).await;
    let exact = json!({"issueIdsOrKeys": [key, "SUP-1", "SUP-999"], "fields": ["*all"], "properties": ["k"], "expand": ["changelog"]});
    w.get("POST /issue/bulkfetch", exact).await;
    w.get("POST /changelog/bulkfetch", json!({"issueIdsOrKeys": [key, "SUP-1"], "maxResults": 1})).await;
    w.get("POST /changelog/bulkfetch", json!({"issueIdsOrKeys": [key], "fieldIds": ["summary"]})).await;

    // A read-only project and an archived one refuse every write in their own way.
    for project in ["RO", "SUP"] {
        if project == "SUP" {
            w.get("PUT /practice/projects/SUP", json!({"archived": true})).await;
            refused(w, &key).await;
            w.get("PUT /practice/projects/SUP", json!({"archived": false})).await;
        } else {
            w.get("PUT /practice/projects/RO", json!({"ana_lacks": []})).await;
            let fields = json!({"project": {"key": "RO"}, "issuetype": {"name": "Task"}, "summary": "A"});
            let made = w.get("POST /issue", json!({"fields": fields})).await;
            let lacks = json!([
                "CREATE_ISSUES",
                "EDIT_ISSUES",
                "ADD_COMMENTS",
                "CREATE_ATTACHMENTS",
                "DELETE_ISSUES",
                "LINK_ISSUES",
                "ADMINISTER",
                "ADMINISTER_PROJECTS"
            ]);
            w.get("PUT /practice/projects/RO", json!({"ana_lacks": lacks})).await;
            refused(w, &text(&made["key"])).await;
        }
    }
    w.get(&format!("DELETE /issue/{key}"), Value::Null).await;
}

async fn about_comments(w: &Walker, key: &str) {
    let comment = json!({"body": doc("a"), "properties": [{"key": "k", "value": 1}]});
    let made = w.get(&format!("POST /issue/{key}/comment?expand=properties"), comment).await;
    let id = text(&made["id"]);
    let hidden = json!({"body": doc("b"), "visibility": {"type": "role", "value": "Administrators"}});
    w.get(&format!("POST /issue/{key}/comment"), hidden).await;
    w.get(&format!("PUT /issue/{key}/comment/{id}"), json!({"body": doc("c")})).await;
    w.get(&format!("GET /issue/{key}/comment/{id}?expand=properties"), Value::Null).await;
    w.get(&format!("GET /issue/{key}/comment?orderBy=-created&maxResults=1"), Value::Null).await;
    let number: u64 = id.parse().expect("a number");
    w.get("POST /comment/list?expand=properties", json!({"ids": [number, 99_999_999]})).await;
    let property = format!("/comment/{id}/properties/p");
    w.get(&format!("PUT {property}"), json!({"a": 1})).await;
    w.get(&format!("GET {property}"), Value::Null).await;
    w.get(&format!("GET /comment/{id}/properties"), Value::Null).await;
    w.get(&format!("DELETE {property}"), Value::Null).await;
    w.get(&format!("DELETE /issue/{key}/comment/{id}"), Value::Null).await;
}

async fn about_files(w: &Walker, key: &str) {
    let id = w.upload(key).await;
    assert_eq!(w.ask(&format!("POST /issue/{key}/attachments"), json!({})).await.0, 400);
    for plain in ["", "content/", "thumbnail/"] {
        w.get(&format!("GET /attachment/{plain}{id}"), Value::Null).await;
    }
    w.get(&format!("GET /attachment/content/{id}?redirect=false"), Value::Null).await;
    w.get(&format!("DELETE /attachment/{id}"), Value::Null).await;
    w.upload(key).await;
}

/// Writes to an issue that must not be written to.
async fn refused(w: &Walker, key: &str) {
    let project = key.split('-').next().expect("a project");
    let fields = json!({"project": {"key": project}, "issuetype": {"name": "Task"}, "summary": "A"});
    for (operation, body) in [
        ("POST /issue".to_owned(), json!({"fields": fields})),
        (format!("PUT /issue/{key}"), json!({"fields": {"summary": "E"}})),
        (format!("PUT /issue/{key}?notifyUsers=false"), json!({"fields": {"summary": "E"}})),
        (format!("DELETE /issue/{key}"), Value::Null),
        (format!("PUT /issue/{key}/properties/p"), json!(1)),
        (format!("DELETE /issue/{key}/properties/p"), Value::Null),
        (format!("POST /issue/{key}/comment"), json!({"body": doc("a")})),
        (
            format!("POST /issue/{key}/remotelink"),
            json!({"object": {"title": "a", "url": "https://a.example"}}),
        ),
        (format!("POST /issue/{key}/attachments"), json!({})),
        (format!("GET /issue/createmeta/{project}/issuetypes"), Value::Null),
    ] {
        let (status, _) = w.ask(&operation, body).await;
        assert!(status >= 400 || operation.starts_with("GET"), "{operation}: {status}");
    }
    let all = w.ask(&format!("GET /project/{project}"), Value::Null).await.1;
    w.ask(&format!("GET /issuetypescheme/project?projectId={}", text(&all["id"])), Value::Null).await;
}

/// Each operation about things that are not there, with nothing in its body, and without a sign-in.
async fn in_vain(w: &Walker) {
    for operation in practice_jira::operations() {
        let operation = operation.replace("/rest/api/3", "");
        let nowhere: Vec<&str> =
            operation.split('/').map(|part| if part.starts_with('{') { "424242" } else { part }).collect();
        let nowhere = nowhere.join("/");
        w.ask(&nowhere, Value::Null).await;
        w.ask(&nowhere, json!({})).await;
        w.ask(&nowhere, json!({"fields": {}, "body": null, "ids": [], "queries": []})).await;
        let stranger = w.request(&nowhere, "wrong").json(&json!({})).send().await.expect("an answer");
        assert!(stranger.status() == 401 || nowhere.ends_with("/serverInfo"), "{operation}");
    }
    for wrong in [
        "GET /search/jql?jql=project%20%3D",
        "GET /mypermissions?permissions=NOPE",
        "GET /mypermissions?permissions=BROWSE_PROJECTS&projectKey=NOPE",
        "GET /issue/SUP-1/comment?orderBy=nothing",
        "GET /issue/SUP-1/remotelink?globalId=nothing",
        "GET /issue/createmeta/NOPE/issuetypes",
        "GET /issue/createmeta/SUP/issuetypes?maxResults=500",
    ] {
        assert_eq!(w.ask(wrong, Value::Null).await.0 / 100, 4, "{wrong}");
    }
}

/// A site that wants its visitors to wait, one that believes nobody, and one that has another address now.
async fn with_switches(w: &Walker) {
    w.site.set_faults(&json!({"rate_limit_reason": "jira-burst-based"})).expect("a switch");
    assert_eq!(w.ask("GET /myself", Value::Null).await.0, 429);
    w.site.set_faults(&json!({"expired_token": "empty_200"})).expect("a switch");
    for operation in practice_jira::operations() {
        w.ask(&operation.replace("/rest/api/3", "").replace(['{', '}'], ""), Value::Null).await;
    }
    let new = w.site.url.replace("127.0.0.1", "localhost");
    w.site.set_faults(&json!({"renamed": new})).expect("a switch");
    w.ask("GET /serverInfo", Value::Null).await;
    w.site.set_faults(&json!({})).expect("no switch");
}

#[tokio::test]
async fn every_answer_of_every_operation_is_as_atlassian_describes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let walker = Walker::start(folder.path()).await;
    about_the_site(&walker).await;
    about_issues(&walker).await;
    in_vain(&walker).await;
    with_switches(&walker).await;

    // A recording of a whole run of tests holds the walk as well.
    if let Some(all) = std::env::var_os("PRACTICE_JIRA_RECORD") {
        std::fs::create_dir_all(&all).expect("a folder");
        for file in std::fs::read_dir(folder.path()).expect("a folder") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), Path::new(&all).join(file.file_name())).expect("copied");
        }
    }

    let description = Description::best().expect("a description");
    let exceptions = Exceptions::of_this_house().expect("exceptions");
    let exchanges = read_folder(folder.path()).expect("a recording");
    let report = Report::of(&description, &exceptions, &exchanges).expect("a report");
    println!("{report}");
    assert!(report.good(), "{report}");
    let mut served = practice_jira::operations();
    assert_eq!(report.unseen(), Vec::<String>::new());
    served.retain(|operation| !report.succeeded.contains(operation));
    assert_eq!(served, Vec::<String>::new(), "never seen to succeed");
    let mut served = practice_jira::operations();
    served.retain(|operation| !report.failed.contains(operation));
    assert_eq!(served, Vec::<String>::new(), "never seen to fail");
}
