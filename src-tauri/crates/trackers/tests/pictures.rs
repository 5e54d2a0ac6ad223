//! J18: pictures that stand in a text, against the practice site.

mod common;

use common::{jira, marker};
use futures_util::stream;
use practice_jira::{Options, Running, Site};
use secrecy::SecretString;
use serde_json::{Value, json};
use twinline_model::document::Block;
use twinline_model::{Document, IssueId, ProjectKey};
use twinline_trackers::jira_cloud::{JiraCloud, sign_in};
use twinline_trackers::{IssueDraft, IssueEdit, Tracker, UploadFile};

struct There {
    site: Running,
    jira: JiraCloud,
    issue: IssueId,
}

/// An issue whose text shows a picture that is not there yet.
async fn there(text: &Document) -> There {
    let site = Site::start(Options { site: "acme".into(), ..Options::default() }).await.expect("a site");
    let token = SecretString::from(site.token.clone());
    let (_, identity) = sign_in(&site.url, &site.email, token).await.expect("signed in");
    let jira = jira(&site.url, &site.email, &site.token, Some(&identity.user));
    let draft = IssueDraft {
        project: ProjectKey::new("SUP"),
        issue_type: "Task".to_owned(),
        summary: "pictured".to_owned(),
        description: text.clone(),
        extras: Default::default(),
        marker: marker(),
        chosen: Vec::new(),
    };
    let issue = jira.create_issue(&draft).await.expect("created").id;
    There { site, jira, issue }
}

impl There {
    async fn raw(&self, method: &str, body: Option<Value>) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}/rest/api/3/issue/{}", self.site.url, self.issue);
        let request = client.request(method.parse().expect("a method"), url);
        let request = request.basic_auth(&self.site.email, Some(&self.site.token));
        let request = body.into_iter().fold(request, |request, body| request.json(&body));
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default()
    }

    async fn fault(&self, fault: Value) {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let set = client.put(format!("{}/practice/faults", self.site.url)).json(&fault).send().await;
        assert!(set.expect("an answer").status().is_success());
    }

    async fn upload(&self, name: &str) {
        let bytes = Box::pin(stream::iter([Ok(bytes::Bytes::from_static(b"not really a picture"))]));
        let file = UploadFile { file_name: name.into(), mime: "image/png".into(), size: 20, bytes };
        self.jira.upload(&self.issue, file).await.expect("uploaded");
    }

    async fn description(&self) -> Document {
        let mut found = self.jira.issues_by_id(std::slice::from_ref(&self.issue)).await.expect("read");
        found.pop().expect("there").description
    }

    async fn describe(&self, text: &Document) -> Document {
        let edit = IssueEdit { description: Some(text.clone()), ..IssueEdit::default() };
        self.jira.edit_issue(&self.issue, &edit).await.expect("edited").description
    }

    /// The media node of the description, as Jira has it.
    async fn node(&self) -> Value {
        let issue = self.raw("GET", None).await;
        issue["fields"]["description"]["content"][1]["content"][0].clone()
    }
}

fn showing(name: &str) -> Document {
    let mut text = Document::plain("look:");
    text.blocks.push(Block::Media { name: name.to_owned(), alt: None });
    text
}

#[tokio::test]
async fn j18_a_name_becomes_the_picture_once_it_is_there() {
    let text = showing("burning [1].png");
    let there = there(&text).await;
    assert_eq!(there.node().await["text"], "[burning [1].png]");
    assert_eq!(there.description().await, text);
    there.upload("burning [1].png").await;
    assert_eq!(there.describe(&text).await, text);
    assert_eq!(there.node().await["type"], "media");
    let comment = there.jira.add_comment(&there.issue, &text, &marker()).await.expect("said");
    assert_eq!(comment.body, text);
    let edited = there.jira.edit_comment(&there.issue, &comment.id, &text).await.expect("said again");
    assert_eq!(edited.body, text);
    let all = there.jira.comments_with_markers(&there.issue).await.expect("read");
    assert_eq!(all.iter().map(|c| &c.body).collect::<Vec<_>>(), [&text]);
}

#[tokio::test]
async fn j18_a_picture_that_does_not_say_its_name_is_asked_for_it() {
    let there = there(&Document::default()).await;
    there.upload("other.png").await;
    there.upload("burning.png").await;
    there.describe(&showing("burning.png")).await;
    let id = there.node().await["attrs"]["id"].clone();
    for alt in [None, Some("smoke: everywhere")] {
        let mut attrs = json!({ "type": "file", "id": id, "collection": "" });
        if let Some(alt) = alt {
            attrs["alt"] = json!(alt);
        }
        let media = json!({ "type": "mediaSingle", "attrs": { "layout": "center" },
            "content": [{ "type": "media", "attrs": attrs }] });
        let adf = json!({ "type": "doc", "version": 1, "content": [media] });
        there.raw("PUT", Some(json!({ "fields": { "description": adf } }))).await;
        // A node that just started knows none of the files.
        let fresh = jira(&there.site.url, &there.site.email, &there.site.token, None);
        let found = fresh.issues_by_id(std::slice::from_ref(&there.issue)).await.expect("read");
        let wanted = Block::Media { name: "burning.png".to_owned(), alt: alt.map(str::to_owned) };
        assert_eq!(found[0].description.blocks, [wanted]);
    }
}

/// Which text a comment is must not depend on what a node has asked before, nor on the way it was read.
#[tokio::test]
async fn j18_a_comment_reads_the_same_whichever_way_it_is_read() {
    let there = there(&Document::default()).await;
    there.upload("burning.png").await;
    let mut text = showing("burning.png");
    text.blocks[1] =
        Block::Media { name: "burning.png".to_owned(), alt: Some("smoke: everywhere".to_owned()) };
    let said = there.jira.add_comment(&there.issue, &text, &marker()).await.expect("said");
    assert_eq!(said.body, text, "as the answer shows it");
    for n in 0..21 {
        let more = Document::plain(&format!("more {n}"));
        there.jira.add_comment(&there.issue, &more, &marker()).await.expect("said");
    }
    // More comments than come inside an issue, read by a node that just started.
    let fresh = || jira(&there.site.url, &there.site.email, &there.site.token, None);
    let whole = fresh().issues_by_id(std::slice::from_ref(&there.issue)).await.expect("read");
    assert_eq!(whole[0].comments[0].body, text);
    let alone = fresh().comments_with_markers(&there.issue).await.expect("read");
    assert_eq!(alone[0].body, text);
}

/// A file that cannot be had spoils neither the text that shows it nor the other issues of the page.
#[tokio::test]
async fn j18_a_file_that_cannot_be_had_holds_up_nothing() {
    let there = there(&Document::default()).await;
    there.upload("burning.png").await;
    there.describe(&showing("burning.png")).await;
    let mut media = there.node().await;
    media["attrs"].as_object_mut().expect("attributes").remove("alt");
    let media = json!({ "type": "mediaSingle", "attrs": { "layout": "center" }, "content": [media] });
    let adf = json!({ "type": "doc", "version": 1, "content": [media] });
    there.raw("PUT", Some(json!({ "fields": { "description": adf } }))).await;
    there.fault(json!({ "html_error": { "status": 502, "operation": "GET /attachment/content/{}" } })).await;
    let fresh = jira(&there.site.url, &there.site.email, &there.site.token, None);
    let found = fresh.issues_by_id(std::slice::from_ref(&there.issue)).await.expect("read all the same");
    assert_eq!(found[0].description.blocks, [Block::Media { name: "file".to_owned(), alt: None }]);
    let text = showing("burning.png");
    let said = fresh.add_comment(&there.issue, &text, &marker()).await.expect("said all the same");
    assert_eq!(said.body, text);
}

#[tokio::test]
async fn j18_a_site_that_takes_no_picture_gets_its_name() {
    let there = there(&Document::default()).await;
    there.upload("burning.png").await;
    let fault = json!({ "fail_before_effect": { "status": 400, "operation": "PUT /issue/{}", "times": 1 } });
    there.fault(fault).await;
    let text = showing("burning.png");
    assert_eq!(there.describe(&text).await, text);
    assert_eq!(there.node().await["text"], "[burning.png]");
}
