//! D8: what the command line promises: fields, exit statuses, `--once`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::documents::paragraph;
use crate::harness::node::{Running, free_port};
use crate::harness::{Company, LONG, Two, turn};

/// Fails unless the object has each field, and the field one of the words (none: any value).
fn has(object: &Value, fields: &[(&str, &[&str])]) {
    for (field, words) in fields {
        let value = object.get(field).unwrap_or_else(|| panic!("no {field:?} in {object}"));
        let fits = words.is_empty() || value.as_str().is_some_and(|v| words.contains(&v));
        assert!(fits, "{field} is {value}, which is none of {words:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_json_shapes() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    let issue = two.acme.jira.create("SUP", "Task", "A shape", Some(&paragraph("Round."))).await;
    two.acme.jira.comment(&issue, &paragraph("Or square.")).await;
    let twin = two.wait("the twin", LONG, async || two.globex.jira.find("GX", "A shape").await).await;
    two.in_step().await;

    let overall: &[&str] = &[
        "up_to_date",
        "checking",
        "syncing",
        "delayed",
        "needs_attention",
        "paused",
        "offline",
        "not_set_up",
    ];
    let states: &[&str] = &[
        "waiting_for_partner",
        "waiting_for_you",
        "first_sync",
        "up_to_date",
        "syncing",
        "delayed",
        "needs_attention",
        "paused",
        "offline",
        "declined",
        "disconnected",
        "checking",
    ];
    for (company, role, ours, theirs, direction) in [
        (&two.acme, "public", issue.as_str(), twin["key"].as_str().expect("a key"), "out"),
        (&two.globex, "private", twin["key"].as_str().expect("a key"), issue.as_str(), "in"),
    ] {
        let status = company.node.json(&["status"]).await;
        has(&status, &[("overall", overall), ("sentence", &[]), ("checked_at", &[]), ("connections", &[])]);
        let checked = status["checked_at"].as_str().expect("it was checked");
        assert!(checked.contains('T') && checked.ends_with('Z'), "RFC 3339: {checked}");
        let connection = &status["connections"][0];
        has(
            connection,
            &[
                ("id", &[]),
                ("partner_name", &[]),
                ("partner_site", &[]),
                ("role", &[role]),
                ("mode", &["basic"]),
                ("project", &[&company.project]),
                ("state", states),
                ("pairs", &[]),
                ("waiting", &[]),
                ("problems", &[]),
                ("last_checked_at", &[]),
                ("last_partner_contact_at", &[]),
            ],
        );
        has(&connection["waiting"], &[("out", &[]), ("in", &[])]);
        assert_eq!(connection["pairs"], 1);
        let id = connection["id"].as_str().expect("an id");
        assert_eq!(company.node.json(&["connection", "show", id]).await["id"], id);
        assert_eq!(company.node.json(&["connection", "list"]).await[0]["id"], id);

        let pairs = company.node.json(&["pairs", "--connection", id]).await;
        has(
            &pairs[0],
            &[
                ("ours", &[ours]),
                ("theirs", &[theirs]),
                ("state", &["in_step", "syncing", "stopped", "unlinked"]),
                ("last_change_at", &[]),
                ("direction", &[direction]),
            ],
        );
        let activity = company.node.json(&["activity"]).await;
        let lines = activity.as_array().expect("a list");
        assert!(!lines.is_empty(), "something has happened");
        for line in lines {
            has(
                line,
                &[
                    ("at", &[]),
                    ("connection", &[id]),
                    ("direction", &["in", "out"]),
                    ("kind", &["issue", "comment", "attachment", "change"]),
                    ("ours", &[]),
                    ("theirs", &[]),
                    ("sentence", &[]),
                ],
            );
        }
        let kinds: Vec<&str> = lines.iter().filter_map(|l| l["kind"].as_str()).collect();
        assert!(kinds.contains(&"issue") && kinds.contains(&"comment"), "{kinds:?}");
        // The same for a person: words, no JSON, no ids of texts.
        for what in
            [&["status"][..], &["activity"], &["problems"], &["connection", "list"], &["account", "list"]]
        {
            let shown = company.node.ask(what, "").await.done();
            assert!(
                !shown.is_empty() && !shown.contains("cli-") && !shown.contains('{'),
                "{what:?}: {shown}"
            );
            assert!(!shown.contains('\u{2068}'), "no invisible marks: {shown:?}");
        }
    }

    // A problem: the sign-in at Globex is no longer accepted.
    two.globex.site.set_faults(&serde_json::json!({"expired_token": "401"})).expect("a fault");
    let problem = two
        .wait("a problem is shown", LONG, async || {
            let problems = two.globex.node.json(&["problems"]).await;
            problems.as_array().and_then(|list| list.first()).cloned()
        })
        .await;
    has(
        &problem,
        &[
            ("id", &[]),
            ("code", &["sign-in-expired"]),
            ("connection", &[]),
            ("issue", &[]),
            ("owner", &["you", "partner", "network", "tracker"]),
            ("sentence", &[]),
            ("next_step", &[]),
            ("since", &[]),
            ("count", &[]),
        ],
    );
    let status = two.globex.node.json(&["status"]).await;
    assert_eq!(status["overall"], "needs_attention", "{status}");
    two.globex.site.set_faults(&serde_json::json!({})).expect("no fault");
    let id = problem["id"].as_str().expect("an id");
    two.globex.node.ask(&["problem", "retry", id], "").await.done();
    two.in_step().await;
}

/// F46: Globex's sign-in is no longer accepted: what ACME has for it waits, and arrives once it is accepted again.
#[tokio::test(flavor = "multi_thread")]
async fn f46_a_sign_in_that_expired_keeps_what_waits() {
    let _turn = turn::together().await;
    let two = Two::connected().await;
    two.globex.site.set_faults(&json!({"expired_token": "401"})).expect("a fault of the practice site");
    let problem = two.problem(&two.globex, "sign-in-expired").await;
    two.acme.jira.create("SUP", "Task", "While signed out", None).await;
    let seen = two
        .wait("ACME says for what it waits, and that the change is on its way", LONG, async || {
            let seen = two.acme.connection().await?;
            (seen["state"] == "delayed" && seen["waiting"]["out"] == 0).then_some(seen)
        })
        .await;
    let sentence = seen["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("Partner’s sign-in") && sentence.contains("Nothing is lost"), "{sentence}");
    assert_eq!(two.acme.node.json(&["problems"]).await, json!([]), "it is Globex's turn, and Globex is told");

    two.globex.site.set_faults(&json!({})).expect("no fault");
    two.globex.settle("retry", &problem).await;
    two.wait("it arrives", LONG, async || two.globex.jira.find("GX", "While signed out").await).await;
    two.in_step().await;
    two.stays_silent().await;
}

/// It ends by itself, with status 0. Else both companies tell how they stand while it still runs.
async fn ends_well(once: &mut Running, companies: [&Company; 2]) {
    match tokio::time::timeout(LONG, once.ended()).await {
        Ok(status) => assert!(status.success(), "{status}: {}", once.output()),
        Err(_) => {
            let [one, other] = [companies[0].explain().await, companies[1].explain().await];
            panic!("it does not end by itself: {}\n{one}\n{other}", once.output());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_once_ends_when_both_are_in_step() {
    let _turn = turn::together().await;
    let (acme, globex) = (Company::start("acme").await, Company::start("globex").await);
    for number in 0..3 {
        acme.jira.create("SUP", "Task", &format!("From ACME {number}"), None).await;
        globex.jira.create("GX", "Task", &format!("From Globex {number}"), None).await;
    }
    let port = free_port();
    let address = format!("http://127.0.0.1:{port}");
    let code = acme.invite(&address, &["--approve", "code-holder", "--existing"]).await.done();
    let listen = format!("127.0.0.1:{port}");
    let mut acme_runs = acme.run(true, &["--listen", &listen]);
    acme_runs.listens(port).await;
    globex.accept(&code, &["--existing"]).await.done();

    // The partner runs all the time, as a server does.
    let mut once = globex.run(true, &["--once"]);
    ends_well(&mut once, [&globex, &acme]).await;
    assert_eq!(acme.jira.issues("SUP").await.len(), 6, "{}", acme.explain().await);
    assert_eq!(globex.jira.issues("GX").await.len(), 6, "{}", globex.explain().await);
    acme_runs.stop().await;

    // Both only for as long as there is something to do.
    let issue = globex.jira.create("GX", "Task", "Late, from Globex", None).await;
    globex.jira.comment(&issue, &paragraph("With a comment.")).await;
    acme.jira.create("SUP", "Task", "Late, from ACME", None).await;
    let both = [acme.run(true, &["--listen", &listen, "--once"]), globex.run(true, &["--once"])];
    for mut once in both {
        ends_well(&mut once, [&acme, &globex]).await;
    }
    let twin = acme.jira.find("SUP", "Late, from Globex").await.expect("it has arrived");
    assert_eq!(acme.jira.comments(twin["key"].as_str().expect("a key")).await.len(), 1);
    assert!(globex.jira.find("GX", "Late, from ACME").await.is_some());
}

/// F16 and F20: one folder, one running node; a clean stop takes less than five seconds and leaves the folder free.
#[tokio::test(flavor = "multi_thread")]
async fn f16_a_second_run_on_the_same_folder_is_told_so() {
    let _turn = turn::together().await;
    let mut two = Two::connected().await;
    for company in [&two.acme, &two.globex] {
        let answer = company.node.ask(&["run"], "").await;
        assert!(answer.sentence().contains("running"), "{}", answer.stderr);
    }
    for (took, status) in [two.stop_globex().await, two.stop_acme().await] {
        assert!(took < Duration::from_secs(5), "f20: a clean stop took {took:?}");
        assert_eq!(status, Some(0));
    }
    two.start_acme().await;
    two.start_globex();
    two.in_step().await;
    for runs in [&two.acme_runs, &two.globex_runs] {
        let output = runs.as_ref().expect("it runs").output();
        assert!(!output.contains("panicked"), "{output}");
    }
    let said = two.acme_runs.as_ref().expect("it runs").output();
    assert!(said.contains(&format!("listening on 127.0.0.1:{}", two.port)), "{said}");
}
