//! Two issues that exist already become a pair: one company asks, a person of the other answers.

use serde_json::{Value, json};

use crate::harness::documents::{paragraph, words};
use crate::harness::jira::{attachments, sha256};
use crate::harness::wait::wait_for;
use crate::harness::{Company, How, LONG, Two, database, turn};

/// Both companies with an old issue about the same thing, and the ids of their connections.
struct Old {
    two: Two,
    ids: [String; 2],
    sup: String,
    gx: String,
}

impl Old {
    async fn issues() -> Self {
        Self::scoped(&[]).await
    }

    async fn scoped(scope: &'static [&'static str]) -> Self {
        let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));
        let sup = acme.jira.create("SUP", "Bug", "Printer on fire", Some(&paragraph("It burns."))).await;
        let gx = globex.jira.create("GX", "Task", "Smoke in room 4", Some(&paragraph("We see smoke."))).await;
        let two = Two::connect(acme, globex, How { scope, ..How::default() }).await;
        let mut ids = Vec::new();
        for company in [&two.acme, &two.globex] {
            ids.push(company.connection().await.expect("listed")["id"].as_str().expect("an id").to_owned());
        }
        let ids = ids.try_into().expect("two");
        Self { two, ids, sup, gx }
    }

    /// `pair connect` at ACME: the question's id.
    async fn ask(&self, ours: &str, theirs: &str) -> String {
        let args = ["pair", "connect", ours, theirs, "--connection", &self.ids[0]];
        let asked = self.two.acme.node.json(&args).await;
        assert_eq!((&asked["ours"], &asked["theirs"]), (&json!(ours), &json!(theirs)), "{asked}");
        asked["id"].as_str().expect("an id").to_owned()
    }

    async fn questions(&self, company: &Company) -> Vec<Value> {
        company.node.json(&["question", "list"]).await.as_array().expect("a list").clone()
    }

    /// Waits until a company lists a question in this state.
    async fn question(&self, company: &Company, state: &str) -> Value {
        self.two
            .wait(&format!("{} lists a question: {state}", company.name), LONG, async || {
                self.questions(company).await.into_iter().find(|question| question["state"] == state)
            })
            .await
    }

    async fn no_questions(&self) {
        self.two
            .wait("nothing is asked any more", LONG, async || {
                let none = self.questions(&self.two.acme).await.is_empty()
                    && self.questions(&self.two.globex).await.is_empty();
                none.then_some(())
            })
            .await;
    }

    async fn pairs(&self, side: usize) -> Vec<Value> {
        let company = if side == 0 { &self.two.acme } else { &self.two.globex };
        let pairs = company.node.json(&["pairs", "--connection", &self.ids[side]]).await;
        pairs.as_array().expect("a list").clone()
    }

    /// Both sides know the two as one pair, and nobody has made a twin.
    async fn are_one(&self) {
        self.two
            .wait("a pair on both sides", LONG, async || {
                let (acme, globex) = (self.pairs(0).await, self.pairs(1).await);
                let is = |pairs: &[Value], ours: &str, theirs: &str| {
                    pairs.len() == 1 && pairs[0]["ours"] == *ours && pairs[0]["theirs"] == *theirs
                };
                (is(&acme, &self.sup, &self.gx) && is(&globex, &self.gx, &self.sup)).then_some(())
            })
            .await;
        self.two.in_step().await;
        assert_eq!(self.two.acme.jira.issues("SUP").await.len(), 1, "no twin");
        assert_eq!(self.two.globex.jira.issues("GX").await.len(), 1, "no twin");
    }

    /// Neither side syncs anything, and neither Jira was written to.
    async fn are_none(&self) {
        for side in 0..2 {
            let pairs = self.pairs(side).await;
            assert!(pairs.iter().all(|pair| pair["state"] == "unlinked"), "{pairs:?}");
        }
        for company in [&self.two.acme, &self.two.globex] {
            assert_eq!(company.jira.issues(&company.project).await.len(), 1, "{}: no twin", company.name);
        }
    }

    async fn summaries(&self) -> [Value; 2] {
        let acme = self.two.acme.jira.issue(&self.sup).await;
        let globex = self.two.globex.jira.issue(&self.gx).await;
        [acme["fields"]["summary"].clone(), globex["fields"]["summary"].clone()]
    }

    /// The two are the same to read, and a change goes in either direction.
    async fn talk(&self) {
        self.two.acme.jira.edit(&self.sup, json!({"summary": "Out again"})).await;
        self.two
            .wait("an edit crosses", LONG, async || (self.summaries().await[1] == "Out again").then_some(()))
            .await;
        self.two.globex.jira.edit(&self.gx, json!({"summary": "Out for good"})).await;
        self.two
            .wait("an edit comes back", LONG, async || {
                (self.summaries().await[0] == "Out for good").then_some(())
            })
            .await;
    }
}

/// Asked and accepted: what differs is a conflict with both texts in the record, what people added on either side stands once on
/// both, and from then on the two are a pair like any other.
#[tokio::test(flavor = "multi_thread")]
async fn two_existing_issues_become_a_pair_when_the_partner_says_yes() {
    let _turn = turn::together().await;
    let old = Old::issues().await;
    let two = &old.two;
    two.acme.jira.comment(&old.sup, &paragraph("Seen at ACME")).await;
    two.globex.jira.comment(&old.gx, &paragraph("Seen at Globex")).await;
    let (flames, plan) = (b"flames".repeat(3_000), b"plan".repeat(3_000));
    two.acme.jira.attach(&old.sup, "flames.txt", flames.clone()).await;
    two.globex.jira.attach(&old.gx, "plan.txt", plan.clone()).await;

    let preview = ["pair", "connect", &old.sup, &old.gx, "--connection", &old.ids[0], "--preview"];
    let preview = two.acme.node.json(&preview).await;
    assert_eq!(preview["told"], "Printer on fire", "what the partner reads before they answer");
    old.ask(&old.sup, &old.gx).await;
    let open = old.question(&two.globex, "waiting_for_you").await;
    assert_eq!((&open["ours"], &open["theirs"]), (&json!(old.gx), &json!(old.sup)));
    assert_eq!(
        (&open["ours_title"], &open["theirs_title"]),
        (&json!("Smoke in room 4"), &json!("Printer on fire"))
    );
    let problem = two.problem(&two.globex, "question-waits").await;
    assert!(
        problem["sentence"].as_str().is_some_and(|s| s.contains(&old.sup) && s.contains(&old.gx)),
        "{problem}"
    );
    assert_eq!(
        old.summaries().await,
        [json!("Printer on fire"), json!("Smoke in room 4")],
        "nothing before the yes"
    );
    assert!(old.pairs(0).await.is_empty() && old.pairs(1).await.is_empty());

    let id = open["id"].as_str().expect("an id");
    two.globex.node.ask(&["question", "accept", id], "").await.done();
    old.are_one().await;
    old.no_questions().await;
    assert_eq!(two.globex.node.json(&["problems"]).await, json!([]), "nobody waits for an answer any more");

    // One text stands on both sides; the other one is in both records.
    let [acme, globex] = old.summaries().await;
    assert_eq!(acme, globex);
    for company in [&two.acme, &two.globex] {
        let records = company.node.json(&["conflict", "list"]).await.to_string();
        for text in ["Printer on fire", "Smoke in room 4", "It burns.", "We see smoke."] {
            assert!(records.contains(text), "{}: {text} is not in {records}", company.name);
        }
    }
    let (here, there) = (two.acme.jira.issue(&old.sup).await, two.globex.jira.issue(&old.gx).await);
    assert_eq!(words(&here["fields"]["description"]), words(&there["fields"]["description"]));
    assert_eq!(here["fields"]["issuetype"]["name"], there["fields"]["issuetype"]["name"]);
    for (jira, issue) in [(&two.acme.jira, &old.sup), (&two.globex.jira, &old.gx)] {
        two.wait("comments and files of both", LONG, async || {
            (jira.comments(issue).await.len() == 2 && attachments(&jira.issue(issue).await).len() == 2)
                .then_some(())
        })
        .await;
        let said: String = jira.comments(issue).await.iter().map(|c| words(&c["body"])).collect();
        assert!(said.contains("Seen at ACME") && said.contains("Seen at Globex"), "{said}");
        let mut files = Vec::new();
        for (_, file) in attachments(&jira.issue(issue).await) {
            files.push(jira.sha256(&file).await);
        }
        files.sort();
        let mut wanted = [sha256(&flames), sha256(&plan)];
        wanted.sort();
        assert_eq!(files, wanted, "each once, byte by byte");
    }
    old.talk().await;
    two.in_step().await;
    two.stays_silent().await;
    let again =
        two.acme.node.ask(&["pair", "connect", &old.sup, &old.gx, "--connection", &old.ids[0]], "").await;
    assert!(again.sentence().contains("already"), "{}", again.sentence());
}

/// A no, and a question that is taken back: nothing is written anywhere, and neither is a dead end.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_declined_or_withdrawn_leaves_both_issues_alone() {
    let _turn = turn::together().await;
    let old = Old::issues().await;
    let two = &old.two;
    let id = old.ask(&old.sup, &old.gx).await;
    old.question(&two.globex, "waiting_for_you").await;
    two.globex.node.ask(&["question", "decline", &id], "").await.done();
    old.question(&two.acme, "declined").await;
    assert!(old.questions(&two.globex).await.is_empty());
    // Asked once more, and taken back before anybody answers.
    let id = old.ask(&old.sup, &old.gx).await;
    old.question(&two.globex, "waiting_for_you").await;
    two.acme.node.ask(&["question", "withdraw", &id], "").await.done();
    old.no_questions().await;
    let late = two.globex.node.ask(&["question", "accept", &id], "").await;
    assert!(late.sentence().contains("no longer waits"), "{}", late.sentence());
    assert_eq!(two.globex.node.json(&["problems"]).await, json!([]));
    // What does not exist is answered without telling more than that.
    old.ask(&old.sup, "GX-999").await;
    let refused = old.question(&two.acme, "unavailable").await;
    two.acme.node.ask(&["question", "withdraw", refused["id"].as_str().expect("an id")], "").await.done();
    old.no_questions().await;
    old.are_none().await;
    // And a yes in the end.
    let id = old.ask(&old.sup, &old.gx).await;
    old.question(&two.globex, "waiting_for_you").await;
    two.globex.node.ask(&["question", "accept", &id], "").await.done();
    old.are_one().await;
}

/// F94: both companies ask for the same pair before either has heard of the other's question: it is one pair, without a person
/// having to say yes to what they have asked for.
#[tokio::test(flavor = "multi_thread")]
async fn f94_both_ask_at_once_and_it_is_one_pair() {
    let _turn = turn::together().await;
    let mut old = Old::issues().await;
    old.two.stop_acme().await;
    old.two.stop_globex().await;
    old.ask(&old.sup, &old.gx).await;
    let args = ["pair", "connect", &old.gx, &old.sup, "--connection", &old.ids[1]];
    old.two.globex.node.ask(&args, "").await.done();
    old.two.start_acme().await;
    old.two.start_globex();
    old.are_one().await;
    old.no_questions().await;
    old.talk().await;
    old.two.in_step().await;
    old.two.stays_silent().await;
}

/// The answer comes while the asker is off, and a restart lies between each two steps. Neither issue matches its connection's
/// filter: they stay in step all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_outlives_restarts_of_both() {
    let _turn = turn::together().await;
    let mut old = Old::scoped(&["--filter", "issuetype = Epic"]).await;
    let id = old.ask(&old.sup, &old.gx).await;
    old.question(&old.two.globex, "waiting_for_you").await;
    old.two.stop_acme().await;
    old.two.globex_runs.take().expect("it runs").kill().await;
    old.two.globex.node.ask(&["question", "accept", &id], "").await.done();
    old.two.start_globex();
    old.question(&old.two.globex, "agreed").await;
    assert!(old.pairs(1).await.is_empty(), "no pair before the asker has confirmed it");
    old.two.start_acme().await;
    old.are_one().await;
    old.no_questions().await;
    old.talk().await;
}

/// A database is set back after the yes: to a moment when the question was open, at either side. There is one pair in the end, or
/// none on both, and never a twin.
#[tokio::test(flavor = "multi_thread")]
async fn f84_a_database_that_is_set_back_behind_the_yes_leaves_one_pair_or_none() {
    for side in 0..2 {
        let _turn = turn::together().await;
        let mut old = Old::issues().await;
        let id = old.ask(&old.sup, &old.gx).await;
        old.question(&old.two.globex, "waiting_for_you").await;
        let saved = tempfile::tempdir().expect("a folder");
        let data = [old.two.acme.data(), old.two.globex.data()];
        database::back_up(&data[side], saved.path());
        old.two.globex.node.ask(&["question", "accept", &id], "").await.done();
        old.are_one().await;
        match side {
            0 => _ = old.two.stop_acme().await,
            _ => _ = old.two.stop_globex().await,
        }
        database::put_back(saved.path(), &data[side]);
        match side {
            0 => old.two.start_acme().await,
            _ => old.two.start_globex(),
        }
        let synced =
            async |side: usize| old.pairs(side).await.iter().filter(|p| p["state"] != "unlinked").count();
        old.two
            .wait("both sides say the same", LONG, async || {
                let both = [synced(0).await, synced(1).await];
                let calm = old.two.acme.in_step().await && old.two.globex.in_step().await;
                let compared = data.iter().all(|data| database::compared(data));
                (both[0] == both[1] && calm && compared).then_some(())
            })
            .await;
        old.two.stays_silent().await;
        assert_eq!(synced(0).await, synced(1).await);
        assert_eq!(old.two.acme.jira.issues("SUP").await.len(), 1, "no twin");
        assert_eq!(old.two.globex.jira.issues("GX").await.len(), 1, "no twin");
    }
}

/// Both projects are in one app: the same way, and nobody has to be asked.
#[tokio::test(flavor = "multi_thread")]
async fn two_issues_of_one_app_are_connected_without_a_question() {
    let _turn = turn::together().await;
    let company = Company::start("acme").await;
    let sup = company.jira.create("SUP", "Bug", "Printer on fire", Some(&paragraph("It burns."))).await;
    let ops = company.jira.create("OPS", "Task", "Smoke in room 4", None).await;
    let args =
        ["connection", "local", "--account", &company.account, "--project", "SUP", "--to-project", "OPS"];
    let id = company.node.ask(&args, "").await.done();
    let _runs = company.run(true, &[]);
    wait_for("both sides are up", LONG, async || company.in_step().await.then_some(())).await;
    company.node.ask(&["pair", "connect", &sup, &ops, "--connection", &id], "").await.done();
    let made = wait_for("the pair", LONG, async || {
        let pairs = company.node.json(&["pairs", "--connection", &id]).await;
        pairs.as_array()?.first().filter(|pair| pair["state"] == "in_step").cloned()
    })
    .await;
    assert_eq!((&made["ours"], &made["theirs"]), (&json!(sup), &json!(ops)));
    assert_eq!(company.node.json(&["question", "list"]).await, json!([]));
    assert_eq!(company.node.json(&["problems"]).await, json!([]));
    let fields = async |key: &str| company.jira.issue(key).await["fields"].clone();
    wait_for("one summary", LONG, async || {
        (fields(&sup).await["summary"] == fields(&ops).await["summary"]).then_some(())
    })
    .await;
    for project in ["SUP", "OPS"] {
        assert_eq!(company.jira.issues(project).await.len(), 1, "{project}: no twin");
    }
}
