//! J18: a picture that stands in a text stands in its twin.

use serde_json::{Value, json};

use crate::harness::documents::paragraph;
use crate::harness::jira::{attachments, key};
use crate::harness::{LONG, Two, turn};

const EDIT: &str = "PUT /rest/api/3/issue/{issueIdOrKey}";

#[tokio::test(flavor = "multi_thread")]
async fn j18_pictures_in_a_description_and_a_comment_stand_in_the_twin() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (acme, globex) = (&two.acme, &two.globex);
    let issue = acme.jira.create(&acme.project, "Task", "Pictured", Some(&paragraph("As it was."))).await;
    let file = acme.jira.attach(&issue, "burning.png", b"not really a picture".to_vec()).await;
    let shown = showing(&acme.jira.media_id(&file).await);
    acme.jira.edit(&issue, json!({ "description": shown })).await;
    acme.jira.comment(&issue, &shown).await;

    let (twin, file) = two
        .wait("the twin and its file", LONG, async || {
            let twin = globex.jira.find(&globex.project, "Pictured").await?;
            let (_, file) = attachments(&globex.jira.issue(&key(&twin)).await).pop()?;
            Some((key(&twin), file))
        })
        .await;
    let theirs = globex.jira.media_id(&file).await;
    two.wait("the pictures", LONG, async || {
        let description = globex.jira.issue(&twin).await["fields"]["description"].clone();
        let comments = globex.jira.comments(&twin).await;
        let said = comments.first().map(|c| media(&c["body"])).unwrap_or_default();
        (media(&description) == [theirs.as_str()] && said == [theirs.as_str()]).then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert!(globex.jira.writes_of(EDIT).await <= 2, "as it was changed, and once more with its picture");
    assert_eq!(acme.jira.writes_of(EDIT).await, 1, "the person's: nothing comes back");
}

fn showing(id: &str) -> Value {
    let media = json!({ "type": "media", "attrs": { "type": "file", "id": id, "collection": "" } });
    let mut document = paragraph("look:");
    let content = document["content"].as_array_mut().expect("a list");
    content.push(json!({ "type": "mediaSingle", "attrs": { "layout": "center" }, "content": [media] }));
    document
}

/// The ids of the pictures in a text.
fn media(node: &Value) -> Vec<String> {
    let mut found: Vec<String> = node["attrs"]["id"]
        .as_str()
        .filter(|_| node["type"] == "media")
        .map(str::to_owned)
        .into_iter()
        .collect();
    for part in node["content"].as_array().into_iter().flatten() {
        found.extend(media(part));
    }
    found
}
