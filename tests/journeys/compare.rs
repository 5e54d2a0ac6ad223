//! What differs between an issue and its twin is named, and what becomes of it, before it crosses and until it has.

use serde_json::{Value, json};

use crate::harness::documents::paragraph;
use crate::harness::jira::key;
use crate::harness::{Company, LONG, Two, turn};

/// What a company's node says of an issue.
async fn compared(company: &Company, issue: &str) -> Value {
    company.node.json(&["pair", "compare", issue]).await
}

fn part<'a>(view: &'a Value, part: &str) -> &'a Value {
    let fields = view["fields"].as_array().expect("fields");
    fields.iter().find(|field| field["part"] == part).expect("the field")
}

/// While ACME is paused, Ana changes the summary and writes a comment: her node names both with what stands at Globex, and
/// Globex's says honestly that it has not been told. Afterwards nothing differs on either side.
#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_named_until_it_has_crossed() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let issue =
        two.acme.jira.create("SUP", "Task", "Printer broken", Some(&paragraph("Since Monday."))).await;
    let twin = two.wait("the twin", LONG, async || two.globex.jira.find("GX", "Printer broken").await).await;
    let twin = key(&twin);
    two.in_step().await;
    for (company, name) in [(&two.acme, &issue), (&two.globex, &twin), (&two.acme, &twin)] {
        let view = compared(company, name).await;
        assert_eq!((&view["differences"], &view["read_now"]), (&json!(0), &json!(true)), "{view:#}");
        assert_eq!((&part(&view, "description")["ours"]["text"]), (&json!("Since Monday.")));
    }

    let id = two.acme.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned();
    two.acme.node.ask(&["connection", "pause", &id], "").await.done();
    two.acme.jira.edit(&issue, json!({"summary": "Printer on floor 3 broken"})).await;
    two.acme.jira.comment(&issue, &paragraph("Tried another cable.")).await;

    let view = compared(&two.acme, &issue).await;
    let summary = part(&view, "summary");
    assert_eq!(summary["likeness"], "changed", "{view:#}");
    assert_eq!(summary["ours"]["text"], "Printer on floor 3 broken");
    assert_eq!(summary["theirs"]["text"], "Printer broken", "what stands at Globex");
    assert!(["unnoticed", "to_partner"].contains(&summary["way"].as_str().expect("a way")), "{summary}");
    assert_eq!((&view["theirs"], &view["differences"]), (&json!(twin), &json!(2)));
    let comment = &view["comments"][0];
    assert_eq!(
        (&comment["likeness"], &comment["ours"]["text"]),
        (&json!("only_ours"), &json!("Tried another cable."))
    );
    let told = two.acme.node.ask(&["pair", "compare", &issue], "").await.done();
    assert!(told.contains("- Printer on floor 3 broken") && told.contains("+ Printer broken"), "{told}");
    assert!(told.contains("2 differences."), "{told}");
    // Globex was not told, and knows that ACME has paused.
    two.wait("Globex says that ACME has paused", LONG, async || {
        let view = compared(&two.globex, &twin).await;
        let notes = view["notes"]
            .as_array()?
            .iter()
            .any(|note| note.as_str().is_some_and(|n| n.contains("has paused")));
        (notes && view["differences"] == 0).then_some(())
    })
    .await;

    two.acme.node.ask(&["connection", "resume", &id], "").await.done();
    two.wait("it crosses", LONG, async || two.globex.jira.find("GX", "Printer on floor 3 broken").await)
        .await;
    two.in_step().await;
    for (company, name) in [(&two.acme, &issue), (&two.globex, &twin)] {
        let view = compared(company, name).await;
        assert_eq!((&view["differences"], &view["comments_total"]), (&json!(0), &json!(1)), "{view:#}");
    }
    let missing = two.acme.node.ask(&["pair", "compare", "SUP-999"], "").await;
    assert_eq!(missing.status, Some(1), "{}", missing.stderr);
    assert!(missing.stderr.contains("SUP-999"), "{}", missing.stderr);
}
