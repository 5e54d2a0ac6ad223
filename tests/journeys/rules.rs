//! Script mode: rules that an admin wrote say what leaves, and what is written here.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::documents::{paragraph, words};
use crate::harness::jira::{attachments, key};
use crate::harness::proxy::contains;
use crate::harness::{Company, LONG, Two, turn};

/// A file with rules, beside the node's data.
fn file(company: &Company, name: &str, text: &str) -> String {
    let path: PathBuf = company.data().with_file_name(format!("{}-{name}", company.name));
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

async fn id(company: &Company) -> String {
    let id = company.connection().await.expect("it is connected")["id"].clone();
    id.as_str().expect("an id").to_owned()
}

/// The connection in Script mode; its rules as they are then.
async fn upgraded(company: &Company) -> Value {
    company.node.json(&["rules", "upgrade", &id(company).await, "--yes"]).await
}

/// Saves rules for one direction.
async fn save(company: &Company, direction: &str, text: &str) -> Value {
    let file = file(company, direction, text);
    company.node.json(&["rules", "save", &id(company).await, &format!("--{direction}"), &file]).await
}

const OUTGOING: &str = r#"
    replica.summary     = "[" + company + "] " + issue.summary;
    replica.description = issue.description;
    replica.type        = issue.type;
    replica.comments    = issue.comments.filter(|c| c.text.contains("partner"));
"#;

/// The upgrade changes nothing; a trial writes nothing and says what will be; what is saved is so; what was before comes back.
#[tokio::test(flavor = "multi_thread")]
async fn d1_d4_rules_are_upgraded_tried_saved_and_brought_back() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (acme, globex) = (&two.acme, &two.globex);
    let issue = acme.jira.create("SUP", "Task", "Printer", Some(&paragraph("It is on fire."))).await;
    acme.jira.comment(&issue, &paragraph("Only for us.")).await;
    acme.jira.comment(&issue, &paragraph("For our partner.")).await;
    acme.jira.attach(&issue, "plan.txt", b"plan".to_vec()).await;
    let twin = two.wait("the twin", LONG, async || globex.jira.find("GX", "Printer").await).await;
    let twin = key(&twin);
    two.in_step().await;
    let basic = acme.node.json(&["rules", "show", &id(acme).await]).await;
    assert_eq!((&basic["mode"], &basic["version"]), (&json!("basic"), &json!(0)));
    let refused = acme.node.ask(&["rules", "save", &id(acme).await], "").await;
    assert_eq!(refused.status, Some(1));
    assert!(refused.stderr.contains("Basic mode cannot be edited"), "{}", refused.stderr);

    let rules = upgraded(acme).await;
    assert_eq!((&rules["mode"], &rules["version"]), (&json!("script"), &json!(1)));
    assert_eq!((&rules["outgoing"], &rules["incoming"]), (&basic["outgoing"], &basic["incoming"]));
    two.stays_silent().await;

    let before = (acme.jira.writes().await, globex.jira.writes().await);
    let tried = file(acme, "outgoing", OUTGOING);
    let trial = acme.node.json(&["rules", "try", &id(acme).await, "--outgoing", &tried]).await;
    let changes = trial["issues"][0]["changes"].as_array().expect("changes").clone();
    let change = |part: &str| changes.iter().find(|c| c["part"] == part).cloned().unwrap_or_default();
    assert_eq!(change("summary")["then"], json!("[acme] Printer"), "{changes:?}");
    assert_eq!(
        change("summary")["at_once"],
        json!(false),
        "it stands there, and is told with its next change"
    );
    let comment = change("comment");
    assert_eq!((&comment["now"], &comment["then"]), (&json!("Only for us."), &Value::Null));
    assert_eq!(comment["at_once"], json!(true), "it is taken back at once");
    assert_eq!(change("attachment")["then"], Value::Null);
    assert_eq!(before, (acme.jira.writes().await, globex.jira.writes().await), "a trial writes nothing");
    assert_eq!(acme.node.json(&["rules", "show", &id(acme).await]).await["version"], json!(1));

    assert_eq!(save(acme, "outgoing", OUTGOING).await["version"], json!(2));
    two.wait("the comment is taken back", LONG, async || {
        let all = globex.jira.comments(&twin).await;
        let says = |what: &str| all.iter().any(|c| words(&c["body"]).contains(what));
        (says("For our partner.") && !says("Only for us.")).then_some(())
    })
    .await;
    two.in_step().await;
    assert_eq!(globex.jira.issue(&twin).await["fields"]["summary"], json!("Printer"), "not changed since");
    acme.jira.edit(&issue, json!({"summary": "Printers"})).await;
    two.wait("the new summary", LONG, async || globex.jira.find("GX", "[acme] Printers").await).await;
    acme.jira.attach(&issue, "secret.txt", b"secret".to_vec()).await;
    acme.jira.comment(&issue, &paragraph("Also only for us.")).await;
    acme.jira.comment(&issue, &paragraph("And for the partner.")).await;
    two.wait("the last comment", LONG, async || {
        globex
            .jira
            .comments(&twin)
            .await
            .iter()
            .any(|c| words(&c["body"]).contains("And for the"))
            .then_some(())
    })
    .await;
    two.in_step().await;
    assert_eq!(
        attachments(&globex.jira.issue(&twin).await).len(),
        1,
        "what was there stays, the new one stays here"
    );

    let compared = acme.node.json(&["pair", "compare", &issue]).await;
    let by_rules = |list: &str| {
        let all = compared[list].as_array().expect("a list").iter();
        all.filter(|one| one["why"] == "rules" && one["way"] == "stays").count()
    };
    assert_eq!((by_rules("files"), by_rules("comments")), (1, 1), "{compared}");
    let back = acme.node.json(&["rules", "bring-back", &id(acme).await, "1"]).await;
    assert_eq!((&back["version"], &back["outgoing"]), (&json!(3), &basic["outgoing"]));
    two.wait("the comments and the file leave", LONG, async || {
        let all = globex.jira.comments(&twin).await;
        let says = |what: &str| all.iter().any(|c| words(&c["body"]).contains(what));
        let files = attachments(&globex.jira.issue(&twin).await).len();
        (says("Only for us.") && says("Also only for us.") && files == 2).then_some(())
    })
    .await;
    two.in_step().await;
    let versions = acme.node.json(&["rules", "versions", &id(acme).await]).await;
    let numbers: Vec<_> =
        versions.as_array().expect("versions").iter().map(|v| v["version"].clone()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!((&versions[0]["brings_back"], &versions[0]["in_force"]), (&json!(1), &json!(true)));
    assert!(!versions[0]["saved_by"].as_str().unwrap_or_default().is_empty(), "{versions}");
    two.stays_silent().await;
}

/// Rules that break off stop the issue that they break off at, say where, and let all others go on; the issue heals itself once
/// it is another one, or the rules are.
#[tokio::test(flavor = "multi_thread")]
async fn d3_rules_that_break_off_stop_one_issue_and_say_where() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (acme, globex) = (&two.acme, &two.globex);
    upgraded(acme).await;
    let wrong = file(acme, "outgoing", "replica.summary = issue.summary;\nreplica.type = ;");
    let refused = acme.node.ask(&["rules", "save", &id(acme).await, "--outgoing", &wrong], "").await;
    assert_eq!(refused.status, Some(1));
    assert!(refused.stderr.contains("ine 2"), "{}", refused.stderr);

    let text = "if issue.summary.contains(\"loop\") { loop {} }\n\
                if issue.summary.contains(\"stop\") { throw \"not this one\" }\n\
                replica.summary = issue.summary;\nreplica.type = issue.type;";
    save(acme, "outgoing", text).await;
    let endless = acme.jira.create("SUP", "Task", "Please loop", None).await;
    let stopped = acme.jira.create("SUP", "Task", "Please stop", None).await;
    acme.jira.create("SUP", "Task", "Please go on", None).await;
    two.wait("the others go on", LONG, async || globex.jira.find("GX", "Please go on").await).await;
    let problems = two
        .wait("both problems", LONG, async || {
            let problems = acme.node.json(&["problems"]).await;
            (problems.as_array()?.iter().filter(|p| p["code"] == "script-failed").count() == 2)
                .then_some(problems)
        })
        .await;
    let said = |issue: &str| {
        let all = problems.as_array().expect("problems").iter();
        all.filter(|p| p["issue"] == issue).map(|p| p["sentence"].to_string()).collect::<String>()
    };
    assert!(said(&endless).contains("line 1"), "{problems}");
    assert!(said(&stopped).contains("line 2") && said(&stopped).contains("not this one"), "{problems}");
    assert!(globex.jira.find("GX", "Please loop").await.is_none());

    acme.jira.edit(&stopped, json!({"summary": "Please come"})).await;
    two.wait("it comes", LONG, async || globex.jira.find("GX", "Please come").await).await;
    save(acme, "outgoing", "replica.summary = issue.summary;\nreplica.type = issue.type;").await;
    two.wait("the other one too", LONG, async || globex.jira.find("GX", "Please loop").await).await;
    two.in_step().await;
    assert_eq!(acme.node.json(&["problems"]).await, json!([]));
    two.stays_silent().await;
}

/// Incoming rules: a prefix, another type, no comment of one author and no large file; a rule that is gone writes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn d1_incoming_rules_say_what_is_written_here() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (acme, globex) = (&two.acme, &two.globex);
    upgraded(globex).await;
    let text = r#"
        issue.summary     = partner + ": " + replica.summary;
        issue.type        = mirror("Bug");
        issue.comments    = replica.comments.filter(|c| !c.text.contains("noise"));
        issue.attachments = replica.attachments.filter(|f| f.size < 10);
    "#;
    save(globex, "incoming", text).await;
    let issue = acme.jira.create("SUP", "Task", "Door", Some(&paragraph("It is open."))).await;
    acme.jira.comment(&issue, &paragraph("noise")).await;
    acme.jira.comment(&issue, &paragraph("Close it.")).await;
    acme.jira.attach(&issue, "small.txt", b"small".to_vec()).await;
    acme.jira.attach(&issue, "large.txt", b"much too large".to_vec()).await;
    let twin = two.wait("the twin", LONG, async || globex.jira.find("GX", "acme: Door").await).await;
    let twin = key(&twin);
    two.wait("its comment and its file", LONG, async || {
        let files = attachments(&globex.jira.issue(&twin).await);
        (globex.jira.comments(&twin).await.len() == 1 && files.len() == 1).then_some(())
    })
    .await;
    two.in_step().await;
    let fields = globex.jira.issue(&twin).await["fields"].clone();
    assert_eq!(fields["issuetype"]["name"], json!("Bug"));
    assert_eq!(fields["description"], Value::Null, "no rule writes it");
    assert!(words(&globex.jira.comments(&twin).await[0]["body"]).contains("Close it."));
    // Theirs goes back as it stands, and comes once.
    globex.jira.edit(&twin, json!({"summary": "Gate"})).await;
    two.wait("the way back", LONG, async || acme.jira.find("SUP", "Gate").await).await;
    two.in_step().await;
    two.stays_silent().await;
}

/// Only what the outgoing rules name crosses: of everything else not a byte lies at the partner.
#[tokio::test(flavor = "multi_thread")]
async fn d5_only_what_the_rules_name_crosses() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    upgraded(&two.acme).await;
    save(&two.acme, "outgoing", "replica.summary = issue.summary;\nreplica.type = issue.type;").await;
    let (acme, globex) = (&two.acme, &two.globex);
    let issue =
        acme.jira.create("SUP", "Task", "sentinel-summary", Some(&paragraph("sentinel-description"))).await;
    acme.jira.comment(&issue, &paragraph("sentinel-comment")).await;
    acme.jira.attach(&issue, "sentinel-file.txt", b"sentinel-bytes".to_vec()).await;
    acme.jira.edit(&issue, json!({"labels": ["sentinel-label"]})).await;
    two.wait("the twin", LONG, async || globex.jira.find("GX", "sentinel-summary").await).await;
    acme.jira.create("SUP", "Task", "afterwards", None).await;
    two.wait("what comes after it", LONG, async || globex.jira.find("GX", "afterwards").await).await;
    two.in_step().await;
    two.stop_globex().await;
    let mut kept = Vec::new();
    for file in two.globex.node.files() {
        kept.extend(std::fs::read(file).expect("a file of the node's"));
    }
    assert!(contains(&kept, b"sentinel-summary"), "the search finds what has crossed");
    for word in ["description", "comment", "file", "bytes", "label"] {
        assert!(!contains(&kept, format!("sentinel-{word}").as_bytes()), "{word} lies at the partner");
    }
}

/// What waits while nothing can be sent is told by the rules that are in force when it can: not a byte of what they keep leaves.
#[tokio::test(flavor = "multi_thread")]
async fn d5_what_waits_is_told_by_the_rules_that_are_in_force_then() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    upgraded(&two.acme).await;
    let (acme, globex) = (&two.acme, &two.globex);
    let issue = acme.jira.create("SUP", "Task", "Open", Some(&paragraph("As it was."))).await;
    two.wait("the twin", LONG, async || globex.jira.find("GX", "Open").await).await;
    two.in_step().await;
    two.stop_globex().await;
    let acme = &two.acme;
    acme.jira.edit(&issue, json!({"description": paragraph("sentinel-description")})).await;
    acme.jira.comment(&issue, &paragraph("sentinel-comment")).await;
    acme.jira.attach(&issue, "sentinel-file.txt", b"sentinel-bytes".to_vec()).await;
    two.wait("all of it waits", LONG, async || {
        let compared = acme.node.json(&["pair", "compare", &issue]).await.to_string();
        (compared.contains("sentinel-file") && compared.contains("sentinel-comment")).then_some(())
    })
    .await;
    save(acme, "outgoing", "replica.summary = issue.summary;\nreplica.type = issue.type;").await;
    acme.jira.edit(&issue, json!({"summary": "Open again"})).await;
    two.start_globex();
    two.wait("what may leave", LONG, async || two.globex.jira.find("GX", "Open again").await).await;
    two.in_step().await;
    two.stop_globex().await;
    let mut kept = Vec::new();
    for file in two.globex.node.files() {
        kept.extend(std::fs::read(file).expect("a file of the node's"));
    }
    assert!(contains(&kept, b"Open again"), "the search finds what has crossed");
    for word in ["description", "comment", "file", "bytes"] {
        assert!(!contains(&kept, format!("sentinel-{word}").as_bytes()), "{word} lies at the partner");
    }
}

/// Our people's words in a field that stays here are in the record once the partner's replace them: taken back from it they
/// would leave, so they are not.
#[tokio::test(flavor = "multi_thread")]
async fn d5_a_text_from_the_record_leaves_by_the_rules_alone() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    upgraded(&two.acme).await;
    save(&two.acme, "outgoing", "replica.summary = issue.summary;\nreplica.type = issue.type;").await;
    let (acme, globex) = (&two.acme, &two.globex);
    let ours = paragraph("sentinel-description");
    let issue = acme.jira.create("SUP", "Task", "Open", Some(&ours)).await;
    let twin = two.wait("the twin", LONG, async || globex.jira.find("GX", "Open").await).await;
    let twin = key(&twin);
    two.in_step().await;
    globex.jira.edit(&twin, json!({"description": paragraph("Globex's words")})).await;
    two.wait("Globex's words", LONG, async || {
        let issue = acme.jira.issue(&issue).await;
        (words(&issue["fields"]["description"]) == "Globex's words").then_some(())
    })
    .await;
    let record = two.wait("the record", LONG, async || {
        let records = acme.node.json(&["conflict", "list"]).await;
        records.as_array().and_then(|records| records.first().cloned())
    });
    let record = record.await;
    assert_eq!(record["ours"], "sentinel-description", "{record}");
    let id = record["id"].as_str().expect("an id");
    let refused = acme.node.ask(&["conflict", "use", id, "--text", "ours"], "").await;
    assert!(refused.sentence().contains("outgoing rules keep this text"), "{}", refused.sentence());
    acme.jira.edit(&issue, json!({"summary": "Open again"})).await;
    two.wait("what comes after it", LONG, async || globex.jira.find("GX", "Open again").await).await;
    two.in_step().await;
    two.stop_globex().await;
    let mut kept = Vec::new();
    for file in two.globex.node.files() {
        kept.extend(std::fs::read(file).expect("a file of the node's"));
    }
    assert!(contains(&kept, b"Open again"), "the search finds what has crossed");
    assert!(!contains(&kept, b"sentinel-description"), "it lies at the partner");
}

const FIELDS_OUT: &str = r#"
    replica.summary  = issue.summary;
    replica.type     = issue.type;
    replica.labels   = issue.labels;
    replica.priority = issue.priority;
    replica.status   = issue.status;
"#;

const FIELDS_IN: &str = r#"
    issue.summary  = replica.summary;
    issue.type     = mirror(replica.type);
    issue.labels   = replica.labels;
    issue.priority = replica.priority;
    issue.status   = replica.status;
"#;

/// Labels, priority and status of an issue.
fn fields(issue: &Value) -> (Vec<String>, String, String) {
    let fields = &issue["fields"];
    let name = |field: &str| fields[field]["name"].as_str().unwrap_or_default().to_owned();
    let labels = fields["labels"].as_array().into_iter().flatten().filter_map(Value::as_str);
    (labels.map(str::to_owned).collect(), name("priority"), name("status"))
}

impl Two {
    async fn shows(&self, company: &Company, issue: &str, labels: &[&str], priority: &str, status: &str) {
        let wanted = (labels.iter().map(|l| (*l).to_owned()).collect(), priority.into(), status.into());
        self.wait(&format!("{issue} shows {wanted:?}"), LONG, async || {
            (fields(&company.jira.issue(issue).await) == wanted).then_some(())
        })
        .await;
    }
}

/// Where the rules of both companies name them, labels, priority and status are kept in step in both directions; a status that the
/// workflow does not lead to stops that one issue and says which there are; and rules that name them no more leave them alone.
#[tokio::test(flavor = "multi_thread")]
async fn d1_labels_priority_and_status_travel_where_rules_name_them() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (acme, globex) = (&two.acme, &two.globex);
    let old = acme.jira.create("SUP", "Task", "From before", None).await;
    acme.jira.edit(&old, json!({"labels": ["ours"]})).await;
    let old_twin = two.wait("the twin", LONG, async || globex.jira.find("GX", "From before").await).await;
    two.in_step().await;
    assert_eq!(fields(&old_twin), (vec![], "Medium".into(), "To Do".into()), "Basic mode leaves them alone");
    for company in [acme, globex] {
        upgraded(company).await;
        save(company, "outgoing", FIELDS_OUT).await;
        save(company, "incoming", FIELDS_IN).await;
    }

    let issue = acme.jira.create("SUP", "Bug", "With fields", None).await;
    acme.jira.edit(&issue, json!({"labels": ["hot", "bay"], "priority": {"name": "High"}})).await;
    acme.jira.transition(&issue, "In Progress").await;
    let twin = key(&two.wait("the twin", LONG, async || globex.jira.find("GX", "With fields").await).await);
    two.shows(globex, &twin, &["bay", "hot"], "High", "In Progress").await;
    two.shows(globex, &key(&old_twin), &["ours"], "Medium", "To Do").await;
    two.in_step().await;

    globex.jira.edit(&twin, json!({"labels": ["hot"], "priority": {"name": "Low"}})).await;
    two.shows(acme, &issue, &["hot"], "Low", "In Progress").await;
    globex.jira.transition(&twin, "Done").await;
    acme.jira.edit(&issue, json!({"labels": []})).await;
    two.shows(acme, &issue, &[], "Low", "Done").await;
    two.shows(globex, &twin, &[], "Low", "Done").await;
    two.in_step().await;
    two.stays_silent().await;

    save(globex, "incoming", &FIELDS_IN.replace("= replica.status", "= \"Nowhere\"")).await;
    acme.jira.transition(&issue, "To Do").await;
    let problem = two.problem(globex, "issue-refused").await;
    let said = problem["sentence"].as_str().expect("a sentence");
    assert!(said.contains("Nowhere") && said.contains("In Progress"), "{said}");
    assert_eq!(problem["issue"], twin.as_str());
    acme.jira.edit(&old, json!({"labels": ["still", "goes", "on"]})).await;
    two.shows(globex, &key(&old_twin), &["goes", "on", "still"], "Medium", "To Do").await;
    save(globex, "incoming", FIELDS_IN).await;
    globex.settle("retry", &problem).await;
    two.shows(globex, &twin, &[], "Low", "To Do").await;
    two.in_step().await;

    for company in [acme, globex] {
        save(company, "outgoing", "replica.summary = issue.summary; replica.type = issue.type;").await;
    }
    acme.jira.edit(&issue, json!({"summary": "Without fields", "labels": ["stays"]})).await;
    two.wait("the summary", LONG, async || globex.jira.find("GX", "Without fields").await).await;
    two.in_step().await;
    two.shows(globex, &twin, &[], "Low", "To Do").await;
}
