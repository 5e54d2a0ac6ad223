//! J13, F58: a text that is longer than Jira takes stands in the twin as far as it goes, and goes on in a file.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::jira::{attachments, key};
use crate::harness::{LONG, Two, turn};

const FILE: &str = "description (continued).md";

/// What Jira takes, and a node with a reserve does not: 32,200 characters.
fn long(first: &str) -> Vec<String> {
    let line = |n: usize| format!("{n} {}", "word ".repeat(160).trim_end());
    std::iter::once(first.to_owned()).chain((1..40).map(line)).collect()
}

fn document(lines: &[String]) -> Value {
    let paragraph =
        |line: &String| json!({ "type": "paragraph", "content": [{ "type": "text", "text": line }] });
    json!({ "type": "doc", "version": 1, "content": lines.iter().map(paragraph).collect::<Vec<_>>() })
}

/// The paragraphs of a description.
fn lines(issue: &Value) -> Vec<String> {
    let blocks = issue["fields"]["description"]["content"].as_array();
    let text = |block: &Value| block["content"][0]["text"].as_str().unwrap_or_default().to_owned();
    blocks.into_iter().flatten().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn j13_f58_a_long_text_goes_on_in_a_file_and_an_edit_of_the_twin_takes_nothing_away() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (acme, globex) = (&two.acme, &two.globex);
    let first = format!("First. {}", "word ".repeat(160).trim_end());
    let text = long(&first);
    let issue = acme.jira.create(&acme.project, "Task", "Long", Some(&document(&text))).await;

    let (twin, beginning, file) = two
        .wait("the twin and its file", LONG, async || {
            let twin = key(&globex.jira.find(&globex.project, "Long").await?);
            let found = globex.jira.issue(&twin).await;
            let file = attachments(&found).into_iter().find(|(name, _)| name == FILE)?;
            Some((twin, lines(&found), file.1))
        })
        .await;
    let (told, head) = beginning.split_last().expect("a text");
    assert!(told.contains(&format!("goes on in the attached file “{FILE}”.")), "{told}");
    assert_eq!(head, &text[..head.len()]);
    assert!(head.len() < text.len() && head.len() > 30);
    let rest = format!("{}\n", text[head.len()..].join("\n\n"));
    assert_eq!(globex.jira.sha256(&file).await, hex::encode(Sha256::digest(rest)));
    two.in_step().await;

    // A person who sees only the beginning changes it.
    let mut changed = beginning.clone();
    changed[0] = "First, said better.".to_owned();
    globex.jira.edit(&twin, json!({ "description": document(&changed) })).await;
    let wanted = long("First, said better.");
    two.wait("the whole text", LONG, async || {
        (lines(&acme.jira.issue(&issue).await) == wanted).then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
    assert_eq!(attachments(&acme.jira.issue(&issue).await), []);
    assert_eq!(lines(&globex.jira.issue(&twin).await), changed, "nothing comes back");
    assert_eq!(
        attachments(&globex.jira.issue(&twin).await),
        [(FILE.to_owned(), file)],
        "the rest is the same"
    );

    // Once it fits, nothing goes on elsewhere.
    acme.jira.edit(&issue, json!({ "description": document(&wanted[..3]) })).await;
    two.wait("the short text", LONG, async || {
        let found = globex.jira.issue(&twin).await;
        (lines(&found) == wanted[..3] && attachments(&found).is_empty()).then_some(())
    })
    .await;
    two.in_step().await;
}
