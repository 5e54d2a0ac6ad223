//! D2: an issue arrives whole, in both directions, and waits for no further look at the tracker.

use practice_jira::ProjectSpec;
use serde_json::Value;

use crate::harness::documents::{everything, paragraph, shape, words};
use crate::harness::jira::{attachments, key, sha256};
use crate::harness::random::Random;
use crate::harness::{Company, How, LONG, Two, turn, wait_for};

/// Both nodes ask their trackers when they start, and when they have agreed on what each knows, and not again while the test
/// lasts. What arrives then waited for no later look: at default settings that is ten seconds at most, and the work. What the
/// work takes is measured by `cargo xtask bench arrival`, since no bound in seconds holds on every machine.
const ONE_LOOK: [&str; 2] = ["--check-every", "10h"];

#[tokio::test(flavor = "multi_thread")]
async fn d2_an_issue_arrives_whole() {
    let _turn = turn::alone().await;
    let mut two = Two::connected().await;
    for from_acme in [true, false] {
        two.stop_acme().await;
        two.stop_globex().await;
        let (from, to) = if from_acme { (&two.acme, &two.globex) } else { (&two.globex, &two.acme) };
        let written = Written::at(from).await;
        let listen = format!("127.0.0.1:{}", two.port);
        let options = [["--listen", &listen], ONE_LOOK].concat();
        let mut acme_runs = two.acme.run(false, &options);
        acme_runs.listens(two.port).await;
        let globex_runs = two.globex.run(false, &ONE_LOOK);
        written.arrives(&two, from, to).await;
        assert!(!two.globex.node.log_tail(1_000).contains("a pause"), "nobody waits where there is news");
        (two.acme_runs, two.globex_runs) = (Some(acme_runs), Some(globex_runs));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d6_twins_that_are_made_together_are_looked_at_together() {
    const ISSUES: usize = 40;
    let _turn = turn::alone().await;
    let (acme, globex) = tokio::join!(Company::start("acme"), Company::start("globex"));
    for number in 0..ISSUES {
        acme.jira.create(&acme.project, "Task", &format!("Issue {number} of before"), None).await;
    }
    let how = How { scope: &["--existing"], ..How::default() };
    let two = Two::connect(acme, globex, how).await;
    two.wait("each has its twin", LONG, async || (two.globex.site.writes() >= ISSUES as u64).then_some(()))
        .await;
    two.in_step().await;
    let calls = &two.globex.site.calls()["calls"];
    assert_eq!(calls["POST /rest/api/3/issue"], ISSUES);
    let looks = calls["POST /rest/api/3/issue/bulkfetch"].as_u64().unwrap_or(0);
    // While there is a twin to be made, none is looked at; the last lanes may end one after the other, and the sweep asks, too.
    assert!(looks < ISSUES as u64 / 2, "{looks} looks at {ISSUES} new twins: {calls}");
}

/// An issue with everything that Basic mode syncs, as it was written at one company.
struct Written {
    summary: String,
    issue: String,
    sums: [String; 2],
}

impl Written {
    async fn at(from: &Company) -> Self {
        let summary = format!("Printer of {} on fire: <b>&amp; \"quotes\" äöü 日本 🙂", from.name);
        let description = everything();
        let issue = from.jira.create(&from.project, "Improvement", &summary, Some(&description)).await;
        for who in ["ana", "partner-admin", "ben"] {
            from.jira.by(who).comment(&issue, &paragraph(&format!("{who} of {} says so.", from.name))).await;
        }
        let mut random = Random::fixed(from.name.len() as u64);
        let small = random.bytes(700);
        let large = random.bytes(20 * 1024 * 1024);
        let sums = [sha256(&small), sha256(&large)];
        from.jira.attach(&issue, "a picture.png", small).await;
        from.jira.attach(&issue, "core dump.bin", large).await;

        Self { summary, issue, sums }
    }

    async fn arrives(&self, two: &Two, from: &Company, to: &Company) {
        let Self { summary, issue, sums } = self;
        let twin = two
            .wait(&format!("the whole issue of {} stands at {}", from.name, to.name), LONG, async || {
                let twin = to.jira.find(&to.project, summary).await?;
                let comments = to.jira.comments(&key(&twin)).await;
                (comments.len() >= 3 && attachments(&twin).len() >= 2).then_some(twin)
            })
            .await;

        let source = from.jira.issue(issue).await;
        assert_eq!(twin["fields"]["issuetype"]["name"], "Improvement");
        assert_eq!(shape(&twin["fields"]["description"]), shape(&source["fields"]["description"]));

        let comments = to.jira.comments(&key(&twin)).await;
        let said: Vec<String> = comments.iter().map(|c| words(&c["body"])).collect();
        assert_eq!(said.len(), 3, "{said:?}");
        let people = [("ana", "Ana Ruiz"), ("partner-admin", "Pat Smith"), ("ben", "Ben Okoro")];
        for ((who, name), said) in people.iter().zip(&said) {
            assert!(said.contains(&format!("{who} of {} says so.", from.name)), "order and text: {said}");
            assert!(said.contains(name), "the author's name: {said}");
        }
        for comment in &comments {
            assert!(comment["visibility"].is_null(), "comments arrive as public comments");
        }

        let files = attachments(&to.jira.issue(&key(&twin)).await);
        assert_eq!(files.len(), 2, "{files:?}");
        for (name, sum) in ["a picture.png", "core dump.bin"].iter().zip(sums) {
            let (_, id) =
                files.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name} in {files:?}"));
            assert_eq!(&to.jira.sha256(id).await, sum, "the bytes of {name}");
        }
    }
}

/// Types are mirrored by name; one that is absent becomes the project's default where it sets one, else Task.
#[tokio::test(flavor = "multi_thread")]
async fn d2_a_type_that_is_absent_becomes_the_default_else_task() {
    let _turn = turn::together().await;
    let sup = ProjectSpec::new("SUP", "Support", &["Bug", "Task", "Epic", "Improvement"], None);
    let gx = ProjectSpec::new("GX", "Globex", &["Task", "Incident", "Improvement", "Bug"], Some("Bug"));
    let acme = Company::of_project("acme", sup).await;
    let globex = Company::of_project("globex", gx).await;
    let two = Two::connect(acme, globex, How::default()).await;

    for (kind, becomes) in [("Epic", "Bug"), ("Improvement", "Improvement"), ("Task", "Task")] {
        arrives_as(&two, &two.acme, &two.globex, kind, becomes).await;
    }
    for (kind, becomes) in [("Incident", "Task"), ("Bug", "Bug"), ("Improvement", "Improvement")] {
        arrives_as(&two, &two.globex, &two.acme, kind, becomes).await;
    }
    // What became something else here must not come back as a change of type.
    two.in_step().await;
    two.stays_silent().await;
    let epic = two.acme.jira.find("SUP", "acme's Epic").await.expect("it is still there");
    assert_eq!(epic["fields"]["issuetype"]["name"], "Epic");
}

/// J09: what the admins chose comes before what the project says, and says it where nobody may ask the project (403).
#[tokio::test(flavor = "multi_thread")]
async fn j09_the_admins_choice_takes_the_place_of_the_projects_default() {
    let _turn = turn::together().await;
    let sup = ProjectSpec::new("SUP", "Support", &["Bug", "Task", "Epic"], Some("Epic"));
    let mut gx = ProjectSpec::new("GX", "Globex", &["Task", "Incident", "Bug"], Some("Incident"));
    gx.ana_lacks = vec!["ADMINISTER".to_owned()];
    let acme = Company::of_project("acme", sup).await;
    let globex = Company::of_project("globex", gx).await;
    let how = How { scope: &["--default-type", "Bug"], ..How::default() };
    let two = Two::connect(acme, globex, how).await;
    arrives_as(&two, &two.acme, &two.globex, "Epic", "Bug").await;
    arrives_as(&two, &two.globex, &two.acme, "Incident", "Bug").await;
    two.in_step().await;
    two.stays_silent().await;
}

async fn arrives_as(two: &Two, from: &Company, to: &Company, kind: &str, becomes: &str) {
    let summary = format!("{}'s {kind}", from.name);
    from.jira.create(&from.project, kind, &summary, None).await;
    let what = format!("{summary} arrives");
    let twin: Value = two.wait(&what, LONG, async || to.jira.find(&to.project, &summary).await).await;
    assert_eq!(twin["fields"]["issuetype"]["name"], becomes, "{summary}");
}

/// At default settings the public side may ask before anybody is connected; nothing crosses before that.
#[tokio::test(flavor = "multi_thread")]
async fn f108_nothing_crosses_before_the_admin_has_approved() {
    let _turn = turn::together().await;
    let (acme, globex) = (Company::start("acme").await, Company::start("globex").await);
    let port = crate::harness::node::free_port();
    let code = acme.invite(&format!("http://127.0.0.1:{port}"), &["--approve", "ask"]).await.done();
    let mut acme_runs = acme.run(true, &["--listen", &format!("127.0.0.1:{port}")]);
    acme_runs.listens(port).await;
    globex.accept(&code, &[]).await.done();
    let _globex_runs = globex.run(true, &[]);

    wait_for("ACME is asked", LONG, async || (acme.state().await == "waiting_for_you").then_some(())).await;
    assert_eq!(globex.state().await, "waiting_for_partner");
    let asked = acme.connection().await.expect("the connection is listed");
    assert!(asked["partner_site"].is_string(), "who it is stands there before the approval: {asked}");
    let numbers =
        [&asked["comparison_number"], &globex.connection().await.expect("listed")["comparison_number"]]
            .map(|n| n.as_str().unwrap_or_default().to_owned());
    assert!(
        numbers[0].len() >= 6 && numbers[0] == numbers[1],
        "the same number on both screens: {numbers:?}"
    );

    globex.jira.create("GX", "Task", "Too early", None).await;
    // Nobody polls before the approval; two more contacts of the nodes show that they have had every chance.
    for contact in ["one contact", "another contact"] {
        let before = last_contact(&globex).await;
        wait_for(contact, LONG, async || (last_contact(&globex).await != before).then_some(())).await;
    }
    assert_eq!(acme.jira.issues("SUP").await.len(), 0, "nothing before the approval");

    let id = asked["id"].as_str().expect("an id").to_owned();
    acme.node.ask(&["connection", "approve", &id], "").await.done();
    wait_for("both are connected", LONG, async || {
        (acme.in_step().await && globex.in_step().await).then_some(())
    })
    .await;
    globex.jira.create("GX", "Task", "In time", None).await;
    wait_for("it arrives", LONG, async || acme.jira.find("SUP", "In time").await).await;
}

async fn last_contact(company: &Company) -> Value {
    company.connection().await.expect("the connection is listed")["last_partner_contact_at"].clone()
}
