//! What the web page serves: its files, the list and its search, news, files of issues.
#![allow(missing_docs)]

mod common;

use std::time::Duration;

use common::{Client, doc, site, with};
use practice_jira::Options;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

async fn read(c: &Client, path: &str) -> (u16, HeaderMap, String) {
    let answer = c.http.get(format!("{}{path}", c.site.url)).send().await.expect("answers");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.text().await.expect("text"))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |v| v.to_str().expect("text"))
}

/// What stands between `before` and the next quote, each time.
fn named(text: &str, before: &str) -> Vec<String> {
    let parts = text.split(before).skip(1);
    parts.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn the_page_is_whole_and_may_do_nothing_but_its_work() {
    let c = site("acme").await;
    for at in ["/", "/browse/SUP-1"] {
        let (status, headers, html) = read(&c, at).await;
        assert_eq!(status, 200);
        let policy = header(&headers, "content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert!(html.contains("Practice Jira") && html.contains("acme"));
        // With this policy a style or a script in the text would not work; an address elsewhere neither.
        assert!(!html.contains("<style") && !html.contains("style=") && !html.contains("http"), "{html}");
    }
    let (_, _, html) = read(&c, "/").await;
    let mut open: Vec<String> = named(&html, "href=\"/practice/web/");
    open.extend(named(&html, "src=\"/practice/web/"));
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = open.pop() {
        if seen.contains(&name) {
            continue;
        }
        let (status, headers, text) = read(&c, &format!("/practice/web/{name}")).await;
        assert_eq!(status, 200, "{name}");
        assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
        let kind = if name.ends_with(".js") { "text/javascript" } else { "text/css" };
        assert!(header(&headers, "content-type").starts_with(kind), "{name}");
        for forbidden in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://cdn"]
        {
            assert!(!text.contains(forbidden), "{name}: {forbidden}");
        }
        open.extend(named(&text, "from \"./"));
        seen.push(name);
    }
    assert!(seen.len() > 10, "{seen:?}");
    assert_eq!(read(&c, "/practice/web/../Cargo.toml").await.0, 404);
    assert_eq!(read(&c, "/practice/web/other.js").await.0, 404);
}

/// Keys that the search box finds, and as what it was read; or what is wrong with it.
async fn found(c: &Client, rest: &[(&str, &str)]) -> (u16, Vec<String>, Value) {
    let url = reqwest::Url::parse_with_params(&format!("{}/practice/ui/issues", c.site.url), rest);
    let answer = c.http.get(url.expect("an address")).send().await.expect("answers");
    let (status, body): (u16, Value) = (answer.status().as_u16(), answer.json().await.expect("json"));
    let issues = body["issues"].as_array().cloned().unwrap_or_default();
    let keys = issues.iter().map(|i| i["key"].as_str().expect("a key").to_owned()).collect();
    (status, keys, if status == 200 { body["readAs"].clone() } else { body["errorMessages"].clone() })
}

#[tokio::test]
async fn the_search_box_takes_words_and_jql() {
    let c = site("acme").await;
    c.create("SUP", "Bug", "The basket is empty").await;
    c.create("SUP", "Task", "100% of the orders_list").await;
    c.create("OPS", "Task", "paragraph").await;
    c.ask("PUT", "/issue/SUP-1", json!({"fields": {"description": doc("after \"signing\" in\\out")}})).await;
    c.ask("POST", "/issue/SUP-2/comment", json!({"body": doc("Seen in Lisbon")})).await;
    let words = |q: &'static str| [("q", q)];
    for (query, expected) in [
        (words("BASKET empty"), vec!["SUP-1"]),
        (words("empty lisbon"), vec![]),
        (words("\"signing\""), vec!["SUP-1"]),
        (words("in\\out"), vec!["SUP-1"]),
        (words("lisbon"), vec!["SUP-2"]),
        (words("100%"), vec!["SUP-2"]),
        (words("s_l"), vec!["SUP-2"]),
        (words("%"), vec!["SUP-2"]),
        (words("sup-1"), vec!["SUP-1"]),
        // The name of a node of formatted text is not what somebody wrote.
        (words("paragraph"), vec!["OPS-1"]),
    ] {
        let (status, keys, read_as) = found(&c, &query).await;
        assert_eq!(
            (status, keys, read_as),
            (200, expected.into_iter().map(str::to_owned).collect(), json!("words")),
            "{query:?}"
        );
    }
    for (query, expected) in [
        ("type = Task ORDER BY key ASC", vec!["OPS-1", "SUP-2"]),
        ("project = SUP AND text ~ basket", vec!["SUP-1"]),
        ("reporter = currentUser() AND key = SUP-2", vec!["SUP-2"]),
        ("order by key desc", vec!["SUP-2", "SUP-1", "OPS-1"]),
    ] {
        let (status, keys, read_as) = found(&c, &[("q", query)]).await;
        assert_eq!(
            (status, keys, read_as),
            (200, expected.into_iter().map(str::to_owned).collect(), json!("jql")),
            "{query}"
        );
    }
    assert_eq!(found(&c, &[("q", "type = Task"), ("project", "OPS")]).await.1, ["OPS-1"]);
    assert_eq!(found(&c, &[]).await.1.len(), 3);
    let (status, _, why) = found(&c, &[("q", "colour = red")]).await;
    assert!(status == 400 && why[0].as_str().is_some_and(|w| w.contains("colour")), "{why}");
    let ben = c.get("/practice/ui/site").await["users"][2]["accountId"].as_str().expect("an id").to_owned();
    assert_eq!(found(&c, &[("q", "reporter = currentUser()"), ("as", &ben)]).await.1, Vec::<String>::new());
}

#[tokio::test]
async fn a_search_of_a_person_uses_no_switch_up_and_is_no_call() {
    let c = with(Options { site: "acme".into(), seed_issues: 3, ..Options::default() }).await;
    c.faults(json!({"search_lag_ms": 600_000}));
    c.site.reset_calls();
    assert_eq!(found(&c, &[("q", "project = SUP")]).await.1.len(), 3, "the page shows what is there");
    assert_eq!(c.site.calls()["total"], 0);
}

/// The data of the next event.
async fn next(stream: &mut reqwest::Response, rest: &mut String) -> Option<u64> {
    loop {
        if let Some((event, after)) = rest.split_once("\n\n") {
            let data = event.strip_prefix("data: ").expect("data").parse().expect("a number");
            *rest = after.to_owned();
            return Some(data);
        }
        rest.push_str(std::str::from_utf8(&stream.chunk().await.expect("goes on")?).expect("text"));
    }
}

#[tokio::test]
async fn a_window_hears_of_a_change_of_nothing_else_and_of_the_end() {
    let c = site("acme").await;
    let url = format!("{}/practice/ui/events", c.site.url);
    let mut stream = c.http.get(url).send().await.expect("answers");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut rest = String::new();
    let first = next(&mut stream, &mut rest).await.expect("at once");
    // Reading is not news; the next event is the write's.
    c.search("project = SUP").await;
    c.create("SUP", "Task", "news").await;
    let second = next(&mut stream, &mut rest).await.expect("after a write");
    assert_eq!((second, rest.as_str()), (first + 1, ""));
    assert_eq!(c.get("/practice/ui/issues").await["version"], second);
    let stopped = tokio::time::timeout(Duration::from_secs(20), c.site.shutdown());
    let (ended, stopped) = tokio::join!(next(&mut stream, &mut rest), stopped);
    assert!(ended.is_none() && stopped.is_ok(), "no window keeps a site from stopping");
}

#[tokio::test]
async fn what_is_hostile_stays_data() {
    let c = site("acme").await;
    let script = "<script>alert(1)</script>";
    c.create("SUP", "Task", script).await;
    let (_, _, html) = read(&c, "/browse/SUP-1").await;
    assert!(!html.contains("alert(1)"));
    let (_, headers, json) = read(&c, "/practice/ui/issues/SUP-1").await;
    assert!(header(&headers, "content-type").starts_with("application/json") && json.contains(script));
    for name in ["page.html", "picture.svg", "script.js"] {
        let (status, made) = c.upload("SUP-1", name, script.as_bytes().to_vec()).await;
        assert_eq!(status, 200, "{made}");
        let id = made[0]["id"].as_str().expect("an id");
        let (_, headers, body) = read(&c, &format!("/practice/ui/files/{id}")).await;
        assert_eq!(body, script);
        assert!(header(&headers, "content-disposition").starts_with("attachment"), "{name}");
        assert!(header(&headers, "content-security-policy").contains("sandbox"), "{name}");
        assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn another_page_in_the_browser_changes_nothing() {
    let c = site("acme").await;
    let about = c.get("/practice/ui/site").await;
    let project =
        about["projects"].as_array().expect("projects").iter().find(|p| p["key"] == "SUP").expect("SUP");
    let fields =
        json!({"project": {"key": "SUP"}, "issuetype": {"id": project["types"][0]["id"]}, "summary": "x"});
    let body = json!({ "fields": fields });
    let send = |from: &'static str| {
        let url = format!("{}/practice/ui/issues", c.site.url);
        c.http.post(url).header("sec-fetch-site", from).json(&body).send()
    };
    for from in ["cross-site", "same-site"] {
        assert_eq!(send(from).await.expect("answers").status(), 403, "{from}");
    }
    assert_eq!(c.get("/practice/ui/issues").await["total"], 0);
    assert_eq!(send("same-origin").await.expect("answers").status(), 201, "the page itself may");
}
