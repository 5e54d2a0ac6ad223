//! What is synced can be changed later: the filter, older issues, and single ones.

use serde_json::{Value, json};

use crate::harness::documents::paragraph;
use crate::harness::jira::key;
use crate::harness::node::Answer;
use crate::harness::{Company, How, LONG, Two, turn};

impl Two {
    /// ACME's connection.
    async fn link(&self) -> String {
        self.acme.connection().await.expect("it is listed")["id"].as_str().expect("an id").to_owned()
    }

    /// `connection what` at ACME.
    async fn what(&self, more: &[&str]) -> Answer {
        let link = self.link().await;
        self.acme.node.ask(&[&["connection", "what", &link], more].concat(), "").await
    }

    /// Waits for a twin at Globex.
    async fn arrives(&self, summary: &str) -> String {
        let there = async || self.globex.jira.find("GX", summary).await;
        key(&self.wait(&format!("{summary} arrives"), LONG, there).await)
    }

    async fn is_absent(&self, summary: &str) {
        assert!(self.globex.jira.find("GX", summary).await.is_none(), "{summary} has left ACME");
    }
}

/// How many match, are synced, are on their way, and are older.
fn counts(shown: &Value) -> [u64; 4] {
    ["total", "synced", "coming", "older"].map(|name| shown["matches"][name].as_u64().expect("a number"))
}

/// The filter becomes a wider one: what was created since the connection comes by itself, also what nobody touched since, and
/// older issues only once somebody chose them. What stops matching stays synced.
#[tokio::test(flavor = "multi_thread")]
async fn a_filter_can_be_changed_later_and_nothing_leaves_that_nobody_counted() {
    let _turn = turn::together().await;
    let (acme, globex) = (Company::start("acme").await, Company::start("globex").await);
    acme.jira.create("SUP", "Bug", "An old bug", None).await;
    acme.jira.create("SUP", "Task", "An old task", None).await;
    let two =
        Two::connect(acme, globex, How { scope: &["--filter", "issuetype = Bug"], ..How::default() }).await;
    let bug = two.acme.jira.create("SUP", "Bug", "A new bug", None).await;
    two.acme.jira.create("SUP", "Task", "A new task", None).await;
    two.arrives("A new bug").await;
    two.in_step().await;
    two.stays_silent().await;
    two.is_absent("A new task").await;
    let shown = two.what(&["--json"]).await.json();
    assert_eq!((&shown["filter"], &shown["older"]), (&json!("issuetype = Bug"), &json!(false)), "{shown}");
    assert_eq!(counts(&shown), [2, 1, 0, 1], "{shown}");
    assert_eq!(shown["matches"]["first"][0]["standing"], "synced", "{shown}");

    let wrong = two.what(&["--filter", "issuetype = "]).await;
    assert!(wrong.sentence().contains("Expecting a value"), "in Jira's own words: {}", wrong.stderr);
    let unknown = two.what(&["--filter", "issuetype = Wish", "--yes"]).await;
    assert!(unknown.sentence().contains("'Wish' does not exist"), "{}", unknown.stderr);
    let wider = ["--filter", "issuetype in (Bug, Task)"];
    let asked = two.what(&wider).await;
    assert_eq!(asked.status, Some(2), "{}{}", asked.stdout, asked.stderr);
    assert!(asked.stderr.contains("1 issue in SUP"), "with the number: {}", asked.stderr);
    let shown = two.what(&["--json"]).await.json();
    assert_eq!(shown["filter"], "issuetype = Bug", "nothing was changed");

    // By now no poll shows the task any more.
    two.acme.jira.set_clock_ahead(3).await;
    two.acme.jira.create("SUP", "Bug", "A later bug", None).await;
    two.arrives("A later bug").await;
    two.in_step().await;
    two.what(&[&wider[..], &["--yes"]].concat()).await.done();
    two.arrives("A new task").await;
    two.in_step().await;
    two.stays_silent().await;
    two.is_absent("An old task").await;
    two.is_absent("An old bug").await;

    let shown = two.what(&["--filter", "issuetype = Task", "--json"]).await.json();
    assert_eq!(counts(&shown), [2, 1, 0, 1], "nothing new: nobody is asked: {shown}");
    two.acme.jira.edit(&bug, json!({"summary": "A new bug, edited"})).await;
    two.arrives("A new bug, edited").await;

    let all = two.what(&["--no-filter", "--older", "--json"]).await;
    assert!(all.status == Some(2) && all.stderr.contains("2 issues in SUP"), "{}", all.stderr);
    two.what(&["--no-filter", "--older", "--yes"]).await.done();
    two.arrives("An old task").await;
    two.arrives("An old bug").await;
    two.in_step().await;
    two.stays_silent().await;
    let shown = two.what(&["--json"]).await.json();
    assert_eq!((counts(&shown), &shown["filter"]), ([5, 5, 0, 0], &Value::Null), "{shown}");
    assert_eq!(two.globex.jira.issues("GX").await.len(), 5, "each once");

    // From now on only new ones.
    two.what(&["--no-older"]).await.done();
    two.acme.jira.create("SUP", "Task", "The newest", None).await;
    two.arrives("The newest").await;
    assert_eq!(two.acme.node.json(&["problems"]).await, json!([]));
}

/// A single issue that is older than the connection and does not match is added by its key, and is synced like any other; and
/// why another one cannot be added is said each time.
#[tokio::test(flavor = "multi_thread")]
async fn a_single_issue_is_added_by_its_key() {
    let _turn = turn::together().await;
    let (acme, globex) = (Company::start("acme").await, Company::start("globex").await);
    let old = acme.jira.create("SUP", "Task", "An old task", Some(&paragraph("As it was."))).await;
    acme.jira.comment(&old, &paragraph("An old comment.")).await;
    let other = acme.jira.create("OPS", "Task", "Another project", None).await;
    let two =
        Two::connect(acme, globex, How { scope: &["--filter", "issuetype = Bug"], ..How::default() }).await;
    let link = two.link().await;
    let add = async |issue: &str| two.acme.node.ask(&["pair", "add", issue, "--connection", &link], "").await;
    two.stays_silent().await;

    let told = add(&format!("https://acme.atlassian.net/browse/{}?x=1", old.to_lowercase())).await.done();
    assert!(told.contains(&format!("{old} is synced with")), "{told}");
    let twin = two.arrives("An old task").await;
    two.in_step().await;
    assert_eq!(two.globex.jira.comments(&twin).await.len(), 1, "with all that stood in it");
    two.globex.jira.edit(&twin, json!({"summary": "An old task, edited"})).await;
    two.wait("the edit comes back", LONG, async || two.acme.jira.find("SUP", "An old task, edited").await)
        .await;
    two.acme.jira.comment(&old, &paragraph("A new comment.")).await;
    two.wait("the comment", LONG, async || two.globex.jira.comments(&twin).await.get(1).cloned()).await;
    two.in_step().await;
    two.stays_silent().await;

    let newest = two.globex.jira.create("GX", "Bug", "From Globex", None).await;
    let copy = two.wait("it arrives", LONG, async || two.acme.jira.find("SUP", "From Globex").await).await;
    let copy = key(&copy);
    two.in_step().await;
    two.acme.node.ask(&["pair", "stop", &copy], "").await.done();
    for (issue, words) in [
        ("SUP-999", "has no issue SUP-999"),
        ("nonsense", "has no issue nonsense"),
        (&other, "is not in SUP"),
        (&old, "already"),
        (&copy, "was synced with"),
    ] {
        let refused = add(issue).await;
        assert!(refused.sentence().contains(words), "{issue}: {}", refused.stderr);
    }
    assert!(two.globex.jira.find("GX", "From Globex").await.is_some_and(|issue| key(&issue) == newest));
    two.stays_silent().await;
    assert_eq!(two.globex.jira.issues("GX").await.len(), 2);
}
