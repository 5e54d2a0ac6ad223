//! D3: edits cross in both directions, once, and then there is silence.

use serde_json::{Value, json};

use crate::harness::documents::{everything, paragraph, shape, words};
use crate::harness::jira::{attachments, key, sha256};
use crate::harness::{Company, How, LONG, Two, turn};

const EDIT: &str = "PUT /rest/api/3/issue/{issueIdOrKey}";

#[tokio::test(flavor = "multi_thread")]
async fn j25_d3_edits_cross_and_then_silence() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let born_here = pair(&two, &two.acme, &two.globex).await;
    let born_there = pair(&two, &two.globex, &two.acme).await;
    two.in_step().await;

    // An edit on the side where the issue was born, and one where it only has a twin: both directions, both owners.
    change(&two, &two.acme, &two.globex, &born_here.0, &born_here.1, "first").await;
    change(&two, &two.globex, &two.acme, &born_here.1, &born_here.0, "second").await;
    change(&two, &two.globex, &two.acme, &born_there.0, &born_there.1, "third").await;
    change(&two, &two.acme, &two.globex, &born_there.1, &born_there.0, "fourth").await;

    two.in_step().await;
    two.stays_silent().await;
    for (issue, twin) in [(&born_here.0, &born_here.1), (&born_there.1, &born_there.0)] {
        let (ours, theirs) = (two.acme.jira.issue(issue).await, two.globex.jira.issue(twin).await);
        assert_eq!(ours["fields"]["summary"], theirs["fields"]["summary"]);
        assert_eq!(ours["fields"]["issuetype"]["name"], theirs["fields"]["issuetype"]["name"]);
        assert_eq!(shape(&ours["fields"]["description"]), shape(&theirs["fields"]["description"]));
        let counts = [two.acme.jira.comments(issue).await.len(), two.globex.jira.comments(twin).await.len()];
        assert_eq!(counts, [4, 4], "each side wrote two comments");
        assert_eq!(
            [attachments(&ours).len(), attachments(&theirs).len()],
            [2, 2],
            "each side attached one file"
        );
    }
}

/// More changed than comes in one answer. It is read once, past the search index; as long as polls look back over it they ask for
/// nothing but a list of its ids, and what changes anew is found all the same.
#[tokio::test(flavor = "multi_thread")]
async fn j25_much_that_changed_at_once_is_read_once() {
    let _turn = turn::together().await;
    let acme = Company::start("acme").await;
    // They are older than the connection, and stay at home.
    acme.jira.practice_post("issues", &json!({"count": 230})).await;
    let two = Two::connect(acme, Company::start("globex").await, How::default()).await;
    let jira = &two.acme.jira;
    let rounds = async |n: u64| {
        let polls = jira.polls().await;
        two.wait("polls", LONG, async || (jira.polls().await >= polls + 2 * n).then_some(())).await;
    };
    let twin = async |summary: &str| {
        jira.create("SUP", "Task", summary, None).await;
        two.wait("the twin", LONG, async || two.globex.jira.find("GX", summary).await).await;
    };
    twin("The first").await;
    two.in_step().await;
    rounds(3).await;

    jira.forget_calls().await;
    rounds(4).await;
    let calls = jira.calls().await["calls"].clone();
    assert_eq!(calls["POST /rest/api/3/issue/bulkfetch"], Value::Null, "nothing is read again: {calls}");
    twin("The second").await;
    two.in_step().await;
    two.stays_silent().await;
}

/// An issue of `from` with its twin: both keys.
async fn pair(two: &Two, from: &Company, to: &Company) -> (String, String) {
    let summary = format!("Born at {}", from.name);
    let issue = from.jira.create(&from.project, "Task", &summary, Some(&paragraph("As it was."))).await;
    let twin = two.wait("the twin", LONG, async || to.jira.find(&to.project, &summary).await).await;
    (issue, key(&twin))
}

/// Everything that a person can change of `issue`, seen again at its `twin`; one write an edit.
async fn change(two: &Two, from: &Company, to: &Company, issue: &str, twin: &str, word: &str) {
    let before = to.jira.writes_of(EDIT).await;
    let summary = format!("Changed by {}: {word}", from.name);
    from.jira.edit(issue, json!({"summary": summary})).await;
    two.wait(&format!("the {word} summary"), LONG, async || {
        (to.jira.issue(twin).await["fields"]["summary"] == summary.as_str()).then_some(())
    })
    .await;

    let mut description = everything();
    description["content"][0]["content"][0]["text"] = json!(word);
    from.jira.edit(issue, json!({"description": description})).await;
    let wanted = shape(&from.jira.issue(issue).await["fields"]["description"]);
    two.wait(&format!("the {word} description"), LONG, async || {
        (shape(&to.jira.issue(twin).await["fields"]["description"]) == wanted).then_some(())
    })
    .await;

    let kind = if matches!(word, "first" | "third") { "Bug" } else { "Improvement" };
    from.jira.edit(issue, json!({"issuetype": {"name": kind}})).await;
    two.wait(&format!("the {word} type"), LONG, async || {
        (to.jira.issue(twin).await["fields"]["issuetype"]["name"] == kind).then_some(())
    })
    .await;

    let comment = from.jira.comment(issue, &paragraph(&format!("{word}, as said"))).await;
    from.jira.comment(issue, &paragraph(&format!("{word}, said once more"))).await;
    two.wait(&format!("the {word} comments"), LONG, async || {
        let all = to.jira.comments(twin).await;
        let has = |text: &str| all.iter().filter(|c| words(&c["body"]).contains(text)).count() == 1;
        (has(&format!("{word}, as said")) && has(&format!("{word}, said once more"))).then_some(())
    })
    .await;
    from.jira.edit_comment(issue, &comment, &paragraph(&format!("{word}, put right"))).await;
    two.wait(&format!("the {word} comment's edit"), LONG, async || {
        let all = to.jira.comments(twin).await;
        let with = |text: &str| all.iter().filter(|c| words(&c["body"]).contains(text)).count();
        (with(&format!("{word}, put right")) == 1 && with(&format!("{word}, as said")) == 0).then_some(())
    })
    .await;

    let bytes = format!("{word} file").into_bytes();
    let sum = sha256(&bytes);
    let name = format!("{word}.txt");
    from.jira.attach(issue, &name, bytes).await;
    let file = two
        .wait(&format!("the {word} file"), LONG, async || {
            let files = attachments(&to.jira.issue(twin).await);
            files.into_iter().find(|(n, _)| *n == name)
        })
        .await;
    assert_eq!(to.jira.sha256(&file.1).await, sum);

    two.in_step().await;
    let edits = to.jira.writes_of(EDIT).await - before;
    println!("d3: three edits of {issue} cost {edits} edits of {twin}");
    assert_eq!(edits, 3, "one write for each of summary, description and type");
}

/// Both sides edit at once; each text is current on both sides or stands in the conflict record (I14).
#[tokio::test(flavor = "multi_thread")]
async fn f75_edits_of_different_fields_at_the_same_time_both_stand() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let (issue, twin) = pair(&two, &two.acme, &two.globex).await;
    two.in_step().await;
    tokio::join!(
        two.acme.jira.edit(&issue, json!({"summary": "ACME's summary"})),
        two.globex.jira.edit(&twin, json!({"description": paragraph("Globex's description")})),
    );
    two.wait("both edits stand on both sides", LONG, async || {
        let both = [two.acme.jira.issue(&issue).await, two.globex.jira.issue(&twin).await];
        both.iter()
            .all(|i| {
                i["fields"]["summary"] == "ACME's summary"
                    && words(&i["fields"]["description"]) == "Globex's description"
            })
            .then_some(())
    })
    .await;
    two.in_step().await;
    two.stays_silent().await;
}
