//! Both projects are in one app, at one site or at two: no partner's node, no code, no network between them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use practice_jira::ProjectSpec;
use serde_json::{Value, json};

use crate::harness::database;
use crate::harness::documents::{paragraph, words};
use crate::harness::jira::{Jira, attachments, key, sha256};
use crate::harness::node::{Node, Running};
use crate::harness::processes::{has_udp, sockets};
use crate::harness::wait::{apart, try_for};
use crate::harness::{Company, Keeper, LONG, turn};

/// One app with both projects.
struct App {
    company: Company,
    /// Where the second project is, and its key.
    other: (Jira, &'static str),
    runs: Option<Running>,
}

impl App {
    /// SUP and OPS of ACME's site.
    async fn at_one_site() -> Self {
        let company = Company::start("acme").await;
        let other = (company.jira.clone(), "OPS");
        Self { company, other, runs: None }
    }

    fn start(&mut self) {
        self.runs = Some(self.company.run(true, &[]));
    }

    /// `connection local`: the first side's id.
    async fn connect(&self, more: &[&str]) -> String {
        let mut args = vec!["connection", "local", "--account", &self.company.account, "--project", "SUP"];
        args.extend(["--to-project", self.other.1]);
        args.extend(more);
        self.company.node.ask(&args, "").await.done()
    }

    /// How the app shows its connections: one side after the other.
    async fn sides(&self) -> Vec<Value> {
        self.company.node.json(&["connection", "list"]).await.as_array().expect("a list").clone()
    }

    async fn wait<T>(&self, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
        match try_for(LONG, look).await {
            Some(seen) => seen,
            None => panic!("did not happen: {what}\n{}", self.company.explain().await),
        }
    }

    /// Both sides say that nothing is left to do, and so does the whole.
    async fn in_step(&self) {
        self.wait("both sides are in step", async || {
            let status = self.company.node.json(&["status"]).await;
            let all = status["connections"].as_array()?;
            let done =
                |c: &Value| c["state"] == "up_to_date" && c["waiting"]["out"] == 0 && c["waiting"]["in"] == 0;
            (status["overall"] == "up_to_date" && all.iter().all(done)).then_some(())
        })
        .await;
    }

    /// Three polls later, no site has seen a write.
    async fn stays_silent(&self) {
        let sites = [&self.company.jira, &self.other.0];
        let before = [sites[0].writes().await, sites[1].writes().await];
        self.polls(4).await;
        assert_eq!(before, [sites[0].writes().await, sites[1].writes().await], "nobody did anything");
    }

    async fn polls(&self, more: u64) {
        for site in [&self.company.jira, &self.other.0] {
            let polls = site.polls().await;
            self.wait("polls", async || (site.polls().await >= polls + more).then_some(())).await;
        }
    }

    async fn arrives(&self, there: &Jira, project: &str, summary: &str) -> Value {
        self.wait(&format!("{summary} in {project}"), async || there.find(project, summary).await).await
    }

    /// An issue with a comment and a file crosses, is answered, and edited on both sides.
    async fn talk(&self, from: (&Jira, &str), to: (&Jira, &str), says: &str) {
        let summary = format!("Printer on fire in {}", from.1);
        let issue = from.0.create(from.1, "Bug", &summary, Some(&paragraph("It burns."))).await;
        from.0.comment(&issue, &paragraph("Please hurry")).await;
        let bytes = format!("smoke over {}", from.1).repeat(5_000).into_bytes();
        from.0.attach(&issue, "smoke.txt", bytes.clone()).await;
        let twin = key(&self.arrives(to.0, to.1, &summary).await);
        let files = self
            .wait("comment and file", async || {
                let comments = to.0.comments(&twin).await;
                let files = attachments(&to.0.issue(&twin).await);
                (comments.len() == 1 && files.len() == 1).then_some((comments, files))
            })
            .await;
        let heard = words(&files.0[0]["body"]);
        assert!(heard.contains("Please hurry") && heard.contains(&format!("({says}) wrote")), "{heard}");
        assert_eq!(to.0.sha256(&files.1[0].1).await, sha256(&bytes));
        let there = to.0.issue(&twin).await;
        assert_eq!(there["fields"]["issuetype"]["name"], "Bug");
        assert!(words(&there["fields"]["description"]).contains("It burns."));
        // Back again.
        to.0.comment(&twin, &paragraph("On my way")).await;
        to.0.edit(&twin, json!({"summary": format!("{summary}, and out")})).await;
        self.wait("the answer", async || {
            let back = from.0.issue(&issue).await["fields"]["summary"] == format!("{summary}, and out");
            (back && from.0.comments(&issue).await.len() == 2).then_some(())
        })
        .await;
    }

    fn holds_no_port(&self) {
        let pid = self.runs.as_ref().expect("it runs").pid();
        let seen = sockets(pid);
        assert!(!seen.iter().any(|s| s.listens), "it listens: {seen:?}");
        let sites = [self.company.jira.port(), self.other.0.port()];
        let files = |s: &crate::harness::processes::Socket| s.remote == 0 || sites.contains(&s.remote);
        let strange: Vec<_> = seen.iter().filter(|s| !files(s)).collect();
        // Attachments come from a host of their own, beside the site.
        assert!(strange.len() <= 2, "it talks to nobody but Jira: {strange:?}");
        assert!(!has_udp(pid), "it looks for nobody");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_projects_of_one_site_sync_within_one_app() {
    let _turn = turn::together().await;
    let mut app = App::at_one_site().await;
    let old = app.company.jira.create("SUP", "Task", "Older than the connection", None).await;
    let id = app.connect(&[]).await;
    let sides = app.sides().await;
    assert_eq!(sides.len(), 2, "{sides:?}");
    assert_eq!((&sides[0]["id"], &sides[0]["second_side"]), (&json!(id), &json!(false)));
    for (one, other) in [(0, 1), (1, 0)] {
        let [one, other] = [&sides[one], &sides[other]];
        assert_eq!((&one["role"], &one["other_side"]), (&json!("local"), &other["id"]));
        assert_eq!((&one["partner_project"], &one["address"]), (&other["project"], &json!("")));
        assert_eq!(one["state"], "offline", "nobody runs it yet");
    }
    assert_eq!(sides[0]["partner_name"], "Operations");
    app.start();
    let jira = app.company.jira.clone();
    app.talk((&jira, "SUP"), (&jira, "OPS"), "Support").await;
    app.talk((&jira, "OPS"), (&jira, "SUP"), "Operations").await;
    app.in_step().await;
    app.holds_no_port();
    app.stays_silent().await;

    // It dies in the middle of things, and goes on.
    for number in 0..6 {
        let (from, to) = if number % 2 == 0 { ("SUP", "OPS") } else { ("OPS", "SUP") };
        let summary = format!("Burst {number}");
        jira.create(from, "Task", &summary, Some(&paragraph("Quick"))).await;
        if number == 3 {
            app.arrives(&jira, "OPS", "Burst 0").await;
            app.runs.take().expect("it runs").kill().await;
            app.start();
        }
        if number > 3 {
            app.arrives(&jira, to, &summary).await;
        }
    }
    app.in_step().await;
    app.stays_silent().await;
    // `find` fails where there are two of one summary; what is older stayed at home.
    for project in ["SUP", "OPS"] {
        for number in 0..6 {
            assert!(jira.find(project, &format!("Burst {number}")).await.is_some(), "{number} in {project}");
        }
    }
    assert_eq!(jira.issues("SUP").await.len(), jira.issues("OPS").await.len() + 1, "{old} alone stayed");
}

/// Both sites number their issues alike: whose is whose must not be told from an id alone.
#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_at_two_sites_sync_within_one_app() {
    let _turn = turn::together().await;
    let gx = ProjectSpec::new("GX", "Globex", &["Task"], None);
    // A practice site's first number comes of its name: these two begin alike.
    let change = |options: &mut practice_jira::Options| options.projects = Some(vec![gx]);
    let (company, globex) = tokio::join!(Company::start("acme"), Company::with("dunder", "GX", change));
    let args = ["account", "add", "--site", &globex.jira.url, "--email", &globex.jira.email];
    let account = company.node.ask(&args, &format!("{}\n", globex.jira.token)).await.done();
    let mut app = App { company, other: (globex.jira.clone(), "GX"), runs: None };
    let (sup, gx) = (app.company.jira.clone(), globex.jira.clone());
    sup.create("SUP", "Task", "Older in SUP", None).await;
    gx.create("GX", "Task", "Older in GX", None).await;
    app.connect(&["--to-account", &account, "--existing", "--to-filter", "labels = partner"]).await;
    app.start();
    app.arrives(&gx, "GX", "Older in SUP").await;
    // The second three are made where the twins of the first have taken numbers.
    for round in [0..3, 3..6] {
        for number in round.clone() {
            sup.create("SUP", "Task", &format!("From SUP {number}"), None).await;
            let made = gx.create("GX", "Task", &format!("From GX {number}"), None).await;
            gx.edit(&made, json!({"labels": ["partner"]})).await;
        }
        for number in round {
            app.arrives(&gx, "GX", &format!("From SUP {number}")).await;
            app.arrives(&sup, "SUP", &format!("From GX {number}")).await;
        }
    }
    gx.create("GX", "Task", "Not for SUP", None).await;
    let ids = |issues: Vec<Value>| -> Vec<String> {
        issues.iter().map(|i| i["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let (ours, theirs) = (ids(sup.issues("SUP").await), ids(gx.issues("GX").await));
    assert!(ours.iter().any(|id| theirs.contains(id)), "one id at both sites: {ours:?} {theirs:?}");
    app.in_step().await;
    app.stays_silent().await;
    assert!(sup.find("SUP", "Not for SUP").await.is_none() && sup.find("SUP", "Older in GX").await.is_none());
    app.holds_no_port();
}

/// For people it is one connection: whichever side is paused, resumed or removed, both are.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_and_an_end_are_of_both_sides() {
    let _turn = turn::together().await;
    let mut app = App::at_one_site().await;
    let first = app.connect(&[]).await;
    app.start();
    app.in_step().await;
    let jira = app.company.jira.clone();
    let accounts = app.company.node.json(&["account", "list"]).await;
    assert_eq!(accounts[0]["connections"], 1, "for people it is one: {accounts}");
    let second = app.sides().await[1]["id"].as_str().expect("an id").to_owned();
    let paused = app.company.node.json(&["connection", "pause", &second]).await;
    assert_eq!(paused["sentence"], "Paused by you");
    for (from, summary) in [("SUP", "While paused in SUP"), ("OPS", "While paused in OPS")] {
        jira.create(from, "Task", summary, None).await;
    }
    app.polls(4).await;
    let status = app.company.node.json(&["status"]).await;
    assert_eq!(status["overall"], "paused", "{status}");
    for side in status["connections"].as_array().expect("a list") {
        assert_eq!(side["sentence"], "Paused by you", "nobody else has paused it");
    }
    assert!(jira.find("OPS", "While paused in SUP").await.is_none());
    assert!(jira.find("SUP", "While paused in OPS").await.is_none());
    app.company.node.ask(&["connection", "resume", &first], "").await.done();
    app.arrives(&jira, "OPS", "While paused in SUP").await;
    app.arrives(&jira, "SUP", "While paused in OPS").await;
    app.in_step().await;

    app.company.node.ask(&["connection", "remove", &second], "").await.done();
    app.wait("both have ended", async || {
        app.sides().await.iter().all(|side| side["state"] == "disconnected").then_some(())
    })
    .await;
    jira.create("SUP", "Task", "After the end", None).await;
    assert!(jira.find("SUP", "While paused in OPS").await.is_some(), "the twins stay");
    let in_use = app.company.node.ask(&["account", "remove", &app.company.account], "").await;
    assert!(!in_use.sentence().is_empty(), "the list still shows what has ended");
    app.company.node.ask(&["connection", "remove", &first], "").await.done();
    assert_eq!(app.sides().await, Vec::<Value>::new());
    assert!(jira.find("OPS", "After the end").await.is_none());
    // The same two may be connected again.
    app.connect(&[]).await;
    jira.create("SUP", "Task", "Connected again", None).await;
    app.arrives(&jira, "OPS", "Connected again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_project_is_not_connected_to_itself_nor_two_of_them_twice() {
    let _turn = turn::together().await;
    let app = App::at_one_site().await;
    let node = &app.company.node;
    let ask = async |from: &str, to: &str| {
        let account = app.company.account.as_str();
        node.ask(&["connection", "local", "--account", account, "--project", from, "--to-project", to], "")
            .await
    };
    let refused = ask("SUP", "SUP").await;
    let sentence = refused.sentence();
    assert!(sentence.contains("Both sides would be the project SUP") && sentence.contains("two different"));
    ask("SUP", "NONE").await.sentence();
    assert!(app.sides().await.is_empty(), "nothing is kept");
    ask("SUP", "OPS").await.done();
    for (from, to) in [("SUP", "OPS"), ("OPS", "SUP")] {
        let refused = ask(from, to).await;
        assert!(refused.sentence().contains("connected to") && app.sides().await.len() == 2);
    }
}

/// Three projects in a ring: what came in on one connection is not passed on, nor does it come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_ring_of_three_projects_makes_one_twin_in_each() {
    let _turn = turn::together().await;
    let three = ["SUP", "OPS", "DEV"];
    let specs = three.map(|key| ProjectSpec::new(key, &format!("Project {key}"), &["Task"], None));
    let change = |options: &mut practice_jira::Options| options.projects = Some(specs.to_vec());
    let company = Company::with("acme", "SUP", change).await;
    let other = (company.jira.clone(), "OPS");
    let mut app = App { company, other, runs: None };
    for (from, to) in [("SUP", "OPS"), ("OPS", "DEV"), ("DEV", "SUP")] {
        let account = app.company.account.as_str();
        let args = ["connection", "local", "--account", account, "--project", from, "--to-project", to];
        app.company.node.ask(&args, "").await.done();
    }
    app.start();
    let jira = app.company.jira.clone();
    for born in three {
        jira.create(born, "Task", &format!("Born in {born}"), None).await;
    }
    for born in three {
        for project in three {
            app.arrives(&jira, project, &format!("Born in {born}")).await;
        }
    }
    app.in_step().await;
    app.stays_silent().await;
    for project in three {
        assert_eq!(jira.issues(project).await.len(), 3, "one of each in {project}");
    }
}

/// The data lies elsewhere than before: it may be a copy that runs twice, so a person is asked, once for both sides.
#[tokio::test(flavor = "multi_thread")]
async fn data_at_another_place_goes_on_once_a_person_says_so() {
    let _turn = turn::together().await;
    let mut app = App::at_one_site().await;
    app.connect(&[]).await;
    app.start();
    app.in_step().await;
    app.runs.take().expect("it runs").stop().await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    let moved = Node::new(elsewhere.path());
    std::fs::rename(&app.company.node.data, &moved.data).expect("one disk");
    app.company.node = moved;
    app.start();
    app.wait("it asks", async || {
        let problems = app.company.node.json(&["problems"]).await;
        problems.as_array()?.iter().any(|problem| problem["code"] == "another-copy").then_some(())
    })
    .await;
    app.runs.take().expect("it runs").stop().await;
    app.runs = Some(app.company.run(true, &["--take-over"]));
    let jira = app.company.jira.clone();
    jira.create("SUP", "Task", "After the move", None).await;
    app.arrives(&jira, "OPS", "After the move").await;
    app.in_step().await;
}

/// Both sides forget the same, so neither could tell the other: what they left in Jira does.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_set_back_makes_no_issue_and_no_comment_twice() {
    let _turn = turn::together().await;
    let mut app = App::at_one_site().await;
    app.connect(&[]).await;
    app.start();
    let jira = app.company.jira.clone();
    let before = jira.create("SUP", "Task", "Before the copy", None).await;
    let twin = key(&app.arrives(&jira, "OPS", "Before the copy").await);
    app.in_step().await;
    app.runs.take().expect("it runs").stop().await;
    let saved = tempfile::tempdir().expect("a folder");
    database::copy(&app.company.data(), saved.path());
    app.start();
    for (project, issue) in [("SUP", &before), ("OPS", &twin)] {
        jira.comment(issue, &paragraph(&format!("Said in {project}"))).await;
        jira.create(project, "Task", &format!("Later in {project}"), None).await;
    }
    jira.edit(&twin, json!({"summary": "Edited after the copy"})).await;
    app.arrives(&jira, "SUP", "Edited after the copy").await;
    app.arrives(&jira, "OPS", "Later in SUP").await;
    app.arrives(&jira, "SUP", "Later in OPS").await;
    app.in_step().await;
    app.runs.take().expect("it runs").stop().await;
    database::put_back(saved.path(), &app.company.data());
    app.start();
    jira.create("OPS", "Task", "After it was set back", None).await;
    app.arrives(&jira, "SUP", "After it was set back").await;
    app.in_step().await;
    app.stays_silent().await;
    for (project, issue) in [("SUP", &before), ("OPS", &twin)] {
        assert_eq!(jira.issues(project).await.len(), 4, "in {project}");
        assert_eq!(jira.comments(issue).await.len(), 2, "of {issue}");
        assert_eq!(jira.issue(issue).await["fields"]["summary"], "Edited after the copy");
    }
}

/// Both sides write in one database, and a kill takes both: it is survived at each place that is passed, the first time.
/// `TWINLINE_PLACE` narrows it, as in the crash matrix.
#[tokio::test(flavor = "multi_thread")]
async fn d3_a_kill_at_each_place_is_survived_within_one_app() {
    let _turn = turn::alone().await;
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("places");
    let deaths = tell(("TWINLINE_CRASH_LOG", log.display().to_string())).await;
    assert_eq!(deaths, 0, "nobody kills it");
    let text = std::fs::read_to_string(&log).expect("it wrote its places");
    let only = std::env::var("TWINLINE_PLACE").unwrap_or_default();
    let places: BTreeSet<String> =
        text.lines().filter(|place| place.starts_with(&only)).map(str::to_owned).collect();
    assert!(!places.is_empty());
    println!("d3: {} places", places.len());
    let waiting = Arc::new(Mutex::new(places.into_iter()));
    let lanes: Vec<_> = (0..6)
        .map(|_| {
            let waiting = waiting.clone();
            tokio::spawn(async move {
                let mut failed = Vec::new();
                loop {
                    let next = waiting.lock().expect("nobody panics here").next();
                    let Some(place) = next else { return failed };
                    let crash = ("TWINLINE_CRASH", format!("{place}/1"));
                    let told = apart(move || async move { tell(crash).await }).await;
                    println!("d3: killed at {place}: {told:?}");
                    // A place may depend on who is faster: then it is told without a kill.
                    if told.is_err() {
                        failed.push(place);
                    }
                }
            })
        })
        .collect();
    let mut failed = Vec::new();
    for lane in lanes {
        failed.extend(lane.await.expect("a lane ends by itself"));
    }
    assert!(failed.is_empty(), "not survived: {failed:?}");
}

/// An issue each way, with a comment, a file and an edit; nothing is lost, and nothing stands there twice. How often it died.
async fn tell(surroundings: (&str, String)) -> usize {
    let app = App::at_one_site().await;
    app.connect(&[]).await;
    let keeper = Keeper::start(
        &app.company.node,
        &["--check-every", "1s", "--settle", "2s"],
        &[(surroundings.0, surroundings.1)],
    );
    let jira = &app.company.jira;
    for (from, to) in [("SUP", "OPS"), ("OPS", "SUP")] {
        let summary = format!("Born in {from}");
        let issue = jira.create(from, "Task", &summary, Some(&paragraph("It burns."))).await;
        jira.comment(&issue, &paragraph("Please hurry")).await;
        jira.attach(&issue, "smoke.txt", format!("smoke over {from}").into_bytes()).await;
        let twin = key(&app.arrives(jira, to, &summary).await);
        jira.comment(&twin, &paragraph("On my way")).await;
        jira.edit(&twin, json!({"summary": format!("{summary}, and out")})).await;
        app.wait("the answer", async || {
            let whole = async |key: &str| {
                let there = jira.issue(key).await;
                let edited = there["fields"]["summary"] == format!("{summary}, and out");
                edited && attachments(&there).len() == 1 && jira.comments(key).await.len() == 2
            };
            (whole(&issue).await && whole(&twin).await).then_some(())
        })
        .await;
    }
    app.in_step().await;
    app.stays_silent().await;
    for project in ["SUP", "OPS"] {
        let issues = jira.issues(project).await;
        assert_eq!(issues.len(), 2, "one born and one twin in {project}");
        for issue in &issues {
            let counts = (attachments(issue).len(), jira.comments(&key(issue)).await.len());
            assert_eq!(counts, (1, 2), "of {}", key(issue));
        }
    }
    keeper.deaths().len()
}
