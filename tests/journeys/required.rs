//! Fields that one side's Jira demands and the other side's issues lack.

use serde_json::{Value, json};

use crate::harness::jira::key;
use crate::harness::{LONG, Two, turn};

fn customer(values: &[&str]) -> Value {
    json!([{"field": "customfield_10050", "name": "Customer", "values": values}])
}

impl Two {
    async fn fill(&self, problem: &Value, words: &[&str]) -> crate::harness::node::Answer {
        let id = problem["id"].as_str().expect("a problem has an id");
        let args: Vec<&str> = ["problem", "fill", id].into_iter().chain(words.iter().copied()).collect();
        self.globex.node.ask(&args, "").await
    }

    /// The customer that an issue has at Globex, once it is there.
    async fn customer_of(&self, summary: &str) -> Value {
        let found = self.wait(summary, LONG, async || self.globex.jira.find("GX", summary).await).await;
        self.globex.jira.issue(&key(&found)).await["fields"]["customfield_10050"]["value"].clone()
    }

    async fn asks(&self, code: &str, issue: &str) -> Value {
        self.wait(&format!("{code} for {issue}"), LONG, async || {
            let problems = self.globex.node.json(&["problems"]).await;
            let fits = |p: &&Value| p["code"] == code && p["issue"] == issue;
            problems.as_array()?.iter().find(fits).cloned()
        })
        .await
    }
}

/// F56: a value is chosen once: what waited arrives, and what comes later is not asked about. ACME sees nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn j11_f56_a_value_is_chosen_once_for_all_issues() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    two.globex.jira.practice("projects/GX", &json!({"required": customer(&["Initech", "Umbrella"])})).await;
    let first = two.acme.jira.create("SUP", "Task", "First", None).await;
    let second = two.acme.jira.create("SUP", "Task", "Second", None).await;
    let problem = two.asks("required-field", &first).await;
    two.asks("required-field", &second).await;
    assert_eq!(problem["fillable"], true);

    let listed = two.fill(&problem, &["--json"]).await.json();
    let names: Vec<_> = listed[0]["options"].as_array().expect("a list").iter().map(|o| &o["name"]).collect();
    assert_eq!(listed[0]["name"], "Customer");
    assert_eq!(names, ["Initech", "Umbrella"]);
    let wrong = two.fill(&problem, &["Customer=Hooli"]).await;
    assert!(wrong.sentence().contains("Initech, Umbrella"), "{}", wrong.sentence());
    assert!(two.fill(&problem, &["Team=Initech"]).await.sentence().contains("Customer"));
    assert!(two.globex.jira.issues("GX").await.is_empty());

    two.fill(&problem, &["customer=Umbrella"]).await.done();
    assert_eq!(two.customer_of("First").await, "Umbrella");
    assert_eq!(two.customer_of("Second").await, "Umbrella");
    two.acme.jira.create("SUP", "Task", "Third", None).await;
    assert_eq!(two.customer_of("Third").await, "Umbrella");
    two.in_step().await;
    assert_eq!(two.globex.node.json(&["problems"]).await, json!([]));
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 3);
    let there = two.acme.jira.issues("SUP").await;
    assert!(!json!(there).to_string().contains("Umbrella"), "the choice is Globex's own");
}

/// F56: a value for one issue alone: the other one still asks.
#[tokio::test(flavor = "multi_thread")]
async fn f56_a_value_is_chosen_for_one_issue_alone() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    two.globex.jira.practice("projects/GX", &json!({"required": customer(&["Initech", "Umbrella"])})).await;
    let one = two.acme.jira.create("SUP", "Task", "One", None).await;
    let other = two.acme.jira.create("SUP", "Task", "Other", None).await;
    let asked = two.asks("required-field", &other).await;
    let alone = two.asks("required-field", &one).await;
    two.fill(&alone, &["Customer=Initech", "--only-this"]).await.done();
    assert_eq!(two.customer_of("One").await, "Initech");
    assert!(two.globex.jira.find("GX", "Other").await.is_none());
    two.fill(&asked, &["Customer=Umbrella"]).await.done();
    assert_eq!(two.customer_of("Other").await, "Umbrella");
    two.in_step().await;
}

/// F56: the option that was chosen is no longer there: the next issue says so, and what it takes now; a field that is no
/// longer demanded stands in nobody's way.
#[tokio::test(flavor = "multi_thread")]
async fn f56_an_option_that_is_gone_is_asked_for_again() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let many: Vec<String> = (0..300).map(|n| format!("Customer {n}")).collect();
    let demand = async |names: &[&str]| {
        two.globex.jira.practice("projects/GX", &json!({"required": customer(names)})).await;
    };
    demand(&many.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let first = two.acme.jira.create("SUP", "Task", "First", None).await;
    let problem = two.asks("required-field", &first).await;
    two.fill(&problem, &["Customer=Customer 299"]).await.done();
    assert_eq!(two.customer_of("First").await, "Customer 299");

    demand(&["Hooli"]).await;
    let second = two.acme.jira.create("SUP", "Task", "Second", None).await;
    let problem = two.asks("choice-refused", &second).await;
    let sentence = problem["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.contains("Customer 299") && sentence.contains("GX"),
        "which value, and where: {sentence}"
    );
    assert!(two.fill(&problem, &["Customer=Customer 299"]).await.sentence().contains("Hooli"));
    two.fill(&problem, &["Customer=Hooli"]).await.done();
    assert_eq!(two.customer_of("Second").await, "Hooli");

    two.globex.jira.practice("projects/GX", &json!({"required": []})).await;
    two.acme.jira.create("SUP", "Task", "Third", None).await;
    assert_eq!(two.customer_of("Third").await, Value::Null);
    two.in_step().await;
}
