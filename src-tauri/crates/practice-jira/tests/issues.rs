//! Issues, comments, properties, links, history, meta: as Jira answers.
mod common;
use common::{doc, site, with};
use practice_jira::{Options, ProjectSpec};
use serde_json::{Value, json};

#[tokio::test]
async fn sign_in_names_the_person_or_refuses() {
    let c = site("acme").await;
    let response = c.raw(reqwest::Method::GET, "/myself", None).await;
    let account = response.headers()["x-aaccountid"].to_str().expect("text").to_owned();
    let me: Value = response.json().await.expect("json");
    assert_eq!(me["displayName"], "Ana Ruiz");
    assert_eq!(me["accountId"], account);
    let wrong = c
        .http
        .get(format!("{}/rest/api/3/myself", c.site.url))
        .basic_auth(&c.email, Some("wrong"))
        .send()
        .await
        .expect("answers");
    assert_eq!(wrong.status(), 401);
    assert_eq!(wrong.headers()["x-seraph-loginreason"], "AUTHENTICATED_FAILED");
    let info: Value = c.get("/serverInfo").await;
    assert_eq!(info["deploymentType"], "Cloud");
}

#[tokio::test]
async fn an_issue_is_created_read_edited_and_deleted() {
    let c = site("acme").await;
    let body = json!({"fields": {"project": {"key": "SUP"}, "issuetype": {"name": "Improvement"}, "summary": "  One ",
        "description": doc("Hello")}, "properties": [{"key": "twin", "value": {"a": 1}}]});
    let (status, made) = c.ask("POST", "/issue", body).await;
    assert_eq!(status, 201, "{made}");
    let key = made["key"].as_str().expect("key").to_owned();
    let issue = c.get(&format!("/issue/{key}?properties=twin&expand=changelog")).await;
    assert_eq!(issue["fields"]["summary"], "One");
    assert_eq!(issue["fields"]["issuetype"]["name"], "Improvement");
    assert_eq!(issue["properties"]["twin"]["a"], 1);
    assert_eq!(issue["changelog"]["total"], 0);
    let edit = json!({"fields": {"summary": "Two", "description": doc("Bye"), "issuetype": {"name": "Bug"}},
        "properties": [{"key": "twin", "value": 2}]});
    let (status, nothing) = c.ask("PUT", &format!("/issue/{key}"), edit.clone()).await;
    assert_eq!((status, nothing), (204, json!("")));
    let (status, full) = c.ask("PUT", &format!("/issue/{key}?returnIssue=true&expand=changelog"), edit).await;
    assert_eq!(status, 200);
    assert_eq!(full["changelog"]["total"], 1, "the same values again are no change");
    let changes = c.get(&format!("/issue/{key}/changelog")).await;
    let fields: Vec<&str> = changes["values"][0]["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|i| i["field"].as_str())
        .collect();
    assert_eq!(fields, ["summary", "description", "issuetype"]);
    assert_eq!(changes["values"][0]["items"][1]["toString"], "Bye");
    assert_eq!(changes["values"][0]["author"]["displayName"], "Ana Ruiz");
    assert_eq!(c.get(&format!("/issue/{key}/properties/twin")).await["value"], 2);
    assert_eq!(c.ask("DELETE", &format!("/issue/{key}"), Value::Null).await.0, 204);
    let (status, error) = c.ask("GET", &format!("/issue/{key}"), Value::Null).await;
    assert_eq!(status, 404);
    assert!(error["errorMessages"][0].as_str().expect("text").contains("does not exist"));
}

#[tokio::test]
async fn wrong_fields_are_refused_by_name() {
    let c = site("globex").await;
    let fields = |f: Value| {
        let mut base = json!({"project": {"key": "GX"}, "issuetype": {"name": "Task"}, "summary": "ok"});
        base.as_object_mut().expect("map").extend(f.as_object().expect("map").clone());
        json!({"fields": base})
    };
    for (change, field) in [
        (json!({"summary": " "}), "summary"),
        (json!({"summary": "a\nb"}), "summary"),
        (json!({"summary": "x".repeat(256)}), "summary"),
        (json!({"issuetype": {"name": "Epic"}}), "issuetype"),
        (json!({"issuetype": {"name": "Sub-task"}}), "issuetype"),
        (json!({"project": {"key": "NOPE"}}), "project"),
        (json!({"colour": "red"}), "colour"),
        (json!({"description": "plain"}), "description"),
    ] {
        let (status, error) = c.ask("POST", "/issue", fields(change.clone())).await;
        assert_eq!(status, 400, "{change}");
        assert!(error["errors"][field].is_string(), "{change}: {error}");
    }
    assert_eq!(c.ask("POST", "/issue", fields(json!({"summary": "x".repeat(255)}))).await.0, 201);
    let bad = json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}]});
    let (status, error) = c.ask("POST", "/issue", fields(json!({"description": bad}))).await;
    assert_eq!((status, &error["errorMessages"][0]), (400, &json!("INVALID_INPUT")));
    let (status, _) = c.ask("POST", "/issue", fields(json!({"project": {"key": "RO"}}))).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn comments_live_outside_the_history() {
    let c = site("acme").await;
    let key = c.create("SUP", "Task", "talk").await["key"].as_str().expect("key").to_owned();
    let body = json!({"body": doc("first"), "properties": [{"key": "sd.public.comment", "value": {"internal": true}}]});
    let before = c.get(&format!("/issue/{key}")).await["fields"]["updated"].clone();
    let (status, comment) = c.ask("POST", &format!("/issue/{key}/comment"), body).await;
    assert_eq!(status, 201, "{comment}");
    assert!(comment.get("properties").is_none());
    assert_eq!(comment["jsdPublic"], false);
    let id = comment["id"].as_str().expect("id").to_owned();
    let (_, listed) = c
        .ask(
            "POST",
            "/comment/list?expand=properties",
            json!({"ids": [id.parse::<i64>().expect("number"), 1]}),
        )
        .await;
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["values"][0]["properties"][0]["key"], "sd.public.comment");
    let (status, edited) =
        c.ask("PUT", &format!("/issue/{key}/comment/{id}"), json!({"body": doc("second")})).await;
    assert_eq!(status, 200);
    assert_eq!(edited["body"]["content"][0]["content"][0]["text"], "second");
    let issue = c.get(&format!("/issue/{key}?expand=changelog")).await;
    assert_eq!(issue["fields"]["comment"]["total"], 1);
    assert_eq!(issue["changelog"]["total"], 0);
    assert!(issue["fields"]["updated"].as_str() >= before.as_str());
    assert_eq!(c.ask("DELETE", &format!("/issue/{key}/comment/{id}"), Value::Null).await.0, 204);
    assert_eq!(c.get(&format!("/issue/{key}/comment")).await["total"], 0);
    assert_eq!(c.ask("POST", &format!("/issue/{key}/comment"), json!({"body": doc("")})).await.0, 400);
}

#[tokio::test]
async fn search_embeds_twenty_comments_and_forty_changes() {
    let c = site("acme").await;
    let key = c.create("SUP", "Task", "long talk").await["key"].as_str().expect("key").to_owned();
    for n in 0..25 {
        c.ask("POST", &format!("/issue/{key}/comment"), json!({"body": doc(&n.to_string())})).await;
    }
    for n in 0..45 {
        c.ask("PUT", &format!("/issue/{key}"), json!({"fields": {"summary": format!("s{n}")}})).await;
    }
    let ask = json!({"jql": "project = SUP", "fields": ["comment"], "expand": "changelog"});
    let (_, found) = c.ask("POST", "/search/jql", ask).await;
    let issue = &found["issues"][0];
    assert_eq!(issue["fields"]["comment"]["comments"].as_array().map(Vec::len), Some(20));
    assert_eq!(issue["fields"]["comment"]["total"], 25);
    assert_eq!(issue["changelog"]["histories"].as_array().map(Vec::len), Some(40));
    assert_eq!(issue["changelog"]["total"], 45);
}

#[tokio::test]
async fn links_are_upserts_by_global_id() {
    let c = site("acme").await;
    let key = c.create("SUP", "Task", "linked").await["key"].as_str().expect("key").to_owned();
    let link = |title: &str| json!({"globalId": "twin=1", "object": {"url": "https://gx.example/1", "title": title}});
    let (first, one) = c.ask("POST", &format!("/issue/{key}/remotelink"), link("a")).await;
    let (second, two) = c.ask("POST", &format!("/issue/{key}/remotelink"), link("b")).await;
    assert_eq!((first, second, &one["id"]), (201, 200, &two["id"]));
    let all = c.get(&format!("/issue/{key}/remotelink")).await;
    assert_eq!(all.as_array().map(Vec::len), Some(1));
    assert_eq!(all[0]["object"]["title"], "b");
    assert_eq!(c.ask("POST", &format!("/issue/{key}/remotelink"), json!({"object": {}})).await.0, 400);
}

#[tokio::test]
async fn projects_types_defaults_and_permissions() {
    let c = site("globex").await;
    let all = c.get("/project/search").await;
    assert_eq!((all["total"].clone(), all["isLast"].clone()), (json!(2), json!(true)));
    let writable = c.get("/project/search?action=create").await;
    assert_eq!(writable["values"][0]["key"], "GX");
    assert_eq!(writable["total"], 1);
    let id = writable["values"][0]["id"].as_str().expect("id").to_owned();
    let scheme = c.get(&format!("/issuetypescheme/project?projectId={id}")).await;
    let default = scheme["values"][0]["issueTypeScheme"]["defaultIssueTypeId"].clone();
    let types = c.get("/issue/createmeta/GX/issuetypes").await;
    let names: Vec<&str> =
        types["issueTypes"].as_array().expect("types").iter().filter_map(|t| t["name"].as_str()).collect();
    assert_eq!(names, ["Task", "Bug", "Improvement", "Sub-task"]);
    assert_eq!(types["issueTypes"][0]["id"], default);
    let task = default.as_str().expect("id");
    let fields = c.get(&format!("/issue/createmeta/GX/issuetypes/{task}")).await;
    assert!(
        fields["fields"]
            .as_array()
            .expect("fields")
            .iter()
            .any(|f| f["fieldId"] == "summary" && f["required"] == true)
    );
    let ro = all["values"].as_array().expect("values").iter().find(|p| p["key"] == "RO").expect("RO")["id"]
        .clone();
    let ask = json!({"projectPermissions": [{"permissions": ["CREATE_ISSUES", "BROWSE_PROJECTS"],
        "projects": [id.parse::<i64>().expect("number"), ro.as_str().expect("id").parse::<i64>().expect("number")]}]});
    let (_, granted) = c.ask("POST", "/permissions/check", ask).await;
    assert_eq!(granted["projectPermissions"][0]["projects"].as_array().map(Vec::len), Some(1));
    assert_eq!(granted["projectPermissions"][1]["projects"].as_array().map(Vec::len), Some(2));
    let mine = c.get("/mypermissions?projectKey=RO&permissions=CREATE_ISSUES").await;
    assert_eq!(mine["permissions"]["CREATE_ISSUES"]["havePermission"], false);
    let set = json!({"types": ["Task", "Incident"], "default_type": null});
    assert_eq!(c.ask("PUT", "/practice/projects/GX", set).await.0, 200);
    let scheme = c.get(&format!("/issuetypescheme/project?projectId={id}")).await;
    assert!(scheme["values"][0]["issueTypeScheme"].get("defaultIssueTypeId").is_none());
    c.create("GX", "Incident", "new type").await;
}

#[tokio::test]
async fn own_projects_and_version_two() {
    let spec = ProjectSpec::new("ZED", "Zed", &["Ticket"], Some("Ticket"));
    let c = with(Options { site: "third".into(), projects: Some(vec![spec]), ..Options::default() }).await;
    c.create("ZED", "Ticket", "spec").await;
    let url = format!("{}/rest/api/2/issue", c.site.url);
    let body = json!({"fields": {"project": {"key": "ZED"}, "issuetype": {"name": "Ticket"}, "summary": "v2", "description": "a\nb"}});
    let made = c
        .http
        .post(&url)
        .basic_auth(&c.email, Some(&c.site.token))
        .json(&body)
        .send()
        .await
        .expect("answers");
    assert_eq!(made.status(), 201);
    let two: Value = c
        .http
        .get(format!("{url}/ZED-2"))
        .basic_auth(&c.email, Some(&c.site.token))
        .send()
        .await
        .expect("answers")
        .json()
        .await
        .expect("json");
    assert_eq!(two["fields"]["description"], "a\nb");
    let three = c.get("/issue/ZED-2").await;
    assert_eq!(three["fields"]["description"]["content"].as_array().map(Vec::len), Some(2));
}
