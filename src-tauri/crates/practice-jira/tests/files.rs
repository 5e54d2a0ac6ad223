//! Attachments: up, down, ranges, signed addresses, limits.
mod common;
use common::{Client, site, with};
use practice_jira::Options;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

async fn upload(c: &Client, key: &str, form: Form, checked: bool) -> (u16, Value) {
    let mut request = c
        .http
        .post(format!("{}/rest/api/3/issue/{key}/attachments", c.site.url))
        .basic_auth(&c.email, Some(&c.site.token))
        .multipart(form);
    if checked {
        request = request.header("X-Atlassian-Token", "no-check");
    }
    let response = request.send().await.expect("answers");
    (response.status().as_u16(), response.json().await.expect("json"))
}

fn part(bytes: Vec<u8>, name: &str) -> Part {
    Part::bytes(bytes).file_name(name.to_owned())
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down_by_a_signed_address() {
    let c = site("acme").await;
    c.create("SUP", "Task", "files").await;
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let form = || {
        Form::new().part("file", part(bytes.clone(), "ä 😀.bin")).part("file", part(Vec::new(), "empty.txt"))
    };
    assert_eq!(upload(&c, "SUP-1", form(), false).await.0, 403);
    let (status, made) = upload(&c, "SUP-1", form(), true).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made[0]["filename"], "ä 😀.bin");
    assert_eq!(made[1]["size"], 0);
    assert_eq!(made[1]["mimeType"], "text/plain");
    let id = made[0]["id"].as_str().expect("text here").to_owned();
    assert!(c.get(&format!("/attachment/{id}")).await["id"].is_number());
    let redirect = c.raw(reqwest::Method::GET, &format!("/attachment/content/{id}"), None).await;
    assert_eq!(redirect.status(), 303);
    let target = redirect.headers()["location"].to_str().expect("text").to_owned();
    assert!(target.starts_with(&c.site.files_url) && c.site.files_url != c.site.url);
    let down = c.http.get(&target).send().await.expect("answers").bytes().await.expect("bytes");
    assert_eq!(Sha256::digest(&down), Sha256::digest(&bytes));
    let rest = c.http.get(&target).header("Range", "bytes=2999990-").send().await.expect("answers");
    assert_eq!(rest.status(), 206);
    assert_eq!(rest.headers()["content-range"], "bytes 2999990-2999999/3000000");
    assert_eq!(rest.bytes().await.expect("bytes"), bytes[2_999_990..]);
    let forged = c.http.get(target.replace("token=", "token=9")).send().await.expect("answers");
    assert_eq!(forged.status(), 403);
    let direct = c.raw(reqwest::Method::GET, &format!("/attachment/content/{id}?redirect=false"), None).await;
    assert_eq!(direct.status(), 200);
    let state = c.get("/practice/state").await;
    assert_eq!(state["issues"][0]["attachments"][0]["sha256"], hex::encode(Sha256::digest(&bytes)));
    // The media id of a description is the one in the signed address.
    let uuid = target.split("/file/").nth(1).and_then(|r| r.split('/').next()).expect("uuid");
    let media = json!({"type": "doc", "version": 1, "content": [{"type": "mediaSingle", "content": [
        {"type": "media", "attrs": {"type": "file", "id": uuid, "collection": ""}}]}]});
    assert_eq!(c.ask("PUT", "/issue/SUP-1", json!({"fields": {"description": media}})).await.0, 204);
    assert_eq!(c.ask("DELETE", &format!("/attachment/{id}"), Value::Null).await.0, 204);
    let changes = c.get("/issue/SUP-1/changelog").await;
    let items: Vec<&Value> =
        changes["values"].as_array().expect("values").iter().map(|v| &v["items"][0]).collect();
    assert_eq!(items[0]["field"], "Attachment");
    assert_eq!(items[0]["toString"], "ä 😀.bin");
    assert_eq!(items.last().expect("one")["fromString"], "ä 😀.bin");
    assert_eq!(c.http.get(&target).send().await.expect("answers").status(), 404);
}

#[tokio::test]
async fn f62_too_large_is_413_and_leaves_nothing() {
    let c = with(Options { site: "acme".into(), upload_limit: Some(1000), ..Options::default() }).await;
    c.create("SUP", "Task", "files").await;
    assert_eq!(c.get("/attachment/meta").await, json!({"enabled": true, "uploadLimit": 1000}));
    let form = Form::new().part("file", part(vec![1; 10], "ok")).part("file", part(vec![1; 1001], "big"));
    assert_eq!(upload(&c, "SUP-1", form, true).await.0, 413);
    assert_eq!(c.get("/issue/SUP-1").await["fields"]["attachment"], json!([]));
}

#[tokio::test]
async fn an_upload_that_is_cut_anywhere_leaves_nothing() {
    let c = site("acme").await;
    c.create("SUP", "Task", "files").await;
    let bytes: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    for at in [0, 1, 100_000, 199_999, 200_000, 300_000] {
        c.faults(json!({"upload_cut_at_byte": {"bytes": at, "issue": "SUP-1", "times": 1}}));
        let form = Form::new().part("file", part(bytes.clone(), "cut.bin"));
        let sent = c
            .http
            .post(format!("{}/rest/api/3/issue/SUP-1/attachments", c.site.url))
            .basic_auth(&c.email, Some(&c.site.token))
            .header("X-Atlassian-Token", "no-check")
            .multipart(form);
        sent.send().await.expect_err("no answer");
        assert_eq!(c.get("/issue/SUP-1").await["fields"]["attachment"], json!([]), "cut at {at}");
    }
    assert_eq!(c.upload("SUP-1", "whole.bin", bytes).await.0, 200, "used up");
}

#[tokio::test]
async fn a_file_can_have_a_name_that_no_upload_gives() {
    let c = site("acme").await;
    c.create("SUP", "Task", "files").await;
    let id = c.upload("SUP-1", "plain.txt", b"bytes".to_vec()).await.1[0]["id"].clone();
    let path = format!("/practice/attachments/{}", id.as_str().expect("an id"));
    let odd = "a\nb/..\\\u{202e}\".txt";
    assert_eq!(c.ask("PUT", &path, json!({"filename": odd})).await.0, 204);
    assert_eq!(c.get("/issue/SUP-1").await["fields"]["attachment"][0]["filename"], odd);
    assert_eq!(c.download(id.as_str().expect("an id")).await, b"bytes");
    assert_eq!(c.ask("PUT", "/practice/attachments/999", json!({"filename": odd})).await.0, 404);
}
